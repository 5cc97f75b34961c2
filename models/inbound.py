"""The few statements of the inbox, as compiled Core: the hot path pays for no ORM."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Update, and_, bindparam, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from models.base import is_sqlite
from models.messages import Inbound


class InboundRow(NamedTuple):
    """A waiting update as the engine takes it."""

    id: int
    channel: str
    sender: str
    body: dict[str, Any]
    received_at: datetime
    attempts: int


inbound = Inbound.__table__  # type: ignore[attr-defined]


_BLANK = {"state": "waiting", "attempts": 0, "handled_at": None, "error": None}
_KEY = ["channel", "platform_id"]
_KEEP_ON_SQLITE = sqlite.insert(inbound).on_conflict_do_nothing(index_elements=_KEY)
_KEEP_ON_POSTGRESQL = postgresql.insert(inbound).on_conflict_do_nothing(index_elements=_KEY)


def add_new_inbound(session: Session, rows: list[dict[str, Any]]) -> int:
    """Insert raw updates, leaving out those whose platform id is known; return how many are new."""
    if not rows:
        return 0
    statement = _KEEP_ON_SQLITE if is_sqlite(session) else _KEEP_ON_POSTGRESQL
    return session.connection().execute(statement, [_BLANK | row for row in rows]).rowcount


_WAITING = (
    select(inbound.c.id, inbound.c.channel, inbound.c.sender, inbound.c.body, inbound.c.received_at, inbound.c.attempts)
    .where(inbound.c.state == "waiting")
    .order_by(inbound.c.id)
    .limit(bindparam("at_most"))
)
# On PostgreSQL several workers take turns: whoever holds the sender's lock plays all that this sender sent.
_WAITING_LOCKED = _WAITING.where(
    func.pg_try_advisory_xact_lock(func.hashtextextended(inbound.c.channel + ":" + inbound.c.sender, 0))
).with_for_update(skip_locked=True)


def waiting_inbound(session: Session, at_most: int) -> list[InboundRow]:
    """Take the updates that wait, the oldest first."""
    statement = _WAITING if is_sqlite(session) else _WAITING_LOCKED
    rows = session.connection().execute(statement, {"at_most": at_most})
    return [InboundRow(*row) for row in rows]


def one_waiting_inbound(session: Session, id: int) -> InboundRow | None:
    """Take one update if it still waits."""
    row = session.execute(_WAITING.where(inbound.c.id == id), {"at_most": 1}).first()
    return InboundRow(*row) if row else None


def sent_from(channel: str, chat: str) -> ColumnElement[bool]:
    """Say which updates came from a chat, however its name was spelled then."""
    return and_(inbound.c.channel == channel, func.lower(inbound.c.sender) == func.lower(chat))


def change_inbound(session: Session, ids: Sequence[int], values: dict[str, Any]) -> None:
    """Set columns of some updates."""
    session.connection().execute(_change(*values), {"rows": list(ids), **values})


@cache
def _change(*names: str) -> Update:
    """Build the update of these columns once: building a statement costs more than running it."""
    chosen = inbound.c.id.in_(bindparam("rows", expanding=True))
    return update(inbound).where(chosen).values({name: bindparam(name) for name in names})


def forget_inbound(session: Session, done_before: datetime, aside_before: datetime, key_before: datetime) -> None:
    """Empty old bodies, then delete rows whose key is no longer needed."""
    old = or_(
        and_(inbound.c.state == "done", inbound.c.handled_at < done_before),
        and_(inbound.c.state == "aside", inbound.c.handled_at < aside_before),
    )
    session.execute(update(inbound).where(old, inbound.c.body.is_not(None)).values(body=None))
    session.execute(delete(inbound).where(inbound.c.state != "waiting", inbound.c.handled_at < key_before))


def count_aside(session: Session, since: datetime) -> int:
    """Count the updates that were set aside since an instant."""
    query = select(func.count()).select_from(inbound).where(inbound.c.state == "aside", inbound.c.handled_at >= since)
    return int(session.execute(query).scalar_one())


def count_by_state(session: Session) -> dict[str, int]:
    """Count the updates in each state."""
    query = select(inbound.c.state, func.count()).group_by(inbound.c.state)
    return {row[0]: row[1] for row in session.execute(query)}
