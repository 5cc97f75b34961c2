"""What both sides of a visit hear when the school takes its lesson away: a closed day, exams, a new timetable."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.conversation import Tap
from bot.school import has_its_time, school_clock
from handlers.timetables import is_held
from models import Observation, Person, Prompt
from models.observations import LIVE, proposal_cards, visible_observation


def closed(session: Session, person: Person, prompt: Prompt, now: datetime) -> dict[str, Any] | None:
    """Want it while the visit stands as it was and its day has no lessons; who never heard of the visit is spared."""
    visit = _standing(session, person, prompt)
    if visit is None or _is_open(session, visit) or not _has_heard(session, person, visit):
        return None
    return _told(session, person, visit)


def gone(session: Session, person: Person, prompt: Prompt, now: datetime) -> dict[str, Any] | None:
    """Want it while the visit stands as it was and the timetable has no lesson there."""
    visit = _standing(session, person, prompt)
    if visit is None or is_held(session, visit, now) or not _has_heard(session, person, visit):
        return None
    return _told(session, person, visit)


def open_again(session: Session, person: Person, prompt: Prompt, now: datetime) -> dict[str, Any] | None:
    """Want it while the visit stands as it was and its day has lessons."""
    visit = _standing(session, person, prompt)
    if visit is None or not _is_open(session, visit):
        return None
    return _told(session, person, visit)


def _is_open(session: Session, visit: Observation) -> bool:
    return has_its_time(session, visit, school_clock(session).calendar)


def _standing(session: Session, person: Person, prompt: Prompt) -> Observation | None:
    visit = visible_observation(session, person.id, prompt.about_id) if prompt.about_id else None
    if visit is None or visit.state not in LIVE or visit.version != prompt.facts["version"]:
        return None
    return visit


def _told(session: Session, person: Person, visit: Observation) -> dict[str, Any]:
    seen = school_clock(session).calendar.look(visit.day)
    other = session.get_one(Person, visit.teacher_id if person.id == visit.observer_id else visit.observer_id)
    return {
        "id": str(visit.id),
        "day": visit.day.isoformat(),
        "period": visit.period,
        "name": other.name,
        "occasion": seen.name,
        "is_exam": seen.is_exam,
        "closed": seen.closed,
    }


def _has_heard(session: Session, person: Person, visit: Observation) -> bool:
    if visit.state == "agreed" or visit.person_id == person.id:
        return True
    return any(card.state == "queued" for card in proposal_cards(session, person.id, visit))


def closed_buttons(prompt: Prompt, facts: dict[str, Any]) -> tuple[Tap, ...]:
    """Offer another time, be it because there is none that day, or because she has made other plans."""
    return (Tap("open", row=UUID(facts["id"]), handler="observation_move", block="tap__move"),)
