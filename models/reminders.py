"""Reminders that people set themselves: once, or again and again; for herself, or by the office for a group."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, Session, SQLModel, col, select

from models.base import id_field
from models.people import Membership, Unit
from models.units import units_below

SETTERS = ("leader", "office")  # who may have a whole group reminded


class Reminder(SQLModel, table=True):
    """Words to say at a moment, or again and again; `unit_id` makes it a rule for everybody in a unit."""

    __tablename__ = "reminder"
    id: UUID = id_field()
    person_id: UUID = Field(foreign_key="person.id", index=True)
    unit_id: UUID | None = Field(default=None, foreign_key="unit.id")
    words: str
    rule: str = ""  # RRULE text of the days; empty: once
    at: str = ""  # HH:MM, local wall time of a rule
    next_at: datetime | None = Field(default=None, index=True)  # when it is said next; None: it is over
    made_at: datetime


def own_reminders(session: Session, viewer_id: UUID) -> list[Reminder]:
    """List what `viewer_id` set and what is still to come, the next first."""
    query = select(Reminder).where(Reminder.person_id == viewer_id, col(Reminder.next_at).is_not(None))
    return list(session.exec(query.order_by(col(Reminder.next_at), col(Reminder.id))))


def own_reminder(session: Session, viewer_id: UUID, reminder_id: UUID) -> Reminder | None:
    """Get one reminder that `viewer_id` set."""
    query = select(Reminder).where(Reminder.id == reminder_id, Reminder.person_id == viewer_id)
    return session.exec(query).first()


def due_reminders(session: Session, now: datetime, at_most: int = 100) -> list[Reminder]:
    """List the reminders whose moment has come, the longest due first."""
    query = select(Reminder).where(col(Reminder.next_at) <= now)
    return list(session.exec(query.order_by(col(Reminder.next_at)).limit(at_most)))


def reminder_of_prompt(session: Session, reminder_id: UUID | None) -> Reminder | None:
    """Get the reminder that a prompt speaks for; None when it was taken back."""
    return session.get(Reminder, reminder_id) if reminder_id else None


def groups_she_may_remind(session: Session, viewer_id: UUID) -> list[Unit]:
    """List the units whose people `viewer_id` may have reminded: those she leads, or runs the office of, and below."""
    query = select(Membership.unit_id).where(Membership.person_id == viewer_id, col(Membership.role).in_(SETTERS))
    found = {unit.id: unit for own in session.exec(query) for unit in units_below(session, own)}
    return sorted(found.values(), key=lambda unit: (unit.parent_id is not None, unit.name))
