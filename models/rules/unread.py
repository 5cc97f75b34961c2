"""Why a day or a time was not read: each with the facts for the question that follows."""

from datetime import date, datetime, time


class NoDay(ValueError):
    """We could not read a day."""


class NoPeriod(ValueError):
    """We could not read the number of a lesson."""


class PastDay(ValueError):
    """The day lies before today."""

    def __init__(self, day: date) -> None:
        super().__init__(f"{day} is over")
        self.day = day


class ImpossibleDay(ValueError):
    """The month has no such day; the nearest are its last one and the first of the next month."""

    def __init__(self, month: int, day: int, nearest: tuple[date, date]) -> None:
        super().__init__(f"month {month} has no day {day}")
        self.month = month
        self.day = day
        self.nearest = nearest


class TwoDays(NoDay):
    """The words may well mean either of several days."""

    def __init__(self, days: tuple[date, ...]) -> None:
        super().__init__(f"one of {len(days)} days")
        self.days = days


class NoSuchWeek(NoDay):
    """The term has no such week; `last` is the number of its last one, None where no term is known."""

    def __init__(self, week: int, last: int | None) -> None:
        super().__init__(f"no week {week}: the last one is {last}")
        self.week = week
        self.last = last


class NoTerm(NoDay):
    """Nobody has said yet when the term that is meant begins or ends."""


class UnknownName(NoDay):
    """The calendar does not know this holiday or exam yet.

    `name` is its Chinese name; `year` is the one whose official list is not out, where that may be why.
    """

    def __init__(self, name: str, year: int | None = None) -> None:
        super().__init__(f"the calendar has no {name}")
        self.name = name
        self.year = year


class NoMoment(NoDay):
    """We could not read a day and a time."""


class PastMoment(ValueError):
    """The moment is over."""

    def __init__(self, at: datetime) -> None:
        super().__init__(f"{at} is over")
        self.at = at


class TwoMoments(NoMoment):
    """The words may well mean either of several moments (8点, in the morning or the evening)."""

    def __init__(self, moments: tuple[datetime, ...]) -> None:
        super().__init__(f"one of {len(moments)} moments")
        self.moments = moments


class RestDay(ValueError):
    """A lesson or the bell is meant, on a day without lessons; `why` and `name` are those of the calendar."""

    def __init__(self, day: date, why: str, name: str) -> None:
        super().__init__(f"{day} has no lessons: {why}")
        self.day = day
        self.why = why
        self.name = name


class NoRecurrence(ValueError):
    """We could not read how often, on which days and when."""


class NoTime(NoRecurrence):
    """The days that come again were read, but no time."""


class TwoTimes(NoRecurrence):
    """The time may well be either of several (8点)."""

    def __init__(self, times: tuple[time, ...]) -> None:
        super().__init__(f"one of {len(times)} times")
        self.times = times
