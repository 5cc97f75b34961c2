"""Readers of days and of moments: what is said becomes ISO text, or the question that helps most."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from bot.errors import Unclear
from bot.said import Moment, Offer, Option, Said
from models.rules import unread
from models.rules.bells import NoSuchPeriod
from models.rules.calendar import SchoolDays, last_school_day, next_school_day
from models.rules.dates import read_day
from models.rules.moments import SaidMoment, read_moment
from models.rules.named_days import feast_of
from models.rules.wall_time import instant

# Offered for a day without a time, by the half of the day: before school, in the breaks, after school.
TIMES: dict[str, tuple[time, ...]] = {
    "morning": (time(7), time(7, 30)),
    "forenoon": (time(8), time(10)),
    "noon": (time(12), time(12, 30)),
    "afternoon": (time(14), time(16, 30)),
    "dusk": (time(17), time(18)),
    "evening": (time(19, 30), time(20, 30)),
}
ANY_TIMES = (time(7, 30), time(12), time(16, 30))


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
        return [Option(key, facts={"day": read_day(said, moment.today)}) for key, said in self.quick]

    def read(self, said: Said, answers: Any, moment: Moment) -> str:
        """Return the day as YYYY-MM-DD."""
        phrase = dict(self.quick).get(said.option, "") if said.option else said.text
        return self._checked(phrase, moment).isoformat()

    def _checked(self, phrase: str, moment: Moment) -> date:
        with when_unread(moment, "not_a_day"):
            try:
                return self._on_school_day(read_day(phrase, moment.today, moment.school), moment)
            except unread.PastDay as past:
                if self.is_past_fine:
                    return past.day
                raise

    def _on_school_day(self, found: date, moment: Moment) -> date:
        if self.needs_school and not moment.school.calendar(found):
            raise Unclear("rest_day", *_around(found, moment, self.is_past_fine), **why_rest(found, moment))
        return found


@dataclass(frozen=True)
class moment:
    """A day and a time, as ISO text in her zone (2026-11-19T07:30:00+08:00).

    A day without a time takes the one in `otherwise` where it is set; else it is asked for, with likely ones offered.
    """

    otherwise: time | None = None

    def options(self, answers: Any, moment: Moment) -> Sequence[Option]:
        """Offer no choices."""
        return ()

    def read(self, said: Said, answers: Any, moment: Moment) -> str:
        """Return the moment; raise Unclear."""
        if said.files:
            raise Unclear("words_please")
        try:
            with when_unread(moment, "not_a_moment"):
                found = read_moment(said.text, moment.now, moment.zone, moment.school)
        except Unclear as unclear:  # a day alone would not answer the question
            offers = [offer for offer in unclear.offers if offer.block == "moment"]
            raise Unclear(unclear.reason, *offers, **unclear.facts) from None
        at = found.at if found.has_time else self._at_a_time(found, moment)
        return _iso(at, moment.zone)

    def _at_a_time(self, found: SaidMoment, moment: Moment) -> datetime:
        if self.otherwise is not None and not found.half:
            at = instant(found.day, self.otherwise, moment.zone)
            if at > moment.now:
                return at
        likely = [instant(found.day, one, moment.zone) for one in TIMES.get(found.half, ANY_TIMES)]
        raise Unclear("no_time", *(_moment_offer(at, moment.zone) for at in likely if at > moment.now), day=found.day)


@contextmanager
def when_unread(moment: Moment, otherwise: str) -> Iterator[None]:
    """Turn why a day or a moment was not read into the question that helps; `otherwise` names the plain one."""
    try:
        yield
    except ValueError as wrong:
        raise _asked(wrong, moment, otherwise) from None


def _asked(wrong: ValueError, moment: Moment, otherwise: str) -> Unclear:
    match wrong:
        case unread.ImpossibleDay():
            return Unclear("impossible_day", *map(_day_offer, wrong.nearest), month=wrong.month, day=wrong.day)
        case unread.PastDay():
            return Unclear("past_day", past=wrong.day)
        case unread.PastMoment():
            return Unclear("past_moment", past=wrong.at)
        case unread.TwoDays():
            return Unclear("which_day", *map(_day_offer, wrong.days))
        case unread.TwoMoments():
            return Unclear("which_moment", *(_moment_offer(at, moment.zone) for at in wrong.moments))
        case unread.RestDay():
            return Unclear("rest_day", *_around(wrong.day, moment)[:-1], **why_rest(wrong.day, moment))
        case NoSuchPeriod():
            return Unclear("no_such_period", period=wrong.period, last=wrong.last)
    return _asked_of_the_calendar(wrong, otherwise)


def _asked_of_the_calendar(wrong: ValueError, otherwise: str) -> Unclear:
    match wrong:
        case unread.NoSuchWeek(last=None) | unread.NoTerm():
            return Unclear("no_term")
        case unread.NoSuchWeek():
            return Unclear("no_such_week", week=wrong.week, last=wrong.last)
        case unread.UnknownName():
            return Unclear("unknown_name", name=wrong.name, feast=feast_of(wrong.name), year=wrong.year)
    return Unclear(otherwise)


def why_rest(day: date, moment: Moment) -> dict[str, Any]:
    """Give the facts of the block rest_day."""
    view = moment.school.calendar.look(day)
    return {"rest": day, "why": view.why, "name": view.name, "feast": feast_of(view.name)}


def _around(found: date, moment: Moment, is_past_fine: bool = False) -> tuple[Offer, ...]:
    """Offer the school days around a rest day, and the rest day itself at last."""
    near = nearest_school_days(found, moment.school.calendar)
    fitting = (day for day in near if day >= moment.today or is_past_fine)
    return (*map(_day_offer, fitting), _day_offer(found, "this_day"))


def _day_offer(value: date, block: str = "day") -> Offer:
    return Offer(value.isoformat(), block, {"day": value})


def _moment_offer(at: datetime, zone: str) -> Offer:
    return Offer(_iso(at, zone), "moment", {"moment": _iso(at, zone)})


def _iso(at: datetime, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")


def nearest_school_days(found: date, days: SchoolDays) -> tuple[date, ...]:
    """Find the last school day before a rest day and the first after it, as far as there are any."""
    return tuple(day for day in (last_school_day(found, days), next_school_day(found, days)) if day is not None)
