"""Conversations: the answers given so far, and nothing else that could be lost."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Index, Text, and_, bindparam, cast, delete, insert, or_, select, update
from sqlmodel import Field, Session, SQLModel, col

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


conversation = Conversation.__table__  # type: ignore[attr-defined]
_NAMES = tuple(conversation.c.keys())
_HELD_BACK = "conversations held back"  # the key in the session's own dict
_OPEN = select(conversation).where(
    conversation.c.owner_id.in_(bindparam("owners", expanding=True)), conversation.c.state == "open"
)
_ONE = select(conversation).where(conversation.c.id == bindparam("row"), conversation.c.owner_id == bindparam("owner"))
_ASIDE = (
    select(conversation.c.id)
    .where(
        conversation.c.owner_id == bindparam("owner"),
        conversation.c.state == "aside",
        conversation.c.name == bindparam("name"),
        cast(conversation.c.answers, Text) != "{}",
    )
    .limit(1)
)
_ADD = insert(conversation)
_SAVE = (
    update(conversation)
    .where(conversation.c.id == bindparam("row"))
    .values({name: bindparam(name) for name in ("state", "answers", "facts", "air", "touched_at", "kept_until")})
)


def hold_back(session: Session, write: Callable[[], None]) -> None:
    """Let `write` be called before anyone reads conversations in this session: a batch writes them late, in one go."""
    session.info[_HELD_BACK] = write


def bring_up(session: Session) -> None:
    """Write what is held back; whoever reads or deletes conversations calls this first."""
    write = session.info.get(_HELD_BACK)
    if write is not None:
        write()


def open_conversations(session: Session, owners: Sequence[UUID]) -> list[dict[str, Any]]:
    """Read the open conversation of each owner who has one."""
    bring_up(session)
    found = session.connection().execute(_OPEN, {"owners": list(owners)})
    return [dict(zip(_NAMES, row, strict=True)) for row in found]


def conversation_of(session: Session, owner_id: UUID, id: UUID) -> dict[str, Any] | None:
    """Read one conversation if it belongs to this owner."""
    bring_up(session)
    row = session.connection().execute(_ONE, {"row": id, "owner": owner_id}).first()
    return dict(zip(_NAMES, row, strict=True)) if row else None


def has_put_aside(session: Session, owner_id: UUID, name: str) -> bool:
    """Say whether she answered anything in a conversation of this name that was put aside before this batch.

    What is held back is not brought up for it: a batch would lose its one late write to every opening.
    """
    return session.connection().execute(_ASIDE, {"owner": owner_id, "name": name}).first() is not None


def save_conversations(session: Session, new: list[dict[str, Any]], changed: list[dict[str, Any]]) -> None:
    """Insert the new conversations and update the changed ones, each kind in one statement."""
    if new:
        session.connection().execute(_ADD, new)
    if changed:
        session.connection().execute(_SAVE, changed)


def resumable(session: Session, viewer_id: UUID, now: datetime) -> list[Conversation]:
    """List her own conversations that were put aside, and drafts still kept, the latest first."""
    bring_up(session)
    query = select(Conversation).where(
        col(Conversation.owner_id) == viewer_id,
        or_(
            col(Conversation.state) == "aside",
            and_(col(Conversation.state) == "draft", col(Conversation.kept_until) > now),
        ),
    )
    return list(session.scalars(query.order_by(col(Conversation.touched_at).desc())))


def forget_conversations(session: Session, now: datetime) -> None:
    """Delete drafts past their time and conversations that are done."""
    session.execute(delete(conversation).where(conversation.c.kept_until <= now))
