"""Which clock times a lesson has."""

from datetime import UTC, date, datetime, time

import pytest

from models.rules.bells import (
    DEFAULT_BELLS,
    Bell,
    NoSuchPeriod,
    lesson_ends_at,
    lesson_starts_at,
    lessons_before_noon,
    period_times,
)

FRIDAY = date(2026, 10, 9)


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        pytest.param(1, time(8, 20), time(9), id="the first lesson"),
        pytest.param(4, time(11, 10), time(11, 50), id="the last before noon"),
        pytest.param(5, time(14), time(14, 40), id="the first after noon"),
        pytest.param(8, time(16, 30), time(17, 10), id="the last lesson"),
    ],
)
def test_a_period_has_its_times(period, start, end):
    assert period_times(period) == Bell(start, end)


@pytest.mark.parametrize("period", [13, 9, 0, -1])
def test_a_period_beyond_the_table_is_told_with_the_last_one(period):
    with pytest.raises(NoSuchPeriod) as told:
        lesson_starts_at(FRIDAY, period, "Asia/Shanghai")
    assert (told.value.period, told.value.last) == (period, 8)


def test_lessons_are_instants_by_the_schools_clock():
    assert lesson_starts_at(FRIDAY, 1, "Asia/Shanghai") == datetime(2026, 10, 9, 0, 20, tzinfo=UTC)
    assert lesson_ends_at(FRIDAY, 6, "Asia/Shanghai") == datetime(2026, 10, 9, 7, 30, tzinfo=UTC)
    assert lesson_starts_at(date(2026, 10, 26), 1, "Europe/Berlin") == datetime(2026, 10, 26, 7, 20, tzinfo=UTC)


def test_lessons_follow_each_other_without_overlap():
    bells = [moment for bell in DEFAULT_BELLS for moment in (bell.start, bell.end)]
    assert bells == sorted(set(bells))
    assert lessons_before_noon() == 4
