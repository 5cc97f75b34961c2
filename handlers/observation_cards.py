"""What is said of its own accord about an observation: the question, the answer, the reminders, the changes."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlmodel import Session

from bot.conversation import PromptKind, Tap
from bot.school import has_its_time, school_clock
from handlers.timetables import is_held
from models import Observation, Person, Prompt
from models.closed_days import DAY_CLOSED, LESSON_GONE, lost_its_lesson
from models.observations import LIVE, lessons_of_set, visible_observation
from models.rules.contact import PERSONAL

Wanted = Callable[[Session, Person, Prompt, datetime], dict[str, Any] | None]


def other_side(observation: Observation, person: Person) -> Any:
    """Name the one of the two who is not `person`, by id."""
    return observation.teacher_id if person.id == observation.observer_id else observation.observer_id


def card_facts(session: Session, observation: Observation, viewer: Person) -> dict[str, Any]:
    """Tell one of its two sides about an observation, without the words of its feedback."""
    other = session.get(Person, other_side(observation, viewer))
    assert other is not None  # a foreign key
    return {
        "name": other.name,
        "observes": viewer.id == observation.observer_id,
        "day": observation.day.isoformat(),
        "period": observation.period,
        "starts_at": observation.starts_at.isoformat(),
        "ends_at": observation.ends_at.isoformat(),
        "lesson_kind": observation.lesson_kind,
        "focus": observation.focus,
        "state": observation.state,
        "version": observation.version,
        "class_name": observation.class_name,
        "subject": observation.subject,
        "lessons": _whole_set(session, observation, viewer),
    }


def _whole_set(session: Session, observation: Observation, viewer: Person) -> list[dict[str, Any]]:
    """List the lessons of a whole text (整篇) that stand as this one does; nothing for a lesson alone."""
    together = [one for one in lessons_of_set(session, viewer.id, observation) if one.state == observation.state]
    told = [{"day": one.day.isoformat(), "period": one.period, "id": str(one.id)} for one in together]
    return told if len(told) > 1 else []


def told(observation: Observation, to: Any, kind: str, now: datetime, manner: str = PERSONAL, **facts: Any) -> Prompt:
    """Plan to tell one side what the other just did; its key carries the version, so a move makes it void."""
    return Prompt(
        key=f"observation:{observation.id}/{observation.version}:{kind}",
        person_id=to,
        kind=kind,
        about_id=observation.id,
        facts={"version": observation.version, **facts},
        due_at=now,
        expires_at=observation.starts_at if observation.starts_at > now else observation.ends_at,
        manner=manner,
        made_at=now,
    )


def _while_state(*states: str) -> Wanted:
    """Say a card only while the observation is in one of these states and was not moved since."""

    def wanted(session: Session, person: Person, prompt: Prompt, now: datetime) -> dict[str, Any] | None:
        observation = visible_observation(session, person.id, prompt.about_id) if prompt.about_id else None
        if observation is None or observation.state not in states:
            return None
        if observation.version != prompt.facts["version"] or _is_off(session, observation, now):
            return None
        return {**prompt.facts, **card_facts(session, observation, person)}

    return wanted


def _is_off(session: Session, observation: Observation, now: datetime) -> bool:
    """Say whether the lesson of a coming visit is not held, as both sides were told: no lessons that day, or not it."""
    if observation.state not in LIVE:
        return False
    is_open = has_its_time(session, observation, school_clock(session).calendar)
    if not is_open and lost_its_lesson(session, observation, DAY_CLOSED):
        return True
    return lost_its_lesson(session, observation, LESSON_GONE) and not is_held(session, observation, now)


def _evening_wanted(session: Session, person: Person, prompt: Prompt, now: datetime) -> dict[str, Any] | None:
    """Tell of the lesson, and of those of the same set that follow it."""
    facts = _while_state("agreed")(session, person, prompt, now)
    if facts is None:
        return None
    here = (facts["day"], facts["period"])
    return {**facts, "more": [one for one in facts["lessons"] if (one["day"], one["period"]) > here]}


def _feedback_wanted(session: Session, person: Person, prompt: Prompt, now: datetime) -> dict[str, Any] | None:
    observation = visible_observation(session, person.id, prompt.about_id) if prompt.about_id else None
    if observation is None or observation.feedback not in ("none", "draft"):
        return None
    return _while_state("agreed", "held")(session, person, prompt, now)


def _proposal_buttons(prompt: Prompt, facts: dict[str, Any]) -> tuple[Tap, ...]:
    # The prompt's own id, not the observation's: a tap on an older card must not agree to a lesson it did not show.
    return (
        Tap("agree", row=prompt.id),
        Tap("open", row=prompt.about_id, handler="observation_move", block="tap__other_time"),
        Tap("decline", row=prompt.id),
    )


def change_buttons(observation_id: Any) -> tuple[Tap, ...]:
    """Give the buttons that change an appointment."""
    move = Tap("open", row=observation_id, handler="observation_move", block="tap__move")
    return (move, Tap("cancel", row=observation_id))


def agreed_buttons(observation_id: Any, facts: dict[str, Any]) -> tuple[Tap, ...]:
    """Give the buttons of an appointment just made: she may still name what to watch, and take it to her calendar."""
    named = facts["observes"] or facts["focus"]
    focus = Tap("open", row=observation_id, handler="observation_focus", block="tap__focus")
    return (*(() if named else (focus,)), Tap("calendar", row=observation_id), *change_buttons(observation_id))


def _standing(prompt: Prompt, facts: dict[str, Any]) -> tuple[Tap, ...]:
    return (Tap("noted", row=prompt.about_id), *change_buttons(prompt.about_id))


def _agreed(prompt: Prompt, facts: dict[str, Any]) -> tuple[Tap, ...]:
    return agreed_buttons(prompt.about_id, facts)


def _again(prompt: Prompt, facts: dict[str, Any]) -> tuple[Tap, ...]:
    again = Tap("open", row=prompt.about_id, handler="observation", block="tap__again")
    return (again, Tap("noted", row=prompt.about_id))


def _noted(prompt: Prompt, facts: dict[str, Any]) -> tuple[Tap, ...]:
    return (Tap("noted", row=prompt.about_id),)


def _feedback_buttons(prompt: Prompt, facts: dict[str, Any]) -> tuple[Tap, ...]:
    return (
        Tap("open", row=prompt.about_id, handler="feedback", block="tap__write"),
        Tap("not_held", row=prompt.about_id),
        Tap("feedback_later", row=prompt.about_id),
    )


PROMPTS = (
    PromptKind("observation_proposed", _while_state("proposed"), _proposal_buttons, budgeted=False),
    PromptKind("observation_agreed", _while_state("agreed"), _agreed, budgeted=False),
    PromptKind("observation_declined", _while_state("declined"), _again, budgeted=False),
    PromptKind("observation_cancelled", _while_state("cancelled"), _again, budgeted=False),
    PromptKind("observation_follows", _while_state("agreed"), _standing, budgeted=False),
    PromptKind("observation_focus", _while_state("agreed"), _noted, budgeted=False),
    PromptKind("observation_evening", _evening_wanted, _standing, budgeted=False),
    PromptKind("observation_soon", _while_state("agreed"), _standing, budgeted=False),
    PromptKind("observation_feedback", _feedback_wanted, _feedback_buttons),
)
