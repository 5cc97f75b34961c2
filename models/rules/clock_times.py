"""Read a time by the clock, or a half of the day, from words: 下午两点半, 08:30, 7pm, 晚上.

A time is minutes after midnight, up to 1440 (24:00, the end of the day). What is likely where the half is not said:

- 08:30, 15:30, 十五点 are read as they stand. 8点, 8:30: a school's clock runs from 5:00 to 21:59, so 3点 is 15:00, 10点
  is 10:00, 12点 is noon; 5点 to 9点 may be in the morning or in the evening, and have two readings.
- 晚上12点, midnight of a day is its end or its beginning: two readings.
- An hour that does not go with its half (凌晨8点, 8am in the evening) is not read.
"""

import re
from dataclasses import dataclass

from models.rules.forms import PIECES, Said, grammar, readings
from models.rules.numerals import number

HOUR = 60  # minutes
END_OF_DAY = 24 * HOUR
SCHOOL_HOURS = range(5, 22)
WAKING_HOURS = range(5, 25)
NOON = 12 * HOUR

Times = tuple[int, ...]  # each a likely reading


@dataclass(frozen=True)
class Half:
    """A part of the day: how it is said before a time (`said`) or after it (`after`), and its hours."""

    name: str
    first: int
    last: int
    said: str = ""
    after: str = ""


HALVES = (
    Half("night", 0, 5, "凌晨"),
    Half("morning", 5, 11, "早上|早晨|清晨|清早|一早|早", "(?:inthe)?morning"),
    Half("forenoon", 6, 12, "上午"),
    Half("noon", 11, 14, "中午"),
    Half("afternoon", 12, 19, "下午|午后", "(?:inthe)?afternoon"),
    Half("dusk", 16, 19, "傍晚"),
    Half("evening", 17, 24, "晚上|夜里|夜间|晚", "(?:inthe)?evening|(?:at)?night"),
    Half("am", 0, 11, after=r"am|a\.m\.?"),
    Half("pm", 12, 23, after=r"pm|p\.m\.?"),
)
_PIECES = PIECES | {
    "half": "|".join(half.said for half in HALVES if half.said),
    "after": "|".join(half.after for half in HALVES if half.after),
    "english_half": "morning|afternoon|evening|night",
}


def times_in(words: str, likely: range = SCHOOL_HOURS) -> Times:
    """Return the times that these joined words may mean; none for what is no time."""
    (times,) = readings(_CLOCK, words, likely) or {()}
    return times


def half_in(words: str) -> Half | None:
    """Return the half of the day that these joined words name; am and pm, which need an hour, too."""
    return next((half for half in HALVES if re.fullmatch(f"{half.said}|{half.after}", words)), None) if words else None


def _time(said: Said, likely: range) -> Times | None:
    hour, minutes = number(_hour(said)), _minutes(said)
    halves = [half_in(said[piece]) for piece in ("half", "english_half", "after") if said.get(piece)]
    hours = {_hours_in(half, hour) for half in halves if half} or {_likely_hours(hour, said, likely)}
    if len(hours) > 1 or minutes >= HOUR:  # 8am in the evening, 8点75
        return None
    return tuple(at for one in hours.pop() if (at := one * HOUR + minutes) <= END_OF_DAY) or None


def _hour(said: Said) -> str:
    return said.get("hour") or said["figure"]


def _minutes(said: Said) -> int:
    if said.get("quarter"):
        return 15 * number(said["quarter"])
    return number(said.get("minute") or said.get("minutes") or said.get("count") or "0")


def _half_past(said: Said, likely: range) -> Times | None:
    return _time({**said, "minute": "30"}, likely)


def _hours_in(half: Half, hour: int) -> tuple[int, ...]:
    candidates = (hour, hour + 12, hour - 12) if hour <= 12 else (hour,)
    found = tuple(one for one in candidates if half.first <= one <= half.last)
    return (0, 24) if found == (24,) and hour == 12 else found


def _likely_hours(hour: int, said: Said, likely: range) -> tuple[int, ...]:
    if hour > 12 or hour == 0 or _has_two_digits(said):
        return (hour,) if hour <= 24 else ()
    return tuple(one for one in (hour, hour + 12) if one in likely)


def _has_two_digits(said: Said) -> bool:
    return bool(said.get("minute")) and re.fullmatch("[0-9]{2}", _hour(said)) is not None


_CLOCK = grammar(
    ("[<half>]<hour>:<minute>", _time),
    ("[<half>]<hour>点[钟|整]", _time),
    ("[<half>]<hour>点半", _half_past),
    ("[<half>]<hour>点<quarter>刻", _time),
    ("[<half>]<hour>点<minutes>[分]", _time),
    ("[<half>]<hour>点<count>分", _time),
    ("at<figure>:<minute>", _time),
    ("[at]<figure>[:<minute>]<after>", _time),
    ("[at]<figure>o'clock[<after>]", _time),
    ("[in][the]<english_half>[at]<figure>[:<minute>][<after>]", _time),
    ("at<figure>", _time),
    ("[at]noon", lambda said, _: (NOON,)),
    ("[at]midnight", lambda said, _: (0, END_OF_DAY)),
    pieces=_PIECES,
)
