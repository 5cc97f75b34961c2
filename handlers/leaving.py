"""退出: erase everything of hers, after saying what goes and what stays; or only be quiet for a while."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.answers import choice
from bot.conversation import Answers, Conversation, Open, Outcome, PromptKind, Question, Say, Tap
from models import Person, Prompt
from models.erasure import erase, what_goes
from models.observations import called_off
from models.quotes import sources_of


def facts(session: Session, viewer: Person, _now: datetime, _about: UUID | None, _rest: str) -> dict[str, Any]:
    """Count what would go."""
    return {"goes": what_goes(session, viewer.id)}


def finish(session: Session, answers: Answers, person: Person, now: datetime) -> Outcome:
    """Erase her, be quiet for a while, or do nothing."""
    if answers["what"] == "pause":
        return Outcome(open=Open("settings", answers={"what": "pause"}))
    if answers["what"] == "stay" or answers["sure"] == "no":
        return Outcome([Say("stayed")])
    hers = sources_of(session, person.id)
    erased = erase(session, person, now)
    # Whoever was to stand at the door of that lesson must know.
    told = [called_off(visit, other, now) for other, visit in erased.cancelled]
    return Outcome([Say("erased")], keep=[*told], replan=set(erased.replan), ring={"attachments"}, unsay=hers)


def _known(_session: Session, _person: Person, prompt: Prompt, _now: datetime) -> dict[str, Any]:
    return dict(prompt.facts)


def _no_buttons(_prompt: Prompt, _facts: dict[str, Any]) -> tuple[Tap, ...]:
    return ()


conversation = Conversation(
    name="leaving",
    command="quit",
    questions=(
        Question("what", choice("pause", "erase", "stay")),
        # 先不了 stands first: a stray 1 or a second tap must not erase anything.
        Question("sure", choice("no", "yes"), when=lambda a: a.get("what") == "erase"),
    ),
    finish=finish,
    facts=facts,
    prompts=(PromptKind("visit_off", _known, _no_buttons, budgeted=False),),
    keeps_draft=False,
)
