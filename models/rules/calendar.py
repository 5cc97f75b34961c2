"""Say which days are school days; the school's own calendar plugs in here."""

from collections.abc import Callable
from datetime import date, timedelta

# The seam: whoever knows the school's calendar passes a function of this shape.
SchoolDays = Callable[[date], bool]

# Longer than any vacation. A calendar without one school day in it must not hold us for ever.
LONGEST_BREAK = 400


def weekdays_only(day: date) -> bool:
    """Return True from Monday to Friday: the guess of a school without a calendar."""
    return day.weekday() < 5


def is_rest_day(day: date, days: SchoolDays = weekdays_only) -> bool:
    """Return True when the school has no lessons on this day."""
    return not days(day)


def next_school_day(day: date, days: SchoolDays = weekdays_only) -> date | None:
    """Return the first school day after this one, or None when none comes in 400 days."""
    later = (day + timedelta(days=ahead) for ahead in range(1, LONGEST_BREAK + 1))
    return next((candidate for candidate in later if days(candidate)), None)


def last_school_day(day: date, days: SchoolDays = weekdays_only) -> date | None:
    """Return the last school day before this one, or None when none lies in 400 days."""
    earlier = (day - timedelta(days=back) for back in range(1, LONGEST_BREAK + 1))
    return next((candidate for candidate in earlier if days(candidate)), None)
