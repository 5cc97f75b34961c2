"""The envelope of WeCom: fixed vectors both ways, wechatpy as the other side, and everything that must be refused."""

import shutil
import subprocess
from base64 import b64decode, b64encode
from dataclasses import dataclass
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.crypto import PrpCrypto
from wechatpy.enterprise.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidSignatureException

from bot.channels.wecom_crypto import NotGenuine, Sealer


@dataclass(frozen=True)
class Vector:
    """One sealed text with all that went into it."""

    name: str
    token: str
    aes_key: str
    receiver: str
    timestamp: str
    nonce: str
    random16: bytes
    text: str
    sealed: str
    signature: str

    @property
    def sealer(self) -> Sealer:
        return Sealer(self.token, self.aes_key, self.receiver)


VECTORS = [
    Vector(
        "an app's message with Chinese and an emoji", "TokForVector1", "TeacherLogTestKey0000000000000000000000AAAA",
        "wwabcdef0123456789", "1760000001", "1234567890", b"0123456789abcdef",
        "<xml><ToUserName><![CDATA[wwabcdef0123456789]]></ToUserName><FromUserName><![CDATA[ZhangLaoshi]]>"
        "</FromUserName><CreateTime>1760000000</CreateTime><MsgType><![CDATA[text]]></MsgType><Content>"
        "<![CDATA[今天的公开课很顺利😀]]></Content><MsgId>7300000000000000001</MsgId><AgentID>1000002</AgentID></xml>",
        "H+fHrzVoSUQ8515F0QB2DcwKSIx9TMtFykG2k5MQfGcrLlptAsKBCOw8QhNvZC8c9cTgTywlCxu0MyP/KxhsJzSUNQwssRYVOaa5z3VXQifC"
        "89wAlVx7hptBOFfZ8gSqynN4CHHMLWNI51UFZwQh7vg5MzaPjFVojpruuA2cViCySWLWrnQfo6cjdi2Kct91qn/NO5WbGlR6NztS0bQ4X3AB"
        "xjgMo3u5dT+HMwASXRF99jiTGIYv1JiApz4rwGrAkjyWPkRX3eMANGXEfAnI0ZSaXMhfikNRRfhx41kNptl0bpCk4wWoBM3QOw1fgedLL3sY"
        "1eN4WIIAr/k+wKHzrYwiLmdGkFrQBgPfRXcBmABs07nPT4o6KD1DUCnQc/63QTcxYpdddVBrHU6xofSplF7k9VrcX9deLnmDRmrcjZjjZ89X"
        "wb5BenqEcRSkL761JXAlUVNJ2NNYGBm8CoKpKw==",
        "3ca1113bd88826fe4f63d4b3bde4d7a2fc77ec55",
    ),
    Vector(
        "JSON without a receiver", "TokForVector2", "QwErTyUiOpAsDfGhJkLzXcVbNm1234567890QwErTyU", "",
        "1760000002", "nonce-v2", b"ABCDEFGHIJKLMNOP",
        '{"msgid":"m-0001","aibotid":"aib-test","chattype":"single","from":{"userid":"LiLaoshi"},"msgtype":"text",'
        '"text":{"content":"帮助"}}',
        "Ip6sLXGsmjd4Q/1yHKSn5hXk62WMhmPWhXQMugPW5KP3AGqDjSFA2K0d3Ri7iHCWPyz9Mp6UKbqWrd5lZg4wRes0Mfjsgbay2Z/6AD07gTmb"
        "NAtmM8/0bfYq8cHOz7sO5MP1zNTIg9hjIuyJqRkfobfRu1tzoevFxYyP1+BTAInDKLig6lKM+9Yh85NWX+uWPSRAxAreuQPTUl4EwtWoyA==",
        "9ab7c0ae519d2b2e3213ff06624b669bb40773de",
    ),
    Vector(
        "a whole block of padding, and a key with spare bits", "TokForVector3",
        "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "ww00000000000001", "1760000003", "boundary",
        b"fedcba9876543210", "x" * 28,
        "DpQeJfnf/MGZ/+GTIspwVDn10YXbL05nUSkmfN731MGAyRuRyX3WaSTAVUvuB/TBpoP62t3PiES2Cni1m85xcSCwZCrNZK0UBJt7VZt+2d33"
        "iGTI69udmAPubch+xV3o",
        "2fe0f33937659d658759f926d01d9dceb0a3c7ee",
    ),
]  # fmt: skip
# The public sample of Tencent's own documentation; its random bytes are inside.
ANCHOR = Vector(
    "Tencent's own sample", "QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", "wx5823bf96d3bd56c7",
    "1409659589", "263014780", b"", "1616140317555161061",
    "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ==",
    "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3",
)  # fmt: skip
ONE = VECTORS[0]


@pytest.mark.parametrize("vector", [*VECTORS, ANCHOR], ids=lambda v: v.name)
def test_a_vector_is_opened(vector: Vector) -> None:
    assert vector.sealer.open(vector.signature, vector.timestamp, vector.nonce, vector.sealed) == vector.text


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v.name)
def test_a_vector_is_sealed_to_the_byte(vector: Vector) -> None:
    assert vector.sealer.seal(vector.text, vector.random16) == vector.sealed


@pytest.mark.parametrize("vector", [*VECTORS, ANCHOR], ids=lambda v: v.name)
def test_a_vector_is_signed(vector: Vector) -> None:
    assert vector.sealer.signature(vector.timestamp, vector.nonce, vector.sealed) == vector.signature


# What must be refused


def refused(sealed: str, receiver: str = ONE.receiver) -> str:
    """Open something that is signed as it should be; return why it was refused."""
    sealer = Sealer(ONE.token, ONE.aes_key, receiver)
    with pytest.raises(NotGenuine) as error:
        sealer.open(sealer.signature("1", "n", sealed), "1", "n", sealed)
    return error.value.reason


def sealed_raw(content: bytes) -> str:
    """Encrypt bytes as they are: no padding, no length."""
    encryptor = ONE.sealer._cipher.encryptor()
    return b64encode(encryptor.update(content) + encryptor.finalize()).decode()


def padded(content: bytes) -> bytes:
    """Pad as WeCom does."""
    count = 32 - len(content) % 32
    return content + bytes([count]) * count


@pytest.mark.parametrize(
    "signature",
    ["", "0" * 40, ONE.signature[:-1], ONE.signature[:8] + "D" + ONE.signature[9:], "签名", "\ud800"],
    ids=["none", "another", "cut short", "in capitals", "not a number", "half a character"],
)
def test_a_wrong_signature_is_refused(signature: str) -> None:
    with pytest.raises(NotGenuine, match="signature"):
        ONE.sealer.open(signature, ONE.timestamp, ONE.nonce, ONE.sealed)


@pytest.mark.parametrize("changed", ["timestamp", "nonce", "sealed"])
def test_whatever_is_changed_breaks_the_signature(changed: str) -> None:
    parts = {"timestamp": ONE.timestamp, "nonce": ONE.nonce, "sealed": ONE.sealed}
    parts[changed] = "A" + parts[changed][1:]
    with pytest.raises(NotGenuine, match="signature"):
        ONE.sealer.open(ONE.signature, **parts)


def test_the_signature_is_compared_in_constant_time() -> None:
    with patch("bot.channels.wecom_crypto.hmac.compare_digest", return_value=True) as compare:
        ONE.sealer.open("not it at all", ONE.timestamp, ONE.nonce, ONE.sealed)
    assert compare.call_args_list[0].args == (ONE.signature.encode(), b"not it at all")


def test_another_receiver_is_refused() -> None:
    assert refused(ONE.sealed, "ww0000000000000000") == "receiver"
    assert refused(ONE.sealed, "") == "receiver"


@pytest.mark.parametrize(
    ("sealed", "reason"),
    [
        ("", "cipher"),
        ("not base64!", "cipher"),
        ("文", "cipher"),
        (b64encode(b"x" * 16).decode(), "cipher"),
        (b64encode(b"x" * 33).decode(), "cipher"),
        (sealed_raw(b"r" * 31 + b"\x00"), "padding"),
        (sealed_raw(b"r" * 31 + b"\x21"), "padding"),
        (sealed_raw(b"r" * 30 + b"\x07\x02"), "padding"),
        (sealed_raw(b"\x20" * 32), "length"),
        (sealed_raw(padded(b"r" * 16 + b"\xff\xff\xff\xff" + b"text")), "length"),
        (sealed_raw(padded(b"r" * 16 + b"\x00\x00\x00\x05" + b"text")), "length"),
        (sealed_raw(padded(b"r" * 16 + b"\x00\x00\x00\x02" + b"\xff\xfe" + ONE.receiver.encode())), "text"),
    ],
    ids=["nothing", "no base64", "no ASCII", "16 bytes", "33 bytes", "pad 0", "pad 33", "unequal pad", "only padding",
         "length of 4 GB", "length one too long", "no UTF-8"],
)  # fmt: skip
def test_what_cannot_be_genuine_is_refused(sealed: str, reason: str) -> None:
    assert refused(sealed) == reason


def test_a_flipped_byte_is_never_taken_for_the_text() -> None:
    content = bytearray(b64decode(ONE.sealed))
    for place in range(0, len(content), 7):
        flipped = bytearray(content)
        flipped[place] ^= 1
        sealer, sealed = ONE.sealer, b64encode(flipped).decode()
        try:
            text = sealer.open(sealer.signature("1", "n", sealed), "1", "n", sealed)
        except NotGenuine:
            continue
        assert text != ONE.text or place < 16  # the random bytes in front say nothing


@pytest.mark.parametrize("key", ["", "short", "x" * 42, "x" * 44, "-" * 43])
def test_a_key_of_another_shape_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="43"):
        Sealer("token", key, "")


# wechatpy, written by others, on the other side

EDGES = st.integers(0, 160).map(lambda n: "x" * n)  # every length around the blocks of 32
TEXTS = st.one_of(st.text(st.characters(exclude_categories=["Cs"]), max_size=1500), EDGES)
RECEIVERS = st.text("wx0123456789abcdef", min_size=1, max_size=40)


def wechatpy_of(receiver: str) -> WeChatCrypto:
    return WeChatCrypto(ONE.token, ONE.aes_key, receiver)


@given(TEXTS, RECEIVERS)
def test_what_we_seal_wechatpy_opens(text: str, receiver: str) -> None:
    sealer = Sealer(ONE.token, ONE.aes_key, receiver)
    sealed = sealer.seal(text)
    opened = wechatpy_of(receiver).check_signature(sealer.signature("17", "n", sealed), "17", "n", sealed)
    assert (opened if isinstance(opened, str) else opened.decode()) == text


@given(TEXTS, RECEIVERS)
def test_what_wechatpy_seals_we_open(text: str, receiver: str) -> None:
    sealed = PrpCrypto(b64decode(ONE.aes_key + "=")).encrypt(text, receiver)
    sealed = sealed if isinstance(sealed, str) else sealed.decode()
    sealer = Sealer(ONE.token, ONE.aes_key, receiver)
    assert sealer.open(sealer.signature("17", "n", sealed), "17", "n", sealed) == text


def test_wechatpy_knows_our_signature_from_another() -> None:
    with pytest.raises(InvalidSignatureException):
        wechatpy_of(ONE.receiver).check_signature("0" * 40, "17", "n", ONE.sealed)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not here")
def test_openssl_finds_the_same_words_in_what_we_seal() -> None:
    key = b64decode(ONE.aes_key + "=")
    command = ["openssl", "enc", "-d", "-aes-256-cbc", "-nopad", "-K", key.hex(), "-iv", key[:16].hex()]
    content = subprocess.run(
        command, input=b64decode(ONE.sealer.seal(ONE.text)), capture_output=True, check=True
    ).stdout
    said = ONE.text.encode()
    assert content[16:20] == len(said).to_bytes(4, "big")
    assert content[20:].startswith(said + ONE.receiver.encode())
    assert set(content[20 + len(said) + len(ONE.receiver) :]) == {len(content) - 20 - len(said) - len(ONE.receiver)}
