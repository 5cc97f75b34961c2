"""What came in and what goes out: rows first, the network afterwards."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.base import id_field


class Inbound(SQLModel, table=True):
    """One raw update of a platform, kept before it is acknowledged; the key outlives the body (30 days)."""

    __tablename__ = "inbound"
    __table_args__ = (
        UniqueConstraint("channel", "platform_id"),
        Index("ix_inbound_state", "state", "id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    channel: str
    platform_id: str
    sender: str  # the chat it came from, for order
    body: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    received_at: datetime
    state: str = "waiting"  # waiting, done, aside, held (after a restore)
    attempts: int = 0
    handled_at: datetime | None = None
    error: str | None = None  # the traceback of what was set aside, without its words


class Outbound(SQLModel, table=True):
    """One message to one address; the body goes when it is delivered, the record stays."""

    __tablename__ = "outbound"
    __table_args__ = (
        Index("ix_outbound_state", "state", "urgency", "id"),
        Index("ix_outbound_address", "address_id", "state"),
    )
    id: int | None = Field(default=None, primary_key=True)
    key: str | None = Field(default=None, unique=True)  # the same key while it waits replaces the body
    address_id: UUID = Field(foreign_key="address.id")
    person_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    channel: str
    urgency: int = 0  # 0 reply, 1 prompt, 2 bulk
    body: dict[str, Any] | None = Field(default=None, sa_type=JSON)  # see bot.channels.Parcel
    state: str = "waiting"  # waiting, claimed, sent, unknown, failed, held
    not_before: datetime
    attempts: int = 0
    fence: int = 0  # grows with each claim; an older claim's report is refused
    lease_until: datetime | None = None
    made_at: datetime
    done_at: datetime | None = None
    budgeted: bool = False  # counts against her weekly budget


class Delivery(SQLModel, table=True):
    """One attempt to send: what the platform answered."""

    __tablename__ = "delivery"
    id: UUID = id_field()
    outbound_id: int = Field(foreign_key="outbound.id", index=True)
    at: datetime
    outcome: str  # sent, refused, unknown, later
    platform_id: str | None = None  # of all that the message became there, one a line
    detail: str | None = None  # an error class, never words


class ChatLine(SQLModel, table=True):
    """One line of the web chat: what a messenger's own servers would remember; erased with the person."""

    __tablename__ = "chat_line"
    __table_args__ = (Index("ix_chat_line_address", "address_id", "id"),)
    id: int | None = Field(default=None, primary_key=True)
    address_id: UUID = Field(foreign_key="address.id")
    key: str = Field(unique=True)  # out:<outbound> or in:<platform id>, so nothing shows twice
    is_ours: bool
    body: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    at: datetime
