"""Give lesson periods their clock times: by the school's bell tables, or by one that is common until it brings its own."""

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


MonthDay = tuple[int, int]


@dataclass(frozen=True)
class BellPlan:
    """One bell table: for a part of the school (小学, 初中; "" is all of it) and a season of the year."""

    bells: tuple[Bell, ...]
    stage: str = ""
    season: tuple[MonthDay, MonthDay] | None = None  # first and last month and day, may pass the new year; None: always

    def rings_on(self, day: date) -> bool:
        """Say whether the table holds on a day."""
        if self.season is None:
            return True
        first, last = self.season
        today = (day.month, day.day)
        return first <= today <= last if first <= last else today >= first or today <= last


@dataclass(frozen=True)
class BellBook:
    """Every bell table of a school."""

    plans: tuple[BellPlan, ...] = ()

    def on(self, day: date, stage: str = "") -> tuple[Bell, ...]:
        """Give the lessons' times of a day: of her part of the school, else of the whole, else the first table's."""
        ringing = [plan for plan in self.plans if plan.rings_on(day)]
        named = [plan for plan in ringing if plan.stage == stage] or [plan for plan in ringing if not plan.stage]
        # A table with a season speaks before one that always holds.
        best = sorted(named or ringing, key=lambda plan: plan.season is None)
        return best[0].bells if best else DEFAULT_BELLS

    @property
    def stages(self) -> tuple[str, ...]:
        """Name the parts of the school that have a table of their own."""
        return tuple(dict.fromkeys(plan.stage for plan in self.plans if plan.stage))


DEFAULT_BOOK = BellBook()  # of a school that brought no table: one common day for everyone


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
