"""改期 and 换个时间: offer another lesson, which the other side has to agree to; and name one thing to watch."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.answers import text
from bot.conversation import Answers, Conversation, Outcome, Question, Say, Tap
from bot.errors import Refused
from handlers.lesson_slot import is_taken, lesson_day, lesson_period, no_period, other_lesson, settled
from handlers.observation import taken_facts
from handlers.observation_cards import card_facts, other_side, told
from models import Observation, Person
from models.observations import LIVE, visible_observation
from models.prompts import drop_about
from models.rules.bells import lesson_ends_at, lesson_starts_at
from models.rules.contact import APPOINTMENT, PERSONAL


def _live(session: Session, viewer: Person, about: UUID | None, now: datetime) -> Observation:
    """Get an observation of hers that is still to come; raise Refused."""
    observation = visible_observation(session, viewer.id, about) if about else None
    if observation is None:
        raise Refused("gone")
    if observation.state not in LIVE or observation.ends_at <= now:
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
        "only": "her",
        "slot": None,
        "was_mine": observation.person_id == viewer.id,
        # The lesson it leaves is free again, so it is not in its own way.
        "taken": [slot for slot in taken if slot[1:] != [card["day"], card["period"]]],
    }


def finish(session: Session, answers: Answers, person: Person, now: datetime) -> Outcome:
    """Offer the other lesson; what was planned for the old one is void at once."""
    observation = _live(session, person, UUID(answers.facts["about"]), now)
    if observation.version != answers.facts["version"]:
        raise Refused("moved_meanwhile", **card_facts(session, observation, person))
    day, period = settled(answers)
    starts_at = lesson_starts_at(day, period, person.zone)
    if starts_at <= now:
        raise Refused("lesson_begun", day=day, period=period)
    was = {"day": observation.day.isoformat(), "period": observation.period, "agreed": observation.state == "agreed"}
    if (was["day"], was["period"]) == (day.isoformat(), period):
        return Outcome(say=[Say("same_time", card_facts(session, observation, person))])
    replan = set(drop_about(session, observation.id))
    observation.day, observation.period, observation.starts_at = day, period, starts_at
    observation.ends_at = lesson_ends_at(day, period, person.zone)
    observation.person_id, observation.state, observation.version = person.id, "proposed", observation.version + 1
    # A change of what was agreed may be for tomorrow morning: it must not wait for the afternoon.
    manner = APPOINTMENT if was["agreed"] else PERSONAL
    prompt = told(observation, other_side(observation, person), "observation_proposed", now, manner, was=was)
    facts = {**card_facts(session, observation, person), "was": was}
    cancel = Tap("cancel", row=observation.id, handler="observation")
    return Outcome(say=[Say("offered", facts, (cancel,))], keep=[prompt], replan=replan)


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
        Question("day", lesson_day()),
        Question("period", lesson_period(), when=no_period),
        Question("other_lesson", other_lesson(), when=is_taken, is_step=False),
    ),
    finish=finish,
    facts=facts,
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
