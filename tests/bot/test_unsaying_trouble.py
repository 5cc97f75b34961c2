"""Taking back in trouble: tried again and not for ever, refused without harm, and done twice as if once."""

from datetime import timedelta

import pytest

from bot.errors import SendFailed
from bot.outbox import TRIES, Outbox
from models import Entry, Outbound
from tests.bot.taken_back import WORDS, make_private, read_by, told
from tests.bot.test_outbox import channel, deliver, outbox, states  # noqa: F401  (fixtures)
from tests.fakes.channel import FakeChannel
from tests.handlers.pressing import presses
from tests.handlers.test_respond import shared
from tests.world import World


@pytest.fixture
def entry(world: World) -> Entry:
    """What 林晓 shared with her supervisor."""
    return shared(world, "lin", ["supervisor"], WORDS)


TROUBLE = [
    pytest.param(SendFailed("busy", is_unknown=True), id="nobody knows whether it was done"),
    pytest.param(SendFailed("flood", wait=timedelta(seconds=3)), id="asked to wait"),
    pytest.param(TimeoutError(), id="no answer"),
]


@pytest.mark.parametrize("failure", TROUBLE)
async def test_in_trouble_it_is_tried_again(
    world: World, outbox: Outbox, channel: FakeChannel, entry: Entry, failure: Exception
) -> None:
    read_by(world, "wang", entry)
    await deliver(outbox)
    presses(world, "lin", "mine", "delete", entry.id)
    channel.refusals = [failure]
    await deliver(outbox)
    for _ in range(3):
        world.advance(minutes=1)
        await deliver(outbox)
    assert channel.taken_back == [("wang", "message-1")]
    assert set(states(world)) == {"sent"}


async def test_it_is_not_tried_for_ever(world: World, outbox: Outbox, channel: FakeChannel, entry: Entry) -> None:
    read_by(world, "wang", entry)
    await deliver(outbox)
    presses(world, "lin", "mine", "delete", entry.id)
    (unsay,) = [row for row in world.all(Outbound) if "unsay" in (row.body or {})]
    for _ in range(TRIES):
        channel.refusals = [SendFailed("busy", is_unknown=True)]
        await deliver(outbox)
        world.advance(minutes=15)
    (row,) = world.all(Outbound, id=unsay.id)
    assert (row.state, row.attempts) == ("failed", TRIES)


async def test_a_refusal_holds_up_nothing(world: World, outbox: Outbox, channel: FakeChannel, entry: Entry) -> None:
    read_by(world, "wang", entry)
    await deliver(outbox)
    presses(world, "lin", "mine", "delete", entry.id)
    world.says("wang", "帮助")
    channel.refusals = [SendFailed("unfit", is_unfit=True)]
    await deliver(outbox)
    assert channel.sent[-1].address == "wang" and channel.taken_back == []
    assert world.address("wang").closed_at is None


async def test_taking_back_twice_is_harmless(world: World, outbox: Outbox, channel: FakeChannel, entry: Entry) -> None:
    read_by(world, "wang", entry)
    await deliver(outbox)
    assert told(world, make_private(world, entry)) == "all"
    assert told(world, presses(world, "lin", "mine", "delete", entry.id)) == ""
    await deliver(outbox)
    assert channel.taken_back == [("wang", "message-1")]


async def test_a_row_that_takes_back_may_be_played_again(
    world: World, outbox: Outbox, channel: FakeChannel, entry: Entry
) -> None:
    """As after a kill between taking back and writing it down."""
    read_by(world, "wang", entry)
    await deliver(outbox)
    make_private(world, entry)
    (row,) = [row for row in world.all(Outbound) if "unsay" in (row.body or {})]
    await deliver(outbox)
    with world.store.writing() as session:
        again = session.get_one(Outbound, row.id)
        again.state, again.body = "waiting", row.body
        session.add(again)
    await deliver(outbox)
    assert channel.taken_back == [("wang", "message-1")] * 2
    assert set(states(world)) == {"sent"}
