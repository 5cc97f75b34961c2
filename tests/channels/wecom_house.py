"""One app of WeCom on both sides: our channel, the API it calls, and an inbox that can refuse; time stands still."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from bot.channels import Button, Envelope, Health, Parcel
from bot.channels.wecom_app import Keys, WecomApp
from bot.errors import SendFailed
from bot.render import plain
from tests.fakes.wecom_caller import callback
from tests.fakes.wecom_http import Site
from tests.fakes.wecom_world import AES_KEY, AGENT, CORP, SECRET, TOKEN, World

START = datetime(2026, 9, 28, 12, 0, tzinfo=UTC)
ZHANG, LI = "ZhangLaoshi", "LiLaoshi"
KEYS: dict[str, Any] = {
    "corp_id": CORP, "agent_id": AGENT, "secret": SECRET, "token": TOKEN, "aes_key": AES_KEY,
    "api_base": "http://wecom.test", "replay_window": 600,
}  # fmt: skip


class House:
    """Both sides, in one event loop and without sockets."""

    def __init__(self, site: Site | None = None, **changes: Any) -> None:
        self.passed = timedelta()
        self.world = World(lambda: self.now().timestamp(), members={ZHANG, LI})
        self.site = site or Site(self.world)
        self.world = self.site.world
        self.health = Health()
        self.kept: list[Envelope] = []
        self.refusals: list[Exception] = []
        self.naps: list[float] = []
        transport = None if site else httpx.ASGITransport(self.site.app)
        self.channel = WecomApp(
            Keys(**(KEYS | changes)), on_health=self.health, now=self.now, sleep=self._nap,
            httpx_kwargs={"transport": transport, "trust_env": False, "verify": False},
        )  # fmt: skip

    def now(self) -> datetime:
        """Give the time of both sides."""
        return START + self.passed

    @property
    def seconds(self) -> int:
        """Give the time as WeCom writes it."""
        return int(self.now().timestamp())

    def advance(self, **span: float) -> None:
        """Let time pass."""
        self.passed += timedelta(**span)

    async def _nap(self, seconds: float) -> None:
        self.naps.append(seconds)
        await asyncio.Event().wait()

    async def keep(self, channel: str, envelopes: list[Envelope]) -> None:
        """Do as the real inbox: what is known has no effect."""
        assert channel == "wecom_app"
        if self.refusals:
            raise self.refusals.pop(0)
        known = {envelope.platform_id for envelope in self.kept}
        self.kept += [envelope for envelope in envelopes if envelope.platform_id not in known]

    async def calls(self, parts: Any, **twists: Any) -> int:
        """Post one callback to our door; return the status."""
        self.channel._keep = self.channel._keep or self.keep
        return await self.channel.take(*callback(parts, self.seconds, **twists))

    async def settle(self) -> None:
        """Let what runs beside the callbacks come to an end."""
        await asyncio.gather(*self.channel._taps._under_way)


def parcel(text: str, *labels: str, key: str = "1", to: str = "zhanglaoshi", **more: Any) -> Parcel:
    """Make a parcel as the outbox does."""
    buttons = tuple((Button(label, f"1.a.row.{place}"),) for place, label in enumerate(labels))
    return Parcel(to, text, plain(text), buttons, key=key, **more)


async def failed(house: House, one: Parcel) -> SendFailed:
    """Send what cannot be sent, and give the reason."""
    with pytest.raises(SendFailed) as error:
        await house.channel.send(one)
    return error.value
