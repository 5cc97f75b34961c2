"""调课: which lesson goes where; every time that cannot be is asked about, with the reason."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.answers import Moment, Offer, Option, Said, nearest_school_days
from bot.errors import Unclear
from handlers.lesson_pair import told_of
from handlers.lesson_slot import read_slot
from handlers.timetables import Timetables, is_same, why_closed
from models import Person
from models.people import reach_of
from models.rules.timetable import Held

ARROW = re.compile(r"\s*(?:-+>|=+>|→|⇒|➡️?|换到|換到|调到|調到|改到|挪到|到|\bto\b)\s*")
TAKEN_OFF = re.compile(r"^(?:把|将|將|move\s+)+")
OFFERED = 4  # lessons to tap
FREE_OFFERED = 3  # places to tap
LOOKED_AHEAD = 7  # days


def both_sides(words: str) -> tuple[str, str]:
    """Split 周三第2节→周四第3节 into what is said of the lesson and of its new place; the second may be missing."""
    parts = ARROW.split(TAKEN_OFF.sub("", words.strip()), maxsplit=1)
    return parts[0].strip(), parts[1].strip() if len(parts) > 1 else ""


@dataclass(frozen=True)
class which_lesson:
    """One of the lessons that the teacher still holds: {"day", "period", "text"}."""

    def options(self, answers: Any, moment: Moment) -> Sequence[Option]:
        """Offer the next few."""
        return [_option(held) for held in coming(answers)[:OFFERED]]

    def read(self, said: Said, answers: Any, moment: Moment) -> dict[str, Any]:
        """Return the place of the lesson; one that is not hers, or has begun, is asked about."""
        day, period = _tapped(said.option, moment) if said.option else read_slot(said.text, moment)
        if period is None:
            raise Unclear("not_a_period", last=moment.school.last_period(day or moment.today))
        day = day or moment.today
        tables: Timetables = answers.facts["timetables"]
        held = tables.at(teacher_of(answers), day, period)
        if held is None:
            stage = tables.stage(teacher_of(answers), day)
            if why := why_closed(moment.school, day, period, stage):
                raise _stopped(*_near(answers, day), **why, day=day.isoformat())
            raise _stopped(*_near(answers, day), kind="not_hers", day=day.isoformat(), period=period)
        if not tables.comes(held):
            raise _stopped(*_near(answers, day), kind="begun", **told_of(held))
        return _slot(day, period, said.text)


@dataclass(frozen=True)
class new_place:
    """Where the lesson goes: {"day", "period", "text"}; a lesson of a colleague may stand there, to be traded."""

    def options(self, answers: Any, moment: Moment) -> Sequence[Option]:
        """Offer places of the same week that are free for the teacher and for the class."""
        return [Option(f"{day:%m%d}-{period}", facts={"day": day, "period": period}, block="place")
                for day, period in free_places(answers)]  # fmt: skip

    def read(self, said: Said, answers: Any, moment: Moment) -> dict[str, Any]:
        """Return the place; one that cannot be is asked about with the reason."""
        held, tables = lesson_of(answers), answers.facts["timetables"]
        day, period = _tapped(said.option, moment) if said.option else read_slot(said.text, moment)
        day = day or held.day
        last = moment.school.last_period(day, held.lesson.stage)
        if period is None:
            raise Unclear("not_a_period", last=last)
        if not 1 <= period <= last:
            raise Unclear("no_such_period", period=period, last=last)
        if (day, period) == (held.day, held.period):
            raise _stopped(kind="same")
        if tables.starts_at(day, period, held.lesson.stage) <= moment.now:
            raise _stopped(kind="begun", day=day.isoformat(), period=period)
        _check_day(day, period, held.lesson.stage, moment)
        _check_people(held, day, period, answers)
        return _slot(day, period, said.text)


def _check_day(day: date, period: int, stage: str, moment: Moment) -> None:
    why = why_closed(moment.school, day, period, stage)
    if why is None:
        return
    near: Iterable[date] = ()
    if why["kind"] == "rest":
        near = (near for near in nearest_school_days(day, moment.school.calendar) if near >= moment.today)
    offers = (Offer(_slot(near_day, period), "day", {"day": near_day}) for near_day in near)
    raise _stopped(*offers, **why, day=day.isoformat())


def _check_people(held: Held, day: date, period: int, answers: Any) -> None:
    """Ask again where the teacher is busy with another class, or the colleague could not take the old place."""
    tables: Timetables = answers.facts["timetables"]
    own = tables.busy(held.lesson.teacher_id, day, period, held.lesson.stage, but=held)
    if own is not None and not _may_change_places(own, held):
        raise _stopped(kind="busy", **told_of(own))
    other = tables.of_class(held.lesson.class_name, day, period)
    if other is None or other.lesson.teacher_id == held.lesson.teacher_id:
        return
    hers = tables.busy(other.lesson.teacher_id, held.day, held.period, held.lesson.stage, but=other)
    if hers is not None:
        raise _stopped(kind="no_trade", **told_of(other), busy_with=hers.lesson.class_name)
    if str(held.lesson.teacher_id) == answers.facts["me"] and not _can_be_asked(
        tables.session, other.lesson.teacher_id
    ):
        raise _stopped(kind="not_here", **told_of(other))


def _can_be_asked(session: Session, colleague_id: UUID) -> bool:
    """Say whether a colleague is at the school and in the chat; her timetable may have been entered long before."""
    colleague = session.get(Person, colleague_id)
    is_here = colleague is not None and colleague.left_at is None and colleague.joined_at is not None
    return is_here and reach_of(session, colleague_id)[1]


def _may_change_places(own: Held, held: Held) -> bool:
    """Say whether she gives the same class another subject there: then the two lessons simply change places."""
    return own.lesson.class_name == held.lesson.class_name and own.lesson.subject != held.lesson.subject


def _stopped(*offers: Offer, kind: str, **facts: Any) -> Unclear:
    return Unclear("stopped", *offers, why={"kind": kind, **facts})


def _slot(day: date, period: int, words: str = "") -> dict[str, Any]:
    return {"day": day.isoformat(), "period": period, "text": words}


def _option(held: Held) -> Option:
    return Option(f"{held.day:%m%d}-{held.period}", facts=told_of(held), block="lesson_at")


def _tapped(option: str, moment: Moment) -> tuple[date, int]:
    """Read 0918-1: the next day of that date."""
    month, number, period = int(option[:2]), int(option[2:4]), int(option[5:])
    year = moment.today.year + ((month, number) < (moment.today.month, moment.today.day))
    return date(year, month, number), period


def teacher_of(answers: Any) -> UUID:
    """Name whose lesson is moved."""
    return UUID(answers.facts["ids"][answers.facts["only"] or answers["whose"]])


def coming(answers: Any) -> list[Held]:
    """List the lessons of the next days that have not begun."""
    tables: Timetables | None = answers.facts.get("timetables")
    if tables is None:  # whoever only counts the steps has no store at hand
        return []
    days = (tables.today + timedelta(days=ahead) for ahead in range(LOOKED_AHEAD))
    return [held for day in days for held in tables.held(teacher_of(answers), day) if tables.comes(held)]


def _near(answers: Any, day: date) -> list[Offer]:
    """Offer her lessons of that day, else the next ones."""
    found = coming(answers)
    meant = [held for held in found if held.day == day] or found
    return [Offer(_slot(*_place(held)), "lesson", told_of(held)) for held in meant[:FREE_OFFERED]]


def _place(held: Held) -> tuple[date, int]:
    return held.day, held.period


def lesson_of(answers: Any) -> Held:
    """Find the lesson that was chosen; raise KeyError when it is not there any more."""
    tables: Timetables = answers.facts["timetables"]
    slot = answers["which"]
    held = tables.at(teacher_of(answers), date.fromisoformat(slot["day"]), slot["period"])
    if held is None:
        raise KeyError("which")
    return held


def target(answers: Any) -> tuple[date, int]:
    """Give the new place."""
    return date.fromisoformat(answers["to"]["day"]), answers["to"]["period"]


def in_the_way(answers: Any) -> Held | None:
    """Find the lesson of the class that stands at the new place."""
    if "timetables" not in answers.facts:
        return None
    held = lesson_of(answers)
    other: Held | None = answers.facts["timetables"].of_class(held.lesson.class_name, *target(answers))
    return other if other is not None and not is_same(other, held) else None


def free_places(answers: Any) -> list[tuple[date, int]]:
    """List places from now to the end of the lesson's week that suit the teacher and the class, one a day first."""
    if "timetables" not in answers.facts:
        return []
    held, tables = lesson_of(answers), answers.facts["timetables"]
    monday = held.day - timedelta(days=held.day.weekday())
    days = tables.lesson_days(max(monday, tables.today), 7)
    ranked = sorted(
        (rank, day, period)
        for day in days
        if day <= monday + timedelta(days=6)
        for rank, period in enumerate(_free_periods(tables, held, day))
    )
    return sorted((day, period) for _, day, period in ranked[:FREE_OFFERED])


def _free_periods(tables: Timetables, held: Held, day: date) -> list[int]:
    lesson = held.lesson
    return [
        period
        for period in range(1, tables.school.last_period(day, lesson.stage) + 1)
        if (day, period) != _place(held)
        and tables.starts_at(day, period, lesson.stage) > tables.now
        and tables.school.is_open(day, period, lesson.stage)
        and tables.busy(lesson.teacher_id, day, period, lesson.stage) is None
        and tables.of_class(lesson.class_name, day, period) is None
    ]
