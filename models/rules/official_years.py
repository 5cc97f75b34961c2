"""Say for which year the country's list of days off is missing and will be wanted soon."""

from datetime import date, timedelta

from models.rules.calendar import Calendar

AHEAD = timedelta(days=60)
NOVEMBER = 11  # the list of a year has come out in October, November or December of the year before


def missing_year(calendar: Calendar, today: date) -> int | None:
    """Name this year, or from November (or sixty days ahead) the next one, if its list is missing; else None."""
    if calendar.is_provisional(today.year):
        return today.year
    is_soon = today.month >= NOVEMBER or (today + AHEAD).year > today.year
    return today.year + 1 if is_soon and calendar.is_provisional(today.year + 1) else None
