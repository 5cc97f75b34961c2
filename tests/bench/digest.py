"""The weekly digests of a district: time, queries, and memory that does not grow with what was shared."""

import multiprocessing
import tempfile
from collections import Counter
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from uuid import UUID

from sqlalchemy import event
from sqlmodel import Session, col, select

from handlers.digest_making import make_digests
from models import Entry, Membership, Person, Unit, UnitBranch
from models.digests import Digest
from models.rules.digests import LOOK_BACK
from models.store import Store
from tests.bench.crowd import NOW, PERSON, add_teachers, id_of, multiply, new_store, uuid_of
from tests.bench.figures import Row, Scale, interleaved, resident_at_most, seconds

FRIDAY = NOW + timedelta(days=2)  # 20:00 in Shanghai: the digests of 16:30 are due
SHARED = NOW + timedelta(days=1)
UNIT, POST, ENTRY, BRANCH = range(20, 24)
ROUNDS = 3  # at most
GROWTH = 8.0  # MB: the caches of the database fill up once; what is beyond would grow with the entries


def measure(scale: Scale) -> list[Row]:
    """Measure digests."""
    with tempfile.TemporaryDirectory(prefix="zhixing-bench-") as folder:
        tenth, full = max(1, scale.entries // 10), scale.entries
        few, many = (_district(Path(folder), scale, each) for each in (tenth, full))
        taken = interleaved(
            min(ROUNDS, scale.rounds),
            ours=lambda: seconds(lambda: _rolled_back(many, _ours)),
            orm=lambda: seconds(lambda: _rolled_back(many, _a_query_each)),
            floor=lambda: seconds(lambda: _rolled_back(many, _floor)),
        )
        queries = [_queries(store) for store in (few, many)]
        for store in (few, many):
            store.close()
        peaks = [_peak(str(store.url)) for store in (few, many)]
    return _rows(scale, taken, queries, peaks)


def _rows(scale: Scale, taken: dict[str, float], queries: list[int], peaks: list[float]) -> list[Row]:
    teachers = scale.supervisors * scale.circle
    entries = teachers * scale.entries
    zh = f"{scale.supervisors:,} 位主管、{teachers:,} 位老师、{entries:,} 条记录的周报"
    en = f"digests of {scale.supervisors:,} supervisors, {teachers:,} teachers, {entries:,} entries"
    ours = f"{taken['ours']:.2f} s"
    return [
        Row("digest", f"{zh}，对 ORM 每位主管一次查询", f"{en}, vs the ORM with one query a supervisor",
            ours, f"{taken['orm']:.2f} s", taken["orm"] / taken["ours"], ">=", 1.0),
        Row("digest", "同上，对一张表上一句排好序的 Core 查询，只数不写",
            "the same vs one ordered Core query on one table that only counts",
            ours, f"{taken['floor']:.2f} s", taken["floor"] / taken["ours"]),
        Row("digest", "同上，数据库语句的条数", "the same, statements sent to the database",
            f"{queries[1]}", f"记录少到十分之一 / a tenth of the entries {queries[0]}", queries[1] / scale.supervisors,
            "<=", 0.2, "条/主管 per supervisor"),
        Row("digest", "记录多到十倍时多占的内存", "memory that ten times the entries cost",
            f"{peaks[1]:.0f} MB", f"{peaks[0]:.0f} MB", peaks[1] - peaks[0], "<=", GROWTH, "MB"),
    ]  # fmt: skip


def _district(folder: Path, scale: Scale, each: int) -> Store:
    """Make groups, each with one supervisor and her teachers, who have shared so many entries each this week."""
    store = new_store(folder, f"district{each}")
    groups, teachers = scale.supervisors, scale.supervisors * scale.circle
    add_teachers(store, 1, teachers + groups)
    whole = Unit(id=uuid_of(UNIT, 0), name="区")
    multiply(store, Unit(name="组"), 1, groups, id=id_of(UNIT))
    with store.writing() as session:
        session.add(whole)
        session.flush()
        branches = [UnitBranch(ancestor_id=whole.id, unit_id=uuid_of(UNIT, n)) for n in range(groups + 1)]
        session.add_all(branches)
        session.add_all(
            UnitBranch(ancestor_id=uuid_of(UNIT, n), unit_id=uuid_of(UNIT, n)) for n in range(1, groups + 1)
        )
    own = {"unit_id": id_of(UNIT, f"1 + n % {groups}"), "person_id": id_of(PERSON)}
    post = {"person_id": uuid_of(PERSON, 1), "unit_id": whole.id}
    multiply(store, Membership(role="teacher", **post), 1, teachers, id=id_of(POST), **own)
    multiply(store, Membership(role="supervisor", **post), teachers + 1, groups, id=id_of(POST), **own)
    entry = Entry(kind="jotting", person_id=uuid_of(PERSON, 1), parts={"text": "小组汇报很热闹"}, written_at=SHARED,
                  shared_at=SHARED, to_supervisor=True)  # fmt: skip
    writer = {"person_id": id_of(PERSON, f"1 + n % {teachers}")}
    multiply(store, entry, 1, teachers * each, id=id_of(ENTRY), **writer)
    with store.writing() as session:
        session.connection().exec_driver_sql("ANALYZE")  # the peers' joins are lost without it; ours is not
    return store


def _rolled_back(store: Store, work) -> int:  # type: ignore[no-untyped-def]
    with Session(store.writer) as session:
        made = int(work(session, FRIDAY))
        session.flush()
        session.rollback()
    return made


def _ours(session: Session, now: datetime) -> int:
    return make_digests(session, now)


def _a_query_each(session: Session, now: datetime) -> int:
    """Make the digests as they are written first: for each supervisor load what her teachers shared, and count."""
    posts = session.exec(select(Membership).where(Membership.role == "supervisor")).all()
    for post in posts:
        session.get(Person, post.person_id)
        writers = (
            select(Membership.person_id)
            .join(UnitBranch, col(UnitBranch.unit_id) == Membership.unit_id)
            .where(UnitBranch.ancestor_id == post.unit_id)
        )
        query = select(Entry).where(col(Entry.person_id).in_(writers), Entry.to_supervisor, col(Entry.shared_at) <= now)
        shared = session.exec(query.order_by(col(Entry.shared_at).desc())).all()
        session.add(_digest(post.person_id, Counter(one.kind for one in shared), [one.id for one in shared[:5]], now))
    return len(posts)


def _digest(reader: UUID, counts: Counter[str], first: list[UUID], now: datetime) -> Digest:
    facts = {"counts": dict(counts), "items": [str(id) for id in first]}
    return Digest(key=f"peer:{reader}", person_id=reader, since=now - LOOK_BACK, until=now, made_at=now, facts=facts)


def _floor(session: Session, now: datetime) -> int:
    """Read what was shared in one ordered query on one table, and count it for each teacher."""
    entry = Entry.__table__  # type: ignore[attr-defined]
    query = (
        select(entry.c.person_id, entry.c.kind, entry.c.id, entry.c.shared_at)
        .where(entry.c.to_supervisor, entry.c.shared_at <= now)
        .order_by(entry.c.person_id, entry.c.shared_at.desc())
    )
    rows = session.connection().execution_options(yield_per=2_000).execute(query)
    return sum(1 for _, some in groupby(rows, key=itemgetter(0)) if Counter(row[1] for row in some))


def _queries(store: Store) -> int:
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        found.append(statement)

    event.listen(store.writer, "before_cursor_execute", note)
    _rolled_back(store, _ours)
    event.remove(store.writer, "before_cursor_execute", note)
    return len(found)


def _peak(url: str) -> float:
    """Make the digests in a process of their own and return the most memory it held, in MB."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_peak_here, (url,))


def _peak_here(url: str) -> float:
    store = Store(url)
    _rolled_back(store, _ours)
    store.close()
    return resident_at_most()
