"""周报: who looks after whom, what was shared with them in a week, and the digest that was made of it once."""

from collections.abc import Collection, Iterator
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    JSON,
    Select,
    Subquery,
    Table,
    and_,
    case,
    exists,
    func,
    insert,
    literal,
    or_,
    true,
    union_all,
    update,
)
from sqlalchemy import select as core_select
from sqlalchemy import type_coerce as as_type
from sqlalchemy.types import NullType
from sqlmodel import Field, Session, SQLModel, col, select

from models.actions import Action, CheckIn
from models.base import id_field
from models.entries import Entry
from models.people import Absence, Membership, Pairing, Person, UnitBranch, pairing_holds
from models.prompts import Prompt
from models.questions import Question

GROUP_ROLES = ("teacher", "mentor", "leader")
AT_ONCE = 2_000  # rows fetched or written in one go


class Digest(SQLModel, table=True):
    """One digest; `facts` holds counts and ids of shared items, never words."""

    __tablename__ = "digest"
    id: UUID = id_field()
    key: str = Field(unique=True)  # digest:<person>:<year>-W<week>; digest:<person>:asked is the one made on demand
    person_id: UUID = Field(foreign_key="person.id", index=True)
    since: datetime
    until: datetime
    made_at: datetime
    read_at: datetime | None = None
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


class Reader(NamedTuple):
    """Someone who gets a weekly digest, and when the last one ended."""

    id: UUID
    zone: str
    digest_day: int
    digest_every: int
    last_until: datetime | None


def _table(model: type[SQLModel]) -> Table:
    return model.__table__  # type: ignore[attr-defined,no-any-return]


def looks_after(today: date, readers: Collection[UUID] | None = None) -> Subquery:
    """Select reader_id, writer_id and the right: by_post (主管), by_pair (师傅), by_group (组长).

    The same circles as `entries.audience_holds` on the readers' local day, of those who look after others: one row
    for each two people.
    """
    mine, hers = _table(Membership).alias("post"), _table(Membership).alias("writer")
    branch, pairing = _table(UnitBranch), _table(Pairing)
    posts = _rights(mine.c.person_id, hers.c.person_id, "post").select_from(
        mine.join(branch, branch.c.ancestor_id == mine.c.unit_id).join(hers, hers.c.unit_id == branch.c.unit_id)
    )
    pairs = _rights(pairing.c.mentor_id, pairing.c.teacher_id, "pair").where(pairing_holds(today))
    groups = _rights(mine.c.person_id, hers.c.person_id, "group").select_from(
        mine.join(hers, hers.c.unit_id == mine.c.unit_id)
    )
    legs = [
        (posts.where(mine.c.role == "supervisor"), mine.c.person_id),
        (pairs, pairing.c.mentor_id),
        (groups.where(mine.c.role == "leader", hers.c.role.in_(GROUP_ROLES)), mine.c.person_id),
    ]
    rows = union_all(*(leg if readers is None else leg.where(who.in_(readers)) for leg, who in legs)).subquery()
    best = (func.max(rows.c[right]).label(right) for right in ("by_post", "by_pair", "by_group"))
    whole = select(rows.c.reader_id, rows.c.writer_id, *best).where(rows.c.reader_id != rows.c.writer_id)
    return whole.group_by(rows.c.reader_id, rows.c.writer_id).subquery("looks_after")


def _rights(reader: Any, writer: Any, right: str) -> Select[Any]:
    flags = (literal(int(right == name)).label(f"by_{name}") for name in ("post", "pair", "group"))
    return select(reader.label("reader_id"), writer.label("writer_id"), *flags)


def oversees(session: Session, viewer_id: UUID, today: date, person_id: UUID) -> bool:
    """Say whether `viewer_id` is her mentor, the leader of her group or a supervisor above her, and still in post."""
    circle = looks_after(today, [viewer_id])
    query = select(circle.c.writer_id).where(circle.c.writer_id == person_id, _in_post(viewer_id))
    return session.execute(query).first() is not None


def looks_after_anyone(session: Session, viewer_id: UUID, today: date) -> bool:
    """Say whether a digest would ever hold anything for her."""
    circle = looks_after(today, [viewer_id])
    return session.execute(select(circle.c.writer_id).where(_in_post(viewer_id)).limit(1)).first() is not None


def _in_post(viewer_id: UUID) -> Any:
    return select(Person.id).where(col(Person.id) == viewer_id, col(Person.left_at).is_(None)).exists()


def digest_readers(session: Session, ended_before: datetime) -> list[Reader]:
    """List who has a digest switched on and had the last weekly one before `ended_before`, or never."""
    last = func.max(col(Digest.until))
    posts = select(Membership.person_id).where(col(Membership.role).in_(("supervisor", "leader")))
    # Whoever was a mentor lately; that her pair counts on her own day is asked when her digest is gathered.
    is_recent = or_(col(Pairing.until).is_(None), col(Pairing.until) >= ended_before.date())
    mentors = select(Pairing.mentor_id).where(is_recent)
    query = (
        core_select(col(Person.id), col(Person.zone), col(Person.digest_day), col(Person.digest_every), last)
        .outerjoin(Digest, and_(col(Digest.person_id) == Person.id, ~col(Digest.key).endswith(":asked")))
        .where(col(Person.digest_every) > 0, col(Person.joined_at).is_not(None), col(Person.left_at).is_(None))
        .where(or_(col(Person.id).in_(posts), col(Person.id).in_(mentors)))
        .group_by(col(Person.id), col(Person.zone), col(Person.digest_day), col(Person.digest_every))
        .having(or_(last.is_(None), last < ended_before))
    )
    return [Reader(*row) for row in session.execute(query)]


def shared_with_readers(
    session: Session, today: date, since: datetime, until: datetime, readers: Collection[UUID] | None = None
) -> Iterator[tuple[UUID, Iterator[tuple[Any, str]]]]:
    """Stream, for each reader, (id, kind) of what was shared with her after `since` up to `until`, the latest first.

    One ordered query whatever the number of readers and items; rows come in batches, so memory stays flat. Ids come
    as the database writes them, for `as_uuid`: most are only counted, and making a UUID costs more than counting.
    """
    circle, items = looks_after(today, readers), _items(since, until)
    query = (
        select(as_type(circle.c.reader_id, NullType), as_type(items.c.id, NullType), items.c.kind)
        .select_from(circle.join(items, items.c.person_id == circle.c.writer_id))
        .where(
            or_(
                and_(items.c.to_supervisor, circle.c.by_post == 1),
                and_(items.c.to_pair, circle.c.by_pair == 1),
                and_(items.c.to_group, circle.c.by_group == 1),
            )
        )
        .order_by(circle.c.reader_id, items.c.shared_at.desc(), items.c.id)
    )
    found = session.execute(query, execution_options={"yield_per": AT_ONCE})
    for reader, rows in groupby(found, key=itemgetter(0)):
        yield as_uuid(reader), ((id, kind) for _, id, kind in rows)


def as_uuid(raw: Any) -> UUID:
    """Make a UUID of one that came as the database writes it."""
    return raw if isinstance(raw, UUID) else UUID(raw)


def _items(since: datetime, until: datetime) -> Subquery:
    def part(model: type[SQLModel], kind: Any, kept: Any) -> Select[Any]:
        table = _table(model)
        flags = (table.c.to_pair, table.c.to_group, table.c.to_supervisor)
        chosen: Select[Any] = core_select(table.c.id, table.c.person_id, kind.label("kind"), table.c.shared_at, *flags)
        return chosen.where(table.c.shared_at > since, table.c.shared_at <= until, or_(*flags), kept)

    entry, check_in = _table(Entry), _table(CheckIn)
    return union_all(
        part(Entry, entry.c.kind, entry.c.removed_at.is_(None)),
        part(Action, literal("action"), true()),
        part(CheckIn, literal("check_in"), check_in.c.removed_at.is_(None)),
    ).subquery("shared")


def circle_sizes(session: Session, today: date, readers: Collection[UUID] | None = None) -> dict[UUID, int]:
    """Count for each reader how many people she looks after on this day."""
    circle = looks_after(today, readers)
    query = select(circle.c.reader_id, func.count()).group_by(circle.c.reader_id)
    return {row[0]: row[1] for row in session.execute(query)}


def answers_for_digests(
    session: Session, until: datetime, readers: Collection[UUID] | None = None
) -> Iterator[tuple[UUID, UUID]]:
    """Stream (asker, question) of answers that were to come with the digest and were not told yet, asker by asker."""
    query = select(Question.asker_id, Question.id).where(_untold(until))
    if readers is not None:
        query = query.where(col(Question.asker_id).in_(readers))
    ordered = query.order_by(col(Question.asker_id), col(Question.answered_at), col(Question.id))
    found = session.execute(ordered, execution_options={"yield_per": AT_ONCE})
    yield from ((row[0], row[1]) for row in found)


def mark_answers_told(session: Session, until: datetime, now: datetime, readers: Collection[UUID]) -> None:
    """Note that the answers up to `until` went into these readers' digests."""
    for some in _portions(list(readers)):
        query = update(Question).where(_untold(until), col(Question.asker_id).in_(some)).values(reported_at=now)
        session.execute(query.execution_options(synchronize_session=False))


def _untold(until: datetime) -> Any:
    return and_(
        col(Question.answer_comes) == "digest",
        col(Question.state) == "answered",
        col(Question.reported_at).is_(None),
        col(Question.answered_at) <= until,
    )


def keep_new(session: Session, digests: list[dict[str, Any]], prompts: list[dict[str, Any]]) -> None:
    """Write digests and their prompts in bulk."""
    if digests:
        session.execute(insert(Digest), digests)
    if prompts:
        session.execute(insert(Prompt), prompts)


def keys_taken(session: Session, keys: list[str]) -> set[str]:
    """Say which of these keys stand already among digests or prompts."""
    taken: set[str] = set()
    for some in _portions(keys):
        for column in (col(Digest.key), col(Prompt.key)):
            taken |= set(session.scalars(select(column).where(column.in_(some))))
    return taken


def long_unread(session: Session, made_after: datetime, made_before: datetime) -> list[tuple[UUID, str]]:
    """List (reader, key of the latest) of those on a weekly rhythm whose last two digests were never opened.

    A third one unopened before them means that she was asked already, so a silence is met once. What was made on a day
    of leave does not count.
    """
    table, absence = _table(Digest), _table(Absence)
    made_on = func.date(table.c.made_at)
    on_leave = exists().where(
        absence.c.person_id == table.c.person_id,
        absence.c.cancelled_at.is_(None),
        absence.c.first_day <= made_on,
        absence.c.last_day >= made_on,
    )
    place = func.row_number().over(partition_by=table.c.person_id, order_by=table.c.until.desc())
    numbered = (
        select(table.c.person_id, table.c.key, table.c.read_at, place.label("place"))
        .where(~table.c.key.endswith(":asked"), table.c.made_at > made_after, table.c.made_at < made_before, ~on_leave)
        .subquery()
    )
    last_two = and_(numbered.c.place <= 2, numbered.c.read_at.is_(None))
    one_before = and_(numbered.c.place == 3, numbered.c.read_at.is_(None))
    query = (
        select(numbered.c.person_id, func.max(numbered.c.key))
        .join(Person, col(Person.id) == numbered.c.person_id)
        .where(numbered.c.place <= 3, col(Person.digest_every) == 1)
        .group_by(numbered.c.person_id)
        .having(func.sum(case((last_two, 1), else_=0)) == 2, func.sum(case((one_before, 1), else_=0)) == 0)
    )
    return [(person, key) for person, key in session.execute(query)]


def plan_again(session: Session, persons: Collection[UUID], at: datetime) -> None:
    """Have the planner look at these persons at `at`, unless it looks earlier anyway."""
    for some in _portions(list(persons)):
        sooner = or_(col(Person.next_contact_at).is_(None), col(Person.next_contact_at) > at)
        query = update(Person).where(col(Person.id).in_(some), sooner).values(next_contact_at=at)
        session.execute(query.execution_options(synchronize_session=False))


def _portions(rows: list[Any], size: int = 500) -> Iterator[list[Any]]:
    """Cut a long list into portions that fit into one statement."""
    yield from (rows[start : start + size] for start in range(0, len(rows), size))


def own_digest(session: Session, viewer_id: UUID, digest_id: UUID) -> Digest | None:
    """Get one digest of her own."""
    return session.exec(select(Digest).where(col(Digest.id) == digest_id, col(Digest.person_id) == viewer_id)).first()


def own_digest_keyed(session: Session, viewer_id: UUID, key: str) -> Digest | None:
    """Get the digest of her own that goes by this key, however long ago it was made."""
    return session.exec(select(Digest).where(col(Digest.key) == key, col(Digest.person_id) == viewer_id)).first()


def own_digests(session: Session, viewer_id: UUID, at_most: int = 4) -> list[Digest]:
    """List her last digests, the latest first."""
    query = select(Digest).where(col(Digest.person_id) == viewer_id)
    return list(session.exec(query.order_by(col(Digest.until).desc(), col(Digest.id).desc()).limit(at_most)))


def last_weekly(session: Session, viewer_id: UUID) -> Digest | None:
    """Get her last digest that came by itself."""
    query = select(Digest).where(col(Digest.person_id) == viewer_id, ~col(Digest.key).endswith(":asked"))
    return session.exec(query.order_by(col(Digest.until).desc()).limit(1)).first()


def mark_opened(session: Session, viewer_id: UUID, item_id: UUID, now: datetime) -> None:
    """Note that she opened an item: the digests that hold it count as read."""
    for digest in own_digests(session, viewer_id):
        if digest.read_at is None and str(item_id) in (digest.facts.get("items") or []):
            digest.read_at = now


def mark_read(session: Session, digest: Digest, now: datetime) -> None:
    """Note that she looked into a digest; one asked for in between stands for the weekly one too."""
    weekly = last_weekly(session, digest.person_id)
    for read in (digest, weekly):
        if read is not None and read.read_at is None:
            read.read_at = now


def people_looked_after(
    session: Session, viewer_id: UUID, today: date, name_part: str, at_most: int = 5
) -> list[Person]:
    """List those she looks after whose name holds these letters, by name."""
    circle = looks_after(today, [viewer_id])
    query = select(Person).where(
        col(Person.id).in_(select(circle.c.writer_id)),
        col(Person.name).contains(name_part, autoescape=True),
        col(Person.left_at).is_(None),
        _in_post(viewer_id),
    )
    return list(session.exec(query.order_by(Person.name).limit(at_most)))
