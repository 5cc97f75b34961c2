"""撤销: bring back what she took back last, within a day."""

from datetime import datetime

from sqlmodel import Session

from bot.conversation import Command, Outcome, Say
from handlers import mine
from models import Person
from models.entries import lately_removed


def answer(session: Session, person: Person, rest: str, now: datetime) -> Outcome:
    """Bring back the latest entry that is not gone for good."""
    entry = lately_removed(session, person.id, now)
    if entry is None:
        return Outcome(say=[Say("nothing_removed")])
    return mine.restored(session, person, entry)


command = Command(name="restore", answer=answer)
