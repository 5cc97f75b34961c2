"""The few statements of the outbox, as compiled Core: claim with lease and fence, settle, forget."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    Update,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlmodel import Session, SQLModel

from models.base import inserts, is_sqlite
from models.messages import Delivery, Outbound
from models.quotes import add_quotes, quote


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


outbound = Outbound.__table__  # type: ignore[attr-defined]
delivery = Delivery.__table__  # type: ignore[attr-defined]
NEW_OUTBOUND: dict[str, Any] = {
    "key": None, "state": "waiting", "attempts": 0, "fence": 0, "lease_until": None, "done_at": None, "budgeted": False,
}  # fmt: skip


def add_outbound(session: Session, rows: list[dict[str, Any]]) -> None:
    """Insert messages in their order; missing columns get their first values.

    Those under `quotes` say whose words a message shows: only for these the new id is asked for.
    """
    if not any("quotes" in row for row in rows):
        _insert(session, rows)
        return
    for row in rows:
        bare = {name: value for name, value in row.items() if name != "quotes"}
        made = session.connection().execute(insert(outbound).values(**(NEW_OUTBOUND | bare)))
        if "quotes" in row:
            add_quotes(session, made.inserted_primary_key[0], row["quotes"])  # type: ignore[index]


def _insert(session: Session, rows: list[dict[str, Any]]) -> None:
    if rows:
        session.connection().execute(insert(outbound), [NEW_OUTBOUND | row for row in rows])


def replace_or_add_outbound(session: Session, row: dict[str, Any]) -> None:
    """Insert a keyed message, or give the one that still waits under this key the new body and time.

    One that was tried may have arrived: it is repeated as it was, and what is new is a message of its own.
    """
    statement = inserts(session).insert(outbound).values(**(NEW_OUTBOUND | row))
    statement = statement.on_conflict_do_update(
        index_elements=["key"],
        set_={"body": statement.excluded.body, "not_before": statement.excluded.not_before},
        where=and_(outbound.c.state == "waiting", outbound.c.attempts == 0),
    )
    if session.connection().execute(statement).rowcount == 0:
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


# Built once, for building a statement costs more than running it.
_HELD = update(outbound).where(
    outbound.c.id == bindparam("row"), outbound.c.fence == bindparam("held"), outbound.c.state == "claimed"
)
_BEGIN = _HELD.values(attempts=outbound.c.attempts + 1)
_EXPIRED = select(outbound.c.id, outbound.c.channel, outbound.c.attempts, outbound.c.fence).where(
    outbound.c.state == "claimed", outbound.c.lease_until <= bindparam("now")
)
_COUNT_UNKNOWN = select(func.count()).where(delivery.c.outbound_id == bindparam("of"), delivery.c.outcome == "unknown")
_SPOKEN = select(outbound.c.made_at).where(
    outbound.c.person_id == bindparam("person"), outbound.c.budgeted, outbound.c.made_at >= bindparam("since")
)


def begin_outbound(session: Session, id: int, fence: int) -> bool:
    """Count an attempt before it is made; False if a later claim has taken over.

    Until its delivery is written down, `attempts` is one ahead of the deliveries.
    """
    return session.connection().execute(_BEGIN, {"row": id, "held": fence}).rowcount == 1


def settle_outbound(session: Session, id: int, fence: int, values: dict[str, Any]) -> bool:
    """Write down what became of a claim; False if a later claim has taken over."""
    return session.connection().execute(_settle(*values), {"row": id, "held": fence, **values}).rowcount == 1


@cache
def _settle(*names: str) -> Update:
    return _HELD.values({"lease_until": None} | {name: bindparam(name) for name in names})


def add_delivery(session: Session, row: dict[str, Any]) -> None:
    """Write down one attempt to send."""
    session.connection().execute(insert(delivery), row)


def expired_claims(session: Session, now: datetime) -> list[tuple[int, str, int, int]]:
    """List claims whose lease ran out: id, channel, attempts, fence."""
    rows = session.connection().execute(_EXPIRED, {"now": now})
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def count_unknown(session: Session, id: int) -> int:
    """Count the attempts to send one message of which nobody knows the outcome."""
    return int(session.connection().execute(_COUNT_UNKNOWN, {"of": id}).scalar_one())


def count_deliveries(session: Session, id: int) -> int:
    """Count the attempts to send one message that were written down."""
    query = select(func.count()).where(delivery.c.outbound_id == id)
    return int(session.execute(query).scalar_one())


def oldest_undelivered(session: Session, now: datetime, channels: Collection[str] | None = None) -> datetime | None:
    """Tell since when the oldest message that could have left is waiting; each failed try moves its `not_before`.

    `channels` are those switched on: what waits for another is nobody's fault now.
    """
    since = case((outbound.c.attempts > 0, outbound.c.made_at), else_=outbound.c.not_before)
    query = select(func.min(since)).where(outbound.c.state.in_(("waiting", "claimed")), since <= now)
    if channels is not None:
        query = query.where(outbound.c.channel.in_(list(channels)))
    return session.execute(query).scalar_one_or_none()


def forget_outbound(session: Session, before: datetime, lasting: Collection[str] = ()) -> None:
    """Delete the records of messages that were settled before an instant, and whose words they showed.

    On `lasting` channels a message can be taken back at any time: there the records of those that show words stay.
    """
    shows = exists().where(quote.c.outbound_id == outbound.c.id)
    lasts = and_(outbound.c.channel.in_(list(lasting)), shows)
    old = and_(outbound.c.state.in_(("sent", "failed", "unknown")), outbound.c.done_at < before, ~lasts)
    ids = select(outbound.c.id).where(old)
    session.execute(delete(quote).where(quote.c.outbound_id.in_(ids)))
    session.execute(delete(delivery).where(delivery.c.outbound_id.in_(ids)))
    session.execute(delete(outbound).where(old))


def spoken_to(session: Session, person_id: UUID, since: datetime) -> list[datetime]:
    """List when budgeted messages were made for a person since an instant."""
    return list(session.connection().execute(_SPOKEN, {"person": person_id, "since": since}).scalars())


def expire_all_claims(session: Session, now: datetime) -> None:
    """Let every claim run out: the only process that could hold one has ended."""
    session.execute(update(outbound).where(outbound.c.state == "claimed").values(lease_until=now))


def fail_waiting(session: Session, address_id: UUID, now: datetime) -> None:
    """Give up what still waits for an address that no longer takes messages."""
    statement = update(outbound).where(outbound.c.address_id == address_id, outbound.c.state == "waiting")
    session.execute(statement.values(state="failed", body=None, done_at=now))


def count_by_state(session: Session) -> dict[str, int]:
    """Count the messages in each state."""
    query = select(outbound.c.state, func.count()).group_by(outbound.c.state)
    return {row[0]: row[1] for row in session.execute(query)}


def leaves_now(session: Session, channels: Sequence[str], now: datetime) -> bool:
    """Say whether anything that may leave now is not delivered yet."""
    query = select(outbound.c.id).where(
        outbound.c.state.in_(("waiting", "claimed")),
        outbound.c.not_before <= now,
        outbound.c.channel.in_(list(channels)),
        outbound.c.attempts == 0,
    )
    return session.execute(query.limit(1)).first() is not None
