"""课表: her lessons of a day or a week as they are really held, with the bells and what was swapped."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session

from bot.conversation import Command, Outcome, Say
from handlers.timetables import Timetables
from models import Person
from models.rules.dates import NoDay, NoSuchWeek, PastDay, read_day
from models.rules.spans import read_span
from models.rules.timetable import Held
from models.school import lessons_of, moves_between

A_WEEK = 7  # days
HALF_A_YEAR = timedelta(days=183)


def answer(session: Session, person: Person, rest: str, now: datetime) -> Outcome:
    """Show today and tomorrow, or the day or week she names."""
    tables = Timetables(session, person.zone, now)
    if not tables.known(person.id):
        return Outcome(say=[Say("none_yet")])
    days = [tables.today, tables.today + timedelta(days=1)]
    if rest.strip():
        try:
            days = _named(rest, tables)
        except NoSuchWeek as unread:
            return Outcome(say=[Say("no_such_week", {"number": unread.week, "last": unread.last})])
        except ValueError:
            return Outcome(say=[Say("not_a_day")])
    return Outcome(say=[Say("lessons", {"days": [_day(session, person, tables, day) for day in days]})])


def _named(rest: str, tables: Timetables) -> list[date]:
    """List the day or the days of the week that are meant; raise NoDay or another ValueError."""
    try:
        return [_nearer(read_day(rest, tables.today, tables.school), rest, tables.today)]
    except PastDay as past:
        return [past.day]
    except NoDay as unread:
        if type(unread) is not NoDay:
            raise
    first, last = read_span(rest, tables.today, tables.school)
    return [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)][:A_WEEK]


def _nearer(coming: date, words: str, today: date) -> date:
    """Take 9月14日, said two days later without a year, for the one that was: here one also looks back."""
    if coming - today <= HALF_A_YEAR or str(coming.year) in words or (coming.month, coming.day) == (2, 29):
        return coming
    return coming.replace(year=coming.year - 1)


def _day(session: Session, person: Person, tables: Timetables, day: date) -> dict[str, Any]:
    """Tell one day: what kind it is, what is held, and what was moved away from it."""
    seen = tables.school.calendar.look(day)
    return {
        "day": day.isoformat(),
        "is_school": seen.is_school,
        "is_exam": seen.is_exam,
        "closed": seen.closed,
        "occasion": seen.name,
        "follows": seen.follows if seen.is_school and seen.follows != day.weekday() else None,
        "lessons": [_lesson(tables, held) for held in tables.held(person.id, day)],
        "away": _away(session, person, day),
    }


def _lesson(tables: Timetables, held: Held) -> dict[str, Any]:
    lesson, bells = held.lesson, tables.school.periods(held.day, held.lesson.stage)
    bell = bells[held.period - 1] if 1 <= held.period <= len(bells) else None
    return {
        "period": held.period,
        "class_name": lesson.class_name,
        "subject": lesson.subject,
        "start": f"{bell.start:%H:%M}" if bell else "",
        "end": f"{bell.end:%H:%M}" if bell else "",
        "moved_from": held.moved_from.isoformat() if held.moved_from else None,
        "was": lesson.period,
    }


def _away(session: Session, person: Person, day: date) -> list[dict[str, Any]]:
    lessons = {lesson.id: lesson for lesson, _ in lessons_of(session, [person.id])}
    moves = [move for move in moves_between(session, day, day, list(lessons)) if move.from_day == day]
    return [
        {
            "period": move.from_period,
            "class_name": lessons[move.lesson_id].class_name,
            "to_day": move.to_day.isoformat(),
            "to_period": move.to_period,
        }
        for move in moves
    ]


command = Command(name="timetable", command="timetable", answer=answer, takes_rest=True)
