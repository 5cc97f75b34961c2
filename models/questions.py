"""问询: what a mentor or supervisor says about something shared with them, and the teacher's answer."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_
from sqlmodel import Field, Session, SQLModel, col, select

from models.base import id_field


class Question(SQLModel, table=True):
    """One message of `asker_id` to `person_id` about something shared; only these two read it."""

    __tablename__ = "question"
    id: UUID = id_field()
    batch_id: UUID | None = Field(default=None, index=True)  # the same question to a group
    asker_id: UUID = Field(foreign_key="person.id", index=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    kind: str = "ask"  # received 收到, ask 追问, support 我来支持, check_in 问询
    about_kind: str | None = None  # entry, action, check_in
    about_id: UUID | None = None
    text: str = ""
    ask_at: datetime
    answer_comes: str = "now"  # now, digest
    state: str = "waiting"  # waiting, asked, answered, seen, dropped
    answer_kind: str | None = None  # words, tap, talk 当面聊, seen 知道了
    answer: str = ""
    asked_at: datetime | None = None
    answered_at: datetime | None = None
    reported_at: datetime | None = None  # when the asker was told the answer
    made_at: datetime


def visible_questions(viewer_id: UUID) -> Select[Any]:
    """Select the questions that `viewer_id` asked or was asked."""
    return select(Question).where(or_(col(Question.asker_id) == viewer_id, col(Question.person_id) == viewer_id))


def visible_question(session: Session, viewer_id: UUID, question_id: UUID) -> Question | None:
    """Get one question that `viewer_id` asked or was asked."""
    return session.scalars(visible_questions(viewer_id).where(col(Question.id) == question_id)).first()


def received_question(session: Session, viewer_id: UUID, question_id: UUID) -> Question | None:
    """Get one question that was put to `viewer_id`."""
    query = visible_questions(viewer_id).where(col(Question.id) == question_id, col(Question.person_id) == viewer_id)
    return session.scalars(query).first()


def waiting_for_answer(session: Session, viewer_id: UUID) -> list[Question]:
    """List what `viewer_id` was asked and has not answered yet, the earliest first."""
    query = visible_questions(viewer_id).where(
        col(Question.person_id) == viewer_id,
        col(Question.state) == "asked",
        col(Question.kind).in_(("ask", "check_in")),
    )
    return list(session.scalars(query.order_by(col(Question.asked_at))))


def already_said(session: Session, viewer_id: UUID, about_id: UUID, kind: str) -> Question | None:
    """Find what `viewer_id` already said of that kind about one shared item, such as 收到."""
    query = select(Question).where(
        col(Question.asker_id) == viewer_id,
        col(Question.about_id) == about_id,
        col(Question.kind) == kind,
        col(Question.state) != "dropped",
    )
    return session.exec(query).first()


def said_about(session: Session, viewer_id: UUID, items: list[UUID]) -> set[UUID]:
    """Say which of these items `viewer_id` has already replied to."""
    query = select(col(Question.about_id)).where(col(Question.asker_id) == viewer_id, col(Question.about_id).in_(items))
    return {found for found in session.scalars(query) if found is not None}


def own_questions(session: Session, viewer_id: UUID, ids: list[UUID]) -> list[Question]:
    """List the questions of these ids that `viewer_id` asked, in the order they were answered."""
    query = select(Question).where(col(Question.asker_id) == viewer_id, col(Question.id).in_(ids))
    return list(session.exec(query.order_by(col(Question.answered_at), col(Question.id))))


def own_batch(session: Session, viewer_id: UUID, batch_id: UUID) -> list[Question]:
    """List the questions that `viewer_id` put to several people at once."""
    query = select(Question).where(col(Question.asker_id) == viewer_id, col(Question.batch_id) == batch_id)
    return list(session.exec(query.order_by(col(Question.id))))
