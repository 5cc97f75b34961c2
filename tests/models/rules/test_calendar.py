"""What each day of a school's year is."""

from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.calendar import (
    EXAM,
    LONGEST_BREAK,
    REST,
    SCHOOL,
    WEEKDAYS,
    Calendar,
    DayMark,
    DayView,
    Stretch,
    TermSpan,
    Week,
    last_school_day,
    next_school_day,
    overlapping,
)

FRIDAY, SATURDAY, SUNDAY, MONDAY = (date(2026, 10, day) for day in (9, 10, 11, 12))
AUTUMN = TermSpan("autumn", date(2026, 8, 31), 21, first_day=date(2026, 9, 1), last_day=date(2027, 1, 22))
SPRING = TermSpan("spring", date(2027, 2, 22), 20)
NATIONAL = {date(2026, 10, day): DayMark(REST, "国庆节") for day in range(1, 8)}
OFFICIAL = {**NATIONAL, date(2026, 9, 20): DayMark(SCHOOL, "国庆节"), SATURDAY: DayMark(SCHOOL, "国庆节")}
OWN = {
    SATURDAY: DayMark(SCHOOL, "国庆调休", follows=4),
    date(2026, 11, 5): DayMark(EXAM, "期中考试"),
    date(2026, 11, 6): DayMark(EXAM, "期中考试"),
    date(2026, 10, 16): DayMark(REST, "运动会"),
    date(2027, 1, 30): DayMark(SCHOOL, "返校"),
}
YEAR = Calendar((AUTUMN, SPRING), OWN, OFFICIAL, frozenset({2026}))


def golden_week(day: date) -> bool:
    """School days of a calendar with the October holiday, and Saturday the 10th taught instead."""
    return day == SATURDAY or (WEEKDAYS(day) and not date(2026, 10, 1) <= day <= date(2026, 10, 8))


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        pytest.param(FRIDAY, True, id="Friday is a school day"),
        pytest.param(SATURDAY, False, id="Saturday is a rest day"),
        pytest.param(SUNDAY, False, id="Sunday is a rest day"),
        pytest.param(MONDAY, True, id="Monday is a school day"),
        pytest.param(date(2027, 2, 6), False, id="a feast on a Saturday"),
        pytest.param(date(2027, 1, 1), True, id="a school that follows no official list knows no feasts"),
    ],
)
def test_without_a_calendar_the_weekend_rests(day, expected):
    assert WEEKDAYS(day) is expected


@pytest.mark.parametrize(
    ("day", "seen"),
    [
        pytest.param(date(2026, 9, 30), DayView(True, follows=2), id="an ordinary Wednesday"),
        pytest.param(date(2026, 10, 1), DayView(False, "holiday", "国庆节"), id="a day off of the country"),
        pytest.param(date(2026, 10, 3), DayView(False, "holiday", "国庆节"), id="a Saturday inside a holiday"),
        pytest.param(date(2026, 9, 20), DayView(True, "", "国庆节"), id="a made-up Sunday: whose lessons, nobody said"),
        pytest.param(SATURDAY, DayView(True, "", "国庆调休", follows=4), id="a made-up Saturday the school spoke of"),
        pytest.param(date(2026, 10, 16), DayView(False, "closed", "运动会"), id="closed by the school"),
        pytest.param(date(2026, 11, 5), DayView(True, "", "期中考试", True, 3), id="an exam day is a school day"),
        pytest.param(date(2026, 8, 31), DayView(True, follows=0), id="before the first term nobody speaks of vacation"),
        pytest.param(date(2027, 1, 22), DayView(True, follows=4), id="the last day of a term"),
        pytest.param(date(2027, 1, 25), DayView(False, "vacation"), id="a Monday between two terms"),
        pytest.param(date(2027, 1, 30), DayView(True, "", "返校"), id="the school calls its pupils in the vacation"),
        pytest.param(date(2027, 2, 19), DayView(False, "vacation"), id="the last Friday before the term"),
        pytest.param(date(2027, 2, 22), DayView(True, follows=0), id="the first day of the next term"),
        pytest.param(date(2027, 1, 1), DayView(False, "doubtful", "元旦"), id="near a feast of a year without list"),
        pytest.param(date(2027, 1, 2), DayView(False, "weekend"), id="a weekend rests without doubt"),
        pytest.param(date(2027, 6, 9), DayView(False, "doubtful", "端午"), id="a lunar feast"),
        pytest.param(date(2041, 5, 1), DayView(False, "doubtful", "劳动节"), id="a fixed feast, however far ahead"),
        pytest.param(date(2041, 2, 1), DayView(True, follows=4), id="no lunar feast is known so far ahead"),
        pytest.param(date(2027, 7, 13), DayView(False, "vacation"), id="after the last known term"),
        pytest.param(date(2027, 9, 19), DayView(False, "vacation"), id="to the last day of ten weeks"),
        pytest.param(date(2027, 9, 20), DayView(True, follows=0), id="ten weeks later weekdays hold again"),
    ],
)
def test_what_a_day_is(day, seen):
    assert YEAR.look(day) == seen
    assert YEAR(day) is seen.is_school


@pytest.mark.parametrize(
    ("day", "week"),
    [
        pytest.param(date(2026, 8, 30), None, id="the Sunday before"),
        pytest.param(date(2026, 8, 31), Week("autumn", 1), id="Monday of week 1, though school begins on Tuesday"),
        pytest.param(date(2026, 9, 6), Week("autumn", 1), id="its Sunday"),
        pytest.param(date(2026, 9, 7), Week("autumn", 2), id="the next Monday"),
        pytest.param(date(2026, 10, 5), Week("autumn", 6), id="a holiday has its week too"),
        pytest.param(date(2027, 1, 24), Week("autumn", 21), id="the Sunday after the last day"),
        pytest.param(date(2027, 1, 25), None, id="the vacation has no weeks"),
        pytest.param(date(2027, 2, 22), Week("spring", 1), id="the next term counts anew"),
    ],
)
def test_the_week_of_a_day(day, week):
    assert YEAR.week_of(day) == week


@pytest.mark.parametrize(
    ("number", "weekday", "near", "day"),
    [
        pytest.param(12, 2, date(2026, 9, 16), date(2026, 11, 18), id="inside the term"),
        pytest.param(1, 0, date(2027, 2, 1), date(2027, 2, 22), id="in the vacation the coming term is meant"),
        pytest.param(20, 6, date(2027, 3, 1), date(2027, 7, 11), id="the last week of a term"),
        pytest.param(
            21, 4, date(2027, 1, 22), date(2027, 1, 22), id="on its last day a term still is the one that is meant"
        ),
        pytest.param(22, 0, date(2026, 9, 16), None, id="no such week"),
        pytest.param(0, 0, date(2026, 9, 16), None, id="weeks begin at one"),
        pytest.param(1, 0, date(2030, 1, 1), date(2027, 2, 22), id="after every term the last one"),
    ],
)
def test_a_day_of_week_n(number, weekday, near, day):
    assert YEAR.day_of_week(number, weekday, near) == day


def test_a_holiday_inside_a_vacation_keeps_its_name():
    festival = date(2027, 2, 8)
    calendar = Calendar((AUTUMN, SPRING), official={festival: DayMark(REST, "春节")})
    assert calendar.look(festival) == DayView(False, "vacation", "春节")


def test_without_terms_no_week_is_known():
    assert WEEKDAYS.week_of(MONDAY) is None
    assert WEEKDAYS.day_of_week(3, 0, MONDAY) is None


def test_a_term_without_end_goes_on():
    calendar = Calendar((TermSpan("open", date(2026, 8, 31)),))
    assert calendar.week_of(date(2027, 8, 30)) == Week("open", 53)
    assert not calendar.is_vacation(date(2027, 8, 30))
    assert calendar.day_of_week(60, 0, MONDAY) == date(2027, 10, 18)


def test_the_stretches_of_holidays_and_exams_bear_their_names():
    assert YEAR.stretches(REST, date(2026, 10, 5)) == [
        Stretch("国庆节", date(2026, 10, 1), date(2026, 10, 7)),
        Stretch("运动会", date(2026, 10, 16), date(2026, 10, 16)),
    ]
    assert YEAR.stretches(EXAM, date(2026, 11, 6)) == [Stretch("期中考试", date(2026, 11, 5), date(2026, 11, 6))]
    assert YEAR.stretches(EXAM, date(2026, 11, 7)) == []


@pytest.mark.parametrize(
    ("second", "count"),
    [
        pytest.param(date(2026, 11, 9), 1, id="from Friday to Monday it is one exam, over a weekend"),
        pytest.param(date(2026, 11, 10), 2, id="a school day in between makes two of it"),
    ],
)
def test_a_weekend_does_not_break_a_stretch(second, count):
    calendar = Calendar(own=dict.fromkeys((date(2026, 11, 6), second), DayMark(EXAM, "期中考试")))
    assert len(calendar.stretches(EXAM, date(2026, 11, 1))) == count


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        pytest.param(FRIDAY, True, id="an ordinary day"),
        pytest.param(date(2026, 11, 5), False, id="an exam day is a school day without lessons"),
        pytest.param(SUNDAY, False, id="a rest day"),
    ],
)
def test_lessons_are_held_on_ordinary_days(day, expected):
    assert YEAR.has_lessons(day) is expected


@pytest.mark.parametrize(
    ("day", "at", "expected"),
    [
        pytest.param(FRIDAY, time(9), True, id="the open half of a day"),
        pytest.param(FRIDAY, time(12), False, id="its closed half, from noon"),
        pytest.param(date(2026, 10, 8), time(14), True, id="a day of which neither half is closed"),
        pytest.param(SUNDAY, time(9), False, id="a rest day"),
    ],
)
def test_a_closed_half_has_no_lessons(day, at, expected):
    calendar = Calendar(own={FRIDAY: DayMark(SCHOOL, closed="pm")})
    assert calendar.has_lessons_at(day, at) is expected


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"monday": date(2026, 9, 1)}, id="week 1 on a Tuesday"),
        pytest.param({"monday": date(2026, 8, 31), "weeks": 0}, id="no week"),
        pytest.param({"monday": date(2026, 8, 31), "first_day": date(2026, 8, 28)}, id="begins before week 1"),
        pytest.param({"monday": date(2026, 8, 31), "last_day": date(2026, 8, 28)}, id="ends before it begins"),
    ],
)
def test_a_term_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match=r"week|term"):
        TermSpan("wrong", **wrong)


def test_a_term_may_last_a_day():
    only = date(2026, 8, 31)
    assert TermSpan("short", only, last_day=only).holds(only)


@pytest.mark.parametrize(
    ("terms", "found"),
    [
        pytest.param((SPRING, AUTUMN), None, id="one after the other, however they are listed"),
        pytest.param((AUTUMN, TermSpan("x", date(2027, 1, 18), 5)), ("autumn", "x"), id="they share a week"),
        pytest.param(
            (AUTUMN, TermSpan("y", date(2027, 1, 18), 5, first_day=date(2027, 1, 22))),
            ("autumn", "y"),
            id="they share a day",
        ),
        pytest.param((TermSpan("open", date(2026, 8, 31)), SPRING), ("open", "spring"), id="one without end"),
        pytest.param((AUTUMN,), None, id="one alone"),
    ],
)
def test_terms_must_not_overlap(terms, found):
    pair = overlapping(terms)
    assert (pair and (pair[0].name, pair[1].name)) == found


@given(st.dates(date(2026, 1, 1), date(2028, 12, 31)))
def test_a_rest_day_has_its_reason_and_a_school_day_none(day):
    seen = YEAR.look(day)
    assert bool(seen.why) is not seen.is_school
    assert seen.is_school or (seen.follows is None and not seen.is_exam)


@given(st.dates(date(2026, 1, 1), date(2028, 12, 31)))
def test_the_next_school_day_is_one_and_none_lies_between(day):
    following = next_school_day(day, YEAR)
    assert following is not None
    assert YEAR(following)
    between = [day + timedelta(days=ahead) for ahead in range(1, (following - day).days)]
    assert not any(YEAR(other) for other in between)
    assert last_school_day(following, YEAR) == (day if YEAR(day) else last_school_day(day, YEAR))


# Whoever asks only for the nearest school days may bring any function


@pytest.mark.parametrize(
    ("day", "following"),
    [
        pytest.param(FRIDAY, MONDAY, id="after Friday comes Monday"),
        pytest.param(SATURDAY, MONDAY, id="after Saturday comes Monday"),
        pytest.param(date(2026, 12, 31), date(2027, 1, 1), id="a year may end between two school days"),
    ],
)
def test_the_next_school_day(day, following):
    assert next_school_day(day) == following


def test_the_schools_own_calendar_is_asked():
    assert next_school_day(date(2026, 9, 30), golden_week) == FRIDAY
    assert next_school_day(FRIDAY, golden_week) == SATURDAY
    assert last_school_day(date(2026, 10, 5), golden_week) == date(2026, 9, 30)
    assert last_school_day(MONDAY, golden_week) == SATURDAY


@pytest.mark.parametrize(("days", "is_found"), [(LONGEST_BREAK, True), (LONGEST_BREAK + 1, False)])
def test_a_break_is_not_looked_over_for_ever(days, is_found):
    after, before = FRIDAY + timedelta(days=days), FRIDAY - timedelta(days=days)
    assert next_school_day(FRIDAY, after.__eq__) == (after if is_found else None)
    assert last_school_day(FRIDAY, before.__eq__) == (before if is_found else None)


def test_a_calendar_without_school_days_has_no_next_one():
    assert next_school_day(FRIDAY, lambda day: False) is None
    assert last_school_day(FRIDAY, lambda day: False) is None
