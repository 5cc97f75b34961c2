"""When a reminder's moment has come: a prompt to whoever it is for, and the next moment of what comes again."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.conversation import PromptKind, Tap
from bot.school import school_clock
from models import Person, Prompt, Reminder
from models.reminders import due_reminders, reminder_of_prompt
from models.rules.calendar import Calendar
from models.rules.contact import APPOINTMENT, ORDINARY
from models.rules.recurrences import Recurrence, next_after
from models.units import people_below

OWN, RULE = "reminder", "reminder_rule"
# She named the moment herself: half a day later it is no help any more. A rule of the office can wait for her hours.
OWN_LASTS = timedelta(hours=12)
RULE_LASTS = timedelta(days=2)
A_SECOND = timedelta(seconds=1)


def plan_reminders(session: Session, now: datetime) -> set[UUID]:
    """Make the prompts of every reminder whose moment has come; return the persons to plan for.

    However long the bot was asleep, one that comes again is said once, not once for every time it was missed.
    """
    calendar = school_clock(session).calendar
    persons: set[UUID] = set()
    for reminder in due_reminders(session, now):
        person = session.get_one(Person, reminder.person_id)
        prompts = list(_prompts(session, reminder, person, calendar, now))
        session.add_all(prompts)
        persons |= {prompt.person_id for prompt in prompts}
        reminder.next_at = _next(reminder, person.zone, calendar, now)
        session.add(reminder)
    session.flush()
    return persons


def _prompts(
    session: Session, reminder: Reminder, person: Person, calendar: Calendar, now: datetime
) -> Iterable[Prompt]:
    due = reminder.next_at
    assert due is not None  # the query asks for it
    if reminder.rule and not _still_comes(reminder, due, person.zone, calendar):
        return
    lasts = RULE_LASTS if reminder.unit_id else OWN_LASTS
    if due + lasts <= now:
        return
    reached = people_below(session, reminder.unit_id) if reminder.unit_id else [person]
    for one in reached:
        yield Prompt(
            key=f"reminder:{reminder.id}/{due:%Y%m%dT%H%M}:{one.id}",
            person_id=one.id,
            kind=RULE if reminder.unit_id else OWN,
            about_id=reminder.id,
            due_at=due,
            expires_at=due + lasts,
            manner=ORDINARY if reminder.unit_id else APPOINTMENT,
            made_at=now,
        )


def _still_comes(reminder: Reminder, due: datetime, zone: str, calendar: Calendar) -> bool:
    # The calendar may have been edited since: what fell on a school day may now fall on a rest day.
    return next_after(_recurrence(reminder), due - A_SECOND, zone, calendar) == due


def _next(reminder: Reminder, zone: str, calendar: Calendar, now: datetime) -> datetime | None:
    return next_after(_recurrence(reminder), now, zone, calendar) if reminder.rule else None


def _recurrence(reminder: Reminder) -> Recurrence:
    return Recurrence(reminder.rule, time.fromisoformat(reminder.at))


def wanted(session: Session, person: Person, prompt: Prompt, now: datetime) -> dict[str, Any] | None:
    """Want it unless it was taken back, or whoever set it for a group has left."""
    reminder = reminder_of_prompt(session, prompt.about_id)
    setter = session.get(Person, reminder.person_id) if reminder else None
    if reminder is None or setter is None or setter.left_at is not None:
        return None
    return {"what": reminder.words, "asker": setter.name, "is_own": setter.id == person.id}


def _buttons(prompt: Prompt, facts: dict[str, Any]) -> tuple[Tap, ...]:
    return (Tap("noted", prompt.about_id),)


def _rule_buttons(prompt: Prompt, facts: dict[str, Any]) -> tuple[Tap, ...]:
    write = Tap("open", row=None, handler="note", block="tap__write")
    return (Tap("noted", prompt.about_id), write)


PROMPTS = (
    PromptKind(OWN, wanted, _buttons, budgeted=False),
    PromptKind(RULE, wanted, _rule_buttons),
)
