"""Counts of the house for the office: people, what they chose to share, trainings; never of what stayed private."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlmodel import Session, col

from models.actions import Action
from models.entries import Entry
from models.observations import LIVE, Observation
from models.people import Membership, Person, Unit
from models.trainings import Training

LATELY = timedelta(weeks=4)


@dataclass(frozen=True)
class UnitCounts:
    """One unit in numbers; `entries` and `actions` are those shared with anyone within four weeks."""

    name: str
    people: int
    joined: int
    entries: int
    actions: int
    trainings: int


def counts_by_unit(session: Session, now: datetime) -> list[UnitCounts]:
    """Count, for each unit, its people and what they shared lately; a set of queries that does not grow with units."""
    people = _by_unit(session, func.count(func.distinct(Person.id)))
    joined = _by_unit(session, func.count(func.distinct(Person.id)), col(Person.joined_at).is_not(None))
    entries = _shared(session, Entry, now)
    actions = _shared(session, Action, now)
    trainings = _pairs(session, select(col(Training.unit_id), func.count()).group_by(col(Training.unit_id)))
    units = session.scalars(select(Unit).order_by(col(Unit.name)))
    return [
        UnitCounts(
            u.name, people.get(u.id, 0), joined.get(u.id, 0), entries.get(u.id, 0), actions.get(u.id, 0),
            trainings.get(u.id, 0),
        )
        for u in units
    ]  # fmt: skip


def counts_of_all(session: Session, now: datetime) -> UnitCounts:
    """Count the whole house as one: everybody and everything once, however many units somebody belongs to."""
    here = select(func.count()).select_from(Person).where(col(Person.left_at).is_(None))
    people, joined = session.scalars(here).one(), session.scalars(here.where(col(Person.joined_at).is_not(None))).one()
    entries, actions = (
        session.scalars(select(func.count()).where(*_lately(table, now))).one() for table in (Entry, Action)
    )
    return UnitCounts("", people, joined, entries, actions, session.scalars(select(func.count(col(Training.id)))).one())


def _by_unit(session: Session, what: Any, *conditions: Any) -> dict[Any, int]:
    query = (
        select(col(Membership.unit_id), what)
        .join(Person, col(Person.id) == col(Membership.person_id))
        .where(col(Person.left_at).is_(None), *conditions)
        .group_by(col(Membership.unit_id))
    )
    return _pairs(session, query)


def _shared(session: Session, table: Any, now: datetime) -> dict[Any, int]:
    query = (
        select(col(Membership.unit_id), func.count(func.distinct(table.id)))
        .join(table, table.person_id == col(Membership.person_id))
        .where(*_lately(table, now))
        .group_by(col(Membership.unit_id))
    )
    return _pairs(session, query)


def _lately(table: Any, now: datetime) -> list[Any]:
    """Say what counts: shared with anyone within four weeks, and not taken back."""
    removed = [table.removed_at.is_(None)] if hasattr(table, "removed_at") else []
    return [or_(table.to_pair, table.to_group, table.to_supervisor), table.shared_at > now - LATELY, *removed]


def _pairs(session: Session, query: Any) -> dict[Any, int]:
    return {row[0]: row[1] for row in session.execute(query)}


def visited_lessons(session: Session, since: date) -> list[tuple[UUID, date, int]]:
    """List (teacher, day, period) of the lessons with an arranged visit from a day on; never who comes, nor why."""
    query = select(Observation).where(col(Observation.state).in_(LIVE), col(Observation.day) >= since)
    found = session.scalars(query.order_by(col(Observation.day), col(Observation.period)))
    return [(one.teacher_id, one.day, one.period) for one in found]
