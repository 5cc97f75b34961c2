"""周报: what one supervisor or mentor was told of one week, made once."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from models.base import id_field


class Digest(SQLModel, table=True):
    """One digest; `facts` holds counts and ids of shared items, never words."""

    __tablename__ = "digest"
    id: UUID = id_field()
    key: str = Field(unique=True)  # digest:<person>:<year>-W<week>
    person_id: UUID = Field(foreign_key="person.id", index=True)
    since: datetime
    until: datetime
    made_at: datetime
    read_at: datetime | None = None
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
