"""Part a wish to be reminded into when and what: 提醒我明天早上7点半交教案, Friday 3pm remind me to print the sheets.

The when is as long as it can be read; the what is in her own words. A what that goes on about time (…或周六交, …之后交)
would mean that we understood only half of the when, so it is not read at all.
"""

import re
from collections.abc import Callable, Iterator
from typing import TypeVar

from models.rules.numerals import DIGITS, folded
from models.rules.unread import NoDay, NoMoment, NoRecurrence

When = TypeVar("When")

LONGEST_WHEN = 40  # characters
SHORT_WHAT = 20  # characters
LONGEST_WISH = 300

_ASKING = re.compile(
    r"(?P<first>.*?)[\s,，]*(?:请|請|麻烦|麻煩|记得|記得|please)?\s*"
    r"(?:提醒(?:一下)?我(?:一下)?|remind\s+me)[\s,，:：]*(?P<then>.*)",
    re.IGNORECASE | re.DOTALL,
)

# How words go on that still speak of the time.
_MORE_TIME = re.compile(
    rf"[0-9{DIGITS}十:.~\-—、到至或和跟与点时分半刻节号日月年周天之后前内]|以|星期|礼拜|还是|左右|上午|下午|中午|早|晚|凌晨|傍晚"
    r"|[今明昨]天|[本这下上]个?[周月]|每|下课|课[前后间]|放学|午休"
    r"|(?:or|and|before|after|by|at|on|in|until|till|o'clock|am|pm|next|this|every|noon|midnight|today|tomorrow)\b"
)
_UNREAD_TIME_AT_END = re.compile(
    r"\b(?:or|and|before|after|until|till|by|at|on|in|every|next|this|last)$", re.IGNORECASE
)


def is_asking(said: str) -> bool:
    """Say whether the words ask to be reminded."""
    return len(said) <= LONGEST_WISH and _ASKING.fullmatch(said.strip()) is not None


def what_alone(said: str) -> str | None:
    """Return the what of a short wish that names no when (提醒我交教案); a longer sentence may well be a remark."""
    asking = _ASKING.fullmatch(said.strip())
    if asking is None or asking["first"].strip():
        return None
    what = _without_to(asking["then"].strip())
    return what if 0 < len(what) <= SHORT_WHAT and not re.search(r"[,.;，。；、！!]", what) else None


def asked_for(said: str, read: Callable[[str], When]) -> tuple[When, str]:
    """Return what `read` makes of the when, and the what as it was said, perhaps empty.

    Raise NoMoment where no when is read, or what `read` raises of a when that it plainly understood.
    """
    for when, what in _partings(said.strip()):
        try:
            return read(when), what
        except (NoDay, NoRecurrence) as unread:
            if type(unread) not in (NoDay, NoMoment, NoRecurrence):
                raise
    raise NoMoment(f"no when in {len(said)} characters")


def _partings(said: str) -> Iterator[tuple[str, str]]:
    asking = _ASKING.fullmatch(said) if len(said) <= LONGEST_WISH else None
    if asking is None:
        return
    first, then = asking["first"].strip(), asking["then"].strip()
    if first:
        yield from _if_no_more_time(first, then)
    elif re.match(r"(?:to|that)\s", then, re.IGNORECASE):
        yield from _when_at_the_end(then)
    else:
        yield from _when_at_the_beginning(then)


def _when_at_the_beginning(words: str) -> Iterator[tuple[str, str]]:
    for place in range(min(len(words), LONGEST_WHEN), 0, -1):
        if not _inside_a_word(words, place):
            yield from _if_no_more_time(words[:place].strip(), words[place:].strip())


def _when_at_the_end(words: str) -> Iterator[tuple[str, str]]:
    for place in range(max(0, len(words) - LONGEST_WHEN), len(words)):
        what = words[:place].rstrip(" ,")
        if not _inside_a_word(words, place) and not _UNREAD_TIME_AT_END.search(what):
            yield words[place:].strip(), _without_to(what)


def _inside_a_word(words: str, place: int) -> bool:
    return bool(re.match(r"[a-zA-Z0-9]{2}", words[place - 1 : place + 1])) if place else False


def _if_no_more_time(when: str, what: str) -> Iterator[tuple[str, str]]:
    what = what.lstrip(" ,，。:：")
    if not _MORE_TIME.match(folded(what)):
        yield when, _without_to(what)


def _without_to(what: str) -> str:
    return re.sub(r"^(?:to|that|要|去)\s+", "", what, flags=re.IGNORECASE)
