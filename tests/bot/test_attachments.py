"""The bytes come after the commit, and go with their entry."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.attachments import TRIES, Attachments
from bot.errors import FetchFailed
from bot.writer import Writer
from models import Attachment
from models.store import Store
from tests.fakes.channel import FakeChannel
from tests.world import World


@pytest.fixture
async def channel() -> FakeChannel:
    return FakeChannel()


@pytest.fixture
async def loop(world: World, channel: FakeChannel, tmp_path: Path) -> AsyncIterator[Attachments]:
    writer = Writer(world.store)
    yield Attachments(writer, {"fake": channel}, tmp_path / "files", world.clock.now)
    writer.close()


def only(world: World) -> Attachment:
    (row,) = world.all(Attachment)
    return row


async def test_the_row_is_there_at_once_and_the_bytes_a_moment_later(
    world: World, loop: Attachments, channel: FakeChannel
) -> None:
    channel.files["board"] = b"a photo of the board"
    world.photo("lin", "板书", file_id="board")
    assert only(world).state == "wanted"
    assert await loop.step()
    row = only(world)
    assert row.state == "kept"
    assert row.stored_as is not None
    assert (loop.folder / row.stored_as).read_bytes() == b"a photo of the board"
    assert not await loop.step()


async def test_a_file_that_is_gone_is_told_apart_from_one_that_is_not_reachable(
    world: World, loop: Attachments, channel: FakeChannel
) -> None:
    world.photo("lin", file_id="gone")
    await loop.step()
    assert (only(world).state, only(world).why) == ("failed", "gone")


async def test_one_that_is_larger_than_it_said_is_refused(
    world: World, loop: Attachments, channel: FakeChannel
) -> None:
    channel.files["big"] = b"x" * (channel.abilities.file_limit + 1)
    world.photo("lin", file_id="big")
    await loop.step()
    assert (only(world).state, only(world).why) == ("refused", "too_large")


async def test_an_unreachable_platform_is_asked_again_later_and_not_for_ever(
    world: World, loop: Attachments, channel: FakeChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unreachable(_file_id: str, _at_most: int) -> bytes:
        raise FetchFailed("unreachable")

    monkeypatch.setattr(channel, "fetch", unreachable)
    world.photo("lin", file_id="board")
    await loop.step()
    row = only(world)
    assert (row.state, row.attempts) == ("wanted", 1)
    assert row.next_try_at is not None
    assert row.next_try_at > world.clock.now()
    for _ in range(TRIES):
        world.clock.advance(hours=1)
        await loop.step()
    assert only(world).state == "failed"


async def test_what_is_to_be_erased_loses_its_bytes_and_its_row(
    world: World, loop: Attachments, channel: FakeChannel
) -> None:
    from models.removal import purge_removed

    channel.files["board"] = b"a photo of the board"
    world.photo("lin", file_id="board")
    await loop.step()
    stored = only(world).stored_as or ""
    world.says("lin", "撤回")
    with world.store.writing() as session:
        purge_removed(session, world.clock.now() + timedelta(days=2))
    await loop.step()
    assert world.all(Attachment) == []
    assert not (loop.folder / stored).exists()


async def test_the_bytes_of_one_erased_while_they_came_are_not_kept(store: Store, world: World) -> None:
    from models import attachments

    world.photo("lin", file_id="board")
    row = only(world)
    with world.store.writing() as session:
        session.get_one(Attachment, row.id).state = "erase"
    with world.store.writing() as session:
        attachments.change(session, row.id, {"state": "kept", "stored_as": "x"})
    assert only(world).state == "erase"
