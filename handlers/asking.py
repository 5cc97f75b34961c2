"""When the bot asks about an action: once, once more with a line, one closing question, and then it lets it rest.

The chain is made of prompts, one link at a time: when a link is about to be said, its `wanted` plans the next one
under a key of its own, so that being asked twice plans nothing twice. An answer drops what still waits about the
action; the links planned before that answer therefore end with it.
"""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.conversation import PromptKind, Tap
from models import Action, Person, Prompt
from models.actions import RESTING, own_action
from models.prompts import drop_about, key_exists
from models.rules import cadence
from models.rules.contact import Due, Habits, first_chance
from models.rules.wall_time import local_day

FIRST, AGAIN, CLOSING, REST = "follow_up", "follow_up_again", "follow_up_closing", "follow_up_rest"
LINKS = (FIRST, AGAIN, CLOSING, REST)


def habits_of(person: Person) -> Habits:
    """Read when she wants to hear from the bot, as far as it stands in her own row."""
    return Habits(
        zone=person.zone,
        weekdays=frozenset(int(day) for day in person.contact_days),
        start=time.fromisoformat(person.contact_from),
        end=time.fromisoformat(person.contact_until),
        may_contact=person.may_contact,
        paused_until=person.paused_until,
    )


def asked_at(prompt: Prompt, person: Person) -> str | None:
    """Say when the asking will really come, on a day and at an hour that suit her; None if it will not come."""
    chance = first_chance(Due(prompt.id, prompt.kind, prompt.due_at), habits_of(person), (), prompt.made_at)
    return chance.at.isoformat() if chance.at else None


def ask_on(session: Session, action: Action, day: date, person: Person, now: datetime) -> Prompt:
    """Plan a new round of asking, on her local `day`; a day whose hours have begun becomes the next one."""
    due = cadence.follow_up_at(day, habits_of(person))
    if due <= now:
        due = cadence.follow_up_at(max(day, local_day(now, person.zone)) + timedelta(days=1), habits_of(person))
    return _link(FIRST, action.id, _next_round(session, action.id), person, due, now)


def stop_asking(session: Session, action: Action) -> set[UUID]:
    """Drop what still waits to be asked about an action; return whose plan changed."""
    action.touches = 0
    return set(drop_about(session, action.id, LINKS))


def _next_round(session: Session, action_id: UUID) -> int:
    number = 1
    while key_exists(session, _key(FIRST, action_id, number)):
        number += 1
    return number


def _key(kind: str, action_id: UUID, number: int) -> str:
    return f"action:{action_id}/{kind}:{number}"


def _link(
    kind: str, action_id: UUID, number: int, person: Person, due: datetime, now: datetime, **facts: Any
) -> Prompt:
    return Prompt(
        key=_key(kind, action_id, number),
        person_id=person.id,
        kind=kind,
        about_id=action_id,
        facts={"round": number, **facts},
        due_at=due,
        expires_at=None if kind == REST else cadence.expires_at(kind, due),
        made_at=now,
    )


def _plan_next(
    session: Session, kind: str, prompt: Prompt, person: Person, due: datetime, now: datetime, **facts: Any
) -> None:
    number = prompt.facts["round"]
    if prompt.about_id is not None and not key_exists(session, _key(kind, prompt.about_id, number)):
        session.add(_link(kind, prompt.about_id, number, person, due, now, **facts))


def _open_action(session: Session, person: Person, prompt: Prompt) -> Action | None:
    action = own_action(session, person.id, prompt.about_id) if prompt.about_id else None
    return action if action is not None and action.is_open() else None


def _first_wanted(session: Session, person: Person, prompt: Prompt, now: datetime) -> dict[str, Any] | None:
    """Ask about an action that is still open, and plan the second touch."""
    action = _open_action(session, person, prompt)
    if action is None:
        return None
    action.touches = 1
    due = cadence.second_touch_at(now, person.zone)
    _plan_next(session, AGAIN, prompt, person, due, now, asked_at=now.isoformat())
    return {"action": action.told(), "round": prompt.facts["round"]}


def _again_wanted(session: Session, person: Person, prompt: Prompt, now: datetime) -> dict[str, Any] | None:
    """Meet silence once more, and plan the closing question."""
    action = _open_action(session, person, prompt)
    if action is None:
        return None
    action.touches = 2
    due = max(
        cadence.closing_at(datetime.fromisoformat(prompt.facts["asked_at"]), person.zone), now + timedelta(days=1)
    )
    _plan_next(session, CLOSING, prompt, person, due, now)
    return {"action": action.told()}


def _closing_wanted(session: Session, person: Person, prompt: Prompt, now: datetime) -> dict[str, Any] | None:
    """Ask whether to put it away, and plan to do so if silence goes on."""
    action = _open_action(session, person, prompt)
    if action is None:
        return None
    action.touches = 3
    _plan_next(session, REST, prompt, person, cadence.wait_after_silence(now, person.zone), now)
    return {"action": action.told()}


def _rest_wanted(session: Session, person: Person, prompt: Prompt, _now: datetime) -> None:
    """Let the action rest (暂缓) without a word; nobody is shown a change."""
    action = _open_action(session, person, prompt)
    if action is not None:
        action.state = RESTING


def _asking_buttons(prompt: Prompt, _facts: dict[str, Any]) -> tuple[Tap, ...]:
    # A card that merges several things shows the first button of each: the one that opens the conversation.
    row = prompt.about_id
    tell = Tap("open", row, "follow_up", block="tap__say_more")
    return (tell, Tap("done", row), Tap("partly", row), Tap("no_chance", row))


def _closing_buttons(prompt: Prompt, _facts: dict[str, Any]) -> tuple[Tap, ...]:
    row = prompt.about_id
    return (Tap("put_away", row), Tap("rework", row), Tap("did", row))


def _no_buttons(_prompt: Prompt, _facts: dict[str, Any]) -> tuple[Tap, ...]:
    return ()


prompts = (
    PromptKind(FIRST, _first_wanted, _asking_buttons),
    PromptKind(AGAIN, _again_wanted, _asking_buttons),
    PromptKind(CLOSING, _closing_wanted, _closing_buttons),
    PromptKind(REST, _rest_wanted, _no_buttons, budgeted=False),
)
