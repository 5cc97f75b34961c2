"""One AI bot of WeCom on both sides: our channel, the platform on loopback, an inbox that can refuse; one clock."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.channels import Envelope, Health, Parcel
from bot.channels.wecom_aibot import BotKeys, Phrases, WecomAibot
from bot.channels.wecom_socket import Beats
from bot.errors import SendFailed
from tests.channels.wecom_house import parcel as app_parcel
from tests.fakes import PATIENCE
from tests.fakes.wecom_bot_world import BOT, SECRET
from tests.fakes.wecom_socket import FakeAibot

START = datetime(2026, 9, 28, 12, 0, tzinfo=UTC)
ZHANG, LI = "ZhangLaoshi", "LiLaoshi"
QUICK = Beats(ping=0.15, ack=1.0, opening=5.0, closing=0.2, first=0.01, longest=0.05, refused=(0.02, 0.05))


class AibotHouse:
    """Both sides; time stands still for all that is counted in seconds, and the heart beats quickly."""

    def __init__(self) -> None:
        self.passed = timedelta()
        self.server = FakeAibot(lambda: self.now().timestamp())
        self.world = self.server.world
        self.health = Health()
        self.kept: list[Envelope] = []
        self.refusals: list[Exception] = []
        self.keeping: list[int] = []  # how many frames of the bot WeCom had seen at each keeping

    def channel(self, secret: str = SECRET, url: str = "", **changes: Any) -> WecomAibot:
        """Make our side."""
        usual: dict[str, Any] = {"on_health": self.health, "now": self.now, "beats": QUICK, "welcome_wait": 0.05}
        usual |= {"connect_kwargs": {"proxy": None}, "httpx_kwargs": {"trust_env": False, "verify": False}}
        keys = BotKeys(BOT, secret, url or self.server.url, changes.pop("plain_only", False))
        return WecomAibot(keys, Phrases("您好", "已收到"), **(usual | changes))

    def now(self) -> datetime:
        """Give the time of both sides."""
        return START + self.passed

    def advance(self, **span: float) -> None:
        """Let time pass."""
        self.passed += timedelta(**span)

    async def keep(self, channel: str, envelopes: list[Envelope]) -> None:
        """Do as the real inbox: what is known has no effect."""
        assert channel == "wecom_aibot"
        await asyncio.sleep(0)
        if self.refusals:
            raise self.refusals.pop(0)
        self.keeping.append(len(self.server.frames))
        for envelope in envelopes:
            if envelope.platform_id not in {one.platform_id for one in self.kept}:
                self.kept.append(envelope)

    @asynccontextmanager
    async def listening(self, channel: WecomAibot) -> AsyncIterator[WecomAibot]:
        """Let our side listen, and leave when the block ends."""
        task = asyncio.create_task(channel.listen(self.keep))
        try:
            yield channel
            assert not task.done(), "the listening ended"
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await channel.close()

    @asynccontextmanager
    async def live(self, **changes: Any) -> AsyncIterator[WecomAibot]:
        """Let our side listen, from when it is subscribed."""
        async with self.listening(self.channel(**changes)) as channel:
            await until(lambda: channel.socket.state == "live")
            yield channel

    def cmds(self) -> list[str]:
        """List what the bot has asked for besides its heartbeat."""
        return [cmd for cmd, _, _ in self.server.frames if cmd not in ("ping", "aibot_subscribe")]


def parcel(text: str, *labels: str, to: str = ZHANG, **more: Any) -> Parcel:
    """Make a parcel as the outbox does, for a name as the platform spells it."""
    return app_parcel(text, *labels, to=to, **more)


async def until(condition: Callable[[], Any], within: float = PATIENCE) -> None:
    """Wait until a condition holds, without holding up anybody."""
    async with asyncio.timeout(within):
        while not condition():
            await asyncio.sleep(0.005)


async def failed(channel: WecomAibot, one: Parcel) -> SendFailed:
    """Send a parcel that cannot be sent, and give why."""
    with pytest.raises(SendFailed) as error:
        await channel.send(one)
    return error.value


async def heard(house: AibotHouse, text: str = "你好", who: str = ZHANG) -> None:
    """Let somebody write, until it is kept."""
    before = len(house.kept)
    assert house.server.says(who, text)
    await until(lambda: len(house.kept) > before)
    await asyncio.sleep(0)
