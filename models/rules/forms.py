"""A small grammar: a table of forms made of named pieces, each tried on the whole text.

A form is written as people say it: [x] may be left out, (x|y) is one of two, <piece> is one of the named pieces. What
two forms read differently has two readings, and is not read at all. A form refuses what it cannot mean with None.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from models.rules.numerals import COUNT, DIGITS, ENGLISH
from models.rules.weekdays import ENGLISH_DAY, NAMED_DAYS, ONE_CHINESE_DAY

Where = TypeVar("Where")
Value = TypeVar("Value")
Said = Mapping[str, str]  # what stood for each piece; "" for one that was left out
Row = tuple[str, Callable[[Said, Where], Value | None]]

LONGEST = 80  # characters of a phrase
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

# A clock's minutes: two digits, or as they are spoken (四十五, 零五); one digit alone could be cut off.
_TWO_DIGITS = f"[0-5][0-9]|[二三四五]?十[{DIGITS[2:]}]|[二三四五]十|[〇零][{DIGITS[2:]}]"

PIECES = {
    "year": f"20[0-9]{{2}}|二[{DIGITS}]{{3}}",
    "month": COUNT,
    "month_name": rf"(?:{'|'.join(MONTHS)})(?:uary|ruary|ch|il|e|y|ust|t|tember|ober|ember)?\.?",
    "day": COUNT,
    "month_figure": "[0-9]{1,2}",
    "day_figure": "[0-9]{1,2}",
    "nth": "[0-9]{1,2}(?:st|nd|rd|th)?",
    "weekday": f"{ONE_CHINESE_DAY}|{ENGLISH_DAY}",
    "english_weekday": ENGLISH_DAY,
    "weekdays": NAMED_DAYS,
    "count": COUNT,
    "number": ENGLISH,
    "week": COUNT,
    "dated": ".+?",  # a day that is read on its own
    "name": ".{1,20}?",  # of a holiday or an exam, looked up in the calendar
    "hour": f"[0-9]{{1,2}}|十[一二]?|[{DIGITS}]|二十[一二三四]?|十[三四五六七八九]",
    "figure": "[0-9]{1,2}",  # an hour, in English
    "minute": "[0-5][0-9]",
    "minutes": _TWO_DIGITS,
    "quarter": "[一1三3]",
}


@dataclass(frozen=True)
class Form(Generic[Where, Value]):
    """One way to say something, and what it means."""

    words: re.Pattern[str]
    read: Callable[[Said, Where], Value | None]


def grammar(*rows: Row[Where, Value], pieces: Mapping[str, str] = PIECES) -> tuple[Form[Where, Value], ...]:
    """Make a table of forms from what is said and how it is read."""
    return tuple(Form(re.compile(_pattern(words, pieces)), read) for words, read in rows)


def _pattern(words: str, pieces: Mapping[str, str]) -> str:
    marks = {"[": "(?:", "]": ")?", "(": "(?:", ".": r"\.", "{": r"\(", "}": r"\)"}
    plain = "".join(marks.get(sign, sign) for sign in words)
    return re.sub("<([a-z_]+)>", lambda found: f"(?P<{found[1]}>{pieces[found[1]]})", plain)


def readings(forms: Iterable[Form[Where, Value]], words: str, where: Where) -> set[Value]:
    """Return what the whole text may mean, each meaning once; a long text is no phrase."""
    if len(words) > LONGEST:
        return set()
    matched = ((form.words.fullmatch(words), form.read) for form in forms)
    read = (read(found.groupdict(""), where) for found, read in matched if found)
    return {value for value in read if value is not None}


def halves_of(words: str) -> Iterator[tuple[str, str]]:
    """Cut the words in two at each place that does not go through a number; 周三|八点 is no such place."""
    for place in range(1, len(words) if len(words) <= LONGEST else 0):
        left, right = words[:place], words[place:]
        if not _IN_A_NUMBER.fullmatch(left[-1] + right[0]) or _ENDS_IN_WEEKDAY.search(left):
            yield left, right


_IN_A_NUMBER = re.compile(f"[0-9]{{2}}|[{DIGITS}十]{{2}}")  # 五|08 is none: nobody mixes the two scripts in a number
_ENDS_IN_WEEKDAY = re.compile(f"{ONE_CHINESE_DAY}$")
