"""Two colleagues change lessons: the other side is asked, both moves are made at once, and either can be undone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.conversation import Outcome, PromptKind, Say, Tap
from handlers.lesson_pair import told_of
from handlers.swapping import Followed, Pair, carry_out, is_free_again, lesson_of, may_undo, place
from handlers.timetables import Timetables
from models import LessonMove, Person, Prompt
from models.people import roles_of
from models.prompts import key_exists
from models.rules.contact import APPOINTMENT, PERSONAL
from models.rules.timetable import Held
from models.school import with_ids


def ask_for_trade(
    session: Session, pairs: Sequence[Pair], person: Person, now: datetime, told: dict[str, Any]
) -> Outcome:
    """Ask the colleague whose lesson stands there; nothing moves before she agrees."""
    (mine, to), (theirs, _) = pairs
    key = f"swap:{mine.lesson.id}/{mine.day}-{mine.period}>{to[0]}-{to[1]}/{theirs.lesson.id}"
    if key_exists(session, key):
        return Outcome(say=[Say("asked_before", told)])
    tables = Timetables(session, person.zone, now)
    begins = [tables.starts_at(*place(held), held.lesson.stage) for held in (mine, theirs)]
    facts = {"asker": str(person.id), "mine": _written(mine), "theirs": _written(theirs)}
    prompt = Prompt(
        key=key, person_id=theirs.lesson.teacher_id, kind="swap_asked", facts=facts, due_at=now,
        expires_at=min(begins), manner=PERSONAL, made_at=now,
    )  # fmt: skip
    return Outcome(say=[Say("asked", told)], keep=[prompt])


def _written(held: Held) -> dict[str, Any]:
    return {"lesson": str(held.lesson.id), "day": held.day.isoformat(), "period": held.period}


def told_teachers(
    pairs: Sequence[Pair], followed: Followed, person: Person, now: datetime, is_back: bool = False
) -> list[Prompt]:
    """Tell the teachers whose lessons somebody else moved, and that a visit goes along if there is one."""
    others = [(held, to) for held, to in pairs if held.lesson.teacher_id != person.id]
    return [
        Prompt(
            key=f"swap:{held.lesson.id}/{held.day}-{held.period}>{to[0]}-{to[1]}/told:{now.timestamp():.0f}",
            person_id=held.lesson.teacher_id,
            kind="swap_told",
            facts={
                "by": str(person.id), **told_of(held), "to_day": to[0].isoformat(), "to_period": to[1],
                "is_back": is_back, "visited": held.lesson.teacher_id in followed.visited,
            },
            due_at=now,
            expires_at=None,
            manner=APPOINTMENT,
            made_at=now,
        )
        for held, to in others
    ]  # fmt: skip


def _standing(session: Session, prompt: Prompt, tables: Timetables) -> tuple[Held, Held] | None:
    """Find both lessons where the card said they were; None when one has gone, or begun, or found a clash."""
    if prompt.facts.get("answered"):
        return None
    found = [_held(session, prompt.facts[side], tables) for side in ("mine", "theirs")]
    mine, theirs = found
    if mine is None or theirs is None or not (tables.comes(mine) and tables.comes(theirs)):
        return None
    one, other = mine.lesson, theirs.lesson
    clash = tables.busy(one.teacher_id, *place(theirs), one.stage, but=mine) or tables.busy(
        other.teacher_id, *place(mine), other.stage, but=theirs
    )
    return None if clash else (mine, theirs)


def _held(session: Session, written: dict[str, Any], tables: Timetables) -> Held | None:
    lesson = with_ids(session, [UUID(written["lesson"])])
    day = datetime.fromisoformat(written["day"]).date()
    held = tables.at(lesson[0].teacher_id, day, written["period"]) if lesson else None
    return held if held is not None and held.lesson.id == lesson[0].id else None


def _told(session: Session, prompt: Prompt, mine: Held, theirs: Held) -> dict[str, Any]:
    asker = session.get_one(Person, UUID(prompt.facts["asker"]))
    return {**_both(mine, theirs), "name": asker.name}


def _both(mine: Held, theirs: Held) -> dict[str, Any]:
    there = {"to_day": theirs.day.isoformat(), "to_period": theirs.period, "other_subject": theirs.lesson.subject}
    return {**told_of(mine), **there}


def asked(session: Session, person: Person, prompt: Prompt, now: datetime) -> dict[str, Any] | None:
    """Ask only while both lessons still stand where they stood."""
    pair = _standing(session, prompt, Timetables(session, person.zone, now))
    return _told(session, prompt, *pair) if pair else None


def _asked_buttons(prompt: Prompt, facts: dict[str, Any]) -> tuple[Tap, ...]:
    return (Tap("trade_yes", row=prompt.id), Tap("trade_no", row=prompt.id))


def _hers(session: Session, person: Person, row: UUID | None) -> Prompt | None:
    prompt = session.get(Prompt, row) if row else None
    return prompt if prompt is not None and (prompt.person_id, prompt.kind) == (person.id, "swap_asked") else None


def _to_answer(
    session: Session, person: Person, row: UUID | None, now: datetime
) -> tuple[Prompt, tuple[Held, Held]] | Outcome:
    """Give the card she answers, with both lessons where it said they were; or what to say when it no longer stands."""
    prompt = _hers(session, person, row)
    if prompt is None:
        return Outcome(say=[Say("gone")])
    pair = _standing(session, prompt, Timetables(session, person.zone, now))
    if pair is None:
        return Outcome(say=[Say("answered_before" if prompt.facts.get("answered") else "trade_over")])
    return prompt, pair


def trade_yes(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """可以: both lessons change places, and the visits to them go along."""
    found = _to_answer(session, person, row, now)
    if isinstance(found, Outcome):
        return found
    prompt, pair = found
    mine, theirs = pair
    moves, followed = carry_out(session, [(mine, place(theirs)), (theirs, place(mine))], person, now)
    told = _told(session, prompt, mine, theirs)
    prompt.facts = {**prompt.facts, "answered": "yes"}
    agreed = {**_both(mine, theirs), "move": str(moves[0].id), "visited": mine.lesson.teacher_id in followed.visited}
    answer = _answer(prompt, "swap_agreed", person, now, agreed, APPOINTMENT)
    undo = Tap("undo", row=moves[-1].id)
    return Outcome(say=[Say("trade_done", told, (undo,))], keep=[*followed.prompts, answer], replan=followed.replan)


def trade_no(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """不方便: nothing moves, and the asker hears it kindly."""
    found = _to_answer(session, person, row, now)
    if isinstance(found, Outcome):
        return found
    prompt, pair = found
    prompt.facts = {**prompt.facts, "answered": "no"}
    told = _told(session, prompt, *pair)
    return Outcome(
        say=[Say("trade_declined", told)], keep=[_answer(prompt, "swap_declined", person, now, _both(*pair), PERSONAL)]
    )


def _answer(prompt: Prompt, kind: str, person: Person, now: datetime, facts: dict[str, Any], manner: str) -> Prompt:
    return Prompt(
        key=f"{prompt.key}/{kind}", person_id=UUID(prompt.facts["asker"]), kind=kind,
        facts={**facts, "by": str(person.id)}, due_at=now, expires_at=prompt.expires_at, manner=manner, made_at=now,
    )  # fmt: skip


def by_whom(session: Session, person: Person, prompt: Prompt, now: datetime) -> dict[str, Any]:
    """Tell what a colleague did, with her name as it is now."""
    return {**prompt.facts, "name": session.get_one(Person, UUID(prompt.facts["by"])).name}


def _agreed_buttons(prompt: Prompt, facts: dict[str, Any]) -> tuple[Tap, ...]:
    return (Tap("noted"), Tap("undo", row=UUID(facts["move"])))


def _noted(prompt: Prompt, facts: dict[str, Any]) -> tuple[Tap, ...]:
    return (Tap("noted"),)


def noted(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """知道了: a nod."""
    return Outcome(say=[Say("nodded")])


def undo(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """撤销: within the week everything goes back, the traded lesson and the visits too."""
    move = session.get(LessonMove, row) if row else None
    if move is None or not _may_touch(session, person, move):
        return Outcome(say=[Say("gone")])
    if move.undone_at is not None:
        return Outcome(say=[Say("undone_before")])
    tables = Timetables(session, person.zone, now)
    partner = session.get(LessonMove, move.trade_id) if move.trade_id else None
    moves = [move, *([partner] if partner is not None and partner.undone_at is None else [])]
    back = [(held, one) for one in moves if (held := lesson_of(session, tables, one)) is not None]
    if len(back) < len(moves) or not all(may_undo(one, tables, held) for held, one in back):
        return Outcome(say=[Say("too_late_to_undo")])
    leaving = [held for held, _ in back]
    if not all(is_free_again(tables, held, one, leaving) for held, one in back):
        return Outcome(say=[Say("place_taken")])
    pairs: list[Pair] = [(held, (one.from_day, one.from_period)) for held, one in back]
    _, followed = carry_out(session, pairs, person, now)
    prompts = [*followed.prompts, *told_teachers(pairs, followed, person, now, is_back=True)]
    held, (day, period) = pairs[0]
    visited = held.lesson.teacher_id == person.id and person.id in followed.visited
    facts = {**told_of(held), "to_day": day.isoformat(), "to_period": period, "visited": visited}
    return Outcome(say=[Say("undone", facts)], keep=[*prompts], replan=followed.replan)


def _may_touch(session: Session, person: Person, move: LessonMove) -> bool:
    lesson = with_ids(session, [move.lesson_id])
    is_hers = bool(lesson) and lesson[0].teacher_id == person.id
    return is_hers or move.person_id == person.id or "office" in roles_of(session, person.id)


TAPS = {"trade_yes": trade_yes, "trade_no": trade_no, "undo": undo, "noted": noted}
PROMPTS = (
    PromptKind("swap_asked", asked, _asked_buttons, budgeted=False),
    PromptKind("swap_agreed", by_whom, _agreed_buttons, budgeted=False),
    PromptKind("swap_declined", by_whom, _noted, budgeted=False),
    PromptKind("swap_told", by_whom, _noted, budgeted=False),
)
