"""Trainings (培训), and who took part in them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint, bindparam
from sqlmodel import Field, Session, SQLModel, col, select

from models.base import id_field
from models.prompts import Prompt


class Training(SQLModel, table=True):
    """One training event; a teacher may name one herself, which is then hers alone."""

    __tablename__ = "training"
    id: UUID = id_field()
    title: str
    starts_at: datetime = Field(index=True)
    ends_at: datetime
    place: str = ""
    speaker: str = ""
    hours: float = 0  # training hours as the school counts them (学时)
    unit_id: UUID | None = Field(default=None, foreign_key="unit.id", index=True)
    named_by: UUID | None = Field(default=None, foreign_key="person.id", index=True)


class Attendance(SQLModel, table=True):
    """出勤: one person at one training."""

    __tablename__ = "attendance"
    __table_args__ = (UniqueConstraint("training_id", "person_id"),)
    id: UUID = id_field()
    training_id: UUID = Field(foreign_key="training.id")
    person_id: UUID = Field(foreign_key="person.id", index=True)


_RECENT = (
    select(Training)
    .join(Attendance, col(Attendance.training_id) == Training.id)
    .where(Attendance.person_id == bindparam("viewer"), Training.starts_at <= bindparam("now"))
    .order_by(col(Training.starts_at).desc())
    .limit(bindparam("at_most"))
)


def recent_trainings(session: Session, viewer_id: UUID, now: datetime, at_most: int = 3) -> list[Training]:
    """List the trainings she attended that have begun, the latest first."""
    return list(session.scalars(_RECENT, {"viewer": viewer_id, "now": now, "at_most": at_most}))


def attended_training(session: Session, viewer_id: UUID, training_id: UUID) -> Training | None:
    """Get one training that she attended."""
    query = (
        select(Training)
        .join(Attendance, col(Attendance.training_id) == Training.id)
        .where(Training.id == training_id, Attendance.person_id == viewer_id)
    )
    return session.exec(query).first()


def training_named_by(session: Session, viewer_id: UUID, title: str) -> Training | None:
    """Find the latest training of this title that she named herself."""
    query = select(Training).where(Training.named_by == viewer_id, Training.title == title)
    return session.exec(query.order_by(col(Training.starts_at).desc())).first()


def ended_between(session: Session, since: datetime, until: datetime) -> list[Training]:
    """List the school's trainings that ended within a span."""
    query = select(Training).where(
        Training.ends_at > since, Training.ends_at <= until, col(Training.named_by).is_(None)
    )
    return list(session.exec(query.order_by(col(Training.ends_at))))


def attendees_without(session: Session, training_id: UUID, key_begins: str) -> list[UUID]:
    """List who attended and has no prompt whose key is `key_begins` and her id."""
    attended = set(session.exec(select(Attendance.person_id).where(Attendance.training_id == training_id)))
    asked = select(Prompt.person_id).where(Prompt.about_id == training_id, col(Prompt.key).startswith(key_begins))
    return sorted(attended.difference(session.scalars(asked)))


def school_training(session: Session, title: str, unit_id: UUID, since: datetime, until: datetime) -> Training | None:
    """Find a training of the school by its title, its unit, and a span that it begins in."""
    query = select(Training).where(
        Training.title == title,
        Training.unit_id == unit_id,
        Training.starts_at >= since,
        Training.starts_at < until,
        col(Training.named_by).is_(None),
    )
    return session.exec(query).first()


def add_attendance(session: Session, training_id: UUID, person_ids: list[UUID]) -> int:
    """Note that these persons take part; return how many were not noted yet."""
    known = set(session.exec(select(Attendance.person_id).where(Attendance.training_id == training_id)))
    missing = [person_id for person_id in person_ids if person_id not in known]
    session.add_all([Attendance(training_id=training_id, person_id=person_id) for person_id in missing])
    return len(missing)
