"""我的记录 /mine: list, reread, search, take back and restore what she wrote."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.conversation import Command, Outcome, Say, Tap
from handlers import mine_files
from handlers.quoting import of_record
from handlers.reading import entry_card, entry_line
from models import Entry, Person
from models.entries import (
    count_own,
    own_entries,
    own_entries_before,
    own_entry,
    pieces_of,
    removed_entry,
    versions_of,
)
from models.rules.wall_time import local_day

LISTED = 5
FOUND = 8  # hits of a search; with more, another word is asked for
LABEL_AT_MOST = 14  # characters of an entry on its button


def answer(session: Session, person: Person, rest: str, now: datetime) -> Outcome:
    """List the latest entries, or those in which every word of `rest` occurs."""
    if rest.strip():
        return Outcome(say=[_found(session, person, rest.strip())])
    entries = own_entries(session, person.id, at_most=LISTED + 1)
    return Outcome(say=[_page(session, person, entries, count_own(session, person.id))])


def _found(session: Session, person: Person, word: str) -> Say:
    entries = own_entries(session, person.id, at_most=FOUND + 1, word=word)
    lines = [entry_line(session, person, entry) for entry in entries[:FOUND]]
    facts = {"word": word, "entries": lines, "has_more": len(entries) > FOUND}
    return Say("found" if entries else "none_found", facts, tuple(map(_read_tap, lines)))


def _page(session: Session, person: Person, entries: list[Entry], total: int | None = None) -> Say:
    """Show five entries; one more than that means there are earlier ones."""
    lines = [entry_line(session, person, entry) for entry in entries[:LISTED]]
    if not lines:
        return Say("empty")
    more = (Tap("more", row=entries[LISTED - 1].id),) if len(entries) > LISTED else ()
    return Say("list", {"entries": lines, "total": total or 0}, (*map(_read_tap, lines), *more))


def _read_tap(line: dict[str, Any]) -> Tap:
    return Tap("read", row=UUID(line["id"]), block="tap__entry", facts=line)


def more(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """List the five entries before the last one shown."""
    last = own_entry(session, person.id, row) if row else None
    if last is None:
        return answer(session, person, "", now)
    entries = own_entries_before(session, person.id, last, at_most=LISTED + 1)
    return Outcome(say=[_page(session, person, entries)])


def read(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """Show the whole of one entry."""
    entry = own_entry(session, person.id, row) if row else None
    if entry is None:
        return Outcome(say=[Say("gone")])
    return Outcome(say=[Say("entry", entry_card(session, person, entry), _doings(entry))])


def _doings(entry: Entry) -> tuple[Tap, ...]:
    has_words = any(piece.text for piece in pieces_of(entry.parts))
    edit = (Tap("open", row=entry.id, handler="edit_entry", block="tap__edit"),) if has_words else ()
    return (
        *edit,
        Tap("open", row=entry.id, handler="share_entry", block="tap__share"),
        Tap("delete", row=entry.id),
        Tap("other", row=entry.id),
    )


def other(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """Offer what is done more rarely with an entry."""
    entry = own_entry(session, person.id, row) if row else None
    if entry is None:
        return Outcome(say=[Say("gone")])
    line = entry_card(session, person, entry)
    has_files = any(line[kind] for kind in ("photos", "voices", "videos", "files"))
    buttons = [
        Tap("open", row=entry.id, handler="note", block="tap__add"),
        Tap("open", row=entry.id, handler="attach_entry", block="tap__attach"),
        Tap("open", row=entry.id, handler="action", block="tap__act"),
    ]
    buttons += [Tap("pick_file", row=entry.id)] if has_files else []
    buttons += [Tap("before", row=entry.id)] if line["versions"] else []
    return Outcome(say=[Say("other", line, tuple(buttons))])


def before(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """Show the words as they stood before the last change."""
    entry = own_entry(session, person.id, row) if row else None
    versions = versions_of(session, person.id, entry.id) if entry else []
    if entry is None or not versions:
        return Outcome(say=[Say("gone")])
    latest = versions[0]
    facts = {
        "day": local_day(entry.written_at, person.zone).isoformat(),
        "replaced_at": latest.replaced_at.isoformat(),
        "pieces": [piece.text for piece in pieces_of(latest.parts) if piece.text],
        "versions": len(versions),
    }
    return Outcome(say=[Say("before", facts, (Tap("read", row=entry.id),))])


def delete(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """Take an entry out of sight at once; its words go for good a day later."""
    entry = own_entry(session, person.id, row) if row else None
    return removed(session, person, entry, now) if entry else Outcome(say=[Say("gone")])


def removed(session: Session, person: Person, entry: Entry, now: datetime) -> Outcome:
    """Remove an entry of hers and offer to bring it back."""
    line = entry_line(session, person, entry)
    entry.removed_at = now
    session.add(entry)
    say = Say("deleted", line, (Tap("restore", row=entry.id, handler="mine"),), template="mine")
    return Outcome(say=[say], unsay=of_record(entry))


def restore(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """Bring back what was removed less than a day ago; twice is harmless."""
    entry = removed_entry(session, person.id, row, now) or own_entry(session, person.id, row) if row else None
    if entry is None:
        return Outcome(say=[Say("too_late")])
    return restored(session, person, entry)


def restored(session: Session, person: Person, entry: Entry) -> Outcome:
    """Put a removed entry of hers back into sight."""
    entry.removed_at = None
    session.add(entry)
    session.flush()
    button = Tap("read", row=entry.id, handler="mine")
    return Outcome(say=[Say("restored", entry_line(session, person, entry), (button,), template="mine")])


command = Command(
    name="mine",
    answer=answer,
    command="mine",
    takes_rest=True,
    taps={
        "read": read,
        "more": more,
        "other": other,
        "before": before,
        "delete": delete,
        "restore": restore,
        "pick_file": mine_files.pick_file,
        "drop_file": mine_files.drop_file,
        "put_back": mine_files.put_back,
        "leave_files": mine_files.leave_files,
    },
)
