"""When a digest is due, whose numbers may be told, and how a wish about the rhythm is read."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from models.rules.calendar import REST, SCHOOL, Calendar, DayMark, TermSpan
from models.rules.digests import (
    Rhythm,
    Window,
    digest_key,
    last_moment,
    may_count,
    moment_in_week,
    next_moment,
    read_rhythm,
    window_due,
)

SHANGHAI = "Asia/Shanghai"
FRIDAY = datetime(2026, 9, 18, 8, 30, tzinfo=UTC)  # 16:30 in Shanghai
WEEK = timedelta(days=7)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("now", "moment"),
    [
        (FRIDAY, FRIDAY),
        (FRIDAY - SECOND, FRIDAY - WEEK),
        (FRIDAY + WEEK - SECOND, FRIDAY),
        (FRIDAY + WEEK, FRIDAY + WEEK),
    ],
    ids=["at 16:30 it has come", "a second before it has not", "it stays the last one all week", "until the next"],
)
def test_the_last_digest_moment(now: datetime, moment: datetime) -> None:
    assert last_moment(now, 4, SHANGHAI) == moment


def test_the_moment_keeps_its_wall_time_over_a_clock_change() -> None:
    before = last_moment(datetime(2026, 10, 24, tzinfo=UTC), 4, "Europe/London")
    after = last_moment(datetime(2026, 10, 31, tzinfo=UTC), 4, "Europe/London")
    assert (before.hour, after.hour) == (15, 16)


# National Day 2026: Thursday 1 to Wednesday 7 October, the Saturday after it made up; then a winter vacation.
AUTUMN = Calendar(
    terms=(TermSpan("上", date(2026, 8, 31), 21), TermSpan("下", date(2027, 3, 1), 19)),
    official={date(2026, 10, day): DayMark(REST, "国庆节") for day in range(1, 8)}
    | {date(2026, 10, 10): DayMark(SCHOOL, "国庆节")},
)


@pytest.mark.parametrize(
    ("day", "weekday", "moment"),
    [
        pytest.param(date(2026, 9, 30), 4, date(2026, 9, 30), id="a Friday off: the last school day before it"),
        pytest.param(date(2026, 10, 8), 4, date(2026, 10, 9), id="an ordinary Friday"),
        pytest.param(date(2026, 10, 8), 2, None, id="Wednesday and all before it off: none this week"),
        pytest.param(date(2027, 1, 27), 4, None, id="none in a vacation"),
    ],
)
def test_a_digest_never_falls_on_a_rest_day(day: date, weekday: int, moment: date | None) -> None:
    found = moment_in_week(day, weekday, SHANGHAI, AUTUMN)
    assert found == (moment and datetime(moment.year, moment.month, moment.day, 8, 30, tzinfo=UTC))


def test_over_a_vacation_one_digest_holds_all_of_it() -> None:
    last = datetime(2027, 1, 22, 8, 30, tzinfo=UTC)
    spring = datetime(2027, 2, 15, 12, tzinfo=UTC)
    first = datetime(2027, 3, 5, 8, 30, tzinfo=UTC)
    assert last_moment(spring, 4, SHANGHAI, AUTUMN) == last
    assert next_moment(spring, 4, SHANGHAI, AUTUMN) == first
    assert window_due(spring, 4, 1, SHANGHAI, last, AUTUMN) is None
    assert window_due(first, 4, 1, SHANGHAI, last, AUTUMN) == Window(last, first)


def test_a_break_without_end_falls_back_on_the_weekday() -> None:
    never = {date(2025, 1, 1) + timedelta(days=n): DayMark(REST, "停课") for n in range(1200)}
    closed = Calendar(own=never)
    assert last_moment(FRIDAY, 4, SHANGHAI, closed) == FRIDAY
    assert next_moment(FRIDAY, 4, SHANGHAI, closed) == FRIDAY + WEEK


@pytest.mark.parametrize(
    ("every", "last", "since"),
    [
        (1, None, FRIDAY - WEEK),
        (2, None, FRIDAY - 2 * WEEK),
        (1, FRIDAY - WEEK, FRIDAY - WEEK),
        (1, FRIDAY, None),
        (1, FRIDAY - 3 * WEEK, FRIDAY - 3 * WEEK),
        (2, FRIDAY - WEEK, None),
        (2, FRIDAY - 2 * WEEK, FRIDAY - 2 * WEEK),
        (4, FRIDAY - 4 * WEEK, FRIDAY - 4 * WEEK),
        (1, FRIDAY - timedelta(days=4), FRIDAY - timedelta(days=4)),
        (1, FRIDAY - timedelta(days=3), None),
        (0, None, None),
    ],
    ids=[
        "the first one looks back a week",
        "the first of a fortnightly one looks back two",
        "the next begins where the last ended",
        "made already",
        "missed weeks are in the next one",
        "every two weeks skips one",
        "and comes in the second",
        "every four weeks",
        "moved to an earlier weekday it may come sooner",
        "but not twice within a few days",
        "switched off",
    ],
)
def test_what_a_digest_covers(every: int, last: datetime | None, since: datetime | None) -> None:
    expected = Window(since, FRIDAY) if since else None
    assert window_due(FRIDAY, 4, every, SHANGHAI, last) == expected


def test_the_key_names_the_week_of_her_own_calendar() -> None:
    person = UUID(int=1)
    new_year = datetime(2027, 1, 1, 8, 30, tzinfo=UTC)
    assert digest_key(person, new_year, SHANGHAI) == f"digest:{person}:2026-W53"
    sunday_evening = datetime(2026, 9, 20, 17, tzinfo=UTC)  # Monday in Shanghai
    assert digest_key(person, sunday_evening, SHANGHAI).endswith("W39")
    assert digest_key(person, sunday_evening, "Europe/London").endswith("W38")


def test_numbers_from_five_people_on() -> None:
    assert [may_count(people) for people in (0, 4, 5, 30)] == [False, False, True, True]


@pytest.mark.parametrize(
    ("words", "wish"),
    [
        ("周四", Rhythm(day=3)),
        ("改到周三吧", Rhythm(day=2)),
        ("星期一", Rhythm(day=0)),
        ("Wednesday", Rhythm(day=2)),
        ("on fri", Rhythm(day=4)),
        ("每周", Rhythm(every=1)),
        ("照旧", Rhythm(every=1)),
        ("weekly", Rhythm(every=1)),
        ("每两周", Rhythm(every=2)),
        ("兩週一次", Rhythm(every=2)),
        ("every two weeks", Rhythm(every=2)),
        ("每月", Rhythm(every=4)),
        ("monthly", Rhythm(every=4)),
        ("暂停", Rhythm(every=0)),
        ("先停一停", Rhythm(every=0)),
        ("off", Rhythm(every=0)),
        ("周六", None),
        ("赵老师", None),
        ("", None),
    ],
)
def test_a_wish_about_the_rhythm(words: str, wish: Rhythm | None) -> None:
    assert read_rhythm(words) == wish
