"""The contract of a channel: what comes in as a Message, what goes out as a Parcel, and what the platform can do."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from html import escape
from typing import Any, Protocol


@dataclass(frozen=True)
class File:
    """A photo, voice message, video or file as the platform names it; the bytes are fetched later."""

    kind: str  # photo, voice, video, file
    file_id: str
    name: str = ""
    size: int | None = None  # bytes
    mime: str = ""


@dataclass(frozen=True)
class Envelope:
    """A raw update before anyone reads it: the key that recognises a repeat, and the chat it came from."""

    platform_id: str
    sender: str
    body: dict[str, Any]


@dataclass(frozen=True)
class Message:
    """One parsed update.

    `kind` is text, button, edit, files (attachments, text is the caption), start (text is the link's payload),
    oddity (sticker, location, contact card …; `oddity` names it), blocked, unblocked, or nothing (not for us).
    """

    kind: str
    address: str  # the chat, as the platform names it
    message_id: str = ""
    text: str = ""
    button: str = ""  # the data of the tapped button
    files: tuple[File, ...] = ()
    oddity: str = ""
    is_group: bool = False
    is_called: bool = False  # in a group: it names us, so it wants a word of us
    language: str | None = None  # a hint by the platform, as zh_Hans, zh_Hant or en
    sent_at: datetime | None = None


@dataclass(frozen=True)
class Abilities:
    """What a platform can do, as data."""

    text_limit: int = 4096
    unit: str = "utf16"  # how it counts: utf16, bytes, characters
    has_buttons: bool = True
    buttons_in_row: int = 3
    buttons_at_most: int = 100  # on one message
    label_limit: int = 64  # characters of a button's label
    file_limit: int = 20_000_000  # bytes it lets us fetch
    per_chat: float = 1.0  # seconds between two messages to one chat
    burst: int = 0  # messages to one chat that may leave at once, beyond that pace, after a while of silence
    overall: float = 1 / 30  # seconds between two messages to anyone
    per_group: float = 3.0  # seconds between two messages to one group chat (20 a minute)
    hears: bool = True  # somebody can answer; else nobody is spoken to there of our own accord
    tells_case: bool = True  # two names of chats that differ only in case are two chats
    recognises_repeats: bool = False  # a send has a key, so an unknown outcome may be repeated freely
    takes_documents: bool = True  # a document that somebody sends reaches us
    is_page: bool = False  # a page of our own: it shows what came to whoever looks, and rings nobody
    unsay_within: float = 0.0  # seconds for which a message can be taken back; 0: never


@dataclass(frozen=True)
class Button:
    """A tappable choice: what it says, and the signed data that comes back."""

    label: str
    data: str


@dataclass(frozen=True)
class Link:
    """An address to open, and what opening it is called."""

    label: str
    url: str


@dataclass(frozen=True)
class Parcel:
    """One message ready to go: light HTML (b, i, line breaks) and its plain form, buttons, perhaps a file or a link."""

    address: str
    html: str
    plain: str
    buttons: tuple[tuple[Button, ...], ...] = ()
    file_name: str = ""
    file_bytes: bytes = b""
    key: str = ""  # the same for every try of the same message
    is_reply: bool = True  # an answer to what the person just did; False: the bot speaks of its own accord
    link: Link | None = None

    def with_address(self) -> "Parcel":
        """Write the link as its bare address below the words, for where nothing better is shown."""
        if self.link is None:
            return self
        html = f"{self.html}\n{escape(self.link.url, quote=False)}".strip()
        return replace(self, html=html, plain=f"{self.plain}\n{self.link.url}".strip(), link=None)


Keep = Callable[[str, list[Envelope]], Awaitable[None]]  # channel name, updates: returns when they are committed


class Channel(Protocol):
    """A platform: it listens and it sends, and knows nothing of conversations."""

    name: str
    abilities: Abilities

    def parse(self, body: dict[str, Any]) -> Message:
        """Read one raw update; pure. Raise any error on what cannot be read: the inbox sets it aside."""

    async def listen(self, keep: Keep) -> None:
        """Bring in updates until cancelled: `keep` them, and only then acknowledge them to the platform."""

    async def send(self, parcel: Parcel) -> tuple[str, ...]:
        """Send one parcel and return the platform's ids of all it became, none where it gives none; raise SendFailed."""

    async def unsay(self, address: str, platform_id: str) -> None:
        """Take back one message by its id; one that is gone already is as good as done. Raise SendFailed."""

    async def fetch(self, file_id: str, at_most: int) -> bytes:
        """Fetch the bytes of an attachment, at most `at_most` of them; raise FetchFailed."""

    async def close(self) -> None:
        """Let go of the network."""


@dataclass
class Health:
    """How a channel fares, for readyz and the office."""

    last_good_poll: datetime | None = None
    trouble: str | None = None
    is_elsewhere: bool = False  # another process listens; what we meet here is met while sending
    is_down: bool = False  # it will not mend itself: somebody must look
    counts: dict[str, int] = field(default_factory=dict)
    notices: dict[str, dict[str, Any]] = field(default_factory=dict)  # alerts for the office: block and its facts
