"""绑定: a one-time code that brings a second channel to the same person."""

from datetime import datetime

from sqlmodel import Session

from bot.conversation import Command, Outcome, Say
from models import Person
from models.invites import LINK_FOR, new_invite
from models.people import channels_of


def answer(session: Session, person: Person, _rest: str, now: datetime) -> Outcome:
    """Give a code for ten minutes; an older one of hers ends."""
    invite = new_invite(session, person.id, now, kind="link")
    channels = channels_of(session, person.id)
    known = {"code": invite.code, "minutes": LINK_FOR.seconds // 60, "until": invite.expires_at, "channels": channels}
    return Outcome([Say("code", known)], keep=[invite])


command = Command(name="link", command="link", answer=answer)
