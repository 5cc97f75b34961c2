"""What is planned about a visit, be it one lesson or a whole text in several: put in its place, asked, reminded of."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.school import school_clock
from handlers.observation_cards import told
from models import Observation, Person, Prompt
from models.observations import LIVE, lessons_of_set
from models.prompts import drop_about
from models.rules import cadence
from models.rules.contact import APPOINTMENT, ORDINARY, PERSONAL
from models.rules.timetable import Held

REMINDERS = ("observation_evening", "observation_soon", "observation_feedback")


def placed(session: Session, day: date, period: int, zone: str, lesson: Held | str) -> dict[str, Any]:
    """Give the columns of one place of the timetable; `lesson` is what is held there, or whose bells ring if unknown.

    Raise NoSuchPeriod.
    """
    stage = lesson if isinstance(lesson, str) else lesson.lesson.stage
    school = school_clock(session)
    times = {
        "starts_at": school.starts_at(day, period, zone, stage),
        "ends_at": school.ends_at(day, period, zone, stage),
    }
    held = {} if isinstance(lesson, str) else _of_class(lesson)
    return {"day": day, "period": period, **times, **held}


def _of_class(held: Held) -> dict[str, Any]:
    return {"lesson_id": held.lesson.id, "class_name": held.lesson.class_name, "subject": held.lesson.subject}


def put(session: Session, observation: Observation, day: date, period: int, zone: str, lesson: Held | str) -> None:
    """Put a visit at one place of the timetable; raise NoSuchPeriod."""
    for name, value in placed(session, day, period, zone, lesson).items():
        setattr(observation, name, value)


def still_to_come(session: Session, viewer_id: UUID, observation: Observation, now: datetime) -> list[Observation]:
    """List the lessons of a set that are agreed and not over."""
    lessons = lessons_of_set(session, viewer_id, observation)
    return [one for one in lessons if one.state == "agreed" and one.ends_at > now]


def asked_for(asked: Sequence[Observation], to: UUID, now: datetime, manner: str = PERSONAL, **facts: Any) -> Prompt:
    """Ask the other side about one lesson or a set: one card, one answer, for exactly what it showed."""
    versions = {str(one.id): one.version for one in asked}
    return told(asked[0], to, "observation_proposed", now, manner, **{"was": None, **facts, "asks": versions})


def asked_in(session: Session, viewer_id: UUID, observation: Observation, asks: dict[str, int]) -> list[Observation]:
    """Give the lessons that a card asked about and that still stand as it showed them."""
    lessons = lessons_of_set(session, viewer_id, observation)
    return [one for one in lessons if one.state == "proposed" and asks.get(str(one.id)) == one.version]


def reminders(session: Session, observation: Observation, now: datetime) -> list[Prompt]:
    """Plan what follows from an agreement: one card on the evening before each day, one before the bell, the form once.

    What was due before now has no use any more: they have just spoken about it.
    """
    observer, teacher = (session.get_one(Person, id) for id in (observation.observer_id, observation.teacher_id))
    agreed = [one for one in lessons_of_set(session, teacher.id, observation) if one.state == "agreed"]
    coming = [
        prompt
        for place, lesson in enumerate(agreed)
        if place == 0 or agreed[place - 1].day != lesson.day
        for prompt in (
            _evening(lesson, observer, now),
            _evening(lesson, teacher, now),
            _reminder(lesson, observer, "observation_soon", cadence.half_hour_before(lesson.starts_at), now),
        )
    ]
    return [*(prompt for prompt in coming if prompt.due_at > now), *(_form(one, observer, now) for one in agreed[-1:])]


def planned_anew(
    session: Session, observation: Observation, now: datetime, fresh: Sequence[UUID] = ()
) -> tuple[list[Prompt], set[UUID]]:
    """Plan the reminders of a set once more; those that are not `fresh` get a new version, for their old ones are void.

    Return the prompts and the persons whose old ones were dropped.
    """
    agreed = [one for one in lessons_of_set(session, observation.teacher_id, observation) if one.state == "agreed"]
    dropped = {person for one in agreed for person in drop_about(session, one.id, REMINDERS)}
    for one in agreed:
        if one.id not in fresh:
            one.version += 1
    session.flush()
    return reminders(session, observation, now) if agreed else [], dropped


def unplanned(session: Session, lessons: Sequence[Observation]) -> set[UUID]:
    """Drop everything that waits about these lessons; return whom it was for."""
    return {person for one in lessons for person in drop_about(session, one.id)}


def note_held(session: Session, observation: Observation, now: datetime) -> None:
    """Count the earlier lessons of a set as held, when the one feedback about all of them is written."""
    for one in lessons_of_set(session, observation.observer_id, observation):
        if one.state == "agreed" and one.starts_at <= now:
            one.state = "held"


def is_live(observation: Observation, now: datetime) -> bool:
    """Say whether a visit is proposed or agreed, and its lesson not over."""
    return observation.state in LIVE and observation.ends_at > now


def _evening(lesson: Observation, person: Person, now: datetime) -> Prompt:
    due = cadence.evening_before(lesson.starts_at, person.zone)
    return _reminder(lesson, person, "observation_evening", due, now)


def _reminder(lesson: Observation, person: Person, kind: str, due: datetime, now: datetime) -> Prompt:
    prompt = _planned(lesson, person, kind, due, APPOINTMENT, now)
    prompt.expires_at = cadence.expires_at(kind, due, lesson.starts_at)
    return prompt


def _form(lesson: Observation, observer: Person, now: datetime) -> Prompt:
    due = cadence.feedback_after(lesson.ends_at)
    prompt = _planned(lesson, observer, "observation_feedback", due, ORDINARY, now)
    prompt.expires_at = cadence.expires_at("observation_feedback", due)
    return prompt


def _planned(lesson: Observation, person: Person, kind: str, due: datetime, manner: str, now: datetime) -> Prompt:
    side = "observer" if person.id == lesson.observer_id else "teacher"
    return Prompt(
        key=f"observation:{lesson.id}/{lesson.version}:{kind}:{side}",
        person_id=person.id,
        kind=kind,
        about_id=lesson.id,
        facts={"version": lesson.version},
        due_at=due,
        manner=manner,
        made_at=now,
    )
