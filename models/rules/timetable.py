"""Say which lessons are held on a day: the weekly timetable, seen through the calendar and what was moved (调课)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from models.rules.calendar import Calendar
from models.rules.school_clock import SchoolClock

ALL, ODD, EVEN = "all", "odd", "even"  # 每周, 单周, 双周
WEEKS = (ALL, ODD, EVEN)


@dataclass(frozen=True)
class WeeklyLesson:
    """One lesson of the weekly timetable."""

    id: UUID
    teacher_id: UUID
    class_name: str
    subject: str
    weekday: int  # 0 = Monday
    period: int  # from 1
    weeks: str = ALL  # all, odd, even: counted by the weeks of the term
    stage: str = ""  # the part of the school whose bells it follows
    first_day: date | None = None  # of its term; None: always
    last_day: date | None = None


@dataclass(frozen=True)
class Moved:
    """One lesson of one day is held at another time instead."""

    lesson_id: UUID
    from_day: date
    to_day: date
    to_period: int


@dataclass(frozen=True)
class Held:
    """A lesson as it is really held on one day."""

    lesson: WeeklyLesson
    day: date
    period: int
    moved_from: date | None = None  # the day it was moved away from


def lessons_on(day: date, lessons: Iterable[WeeklyLesson], moves: Iterable[Moved], school: SchoolClock) -> list[Held]:
    """List the lessons held on a day, by period: what the week says, less what was moved away, with what was moved in.

    On a made-up day (调休) the lessons of the weekday it follows are held; nobody knows them until the school says.
    On a closed day, in a closed half and while exams are held there are none, wherever they came from.
    """
    known = {lesson.id: lesson for lesson in lessons}
    moves = list(moves)
    away = {move.lesson_id for move in moves if move.from_day == day}
    usual = [
        Held(lesson, day, lesson.period)
        for lesson in known.values()
        if lesson.id not in away and is_usual(lesson, day, school)
    ]
    come = [
        Held(known[move.lesson_id], day, move.to_period, move.from_day)
        for move in moves
        if move.to_day == day
        and move.lesson_id in known
        and school.is_open(day, move.to_period, known[move.lesson_id].stage)
    ]
    return sorted([*usual, *come], key=lambda held: (held.period, held.lesson.class_name))


def is_usual(lesson: WeeklyLesson, day: date, school: SchoolClock) -> bool:
    """Say whether the weekly timetable puts a lesson on a day."""
    if (lesson.first_day and day < lesson.first_day) or (lesson.last_day and day > lesson.last_day):
        return False
    if school.calendar.look(day).follows != lesson.weekday or not school.is_open(day, lesson.period, lesson.stage):
        return False
    return lesson.weeks == ALL or _parity(day, school.calendar) == lesson.weeks


def _parity(day: date, calendar: Calendar) -> str:
    # Outside every term nobody counts weeks: then neither the odd nor the even lesson is certain.
    week = calendar.week_of(day)
    return "" if week is None else (ODD if week.number % 2 else EVEN)


def clashes(lessons: Iterable[WeeklyLesson]) -> list[tuple[WeeklyLesson, WeeklyLesson]]:
    """List the pairs that put one teacher in two places, or one class into two lessons, at the same time."""
    found: list[tuple[WeeklyLesson, WeeklyLesson]] = []
    by_slot: dict[tuple[int, int], list[WeeklyLesson]] = {}
    for lesson in lessons:
        others = by_slot.setdefault((lesson.weekday, lesson.period), [])
        found += [(other, lesson) for other in others if _meets(other, lesson)]
        others.append(lesson)
    return found


def _meets(one: WeeklyLesson, other: WeeklyLesson) -> bool:
    shares = one.teacher_id == other.teacher_id or one.class_name == other.class_name
    in_turn = {one.weeks, other.weeks} == {ODD, EVEN}
    apart = (one.last_day and other.first_day and one.last_day < other.first_day) or (
        other.last_day and one.first_day and other.last_day < one.first_day
    )
    # Lessons of two parts of the school with different bells are compared by number all the same.
    return shares and not in_turn and not apart


def moved(held: Held, to_day: date, to_period: int) -> Held:
    """Give the lesson as it will be held after a move."""
    return replace(held, day=to_day, period=to_period, moved_from=held.moved_from or held.day)
