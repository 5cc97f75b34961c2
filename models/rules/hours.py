"""Read from a teacher's words when the bot may contact her: 晚上八点以后，周五不要.

The text is read piece by piece from its beginning; a piece that is not understood leaves the whole unread.
What she does not mention stays as usual.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import time
from typing import NamedTuple

from models.rules.numerals import DIGITS, compact, number
from models.rules.weekdays import BUT, DAYS, NOT, TO, days_in

# Whatever she says, the bot keeps the night: no earlier, no later (minutes after local midnight).
EARLIEST = 6 * 60 + 30
LATEST = 22 * 60 + 30
# "After eight" ends here, "after ten" only at LATEST.
EVENING_ENDS = 21 * 60 + 30


class Hours(NamedTuple):
    """Weekdays (0 = Monday) and the local hours of each; the end is exclusive."""

    weekdays: frozenset[int]
    start: time
    end: time


USUAL = Hours(frozenset(range(5)), time(16, 30), time(21, 0))


class NoHours(ValueError):
    """We could not read contact hours.

    The reason is not_understood, morning_or_evening (8点: which?), night (all outside 6:30-22:30),
    no_day_left, or two_stretches (only one a day is kept).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_hours(said: str, usual: Hours = USUAL) -> Hours:
    """Return the weekdays and hours that are meant; raise NoHours."""
    wish = _Wish()
    rest = compact(said)
    while rest:
        rest = _read_piece(rest, wish)
    if not wish.heard:
        raise NoHours("not_understood")
    weekdays = frozenset((wish.chosen or usual.weekdays) - wish.excluded)
    if not weekdays:
        raise NoHours("no_day_left")
    return Hours(weekdays, *(_by_day(wish.stretch, usual) if wish.stretch else (usual.start, usual.end)))


@dataclass
class _Wish:
    """What was understood so far."""

    chosen: set[int] = field(default_factory=set)
    excluded: set[int] = field(default_factory=set)
    stretch: tuple[int | None, int | None] | None = None  # minutes; None where she left it open
    heard: bool = False  # anything but fillers

    def keep(self, start: int | None, end: int | None) -> None:
        if self.stretch is not None:
            raise NoHours("two_stretches")
        self.stretch = (start, end)


def _read_piece(rest: str, wish: _Wish) -> str:
    for form, understand in _PIECES:
        if found := form.match(rest):
            understand(found, wish)
            wish.heard |= understand is not _pass_over
            return rest[found.end() :]
    raise NoHours("not_understood")


def _by_day(stretch: tuple[int | None, int | None], usual: Hours) -> tuple[time, time]:
    start, end = stretch
    if start is None:
        usual_start = usual.start.hour * 60 + usual.start.minute
        start = usual_start if end is not None and usual_start < end else EARLIEST
    if end is None:
        end = EVENING_ENDS if start < EVENING_ENDS else LATEST
    start, end = max(start, EARLIEST), min(end, LATEST)
    if start >= end:
        raise NoHours("night")
    return time(*divmod(start, 60)), time(*divmod(end, 60))


def _choose(found: re.Match[str], wish: _Wish) -> None:
    wish.chosen |= days_in(found["days"])


def _exclude(found: re.Match[str], wish: _Wish) -> None:
    wish.excluded |= days_in(found["days"])


_HALF = "凌晨|早上|早晨|上午|中午|午后|下午|傍晚|晚上|晚间|晚"
_NIGHT = ("晚上", "晚间", "晚")
_AFTERNOON = ("午后", "下午", "傍晚", "pm", *_NIGHT)
_HOUR = f"(?:[0-9]{{1,2}}|[{DIGITS}十]{{1,3}})"


# A lone 8 is an hour only where something beside it says so: from 8, 8 to 10pm.
BARE = "?"


def _clock(name: str, bare: str = "") -> str:
    """Return the form of one clock time, its groups told apart by a name."""
    marked = f"(?:[点时]钟?整?(?:(?P<part{name}>半|一刻|三刻)|(?P<odd{name}>{_HOUR})分?)?|(?=am|pm)){bare}"
    return (
        f"(?P<half{name}>{_HALF})?(?:(?P<exact{name}>[0-9]{{1,2}}):(?P<past{name}>[0-9]{{2}})"
        f"|(?P<hour{name}>{_HOUR}){marked})(?P<late{name}>am|pm)?"
    )


_SINCE = "(?:以后|之后|过后|后|起|开始|onwards?|orlater)"
_UNTIL = "(?:以前|之前|前)"

# Stretches of a day that need no clock, in minutes: common hours of a Chinese school.
_STRETCHES = {
    "午休|午间|中午|lunch(?:time|break)?|noon": (12 * 60, 13 * 60 + 30),
    "放学后|放学以后|下班后|下班以后|afterschool|afterwork": (16 * 60 + 30, EVENING_ENDS),
    "早上|早晨|(?:early)?mornings?": (EARLIEST, 8 * 60),
    "上午": (8 * 60, 12 * 60),
    "下午|afternoons?": (14 * 60, 18 * 60),
    "傍晚": (16 * 60 + 30, 19 * 60),
    "晚上|晚间|evenings?": (19 * 60, EVENING_ENDS),
}


def _between(found: re.Match[str], wish: _Wish) -> None:
    end_half = found["halfb"] or found["lateb"] or found["halfa"] or found["latea"]
    start_half = found["halfa"] or found["latea"] or found["lateb"]
    if start_half == "pm" and not found["latea"] and _hour(found, "a") > _hour(found, "b"):
        start_half = "am"  # 11-1 pm
    start = _minutes(found, "a", start_half)
    end = _minutes(found, "b", end_half, after=start)
    wish.keep(start, end if end > start else end + 12 * 60)


def _since(found: re.Match[str], wish: _Wish) -> None:
    wish.keep(_minutes(found, "a", found["halfa"] or found["latea"]), None)


def _until(found: re.Match[str], wish: _Wish) -> None:
    wish.keep(None, _minutes(found, "a", found["halfa"] or found["latea"]))


def _hour(found: re.Match[str], name: str) -> int:
    return _value(found[f"exact{name}"] or found[f"hour{name}"])


def _minutes(found: re.Match[str], name: str, half: str | None, after: int | None = None) -> int:
    hour = _hour(found, name)
    part, odd = found[f"part{name}"], found[f"past{name}"] or found[f"odd{name}"] or "0"
    minute = {"半": 30, "一刻": 15, "三刻": 45}[part] if part else _value(odd)
    if hour > 24 or minute > 59:
        raise NoHours("not_understood")
    is_exact = len(found[f"exact{name}"] or "") == 2  # 08:30 is the morning, 8:30 may be either
    return (_hour_of_day(hour, half) if half or is_exact else _likely_hour(hour, after)) * 60 + minute


def _hour_of_day(hour: int, half: str | None) -> int:
    if half in _NIGHT and hour % 12 < 5:
        return hour % 12 + 24
    if hour == 12:
        return 0 if half == "am" else 12
    if half in _AFTERNOON or (half == "中午" and hour < 6):
        return hour if hour > 12 else hour + 12
    return hour


def _likely_hour(hour: int, after: int | None) -> int:
    # The bot is silent before half past six, so 4点半 can only be the afternoon's; 8点 may be either.
    if after is not None:
        return hour
    if 6 <= hour <= 11:
        raise NoHours("morning_or_evening")
    return hour + 12 if hour < 6 else hour


def _value(said: str) -> int:
    try:
        return number(said)
    except ValueError as unread:
        raise NoHours("not_understood") from unread


def _stretch(start: int, end: int) -> Callable[[re.Match[str], _Wish], None]:
    return lambda found, wish: wish.keep(start, end)


def _pass_over(found: re.Match[str], wish: _Wish) -> None:
    """Take nothing from a filler."""


_FILLERS = (
    r"[,。;、.!?~()]|吧|的|就|都可以|都行|可以|都|行|好|在|我|只|请|再|时间|左右|能|找我|联系我?|打扰|提醒我?|说话?"
    "|and|on|please|only|at|between|inthe|in|the|but"
)

# Every piece that is understood, the longest reading first.
_PIECES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], _Wish], None]], ...] = tuple(
    (re.compile(form), understand)
    for form, understand in (
        (f"{BUT}(?:在|on)?{DAYS}(?:以外|之外|外)?", _exclude),
        (f"{DAYS}(?:都|就)?{NOT}", _exclude),
        (DAYS, _choose),
        (f"(?:from|between)?{_clock('a', BARE)}(?:{TO}|and){_clock('b')}(?:之间)?", _between),
        (f"(?:after|from|since){_clock('a', BARE)}", _since),
        (f"(?:before|until){_clock('a', BARE)}", _until),
        (f"{_clock('a')}{_UNTIL}", _until),
        (f"{_clock('a')}{_SINCE}?", _since),
        *((form, _stretch(*span)) for form, span in _STRETCHES.items()),
        (_FILLERS, _pass_over),
    )
)
