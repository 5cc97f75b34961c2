"""What a reader of answers works with: what was said, when and where, and what may be offered instead."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from models.rules.school_clock import NO_SCHOOL_CLOCK, SchoolClock


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
