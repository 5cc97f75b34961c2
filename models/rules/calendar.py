"""Know the school's year: terms and their weeks, days off, make-up days (调休), exams, vacations.

What is said of one day, the strongest first:

1. what the school itself said of it (a day closed, a day worked, an exam, whose timetable a made-up day follows);
2. the vacation: every day between two terms, and for ten weeks after the last one that is known;
3. the official list of days off and make-up days, where that of the year is known;
4. a doubtful day: near a feast of a year whose list is not out yet. It counts as a rest day: silence is the smaller
   mistake;
5. the weekday.

A school without terms, or with no calendar at all, still works from Monday to Friday.

A day of which only the morning or the afternoon is closed (周五下午停课) is a school day still: it counts wherever school
days are counted. The closed half has no lessons, and is as quiet as a rest day.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from itertools import pairwise

from models.rules.feasts import doubtful_feast

# Whoever asks only whether a day is a school day takes any function of this shape; a Calendar is one.
SchoolDays = Callable[[date], bool]

ONE_DAY = timedelta(days=1)
ONE_WEEK = timedelta(days=7)

# Longer than any vacation. A calendar without one school day in it must not hold us for ever.
LONGEST_BREAK = 400  # days
# After the last known term nobody is spoken to for so long; then plain weekdays hold again, for a school that forgot
# to enter its new term must not be left in silence. The longest summer vacation of a Chinese school is nine weeks.
VACATION_AT_MOST = timedelta(weeks=10)

SCHOOL, REST, EXAM = "school", "rest", "exam"
KINDS = (SCHOOL, REST, EXAM)

MORNING, AFTERNOON = "am", "pm"
HALVES = (MORNING, AFTERNOON)
OTHER_HALF = {MORNING: AFTERNOON, AFTERNOON: MORNING}
NOON = time(12)

WEEKEND, HOLIDAY, CLOSED, VACATION, DOUBTFUL = "weekend", "holiday", "closed", "vacation", "doubtful"


@dataclass(frozen=True)
class TermSpan:
    """One term: its weeks are counted from Monday to Sunday; raise ValueError for one that cannot be."""

    name: str
    monday: date  # of week 1
    weeks: int | None = None  # None: nobody has said yet when it ends
    first_day: date | None = None  # the first day at school; None: the Monday of week 1
    last_day: date | None = None  # the last day before the vacation; None: the Sunday of the last week

    def __post_init__(self) -> None:
        if self.monday.weekday() != 0:
            raise ValueError(f"week 1 begins on {self.monday}, which is no Monday")
        if self.weeks is not None and self.weeks < 1:
            raise ValueError("a term has at least one week")
        if self.begins < self.monday or (self.ends is not None and self.ends < self.begins):
            raise ValueError(f"a term from {self.begins} to {self.ends}")

    @property
    def begins(self) -> date:
        """Give the first day of school."""
        return self.first_day or self.monday

    @property
    def ends(self) -> date | None:
        """Give the last day of the term, None while it is open."""
        if self.last_day is not None or self.weeks is None:
            return self.last_day
        return self.monday + self.weeks * ONE_WEEK - ONE_DAY

    def holds(self, day: date) -> bool:
        """Say whether a day lies in the term."""
        return self.begins <= day and (self.ends is None or day <= self.ends)

    def week_of(self, day: date) -> int:
        """Count the week of a day, from 1."""
        return (day - self.monday) // ONE_WEEK + 1


@dataclass(frozen=True)
class DayMark:
    """What somebody said of one day."""

    kind: str  # school, rest, exam (a school day too)
    name: str = ""  # 国庆节, 期中考试, 运动会
    follows: int | None = None  # the weekday (0 = Monday) whose lessons are held; None: nobody has said
    closed: str = ""  # the half of a school day that is closed: am, pm


@dataclass(frozen=True)
class DayView:
    """What one day is."""

    is_school: bool
    why: str = ""  # of a rest day: weekend, holiday, closed, vacation, doubtful
    name: str = ""  # of the holiday, the exam or what the school calls the day
    is_exam: bool = False
    follows: int | None = None  # weekday (0 = Monday) of the lessons that are held; None: none, or not known
    closed: str = ""  # of a school day: the half without school, am or pm


@dataclass(frozen=True)
class Week:
    """One week of a term."""

    term: str
    number: int  # from 1


@dataclass(frozen=True)
class Calendar:
    """The school's year. Called with a day it says whether that is a school day."""

    terms: tuple[TermSpan, ...] = ()  # by their beginning, never overlapping
    own: Mapping[date, DayMark] = field(default_factory=dict)  # what the school said
    official: Mapping[date, DayMark] = field(default_factory=dict)  # the days off and make-up days of the country
    known_years: frozenset[int] = frozenset()  # years whose official list we have; empty: this school follows none
    is_quiet_in_exams: bool = True  # whether exam days are kept free of messages
    _seen: dict[date, DayView] = field(default_factory=dict, compare=False, repr=False)

    def __call__(self, day: date) -> bool:
        """Say whether this is a school day, be it for lessons or exams."""
        return self.look(day).is_school

    def has_lessons(self, day: date) -> bool:
        """Say whether a day is meant for ordinary lessons: no rest day, no exams."""
        seen = self.look(day)
        return seen.is_school and not seen.is_exam

    def has_lessons_at(self, day: date, at: time) -> bool:
        """Say whether ordinary lessons are held at a local time of a day: not in a half that is closed."""
        return self.has_lessons(day) and self.look(day).closed != half_of(at)

    def look(self, day: date) -> DayView:
        """Say what a day is."""
        if day not in self._seen:
            self._seen[day] = self._judged(day)
        return self._seen[day]

    def _judged(self, day: date) -> DayView:
        own, official = self.own.get(day), self.official.get(day)
        if own is not None:
            return _marked(day, own, CLOSED)
        if self.is_vacation(day):
            return DayView(False, VACATION, official.name if official else "")
        if official is not None:
            return _marked(day, official, HOLIDAY)
        feast = doubtful_feast(day) if self.is_provisional(day.year) else None
        if feast is not None and day.weekday() < 5:
            return DayView(False, DOUBTFUL, feast)
        return DayView(True, follows=day.weekday()) if day.weekday() < 5 else DayView(False, WEEKEND)

    def is_provisional(self, year: int) -> bool:
        """Say whether the official list of a year is missing, though the school follows one."""
        return bool(self.known_years) and year not in self.known_years

    def is_vacation(self, day: date) -> bool:
        """Say whether a day lies between two terms, or in the ten weeks after the last one that is known."""
        if self.term_of(day) is not None:
            return False
        before = max((term.ends for term in self.terms if term.ends is not None and term.ends < day), default=None)
        if before is None:
            return False
        return any(term.begins > day for term in self.terms) or day - before <= VACATION_AT_MOST

    def term_of(self, day: date) -> TermSpan | None:
        """Find the term of a day."""
        return next((term for term in self.terms if term.holds(day)), None)

    def week_of(self, day: date) -> Week | None:
        """Give the term and week (第N周) of a day, or None outside every term.

        The days before the first day of school in week 1, and those after the last in the last week, belong to it.
        """
        for term in self.terms:
            last = None if term.ends is None else term.ends + timedelta(days=6 - term.ends.weekday())
            if term.monday <= day and (last is None or day <= last):
                return Week(term.name, term.week_of(day))
        return None

    def term_near(self, day: date) -> TermSpan | None:
        """Find the term that "week 12" means on this day: the one it lies in, else the next, else the last."""
        coming = (term for term in self.terms if term.ends is None or term.ends >= day)
        return next(coming, self.terms[-1] if self.terms else None)

    def day_of_week(self, number: int, weekday: int, near: date) -> date | None:
        """Find a weekday (0 = Monday) of week N of the term that is meant near a day; None if it has no such week."""
        term = self.term_near(near)
        if term is None or number < 1 or (term.weeks is not None and number > term.weeks):
            return None
        return term.monday + (number - 1) * ONE_WEEK + timedelta(days=weekday)

    def stretches(self, kind: str, since: date) -> list["Stretch"]:
        """List the stretches of days in a row with the same name and kind (rest, exam) that end on or after a day."""
        named = {**self.official, **self.own}
        found: list[Stretch] = []
        for day in sorted(day for day, mark in named.items() if mark.kind == kind and mark.name):
            name = named[day].name
            if found and found[-1].name == name and day - found[-1].last <= 3 * ONE_DAY:  # over a weekend
                found[-1] = Stretch(name, found[-1].first, day)
            else:
                found.append(Stretch(name, day, day))
        return [stretch for stretch in found if stretch.last >= since]


@dataclass(frozen=True)
class Stretch:
    """Days in a row that share a name: a holiday, an exam."""

    name: str
    first: date
    last: date


def _marked(day: date, mark: DayMark, why: str) -> DayView:
    if mark.kind == REST:
        return DayView(False, why, mark.name)
    # On a Saturday made up for another day nobody knows whose lessons are held until the school says so.
    usual = day.weekday() if day.weekday() < 5 else None
    follows = usual if mark.follows is None else mark.follows
    return DayView(True, "", mark.name, mark.kind == EXAM, follows, mark.closed)


def half_of(at: time) -> str:
    """Name the half of the day in which a local time lies."""
    return MORNING if at < NOON else AFTERNOON


WEEKDAYS = Calendar()  # the guess of a school without a calendar


def overlapping(terms: Sequence[TermSpan]) -> tuple[TermSpan, TermSpan] | None:
    """Return the first two terms that share a day, if any do."""
    ordered = sorted(terms, key=lambda term: term.begins)
    for earlier, later in pairwise(ordered):
        if earlier.ends is None or later.begins <= earlier.ends:
            return earlier, later
    return None


def next_school_day(day: date, days: SchoolDays = WEEKDAYS) -> date | None:
    """Return the first school day after this one, or None when none comes in 400 days."""
    return _first_of((day + timedelta(days=ahead) for ahead in range(1, LONGEST_BREAK + 1)), days)


def last_school_day(day: date, days: SchoolDays = WEEKDAYS) -> date | None:
    """Return the last school day before this one, or None when none lies in 400 days."""
    return _first_of((day - timedelta(days=back) for back in range(1, LONGEST_BREAK + 1)), days)


def _first_of(candidates: Iterable[date], days: SchoolDays) -> date | None:
    return next((candidate for candidate in candidates if days(candidate)), None)
