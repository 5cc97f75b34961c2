"""Read a stretch of days from what a teacher types: 20号到26号, 明天到周五, 下周, 明天请假三天, 国庆假期, a single day.

周五前 is no day here: away until Friday, or back by then, are two readings.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from models.rules.dates import day_in
from models.rules.named_days import MANY, Standpoint, break_in
from models.rules.numerals import COUNT, joined, number
from models.rules.school_clock import NO_SCHOOL_CLOCK, SchoolClock
from models.rules.unread import NoDay, PastDay

LONGEST = 400  # days; a longer stretch is a slip of the pen

_BETWEEN = re.compile("到|至|~|-|–|—|to|until|till|through")
_AROUND = re.compile(r"^(?:我?(?:想|要)?请假?|从|自|from)|(?:都?(?:不在|请假|休息|有事|假)|这几天|止|为止|[,。.!])+$")
_DAYS_FROM = re.compile(
    f"(?P<day>.+?)(?:起|开始)?,?(?:我?(?:想|要)?(?:连着)?请假?|休息?)?(?P<count>{COUNT})天(?:的?假)?"
)
_WEEKS = {"本周": 0, "这周": 0, "这个星期": 0, "thisweek": 0, "下周": 1, "下个星期": 1, "下星期": 1, "nextweek": 1}
_FRIDAY = timedelta(days=4)
_LENGTH = re.compile(
    rf"(?:先?安静|for)?(?:(?P<zh>{COUNT}(?:天|周|週|个?星期|個?星期|个月|個月))|(?P<en>[0-9]+(?:days?|weeks?)))(?:吧|就行|就好)?[。.]?"
)


@dataclass(frozen=True)
class _Here:
    today: date
    school: SchoolClock


class LongSpan(ValueError):
    """The stretch is longer than anyone is away."""


class PastSpan(ValueError):
    """The stretch was over before today."""

    def __init__(self, last: date) -> None:
        super().__init__(f"{last} is over")
        self.last = last


def read_span(said: str, today: date, school: SchoolClock = NO_SCHOOL_CLOCK) -> tuple[date, date]:
    """Return the first and last day that are meant, both inclusive; the first may be past if the last is not.

    Raise NoDay, ImpossibleDay, PastSpan or LongSpan.
    """
    words = _AROUND.sub("", _AROUND.sub("", joined(said)))
    here = _Here(today, school)
    first, last = (
        _week(words, today)
        or _whole_break(joined(said), here)
        or _one_day(words, here)
        or _counted(words, here)
        or _two_days(words, here)
    )
    if last < today:
        raise PastSpan(last)
    if (last - first).days > LONGEST:
        raise LongSpan(f"{(last - first).days} days")
    return first, last


def from_now(said: str) -> str | None:
    """Say a bare length of time as the day to which it leads: 三天 as 三天后, for 3 days as in 3 days; None for others."""
    length = _LENGTH.fullmatch(joined(said))
    if length is None:
        return None
    return f"in {length['en']}" if length["en"] else f"{length['zh']}后"


def _week(words: str, today: date) -> tuple[date, date] | None:
    if words not in _WEEKS:
        return None
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=_WEEKS[words])
    return max(monday, today), monday + _FRIDAY


def _whole_break(words: str, here: _Here) -> tuple[date, date] | None:
    found = break_in(words.rstrip(",。.!"), Standpoint(here.today, here.school.calendar))
    return (found.first, found.last) if found is not None else None


def _counted(words: str, here: _Here) -> tuple[date, date] | None:
    """Count days from one that is named: 明天请假三天, 从周四起两天."""
    found = _DAYS_FROM.fullmatch(words)
    if found is None or not 1 <= number(found["count"]) <= MANY:
        return None
    one = _one_day(found["day"], here)
    return (one[0], one[0] + timedelta(days=number(found["count"]) - 1)) if one else None


def _one_day(words: str, here: _Here) -> tuple[date, date] | None:
    try:
        found = _day(words, here)
    except NoDay:
        return None
    return found, found


def _two_days(words: str, here: _Here) -> tuple[date, date]:
    # A hyphen may be part of a day (2026-10-20), so each separator is tried in turn.
    for between in _BETWEEN.finditer(words):
        found = _between(words[: between.start()], words[between.end() :], here)
        if found is not None:
            return found
    raise NoDay(f"no days in {len(words)} characters")


def _between(left: str, right: str, here: _Here) -> tuple[date, date] | None:
    try:
        if re.fullmatch("[0-9]{1,2}", left):  # 20-26号: the month stands at the end
            last = _day(right, here)
            first = last.replace(day=int(left)) if int(left) <= last.day else None
        else:
            first = _day(left, here)
            last = _end(f"{right}号" if re.fullmatch("[0-9]{1,2}", right) else right, first, here)
    except NoDay:
        return None
    return (first, last) if first is not None and first <= last else None


def _end(words: str, first: date, here: _Here) -> date:
    # 下周一到下周三 counts both from today; in 周三到周五, said on a Thursday, the Friday follows the Wednesday.
    seen_from_today = _day(words, here)
    return seen_from_today if seen_from_today >= first else _day(words, _Here(first, here.school))


def _day(words: str, here: _Here) -> date:
    if words.endswith("前") or words.startswith("by"):
        raise NoDay("by a day, not on it")
    try:
        return day_in(words, here.today, here.school)
    except PastDay as past:
        return past.day
