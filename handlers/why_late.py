"""为什么现在才说: tell a person why the last card came when it did, item by item, in words she can check."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session

from bot.conversation import Command, Outcome, Say, Tap
from models import Person, Prompt
from models.prompts import last_said
from models.rules.contact import Reason
from models.rules.waits import MISSED, Wait, as_wait
from models.rules.wall_time import local_day

SHOWN = 3  # items of a merged card
AT_ONCE = timedelta(minutes=15)  # what is said within this was said on time


def answer(session: Session, person: Person, rest: str, now: datetime) -> Outcome:
    """Explain the last card; say so when there was none."""
    said = last_said(session, person.id)
    settings = (Tap("cmd", handler="settings"),)
    if not said or said[0].queued_at is None:
        return Outcome(say=[Say("nothing_said", buttons=settings)])
    facts = {
        "items": [_item(prompt, person.zone) for prompt in said[:SHOWN]],
        "said_at": said[0].queued_at.isoformat(),
        "more": max(0, len(said) - SHOWN),
    }
    return Outcome(say=[Say("why", facts, settings)])


def _item(prompt: Prompt, zone: str) -> dict[str, Any]:
    said_at = prompt.queued_at or prompt.due_at
    wait = as_wait(prompt.wait) or Wait(said_at)
    might_at = wait.at or said_at
    return {
        "kind": prompt.kind,
        "due_at": prompt.due_at.isoformat(),
        "might_at": might_at.isoformat(),
        "is_on_time": said_at - prompt.due_at <= AT_ONCE,
        "is_our_fault": said_at - might_at > MISSED,
        "reasons": [_told(reason, zone) for reason in wait.reasons],
    }


def _told(reason: Reason, zone: str) -> dict[str, Any]:
    last: date | None = local_day(reason.until, zone) - timedelta(days=1) if reason.until else None
    return {
        "code": reason.code,
        "name": reason.name,
        "until": reason.until.isoformat() if reason.until else None,
        "last": last.isoformat() if last else None,  # the last day of it
    }


command = Command(name="why_late", answer=answer)
