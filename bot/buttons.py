"""Buttons that still work weeks later, and cannot be forged: version.verb.row.name.option.MAC within 64 bytes."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from functools import cache
from uuid import UUID

VERSION = "1"
ANSWER, OPEN, CARD, RUN = "a", "o", "c", "m"
NO_ROW = UUID(int=0)
LONGEST = 64  # bytes of callback data at Telegram
LONGEST_OPTION = LONGEST - len("1.a.") - 22 - 1 - 4 - 1 - 1 - 10


class Forged(Exception):
    """The data of a tap was not made by us for this address."""


@dataclass(frozen=True)
class Pressed:
    """What a tapped button asks for."""

    verb: str  # a: answer a question; o: open a conversation; c: a card's own tap; m: run a command
    row: UUID | None
    code: str  # of the question or the handler, see `code_of`
    option: str


@cache
def code_of(name: str) -> str:
    """Shorten the name of a question or handler to four characters."""
    return urlsafe_b64encode(hashlib.blake2b(name.encode(), digest_size=3).digest()).decode()


class Signer:
    """Signs the data of buttons for one address, and reads it back."""

    def __init__(self, secret: bytes) -> None:
        self._secret = hashlib.blake2b(secret, person=b"zhixing-button").digest()

    def data(self, address: str, verb: str, row: UUID | None, name: str, option: str) -> str:
        """Write the data of a button; `address` is channel and chat together."""
        if not option or len(option) > LONGEST_OPTION or not option.isascii() or "." in option:
            raise ValueError(f"an option has 1 to {LONGEST_OPTION} ASCII characters and no dot: {option!r}")
        row_text = urlsafe_b64encode((row or NO_ROW).bytes).decode().rstrip("=")
        body = f"{VERSION}.{verb}.{row_text}.{code_of(name)}.{option}"
        return f"{body}.{self._mac(address, body)}"

    def read(self, address: str, data: str) -> Pressed:
        """Return what the button asks for; raise Forged."""
        parts = data.split(".")
        if len(parts) != 6 or parts[0] != VERSION:
            raise Forged
        expected = self._mac(address, data.rpartition(".")[0])
        if not hmac.compare_digest(expected.encode(), parts[5].encode(errors="replace")):
            raise Forged
        row = UUID(bytes=urlsafe_b64decode(parts[2] + "=="))
        return Pressed(parts[1], None if row == NO_ROW else row, parts[3], parts[4])

    def _mac(self, address: str, body: str) -> str:
        # What comes from a phone may hold half a surrogate pair; that is forged, not a fault.
        signed = f"{address}\n{body}".encode(errors="surrogatepass")
        digest = hashlib.blake2b(signed, key=self._secret, digest_size=9).digest()
        return urlsafe_b64encode(digest).decode()[:10]
