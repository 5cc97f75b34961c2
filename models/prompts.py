"""Prompts: what the bot would like to say of its own accord, waiting for a moment that suits the person."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Index, bindparam, func, or_, update
from sqlmodel import Field, Session, SQLModel, col, select

from models.base import empty_dict, id_field
from models.people import Person


class Prompt(SQLModel, table=True):
    """One thing to say to one person; its key is unique, so planning it twice is harmless."""

    __tablename__ = "prompt"
    __table_args__ = (Index("ix_prompt_person_waiting", "person_id", "state", "due_at"),)
    id: UUID = id_field()
    key: str = Field(unique=True)  # such as action:7f3a…/follow_up:1
    person_id: UUID = Field(foreign_key="person.id")
    kind: str  # names the handler's PromptKind
    about_id: UUID | None = Field(default=None, index=True)
    facts: dict[str, Any] = Field(default_factory=empty_dict, sa_type=JSON)
    due_at: datetime
    expires_at: datetime | None = None
    manner: str = "ordinary"  # see models.rules.contact
    state: str = "waiting"  # waiting, queued, dropped, held (after a restore, until the office says so)
    why: str | None = None  # why it was dropped: too_late, not_wanted, erased
    made_at: datetime
    queued_at: datetime | None = None
    wait: dict[str, Any] | None = Field(default=None, sa_type=JSON)  # what has kept it; see models.rules.waits


_WAITING = (
    select(Prompt)
    .where(col(Prompt.person_id) == bindparam("person"), col(Prompt.state) == "waiting")
    .order_by(col(Prompt.due_at), col(Prompt.id))
)


def waiting_for(session: Session, person_id: UUID) -> list[Prompt]:
    """List what waits to be said to one person, the earliest due first."""
    return list(session.scalars(_WAITING, {"person": person_id}))


_SAID = (
    select(col(Prompt.queued_at))
    .where(
        col(Prompt.person_id) == bindparam("person"),
        col(Prompt.state) == "queued",
        col(Prompt.manner).in_(("ordinary", "last_question")),
        col(Prompt.queued_at) > bindparam("since"),
    )
    .distinct()
    .order_by(col(Prompt.queued_at))
)


def said_since(session: Session, person_id: UUID, since: datetime) -> list[datetime]:
    """List when ordinary cards were said to one person after an instant; kept longer than the messages themselves."""
    return [at for at in session.scalars(_SAID, {"person": person_id, "since": since}) if at is not None]


def last_said(session: Session, person_id: UUID) -> list[Prompt]:
    """List what the last card said to one person held, in the order in which it fell due; empty for none."""
    hers = (col(Prompt.person_id) == person_id, col(Prompt.state) == "queued")
    latest = select(func.max(col(Prompt.queued_at))).where(*hers).scalar_subquery()
    query = select(Prompt).where(*hers, col(Prompt.queued_at) == latest)
    return list(session.exec(query.order_by(col(Prompt.due_at), col(Prompt.id))))


def waiting_about(session: Session, about_id: UUID) -> list[Prompt]:
    """List what waits about one record, whoever it is for."""
    query = select(Prompt).where(col(Prompt.about_id) == about_id, col(Prompt.state) == "waiting")
    return list(session.exec(query))


def drop_about(session: Session, about_id: UUID, kinds: tuple[str, ...] | None = None) -> list[UUID]:
    """Drop what waits about one record, of the given kinds or all; return the persons it was meant for."""
    condition = [col(Prompt.about_id) == about_id, col(Prompt.state) == "waiting"]
    if kinds is not None:
        condition.append(col(Prompt.kind).in_(kinds))
    persons = list(session.scalars(select(col(Prompt.person_id)).where(*condition).distinct()))
    session.execute(update(Prompt).where(*condition).values(state="dropped", why="not_wanted"))
    return persons


def key_exists(session: Session, key: str) -> bool:
    """Say whether a prompt of that key was ever planned."""
    return session.exec(select(Prompt.id).where(Prompt.key == key)).first() is not None


def persons_waited_for(session: Session) -> list[Person]:
    """List everyone for whom something waits to be said."""
    waited_for = select(Prompt.person_id).where(Prompt.state == "waiting")
    return list(session.exec(select(Person).where(col(Person.id).in_(waited_for)).order_by(col(Person.id))))


def look_again(session: Session, now: datetime) -> int:
    """Let the next tick look at everyone for whom something waits; return how many they are."""
    waits = col(Person.id).in_(select(Prompt.person_id).where(Prompt.state == "waiting"))
    later = or_(col(Person.next_contact_at).is_(None), col(Person.next_contact_at) > now)
    session.execute(update(Person).where(waits, later).values(next_contact_at=now))
    return session.exec(select(func.count()).select_from(Person).where(waits)).one()
