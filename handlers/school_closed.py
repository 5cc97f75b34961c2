"""What both sides of an arranged visit hear when the school closes its day."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.conversation import Tap
from bot.school import school_clock
from models import Person, Prompt
from models.observations import LIVE, visible_observation


def closed(session: Session, person: Person, prompt: Prompt, now: datetime) -> dict[str, Any] | None:
    """Want it while the visit stands as it was and its day is still closed."""
    visit = visible_observation(session, person.id, prompt.about_id) if prompt.about_id else None
    if visit is None or visit.state not in LIVE or visit.version != prompt.facts["version"]:
        return None
    seen = school_clock(session).calendar.look(visit.day)
    if seen.is_school:
        return None
    other = session.get_one(Person, visit.teacher_id if person.id == visit.observer_id else visit.observer_id)
    return {
        "id": str(visit.id),
        "day": visit.day.isoformat(),
        "period": visit.period,
        "name": other.name,
        "occasion": seen.name,
    }


def closed_buttons(prompt: Prompt, facts: dict[str, Any]) -> tuple[Tap, ...]:
    """Offer another time."""
    return (Tap("open", row=UUID(facts["id"]), handler="observation_move", block="tap__move"),)
