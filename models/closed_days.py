"""When the school takes lessons away or gives them back, both sides of the visits to them are to be told."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from models.observations import Observation
from models.prompts import Prompt

DAY_CLOSED, DAY_OPEN, LESSON_GONE = "day_closed", "day_open", "lesson_gone"
# See models.rules.contact: what was agreed may be for tomorrow morning, so it does not wait for her hours.
_MANNERS = {"agreed": "appointment", "proposed": "personal"}


def closed_prompts(visits: Iterable[Observation], edit_id: UUID, now: datetime) -> list[Prompt]:
    """Plan to tell both sides of the visits to come whose lessons one edit took away: closed, or given to exams."""
    coming = [visit for visit in visits if visit.starts_at > now]
    return [_told(DAY_CLOSED, visit, side, edit_id, now) for visit, side in _sides(coming)]


def gone_prompts(visits: Iterable[Observation], edit_id: UUID, now: datetime) -> list[Prompt]:
    """Plan to tell both sides of visits whose lesson a new timetable does not have any more."""
    return [_told(LESSON_GONE, visit, side, edit_id, now) for visit, side in _sides(visits)]


def _sides(visits: Iterable[Observation]) -> list[tuple[Observation, UUID]]:
    return [(visit, side) for visit in visits for side in (visit.observer_id, visit.teacher_id)]


def open_prompts(session: Session, visits: Iterable[Observation], edit_id: UUID, now: datetime) -> list[Prompt]:
    """Plan to tell whoever heard of the closed day that lessons are held after all, and her visit stands."""
    heard = {
        (visit.id, told.person_id): visit
        for visit in visits
        if visit.starts_at > now
        for told in _told_of(session, visit, DAY_CLOSED)
        if told.state == "queued"
    }
    return [_told(DAY_OPEN, visit, side, edit_id, now) for (_, side), visit in heard.items()]


def _told(kind: str, visit: Observation, side: UUID, edit_id: UUID, now: datetime) -> Prompt:
    return Prompt(
        key=f"school:{edit_id}/{visit.id}:{side}/{kind}",
        person_id=side,
        kind=kind,
        about_id=visit.id,
        facts={"version": visit.version},
        due_at=now,
        expires_at=visit.starts_at,
        manner=_MANNERS[visit.state],
        made_at=now,
    )


def lost_its_lesson(session: Session, visit: Observation, kind: str) -> bool:
    """Say whether its day was closed, or its lesson went, after it was put there; it may have come back since.

    A visit that two people put on a rest day themselves has lost nothing.
    """
    return bool(_told_of(session, visit, kind))


def _told_of(session: Session, visit: Observation, kind: str) -> list[Prompt]:
    query = select(Prompt).where(col(Prompt.about_id) == visit.id, col(Prompt.kind) == kind)
    return [told for told in session.exec(query) if told.facts.get("version") == visit.version]
