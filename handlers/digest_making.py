"""The weekly making of digests: one streamed query for all who are due, and rows written in bulk."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.school import school_clock
from models.base import new_id
from models.digests import (
    Reader,
    answers_for_digests,
    as_uuid,
    circle_sizes,
    digest_readers,
    keep_new,
    keys_taken,
    long_unread,
    mark_answers_told,
    plan_again,
    shared_with_readers,
)
from models.rules.cadence import expires_at
from models.rules.contact import DIGEST, ORDINARY
from models.rules.digests import PLAY, SETTLED, SHOWN, UNREAD_FOR, Window, digest_key, may_count, window_due
from models.rules.wall_time import local_day

NAMED_AT_MOST = 500  # readers named one by one in a query; beyond that all are read and the others passed over


@dataclass
class Gathered:
    """What was shared with one reader: numbers by kind, and the first few items."""

    counts: Counter[str] = field(default_factory=Counter)
    first: list[UUID] = field(default_factory=list)

    @property
    def total(self) -> int:
        """Count all of them."""
        return sum(self.counts.values())


def gather(session: Session, windows: Mapping[UUID, Window], days: Mapping[UUID, date]) -> dict[UUID, Gathered]:
    """Count what was shared with each reader in her window; memory grows with readers only.

    `days` is each reader's local day now. Readers with the same window and day are read in one pass: on an ordinary
    Friday that is everybody.
    """
    found = {reader: Gathered() for reader in windows}
    spans = {reader: (window, days[reader]) for reader, window in windows.items()}
    for span in set(spans.values()):
        alike = [reader for reader in spans if spans[reader] == span]
        window, today = span
        for reader, items in shared_with_readers(session, today, window.since, window.until, _named(alike)):
            if spans.get(reader) == span:
                found[reader] = _counted(items)
    return found


def _sizes(session: Session, days: Mapping[UUID, date]) -> dict[UUID, int]:
    """Count for each reader how many people she looks after on her local day."""
    found: dict[UUID, int] = {}
    for today in set(days.values()):
        alike = [reader for reader in days if days[reader] == today]
        sizes = circle_sizes(session, today, _named(alike))
        found |= {reader: sizes.get(reader, 0) for reader in alike}
    return found


def _counted(items: Iterable[tuple[Any, str]]) -> Gathered:
    mine = Gathered()
    for id, kind in items:
        mine.counts[kind] += 1
        if len(mine.first) < SHOWN:
            mine.first.append(as_uuid(id))
    return mine


def _named(readers: Collection[UUID]) -> list[UUID] | None:
    return list(readers) if len(readers) <= NAMED_AT_MOST else None


def make_digests(session: Session, now: datetime) -> int:
    """Make every digest that is due, with its prompt; return how many. Making twice is harmless.

    1. Find who is due: the keys of the week and the end of the last digest stand in rows, not in a timer.
    2. Gather what was shared with all of them, in one query, and the answers that were to wait for this.
    3. Write digests and prompts in bulk; a week with nothing in it is noted and not spoken of.
    4. Ask those who have not opened two in a row whether the rhythm suits them.
    """
    readers = _due(session, now)
    if readers:
        _make(session, readers, now)
    asked = _ask_about_rhythm(session, now) if readers else set()
    plan_again(session, {*readers, *asked}, now)
    return len(readers)


def _due(session: Session, now: datetime) -> dict[UUID, tuple[Reader, Window]]:
    due, days = {}, school_clock(session).calendar
    for reader in digest_readers(session, now - PLAY):
        window = window_due(now, reader.digest_day, reader.digest_every, reader.zone, reader.last_until, days)
        if window is not None:
            due[reader.id] = (reader, window)
    taken = keys_taken(session, [_key(*one) for one in due.values()])
    return {id: one for id, one in due.items() if _key(*one) not in taken}


def _key(reader: Reader, window: Window) -> str:
    return digest_key(reader.id, window.until, reader.zone)


def _make(session: Session, readers: dict[UUID, tuple[Reader, Window]], now: datetime) -> None:
    windows = {id: window for id, (_, window) in readers.items()}
    days = {id: local_day(now, reader.zone) for id, (reader, _) in readers.items()}
    found, sizes = gather(session, windows, days), _sizes(session, days)
    answers: dict[UUID, list[str]] = {id: [] for id in readers}
    for asker, question in answers_for_digests(session, now, _named(windows)):
        if asker in answers:
            answers[asker].append(str(question))
    digests, prompts = [], []
    for id, (reader, window) in readers.items():
        digest = _digest(reader, window, found[id], sizes[id], answers[id], now)
        digests.append(digest)
        if found[id].total or answers[id]:
            prompts.append(_prompt(id, digest["key"], "digest", DIGEST, digest["id"], now))
    keep_new(session, digests, prompts)
    mark_answers_told(session, now, now, list(readers))


def _digest(
    reader: Reader, window: Window, found: Gathered, circle: int, answers: list[str], now: datetime
) -> dict[str, Any]:
    is_empty = not found.total and not answers
    facts = {
        "circle": circle,
        "counts": dict(found.counts) if may_count(circle) else {},
        "items": [str(id) for id in found.first],
        "answers": answers,
    }
    return {
        "id": new_id(),
        "key": _key(reader, window),
        "person_id": reader.id,
        "since": window.since,
        "until": window.until,
        "made_at": now,
        "read_at": now if is_empty else None,  # what holds nothing cannot be left unread
        "facts": facts,
    }


def _prompt(person: UUID, key: str, kind: str, manner: str, about: UUID | None, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "key": key,
        "person_id": person,
        "kind": kind,
        "about_id": about,
        "facts": {},
        "due_at": now,
        "expires_at": expires_at(kind, now),
        "manner": manner,
        "state": "waiting",
        "made_at": now,
    }


def _ask_about_rhythm(session: Session, now: datetime) -> set[UUID]:
    """Plan the question about the rhythm: once for each silence, however often this is called."""
    silent = {f"rhythm:{key}": person for person, key in long_unread(session, now - UNREAD_FOR, now - SETTLED)}
    taken = keys_taken(session, list(silent))
    fresh = {key: person for key, person in silent.items() if key not in taken}
    keep_new(session, [], [_prompt(person, key, "rhythm", ORDINARY, None, now) for key, person in fresh.items()])
    return set(fresh.values())
