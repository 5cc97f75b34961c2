"""When the store itself fails: whoever writes is not at fault, nothing is counted against her, and nothing goes unsaid."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from bot import outbox as outbox_module
from bot.channels import Parcel
from bot.outbox import Outbox
from bot.writer import Writer
from models import Delivery, Entry, Inbound, Outbound
from models import store as store_module
from models.store import is_store_trouble
from tests.bot.test_engine import arrive, play_all, words
from tests.bot.test_outbox import deliver, no_forms, put, states
from tests.fakes.channel import FakeChannel
from tests.world import World, quick_store


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A school whose store waits for nobody, instead of half a minute."""
    monkeypatch.setattr(store_module, "BUSY_TIMEOUT", 0.02)
    store = quick_store(tmp_path)
    yield World(store).found()
    store.close()


@contextmanager
def held(world: World) -> Iterator[None]:
    """Hold the store for writing, as another process would."""
    with closing(sqlite3.connect(str(world.store.url.database), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def full(world: World) -> Iterator[None]:
    """Leave no room for another page."""
    with world.store.writer.connect() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()

    def limit(connection: sqlite3.Connection, *_: object, pages: int = pages) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")

    event.listen(world.store.writer, "checkout", limit)
    yield
    event.remove(world.store.writer, "checkout", limit)
    with world.store.writer.connect() as connection:
        connection.execute(text("PRAGMA max_page_count=1000000"))


@pytest.mark.parametrize("careful", [0, 64], ids=["in a batch", "one by one"])
def test_an_update_is_not_blamed_for_a_store_that_is_held(world: World, careful: int) -> None:
    world.engine._careful = careful
    arrive(world, words("lin", "先等三秒"))
    with held(world), pytest.raises(OperationalError):
        world.engine.take_batch()
    assert [(row.state, row.attempts) for row in world.all(Inbound)] == [("waiting", 0)]
    play_all(world)
    assert len(world.all(Entry)) == 1


@pytest.mark.parametrize("careful", [0, 64], ids=["in a batch", "one by one"])
def test_an_update_is_not_blamed_for_a_full_disk(world: World, careful: int) -> None:
    world.engine._careful = careful
    arrive(world, words("lin", "今天的课堂上发生了很多事。" * 1000))
    with full(world), pytest.raises(OperationalError):
        play_all(world)
    assert world.all(Inbound)[0].state == "waiting"
    play_all(world)
    assert world.all(Inbound)[0].state == "done"
    assert len(world.all(Entry)) == 1
    assert world.all(Outbound)[-1].state == "waiting"


@pytest.mark.parametrize(
    ("statement", "is_trouble"),
    [
        pytest.param("SELECT * FROM no_such_table", False, id="a mistake in the statement"),
        pytest.param("UPDATE person SET name = 'x'", True, id="a store that may only be read"),
    ],
)
def test_mistakes_are_told_from_a_failing_store(world: World, statement: str, is_trouble: bool) -> None:
    with world.store.reading() as session, pytest.raises(OperationalError) as raised:
        session.execute(text(statement))
    assert is_store_trouble(raised.value) is is_trouble


def test_a_server_that_went_away_is_a_failing_store() -> None:
    assert is_store_trouble(OperationalError("SELECT 1", {}, ConnectionError("server closed the connection")))


class SlowChannel(FakeChannel):
    """A platform that takes a message and never says so."""

    async def send(self, parcel: Parcel) -> tuple[str, ...]:
        """Take a message, and stay silent."""
        await super().send(parcel)
        await asyncio.sleep(3600)
        return ("never",)


@pytest.fixture
async def channel() -> FakeChannel:
    return FakeChannel()


@pytest.fixture
async def outbox(world: World, channel: FakeChannel) -> AsyncIterator[Outbox]:
    writer = Writer(world.store)
    yield Outbox(writer, {"fake": channel}, no_forms, world.clock.now)
    writer.close()


async def test_what_cannot_be_written_down_is_not_sent(
    world: World, outbox: Outbox, channel: FakeChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(world, "lin", "明天第一节有人来听课")

    def fails(*_: object) -> bool:
        raise OperationalError("UPDATE", {}, ConnectionError())

    with monkeypatch.context() as broken:
        broken.setattr(outbox_module.outbound, "begin_outbound", fails)
        await deliver(outbox)
        assert channel.sent == []
        assert states(world) == ["waiting"]
    world.clock.advance(seconds=60)
    await deliver(outbox)
    assert [parcel.html for parcel in channel.sent] == ["明天第一节有人来听课"]


async def test_a_platform_that_stays_silent_leaves_the_outcome_unknown(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "SEND_TIMEOUT", 0.05)
    writer = Writer(world.store)
    silent = SlowChannel()
    put(world, "lin", "明天第一节有人来听课")
    await deliver(Outbox(writer, {"fake": silent}, no_forms, world.clock.now))
    writer.close()
    assert len(silent.sent) == 1
    assert [(row.outcome, row.detail) for row in world.all(Delivery)] == [("unknown", "timeout")]
    assert states(world) == ["waiting"]  # it may be said once more
