"""校历: which week it is and what lies ahead, for everyone; and a word to the office when a year has no list yet."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.conversation import Command, Open, Outcome, PromptKind, Say, Tap
from bot.school import school_clock
from models import Mark, Person, Prompt
from models.people import office_people, roles_of
from models.prompts import key_exists
from models.rules.calendar import EXAM, REST, SCHOOL, Calendar, Stretch
from models.rules.contact import ORDINARY
from models.rules.day_edits import SOME_EXAM
from models.rules.official_years import missing_year
from models.rules.term_edits import speaks_of_a_term
from models.rules.wall_time import local_day

MAKE_UPS = timedelta(days=45)  # how far made-up days are told ahead
MOST_MAKE_UPS = 2
KIND = "official_year"


def answer(session: Session, person: Person, rest: str, now: datetime) -> Outcome:
    """Tell what today is, which week it is, and the next holiday, made-up days, exams and vacation."""
    calendar, today = school_clock(session).calendar, local_day(now, person.zone)
    if rest:
        is_of_a_term = speaks_of_a_term(rest, today, school_clock(session))
        return Outcome(open=Open("school_term" if is_of_a_term else "school_day", rest=rest))
    is_office = "office" in roles_of(session, person.id)
    return Outcome([Say("year", {**year_facts(calendar, today), "is_office": is_office})])


def year_facts(calendar: Calendar, today: date) -> dict[str, Any]:
    """Tell a day and what lies ahead of it."""
    seen, week = calendar.look(today), calendar.week_of(today)
    term = calendar.term_of(today)
    return {
        "today": today.isoformat(),
        "is_school": seen.is_school,
        "closed": seen.closed,
        "why": seen.why,
        "occasion": seen.name,
        "follows": seen.follows if seen.is_school and seen.follows != today.weekday() else None,
        "week": week.number if week else None,
        "term": week.term if week else "",
        "weeks": term.weeks if term else None,
        "holiday": _ahead(calendar.stretches(REST, today), today),
        "exam": _ahead(calendar.stretches(EXAM, today), today),
        "made_up": _made_up(calendar, today),
        "halves": _halves(calendar, today),
        "vacation": term.ends.isoformat() if term and term.ends else None,
        "next_term": _next_term(calendar, today),
        "has_terms": bool(calendar.terms),
        "year_unknown": missing_year(calendar, today),
    }


def _ahead(stretches: Iterable[Stretch], today: date) -> dict[str, str] | None:
    found = min((s for s in stretches if s.last >= today), key=lambda s: s.first, default=None)
    if found is None:
        return None
    return {
        "name": "" if found.name == SOME_EXAM else found.name,
        "first": found.first.isoformat(),
        "last": found.last.isoformat(),
    }


def _made_up(calendar: Calendar, today: date) -> list[dict[str, Any]]:
    """List the coming Saturdays and Sundays at school, each with whose lessons are held, if that is known."""
    marked = {**calendar.official, **calendar.own}
    days = [
        day
        for day, mark in sorted(marked.items())
        if today < day <= today + MAKE_UPS and day.weekday() > 4 and mark.kind in (SCHOOL, EXAM) and calendar(day)
    ]
    return [{"day": day.isoformat(), "follows": calendar.look(day).follows} for day in days[:MOST_MAKE_UPS]]


def _halves(calendar: Calendar, today: date) -> list[dict[str, Any]]:
    """List the coming days of which half is closed."""
    coming = ((day, calendar.look(day)) for day in sorted(calendar.own) if today < day <= today + MAKE_UPS)
    halves = [(day, seen) for day, seen in coming if seen.closed]
    return [{"day": day.isoformat(), "closed": seen.closed, "name": seen.name} for day, seen in halves[:MOST_MAKE_UPS]]


def _next_term(calendar: Calendar, today: date) -> str | None:
    begins = next((term.begins for term in calendar.terms if term.begins > today), None)
    return begins.isoformat() if begins else None


# A year without a list


def ask_for_official_years(session: Session, now: datetime) -> set[UUID]:
    """Tell each of the office once that a year has no list yet; return the persons to plan for. Nobody else hears it."""
    calendar = school_clock(session).calendar
    if not calendar.known_years:
        return set()
    told: set[UUID] = set()
    for person in office_people(session):
        year = missing_year(calendar, local_day(now, person.zone))
        if year is None or key_exists(session, _key(year, person.id)):
            continue
        session.merge(Mark(name=f"{KIND}:{year}", at=now))
        session.add(
            Prompt(key=_key(year, person.id), person_id=person.id, kind=KIND, facts={"year": year}, due_at=now,
                   manner=ORDINARY, made_at=now)
        )  # fmt: skip
        told.add(person.id)
    session.flush()
    return told


def _key(year: int, person_id: UUID) -> str:
    return f"{KIND}:{year}/{person_id}"


def wanted(session: Session, person: Person, prompt: Prompt, now: datetime) -> dict[str, Any] | None:
    """Want it while the list is still missing."""
    year = prompt.facts["year"]
    return {"year": year} if school_clock(session).calendar.is_provisional(year) else None


def no_buttons(prompt: Prompt, facts: dict[str, Any]) -> tuple[Tap, ...]:
    """Offer nothing: a list is imported at the computer."""
    return ()


command = Command(
    name="school_year",
    answer=answer,
    command="calendar",
    takes_rest=True,
    prompts=(PromptKind(KIND, wanted, no_buttons, budgeted=False),),
)
