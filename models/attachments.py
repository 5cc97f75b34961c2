"""Photos, voice messages and files: the row at once, the bytes under the data folder a moment later."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, update
from sqlmodel import Field, Session, SQLModel, col, select

from models.base import id_field
from models.entries import own_entry


class Attachment(SQLModel, table=True):
    """One photo, voice message or file of an entry; it is readable by whoever may read the entry."""

    __tablename__ = "attachment"
    id: UUID = id_field()
    person_id: UUID = Field(foreign_key="person.id", index=True)
    entry_id: UUID | None = Field(default=None, foreign_key="entry.id", index=True)
    observation_id: UUID | None = Field(default=None, foreign_key="observation.id", index=True)
    kind: str  # photo, voice, video, file
    channel: str
    file_id: str  # how the channel names the bytes
    name: str = ""
    size: int | None = None  # bytes
    state: str = Field(default="wanted", index=True)  # wanted, kept, refused, failed
    why: str | None = None  # too_large, kind_not_taken, gone
    attempts: int = 0
    next_try_at: datetime | None = None
    stored_as: str | None = None  # the file's name under data/files/
    made_at: datetime
    removed_at: datetime | None = None


def wanted(session: Session, now: datetime, at_most: int = 4) -> list[Attachment]:
    """List attachments whose bytes are still to be fetched, the oldest first."""
    query = select(Attachment).where(
        Attachment.state == "wanted",
        col(Attachment.removed_at).is_(None),
        col(Attachment.next_try_at).is_(None) | (col(Attachment.next_try_at) <= now),
    )
    return list(session.exec(query.order_by(col(Attachment.made_at)).limit(at_most)))


_OF_ENTRY = (
    select(Attachment)
    .where(Attachment.entry_id == bindparam("entry"), col(Attachment.removed_at).is_(None))
    .order_by(col(Attachment.made_at), col(Attachment.id))
)


def of_entry(session: Session, viewer_id: UUID, entry_id: UUID) -> list[Attachment]:
    """List the attachments of an entry of her own, in the order they came."""
    if own_entry(session, viewer_id, entry_id) is None:
        return []
    return list(session.scalars(_OF_ENTRY, {"entry": entry_id}))


def own_file(session: Session, viewer_id: UUID, attachment_id: UUID) -> Attachment | None:
    """Get one photo, voice message or file of her own, removed or not, while its bytes are not erased."""
    query = select(Attachment).where(
        Attachment.id == attachment_id,
        Attachment.person_id == viewer_id,
        col(Attachment.state).not_in(("erase", "erased")),
    )
    return session.exec(query).first()


def own_files(session: Session, viewer_id: UUID, ids: list[str]) -> list[Attachment]:
    """List her own attachments of these ids, in this order."""
    if not ids:
        return []
    query = select(Attachment).where(
        col(Attachment.id).in_([UUID(id) for id in ids]), Attachment.person_id == viewer_id
    )
    found = {str(row.id): row for row in session.exec(query)}
    return [found[id] for id in ids if id in found]


def has_sent_voice(session: Session, viewer_id: UUID, besides: list[str]) -> bool:
    """Say whether she ever sent a voice message besides these."""
    query = select(Attachment.id).where(
        Attachment.person_id == viewer_id,
        Attachment.kind == "voice",
        col(Attachment.id).not_in([UUID(id) for id in besides]),
    )
    return session.exec(query.limit(1)).first() is not None


def change(session: Session, attachment_id: UUID, values: dict[str, Any]) -> None:
    """Set columns of an attachment that still wants its bytes; one that was erased meanwhile stays as it is."""
    statement = update(Attachment).where(col(Attachment.id) == attachment_id, col(Attachment.state) == "wanted")
    session.execute(statement.values(**values))


def to_erase(session: Session, at_most: int = 50) -> list[Attachment]:
    """List attachments whose bytes and rows are to go for good."""
    return list(session.exec(select(Attachment).where(Attachment.state == "erase").limit(at_most)))


def delete_rows(session: Session, ids: Sequence[UUID]) -> None:
    """Delete attachments whose bytes are gone."""
    session.execute(delete(Attachment).where(col(Attachment.id).in_(ids)))
