"""WeCom's envelope for callbacks: SHA-1 signature, AES-256-CBC, padding to 32, and the receiver named inside."""

import hmac
import re
import secrets
from base64 import b64decode, b64encode
from hashlib import sha1

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32  # bytes; WeCom pads to twice the block of AES
HEAD = 20  # 16 random bytes and the length of the text, four bytes, big-endian


class NotGenuine(Exception):
    """An envelope that WeCom did not seal for us; `reason` is signature, cipher, padding, length, receiver, text or key."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Sealer:
    """Opens and seals envelopes (developer.work.weixin.qq.com/document/path/90968).

    `receiver` is the CorpID for an app of one's own, and empty for an AI bot's webhook.
    """

    def __init__(self, token: str, aes_key: str, receiver: str) -> None:
        if not re.fullmatch(r"[A-Za-z0-9]{43}", aes_key):
            raise ValueError("an EncodingAESKey has 43 letters and digits")
        key = b64decode(aes_key + "=")
        self._token = token
        self._receiver = receiver.encode()
        self._cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16]))

    def signature(self, timestamp: str, nonce: str, sealed: str) -> str:
        """Sign what is sealed."""
        said = "".join(sorted((self._token, timestamp, nonce, sealed)))
        return sha1(said.encode("utf-8", "surrogatepass")).hexdigest()

    def open(self, signature: str, timestamp: str, nonce: str, sealed: str) -> str:
        """Check the signature and give the text; raise NotGenuine."""
        expected = self.signature(timestamp, nonce, sealed)
        if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogatepass")):
            raise NotGenuine("signature")
        return self._text(_unpadded(self._decrypted(sealed)))

    def seal(self, text: str, random16: bytes | None = None) -> str:
        """Seal a text."""
        said = text.encode()
        content = (random16 or secrets.token_bytes(16)) + len(said).to_bytes(4, "big") + said + self._receiver
        encryptor = self._cipher.encryptor()
        return b64encode(encryptor.update(_padded(content)) + encryptor.finalize()).decode()

    def _decrypted(self, sealed: str) -> bytes:
        try:
            content = b64decode(sealed, validate=True)
        except ValueError:
            raise NotGenuine("cipher") from None
        if not content or len(content) % BLOCK:
            raise NotGenuine("cipher")
        decryptor = self._cipher.decryptor()
        return decryptor.update(content) + decryptor.finalize()

    def _text(self, content: bytes) -> str:
        length = int.from_bytes(content[HEAD - 4 : HEAD], "big")
        if len(content) < HEAD or length > len(content) - HEAD:
            raise NotGenuine("length")
        if not hmac.compare_digest(content[HEAD + length :], self._receiver):
            raise NotGenuine("receiver")
        try:
            return content[HEAD : HEAD + length].decode()
        except UnicodeDecodeError:
            raise NotGenuine("text") from None


def open_file(content: bytes, aes_key: str) -> bytes:
    """Open a file that was sent to an AI bot with the key that came with it (document/path/101463); raise NotGenuine."""
    try:
        key = b64decode(aes_key + "=" * (-len(aes_key) % 4), validate=True)
    except ValueError:
        raise NotGenuine("key") from None
    if len(key) != 32:
        raise NotGenuine("key")
    if not content or len(content) % 16:
        raise NotGenuine("cipher")
    decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    return _unpadded(decryptor.update(content) + decryptor.finalize())


def _padded(content: bytes) -> bytes:
    count = BLOCK - len(content) % BLOCK
    return content + bytes([count]) * count


def _unpadded(content: bytes) -> bytes:
    """Take the padding off; every byte of it must say how long it is."""
    count = content[-1]
    if not 1 <= count <= BLOCK or content[-count:] != bytes([count]) * count:
        raise NotGenuine("padding")
    return content[:-count]
