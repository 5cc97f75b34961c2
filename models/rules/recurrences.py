"""Read what comes again and again, and find when it comes next; the only door to dateutil.

- 每周一早上7点, 每周一三五, every Monday and Thursday at 7am: these weekdays.
- 每天, 每个工作日, every day, every weekday: every school day, make-up Saturdays too; our reminders rest with the school.
- A rest day is skipped, not made up for. But whoever says 每周六 means her Saturdays off: a weekday that is named comes
  on weekends too, and rests only in holidays, vacations and when the school is closed.
- A time is needed (NoTime); of 每天8点 there are two readings (TwoTimes). Every second week and every month are not read:
  the first needs a beginning, the second meets rest days too often.
- The rule is expanded on local wall time and the zone attached afterwards, so 7:00 stays 7:00 when the clocks change.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr  # type: ignore[import-untyped]

from models.rules.calendar import LONGEST_BREAK, WEEKEND, Calendar
from models.rules.clock_times import END_OF_DAY, HOUR, times_in
from models.rules.dates import without_fillers
from models.rules.forms import Said, grammar, halves_of, readings
from models.rules.numerals import joined
from models.rules.unread import NoRecurrence, NoTime, TwoTimes
from models.rules.wall_time import instant
from models.rules.weekdays import CHINESE_DAYS, days_in

EVERY_SCHOOL_DAY = "FREQ=DAILY"
_NAMES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True)
class Recurrence:
    """What comes again: RRULE text for the days (RFC 5545, without a beginning), and the local time."""

    rule: str
    at: time


def read_recurrence(said: str) -> Recurrence:
    """Return what is to come again; raise NoRecurrence, NoTime or TwoTimes."""
    words = _in_full(without_fillers(joined(said)))
    found = {
        (rule, times)
        for left, right in _cuts(words)
        for days, clock in ((left, right), (right, left))
        if (times := times_in(clock.strip(_BETWEEN))) and (rule := _rule(days.strip(_BETWEEN)))
    }
    if not found:
        raise NoTime("no time") if _rule(words) else NoRecurrence(f"no recurrence in {len(said)} characters")
    if len(found) > 1:
        raise NoRecurrence(f"{len(found)} readings")
    rule, times = found.pop()
    return Recurrence(rule, _one_time(times))


def _cuts(words: str) -> Iterator[tuple[str, str]]:
    """Part days and time wherever they may be parted: 每周一|二十点 may as well be 每周一二|十点."""
    for left, right in halves_of(words):
        yield left, right
        if right[0] in CHINESE_DAYS and times_in(right):
            yield left + right[0], right[1:]


def next_after(recurrence: Recurrence, after: datetime, zone: str, calendar: Calendar) -> datetime | None:
    """Return the first UTC instant after this one at which it comes, None when none comes in 400 days."""
    first = after.astimezone(ZoneInfo(zone)).date()
    last = first + timedelta(days=LONGEST_BREAK)
    days = rrulestr(recurrence.rule, dtstart=datetime.combine(first, recurrence.at))
    for wall in takewhile(lambda wall: wall.date() <= last, days.xafter(datetime.combine(first, time(0)), inc=True)):
        at = instant(wall.date(), recurrence.at, zone)
        if at > after and _comes_on(wall, recurrence, calendar):
            return at
    return None


def days_of(recurrence: Recurrence) -> tuple[int, ...]:
    """Return the weekdays (0 = Monday) on which it comes; none of them means every school day."""
    named = re.search("BYDAY=([A-Z,]+)", recurrence.rule)
    return tuple(_NAMES.index(name) for name in named[1].split(",")) if named else ()


def times_a_week(recurrence: Recurrence) -> int:
    """Count how often it comes in a week without holidays."""
    return len(days_of(recurrence)) or 5


def _comes_on(wall: datetime, recurrence: Recurrence, calendar: Calendar) -> bool:
    view = calendar.look(wall.date())
    return view.is_school or (view.why == WEEKEND and recurrence.rule != EVERY_SCHOOL_DAY)


def _one_time(times: tuple[int, ...]) -> time:
    read = tuple(time(*divmod(one % END_OF_DAY, HOUR)) for one in times)
    if END_OF_DAY in times:
        raise NoTime("midnight ends one day and begins another")
    if len(read) > 1:
        raise TwoTimes(read)
    return read[0]


def _rule(words: str) -> str | None:
    found = readings(_DAYS, words, None)
    return found.pop() if len(found) == 1 else None


def _every_school_day(said: Said, _: None) -> str:
    return EVERY_SCHOOL_DAY


def _weekly(said: Said, _: None) -> str:
    return f"FREQ=WEEKLY;BYDAY={','.join(_NAMES[day] for day in sorted(days_in(said['weekdays'])))}"


_BETWEEN = " ,、的"

_DAYS = grammar(
    ("(每天|每日|天天)", _every_school_day),
    ("[每|每个](工作日|上学日|上课日|上班日)", _every_school_day),
    ("(everyday|daily|eachday)", _every_school_day),
    ("[on](every|each)(weekday|schoolday|workday|workingday)", _every_school_day),
    ("[on](weekdays|schooldays)", _every_school_day),
    ("(每|每个|每逢|逢|每周)<weekdays>", _weekly),
    ("[on](every|each)<weekdays>", _weekly),
)


def _in_full(words: str) -> str:
    words = re.sub("每(?=早|晚)", "每天", words)
    return re.sub("every(?=morning|afternoon|evening|night)", "everyday", words)
