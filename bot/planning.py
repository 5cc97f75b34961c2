"""When the bot may next speak to a person of its own accord: her rows become the planner's questions."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.school import school_clock
from models import Person, Prompt, outbound, people, prompts
from models.rules import contact
from models.rules.calendar import Calendar

IN_THE_CHAT = timedelta(minutes=10)  # whoever wrote so recently is in the chat: a colleague's words come at once


def habits_of(session: Session, person: Person, now: datetime) -> contact.Habits:
    """Read when a person wants to hear from the bot."""
    today = now.astimezone(ZoneInfo(person.zone)).date()
    return contact.Habits(
        zone=person.zone,
        weekdays=frozenset(int(day) for day in person.contact_days),
        start=time.fromisoformat(person.contact_from),
        end=time.fromisoformat(person.contact_until),
        weekly_budget=person.weekly_budget,
        may_contact=person.may_contact,
        paused_until=person.paused_until,
        away=tuple((a.first_day, a.last_day) for a in people.absences_of(session, person.id, today)),
        reachable=person.joined_at is not None and people.address_of(session, person.id) is not None,
    )


def plan_for(session: Session, person: Person, now: datetime, calendar: Calendar | None = None) -> contact.Plan:
    """Plan the next contact with a person from her rows, under the school's calendar or another one."""
    waiting = [_as_due(session, prompt, person, now) for prompt in prompts.waiting_for(session, person.id)]
    spoken = outbound.spoken_to(session, person.id, now - timedelta(days=8))
    calendar = school_clock(session).calendar if calendar is None else calendar
    return contact.plan(waiting, habits_of(session, person, now), spoken, now, calendar)


def _as_due(session: Session, prompt: Prompt, person: Person, now: datetime) -> contact.Due:
    manner = prompt.manner
    if manner == contact.PERSONAL and is_in_chat(session, person, now):
        manner = contact.APPOINTMENT if person.may_contact else manner
    return contact.Due(prompt.id, prompt.kind, prompt.due_at, prompt.expires_at, manner)


def is_in_chat(session: Session, person: Person, now: datetime) -> bool:
    """Say whether she wrote within the last ten minutes."""
    address = people.address_of(session, person.id)
    return address is not None and address.last_heard_at is not None and now - address.last_heard_at < IN_THE_CHAT


def replan(session: Session, person_ids: Iterable[UUID], now: datetime) -> None:
    """Compute anew when each person is next looked at; called whenever prompts, habits or reach changed."""
    session.flush()
    for person_id in sorted(set(person_ids)):
        person = session.get(Person, person_id)
        if person is not None:
            person.next_contact_at = plan_for(session, person, now).next_contact_at
            session.add(person)
    session.flush()


def replan_everyone(session: Session, now: datetime) -> int:
    """Have everyone for whom something waits planned anew at the next tick; return how many persons that are.

    Called after every edit of the calendar; one statement, however many teachers the school has.
    """
    session.flush()
    return prompts.look_again(session, now)


def moved_by(session: Session, after: Calendar, now: datetime) -> set[UUID]:
    """Name the persons whose next contact would come at another time under another calendar; nothing is changed."""
    session.flush()
    return {
        person.id
        for person in prompts.persons_waited_for(session)
        if plan_for(session, person, now).at != plan_for(session, person, now, after).at
    }
