"""Turn what a clock on the wall says into an instant, also on the days when clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MIDNIGHT = time(0)


def instant(day: date, at: time, zone: str) -> datetime:
    """Return the UTC instant at which the clocks of a zone show this time on this day.

    A time that the clocks skip means the first instant after the gap; a time they show twice means the first.
    """
    wall = datetime.combine(day, at)
    found = wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return found if _shown(found, zone) == wall else _after_gap(wall, zone)


def local_day(moment: datetime, zone: str) -> date:
    """Return the day on which this instant falls in a zone."""
    return _shown(moment, zone).date()


def local_time(moment: datetime, zone: str) -> time:
    """Return what the clocks of a zone show at an instant."""
    return _shown(moment, zone).time()


def same_time_later(moment: datetime, days: int, zone: str) -> datetime:
    """Return the instant some days later at which the clocks show the same time."""
    wall = _shown(moment, zone)
    return instant(wall.date() + timedelta(days=days), wall.time(), zone)


def _shown(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def _after_gap(wall: datetime, zone: str) -> datetime:
    # Python reads a skipped time with the offset of before (fold 0) or after (fold 1) the change;
    # the change itself lies between the two, so halve until one second is left.
    before = wall.replace(tzinfo=ZoneInfo(zone), fold=1).astimezone(UTC)
    after = wall.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if _shown(middle, zone) < wall:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)
