"""The country's days off and make-up days (调休), from the yearly notice; the only door to chinese_calendar.

A year whose list the package does not have yet is left to the calendar's guess until a newer package brings it, or the
office imports it by file. What the office imported is never written over.
"""

from datetime import date, datetime, timedelta

import chinese_calendar
from sqlalchemy import delete, func
from sqlmodel import Session, col, select

from models.school import OFFICIAL, SchoolDay, note_edit, school_state

FIRST_YEAR = 2025  # nobody plans anything for the years before
# The notice of a year may name days of the December before it: 2018-12-29 was worked for the New Year of 2019.
_BEFORE_NEW_YEAR = timedelta(days=14)
_REST, _SCHOOL = "rest", "school"
_LOCK = 0x7A68CA1E  # any number that only we use: of two processes that start together, one makes the rows


def listed_years() -> list[int]:
    """List the years whose official days the package knows."""
    return sorted({day.year for day in chinese_calendar.holidays if day.year >= FIRST_YEAR})


def listed_days(year: int) -> dict[date, tuple[str, str]]:
    """Give the kind (rest, school) and the Chinese name of every day that the notice of a year names."""
    first = date(year, 1, 1) - _BEFORE_NEW_YEAR
    listed = [(_REST, chinese_calendar.holidays), (_SCHOOL, chinese_calendar.workdays)]
    return {
        day: (kind, _chinese(name))
        for kind, days in listed
        for day, name in days.items()
        if first <= day <= date(year, 12, 31) and (day.year == year or _is_new_year(name))
    }


def _is_new_year(name: str) -> bool:
    return name == str(chinese_calendar.Holiday.new_years_day.value)


def _chinese(name: str) -> str:
    return str(chinese_calendar.Holiday(name).chinese)


def official_rows(session: Session) -> dict[date, SchoolDay]:
    """Give the official days we have, by day."""
    return {row.day: row for row in session.exec(select(SchoolDay).where(col(SchoolDay.source) == OFFICIAL))}


def seed_official_days(session: Session, now: datetime) -> list[int]:
    """Make the rows of every listed year that is not known yet; return those years. Doing it twice is harmless."""
    _alone(session)
    state = school_state(session)
    new = [year for year in listed_years() if year not in state.known_years]
    if not new:
        return []
    there = official_rows(session)
    for year in new:
        for day, (kind, name) in listed_days(year).items():
            if day not in there:
                there[day] = SchoolDay(day=day, source=OFFICIAL, kind=kind, name=name, made_at=now)
                session.add(there[day])
    state.known_years = sorted({*state.known_years, *new})
    note_edit(session)
    return new


def _alone(session: Session) -> None:
    """Wait for another process that does the same; SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def forget_official_days(session: Session) -> bool:
    """Take out every official day, for a school that does not follow the country's list; say whether there were any."""
    _alone(session)
    state = school_state(session)
    if not state.known_years and not official_rows(session):
        return False
    session.execute(delete(SchoolDay).where(col(SchoolDay.source) == OFFICIAL))
    state.known_years = []
    note_edit(session)
    return True
