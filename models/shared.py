"""What others shared with one reader: one shape for entries, actions and rows of record forms, read anew each time."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from models.actions import Action, CheckIn, readable_actions, readable_check_ins
from models.digests import looks_after
from models.entries import Entry, pieces_of, readable_by
from models.people import Person
from models.questions import Question


@dataclass(frozen=True)
class SharedItem:
    """The view of one shared item: who wrote it, of what kind, and its words; never the record itself."""

    id: str
    about_kind: str  # entry, action, check_in
    kind: str  # the kind of an entry, or action, check_in
    person_id: str
    who: str
    shared_at: str  # aware UTC, ISO text
    words: list[str]  # for an action: class, moment, deed
    first: str  # what to show of it in one line

    def facts(self) -> dict[str, Any]:
        """Give the view as facts for a template."""
        return asdict(self)


def shared_items(session: Session, viewer_id: UUID, today: date, ids: Collection[UUID]) -> list[SharedItem]:
    """List what `viewer_id` may still read of these items, in the order given; her own are not among them."""
    found = {UUID(item.id): item for item in _read(session, viewer_id, today, wanted=list(ids))}
    return [found[id] for id in ids if id in found]


def shared_item(session: Session, viewer_id: UUID, today: date, item_id: UUID) -> SharedItem | None:
    """Get one item that somebody shared with `viewer_id`; None says nothing of whether it exists."""
    return next(iter(shared_items(session, viewer_id, today, [item_id])), None)


def recently_shared(
    session: Session,
    viewer_id: UUID,
    today: date,
    since: datetime,
    at_most: int = 60,
    person_id: UUID | None = None,
) -> list[SharedItem]:
    """List what those she looks after shared with her after `since`, the latest first; of one of them or of all."""
    return _read(session, viewer_id, today, since=since, at_most=at_most, person_id=person_id)[:at_most]


def awaiting_reply(
    session: Session, viewer_id: UUID, today: date, since: datetime, until: datetime
) -> list[SharedItem]:
    """List what was shared with her in that time and what she has not replied to, the oldest first."""
    return [
        item
        for item in _read(session, viewer_id, today, since=since, at_most=200, is_oldest_first=True, is_unanswered=True)
        if item.shared_at <= until.isoformat()
    ]


def _read(
    session: Session,
    viewer_id: UUID,
    today: date,
    *,
    wanted: list[UUID] | None = None,
    since: datetime | None = None,
    at_most: int | None = None,
    person_id: UUID | None = None,
    is_oldest_first: bool = False,
    is_unanswered: bool = False,
) -> list[SharedItem]:
    """Read every kind of item by the query that holds its privacy, narrowed as asked."""
    circle = looks_after(today, [viewer_id])
    items: list[SharedItem] = []
    for table, readable in ((Entry, readable_by), (Action, readable_actions), (CheckIn, readable_check_ins)):
        query = readable(viewer_id, today).where(col(table.person_id) != viewer_id)
        if wanted is not None:
            query = query.where(col(table.id).in_(wanted))
        if since is not None:
            query = query.where(col(table.shared_at) > since, col(table.person_id).in_(select(circle.c.writer_id)))
        if person_id is not None:
            query = query.where(col(table.person_id) == person_id)
        if is_unanswered:
            said = select(Question.id).where(col(Question.asker_id) == viewer_id, col(Question.about_id) == table.id)
            query = query.where(~said.exists())
        order = col(table.shared_at).asc() if is_oldest_first else col(table.shared_at).desc()
        rows = list(session.scalars(query.order_by(order).limit(at_most)))
        items += _views(session, rows)
    return sorted(items, key=lambda item: (item.shared_at, item.id), reverse=not is_oldest_first)


def _views(session: Session, rows: list[Any]) -> list[SharedItem]:
    persons = {row.person_id for row in rows}
    names = dict(session.execute(select(Person.id, Person.name).where(col(Person.id).in_(persons))).all())
    return [_view(row, names[row.person_id]) for row in rows]


def _view(row: Any, who: str) -> SharedItem:
    about_kind, kind, words, first = _told(row)
    at = (row.shared_at or getattr(row, "written_at", None) or row.made_at).isoformat()
    return SharedItem(str(row.id), about_kind, kind, str(row.person_id), who, at, words, first)


def _told(row: Any) -> tuple[str, str, list[str], str]:
    if isinstance(row, Action):
        return "action", "action", [row.class_name, row.moment, row.deed], row.deed
    if isinstance(row, CheckIn):
        words = [row.insight, row.effect, row.obstacle, row.remedy]
        return "check_in", "check_in", words, next((part for part in words[1:] + words[:1] if part), "")
    words = [piece.text for piece in pieces_of(row.parts) if piece.text]
    return "entry", row.kind, words, words[0] if words else ""
