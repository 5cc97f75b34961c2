"""After a restore: what was about to be said is held until the office says so, since it may have been said before."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from models.messages import Outbound
from models.people import Person
from models.prompts import Prompt


@dataclass(frozen=True)
class Held:
    """How many messages and prompts are held."""

    messages: int
    prompts: int

    def __bool__(self) -> bool:
        """Say whether there is anything."""
        return bool(self.messages or self.prompts)


def hold_waiting(session: Session, now: datetime) -> Held:
    """Hold every message that waits or is claimed, and every prompt that is due by `now`."""
    session.execute(
        update(Outbound)
        .where(col(Outbound.state).in_(("waiting", "claimed")))
        .values(state="held", lease_until=None, fence=col(Outbound.fence) + 1)
    )
    session.execute(
        update(Prompt).where(col(Prompt.state) == "waiting", col(Prompt.due_at) <= now).values(state="held")
    )
    return held(session)


def held(session: Session) -> Held:
    """Count what is held."""
    messages = select(func.count()).select_from(Outbound).where(col(Outbound.state) == "held")
    prompts = select(func.count()).select_from(Prompt).where(col(Prompt.state) == "held")
    return Held(session.exec(messages).one(), session.exec(prompts).one())


def send_held(session: Session, now: datetime) -> Held:
    """Let what is held go its way: messages at once, prompts when they suit the person."""
    found = held(session)
    session.execute(update(Outbound).where(col(Outbound.state) == "held").values(state="waiting", not_before=now))
    people = select(Prompt.person_id).where(col(Prompt.state) == "held")
    session.execute(update(Person).where(col(Person.id).in_(people)).values(next_contact_at=now))
    session.execute(update(Prompt).where(col(Prompt.state) == "held").values(state="waiting"))
    return found


def drop_held(session: Session, now: datetime) -> Held:
    """Give up what is held; the words of the messages go, their records stay."""
    found = held(session)
    session.execute(
        update(Outbound).where(col(Outbound.state) == "held").values(state="failed", body=None, done_at=now)
    )
    session.execute(update(Prompt).where(col(Prompt.state) == "held").values(state="dropped", why="too_late"))
    return found
