"""Which clock times a lesson has."""

from datetime import UTC, date, datetime, time

import pytest

from models.rules.bells import (
    DEFAULT_BELLS,
    Bell,
    BellBook,
    BellPlan,
    MonthDay,
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


def plan(start: str, stage: str = "", season: tuple[MonthDay, MonthDay] | None = None) -> BellPlan:
    return BellPlan((Bell(time.fromisoformat(start), time(23)),), stage, season)


BOOK = BellBook(
    (
        plan("08:00"),
        plan("07:50", "初中"),
        plan("07:30", "初中", ((5, 1), (9, 30))),
        plan("08:10", "小学", ((11, 1), (3, 31))),
    )
)


@pytest.mark.parametrize(
    ("day", "stage", "first"),
    [
        pytest.param(date(2026, 10, 1), "", "08:00", id="the whole school's"),
        pytest.param(date(2026, 10, 1), "初中", "07:50", id="her part of the school has its own"),
        pytest.param(date(2026, 9, 30), "初中", "07:30", id="the season counts more, on its last day too"),
        pytest.param(date(2026, 5, 1), "初中", "07:30", id="and on its first"),
        pytest.param(date(2026, 12, 31), "小学", "08:10", id="a season over the new year"),
        pytest.param(date(2027, 4, 1), "小学", "08:00", id="out of season the whole school's"),
        pytest.param(date(2026, 10, 1), "高中", "08:00", id="a part without a table"),
    ],
)
def test_the_bell_table_of_a_day(day, stage, first):
    assert BOOK.on(day, stage)[0].start == time.fromisoformat(first)


def test_a_school_without_tables_has_the_common_one():
    assert BellBook().on(date(2026, 10, 1), "初中") == DEFAULT_BELLS
    assert BOOK.stages == ("初中", "小学")


def test_a_part_without_any_table_takes_the_first_that_rings():
    assert BellBook((plan("07:50", "初中"),)).on(date(2026, 10, 1), "小学")[0].start == time(7, 50)
