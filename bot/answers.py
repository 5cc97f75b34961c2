"""Readers: each turns what was said into a value that fits JSON, or says why it could not."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from bot.errors import Unclear
from models.rules import dates
from models.rules.calendar import SchoolDays, last_school_day, next_school_day
from models.rules.school_clock import NO_SCHOOL_CLOCK, SchoolClock

LONGEST = 20_000  # characters of one answer; more than any form holds, less than a paste of a whole book


@dataclass(frozen=True)
class Said:
    """What a person gave as an answer: words, the key of an option, or files."""

    text: str = ""
    option: str | None = None
    files: tuple[str, ...] = ()  # ids of Attachment rows
    message_id: str = ""


@dataclass(frozen=True)
class Moment:
    """When and where an answer is read: `now` in UTC, the person's own zone, and her school's clock."""

    now: datetime
    zone: str
    school: SchoolClock = NO_SCHOOL_CLOCK

    @property
    def today(self) -> date:
        """Give her local day."""
        return self.now.astimezone(ZoneInfo(self.zone)).date()


@dataclass(frozen=True)
class Option:
    """One choice: `label` in somebody's own words, or None for the block, by default `<question>__<key>`."""

    key: str
    label: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    block: str | None = None


@dataclass(frozen=True)
class Offer:
    """A value she may have meant, shown as a button: `label` or the block `offer__<block>` with its facts."""

    value: Any
    block: str = "day"
    facts: dict[str, Any] = field(default_factory=dict)


class Reader(Protocol):
    """Reads one kind of answer."""

    def options(self, answers: Any, moment: Moment) -> Sequence[Option]:
        """List the choices to offer; an empty list asks for free words."""

    def read(self, said: Said, answers: Any, moment: Moment) -> Any:
        """Return the value, fit for JSON; raise Unclear."""


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
    `several` lets more than one be chosen (typed as 1、3 or tapped one by one until 好了, with `many`).
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
class day:
    """A day, as ISO text; `quick` options are keys that `dates.read_day` understands in English, such as "in 2 weeks".

    A day that does not exist, is past, or (where `needs_school`) has no lessons is asked about, with the nearest days
    offered.
    """

    quick: tuple[tuple[str, str], ...] = ()  # (option key, phrase for dates.read_day)
    needs_school: bool = False
    is_past_fine: bool = False

    def options(self, answers: Any, moment: Moment) -> Sequence[Option]:
        """Offer the quick days."""
        return [Option(key, facts={"day": dates.read_day(said, moment.today)}) for key, said in self.quick]

    def read(self, said: Said, answers: Any, moment: Moment) -> str:
        """Return the day as YYYY-MM-DD."""
        phrase = dict(self.quick).get(said.option, "") if said.option else said.text
        return self._checked(phrase, moment).isoformat()

    def _checked(self, phrase: str, moment: Moment) -> date:
        try:
            found = dates.read_day(phrase, moment.today)
        except dates.ImpossibleDay as wrong:
            raise Unclear("impossible_day", *map(_day_offer, wrong.nearest), month=wrong.month, day=wrong.day) from None
        except dates.PastDay as wrong:
            if self.is_past_fine:
                return wrong.day
            raise Unclear("past_day", past=wrong.day) from None
        except dates.NoDay:
            raise Unclear("not_a_day") from None
        return self._on_school_day(found, moment)

    def _on_school_day(self, found: date, moment: Moment) -> date:
        if not self.needs_school or moment.school.calendar(found):
            return found
        near = nearest_school_days(found, moment.school.calendar)
        near = tuple(day for day in near if day >= moment.today or self.is_past_fine)
        raise Unclear("rest_day", *map(_day_offer, near), _day_offer(found, "this_day"), rest=found)


def _day_offer(value: date, block: str = "day") -> Offer:
    return Offer(value.isoformat(), block, {"day": value})


def nearest_school_days(found: date, days: SchoolDays) -> tuple[date, ...]:
    """Find the last school day before a rest day and the first after it, as far as there are any."""
    return tuple(day for day in (last_school_day(found, days), next_school_day(found, days)) if day is not None)


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
