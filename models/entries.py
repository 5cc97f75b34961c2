"""What people wrote: one table for jottings, reflections and their kin, in named parts, with audience and versions."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ColumnElement, Select, Text, and_, bindparam, cast, exists, func, or_
from sqlmodel import Field, Session, SQLModel, col, select

from models.base import Audience, empty_dict, empty_list, id_field, plain_rows
from models.people import Membership, Pairing, Person, UnitBranch, pairing_holds

RESTORABLE = timedelta(days=1)  # how long 撤销 brings back what was removed; then the words go for good
KINDS = ("jotting", "reflection", "essay", "reading_note", "case", "observation_note")


class Entry(Audience, table=True):
    """One piece of writing; its words stand in `parts`, by name, in the order they were asked."""

    __tablename__ = "entry"
    id: UUID = id_field()
    kind: str
    person_id: UUID = Field(foreign_key="person.id", index=True)
    training_id: UUID | None = Field(default=None, foreign_key="training.id", index=True)
    parts: dict[str, Any] = Field(default_factory=empty_dict, sa_type=JSON)
    written_at: datetime = Field(index=True)
    changed_at: datetime | None = None
    shared_at: datetime | None = Field(default=None, index=True)
    removed_at: datetime | None = None  # hidden at once; the words go for good a day later, so 撤销 works
    # The platform's message ids whose words it holds, so that an edit on the phone finds its entry.
    message_ids: list[str] = Field(default_factory=empty_list, sa_type=JSON)


class EntryVersion(SQLModel, table=True):
    """The words of an entry as they stood before a change (看改前)."""

    __tablename__ = "entry_version"
    id: UUID = id_field()
    entry_id: UUID = Field(foreign_key="entry.id", index=True)
    parts: dict[str, Any] = Field(default_factory=empty_dict, sa_type=JSON)
    replaced_at: datetime


def audience_holds(record: Any, viewer_id: Any, today: Any) -> ColumnElement[bool]:
    """Say in SQL whether `viewer_id` may read rows of `record`, a table with an audience, on her local day `today`.

    Both may be parameters. The same rule as `models.rules.privacy.may_read`; a property test proves them equal. A
    pairing counts from its first day through its last; a group is a unit in which both are teacher, mentor or leader; a supervisor's scope is every
    unit below the unit she supervises.
    """
    mine = Membership.__table__.alias("viewer_membership")  # type: ignore[attr-defined]
    hers = Membership.__table__.alias("writer_membership")  # type: ignore[attr-defined]
    in_group = ("teacher", "mentor", "leader")
    pair = exists().where(
        or_(
            and_(col(Pairing.mentor_id) == viewer_id, col(Pairing.teacher_id) == record.person_id),
            and_(col(Pairing.teacher_id) == viewer_id, col(Pairing.mentor_id) == record.person_id),
        ),
        pairing_holds(today),
    )
    group = exists().where(
        mine.c.person_id == viewer_id,
        mine.c.role.in_(in_group),
        hers.c.person_id == record.person_id,
        hers.c.role.in_(in_group),
        mine.c.unit_id == hers.c.unit_id,
    )
    scope = exists().where(
        mine.c.person_id == viewer_id,
        mine.c.role == "supervisor",
        hers.c.person_id == record.person_id,
        col(UnitBranch.ancestor_id) == mine.c.unit_id,
        col(UnitBranch.unit_id) == hers.c.unit_id,
    )
    shared = or_(
        and_(record.to_pair, pair),
        and_(record.to_group, group),
        and_(record.to_supervisor, scope),
    )
    # Access ends with the post: a viewer who has left the school reads only her own.
    in_post = exists().where(col(Person.id) == viewer_id, col(Person.left_at).is_(None))
    return or_(record.person_id == viewer_id, and_(shared, in_post))


def readable_by(viewer_id: Any, today: Any) -> Select[Any]:
    """Select the entries that `viewer_id` may read on her local day; every screen, digest and export starts here."""
    return select(Entry).where(col(Entry.removed_at).is_(None), audience_holds(Entry, viewer_id, today))


def own_by(viewer_id: Any) -> Select[Any]:
    """Select her own entries: the part of `readable_by` that asks nothing of pairs, groups and scopes."""
    return select(Entry).where(col(Entry.removed_at).is_(None), Entry.person_id == viewer_id)


# Built once, for building a statement costs more than running it; the viewer is a parameter of each.
_VIEWER: Any = bindparam("viewer")
_ENTRY: Any = bindparam("entry")
_READABLE_ENTRY = readable_by(_VIEWER, bindparam("today")).where(col(Entry.id) == _ENTRY)
_OWN_ENTRY = own_by(_VIEWER).where(col(Entry.id) == _ENTRY)


def own_entries(session: Session, viewer_id: UUID, at_most: int = 5, skip: int = 0, word: str = "") -> list[Entry]:
    """List her own entries, the latest first; with `word`, those whose words contain all of its parts."""
    query = own_by(viewer_id)
    query = query.order_by(col(Entry.written_at).desc(), col(Entry.id).desc())
    if not word:
        return list(session.scalars(query.offset(skip).limit(at_most)))
    wanted = word.casefold().split()
    for part in wanted:
        # The column is searched as the JSON text it is; what is found there by accident (an id) is sifted out below.
        as_stored = json.dumps(part, ensure_ascii=False)[1:-1]
        query = query.where(cast(Entry.parts, Text).icontains(as_stored, autoescape=True))
    found = [entry for entry in session.scalars(query) if _holds_all(entry.parts, wanted)]
    return found[skip : skip + at_most]


def _holds_all(parts: dict[str, Any], wanted: list[str]) -> bool:
    words = words_of(parts).casefold()
    return all(part in words for part in wanted)


def own_entries_before(session: Session, viewer_id: UUID, entry: Entry, at_most: int = 5) -> list[Entry]:
    """List her own entries written before `entry`, the latest first."""
    earlier = or_(
        col(Entry.written_at) < entry.written_at,
        and_(col(Entry.written_at) == entry.written_at, col(Entry.id) < entry.id),
    )
    query = own_by(viewer_id).where(earlier)
    query = query.order_by(col(Entry.written_at).desc(), col(Entry.id).desc()).limit(at_most)
    return list(session.scalars(query))


def count_own(session: Session, viewer_id: UUID, kind: str | None = None, training_id: UUID | None = None) -> int:
    """Count her own entries, of one kind or about one training if so asked."""
    query = _count_own(kind is not None, training_id is not None)
    return int(plain_rows(session, query, {"viewer": viewer_id, "kind": kind, "training": training_id}).scalar_one())


@cache
def _count_own(is_of_kind: bool, is_about_training: bool) -> Select[Any]:
    query = own_by(_VIEWER).with_only_columns(func.count(), maintain_column_froms=True)
    query = query.where(col(Entry.kind) == bindparam("kind")) if is_of_kind else query
    return query.where(col(Entry.training_id) == bindparam("training")) if is_about_training else query


def lately_captured(session: Session, viewer_id: UUID, at_most: int = 3) -> list[Entry]:
    """List the last jottings that came as plain messages, the latest made first."""
    query = own_by(viewer_id).where(col(Entry.kind) == "jotting", _has_messages())
    return list(session.scalars(query.order_by(col(Entry.id).desc()).limit(at_most)))


def _has_messages() -> ColumnElement[bool]:
    return cast(Entry.message_ids, Text) != "[]"


def entry_of_message(session: Session, viewer_id: UUID, message_id: str) -> Entry | None:
    """Find her own entry that holds the words of one message of hers, the latest made if channels repeat an id."""
    holds = cast(Entry.message_ids, Text).contains(json.dumps(message_id, ensure_ascii=False), autoescape=True)
    query = own_by(viewer_id).where(holds).order_by(col(Entry.id).desc())
    return session.scalars(query.limit(1)).first()


def readable_entry(session: Session, viewer_id: UUID, today: date, entry_id: UUID) -> Entry | None:
    """Get one entry if `viewer_id` may read it on her local day; None says nothing of whether it exists."""
    return session.scalars(_READABLE_ENTRY, {"viewer": viewer_id, "today": today, "entry": entry_id}).first()


def own_entry(session: Session, viewer_id: UUID, entry_id: UUID) -> Entry | None:
    """Get one entry of her own."""
    return session.scalars(_OWN_ENTRY, {"viewer": viewer_id, "entry": entry_id}).first()


def removed_entry(session: Session, viewer_id: UUID, entry_id: UUID, now: datetime) -> Entry | None:
    """Get one entry of her own that she took back less than a day ago."""
    query = select(Entry).where(
        Entry.id == entry_id, Entry.person_id == viewer_id, col(Entry.removed_at) > now - RESTORABLE
    )
    return session.scalars(query).first()


def lately_removed(session: Session, viewer_id: UUID, now: datetime) -> Entry | None:
    """Find the entry of her own that she took back last, less than a day ago."""
    query = select(Entry).where(Entry.person_id == viewer_id, col(Entry.removed_at) > now - RESTORABLE)
    return session.scalars(query.order_by(col(Entry.removed_at).desc()).limit(1)).first()


def versions_of(session: Session, viewer_id: UUID, entry_id: UUID) -> list[EntryVersion]:
    """List the earlier versions of an entry of her own, the latest first; readers see only what it says now."""
    query = select(EntryVersion).where(
        EntryVersion.entry_id == entry_id,
        col(EntryVersion.entry_id).in_(own_by(viewer_id).with_only_columns(col(Entry.id))),
    )
    return list(session.scalars(query.order_by(col(EntryVersion.replaced_at).desc(), col(EntryVersion.id).desc())))


def revise(session: Session, entry: Entry, parts: dict[str, Any], now: datetime) -> None:
    """Give an entry new words and keep the old ones as a version."""
    session.add(EntryVersion(entry_id=entry.id, parts=entry.parts, replaced_at=now))
    entry.parts = parts
    entry.changed_at = now
    session.add(entry)


@dataclass(frozen=True)
class Piece:
    """One stretch of an entry: the name of its part, the words, and the ids of its files."""

    name: str
    text: str = ""
    files: list[str] = field(default_factory=list)


def pieces_of(parts: dict[str, Any]) -> list[Piece]:
    """Read the parts of an entry as pieces in order; a part is words, {"text", "files"}, or a list of these."""
    return [_piece(name, part) for name, part in _each(parts)]


def _each(parts: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(name, part) for name, value in parts.items() for part in (value if isinstance(value, list) else [value])]


def _piece(name: str, part: Any) -> Piece:
    if isinstance(part, dict):
        return Piece(name, part.get("text", ""), list(part.get("files", ())))
    return Piece(name, str(part))


def words_of(parts: dict[str, Any]) -> str:
    """Join all words of an entry, a line for each piece."""
    return "\n".join(piece.text for piece in pieces_of(parts) if piece.text)


def messages_in(parts: dict[str, Any]) -> list[str]:
    """List the platform's ids of the messages whose words the parts hold."""
    return [part["message"] for _name, part in _each(parts) if isinstance(part, dict) and part.get("message")]


def reworded(parts: dict[str, Any], message_id: str, words: str) -> dict[str, Any]:
    """Return the parts with new words where those of one message stand."""

    def change(part: Any) -> Any:
        is_meant = isinstance(part, dict) and part.get("message") == message_id
        return {**part, "text": words} if is_meant else part

    return _mapped(parts, change)


def change_words(parts: dict[str, Any], change: Callable[[int, str], str]) -> dict[str, Any]:
    """Return the parts with the words of each piece, numbered from 0, put through `change`."""
    counted = iter(range(len(pieces_of(parts))))

    def changed(part: Any) -> Any:
        number = next(counted)
        if isinstance(part, dict):
            return {**part, "text": change(number, part["text"])} if part.get("text") else part
        return change(number, part)

    return _mapped(parts, changed)


def _mapped(parts: dict[str, Any], change: Callable[[Any], Any]) -> dict[str, Any]:
    return {
        name: [change(part) for part in value] if isinstance(value, list) else change(value)
        for name, value in parts.items()
    }
