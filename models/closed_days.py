"""When the school closes a day, both sides of every visit arranged for it are to be told."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from models.observations import Observation, visits_on_days
from models.prompts import Prompt

DAY_CLOSED = "day_closed"
_PERSONAL = "personal"  # see models.rules.contact: outside the budget, at the next allowed hour


def closed_prompts(session: Session, days: Iterable[date], edit_id: UUID, now: datetime) -> list[Prompt]:
    """Plan to tell both sides of every visit to come on the days that one edit closed."""
    visits = [visit for visit in visits_on_days(session, days) if visit.starts_at > now]
    return [_told(visit, side, edit_id, now) for visit in visits for side in (visit.observer_id, visit.teacher_id)]


def _told(visit: Observation, side: UUID, edit_id: UUID, now: datetime) -> Prompt:
    return Prompt(
        key=f"school_day:{edit_id}/{visit.id}:{side}",
        person_id=side,
        kind=DAY_CLOSED,
        about_id=visit.id,
        facts={"version": visit.version},
        due_at=now,
        expires_at=visit.starts_at,
        manner=_PERSONAL,
        made_at=now,
    )
