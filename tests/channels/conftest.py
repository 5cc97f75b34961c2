"""One fake Telegram, our channel talking to it, and an inbox that can refuse."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio

from bot.channels import Envelope, Health
from bot.channels.telegram import LOOK_AFTER_HOOK, Telegram
from tests.fakes import PATIENCE
from tests.fakes.telegram_server import FakeTelegram

TEACHER, COLLEAGUE, GROUP = 501, 502, -1001
NOW = datetime(2026, 9, 28, 12, 0, tzinfo=UTC)
SECRET = "s3cret-of-the-tests_01"


class Naps:
    """Sleeps that take no time but are remembered; the wait between two looks at a webhook ends with `wake`."""

    def __init__(self) -> None:
        self.taken: list[float] = []
        self._bell = asyncio.Event()
        self._changed = asyncio.Condition()

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)
        async with self._changed:
            self._changed.notify_all()
        if seconds == LOOK_AFTER_HOOK:
            await self._bell.wait()
            self._bell.clear()
        await asyncio.sleep(0)

    async def until(self, times: int) -> None:
        """Wait until so many sleeps were taken."""
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(lambda: len(self.taken) >= times)

    def wake(self) -> None:
        """End the present wait."""
        self._bell.set()


class Inbox:
    """Keeps envelopes; refuses as often as told, or waits at the gate."""

    def __init__(self) -> None:
        self.kept: list[Envelope] = []
        self.asked: list[list[str]] = []
        self.refusals: list[Exception] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self._changed = asyncio.Condition()

    async def keep(self, channel: str, envelopes: list[Envelope]) -> None:
        """Do as the real inbox: return when all is committed."""
        assert channel == "telegram"
        self.asked.append([envelope.platform_id for envelope in envelopes])
        async with self._changed:
            self._changed.notify_all()
        await self.gate.wait()
        if self.refusals:
            raise self.refusals.pop(0)
        self.kept += envelopes
        async with self._changed:
            self._changed.notify_all()

    @property
    def ids(self) -> list[int]:
        """Give the numbers of what was kept."""
        return [int(envelope.platform_id) for envelope in self.kept]

    async def until(self, condition: Callable[[], Any]) -> None:
        """Wait until something was asked or kept so that the condition holds."""
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(condition)


@pytest.fixture
def server() -> Iterator[FakeTelegram]:
    with FakeTelegram(longest_poll=0.2) as server:
        server.knows(TEACHER)
        yield server


@pytest_asyncio.fixture
async def naps() -> Naps:
    return Naps()


@pytest_asyncio.fixture
async def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def health() -> Health:
    return Health()


Make = Callable[..., Telegram]


@pytest_asyncio.fixture
async def make(server: FakeTelegram, health: Health, naps: Naps) -> AsyncIterator[Make]:
    """Make channels that are closed at the end."""
    made: list[Telegram] = []

    def channel(**changes: Any) -> Telegram:
        usual: dict[str, Any] = {"token": server.token, "base_url": server.base_url}
        usual |= {"base_file_url": server.base_file_url, "on_health": health, "now": lambda: NOW, "sleep": naps}
        # No proxy of the environment, and no certificates to load: everything is on loopback.
        usual["httpx_kwargs"] = {"trust_env": False, "verify": False}
        made.append(Telegram(**(usual | changes)))
        return made[-1]

    yield channel
    for one in made:
        await one.close()


@pytest_asyncio.fixture
async def channel(make: Make) -> Telegram:
    return make()


@asynccontextmanager
async def listening(channel: Telegram, inbox: Inbox) -> AsyncIterator[None]:
    """Let a channel listen; it must still do so at the end."""
    task = asyncio.create_task(channel.listen(inbox.keep))
    try:
        yield
        assert not task.done(), "the listening ended"
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
