"""听课: one lesson observed, from proposal to feedback; the feedback is the observer's alone until sent."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, or_
from sqlmodel import Field, Session, SQLModel, col, select

from models.base import id_field

LIVE = ("proposed", "agreed")


class Observation(SQLModel, table=True):
    """One visit of `observer_id` to a lesson of `teacher_id`; `person_id` is whoever proposed it."""

    __tablename__ = "observation"
    id: UUID = id_field()
    person_id: UUID = Field(foreign_key="person.id")
    observer_id: UUID = Field(foreign_key="person.id", index=True)
    teacher_id: UUID = Field(foreign_key="person.id", index=True)
    day: date
    period: int  # lesson period of the bell table, from 1
    starts_at: datetime = Field(index=True)
    ends_at: datetime
    lesson_kind: str = "ordinary"  # ordinary 家常课, study 研究课, qualifying 合格课
    focus: str = ""  # what the observed teacher asked to have watched
    state: str = "proposed"  # proposed, agreed, declined, cancelled, not_held, held
    version: int = 1  # grows with every move, so an old card and an old reminder are known
    why: str | None = None
    strength: str = ""
    watched: str = ""
    suggestion: str = ""
    feedback: str = "none"  # none, draft, kept (the observer's own), sent
    sent_at: datetime | None = None
    answer: str = ""
    made_at: datetime


def visible_observations(viewer_id: UUID) -> Select[Any]:
    """Select the observations whose two sides include `viewer_id`; nobody else sees a booking."""
    return select(Observation).where(or_(col(Observation.observer_id) == viewer_id, col(Observation.teacher_id) == viewer_id))


def feedback_readable_by(viewer_id: UUID) -> Select[Any]:
    """Select the observations whose feedback words `viewer_id` may read: the observer's own, the teacher's once sent."""
    return select(Observation).where(
        or_(
            col(Observation.observer_id) == viewer_id,
            and_(col(Observation.teacher_id) == viewer_id, Observation.feedback == "sent"),
        )
    )


def visible_observation(session: Session, viewer_id: UUID, observation_id: UUID) -> Observation | None:
    """Get one observation that `viewer_id` takes part in."""
    return session.scalars(visible_observations(viewer_id).where(Observation.id == observation_id)).first()


def coming_observations(session: Session, viewer_id: UUID, now: datetime) -> list[Observation]:
    """List her observations that are proposed or agreed and not over, the next first."""
    query = visible_observations(viewer_id).where(col(Observation.state).in_(LIVE), Observation.ends_at >= now)
    return list(session.scalars(query.order_by(col(Observation.starts_at))))
