"""When to remind: a moment, or what comes again; read from words, as JSON that the templates can say back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.answers import Moment, Offer, Option, Said
from bot.answers import moment as once
from bot.errors import Unclear
from models.rules.contact import DAY_BEGINS, DAY_ENDS
from models.rules.recurrences import days_of, next_after, read_recurrence, times_a_week
from models.rules.unread import NoRecurrence, NoTime, TwoTimes

ONCE = {"rule": "", "time": "", "days": [], "a_week": 0}
QUICK = (
    ("tonight", "tonight at 8pm"),
    ("morning", "tomorrow at 7:30am"),
    ("week", "next monday at 8am"),
)  # key, phrase


@dataclass(frozen=True)
class AnyTime:
    """Reads a moment, or what comes again, as `again` gives it."""

    def options(self, answers: Any, moment: Moment) -> Sequence[Option]:
        """Offer a few usual moments that are still to come."""
        at = {key: _or_none(phrase, answers, moment) for key, phrase in QUICK}
        return [Option(key, facts={"at": found}) for key, found in at.items() if found is not None]

    def read(self, said: Said, answers: Any, moment: Moment) -> dict[str, Any]:
        """Return the moment; raise Unclear for what cannot be read, is over, or lies in the night."""
        phrase = dict(QUICK)[said.option] if said.option else said.text
        try:
            return again(phrase, moment)
        except NoRecurrence as unread:
            if type(unread) is not NoRecurrence:
                raise asked_about(unread) from None
        return _by_day({**ONCE, "at": _once(phrase, answers, moment)}, moment.zone)


def _once(phrase: str, answers: Any, moment: Moment) -> str:
    try:
        return once().read(Said(phrase), answers, moment)
    except Unclear as unclear:
        offers = (Offer({**ONCE, "at": offer.value}, offer.block, offer.facts) for offer in unclear.offers)
        raise Unclear(unclear.reason, *offers, **unclear.facts) from None


def _or_none(phrase: str, answers: Any, moment: Moment) -> str | None:
    try:
        return str(once().read(Said(phrase), answers, moment))
    except Unclear:  # tonight at eight, said at nine
        return None


@dataclass(frozen=True)
class EveryWeek:
    """Reads what comes again; one single moment is no rule."""

    def options(self, answers: Any, moment: Moment) -> Sequence[Option]:
        """Offer no choices."""
        return ()

    def read(self, said: Said, answers: Any, moment: Moment) -> dict[str, Any]:
        """Return what comes again; raise Unclear."""
        try:
            return again(said.text, moment)
        except NoRecurrence as unread:
            raise asked_about(unread) from None


def again(phrase: str, moment: Moment) -> dict[str, Any]:
    """Read what comes again: {"rule", "time", "days", "a_week", "at"}, where `at` is the first time it comes.

    Raise NoRecurrence, or Unclear where it never comes or comes in the night.
    """
    found = read_recurrence(phrase)
    first = next_after(found, moment.now, moment.zone, moment.school.calendar)
    if first is None:
        raise Unclear("again__never")
    value = {
        "rule": found.rule,
        "time": f"{found.at:%H:%M}",
        "days": list(days_of(found)),
        "a_week": times_a_week(found),
        "at": first.isoformat(),
    }
    return _by_day(value, moment.zone)


def _by_day(value: dict[str, Any], zone: str) -> dict[str, Any]:
    at = datetime.fromisoformat(value["at"]).astimezone(ZoneInfo(zone))
    if not DAY_BEGINS <= at.time() < DAY_ENDS:
        raise Unclear("at_night", at=value["at"])
    return value


def asked_about(unread: NoRecurrence) -> Unclear:
    """Say what to ask about words of which only a part was read."""
    if isinstance(unread, TwoTimes):
        return Unclear("again__half")
    return Unclear("again__time" if isinstance(unread, NoTime) else "again__unread")
