"""Taking back what was said: messages that wait are dropped, and rows in the outbox take back those that have left."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, or_, select, update
from sqlmodel import Session

from models.messages import Delivery, Outbound
from models.outbound import OutboundRow, add_outbound
from models.quotes import AT_ONCE

UNSAY = "unsay"  # stands in the body of a row that takes back the message of this id
outbound = Outbound.__table__  # type: ignore[attr-defined]
delivery = Delivery.__table__  # type: ignore[attr-defined]
_DROP = (
    update(outbound)
    .where(outbound.c.id == bindparam("message"), or_(outbound.c.state == "waiting", outbound.c.state == "held"))
    .values(state="failed", body=None, key=None, done_at=bindparam("now"))
)


@dataclass
class Shown:
    """A message that may have been seen: where it went, and what is known of its sending."""

    id: int
    address_id: UUID
    person_id: UUID | None
    channel: str
    state: str
    named_at: list[datetime] = field(default_factory=list)  # when the platform gave ids of it
    is_doubtful: bool = False  # a try of unknown outcome: a copy without an id may stand there

    def can_go(self, within: float, now: datetime) -> bool:
        """Say whether the platform takes it back; one that is leaving at this moment is taken back right after."""
        if self.state == "claimed":
            return within > 0
        return bool(self.named_at) and (now - min(self.named_at)).total_seconds() < within


def readers_of(session: Session, ids: Collection[int]) -> dict[int, UUID | None]:
    """Tell for each message to whom it was written."""
    found: dict[int, UUID | None] = {}
    for some in _in_parts(ids):
        query = select(outbound.c.id, outbound.c.person_id).where(outbound.c.id.in_(some))
        found.update((row[0], row[1]) for row in session.execute(query))
    return found


def drop_waiting(session: Session, ids: Collection[int], now: datetime) -> None:
    """Give up those messages that have not left."""
    if ids:
        session.connection().execute(_DROP, [{"message": id, "now": now} for id in ids])


def seen(session: Session, ids: Collection[int]) -> list[Shown]:
    """List those messages that have left, are leaving, or may have arrived though nobody knows."""
    found: dict[int, Shown] = {}
    columns = outbound.c.id, outbound.c.address_id, outbound.c.person_id, outbound.c.channel, outbound.c.state
    for some in _in_parts(ids):
        rows = session.execute(select(*columns).where(outbound.c.id.in_(some)))
        found.update((row[0], Shown(*row)) for row in rows)
        tries = select(delivery.c.outbound_id, delivery.c.at, delivery.c.outcome, delivery.c.platform_id)
        for id, at, outcome, platform_id in session.execute(tries.where(delivery.c.outbound_id.in_(some))):
            found[id].named_at += [at] if platform_id else []
            found[id].is_doubtful |= outcome == "unknown"
    has_left = ("claimed", "sent", "unknown")
    return [one for one in found.values() if one.state in has_left or one.named_at or one.is_doubtful]


def unsay(session: Session, messages: Collection[Shown], now: datetime) -> None:
    """Put into the outbox that these messages are taken back, each by a row of its own behind what waits there."""
    rows = [
        {
            "address_id": one.address_id, "person_id": one.person_id, "channel": one.channel, "urgency": 0,
            "body": {UNSAY: one.id}, "not_before": now, "made_at": now,
        }
        for one in messages
    ]  # fmt: skip
    add_outbound(session, rows)


def with_ids(session: Session, rows: Sequence[OutboundRow], within: float, now: datetime) -> list[OutboundRow]:
    """Give the claimed rows that take something back the platform's ids of it, but none that are too old by now.

    Read at this moment and not before: the message may still have been on its way when it was taken back.
    """
    return [
        row._replace(body={UNSAY: _ids(session, row.body[UNSAY], within, now)}) if UNSAY in row.body else row
        for row in rows
    ]


def _ids(session: Session, message: int, within: float, now: datetime) -> list[str]:
    query = select(delivery.c.at, delivery.c.platform_id)
    query = query.where(delivery.c.outbound_id == message, delivery.c.platform_id.is_not(None)).order_by(delivery.c.at)
    fresh = [ids.split("\n") for at, ids in session.execute(query) if (now - at).total_seconds() < within]
    return list(dict.fromkeys(id for ids in fresh for id in ids))


def _in_parts(ids: Collection[int]) -> Iterator[list[int]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), AT_ONCE):
        yield ordered[start : start + AT_ONCE]
