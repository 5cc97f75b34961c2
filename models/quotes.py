"""Whose words stand in which message to somebody else, so that what a person takes back can be taken back there too."""

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, delete, insert
from sqlmodel import Field, Session, SQLModel, col, select

from models.base import id_field, new_id

AT_ONCE = 500  # ids asked for in one query; SQLite takes no more than some thousands


class Source(NamedTuple):
    """Where words come from: who wrote them, and the row that holds them."""

    person_id: UUID
    item_id: UUID  # of an entry, action, check-in, observation or question


class Quote(SQLModel, table=True):
    """One message that shows words of `person_id`; ids and no words, and gone when the message was taken back."""

    __tablename__ = "quote"
    id: UUID = id_field()
    outbound_id: int = Field(foreign_key="outbound.id", index=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    item_id: UUID = Field(index=True)
    is_mixed: bool = False  # words of others, or things of the reader's own, stand there too


quote = Quote.__table__  # type: ignore[attr-defined]


def add_quotes(session: Session, outbound_id: int, rows: Iterable[dict[str, Any]]) -> None:
    """Note whose words one message shows."""
    session.connection().execute(insert(quote), [{"id": new_id(), "outbound_id": outbound_id} | row for row in rows])


def sources_of(session: Session, person_id: UUID) -> set[Source]:
    """Name every row whose words by one person stand in a message to somebody else."""
    query = select(col(Quote.person_id), col(Quote.item_id)).where(col(Quote.person_id) == person_id)
    return {Source(*row) for row in session.execute(query)}


def quotes_of(session: Session, sources: Collection[Source]) -> list[Quote]:
    """List the quotes from these rows, message by message."""
    items, found = sorted({source.item_id for source in sources}), list[Quote]()
    for start in range(0, len(items), AT_ONCE):
        found += session.scalars(select(Quote).where(col(Quote.item_id).in_(items[start : start + AT_ONCE])))
    # One row may hold words of two: an observer's feedback and the answer to it.
    return sorted((one for one in found if (one.person_id, one.item_id) in sources), key=lambda one: one.outbound_id)


def forget_quotes(session: Session, outbound_ids: Collection[int]) -> None:
    """Let go of what was noted about some messages, for they show nothing any more."""
    if outbound_ids:
        statement = delete(quote).where(quote.c.outbound_id == bindparam("message"))
        session.connection().execute(statement, [{"message": id} for id in outbound_ids])
