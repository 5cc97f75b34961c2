"""改期 and 换个时间: offer another lesson, which the other side has to agree to; and name one thing to watch."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.answers import choice, text
from bot.conversation import Answers, Conversation, Outcome, Question, Say, Tap
from bot.errors import Refused
from bot.planning import comes_in_time
from handlers.lesson_pair import first_lesson, is_contested, no_period, settled, tables_of
from handlers.lesson_slot import lesson_day, lesson_period, other_lesson
from handlers.observation import taken_facts, timetables
from handlers.observation_cards import card_facts, other_side, told
from handlers.observation_set import asked_for, is_live, planned_anew, put, unplanned
from handlers.observation_taps import together
from models import Observation, Person
from models.observations import visible_observation
from models.rules.contact import APPOINTMENT, PERSONAL
from models.rules.timetable import Held


def _live(session: Session, viewer: Person, about: UUID | None, now: datetime) -> Observation:
    """Get an observation of hers that is still to come; raise Refused."""
    observation = visible_observation(session, viewer.id, about) if about else None
    if observation is None:
        raise Refused("gone")
    if not is_live(observation, now):
        raise Refused("over", **card_facts(session, observation, viewer))
    return observation


def facts(session: Session, viewer: Person, now: datetime, about: UUID | None, rest: str) -> dict[str, Any]:
    """Read the observation to be moved, and the lessons at which either side has another one."""
    observation = _live(session, viewer, about, now)
    other_id = other_side(observation, viewer)
    card = card_facts(session, observation, viewer)
    taken = taken_facts(session, viewer, [other_id], {other_id: "her"}, now)["taken"]
    return {
        **card,
        "about": str(observation.id),
        "me": str(viewer.id),
        "ids": {"her": str(other_id)},
        "is_set": observation.state == "agreed" and len(together(session, viewer, observation, now)) > 1,
        "only": "her",
        "slot": None,
        "was_mine": observation.person_id == viewer.id,
        # The lesson it leaves is free again, so it is not in its own way.
        "taken": [slot for slot in taken if slot[1:] != [card["day"], card["period"]]],
    }


def moves_all(answers: Answers) -> bool:
    """Say whether the whole set is to be moved, or only this lesson of it."""
    return bool(answers.facts["is_set"] and answers["scope"] == "all")


def finish(session: Session, answers: Answers, person: Person, now: datetime) -> Outcome:
    """Offer the other lesson; what was planned for the old one is void at once."""
    observation = _live(session, person, UUID(answers.facts["about"]), now)
    if observation.version != answers.facts["version"]:
        raise Refused("moved_meanwhile", **card_facts(session, observation, person))
    was = {"day": observation.day.isoformat(), "period": observation.period, "agreed": observation.state == "agreed"}
    day, period = settled(answers)
    if (was["day"], was["period"]) == (day.isoformat(), period):
        return Outcome(say=[Say("same_time", card_facts(session, observation, person))])
    if not _begins_later(answers, observation, person, now):
        raise Refused("lesson_begun", day=day, period=period)
    alone = was["agreed"] and not moves_all(answers)
    moved = [observation] if alone else together(session, person, observation, now)
    replan = unplanned(session, moved)
    _put_all(session, answers, moved, observation, person)
    for one in moved:
        one.person_id, one.state, one.version = person.id, "proposed", one.version + 1
    session.flush()
    prompts, dropped = planned_anew(session, observation, now)
    # A change of what was agreed may be for tomorrow morning: it must not wait for the afternoon.
    manner = APPOINTMENT if was["agreed"] else PERSONAL
    asked = sorted(moved, key=lambda one: one.starts_at)
    question = asked_for(asked, other_side(observation, person), now, manner, was=was)
    known = {"was": was, "in_time": comes_in_time(session, question, now)}
    facts = {**card_facts(session, observation, person), **known}
    cancel = Tap("cancel", row=observation.id, handler="observation")
    return Outcome(say=[Say("offered", facts, (cancel,))], keep=[*prompts, question], replan=replan | dropped)


def _begins_later(answers: Answers, observation: Observation, person: Person, now: datetime) -> bool:
    day, period = settled(answers)
    tables = tables_of(answers)
    return tables is None or tables.starts_at(day, period, tables.stage(observation.teacher_id, day, period)) > now


def _put_all(
    session: Session, answers: Answers, moved: list[Observation], observation: Observation, person: Person
) -> None:
    """Put the lesson at its new place, and the others of its set at the next lessons of that class.

    Where the timetable does not know so many, they keep their distance in days.
    """
    day, period = settled(answers)
    held, tables = first_lesson(answers), tables_of(answers)
    ahead = day - observation.day
    others = [one for one in moved if one is not observation]
    later = tables.following(held, len(others)) if held and tables else []
    stage = tables.stage(observation.teacher_id, day, period) if tables else ""
    put(session, observation, day, period, person.zone, held or stage)
    for place, one in enumerate(others):
        next_one: Held | None = later[place] if place < len(later) else None
        on, at = (next_one.day, next_one.period) if next_one else (one.day + ahead, one.period)
        put(session, one, on, at, person.zone, next_one or stage)


def focus_facts(session: Session, viewer: Person, now: datetime, about: UUID | None, rest: str) -> dict[str, Any]:
    """Read the observation whose lesson is hers; raise Refused for anybody else."""
    observation = _live(session, viewer, about, now)
    if observation.teacher_id != viewer.id:
        raise Refused("gone")
    return {**card_facts(session, observation, viewer), "about": str(observation.id)}


def keep_focus(session: Session, answers: Answers, person: Person, now: datetime) -> Outcome:
    """Keep the one thing to watch; the observer hears it with the reminder, or now when the lesson is near."""
    observation = _live(session, person, UUID(answers.facts["about"]), now)
    if observation.teacher_id != person.id:
        raise Refused("gone")
    observation.focus = answers["focus"]
    prompt = told(observation, observation.observer_id, "observation_focus", now)
    prompt.key += f":{int(now.timestamp())}"  # she may change her mind and name another thing
    return Outcome(say=[Say("focus_kept", card_facts(session, observation, person))], keep=[prompt])


conversation = Conversation(
    name="observation_move",
    questions=(
        Question("scope", choice("all", "one"), when=lambda answers: answers.facts["is_set"]),
        Question("day", lesson_day()),
        Question("period", lesson_period(), when=no_period),
        Question("other_lesson", other_lesson(), when=is_contested, is_step=False),
    ),
    finish=finish,
    facts=facts,
    fresh=timetables,
    keeps_draft=False,
)

focus = Conversation(
    name="observation_focus",
    questions=(Question("focus", text(at_most=200)),),
    finish=keep_focus,
    facts=focus_facts,
    keeps_draft=False,
)

handlers = [conversation, focus]
