"""Let go for good of what was removed a day ago: until then 撤销 brings it back."""

from datetime import datetime

from sqlalchemy import Text, cast, delete, func, or_, select, update
from sqlmodel import Session, col

from models.actions import CheckIn
from models.attachments import Attachment
from models.entries import RESTORABLE, Entry, EntryVersion


def purge_removed(session: Session, now: datetime) -> int:
    """Wipe words, versions, files and record rows that were removed a day ago or earlier; return how many rows changed.

    The emptied row of an entry stays, for actions and check-ins may point to it.
    """
    overdue = select(col(Entry.id)).where(col(Entry.removed_at) <= now - RESTORABLE, cast(Entry.parts, Text) != "{}")
    entries = list(session.scalars(overdue))
    session.execute(delete(EntryVersion).where(col(EntryVersion.entry_id).in_(entries)))
    session.execute(update(Entry).where(col(Entry.id).in_(entries)).values(parts={}, message_ids=[]))
    files = update(Attachment).where(
        or_(col(Attachment.entry_id).in_(entries), col(Attachment.removed_at) <= now - RESTORABLE),
        col(Attachment.state).not_in(("erase", "erased")),
    )
    gone = session.execute(files.values(state="erase", removed_at=func.coalesce(Attachment.removed_at, now)))
    rows = session.execute(delete(CheckIn).where(col(CheckIn.removed_at) <= now - RESTORABLE))
    return len(entries) + int(gone.rowcount) + int(rows.rowcount)  # type: ignore[attr-defined]
