"""网页: one personal link that opens the chat on our own page, for long words at a computer and for documents."""

from datetime import datetime

from sqlmodel import Session

from bot.conversation import Command, Outcome, Page, Place, Say
from models import Person
from models.invites import LINK_FOR, new_invite


def answer(session: Session, person: Person, _rest: str, now: datetime) -> Outcome:
    """Give a link for ten minutes, with its code for a browser elsewhere; an older one of hers ends."""
    invite = new_invite(session, person.id, now, kind="link")
    known = {"code": invite.code, "minutes": LINK_FOR.seconds // 60}
    return Outcome([Say("opens", known, page=Page(f"/join/{invite.code}", "open"))], keep=[invite])


def not_here(place: Place) -> str | None:
    """Name what is said where there is no page to open, or on the page itself."""
    if place.is_page:
        return "here_already"
    return None if place.pages else "no_page"


command = Command(name="web_page", command="web", answer=answer, not_here=not_here)
