"""听课: propose to observe a lesson, or to be observed, at a time that suits both."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.answers import Moment, choice, text
from bot.conversation import Answers, Conversation, Outcome, Question, Say
from bot.errors import Refused
from bot.planning import comes_in_time
from bot.school import school_clock
from handlers.lesson_pair import (
    chosen_lessons,
    contest,
    is_contested,
    may_be_set,
    no_period,
    no_slot,
    offered,
    settled,
    tables_of,
)
from handlers.lesson_slot import lesson_day, lesson_period, lessons_of_text, other_lesson, slot_in
from handlers.names_typed import colleague, found_in, people_facts
from handlers.observation_cards import PROMPTS, card_facts, change_buttons, other_side
from handlers.observation_set import asked_for, placed
from handlers.observation_taps import TAPS
from handlers.timetables import Timetables
from models import Observation, Person
from models.base import new_id
from models.observations import same_visit, taken_lessons, visible_observation
from models.people import apprentices_of, group_mates_of, mentors_of
from models.rules.timetable import Held
from models.rules.wall_time import local_day


def colleagues(session: Session, viewer: Person, now: datetime) -> dict[UUID, tuple[Person, str]]:
    """List whom she may arrange an observation with, apprentices first, each with what she is to her."""
    today = local_day(now, viewer.zone)
    found = [(person, "apprentice") for person in apprentices_of(session, viewer.id, today)]
    found += [(person, "mentor") for person in mentors_of(session, viewer.id, today)]
    found += [(person, "mate") for person in group_mates_of(session, viewer.id)]
    there = [(person, tie) for person, tie in found if person.left_at is None and person.joined_at is not None]
    return {person.id: (person, tie) for person, tie in reversed(there)}


def facts(session: Session, viewer: Person, now: datetime, about: UUID | None, rest: str) -> dict[str, Any]:
    """Read whom she may ask, which lessons are taken, and what she typed behind the keyword."""
    known = colleagues(session, viewer, now)
    people = sorted((person for person, _ in known.values()), key=lambda person: _nearest(known[person.id][1]))
    if not people:
        raise Refused("nobody_yet")
    told_of = people_facts(people)
    keys = {UUID(id): key for key, id in told_of["ids"].items()}
    named, slot, unread = _typed_at_once(rest, told_of["names"], Moment(now, viewer.zone, school_clock(session)))
    other = keys.get(_other_of(session, viewer, about))
    return {
        **told_of,
        "ties": {key: known[id][1] for id, key in keys.items()},
        "only": other or (named[0] if len(named) == 1 else None if named else _one_apprentice(told_of, known)),
        "me": str(viewer.id),
        "slot": slot,
        "unread": unread,
        **taken_facts(session, viewer, list(keys), keys, now),
    }


def timetables(session: Session, viewer: Person, now: datetime, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Lay the timetables open for one turn: somebody may swap a lesson while she is choosing."""
    return {"timetables": Timetables(session, viewer.zone, now), "contest": contest, "offered": offered}


def taken_facts(
    session: Session, viewer: Person, persons: list[UUID], keys: dict[UUID, str], now: datetime
) -> dict[str, Any]:
    """Say which coming lessons are taken, by the keys of the people concerned ("me" for the viewer)."""
    named = {**keys, viewer.id: "me"}
    taken = taken_lessons(session, viewer.id, persons, now)
    return {"taken": [[named[person], day.isoformat(), period] for person, day, period in taken]}


def _nearest(tie: str) -> int:
    return ("apprentice", "mentor", "mate").index(tie)


def _other_of(session: Session, viewer: Person, about: UUID | None) -> Any:
    """Find the colleague meant by a button: she herself, or the other side of an earlier observation."""
    earlier = visible_observation(session, viewer.id, about) if about else None
    return other_side(earlier, viewer) if earlier else about


def _one_apprentice(told_of: dict[str, Any], known: dict[UUID, tuple[Person, str]]) -> str | None:
    """Say who a mentor means who names nobody and has one apprentice."""
    young = [key for key, id in told_of["ids"].items() if known[UUID(id)][1] == "apprentice"]
    return young[0] if len(young) == 1 else None


def _typed_at_once(rest: str, names: dict[str, str], moment: Moment) -> tuple[list[str], dict[str, Any] | None, bool]:
    """Read 小林的课周五第1节: who is named, which lesson, and whether something of it could not be read."""
    words = rest.strip().lower()
    for cut in range(len(words)):
        who, slot = words[:cut].strip(), slot_in(words[cut:], moment)
        if slot is not None and (not who or found_in(who, names)):
            return (found_in(who, names) if who else []), slot, False
    named = found_in(re.split(r"\s|(?<=的课)|(?<=的課)", words, maxsplit=1)[0], names) if words else []
    is_name_alone = bool(named) and not re.search(r"[0-9]|节|節|lesson|period", words)
    return named, None, bool(words) and not is_name_alone


def whom(answers: Answers) -> str:
    """Give the key of the colleague."""
    return str(answers.facts["only"] or answers["whom"])


def asks_whom(answers: Answers) -> bool:
    """Say whether there is a choice of colleagues."""
    return answers.facts["only"] is None


def asks_side(answers: Answers) -> bool:
    """Say whether it is open who observes whom; a mentor observes the apprentice."""
    return bool(answers.facts["ties"][whom(answers)] != "apprentice")


def is_observed(answers: Answers) -> bool:
    """Say whether she asks to be observed, so that she may name what to watch."""
    return bool(answers.get("side") == "come")


def finish(session: Session, answers: Answers, person: Person, now: datetime) -> Outcome:
    """Keep the proposal and ask the other side; the same proposal twice is one."""
    other_id = UUID(answers.facts["ids"][whom(answers)])
    if other_id not in colleagues(session, person, now):
        raise Refused("not_with_her")
    wished = _proposal(session, answers, person, other_id, now)
    first = wished[0]
    if first.starts_at <= now:
        raise Refused("lesson_begun", day=first.day, period=first.period)
    if standing := same_visit(session, person.id, first):
        return Outcome(say=[Say("already", card_facts(session, standing, person), change_buttons(standing.id))])
    prompt = asked_for(wished, other_id, now)
    session.add_all(wished)
    session.flush()
    known = {**card_facts(session, first, person), "in_time": comes_in_time(session, prompt, now)}
    return Outcome(say=[Say("proposed", known, change_buttons(first.id))], keep=[prompt])


def _proposal(session: Session, answers: Answers, person: Person, other_id: UUID, now: datetime) -> list[Observation]:
    """Make a row for each lesson: one, or those of a whole text."""
    lessons: list[Held | None] = [*chosen_lessons(answers)]
    set_id = new_id() if len(lessons) > 1 else None
    made = [_visit(session, answers, person, other_id, held, now) for held in lessons or [None]]
    for one in made:
        one.series_id = set_id
    return made


def _visit(
    session: Session, answers: Answers, person: Person, other_id: UUID, held: Held | None, now: datetime
) -> Observation:
    observer, teacher = (other_id, person.id) if is_observed(answers) else (person.id, other_id)
    day, period = (held.day, held.period) if held else settled(answers)
    tables = tables_of(answers)
    stage = tables.stage(teacher, day, period) if tables else ""
    return Observation(
        person_id=person.id,
        observer_id=observer,
        teacher_id=teacher,
        lesson_kind=answers["lesson_kind"],
        focus=answers.get("focus") or "",
        made_at=now,
        **placed(session, day, period, person.zone, held or stage),
    )


conversation = Conversation(
    name="observation",
    command="observe",
    questions=(
        Question("whom", colleague(), when=asks_whom),
        Question("side", choice("go", "come"), when=asks_side),
        Question("day", lesson_day(), when=no_slot),
        Question("period", lesson_period(), when=no_period),
        Question("other_lesson", other_lesson(), when=is_contested, is_step=False),
        Question("lessons", lessons_of_text(), when=may_be_set),
        Question("lesson_kind", choice("ordinary", "study", "qualifying")),
        Question("focus", text(at_most=200), when=is_observed, optional=True),
    ),
    finish=finish,
    facts=facts,
    fresh=timetables,
    taps=TAPS,
    prompts=PROMPTS,
    keeps_draft=False,
    takes_rest=True,
)
