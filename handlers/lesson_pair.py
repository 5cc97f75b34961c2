"""One lesson for two: what was chosen of it, what suits both timetables, and what speaks against it."""

from datetime import date
from typing import Any
from uuid import UUID

from handlers.timetables import Timetables, why_closed
from models.rules.timetable import Held

PROPOSED = 3  # lessons that suit both
LOOKED_AHEAD = 21  # days
CHINESE = ("语文", "語文", "chinese")


def told_of(held: Held) -> dict[str, Any]:
    """Tell of a lesson: when, and which class and subject."""
    lesson = held.lesson
    told = {"day": held.day.isoformat(), "period": held.period}
    return {**told, "class_name": lesson.class_name, "subject": lesson.subject}


# What was chosen


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
    at_rest = {"at_rest": True} if slot.get("at_rest") else {}
    return {"day": slot["day"], "period": slot["period"] or answers.get("period"), **at_rest}


def settled(answers: Any) -> tuple[date, int]:
    """Give the day and the lesson in the end."""
    slot = answers.get("other_lesson") or chosen(answers)
    return date.fromisoformat(slot["day"]), slot["period"]


# Two timetables


def sides(answers: Any) -> tuple[UUID, UUID]:
    """Name observer and teacher, by id."""
    facts = answers.facts
    me, other = UUID(facts["me"]), UUID(facts["ids"][facts["only"] or answers["whom"]])
    observes = facts["observes"] if "observes" in facts else answers.get("side") != "come"
    return (me, other) if observes else (other, me)


def tables_of(answers: Any) -> Timetables | None:
    """Give the timetables of both, as far as a store is at hand."""
    # Whoever only counts the steps of a talk has no store at hand: then nothing is known of timetables.
    found: Timetables | None = answers.facts.get("timetables") if answers is not None else None
    return found


def taken_by(answers: Any) -> list[tuple[str, int]]:
    """List the lessons at which the two people concerned have a visit already."""
    concerned = ("me", answers.facts.get("only") or answers.get("whom"))
    return [(day, period) for who, day, period in answers.facts["taken"] if who in concerned]


def offered(answers: Any) -> list[Held]:
    """Find up to three lessons of the teacher at which the observer is free: on different days, if there are any."""
    tables = tables_of(answers)
    if tables is None or not tables.known(sides(answers)[1]):
        return []
    observer, teacher = sides(answers)
    taken = {*taken_by(answers), (answers.facts.get("day"), answers.facts.get("period"))}
    by_day = [
        [held for held in tables.held(teacher, day) if _suits(tables, held, observer, taken)]
        for day in tables.lesson_days(tables.today, LOOKED_AHEAD)
        if not (tables.is_away(teacher, day) or tables.is_away(observer, day))
    ]
    ranked = sorted((place, held.day, held.period) for lessons in by_day for place, held in enumerate(lessons))
    best = sorted((day, period) for _, day, period in ranked[:PROPOSED])
    return [held for lessons in by_day for held in lessons if (held.day, held.period) in best]


def _suits(tables: Timetables, held: Held, observer: UUID, taken: set[Any]) -> bool:
    is_taken = (held.day.isoformat(), held.period) in taken
    return not is_taken and tables.comes(held) and not tables.busy(observer, held.day, held.period, held.lesson.stage)


def teachers_lessons(answers: Any, day: date) -> list[Held]:
    """List what the teacher still holds on a day."""
    tables = tables_of(answers)
    return [held for held in tables.held(sides(answers)[1], day) if tables.comes(held)] if tables else []


def against(answers: Any, day: date, period: int) -> dict[str, Any] | None:
    """Say what speaks against a lesson: taken, no school, an exam, not hers at all, or the observer has one herself."""
    if (day.isoformat(), period) in taken_by(answers):
        return {"kind": "taken"}
    tables = tables_of(answers)
    if tables is None:
        return None
    observer, teacher = sides(answers)
    if why := why_closed(tables.school, day, period, tables.stage(teacher, day, period)):
        return why
    if tables.known(teacher) and tables.at(teacher, day, period) is None:
        return {"kind": "no_lesson", "mine": str(teacher) == answers.facts["me"]}
    own = tables.busy(observer, day, period, tables.stage(teacher, day, period))
    mine = str(observer) == answers.facts["me"]
    return {"kind": "own_class", "mine": mine, **told_of(own)} if own else None


def contest(answers: Any) -> dict[str, Any] | None:
    """Say what speaks against the lesson first chosen, as it stands now: its day may have been closed meanwhile."""
    slot = chosen(answers)
    if slot.get("at_rest"):
        return None
    return against(answers, date.fromisoformat(slot["day"]), slot["period"])


def is_contested(answers: Any) -> bool:
    """Say whether something speaks against the lesson first chosen."""
    return contest(answers) is not None


def first_lesson(answers: Any) -> Held | None:
    """Find the chosen lesson in the teacher's timetable."""
    tables = tables_of(answers)
    return tables.at(sides(answers)[1], *settled(answers)) if tables else None


def may_be_set(answers: Any) -> bool:
    """Say whether it is a Chinese lesson, of which a whole text may be heard."""
    first = first_lesson(answers)
    return first is not None and first.lesson.subject.strip().lower().startswith(CHINESE)


def chosen_lessons(answers: Any) -> list[Held]:
    """List the lessons of the timetable that were chosen: the one, with those that complete its text."""
    first = first_lesson(answers)
    if first is None:
        return []
    count = int((answers.get("lessons") or "1")[0])
    return [first, *answers.facts["timetables"].following(first, count - 1)]
