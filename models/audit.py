"""Who did what to whom in the office, without words; and small marks of the house."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from models.base import id_field


class AuditEvent(SQLModel, table=True):
    """One act worth remembering: joined, unbound, erased, restored, imported."""

    __tablename__ = "audit_event"
    id: UUID = id_field()
    at: datetime = Field(index=True)
    what: str
    person_id: UUID | None = Field(default=None, index=True)
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


class Mark(SQLModel, table=True):
    """A named moment of the house itself: the last daily backup, the last weekly tick, an alert already given."""

    __tablename__ = "mark"
    name: str = Field(primary_key=True)
    at: datetime
    value: str = ""
