"""A batch is written in one go; whoever reads in the middle of it still sees what the turns before did."""

import gc

import pytest
from sqlmodel import Session

from bot import inbox
from bot.batch import Batch
from bot.channels import Envelope, Message
from models import Conversation, Entry, Inbound, Outbound, Person
from models.erasure import erase
from tests.world import World, as_body


def arrive(world: World, *said: tuple[str, str]) -> None:
    """Let words arrive together, so that one batch plays them all."""
    world.engine._careful = 0
    messages = [Message("text", who, message_id=f"m{n}", text=text) for n, (who, text) in enumerate(said)]
    with world.store.writing() as session:
        bodies = [Envelope(str(1000 + n), m.address, as_body(m)) for n, m in enumerate(messages)]
        inbox.keep(session, "fake", bodies, world.clock.now())


REFLECTION = ("写反思 观潮", "小组汇报特别热闹，后排没开口", "我提前发了评价单", "跳过", "跳过", "跳过", "仅自己")


def test_a_talk_put_aside_is_listed_by_a_later_turn_of_the_same_batch(world: World) -> None:
    arrive(world, *(("lin", text) for text in ("写反思 观潮", "小组汇报特别热闹", "先放着", "/open")))
    assert world.engine.take_batch() == 4
    assert "反思" in world.all(Outbound)[-1].body["plain"]
    assert [talk.state for talk in world.all(Conversation)] == ["aside"]


def test_what_is_kept_is_found_by_a_later_turn_of_the_same_batch(world: World) -> None:
    arrive(world, *(("lin", text) for text in (*REFLECTION, "我的记录")))
    assert world.engine.take_batch() == 8
    assert "小组汇报特别热闹" in world.all(Outbound)[-1].body["plain"]


def test_several_whole_reflections_of_one_batch_are_kept_each_with_its_writer(world: World) -> None:
    arrive(world, *((who, text) for text in REFLECTION for who in ("lin", "zhou", "chen")))
    assert world.engine.take_batch() == 21
    assert {row.state for row in world.all(Inbound)} == {"done"}
    assert {entry.person_id for entry in world.all(Entry)} == {world.id[who] for who in ("lin", "zhou", "chen")}
    assert [talk.state for talk in world.all(Conversation)] == ["done"] * 3


def test_erasing_removes_a_talk_that_was_not_written_yet(world: World) -> None:
    with world.store.writing() as session:
        batch, now = Batch(session, world.house), world.clock.now()
        conversation = world.house.registry.by_name["reflection"]
        batch.begin(world.id["lin"], conversation, now, None)  # type: ignore[arg-type]
        erase(session, session.get_one(Person, world.id["lin"]), now)
        batch.save()
    assert world.all(Conversation) == []


def test_garbage_is_collected_again_after_a_batch_even_when_it_fails(world: World, monkeypatch) -> None:
    def fail(_session: Session, _most: int) -> list[object]:
        assert not gc.isenabled()
        monkeypatch.undo()
        raise RuntimeError

    arrive(world, ("lin", "写反思 观潮"))
    monkeypatch.setattr("models.inbound.waiting_inbound", fail)
    assert world.engine.take_batch() == 1
    assert gc.isenabled()


@pytest.mark.parametrize("was_on", [True, False], ids=["on", "off"])
def test_a_batch_leaves_the_garbage_collector_as_it_was(world: World, was_on: bool) -> None:
    arrive(world, ("lin", "写反思 观潮"))
    (gc.enable if was_on else gc.disable)()
    try:
        world.engine.take_batch()
        assert gc.isenabled() is was_on
    finally:
        gc.enable()
