"""What a clock on the wall says, as an instant."""

from datetime import UTC, date, datetime, time

import pytest

from models.rules.wall_time import instant, local_day, same_time_later


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "at", "zone", "expected"),
    [
        pytest.param(date(2026, 10, 9), time(16, 30), "Asia/Shanghai", utc(2026, 10, 9, 8, 30), id="an ordinary day"),
        pytest.param(date(2026, 3, 29), time(2, 30), "Europe/Berlin", utc(2026, 3, 29, 1), id="Berlin skips 02:30"),
        pytest.param(date(2026, 3, 29), time(2), "Europe/Berlin", utc(2026, 3, 29, 1), id="a gap's first time"),
        pytest.param(date(2026, 3, 29), time(3), "Europe/Berlin", utc(2026, 3, 29, 1), id="the end of a gap exists"),
        pytest.param(
            date(2026, 10, 25), time(2, 30), "Europe/Berlin", utc(2026, 10, 25, 0, 30), id="02:30 shown twice"
        ),
        pytest.param(date(2026, 3, 8), time(2, 1), "America/New_York", utc(2026, 3, 8, 7), id="New York skips 02:01"),
        pytest.param(date(2026, 11, 1), time(1), "America/New_York", utc(2026, 11, 1, 5), id="01:00 shown twice"),
        pytest.param(date(2011, 12, 30), time(12), "Pacific/Apia", utc(2011, 12, 30, 10), id="Samoa skips a whole day"),
        pytest.param(
            date(2026, 10, 4), time(2, 15), "Australia/Lord_Howe", utc(2026, 10, 3, 15, 30), id="half an hour"
        ),
    ],
)
def test_the_first_instant_that_a_clock_shows(day, at, zone, expected):
    assert instant(day, at, zone) == expected


def test_a_day_begins_by_the_local_clock():
    assert local_day(utc(2026, 10, 8, 15, 59), "Asia/Shanghai") == date(2026, 10, 8)
    assert local_day(utc(2026, 10, 8, 16), "Asia/Shanghai") == date(2026, 10, 9)


def test_the_same_time_after_the_clocks_changed():
    assert same_time_later(utc(2026, 10, 24, 14), 2, "Europe/Berlin") == utc(2026, 10, 26, 15)
