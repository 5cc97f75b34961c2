"""What arrived is kept once, and forgotten in time."""

from datetime import timedelta

from sqlmodel import select

from bot import inbox
from bot.channels import Envelope, Message
from models import Inbound
from models.inbound import sent_from
from tests.world import START, World, as_body


def envelope(id: str, who: str = "lin") -> Envelope:
    return Envelope(id, who, as_body(Message("text", who, message_id=id, text="一句话")))


def test_an_update_seen_before_has_no_effect(world: World) -> None:
    with world.store.writing() as session:
        assert inbox.keep(session, "fake", [envelope("1"), envelope("2"), envelope("1")], START) == 2
    with world.store.writing() as session:
        assert inbox.keep(session, "fake", [envelope("2"), envelope("3")], START) == 1
    assert [row.platform_id for row in world.all(Inbound)] == ["1", "2", "3"]


def test_the_same_id_on_another_channel_is_another_update(world: World) -> None:
    with world.store.writing() as session:
        assert inbox.keep(session, "fake", [envelope("1")], START) == 1
        assert inbox.keep(session, "other", [envelope("1")], START) == 1


def test_bodies_go_after_a_week_and_keys_after_a_month(world: World) -> None:
    world.says("lin", "今天的课很顺")
    with world.store.writing() as session:
        inbox.forget_old(session, world.clock.now() + timedelta(days=6))
    assert world.all(Inbound)[0].body is not None
    with world.store.writing() as session:
        inbox.forget_old(session, world.clock.now() + timedelta(days=8))
    assert world.all(Inbound)[0].body is None
    with world.store.writing() as session:
        inbox.forget_old(session, world.clock.now() + timedelta(days=31))
    assert world.all(Inbound) == []


def test_what_waits_is_never_forgotten(world: World) -> None:
    with world.store.writing() as session:
        inbox.keep(session, "fake", [envelope("1")], START)
        inbox.forget_old(session, START + timedelta(days=400))
    assert world.all(Inbound)[0].body is not None


def test_the_updates_of_a_chat_are_found_however_it_was_spelled(world: World) -> None:
    with world.store.writing() as session:
        inbox.keep(session, "fake", [envelope("1", "LinXiao"), envelope("2", "linxiao"), envelope("3", "lin")], START)
        inbox.keep(session, "other", [envelope("4", "LinXiao")], START)
    with world.store.reading() as session:
        found = session.exec(select(Inbound.platform_id).where(sent_from("fake", "LINXIAO")))
        assert sorted(found) == ["1", "2"]


def test_an_error_is_told_without_its_words() -> None:
    try:
        raise ValueError("小宇今天哭了")
    except ValueError as error:
        told = inbox.wordless(error)
    assert "小宇" not in told
    assert told.endswith("ValueError")
    assert "test_inbox.py" in told
