"""What a swapped lesson (调课) does: the lesson goes, the visits to it go along, and both come back when it is undone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from handlers.observation_cards import told
from handlers.observation_set import asked_for, planned_anew, put, unplanned
from handlers.timetables import Timetables, is_same
from models import LessonMove, Observation, Person, Prompt
from models.observations import taken_lessons, visits_to_lesson
from models.prompts import waiting_about
from models.rules.contact import APPOINTMENT
from models.rules.timetable import Held, moved
from models.school import moves_between, with_ids

Pair = tuple[Held, tuple[date, int]]
"""A lesson as it is held, and the day and period it goes to."""

ASK, REBOOK, CANCEL = "ask", "rebook", "cancel"  # what becomes of a visit whose observer is busy at the new time


@dataclass
class Followed:
    """What became of the visits to a lesson that moved."""

    prompts: list[Prompt] = field(default_factory=list)
    replan: set[UUID] = field(default_factory=set)
    along: list[str] = field(default_factory=list)  # names of the observers who come at the new time
    asked: list[str] = field(default_factory=list)  # names of those who are asked first
    ended: list[Observation] = field(default_factory=list)
    visited: set[UUID] = field(default_factory=set)  # teachers of lessons to which somebody comes


def place(held: Held) -> tuple[date, int]:
    """Give day and period of a lesson."""
    return held.day, held.period


def move_lesson(session: Session, held: Held, to: tuple[date, int], by: Person, now: datetime) -> LessonMove | None:
    """Move one lesson of one day; a lesson that was moved before goes on from its own place. None: it is back there."""
    earlier = [
        one
        for one in moves_between(session, held.day, held.day, [held.lesson.id])
        if (one.to_day, one.to_period) == place(held)
    ]
    for one in earlier:
        one.undone_at = now
    origin = (earlier[0].from_day, earlier[0].from_period) if earlier else place(held)
    if origin == to:
        return None
    move = LessonMove(
        lesson_id=held.lesson.id, person_id=by.id, from_day=origin[0], from_period=origin[1],
        to_day=to[0], to_period=to[1], made_at=now,
    )  # fmt: skip
    session.add(move)
    session.flush()
    return move


def carry_out(
    session: Session, pairs: Sequence[Pair], by: Person, now: datetime, how: str = ASK
) -> tuple[list[LessonMove], Followed]:
    """Move one lesson, or let two change places, and take the visits to them along.

    1. List the visits before anything moves: two lessons of one teacher would else be mistaken for each other.
    2. Move the lessons; two that change places name each other.
    3. Look at the timetables anew and take the visits along.
    """
    visits = [visits_to_lesson(session, held.lesson.teacher_id, *place(held)) for held, _ in pairs]
    moves = [move for held, to in pairs if (move := move_lesson(session, held, to, by, now)) is not None]
    if len(moves) > 1:
        moves[0].trade_id, moves[1].trade_id = moves[1].id, moves[0].id
    tables, found = Timetables(session, by.zone, now), Followed()
    for (held, to), some in zip(pairs, visits, strict=True):
        _follow(session, tables, held, to, by, some, how, found)
    return moves, found


def busy_observers(session: Session, tables: Timetables, held: Held, to: tuple[date, int]) -> list[Observation]:
    """List the visits to a lesson whose observer teaches, or visits somebody else, at its new time."""
    visits = visits_to_lesson(session, held.lesson.teacher_id, *place(held))
    return [visit for visit in visits if _is_busy(session, tables, visit, held, to)]


def _is_busy(session: Session, tables: Timetables, visit: Observation, held: Held, to: tuple[date, int]) -> bool:
    observer = visit.observer_id
    if tables.busy(observer, *to, held.lesson.stage) is not None:
        return True
    taken = taken_lessons(session, observer, [observer], tables.now)
    return (observer, *to) in taken


def _follow(
    session: Session, tables: Timetables, held: Held, to: tuple[date, int], by: Person,
    visits: Sequence[Observation], how: str, found: Followed,
) -> None:  # fmt: skip
    """Take the visits to a lesson along to its new time; the observers hear of it."""
    now = tables.now
    busy = [visit for visit in visits if _is_busy(session, tables, visit, held, to)]
    teacher = session.get_one(Person, held.lesson.teacher_id)
    for visit in visits:
        found.replan |= _take_along(session, held, to, teacher, visit, visit in busy, how, found, now)
        session.flush()
        prompts, dropped = planned_anew(session, visit, now, fresh=[visit.id])
        found.prompts += prompts
        found.replan |= dropped


def _take_along(
    session: Session, held: Held, to: tuple[date, int], teacher: Person, visit: Observation, is_busy: bool, how: str,
    found: Followed, now: datetime,
) -> set[UUID]:  # fmt: skip
    """Put one visit to the new time of its lesson, ask or tell its observer; return for whom something was dropped."""
    was, replan = _was(session, visit), unplanned(session, [visit])
    visit.version += 1
    found.visited.add(teacher.id)
    if is_busy and how != ASK:
        _end(found, visit, teacher, now)
        return replan
    put(session, visit, *to, teacher.zone, moved(held, *to))
    name = session.get_one(Person, visit.observer_id).name
    if was["agreed"] and (was["day"], was["period"]) == (to[0].isoformat(), to[1]):
        visit.state = "agreed"  # back where it was before the observer heard that it had gone
    elif visit.state == "agreed" and not is_busy:
        found.along.append(name)
        # The teacher hears of it with her lesson, from whoever moved it.
        found.prompts.append(told(visit, visit.observer_id, "observation_follows", now, APPOINTMENT, was=was))
    else:
        found.asked.append(name)
        visit.state, visit.person_id = "proposed", teacher.id
        found.prompts.append(asked_for([visit], visit.observer_id, now, APPOINTMENT, was=was))
    return replan


def _was(session: Session, visit: Observation) -> dict[str, Any]:
    """Tell how a visit stood when its observer last heard of it: what still waits to be told takes no part in that."""
    unheard = next((one for one in waiting_about(session, visit.id) if one.facts.get("was")), None)
    here = {"day": visit.day.isoformat(), "period": visit.period, "agreed": visit.state == "agreed"}
    return unheard.facts["was"] if unheard is not None else here


def _end(found: Followed, visit: Observation, teacher: Person, now: datetime) -> None:
    visit.state = "cancelled"
    days = [{"day": visit.day.isoformat(), "period": visit.period}]
    found.prompts.append(told(visit, visit.observer_id, "observation_cancelled", now, APPOINTMENT, days=days))
    found.ended.append(visit)


# Undoing


def lesson_of(session: Session, tables: Timetables, move: LessonMove) -> Held | None:
    """Find the lesson where a move put it; None when it is not there any more."""
    lesson = with_ids(session, [move.lesson_id])
    held = tables.at(lesson[0].teacher_id, move.to_day, move.to_period) if lesson else None
    return held if held is not None and held.lesson.id == move.lesson_id else None


def may_undo(move: LessonMove, tables: Timetables, held: Held) -> bool:
    """Say whether the week is not over, and neither the old time nor the new one has come."""
    sunday = max(move.from_day, move.to_day) + timedelta(days=6 - max(move.from_day, move.to_day).weekday())
    stage = held.lesson.stage
    times = [tables.starts_at(move.from_day, move.from_period, stage), tables.starts_at(*place(held), stage)]
    return tables.today <= sunday and min(times) > tables.now


def is_free_again(tables: Timetables, held: Held, move: LessonMove, leaving: Sequence[Held]) -> bool:
    """Say whether nobody has taken the old place meanwhile, but for the lessons that leave it in the same step."""
    at = (move.from_day, move.from_period)
    own, other = tables.at(held.lesson.teacher_id, *at), tables.of_class(held.lesson.class_name, *at)
    return all(one is None or any(is_same(one, gone) for gone in leaving) for one in (own, other))
