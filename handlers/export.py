"""导出: everything of hers in one zip, to read and to take elsewhere."""

from datetime import datetime

from sqlmodel import Session

from bot.conversation import Command, Form, Outcome, Say
from models import Person


def answer(_session: Session, person: Person, _rest: str, _now: datetime) -> Outcome:
    """Hand over her own file; it is made when the message leaves, and goes to nobody else."""
    return Outcome(say=[Say("here", form=Form("export", person.id))])


command = Command(name="export", command="export", answer=answer)
