"""Which days are school days."""

from datetime import date

import pytest

from models.rules.calendar import WEEKDAYS, last_school_day, next_school_day

FRIDAY, SATURDAY, SUNDAY, MONDAY = (date(2026, 10, day) for day in (9, 10, 11, 12))


def golden_week(day: date) -> bool:
    """School days of a calendar with the October holiday, and Saturday the 10th taught instead."""
    return day == SATURDAY or (WEEKDAYS(day) and not date(2026, 10, 1) <= day <= date(2026, 10, 8))


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        pytest.param(FRIDAY, False, id="Friday is a school day"),
        pytest.param(SATURDAY, True, id="Saturday is a rest day"),
        pytest.param(SUNDAY, True, id="Sunday is a rest day"),
        pytest.param(MONDAY, False, id="Monday is a school day"),
    ],
)
def test_without_a_calendar_the_weekend_rests(day, expected):
    assert WEEKDAYS(day) is not expected


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


def test_a_calendar_without_school_days_has_no_next_one():
    assert next_school_day(FRIDAY, lambda day: False) is None
    assert last_school_day(FRIDAY, lambda day: False) is None
