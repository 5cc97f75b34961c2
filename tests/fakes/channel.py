"""A channel in memory: it takes what it is given, fails as it is told, and runs in virtual time."""

from bot.channels import Abilities, Keep, Message, Parcel
from bot.errors import FetchFailed, SendFailed
from tests.phones.fake import FakePhone, parse


class FakeChannel:
    """Records what is sent; `failures` are raised one after the other by the next sends."""

    name = "fake"

    def __init__(self, abilities: Abilities | None = None) -> None:
        self.abilities = abilities or FakePhone().abilities
        self.sent: list[Parcel] = []
        self.taken_back: list[tuple[str, str]] = []
        self.failures: list[BaseException] = []
        self.refusals: list[BaseException] = []  # of taking back
        self.files: dict[str, bytes] = {}
        self.is_closed = False

    def parse(self, body: dict[str, object]) -> Message:
        """Read what tests.world wrote."""
        return parse(body)

    async def listen(self, keep: Keep) -> None:
        """Hear nothing: the tests put updates into the inbox themselves."""

    async def send(self, parcel: Parcel) -> tuple[str, ...]:
        """Take a message, or fail as told."""
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(parcel)
        return (f"message-{len(self.sent)}",)

    async def unsay(self, address: str, platform_id: str) -> None:
        """Take back a message, or fail as told."""
        if self.refusals:
            raise self.refusals.pop(0)
        self.taken_back.append((address, platform_id))

    async def fetch(self, file_id: str, at_most: int) -> bytes:
        """Give the bytes of a known file."""
        if file_id not in self.files:
            raise FetchFailed("gone")
        if len(self.files[file_id]) > at_most:
            raise FetchFailed("too_large")
        return self.files[file_id]

    async def close(self) -> None:
        """Remember that it was closed."""
        self.is_closed = True


def blocked() -> SendFailed:
    """The person has blocked the bot."""
    return SendFailed("blocked", permanent=True)
