"""The last question after a long silence: whether to be quiet for a while. Any answer, and any word at all, ends it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.conversation import Command, Outcome, PromptKind, Say, Tap
from models import Person, Prompt
from models.people import reach_of
from models.rules.cadence import STRENGTHS

KIND = "quiet_question"
ANSWERS = (Tap("go_on"), Tap("lighter"), Tap("stop"))


def wanted(session: Session, person: Person, prompt: Prompt, now: datetime) -> dict[str, Any] | None:
    """Ask only while the silence lasts that it was planned for."""
    heard_at, _ = reach_of(session, person.id)
    is_silent = heard_at is not None and heard_at.isoformat() == prompt.facts["heard_at"]
    return {} if is_silent else None


def buttons(prompt: Prompt, facts: dict[str, Any]) -> tuple[Tap, ...]:
    """Offer to go on, to say less, or to stop."""
    return ANSWERS


def answer(session: Session, person: Person, rest: str, now: datetime) -> Outcome:
    """Let her choose the same of her own accord."""
    return Outcome(say=[Say("choose", buttons=ANSWERS)])


def go_on(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """Go on as before; that she answered is enough for the planner."""
    known = session.get(Person, person.id)
    return Outcome(say=[Say("as_before" if known else "gone")], replan={person.id})


def lighter(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """Remind her less from now on."""
    hers = session.get(Person, person.id)
    if hers is None:
        return Outcome(say=[Say("gone")])
    hers.strength = "light"
    hers.weekly_budget = min(hers.weekly_budget, STRENGTHS["light"].weekly_budget)
    return Outcome(say=[Say("less", {"budget": hers.weekly_budget}, _change)], keep=[hers], replan={person.id})


def stop(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """Say nothing of one's own accord until she changes it in 设置."""
    hers = session.get(Person, person.id)
    if hers is None:
        return Outcome(say=[Say("gone")])
    hers.may_contact = False
    return Outcome(say=[Say("stopped", buttons=_change)], keep=[hers], replan={person.id})


_change = (Tap("cmd", handler="settings"),)

command = Command(
    name="quiet",
    answer=answer,
    taps={"go_on": go_on, "lighter": lighter, "stop": stop},
    prompts=(PromptKind(KIND, wanted, buttons),),
)
