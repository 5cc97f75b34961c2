"""What came in and what goes out: rows first, the network afterwards."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    JSON,
    Index,
    UniqueConstraint,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, Session, SQLModel, col

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
    state: str = "waiting"  # waiting, done, aside
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
    platform_id: str | None = None
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


class InboundRow(NamedTuple):
    """A waiting update as the engine takes it."""

    id: int
    channel: str
    sender: str
    body: dict[str, Any]
    received_at: datetime
    attempts: int


class OutboundRow(NamedTuple):
    """A claimed message as the outbox sends it."""

    id: int
    address_id: UUID
    external_id: str
    person_id: UUID | None
    channel: str
    urgency: int
    body: dict[str, Any]
    attempts: int
    fence: int


inbound = Inbound.__table__  # type: ignore[attr-defined]
outbound = Outbound.__table__  # type: ignore[attr-defined]
delivery = Delivery.__table__  # type: ignore[attr-defined]


def _inserts(session: Session) -> Any:
    """Choose the dialect whose INSERT knows ON CONFLICT."""
    return sqlite if session.get_bind().dialect.name == "sqlite" else postgresql


def is_sqlite(session: Session) -> bool:
    """Say whether the store is SQLite, where one writer needs no row locks."""
    return session.get_bind().dialect.name == "sqlite"


def add_new_inbound(session: Session, rows: list[dict[str, Any]]) -> int:
    """Insert raw updates, leaving out those whose platform id is known; return how many are new."""
    blank = {"state": "waiting", "attempts": 0, "handled_at": None, "error": None}
    statement = _inserts(session).insert(Inbound).on_conflict_do_nothing(index_elements=["channel", "platform_id"])
    return sum(session.execute(statement, blank | row).rowcount for row in rows)


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


def change_inbound(session: Session, ids: Sequence[int], values: dict[str, Any]) -> None:
    """Set columns of some updates."""
    session.connection().execute(update(inbound).where(inbound.c.id.in_(ids)).values(**values))


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


NEW_OUTBOUND: dict[str, Any] = {
    "key": None, "state": "waiting", "attempts": 0, "fence": 0, "lease_until": None, "done_at": None, "budgeted": False,
}  # fmt: skip


def add_outbound(session: Session, rows: list[dict[str, Any]]) -> None:
    """Insert messages in their order; missing columns get their first values."""
    if rows:
        session.connection().execute(insert(outbound), [NEW_OUTBOUND | row for row in rows])


def replace_or_add_outbound(session: Session, row: dict[str, Any]) -> None:
    """Insert a keyed message, or give the one that still waits under this key the new body and time."""
    statement = _inserts(session).insert(outbound).values(**(NEW_OUTBOUND | row))
    statement = statement.on_conflict_do_update(
        index_elements=["key"],
        set_={"body": statement.excluded.body, "not_before": statement.excluded.not_before},
        where=outbound.c.state == "waiting",
    )
    if session.execute(statement).rowcount == 0:
        add_outbound(session, [row | {"key": None}])


def outbound_made_at(session: Session, key: str) -> datetime | None:
    """Tell when the message that waits under a key was first made."""
    query = select(outbound.c.made_at).where(outbound.c.key == key, outbound.c.state == "waiting")
    return session.execute(query).scalar_one_or_none()


_earlier = outbound.alias("earlier")
_address = SQLModel.metadata.tables["address"]
# One message at a time to an address, the oldest first; a reply overtakes bulk only between addresses.
_READY = (
    select(
        outbound.c.id, outbound.c.address_id, _address.c.external_id, outbound.c.person_id, outbound.c.channel,
        outbound.c.urgency, outbound.c.body, outbound.c.attempts, outbound.c.fence,
    )
    .join(_address, _address.c.id == outbound.c.address_id)
    .where(
        outbound.c.state == "waiting",
        outbound.c.not_before <= bindparam("now"),
        outbound.c.channel.in_(bindparam("channels", expanding=True)),
        outbound.c.address_id.not_in(bindparam("busy", expanding=True)),
        ~exists().where(
            _earlier.c.address_id == outbound.c.address_id,
            _earlier.c.state.in_(("waiting", "claimed")),
            _earlier.c.id < outbound.c.id,
            or_(_earlier.c.not_before <= bindparam("now"), _earlier.c.attempts > literal_column("0")),
        ),
    )
    .order_by(outbound.c.urgency, outbound.c.id)
    .limit(bindparam("at_most"))
)  # fmt: skip
_CLAIM = (
    update(outbound)
    .where(outbound.c.id == bindparam("row"), outbound.c.state == "waiting")
    .values(state="claimed", fence=bindparam("new_fence"), lease_until=bindparam("until"))
)


def claim_outbound(
    session: Session, channels: Sequence[str], busy: Sequence[UUID], now: datetime, until: datetime, at_most: int
) -> list[OutboundRow]:
    """Claim messages that may leave now, with a lease and a fence of their own."""
    statement = _READY if is_sqlite(session) else _READY.with_for_update(skip_locked=True, of=outbound)
    connection = session.connection()
    found = connection.execute(
        statement, {"now": now, "channels": list(channels), "busy": list(busy), "at_most": at_most}
    )
    rows = [OutboundRow(*row) for row in found]
    if rows:
        connection.execute(_CLAIM, [{"row": row.id, "new_fence": row.fence + 1, "until": until} for row in rows])
    return [row._replace(fence=row.fence + 1) for row in rows]


def settle_outbound(session: Session, id: int, fence: int, values: dict[str, Any]) -> bool:
    """Write down what became of a claim; False if a later claim has taken over."""
    statement = update(outbound).where(outbound.c.id == id, outbound.c.fence == fence, outbound.c.state == "claimed")
    return session.connection().execute(statement.values(lease_until=None, **values)).rowcount == 1


def add_delivery(session: Session, row: dict[str, Any]) -> None:
    """Write down one attempt to send."""
    session.connection().execute(insert(delivery), row)


def expired_claims(session: Session, now: datetime) -> list[tuple[int, str, int, int]]:
    """List claims whose lease ran out: id, channel, attempts, fence."""
    query = select(outbound.c.id, outbound.c.channel, outbound.c.attempts, outbound.c.fence)
    rows = session.execute(query.where(outbound.c.state == "claimed", outbound.c.lease_until <= now))
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def next_outbound_at(session: Session, channels: Sequence[str]) -> datetime | None:
    """Tell when the next waiting message may leave."""
    query = select(func.min(outbound.c.not_before))
    return session.execute(
        query.where(outbound.c.state == "waiting", outbound.c.channel.in_(list(channels)))
    ).scalar_one_or_none()


def oldest_undelivered(session: Session, now: datetime) -> datetime | None:
    """Tell since when the oldest message that could have left is waiting."""
    query = select(func.min(outbound.c.not_before))
    return session.execute(
        query.where(outbound.c.state.in_(("waiting", "claimed")), outbound.c.not_before <= now)
    ).scalar_one_or_none()


def forget_outbound(session: Session, before: datetime) -> None:
    """Delete the records of messages that were settled before an instant."""
    old = and_(outbound.c.state.in_(("sent", "failed", "unknown")), outbound.c.done_at < before)
    session.execute(delete(delivery).where(delivery.c.outbound_id.in_(select(outbound.c.id).where(old))))
    session.execute(delete(outbound).where(old))


def spoken_to(session: Session, person_id: UUID, since: datetime) -> list[datetime]:
    """List when budgeted messages were made for a person since an instant."""
    query = select(outbound.c.made_at).where(
        outbound.c.person_id == person_id, outbound.c.budgeted, outbound.c.made_at >= since
    )
    return list(session.execute(query).scalars())


def keep_line(session: Session, chat: str, key: str, is_ours: bool, body: dict[str, Any], now: datetime) -> bool:
    """Keep one line of a web chat, whose address is made when it is new; say whether the line was new."""
    if session.scalars(select(ChatLine.id).where(ChatLine.key == key)).first() is not None:
        return False
    address = session.scalars(select(Address).where(Address.channel == WEB, Address.external_id == chat)).first()
    if address is None:
        address = Address(channel=WEB, external_id=chat, made_at=now)
        session.add(address)
        session.flush()
    session.add(ChatLine(address_id=address.id, key=key, is_ours=is_ours, body=body, at=now))
    return True


def lines_after(session: Session, chats: Collection[str], after: int, at_most: int) -> list[tuple[str, ChatLine]]:
    """List the lines of some web chats that follow line `after`, each with its chat; of too many, the latest."""
    query = (
        select(Address.external_id, ChatLine)
        .join(ChatLine, col(ChatLine.address_id) == Address.id)
        .where(Address.channel == WEB, col(Address.external_id).in_(chats), col(ChatLine.id) > after)
    )
    latest = session.execute(query.order_by(col(ChatLine.id).desc()).limit(at_most)).all()
    return [(chat, line) for chat, line in reversed(latest)]


def line_of(session: Session, chat: str, line_id: int) -> ChatLine | None:
    """Get one line of one web chat."""
    query = select(ChatLine).join(Address, col(ChatLine.address_id) == Address.id)
    return session.scalars(
        query.where(Address.channel == WEB, Address.external_id == chat, ChatLine.id == line_id)
    ).first()


def line_keys_among(session: Session, keys: Collection[str]) -> set[str]:
    """Name those of `keys` that belong to a line which still exists."""
    return set(session.scalars(select(ChatLine.key).where(col(ChatLine.key).in_(keys))))
