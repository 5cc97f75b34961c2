"""When the bot asks about an action: once, again as often as her strength says, one closing question, then it rests.

The chain is made of prompts, one link at a time: when a link is about to be said, its `wanted` plans the next one
under a key of its own, so that being asked twice plans nothing twice. An answer drops what still waits about the
action; the links planned before that answer therefore end with it. Days of leave, vacation and holiday are no days of
silence: a link that such days have overtaken is planned anew.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.conversation import PromptKind, Tap
from bot.planning import desk_of, habits_of
from bot.school import school_clock
from models import Action, Person, Prompt
from models.actions import RESTING, own_action
from models.prompts import drop_about, key_exists
from models.rules import cadence
from models.rules.contact import ORDINARY, UNSAID, Due, first_chance
from models.rules.wall_time import local_day

FIRST, AGAIN, CLOSING, REST = "follow_up", "follow_up_again", "follow_up_closing", "follow_up_rest"
LINKS = (FIRST, AGAIN, CLOSING, REST)
ONE_DAY = timedelta(days=1)


def asked_at(session: Session, prompt: Prompt, person: Person) -> str | None:
    """Say when the asking will really come, on a day and at an hour that suit her; None if it will not come."""
    desk = desk_of(session, person, prompt.made_at)
    habits = replace(desk.habits, heard_at=prompt.made_at)  # she is speaking now
    due = Due(prompt.id, prompt.kind, prompt.due_at)
    chance = first_chance(due, habits, desk.spoken, prompt.made_at, desk.calendar)
    return chance.at.isoformat() if chance.at else None


def ask_on(session: Session, action: Action, day: date, person: Person, now: datetime) -> Prompt:
    """Plan a new round of asking, on her local `day`; a day whose hours have begun becomes the next one."""
    habits = habits_of(session, person, now)
    due = cadence.follow_up_at(day, habits)
    if due <= now:
        due = cadence.follow_up_at(max(day, local_day(now, person.zone)) + ONE_DAY, habits)
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


def _key(kind: str, action_id: UUID, number: int, turn: int = 0) -> str:
    return f"action:{action_id}/{kind}:{number}" + (f".{turn}" if turn else "")


def _link(
    kind: str, action_id: UUID, number: int, person: Person, due: datetime, now: datetime, turn: int = 0, **facts: Any
) -> Prompt:
    return Prompt(
        key=_key(kind, action_id, number, turn),
        person_id=person.id,
        kind=kind,
        about_id=action_id,
        facts={"round": number} | ({"turn": turn} if turn else {}) | facts,
        due_at=due,
        expires_at=None if kind == REST else cadence.expires_at(kind, due),
        manner=UNSAID if kind == REST else ORDINARY,
        made_at=now,
    )


def _plan_next(
    session: Session,
    kind: str,
    prompt: Prompt,
    person: Person,
    due: datetime,
    now: datetime,
    asked: datetime,
    turn: int = 0,
) -> None:
    number = prompt.facts["round"]
    if prompt.about_id is not None and not key_exists(session, _key(kind, prompt.about_id, number, turn)):
        since = {"asked_at": asked.isoformat()}
        session.add(_link(kind, prompt.about_id, number, person, due, now, turn, **since))


def _open_action(session: Session, person: Person, prompt: Prompt) -> Action | None:
    action = own_action(session, person.id, prompt.about_id) if prompt.about_id else None
    return action if action is not None and action.is_open() else None


def _first_wanted(session: Session, person: Person, prompt: Prompt, now: datetime) -> dict[str, Any] | None:
    """Ask about an action that is still open, and plan how silence is met."""
    action = _open_action(session, person, prompt)
    if action is None:
        return None
    action.touches = 1
    _meet_silence(session, person, prompt, now, asked=now, turn=0)
    return {"action": action.told(), "round": prompt.facts["round"]}


def _again_wanted(session: Session, person: Person, prompt: Prompt, now: datetime) -> dict[str, Any] | None:
    """Meet silence once more, and plan what comes after it."""
    action = _open_action(session, person, prompt)
    if action is None:
        return None
    action.touches += 1
    _meet_silence(session, person, prompt, now, _asked(prompt), prompt.facts.get("turn", 0) + 1)
    return {"action": action.told()}


def _meet_silence(session: Session, person: Person, prompt: Prompt, now: datetime, asked: datetime, turn: int) -> None:
    """Plan the next touch of her strength, or the closing question; never two within a day."""
    touches = cadence.STRENGTHS[person.strength].touches
    if turn < len(touches):
        due = cadence.second_touch_at(asked, person.zone, school_clock(session).calendar, touches[turn])
        _plan_next(session, AGAIN, prompt, person, max(due, now + ONE_DAY), now, asked, turn)
    else:
        due = cadence.closing_at(asked, person.zone, _days_present(session, person, now))
        _plan_next(session, CLOSING, prompt, person, max(due, now + ONE_DAY), now, asked)


def _closing_wanted(session: Session, person: Person, prompt: Prompt, now: datetime) -> dict[str, Any] | None:
    """Ask whether to put it away, and plan to do so if silence goes on."""
    action = _open_action(session, person, prompt)
    counts = _days_present(session, person, now)
    if action is None or _is_overtaken(
        session, person, prompt, now, cadence.closing_at(_asked(prompt), person.zone, counts)
    ):
        return None
    action.touches += 1
    _plan_next(session, REST, prompt, person, cadence.wait_after_silence(now, person.zone, counts), now, now)
    return {"action": action.told()}


def _rest_wanted(session: Session, person: Person, prompt: Prompt, now: datetime) -> None:
    """Let the action rest (暂缓) without a word; nobody is shown a change."""
    action = _open_action(session, person, prompt)
    rests_at = cadence.wait_after_silence(_asked(prompt), person.zone, _days_present(session, person, now))
    if action is not None and not _is_overtaken(session, person, prompt, now, rests_at):
        action.state = RESTING


def _is_overtaken(session: Session, person: Person, prompt: Prompt, now: datetime, due: datetime) -> bool:
    """Say whether a leave or a vacation that nobody knew of moved a link; it is then planned for its new time."""
    if due <= now:
        return False
    _plan_next(session, prompt.kind, prompt, person, due, now, _asked(prompt), prompt.facts.get("turn", 0) + 1)
    return True


def _asked(prompt: Prompt) -> datetime:
    return datetime.fromisoformat(prompt.facts["asked_at"])


def _days_present(session: Session, person: Person, now: datetime) -> Callable[[date], bool]:
    return cadence.days_present(school_clock(session).calendar, habits_of(session, person, now).away)


def _asking_buttons(prompt: Prompt, _facts: dict[str, Any]) -> tuple[Tap, ...]:
    # A card that merges several things shows the first alone: it opens the conversation, which asks for the others.
    row = prompt.about_id
    tell = Tap("open", row, "follow_up", block="tap__say_more")
    return (tell, Tap("done", row), Tap("partly", row), Tap("no_chance", row))


def _closing_buttons(prompt: Prompt, _facts: dict[str, Any]) -> tuple[Tap, ...]:
    row = prompt.about_id
    return (Tap("put_away", row), Tap("rework", row), Tap("did", row))


def _no_buttons(_prompt: Prompt, _facts: dict[str, Any]) -> tuple[Tap, ...]:
    return ()


prompts = (
    PromptKind(FIRST, _first_wanted, _asking_buttons, first_opens_all=True),
    PromptKind(AGAIN, _again_wanted, _asking_buttons, first_opens_all=True),
    PromptKind(CLOSING, _closing_wanted, _closing_buttons),
    PromptKind(REST, _rest_wanted, _no_buttons, budgeted=False),
)
