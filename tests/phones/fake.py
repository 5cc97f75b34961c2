"""The phone of most tests: a channel without limits, whose updates are our own messages."""

from datetime import datetime
from typing import Any

from bot.channels import Abilities, Envelope, File, Message, Parcel
from tests.phones import Key, Screen

TWO_DAYS = 48 * 3600.0  # seconds


class FakePhone:
    """Shows and says everything as it is."""

    def __init__(self, channel: str = "fake") -> None:
        self.channel = channel
        limits = {
            "fake": Abilities(per_chat=0, overall=0, unsay_within=TWO_DAYS),
            "other": Abilities(text_limit=300, unit="bytes"),
        }
        self.abilities = limits[channel]

    def address(self, who: str) -> str:
        """Name a chat."""
        return who

    def show(self, parcel: Parcel) -> Screen:
        """Show words, buttons and a link."""
        links = ((parcel.link.label, parcel.link.url),) if parcel.link else ()
        return Screen(parcel.plain, tuple(Key(one.label, one.data) for row in parcel.buttons for one in row), links)

    def frame(self, message: Message, id: str, _now: datetime) -> Envelope:
        """Write a message as it is."""
        return Envelope(id, message.address, as_body(message))

    def parse(self, body: dict[str, Any]) -> Message:
        """Read it back."""
        return parse(body)


def as_body(message: Message) -> dict[str, Any]:
    """Write a message as the raw update of the fake channel."""
    files = [file.__dict__ for file in message.files]
    sent_at = message.sent_at.isoformat() if message.sent_at else None
    return {**message.__dict__, "files": files, "sent_at": sent_at}


def parse(body: dict[str, Any]) -> Message:
    """Read a raw update of the fake channel; the kind `poison` cannot be read."""
    if body["kind"] == "poison":
        raise TypeError("an update that nobody can read")
    files = tuple(File(**file) for file in body["files"])
    sent_at = datetime.fromisoformat(body["sent_at"]) if body["sent_at"] else None
    return Message(**{**body, "files": files, "sent_at": sent_at})
