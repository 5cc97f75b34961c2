"""Trainings (培训), and who took part in them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, Session, SQLModel, col, select

from models.base import id_field


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


def recent_trainings(session: Session, viewer_id: UUID, now: datetime, at_most: int = 3) -> list[Training]:
    """List the trainings she attended that have begun, the latest first."""
    query = (
        select(Training)
        .join(Attendance, col(Attendance.training_id) == Training.id)
        .where(Attendance.person_id == viewer_id, Training.starts_at <= now)
    )
    return list(session.exec(query.order_by(col(Training.starts_at).desc()).limit(at_most)))


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
