"""When the bot may next speak to a person of its own accord: her rows become the planner's questions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.school import school_clock
from models import Person, Prompt, outbound, people, prompts
from models.rules import contact, silence, waits
from models.rules.calendar import Calendar

IN_THE_CHAT = timedelta(minutes=10)  # whoever wrote so recently is in the chat: a colleague's words come at once
A_WEEK = timedelta(days=8)  # the budget counts one week, and her Monday may come a day after ours
REMEMBERED = timedelta(days=120)  # absences over so long still explain a silence


@dataclass(frozen=True)
class Waiting:
    """One thing that waits to be said: when it may, and why not before."""

    prompt: Prompt
    chance: contact.Chance


def habits_of(session: Session, person: Person, now: datetime) -> contact.Habits:
    """Read when a person wants to hear from the bot."""
    since = (now - REMEMBERED).astimezone(ZoneInfo(person.zone)).date()
    heard_at, is_open = people.reach_of(session, person.id)
    return contact.Habits(
        zone=person.zone,
        weekdays=frozenset(int(day) for day in person.contact_days),
        start=time.fromisoformat(person.contact_from),
        end=time.fromisoformat(person.contact_until),
        weekly_budget=min(person.weekly_budget, school_clock(session).most_a_week),
        may_contact=person.may_contact,
        paused_until=person.paused_until,
        away=tuple((a.first_day, a.last_day) for a in people.absences_of(session, person.id, since)),
        reachable=person.joined_at is not None and is_open,
        heard_at=heard_at,
        quiet_about=frozenset(person.quiet_about),
    )


def spoken_to(session: Session, person: Person, habits: contact.Habits, now: datetime) -> list[datetime]:
    """List the cards that count: those of this week, and all since her last word."""
    lately = outbound.spoken_to(session, person.id, now - A_WEEK)
    if habits.heard_at is None or habits.heard_at > now - A_WEEK:
        return lately
    return sorted({*lately, *prompts.said_since(session, person.id, habits.heard_at)})


@dataclass(frozen=True)
class Desk:
    """What the planner is told of one person."""

    habits: contact.Habits
    spoken: list[datetime]
    calendar: Calendar
    waiting: list[Prompt]


def desk_of(session: Session, person: Person, now: datetime) -> Desk:
    """Read what the planner needs to know of a person."""
    habits, waiting = habits_of(session, person, now), prompts.waiting_for(session, person.id)
    return Desk(habits, spoken_to(session, person, habits, now), school_clock(session).calendar, waiting)


def plan_for(session: Session, person: Person, now: datetime, calendar: Calendar | None = None) -> contact.Plan:
    """Plan the next contact with a person from her rows, under the school's calendar or another one."""
    return _plan(person, desk_of(session, person, now), now, calendar)


def _plan(person: Person, desk: Desk, now: datetime, calendar: Calendar | None = None) -> contact.Plan:
    waiting = [_as_due(prompt, person, desk.habits, now) for prompt in desk.waiting]
    return contact.plan(waiting, desk.habits, desk.spoken, now, desk.calendar if calendar is None else calendar)


def waits_of(session: Session, person: Person, now: datetime) -> list[Waiting]:
    """Tell of each thing that waits for a person when it may be said, and what it waits for until then."""
    desk = desk_of(session, person, now)
    dues = [(prompt, _as_due(prompt, person, desk.habits, now)) for prompt in desk.waiting]
    return [
        Waiting(prompt, contact.first_chance(due, desk.habits, desk.spoken, now, desk.calendar)) for prompt, due in dues
    ]


def comes_in_time(session: Session, prompt: Prompt, now: datetime) -> bool:
    """Say whether a prompt that is about to be kept will be said before it is of no use any more, as things stand."""
    person = session.get_one(Person, prompt.person_id)
    desk = desk_of(session, person, now)
    chance = contact.first_chance(
        _as_due(prompt, person, desk.habits, now), desk.habits, desk.spoken, now, desk.calendar
    )
    return chance.at is not None and (prompt.expires_at is None or chance.at < prompt.expires_at)


def _as_due(prompt: Prompt, person: Person, habits: contact.Habits, now: datetime) -> contact.Due:
    manner = prompt.manner
    if manner == contact.PERSONAL and is_in_chat(habits, now):
        manner = contact.APPOINTMENT if person.may_contact else manner
    return contact.Due(prompt.id, prompt.kind, prompt.due_at, prompt.expires_at, manner)


def is_in_chat(habits: contact.Habits, now: datetime) -> bool:
    """Say whether she wrote within the last ten minutes."""
    return habits.reachable and habits.heard_at is not None and now - habits.heard_at < IN_THE_CHAT


def replan(session: Session, person_ids: Iterable[UUID], now: datetime) -> None:
    """Compute anew when each person is next looked at; called whenever prompts, habits or reach changed."""
    session.flush()
    for person_id in sorted(set(person_ids)):
        person = session.get(Person, person_id)
        if person is not None:
            desk = desk_of(session, person, now)
            plan = _plan(person, desk, now)
            _keep_waits(session, person, desk, plan, now)
            person.next_contact_at = plan.next_contact_at
            person.is_hushed = _left(desk) >= silence.HOLDS_BACK_AT
            session.add(person)
    session.flush()


def _keep_waits(session: Session, person: Person, desk: Desk, plan: contact.Plan, now: datetime) -> None:
    """Keep with each thing that waits what it waits for, while that is still known."""
    for prompt in desk.waiting:
        chance = plan.chances.get(prompt.id)
        if chance is None:
            continue
        before = waits.as_wait(prompt.wait)
        if before is None and prompt.due_at < now:  # it fell due before anybody planned it
            due = _as_due(prompt, person, desk.habits, now)
            chance = contact.first_chance(due, desk.habits, desk.spoken, prompt.due_at, desk.calendar)
        kept = waits.as_kept(waits.waited(before, prompt.due_at, chance, now))
        if kept != prompt.wait:  # a JSON column that is set is written
            prompt.wait = kept
            session.add(prompt)


def keep_said(session: Session, prompt: Prompt, now: datetime) -> None:
    """Mark one thing as said, and keep what made it wait until now."""
    prompt.state, prompt.queued_at = "queued", now
    prompt.wait = waits.as_kept(waits.said(waits.as_wait(prompt.wait), prompt.due_at, now))
    session.add(prompt)


def _left(desk: Desk) -> int:
    return len(silence.unanswered(desk.spoken, desk.habits.heard_at))


def note_silence(session: Session, person: Person, now: datetime) -> None:
    """After a card: when it is the fifth without a word, plan the one question whether to be quiet."""
    if not person.is_hushed:
        return  # the fifth comes after a third, and that was noted
    session.flush()
    desk = desk_of(session, person, now)
    heard_at = desk.habits.heard_at
    if heard_at is None or _left(desk) < silence.ASKS_AT:
        return
    key = f"quiet:{person.id}:{heard_at.isoformat()}"  # one question for one silence
    if not prompts.key_exists(session, key):
        due_at = silence.counts_from(now, person.zone, desk.calendar, desk.habits.away)
        question = Prompt(
            key=key, person_id=person.id, kind="quiet_question", due_at=due_at, manner=contact.LAST_QUESTION,
            facts={"heard_at": heard_at.isoformat()}, made_at=now,
        )  # fmt: skip
        session.add(question)


def replan_everyone(session: Session, now: datetime) -> int:
    """Have everyone for whom something waits planned anew at the next tick; return how many persons that are.

    Called after every edit of the calendar; one statement, however many teachers the school has.
    """
    session.flush()
    return prompts.look_again(session, now)


def moved_by(session: Session, after: Calendar, now: datetime) -> set[UUID]:
    """Name the persons whose next contact would come at another time under another calendar; nothing is changed."""
    session.flush()
    return {person.id for person in prompts.persons_waited_for(session) if _moves(session, person, after, now)}


def _moves(session: Session, person: Person, after: Calendar, now: datetime) -> bool:
    desk = desk_of(session, person, now)
    then = _plan(person, desk, now, after).at
    if then is not None and then == person.next_contact_at:
        return False  # as planned already, which is so for nearly everybody
    return then != _plan(person, desk, now).at
