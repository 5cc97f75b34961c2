"""After a restore: what was about to be said or played is held until the office says so, for it may be done already."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from models.messages import Inbound, Outbound
from models.people import Person
from models.prompts import Prompt


@dataclass(frozen=True)
class Held:
    """How many messages, prompts and updates that came in are held."""

    messages: int
    prompts: int
    updates: int = 0

    def __bool__(self) -> bool:
        """Say whether there is anything."""
        return bool(self.messages or self.prompts or self.updates)


def hold_waiting(session: Session, now: datetime) -> Held:
    """Hold every message that waits or is claimed, every prompt due by `now`, and every update not played yet.

    An update that still waited in the backup was played and answered right after it: its reply went out already.
    """
    session.execute(
        update(Outbound)
        .where(col(Outbound.state).in_(("waiting", "claimed")))
        .values(state="held", lease_until=None, fence=col(Outbound.fence) + 1)
    )
    session.execute(
        update(Prompt).where(col(Prompt.state) == "waiting", col(Prompt.due_at) <= now).values(state="held")
    )
    session.execute(update(Inbound).where(col(Inbound.state) == "waiting").values(state="held"))
    return held(session)


def held(session: Session) -> Held:
    """Count what is held."""
    messages = select(func.count()).select_from(Outbound).where(col(Outbound.state) == "held")
    prompts = select(func.count()).select_from(Prompt).where(col(Prompt.state) == "held")
    updates = select(func.count()).select_from(Inbound).where(col(Inbound.state) == "held")
    return Held(session.exec(messages).one(), session.exec(prompts).one(), session.exec(updates).one())


def send_held(session: Session, now: datetime) -> Held:
    """Let what is held go its way: messages at once, prompts when they suit the person; updates are played."""
    found = held(session)
    session.execute(update(Outbound).where(col(Outbound.state) == "held").values(state="waiting", not_before=now))
    people = select(Prompt.person_id).where(col(Prompt.state) == "held")
    session.execute(update(Person).where(col(Person.id).in_(people)).values(next_contact_at=now))
    session.execute(update(Prompt).where(col(Prompt.state) == "held").values(state="waiting"))
    session.execute(update(Inbound).where(col(Inbound.state) == "held").values(state="waiting"))
    return found


def drop_held(session: Session, now: datetime) -> Held:
    """Give up what is held; the words of the messages go, their records stay. Updates count as done."""
    found = held(session)
    session.execute(
        update(Outbound).where(col(Outbound.state) == "held").values(state="failed", body=None, done_at=now)
    )
    session.execute(update(Prompt).where(col(Prompt.state) == "held").values(state="dropped", why="too_late"))
    done = {"state": "done", "handled_at": now, "error": "not played after a restore"}
    session.execute(update(Inbound).where(col(Inbound.state) == "held").values(**done))
    return found
