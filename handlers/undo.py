"""撤回 /undo: take back the latest thing she sent or wrote within a day."""

from datetime import datetime

from sqlmodel import Session

from bot.conversation import Command, Outcome, Say
from handlers.mine import removed
from models import Person
from models.entries import RESTORABLE, own_entries


def answer(session: Session, person: Person, rest: str, now: datetime) -> Outcome:
    """Remove her latest entry of the last day, and offer to bring it back."""
    latest = next(iter(own_entries(session, person.id, at_most=1)), None)
    if latest is None or latest.written_at < now - RESTORABLE:
        return Outcome(say=[Say("nothing_new")])
    return removed(session, person, latest, now)


command = Command(name="undo", answer=answer, command="undo")
