"""What a test may ask the fake Telegram afterwards, and how it waits for it."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tests.fakes import PATIENCE
from tests.fakes.telegram_state import Confirmation, SentMessage, Tap, TelegramState

T = TypeVar("T")
Predicate = Callable[[SentMessage], bool]


@dataclass
class Call:
    """One request of the bot, in the order it came; `status` is None while it is answered, 0 when cut off."""

    number: int
    method: str
    chat_id: int | None
    parameters: dict[str, Any] = field(repr=False)
    at: float
    status: int | None = None
    description: str | None = None


class Witness:
    """The reading side."""

    state: TelegramState
    calls: list[Call]

    def sent(self, chat_id: int | None = None) -> list[SentMessage]:
        """Return what the bot has sent to a chat (or to all), oldest first, as it stands now."""
        with self.state.changed:
            chats = list(self.state.sent.values()) if chat_id is None else [self.state.sent.get(chat_id, {})]
            return sorted((m for chat in chats for m in chat.values()), key=lambda m: m.message_id)

    def last(self, chat_id: int) -> SentMessage:
        """Return the newest message of a chat that is not deleted."""
        visible = [message for message in self.sent(chat_id) if not message.deleted]
        assert visible, f"nothing was sent to {chat_id}"
        return visible[-1]

    def wait_for(
        self, chat_id: int, wanted: str | Predicate = "", timeout: float = PATIENCE, after: int = 0
    ) -> SentMessage:
        """Wait for a message that holds these words (or fits), with an id above `after`; block this thread."""
        fits: Predicate = wanted if callable(wanted) else lambda message: wanted in message.text

        def find() -> SentMessage | None:
            new = [m for m in self.sent(chat_id) if m.message_id > after and not m.deleted and fits(m)]
            return new[-1] if new else None

        found = self.wait_until(find, timeout, lambda: f"chat {chat_id} has seen {self._texts(chat_id)}")
        assert found is not None
        return found

    def wait_until(self, condition: Callable[[], T], timeout: float = PATIENCE, seen: Callable[[], str] = str) -> T:
        """Wait until the condition holds and return its value; block this thread."""
        end = time.monotonic() + timeout
        with self.state.changed:
            while not (value := condition()):
                left = end - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"not within {timeout} s: {seen()}; calls {dict(self.counts())}")
                self.state.changed.wait(left)
            return value

    async def async_wait_for(
        self, chat_id: int, wanted: str | Predicate = "", timeout: float = PATIENCE, after: int = 0
    ) -> SentMessage:
        """Do as `wait_for`, without holding up the event loop."""
        return await asyncio.to_thread(self.wait_for, chat_id, wanted, timeout, after)

    async def async_wait_until(self, condition: Callable[[], T], timeout: float = PATIENCE) -> T:
        """Do as `wait_until`, without holding up the event loop."""
        return await asyncio.to_thread(self.wait_until, condition, timeout)

    def counts(self) -> Counter[str]:
        """Count the calls per method."""
        with self.state.changed:
            return Counter(call.method for call in self.calls)

    def called(self, method: str) -> list[Call]:
        """Return the calls of one method, in order."""
        with self.state.changed:
            return [call for call in self.calls if call.method == method]

    @property
    def refused(self) -> list[Call]:
        """Return the calls that were answered with an error."""
        with self.state.changed:
            return [call for call in self.calls if call.status is not None and call.status >= 400]

    @property
    def confirmed_offset(self) -> int:
        """Return the highest offset the bot asked from; everything below is forgotten."""
        return self.state.confirmations[-1].offset if self.state.confirmations else 0

    @property
    def confirmations(self) -> list[Confirmation]:
        """Return each higher offset and when it came."""
        return list(self.state.confirmations)

    def is_confirmed(self, update_id: int) -> bool:
        """Tell whether Telegram has forgotten this update because the bot has it."""
        return update_id < self.confirmed_offset or update_id in self.state.accepted

    @property
    def waiting(self) -> list[int]:
        """Return the updates that are not confirmed."""
        with self.state.changed:
            return sorted(self.state.waiting)

    @property
    def tapped(self) -> list[Tap]:
        """Return all taps and how they were answered."""
        return list(self.state.taps.values())

    def _texts(self, chat_id: int) -> list[str]:
        return [message.text for message in self.sent(chat_id)]
