"""Which lesson: a day and a period, read together or one after the other, and asked about once when it is taken."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from bot.answers import Moment, Offer, Option, Said, nearest_school_days
from bot.errors import Unclear
from models.rules import dates
from models.rules.bells import DEFAULT_BELLS, lesson_starts_at

LAST = len(DEFAULT_BELLS)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OFFERED = 4  # days, or free lessons, to tap; every other can be typed
SAME = "same"  # the taken lesson all the same


def _slot(day: date, period: int | None, words: str = "") -> dict[str, Any]:
    return {"day": day.isoformat(), "period": period, "text": words}


@dataclass(frozen=True)
class lesson_day:
    """A day, perhaps with its lesson (周五第1节): {"day": ISO text, "period": number or None, "text": as said}."""

    def options(self, answers: Any, moment: Moment) -> Sequence[Option]:
        """Offer the next school days, by weekday, so that an old button still means the day it showed."""
        days = (moment.today + timedelta(days=ahead) for ahead in range(1, 7))
        found = [day for day in days if moment.school.calendar(day)][:OFFERED]
        return [Option(WEEKDAYS[day.weekday()], facts={"day": day}) for day in found]

    def read(self, said: Said, answers: Any, moment: Moment) -> dict[str, Any]:
        """Return the slot; a day that does not exist, is past or has no school is asked about."""
        day, period = _read(said.option or said.text, moment)
        if day is None:
            raise Unclear("not_a_day")
        _check(day, period, moment)
        if said.option is None and not moment.school.calendar(day):
            near = [near for near in nearest_school_days(day, moment.school.calendar) if near >= moment.today]
            offers = [_offer(offered, period) for offered in near]
            raise Unclear("rest_day", *offers, _offer(day, period, "this_day"), rest=day)
        return _slot(day, period, said.text)


@dataclass(frozen=True)
class lesson_period:
    """The lesson of the day already chosen; the value is its number from 1."""

    def options(self, answers: Any, moment: Moment) -> Sequence[Option]:
        """Offer the lessons that are still to come."""
        day = date.fromisoformat(chosen(answers)["day"])
        return [_lesson(number) for number in range(1, LAST + 1) if _comes(day, number, moment)]

    def read(self, said: Said, answers: Any, moment: Moment) -> int:
        """Return the number of the lesson."""
        try:
            number = int(said.option) if said.option else dates.read_period(said.text)
        except ValueError:
            raise Unclear("not_a_period", last=LAST) from None
        _check(date.fromisoformat(chosen(answers)["day"]), number, moment)
        return number


@dataclass(frozen=True)
class other_lesson:
    """What to do about a lesson that is taken: another lesson of that day, another day, or this one all the same."""

    def options(self, answers: Any, moment: Moment) -> Sequence[Option]:
        """Offer the free lessons of that day, then the same one."""
        day = date.fromisoformat(chosen(answers)["day"])
        taken = {period for on, period in taken_by(answers) if on == day.isoformat()}
        free = [number for number in range(1, LAST + 1) if number not in taken and _comes(day, number, moment)]
        return [*(_lesson(number) for number in free[: OFFERED - 1]), Option(SAME)]

    def read(self, said: Said, answers: Any, moment: Moment) -> dict[str, Any]:
        """Return the slot that is meant in the end."""
        first = chosen(answers)
        if said.option == SAME:
            return first
        day, period = _read(f"第{said.option}节" if said.option else said.text, moment)
        if period is None:
            raise Unclear("not_a_period", last=LAST)
        day = day or date.fromisoformat(first["day"])
        _check(day, period, moment)
        return _slot(day, period, said.text)


def _lesson(number: int) -> Option:
    return Option(str(number), facts={"period": number})


def _offer(day: date, period: int | None, block: str = "day") -> Offer:
    return Offer(_slot(day, period), block, {"day": day})


def _read(words: str, moment: Moment) -> tuple[date | None, int | None]:
    try:
        return dates.read_day_and_period(words, moment.today)
    except dates.ImpossibleDay as wrong:
        offers = [_offer(day, None) for day in wrong.nearest]
        raise Unclear("impossible_day", *offers, month=wrong.month, day=wrong.day) from None
    except dates.PastDay as wrong:
        raise Unclear("past_day", past=wrong.day) from None
    except ValueError:
        raise Unclear("not_a_day") from None


def _check(day: date, period: int | None, moment: Moment) -> None:
    if period is None:
        return
    if not 1 <= period <= LAST:
        raise Unclear("no_such_period", period=period, last=LAST)
    if not _comes(day, period, moment):
        raise Unclear("lesson_begun", day=day, period=period)


def _comes(day: date, period: int, moment: Moment) -> bool:
    return lesson_starts_at(day, period, moment.zone) > moment.now


def slot_in(words: str, moment: Moment) -> dict[str, Any] | None:
    """Read the slot that was typed behind the keyword; None when it is not a slot we could take as it stands."""
    try:
        return lesson_day().read(Said(text=words), {}, moment)
    except Unclear:
        return None


def no_slot(answers: Any) -> bool:
    """Say whether no day was typed at once."""
    return not answers.facts.get("slot")


def no_period(answers: Any) -> bool:
    """Say whether the day came without its lesson."""
    slot = answers.facts.get("slot") or answers["day"]
    return slot["period"] is None


def chosen(answers: Any) -> dict[str, Any]:
    """Give the slot as first chosen, before anybody looked whether it is taken."""
    slot = answers.facts.get("slot") or answers["day"]
    return {"day": slot["day"], "period": slot["period"] or answers.get("period")}


def settled(answers: Any) -> tuple[date, int]:
    """Give the day and the lesson in the end."""
    slot = answers.get("other_lesson") or chosen(answers)
    return date.fromisoformat(slot["day"]), slot["period"]


def taken_by(answers: Any) -> list[tuple[str, int]]:
    """List the lessons at which the two people concerned have a visit already."""
    sides = ("me", answers.facts.get("only") or answers.get("whom"))
    return [(day, period) for who, day, period in answers.facts["taken"] if who in sides]


def is_taken(answers: Any) -> bool:
    """Say whether one of the two has a visit at the lesson first chosen."""
    slot = chosen(answers)
    return (slot["day"], slot["period"]) in taken_by(answers)
