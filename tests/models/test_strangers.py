"""Strangers are forgotten a month after their last word; whoever is known never is."""

from datetime import timedelta

import pytest
from sqlmodel import select

from models import Address, ChatLine, Conversation, Delivery, Outbound
from models.chat_lines import keep_line
from models.strangers import STRANGERS_KEPT, forget_strangers
from tests.world import World


def addresses(world: World) -> set[str]:
    return {one.external_id for one in world.all(Address)}


@pytest.fixture
def visited(world: World) -> World:
    """A stranger who asked for a code on the web chat and never came back."""
    world.says("door", "你好")
    with world.store.writing() as session:
        keep_line(session, "browser", "in:browser:1", False, {"text": "我叫小文"}, world.clock.now())
        [sent] = session.exec(select(Outbound).join(Address).where(Address.external_id == "door")).all()
        session.add(Delivery(outbound_id=sent.id, at=world.clock.now(), outcome="sent"))
    return world


def forget(world: World) -> int:
    with world.store.writing() as session:
        return forget_strangers(session, world.clock.now())


def test_a_silent_stranger_is_forgotten_with_the_chat(visited: World) -> None:
    known = addresses(visited) - {"door", "browser"}
    visited.clock.instant += STRANGERS_KEPT + timedelta(seconds=1)
    assert forget(visited) == 2
    assert addresses(visited) == known
    assert [visited.all(table) for table in (ChatLine, Conversation, Outbound, Delivery)] == [[], [], [], []]
    assert forget(visited) == 0


def test_within_the_month_joining_goes_on(visited: World) -> None:
    visited.clock.instant += STRANGERS_KEPT - timedelta(seconds=1)
    assert forget(visited) == 0
    assert {"door", "browser"} <= addresses(visited) and visited.all(Conversation) != []


def test_a_word_counts_anew(visited: World) -> None:
    visited.clock.instant += timedelta(days=20)
    visited.says("door", "还在吗")
    visited.clock.instant += timedelta(days=20)
    forget(visited)
    assert "door" in addresses(visited) and "browser" not in addresses(visited)


def test_whoever_is_known_stays_however_silent(visited: World) -> None:
    visited.says("lin", "早")
    visited.clock.instant += timedelta(days=400)
    forget(visited)
    assert "lin" in addresses(visited)
    assert {row.person_id for row in visited.all(Outbound)} == {visited.id["lin"]}


def test_an_unbound_address_goes_too(visited: World) -> None:
    with visited.store.writing() as session:
        session.exec(select(Address).where(Address.external_id == "zhou")).one().person_id = None
    visited.clock.instant += STRANGERS_KEPT + timedelta(seconds=1)
    forget(visited)
    assert "zhou" not in addresses(visited)
