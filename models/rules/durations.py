"""Read a stretch of time from now on: 半小时后, 一个半小时后, 15分钟后, in half an hour, 20 minutes ago."""

from collections.abc import Callable
from datetime import timedelta

from models.rules.forms import Said, grammar, readings
from models.rules.numerals import number

_ONE_MINUTE, _HALF_AN_HOUR, _ONE_HOUR = timedelta(minutes=1), timedelta(minutes=30), timedelta(hours=1)
_QUARTER = timedelta(minutes=15)


def time_from_now(words: str) -> timedelta | None:
    """Return how far from now these joined words point, less than nothing for the past; None for other words."""
    for ending, sign in (*dict.fromkeys(_AFTER, 1).items(), *dict.fromkeys(_BEFORE, -1).items()):
        if words.endswith(ending) and (found := readings(_LENGTHS, words.removesuffix(ending), None)):
            return sign * found.pop()
    found = readings(_LENGTHS, words.removeprefix("in"), None) if words.startswith("in") else set()
    return found.pop() if found else None


# The longer endings first: 以后 before 后.
_AFTER = ("以后", "之后", "后", "later", "fromnow")
_BEFORE = ("以前", "之前", "前", "ago")


def _times(unit: timedelta, more: timedelta = timedelta(0)) -> Callable[[Said, None], timedelta]:
    return lambda said, _: unit * number(said.get("count") or said.get("number") or "1") + more


def _hours_and_minutes(said: Said, _: None) -> timedelta:
    return number(said["count"]) * _ONE_HOUR + number(said["minutes"]) * _ONE_MINUTE


_LENGTHS = grammar(
    ("<count>分[钟]", _times(_ONE_MINUTE)),
    ("<count>刻钟", _times(_QUARTER)),
    ("半[个](小时|钟头)", _times(_HALF_AN_HOUR)),
    ("<count>[个](小时|钟头)", _times(_ONE_HOUR)),
    ("<count>个半(小时|钟头)", _times(_ONE_HOUR, _HALF_AN_HOUR)),
    ("<count>[个](小时|钟头)<minutes>分[钟]", _hours_and_minutes),
    ("<number>min[ute][s]", _times(_ONE_MINUTE)),
    ("half[an]hour", _times(_HALF_AN_HOUR)),
    ("<number>hour[s]", _times(_ONE_HOUR)),
    ("<number>hour[s]andahalf", _times(_ONE_HOUR, _HALF_AN_HOUR)),
    ("<number>andahalfhours", _times(_ONE_HOUR, _HALF_AN_HOUR)),
)
