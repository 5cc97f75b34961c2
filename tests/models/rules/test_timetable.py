"""Which lessons are held on a day."""

from datetime import date, time
from uuid import UUID

import pytest

from models.rules.bells import Bell, BellBook, BellPlan
from models.rules.calendar import EXAM, REST, SCHOOL, Calendar, DayMark, TermSpan
from models.rules.school_clock import SchoolClock
from models.rules.timetable import EVEN, ODD, Held, Moved, WeeklyLesson, clashes, lessons_on, moved

LIN, CHEN = UUID(int=1), UUID(int=2)
TERM = TermSpan("autumn", date(2026, 8, 31), 21)
CALENDAR = Calendar(
    (TERM,),
    own={date(2026, 10, 10): DayMark(SCHOOL, "国庆调休", follows=4), date(2026, 10, 1): DayMark(REST, "国庆节")},
    official={date(2026, 9, 20): DayMark(SCHOOL, "国庆节")},
)


def lesson(number: int, weekday: int, period: int, **more) -> WeeklyLesson:
    return WeeklyLesson(
        UUID(int=100 + number), more.pop("teacher", LIN), more.pop("room", "三4班"), "语文", weekday, period, **more
    )


THURSDAY = lesson(1, 3, 2)
FRIDAY = lesson(2, 4, 1)
ODD_FRIDAY = lesson(3, 4, 3, weeks=ODD)
EVEN_FRIDAY = lesson(4, 4, 3, weeks=EVEN)
OLD = lesson(5, 4, 4, last_day=date(2026, 9, 25))
WEEK = (THURSDAY, FRIDAY, ODD_FRIDAY, EVEN_FRIDAY, OLD)


def numbers(day: date, moves=(), calendar: Calendar = CALENDAR) -> list[tuple[int, int]]:
    """List (lesson, period) of a day."""
    return [(held.lesson.id.int - 100, held.period) for held in lessons_on(day, WEEK, moves, SchoolClock(calendar))]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        pytest.param(date(2026, 9, 17), [(1, 2)], id="an ordinary Thursday"),
        pytest.param(date(2026, 9, 18), [(2, 1), (3, 3), (5, 4)], id="Friday of an odd week"),
        pytest.param(date(2026, 9, 25), [(2, 1), (4, 3), (5, 4)], id="Friday of an even week"),
        pytest.param(date(2026, 10, 9), [(2, 1), (4, 3)], id="after a lesson's last day it is gone"),
        pytest.param(date(2026, 10, 1), [], id="a day off"),
        pytest.param(date(2026, 10, 10), [(2, 1), (4, 3)], id="a made-up Saturday with Friday's lessons"),
        pytest.param(date(2026, 9, 20), [], id="a made-up Sunday of which nobody said whose lessons"),
        pytest.param(date(2027, 2, 5), [(2, 1)], id="outside the term neither odd nor even is certain"),
    ],
)
def test_the_lessons_of_a_day(day, expected):
    open_after = Calendar(CALENDAR.terms, CALENDAR.own, CALENDAR.official)
    no_vacation = Calendar((), CALENDAR.own, CALENDAR.official)
    assert numbers(day, calendar=no_vacation if day.year == 2027 else open_after) == expected


def test_a_moved_lesson_is_held_where_it_was_moved_to():
    move = Moved(THURSDAY.id, date(2026, 9, 17), date(2026, 9, 18), 2)
    assert numbers(date(2026, 9, 17), [move]) == []
    assert numbers(date(2026, 9, 18), [move]) == [(2, 1), (1, 2), (3, 3), (5, 4)]
    assert numbers(date(2026, 9, 24), [move]) == [(1, 2)]  # that week only


def test_what_is_closed_or_given_to_exams_has_no_lessons():
    friday, move = date(2026, 9, 18), Moved(THURSDAY.id, date(2026, 9, 17), date(2026, 9, 18), 6)

    def held(mark: DayMark) -> list[tuple[int, int]]:
        return numbers(friday, [move], Calendar((TERM,), {friday: mark}))

    assert held(DayMark(SCHOOL, closed="pm")) == [(2, 1), (3, 3), (5, 4)]
    assert held(DayMark(SCHOOL, closed="am")) == [(1, 6)]
    assert held(DayMark(EXAM, "月考")) == held(DayMark(REST, "台风")) == []


def test_a_half_is_told_by_the_bells_of_each_part_of_the_school():
    late = BellPlan(tuple(Bell(time(hour), time(hour, 40)) for hour in (13, 14, 15)), "夜校")
    school = SchoolClock(Calendar((TERM,), {date(2026, 9, 18): DayMark(SCHOOL, closed="pm")}), BellBook((late,)))
    evening = lesson(7, 4, 1, stage="夜校")
    assert lessons_on(date(2026, 9, 18), [evening], [], school) == []
    assert [school.is_open(date(2026, 9, 18), period, "夜校") for period in (0, 1, 9)] == [False] * 3


def test_a_lesson_moved_twice_is_held_once():
    first = Moved(THURSDAY.id, date(2026, 9, 17), date(2026, 9, 18), 2)
    held = lessons_on(date(2026, 9, 18), WEEK, [first], SchoolClock(CALENDAR))[1]
    assert moved(held, date(2026, 9, 21), 5) == Held(THURSDAY, date(2026, 9, 21), 5, date(2026, 9, 17))


def test_a_move_of_a_lesson_that_is_gone_is_passed_over():
    assert numbers(date(2026, 9, 17), [Moved(UUID(int=999), date(2026, 9, 14), date(2026, 9, 17), 5)]) == [(1, 2)]


@pytest.mark.parametrize(
    ("one", "other", "does_clash"),
    [
        pytest.param(lesson(1, 0, 1), lesson(2, 0, 1, room="三2班"), True, id="one teacher in two rooms"),
        pytest.param(lesson(1, 0, 1), lesson(2, 0, 1, teacher=CHEN), True, id="one class with two lessons"),
        pytest.param(lesson(1, 0, 1), lesson(2, 0, 1, teacher=CHEN, room="三1班"), False, id="two classes, two teachers"),
        pytest.param(lesson(1, 0, 1), lesson(2, 0, 2, room="三2班"), False, id="another period"),
        pytest.param(lesson(1, 0, 1, weeks=ODD), lesson(2, 0, 1, weeks=EVEN, room="x"), False, id="odd and even weeks"),
        pytest.param(lesson(1, 0, 1, weeks=ODD), lesson(2, 0, 1, room="x"), True, id="odd weeks and every week"),
        pytest.param(
            lesson(1, 0, 1, last_day=date(2027, 1, 22)), lesson(2, 0, 1, room="x", first_day=date(2027, 2, 22)),
            False, id="one term after the other",
        ),
    ],
)  # fmt: skip
def test_clashes(one, other, does_clash):
    assert bool(clashes([one, other])) is does_clash
    assert bool(clashes([other, one])) is does_clash
