"""Readers: each turns what was said into a value that fits JSON, or says why it could not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.day_readers import day, moment, nearest_school_days, when_unread, why_rest
from bot.errors import Unclear
from bot.said import Moment, Offer, Option, Reader, Said
from models.rules import dates

__all__ = [
    "LONGEST",
    "Moment",
    "Offer",
    "Option",
    "Reader",
    "Said",
    "choice",
    "day",
    "moment",
    "nearest_school_days",
    "period",
    "text",
    "when_unread",
    "why_rest",
]

LONGEST = 20_000  # characters of one answer; more than any form holds, less than a paste of a whole book


@dataclass(frozen=True)
class text:
    """Free words; photos, voice and files too where `files` is set (then the value is {"text", "files"})."""

    at_most: int = LONGEST
    at_least: int = 1
    files: bool = False

    def options(self, answers: Any, moment: Moment) -> Sequence[Option]:
        """Offer no choices."""
        return ()

    def read(self, said: Said, answers: Any, moment: Moment) -> Any:
        """Return the words, trimmed."""
        if said.files and not self.files:
            raise Unclear("words_please")
        words = said.text.strip()
        if len(words) < self.at_least and not said.files:
            raise Unclear("too_short")
        if len(words) > self.at_most:
            raise Unclear("too_long", at_most=self.at_most, length=len(words))
        return {"text": words, "files": list(said.files)} if self.files else words


@dataclass(frozen=True)
class choice:
    """One of some options: fixed keys, or `from_facts` names a list of {"key", "label"} in the facts.

    `other` reads anything else that is typed; without it, what matches no option is Unclear("not_an_option").
    """

    keys: tuple[str, ...] = ()
    from_facts: str | None = None
    other: Reader | None = None

    def __init__(self, *keys: str, from_facts: str | None = None, other: Reader | None = None) -> None:
        object.__setattr__(self, "keys", keys)
        object.__setattr__(self, "from_facts", from_facts)
        object.__setattr__(self, "other", other)

    def options(self, answers: Any, moment: Moment) -> Sequence[Option]:
        """List what the facts hold, then the fixed keys."""
        listed = answers.facts.get(self.from_facts, ()) if self.from_facts else ()
        return [Option(item["key"], item["label"]) for item in listed] + [Option(key) for key in self.keys]

    def read(self, said: Said, answers: Any, moment: Moment) -> Any:
        """Return the key, or what `other` makes of free words."""
        if said.option is not None:
            return said.option
        if self.other is None:
            raise Unclear("not_an_option")
        return self.other.read(said, answers, moment)


@dataclass(frozen=True)
class period:
    """A lesson period, as a whole number from 1; the last one is asked about when there is no such lesson."""

    last: int = 8

    def options(self, answers: Any, moment: Moment) -> Sequence[Option]:
        """Offer the first lessons of the day."""
        return [Option(str(number), facts={"period": number}) for number in range(1, self.last + 1)]

    def read(self, said: Said, answers: Any, moment: Moment) -> int:
        """Return the number of the lesson."""
        try:
            number = int(said.option) if said.option else dates.read_period(said.text)
        except ValueError:
            raise Unclear("not_a_period", last=self.last) from None
        if not 1 <= number <= self.last:
            raise Unclear("no_such_period", period=number, last=self.last)
        return number
