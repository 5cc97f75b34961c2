"""Conversations: the answers given so far, and nothing else that could be lost."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Index
from sqlmodel import Field, SQLModel

from models.base import id_field


class Conversation(SQLModel, table=True):
    """One conversation of one owner: a person, or an address while we do not know who speaks."""

    __tablename__ = "conversation"
    __table_args__ = (Index("ix_conversation_owner_state", "owner_id", "state"),)
    id: UUID = id_field()
    owner_id: UUID
    name: str
    state: str = "open"  # open (at most one an owner), aside 先放着, draft (cancelled, kept 30 days), done
    answers: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    # What hangs in the air at the present question: pieces gathered, values offered, a stray text, a removed answer.
    air: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    about_id: UUID | None = None
    opened_at: datetime
    touched_at: datetime
    kept_until: datetime | None = Field(default=None, index=True)
