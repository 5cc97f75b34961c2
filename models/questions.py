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
    return session.scalars(visible_questions(viewer_id).where(Question.id == question_id)).first()
