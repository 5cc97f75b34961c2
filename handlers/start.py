"""开始 and 帮助: a short welcome, and what can be said here; a stranger is led to joining."""

from datetime import datetime

from sqlmodel import Session

from bot.conversation import Command, Open, Outcome, Say, Tap
from models import Address, Person
from models.people import roles_of

FIRST_STEPS = ("reflection", "action", "open_items", "help")  # handlers that a welcome offers as buttons


def _is_stranger(session: Session, person: Person) -> bool:
    # A stranger is played by her address, whose id stands in for that of a person.
    return session.get(Address, person.id) is not None


def welcome(session: Session, person: Person, rest: str, _now: datetime) -> Outcome:
    """Greet who has joined; let a stranger join, with the code her link carried."""
    if _is_stranger(session, person):
        return Outcome(open=Open("join", rest=rest))
    buttons = tuple(Tap("cmd", handler=name, block=f"tap__{name}") for name in FIRST_STEPS)
    return Outcome([Say("welcome", buttons=buttons)])


def explain(session: Session, person: Person, _rest: str, _now: datetime) -> Outcome:
    """List what can be said, with what her roles add; a stranger hears what this is, and how to come in."""
    if _is_stranger(session, person):
        return Outcome([Say("stranger")], open=Open("join"))
    return Outcome([Say("commands", {"roles": sorted(roles_of(session, person.id))})])


start = Command(name="start", command="start", answer=welcome, takes_rest=True)
help_ = Command(name="help", command="help", answer=explain)
