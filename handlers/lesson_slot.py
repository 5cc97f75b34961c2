"""Which lesson: a day and a period, offered from two timetables where there are any, and asked about when it clashes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from bot.answers import Moment, Offer, Option, Said, nearest_school_days, why_rest
from bot.errors import Unclear
from handlers.lesson_pair import (
    PROPOSED,
    against,
    chosen,
    contest,
    first_lesson,
    offered,
    sides,
    tables_of,
    taken_by,
    teachers_lessons,
    told_of,
)
from models.rules import dates
from models.rules.timetable import Held

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAYS_OFFERED = 4  # every other day can be typed
SAME = "same"  # the contested lesson all the same
OWN = "own"  # 我来说


def _slot(day: date, period: int | None, words: str = "") -> dict[str, Any]:
    return {"day": day.isoformat(), "period": period, "text": words}


@dataclass(frozen=True)
class lesson_day:
    """A day, perhaps with its lesson (周五第1节): {"day": ISO text, "period": number or None, "text": as said}."""

    def options(self, answers: Any, moment: Moment) -> Sequence[Option]:
        """Offer lessons that suit both, else the next school days, by names that still mean the same tomorrow."""
        if proposals := offered(answers):
            return [*map(_lesson_option, proposals), Option(OWN)]
        days = (moment.today + timedelta(days=ahead) for ahead in range(1, 7))
        found = [day for day in days if moment.school.calendar(day)][:DAYS_OFFERED]
        return [Option(WEEKDAYS[day.weekday()], facts={"day": day}, block="offer__day") for day in found]

    def read(self, said: Said, answers: Any, moment: Moment) -> dict[str, Any]:
        """Return the slot; a day that does not exist, is past or has no school is asked about."""
        if said.option == OWN:
            raise Unclear("say_lesson")
        if said.option and "-" in said.option:
            return _tapped(said, moment)
        slot = _typed(said, answers, moment)
        if slot["period"] is None and (why := _no_lessons_on(date.fromisoformat(slot["day"]), answers)):
            raise why
        return slot


@dataclass(frozen=True)
class lesson_period:
    """The lesson of the day already chosen; the value is its number from 1."""

    def options(self, answers: Any, moment: Moment) -> Sequence[Option]:
        """Offer the lessons that are still to come: hers where they are known."""
        day = date.fromisoformat(chosen(answers)["day"])
        if lessons := teachers_lessons(answers, day):
            return [Option(str(held.period), facts=told_of(held), block="lesson_of_class") for held in lessons]
        numbers = range(1, _last(day, answers, moment) + 1)
        open_ones = [number for number in numbers if moment.school.is_open(day, number)] or numbers
        return [_nth(number) for number in open_ones if _comes(day, number, moment)]

    def read(self, said: Said, answers: Any, moment: Moment) -> int:
        """Return the number of the lesson."""
        day = date.fromisoformat(chosen(answers)["day"])
        try:
            number = int(said.option) if said.option else dates.read_period(said.text)
        except ValueError:
            raise Unclear("not_a_period", last=_last(day, answers, moment)) from None
        _check(day, number, answers, moment)
        return number


@dataclass(frozen=True)
class other_lesson:
    """What to do about a contested lesson: one that suits both, another one, or this one all the same."""

    def options(self, answers: Any, moment: Moment) -> Sequence[Option]:
        """Offer lessons that suit both, or free ones of that day; then the same one."""
        why = contest(answers)
        same = Option(SAME, block="swapped_already" if why and why["kind"] == "own_class" and why["mine"] else None)
        if proposals := offered(answers):
            return [*map(_lesson_option, proposals[: PROPOSED - 1]), Option(OWN), same]
        day = date.fromisoformat(chosen(answers)["day"])
        taken = {period for on, period in taken_by(answers) if on == day.isoformat()}
        numbers = range(1, _last(day, answers, moment) + 1)
        stage = _stage(answers, day)
        untaken = (number for number in numbers if number not in taken and moment.school.is_open(day, number, stage))
        free = [number for number in untaken if _comes(day, number, moment)]
        return [*(_nth(number) for number in free[:PROPOSED]), same]

    def read(self, said: Said, answers: Any, moment: Moment) -> dict[str, Any]:
        """Return the slot that is meant in the end; one that clashes again is asked about again."""
        first = chosen(answers)
        if said.option == OWN:
            raise Unclear("say_lesson")
        if said.option == SAME:
            return first
        if said.option and "-" in said.option:
            return _tapped(said, moment)
        day, period = read_slot(f"第{said.option}节" if said.option else said.text, moment)
        if period is None:
            raise Unclear("not_a_period", last=_last(day or date.fromisoformat(first["day"]), answers, moment))
        slot = _slot(day or date.fromisoformat(first["day"]), period, said.text)
        _check(date.fromisoformat(slot["day"]), period, answers, moment)
        if why := against(answers, date.fromisoformat(slot["day"]), period):
            nearby = [_lesson_offer(held) for held in offered(answers)[: PROPOSED - 1]]
            raise Unclear("clashes_too", *nearby, Offer(slot, "this_lesson"), why=why)
        return slot


@dataclass(frozen=True)
class lessons_of_text:
    """How many lessons one text takes (整篇): "1", "2" or "3"; with + she comes although she has a lesson herself."""

    def options(self, answers: Any, moment: Moment) -> Sequence[Option]:
        """Offer one to three."""
        return [Option("1"), Option("2"), Option("3")]

    def read(self, said: Said, answers: Any, moment: Moment) -> str:
        """Return the number; one whose lessons clash, or are not in the timetable, is asked about."""
        number = said.option or said.text.strip().removesuffix("节").removesuffix("節")
        if number not in ("1", "2", "3"):
            raise Unclear("not_an_option")
        first, tables = first_lesson(answers), tables_of(answers)
        later = tables.following(first, int(number) - 1) if first and tables else []
        if len(later) < int(number) - 1:
            raise Unclear("too_few_lessons", found=len(later) + 1)
        for held in later:
            if why := against(answers, held.day, held.period):
                offers = (Offer(f"{number}+", "all_the_same"), Offer("1", "only_one"))
                raise Unclear("set_clashes", *offers, why=why, **told_of(held))
        return number


# What is said of a lesson


def _lesson_option(held: Held) -> Option:
    return Option(f"{held.day:%m%d}-{held.period}", facts=told_of(held), block="lesson_at")


def _nth(number: int) -> Option:
    return Option(str(number), facts={"period": number}, block="lesson_nth")


def _offer(day: date, period: int | None, block: str = "day") -> Offer:
    return Offer(_slot(day, period), block, {"day": day})


def _lesson_offer(held: Held) -> Offer:
    return Offer(_slot(held.day, held.period), "lesson", told_of(held))


# Reading


def _tapped(said: Said, moment: Moment) -> dict[str, Any]:
    """Read 0918-1: the next day of that date."""
    date_of, _, period = str(said.option).partition("-")
    month, number = int(date_of[:2]), int(date_of[2:])
    year = moment.today.year + ((month, number) < (moment.today.month, moment.today.day))
    return _slot(date(year, month, number), int(period), said.text)


def _typed(said: Said, answers: Any, moment: Moment) -> dict[str, Any]:
    day, period = read_slot(said.option or said.text, moment)
    if day is None:
        raise Unclear("not_a_day")
    _check(day, period, answers, moment)
    if said.option is None and not moment.school.calendar(day):
        near = [near for near in nearest_school_days(day, moment.school.calendar) if near >= moment.today]
        offers = [_offer(offer, period) for offer in near]
        knowingly = Offer({**_slot(day, period), "at_rest": True}, "this_day", {"day": day})
        raise Unclear("rest_day", *offers, knowingly, **why_rest(day, moment))
    return _slot(day, period, said.text)


def read_slot(words: str, moment: Moment) -> tuple[date | None, int | None]:
    """Return the day and the period that are said, None for what is not; raise Unclear."""
    try:
        return dates.read_day_and_period(words, moment.today, moment.school)
    except dates.ImpossibleDay as wrong:
        offers = [_offer(day, None) for day in wrong.nearest]
        raise Unclear("impossible_day", *offers, month=wrong.month, day=wrong.day) from None
    except dates.TwoDays as two:
        raise Unclear("which_day", *(_offer(day, None) for day in two.days)) from None
    except dates.PastDay as wrong:
        raise Unclear("past_day", past=wrong.day) from None
    except ValueError:
        raise Unclear("not_a_day") from None


def _check(day: date, period: int | None, answers: Any, moment: Moment) -> None:
    if period is None:
        return
    last = _last(day, answers, moment)
    if not 1 <= period <= last:
        raise Unclear("no_such_period", period=period, last=last)
    if not _comes(day, period, moment, _stage(answers, day, period)):
        raise Unclear("lesson_begun", day=day, period=period)


def _last(day: date, answers: Any, moment: Moment) -> int:
    return moment.school.last_period(day, _stage(answers, day))


def _stage(answers: Any, day: date, period: int | None = None) -> str:
    tables = tables_of(answers)
    return tables.stage(sides(answers)[1], day, period) if tables else ""


def _comes(day: date, period: int, moment: Moment, stage: str = "") -> bool:
    return moment.school.starts_at(day, period, moment.zone, stage) > moment.now


def _no_lessons_on(day: date, answers: Any) -> Unclear | None:
    """Say that the teacher has no lesson at all on a school day, and offer when she has."""
    tables = tables_of(answers)
    teacher = sides(answers)[1] if tables else None
    if tables is None or teacher is None or not tables.known(teacher) or not tables.school.calendar(day):
        return None
    if teachers_lessons(answers, day):
        return None
    offers = map(_lesson_offer, offered(answers))
    return Unclear("no_lessons_that_day", *offers, on=day.isoformat(), mine=str(teacher) == answers.facts["me"])


def slot_in(words: str, moment: Moment) -> dict[str, Any] | None:
    """Read the slot that was typed behind the keyword; None when it is not a slot we could take as it stands."""
    try:
        return _typed(Said(text=words), None, moment)
    except Unclear:
        return None
