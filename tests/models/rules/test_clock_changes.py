"""Every clock change of every zone of the world from 2020 through 2035, against an oracle that knows only offsets.

The oracle finds the changes by bisection over the offset from UTC, lays them out as stretches of constant offset, and
looks along that line for the first instant at which the clocks show the wanted time or more. It shares nothing with
the code it judges.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

import pytest

from models.rules.cadence import weekly_at
from models.rules.calendar import SCHOOL, Calendar, DayMark
from models.rules.contact import APPOINTMENT, DAY_BEGINS, DAY_ENDS, ORDINARY, Due, Habits, first_chance
from models.rules.wall_time import instant, local_day, same_time_later

FROM, UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
STRIDE = timedelta(days=5)  # no zone changes its clocks there and back within so short a time in these years
SECOND, MINUTE, ONE_DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
EVERY_DAY = frozenset(range(7))

# Not places of their own: what the system of the machine says, and names for a fixed distance from UTC are places too.
ZONES = sorted(available_timezones() - {"localtime", "Factory"})


@dataclass(frozen=True)
class Stretch:
    """A stretch of UTC with one offset."""

    first: datetime
    end: datetime
    offset: timedelta


def offset(at: datetime, zone: ZoneInfo) -> timedelta:
    found = at.astimezone(zone).utcoffset()
    assert found is not None
    return found


def change_between(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Bisect to the second the first instant with another offset."""
    was = offset(before, zone)
    while after - before > SECOND:
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        before, after = (middle, after) if offset(middle, zone) == was else (before, middle)
    return after


@cache
def stretches(name: str) -> tuple[Stretch, ...]:
    zone, at, first, found = ZoneInfo(name), FROM, FROM, []
    while at < UNTIL:
        later = at + STRIDE
        if offset(later, zone) != offset(at, zone):
            change = change_between(at, later, zone)
            found.append(Stretch(first, change, offset(first, zone)))
            first = change
        at = later
    return (*found, Stretch(first, UNTIL + 2 * STRIDE, offset(first, zone)))


def first_shown(wall: datetime, name: str) -> datetime:
    """Return the first instant at which the clocks show this or more."""
    for stretch in stretches(name):
        at = max(stretch.first, wall.replace(tzinfo=UTC) - stretch.offset)
        if at < stretch.end:
            return at
    raise AssertionError("beyond the years that are looked at")


def changes(name: str) -> Iterator[tuple[Stretch, Stretch]]:
    found = stretches(name)
    yield from pairwise(found)


def walls(before: Stretch, after: Stretch) -> list[datetime]:
    """List the times worth asking for: around both sides of a change, within it, and on the days around it."""
    left, right = ((before.end + s.offset).replace(tzinfo=None) for s in (before, after))
    low, high = min(left, right), max(left, right)
    near = [low - SECOND, low, low + SECOND, low + (high - low) / 2, high - SECOND, high, high + SECOND, high + MINUTE]
    days = [low.date() + timedelta(days=ahead) for ahead in (-1, 0, 1, 2)]  # the last midnight is 24:00 of the third
    return near + [datetime.combine(day, at) for day in days for at in (time(0), time(2, 30), time(16, 30))]


def test_the_oracle_knows_what_everybody_knows():
    berlin = [before.end for before, _ in changes("Europe/Berlin")]
    assert len(berlin) == 32 and datetime(2026, 3, 29, 1, tzinfo=UTC) in berlin
    assert first_shown(datetime(2026, 3, 29, 2, 30), "Europe/Berlin") == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert first_shown(datetime(2026, 10, 25, 2, 30), "Europe/Berlin") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert list(changes("Asia/Shanghai")) == []
    assert sum(len(list(changes(name))) for name in ZONES) > 4_000


@pytest.mark.slow
def test_a_wall_clock_means_its_first_instant_at_every_change():
    for name in ZONES:
        for before, after in changes(name):
            for wall in walls(before, after):
                wall = wall.replace(microsecond=0)
                assert instant(wall.date(), wall.time(), name) == first_shown(wall, name), (name, wall)


@pytest.mark.slow
def test_days_and_same_times_follow_the_clocks_at_every_change():
    for name in ZONES:
        for before, after in changes(name):
            for at in (before.end - SECOND, before.end, before.end + SECOND):
                shown = (at + (before if at < before.end else after).offset).replace(tzinfo=None)
                assert local_day(at, name) == shown.date(), (name, at)
                later = same_time_later(at - ONE_DAY, 1, name)
                wanted = (at - ONE_DAY + before.offset).replace(tzinfo=None) + ONE_DAY
                if at - ONE_DAY >= before.first:
                    assert later == first_shown(wanted, name), (name, at)


@pytest.mark.slow
def test_a_weekly_time_comes_once_a_week_over_every_change():
    for name in ZONES:
        for before, after in changes(name):
            for wall in walls(before, after)[3:5]:  # within the change: skipped, or shown twice
                at = wall.replace(microsecond=0)
                for since in (before.end - ONE_DAY, before.end - SECOND, before.end, before.end + SECOND):
                    expected = _weekly(at, since, name)
                    assert weekly_at(at.weekday(), at.time(), name, since) == expected, (name, at, since)


def _weekly(wall: datetime, since: datetime, name: str) -> datetime:
    weeks = (first_shown(wall + timedelta(days=7 * ahead), name) for ahead in (-2, -1, 0, 1, 2))
    return next(at for at in weeks if at > since)


@pytest.mark.slow
def test_contact_hours_hold_at_every_change():
    for name in ZONES:
        for before, after in changes(name):
            day = (before.end + before.offset).date()
            calendar = Calendar(own={day + timedelta(days=n): DayMark(SCHOOL) for n in range(-3, 4)})
            within = walls(before, after)[3].replace(microsecond=0, second=0).time()
            for start, end in _windows(within):
                hers = Habits(zone=name, weekdays=EVERY_DAY, start=start, end=end)
                for now in (before.end - timedelta(hours=3), before.end - SECOND, before.end, before.end + MINUTE):
                    said = first_chance(Due(UUID(int=1), "x", now, None, ORDINARY), hers, (), now, calendar).at
                    assert said == _next_within(now, start, end, name), (name, now, start, end)
            now = before.end - timedelta(hours=3)
            visit = first_chance(Due(UUID(int=1), "x", now, None, APPOINTMENT), Habits(zone=name), (), now).at
            assert visit == _next_within(now, DAY_BEGINS, DAY_ENDS, name), (name, now)


def _windows(within: time) -> list[tuple[time, time]]:
    late = time(23, 59)
    return [(time(16, 30), time(21)), *([(within, late)] if within < late else [])]


def _next_within(now: datetime, start: time, end: time, name: str) -> datetime:
    day = first_day = _day_of(now, name)
    while day < first_day + timedelta(days=4):
        opens, closes = (first_shown(datetime.combine(day, at), name) for at in (start, end))
        if max(now, opens) < closes:
            return max(now, opens)
        day += ONE_DAY
    raise AssertionError("no hour of hers in four days")


def _day_of(at: datetime, name: str) -> date:
    stretch = next(s for s in stretches(name) if s.first <= at < s.end)
    return (at + stretch.offset).date()
