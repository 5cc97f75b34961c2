"""How the outbox ends, how it looks again by itself, and what it tells of a message that nobody will take."""

import asyncio

import pytest

from bot import outbox as outbox_module
from bot.channels import Parcel
from bot.errors import SendFailed
from bot.outbox import Outbox, release_expired
from models import Delivery, outbound
from tests.bot.test_outbox import claim, deliver, no_forms, outbox, put, states  # noqa: F401  (a fixture)
from tests.fakes import PATIENCE
from tests.fakes.channel import FakeChannel
from tests.world import World


class GatedChannel(FakeChannel):
    """A platform that takes nothing before its gate is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.is_asked = asyncio.Event()

    async def asked(self) -> None:
        """Return when somebody stands at the gate."""
        async with asyncio.timeout(PATIENCE):
            await self.is_asked.wait()

    async def send(self, parcel: Parcel) -> str:
        """Wait at the gate."""
        self.is_asked.set()
        await self.gate.wait()
        return await super().send(parcel)


@pytest.fixture
async def channel() -> GatedChannel:
    return GatedChannel()


async def test_stopping_waits_for_what_is_under_way_and_takes_no_more(
    world: World, outbox: Outbox, channel: GatedChannel
) -> None:
    put(world, "lin", "一")
    await outbox.step()
    await channel.asked()
    stopping = asyncio.create_task(outbox.drain(30))
    await asyncio.sleep(0)
    put(world, "chen", "二")
    await outbox.step()
    channel.gate.set()
    await stopping
    assert [parcel.html for parcel in channel.sent] == ["一"]
    assert states(world) == ["sent", "waiting"]


async def test_stopping_does_not_wait_for_ever(world: World, outbox: Outbox, channel: GatedChannel) -> None:
    put(world, "lin", "一")
    await outbox.step()
    await channel.asked()
    await outbox.drain(0.01)
    assert states(world) == ["claimed"]  # its lease will run out


async def test_the_loop_looks_again_though_nobody_rings(
    world: World, outbox: Outbox, channel: GatedChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "IDLE", 0.001)
    channel.gate.set()
    looks = 0
    step = outbox.step

    async def counted() -> bool:
        nonlocal looks
        looks += 1
        if looks == 3:
            put(world, "lin", "一")
        return await step()

    monkeypatch.setattr(outbox, "step", counted)
    loop, asked = asyncio.create_task(outbox.run()), asyncio.create_task(channel.asked())
    await asyncio.wait([loop, asked], return_when=asyncio.FIRST_COMPLETED)
    loop.cancel()
    asked.cancel()
    await asyncio.gather(loop, asked, return_exceptions=True)
    await outbox.drain(30)
    assert states(world) == ["sent"]


async def test_what_a_platform_refuses_for_good_is_not_tried_again(
    world: World, outbox: Outbox, channel: GatedChannel
) -> None:
    channel.gate.set()
    channel.failures = [SendFailed("too_many_buttons")]
    put(world, "lin", "一")
    await deliver(outbox)
    world.clock.advance(hours=1)
    await deliver(outbox)
    assert states(world) == ["failed"]
    assert [(row.outcome, row.detail) for row in world.all(Delivery)] == [("refused", "too_many_buttons")]


def test_a_second_crash_before_the_repeat_begins_costs_no_further_try(world: World) -> None:
    put(world, "lin", "一")
    for begins in (True, False, False):
        with world.store.writing() as session:
            for row in claim(world, session):
                if begins:
                    outbound.begin_outbound(session, row.id, row.fence)
        world.clock.advance(minutes=5)
        with world.store.writing() as session:
            release_expired(session, set(), world.clock.now())
    assert states(world) == ["waiting"]
    assert len(world.all(Delivery)) == 1
