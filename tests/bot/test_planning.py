"""What an edit of the school's calendar does to what waits, before and after it is applied."""

from datetime import date, timedelta

import pytest
from sqlmodel import Session

from bot.planning import moved_by, replan, replan_everyone
from models import Person, Prompt
from models.rules import contact
from models.rules.calendar import REST, Calendar, DayMark
from models.store import Store
from tests.world import START, World


@pytest.fixture
def school(store: Store) -> World:
    """A school; everyone may be spoken to 16:30 to 21:00 on weekdays."""
    return World(store).found()


def plan(world: World, who: str, days: int) -> None:
    """Let something fall due for somebody so many days from now, at the present time of day."""
    due_at = START + timedelta(days=days)
    world.add(Prompt(key=f"test:{who}", person_id=world.id[who], kind="gone", due_at=due_at, made_at=START))
    with world.store.writing() as session:
        replan(session, [world.id[who]], START)


def closed(*days: date) -> Calendar:
    return Calendar(own={day: DayMark(REST, "停课") for day in days})


def test_only_those_whose_contact_moves_are_named(school: World) -> None:
    plan(school, "lin", 0)
    plan(school, "chen", 2)
    today = START.date()
    with school.store.writing() as session:
        assert moved_by(session, Calendar(), START) == set()
        assert moved_by(session, closed(today), START) == {school.id["lin"]}
        assert moved_by(session, closed(today + timedelta(days=2)), START) == {school.id["chen"]}
    assert school.person("lin").next_contact_at == START + timedelta(minutes=30)


def test_only_who_moves_is_planned_twice(school: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for who, days in (("lin", 0), ("chen", 2), ("wang", 3)):
        plan(school, who, days)
    asked: list[object] = []
    planned = contact.plan
    monkeypatch.setattr(contact, "plan", lambda *row: asked.append(row) or planned(*row))
    with school.store.writing() as session:
        assert moved_by(session, closed(START.date()), START) == {school.id["lin"]}
    assert len(asked) == 4


def test_who_is_to_be_looked_at_soon_has_not_moved(school: World) -> None:
    plan(school, "lin", 0)
    with school.store.writing() as session:
        replan_everyone(session, START)
        assert moved_by(session, Calendar(), START) == set()


def test_after_an_edit_everyone_who_waits_is_planned_anew(school: World) -> None:
    plan(school, "lin", 0)
    plan(school, "chen", 2)
    with school.store.writing() as session:
        assert replan_everyone(session, START) == 2
    assert [school.person(who).next_contact_at for who in ("lin", "chen", "wang")] == [START, START, None]
    assert school.tick().bubbles == {}
    assert school.person("lin").next_contact_at == START + timedelta(minutes=30)
    assert school.person("chen").next_contact_at == START + timedelta(days=2, minutes=30)


def test_one_who_is_overdue_stays_first_in_line(school: World) -> None:
    plan(school, "lin", 0)
    early = START - timedelta(hours=1)
    with school.store.writing() as session:
        session.get_one(Person, school.id["lin"]).next_contact_at = early
        session.flush()
        assert replan_everyone(session, START) == 1
    assert school.person("lin").next_contact_at == early


def test_nobody_is_named_where_nothing_waits(school: World) -> None:
    with school.store.writing() as session:
        _check_nobody(session)


def _check_nobody(session: Session) -> None:
    assert (replan_everyone(session, START), moved_by(session, closed(START.date()), START)) == (0, set())
