"""After a training: one invitation to note two sentences while they are fresh, and its 明天再说 and 这次不记."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.conversation import Outcome, PromptKind, Say, Tap
from bot.school import school_clock
from models import Person, Prompt, Training
from models.entries import count_own
from models.prompts import key_exists, waiting_for
from models.rules.cadence import expires_at
from models.rules.calendar import WEEKDAYS, Calendar
from models.rules.contact import ORDINARY
from models.rules.wall_time import local_day, same_time_later
from models.trainings import attended_training, attendees_without, ended_between

KIND = "training_note"
FRESH = timedelta(days=2)  # so long after its end a training may still be invited to be noted
NOBODY = UUID(int=0)


def training_note_prompts(
    training: Training, attendees: Iterable[UUID], now: datetime, calendar: Calendar = WEEKDAYS
) -> list[Prompt]:
    """Make the invitation of each attendee, due when the training ends; none for one long over or named by herself."""
    expires = expires_at(KIND, training.ends_at, calendar=calendar)
    if training.named_by is not None or (expires is not None and expires <= now):
        return []
    return [_invitation(training, person_id, training.ends_at, now, calendar) for person_id in attendees]


def _key(training_id: UUID, person_id: UUID, turn: str = "note") -> str:
    return f"training:{training_id}/{turn}:{person_id}"


def _invitation(
    training: Training, person_id: UUID, due_at: datetime, now: datetime, calendar: Calendar, turn: str = "note"
) -> Prompt:
    return Prompt(
        key=_key(training.id, person_id, turn),
        person_id=person_id,
        kind=KIND,
        about_id=training.id,
        due_at=due_at,
        expires_at=expires_at(KIND, due_at, calendar=calendar),
        manner=ORDINARY,
        made_at=now,
    )


def wanted(session: Session, person: Person, prompt: Prompt, now: datetime) -> dict[str, Any] | None:
    """Want it while she attended and has written nothing about it yet."""
    training = attended_training(session, person.id, prompt.about_id) if prompt.about_id else None
    if training is None or count_own(session, person.id, training_id=training.id):
        return None
    day = local_day(training.ends_at, person.zone)
    is_today = day == local_day(now, person.zone)
    return {"id": str(training.id), "title": training.title, "day": day.isoformat(), "is_today": is_today}


def buttons(prompt: Prompt, facts: dict[str, Any]) -> tuple[Tap, ...]:
    """Offer to write now, tomorrow, or not this time."""
    row = UUID(facts["id"])
    return (
        Tap("open", row=row, handler="note", block="tap__write"),
        Tap("tomorrow", row=row),
        Tap("not_this", row=row),
    )


def tomorrow(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """Ask once more a day later; after that it is hers to come back to."""
    training = attended_training(session, person.id, row) if row else None
    if training is None:
        return Outcome(say=[Say("gone")])
    facts = {"title": training.title}
    if key_exists(session, _key(training.id, person.id, "note_again")):
        return Outcome(say=[Say("tomorrow_again", facts)])
    due_at = same_time_later(now, 1, person.zone)
    calendar = school_clock(session).calendar
    again = _invitation(training, person.id, due_at, now, calendar, "note_again")
    return Outcome(say=[Say("tomorrow", facts)], keep=[again])


def not_this(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """Leave this training alone, also where tomorrow had been asked for before."""
    training = attended_training(session, person.id, row) if row else None
    if training is None:
        return Outcome(say=[Say("gone")])
    for prompt in waiting_for(session, person.id):
        if prompt.kind == KIND and prompt.about_id == training.id:
            prompt.state, prompt.why = "dropped", "not_wanted"
            session.add(prompt)
    return Outcome(say=[Say("not_this", {"title": training.title})], replan={person.id})


training_note = PromptKind(KIND, wanted, buttons)


def plan_training_notes(session: Session, now: datetime) -> set[UUID]:
    """Invite everyone whose training ended lately and who was not invited yet; return the persons to plan for."""
    invited: set[UUID] = set()
    for training in ended_between(session, now - FRESH, now):
        missing = attendees_without(session, training.id, _key(training.id, NOBODY).removesuffix(str(NOBODY)))
        rows = training_note_prompts(training, missing, now, school_clock(session).calendar)
        session.add_all(rows)
        invited |= {row.person_id for row in rows}
    session.flush()
    return invited
