"""What somebody takes back is taken back from her colleagues' chats too, as far as their platforms let us."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from bot.channels import Abilities
from models import Person, quotes, unsaying
from models.quotes import Quote, Source
from models.rules.wall_time import local_day
from models.shared import shared_items

ALL, SOME, NONE, NOTHING = "all", "some", "none", ""
"""Of what had been shown, all, some or none is taken back; or nothing had been shown. Whether it was read, nobody says."""


def take_back(session: Session, abilities: Mapping[str, Abilities], sources: Collection[Source], now: datetime) -> str:
    """Take back the messages that show words from these rows to somebody who may no longer read them.

    1. Whoever may still read them keeps what she was sent.
    2. What has not left is dropped, whatever else stands in it.
    3. What has left is taken back when it shows one writer's words and nothing else: in a digest of several, or on a
       card with the reader's own errands, the words of others would be lost, so it stays.
    """
    lost = _lost(session, quotes.quotes_of(session, sources), now)
    ids = {one.outbound_id for one in lost}
    unsaying.drop_waiting(session, ids, now)
    shown, mixed = unsaying.seen(session, ids), {one.outbound_id for one in lost if one.is_mixed}
    within = {name: one.unsay_within for name, one in abilities.items()}
    back = [one for one in shown if one.id not in mixed and one.can_go(within.get(one.channel, 0.0), now)]
    unsaying.unsay(session, back, now)
    going = {one.id for one in back}
    quotes.forget_quotes(session, ids - ({one.id for one in shown} - going))
    if not shown:
        return NOTHING
    is_all = len(back) == len(shown) and not any(one.is_doubtful for one in back)
    return ALL if is_all else SOME if back else NONE


def _lost(session: Session, found: Collection[Quote], now: datetime) -> list[Quote]:
    """Choose the quotes that their readers may no longer read; nobody but an erased person takes back what is no item."""
    readers = unsaying.readers_of(session, {one.outbound_id for one in found})
    by_reader: dict[UUID | None, list[Quote]] = defaultdict(list)
    for one in found:
        by_reader[readers[one.outbound_id]].append(one)
    return [one for reader, some in by_reader.items() for one in _not_readable(session, reader, some, now)]


def _not_readable(session: Session, reader_id: UUID | None, some: list[Quote], now: datetime) -> list[Quote]:
    reader = session.get(Person, reader_id) if reader_id else None
    if reader is None:
        return some
    items = {one.item_id for one in some}
    still = {UUID(item.id) for item in shared_items(session, reader.id, local_day(now, reader.zone), list(items))}
    return [one for one in some if one.item_id not in still]
