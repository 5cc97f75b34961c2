"""Give lesson periods their clock times, by one default bell table until a school brings its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from models.rules.wall_time import instant


@dataclass(frozen=True)
class Bell:
    """When one lesson begins and ends, by the local clock."""

    start: time
    end: time


# A common day of a Chinese primary school: four lessons of forty minutes before noon and four after.
DEFAULT_BELLS = (
    Bell(time(8, 20), time(9, 0)),
    Bell(time(9, 10), time(9, 50)),
    Bell(time(10, 20), time(11, 0)),
    Bell(time(11, 10), time(11, 50)),
    Bell(time(14, 0), time(14, 40)),
    Bell(time(14, 50), time(15, 30)),
    Bell(time(15, 40), time(16, 20)),
    Bell(time(16, 30), time(17, 10)),
)


class NoSuchPeriod(ValueError):
    """The bell table has no lesson with this number."""

    def __init__(self, period: int, last: int) -> None:
        super().__init__(f"no lesson {period}: the last one is {last}")
        self.period = period
        self.last = last


def period_times(period: int, bells: Sequence[Bell] = DEFAULT_BELLS) -> Bell:
    """Return when a lesson (counted from 1) begins and ends; raise NoSuchPeriod beyond the table."""
    if not 1 <= period <= len(bells):
        raise NoSuchPeriod(period, len(bells))
    return bells[period - 1]


def lessons_before_noon(bells: Sequence[Bell] = DEFAULT_BELLS) -> int:
    """Return how many lessons begin in the morning."""
    return sum(bell.start < time(12) for bell in bells)


def lesson_starts_at(day: date, period: int, zone: str, bells: Sequence[Bell] = DEFAULT_BELLS) -> datetime:
    """Return the UTC instant at which a lesson begins; raise NoSuchPeriod beyond the table."""
    return instant(day, period_times(period, bells).start, zone)


def lesson_ends_at(day: date, period: int, zone: str, bells: Sequence[Bell] = DEFAULT_BELLS) -> datetime:
    """Return the UTC instant at which a lesson ends; raise NoSuchPeriod beyond the table."""
    return instant(day, period_times(period, bells).end, zone)
