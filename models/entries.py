"""What people wrote: one table for jottings, reflections and their kin, in named parts, with audience and versions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ColumnElement, Select, Text, and_, cast, exists, or_
from sqlmodel import Field, Session, SQLModel, col, select

from models.base import Audience, id_field
from models.people import Membership, Pairing, Person, UnitBranch

KINDS = ("jotting", "reflection", "essay", "reading_note", "case", "observation_note")


class Entry(Audience, table=True):
    """One piece of writing; its words stand in `parts`, by name, in the order they were asked."""

    __tablename__ = "entry"
    id: UUID = id_field()
    kind: str
    person_id: UUID = Field(foreign_key="person.id", index=True)
    training_id: UUID | None = Field(default=None, foreign_key="training.id", index=True)
    parts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    written_at: datetime = Field(index=True)
    changed_at: datetime | None = None
    shared_at: datetime | None = Field(default=None, index=True)
    removed_at: datetime | None = None  # hidden at once; the words go for good a day later, so 撤销 works
    # The platform's message ids whose words it holds, so that an edit on the phone finds its entry.
    message_ids: list[str] = Field(default_factory=list, sa_type=JSON)


class EntryVersion(SQLModel, table=True):
    """The words of an entry as they stood before a change (看改前)."""

    __tablename__ = "entry_version"
    id: UUID = id_field()
    entry_id: UUID = Field(foreign_key="entry.id", index=True)
    parts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    replaced_at: datetime


def in_order(answers: dict[str, Any], *names: str) -> dict[str, Any]:
    """Pick the named answers that were really given, in the order they were asked."""
    return {name: answers[name] for name in names if answers.get(name) not in (None, "", [])}


def audience_holds(record: Any, viewer_id: UUID) -> ColumnElement[bool]:
    """Say in SQL whether `viewer_id` may read rows of `record`, a table with an audience and a `person_id`.

    The same rule as `models.rules.privacy.may_read`; a property test proves them equal. A pairing counts while its
    row has no end day; a group is a unit in which both are teacher, mentor or leader; a supervisor's scope is every
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
        col(Pairing.until).is_(None),
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


def readable_by(viewer_id: UUID) -> Select[Any]:
    """Select the entries that `viewer_id` may read; every screen, digest and export starts from here."""
    return select(Entry).where(col(Entry.removed_at).is_(None), audience_holds(Entry, viewer_id))


def own_entries(session: Session, viewer_id: UUID, at_most: int = 5, skip: int = 0, word: str = "") -> list[Entry]:
    """List her own entries, the latest first; with `word`, those whose words contain it."""
    query = readable_by(viewer_id).where(Entry.person_id == viewer_id)
    if word:
        query = query.where(cast(Entry.parts, Text).contains(word, autoescape=True))
    query = query.order_by(col(Entry.written_at).desc(), col(Entry.id).desc()).offset(skip).limit(at_most)
    return list(session.scalars(query))


def readable_entry(session: Session, viewer_id: UUID, entry_id: UUID) -> Entry | None:
    """Get one entry if `viewer_id` may read it; None says nothing of whether it exists."""
    return session.scalars(readable_by(viewer_id).where(Entry.id == entry_id)).first()


def own_entry(session: Session, viewer_id: UUID, entry_id: UUID) -> Entry | None:
    """Get one entry of her own."""
    return session.scalars(readable_by(viewer_id).where(Entry.id == entry_id, Entry.person_id == viewer_id)).first()
