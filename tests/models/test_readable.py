"""The queries of what may be read agree with the pure rule, in random little schools in a real store."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from models import Action, CheckIn, Entry, Membership, Pairing, Person
from models.actions import readable_actions, readable_check_ins
from models.entries import readable_by, readable_entry
from models.people import ROLES, mentors_of
from models.rules.privacy import Pair, Piece, Post, School, may_read, relation
from models.store import Store
from models.units import unit_under
from tests.world import quick_store

NOW = datetime(2026, 9, 16, 8, 0, tzinfo=UTC)
TODAY = date(2026, 9, 16)
PEOPLE, UNITS = 4, 4

flags = st.lists(st.booleans(), min_size=3, max_size=3)
somebody = st.integers(0, PEOPLE - 1)
ends = st.none() | st.integers(-1, 1).map(lambda off: TODAY + timedelta(days=off))  # around the day that counts
schools = st.fixed_dictionaries(
    {
        # Each unit after the first lies in an earlier one, or is a school of its own (None).
        "parents": st.tuples(*(st.none() | st.integers(0, place - 1) for place in range(1, UNITS))),
        "posts": st.sets(st.tuples(somebody, st.integers(0, UNITS - 1), st.sampled_from(ROLES)), max_size=8),
        "pairs": st.lists(st.tuples(somebody, somebody, ends, ends), max_size=4),  # mentor, teacher, since, until
        "left": st.sets(somebody, max_size=2),
        "pieces": st.lists(st.tuples(somebody, flags, st.booleans()), min_size=1, max_size=5),
    }
)  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One empty store for every example; each is rolled back."""
    folder: Path = tmp_path_factory.mktemp("readable")
    opened = quick_store(folder)
    yield opened
    opened.close()


class Drawn:
    """A drawn school, written into a session and told as the snapshot of the rule."""

    def __init__(self, session: Session, drawn: dict) -> None:
        self.session = session
        self.people = [Person(name=f"{n}", left_at=NOW if n in drawn["left"] else None) for n in range(PEOPLE)]
        session.add_all(self.people)
        session.flush()
        self.ids = [person.id for person in self.people]
        units = self._found_units(drawn["parents"])
        for who, unit, role in drawn["posts"]:
            session.add(Membership(person_id=self.ids[who], unit_id=units[unit], role=role))
        pairs = [Pair(self.ids[m], self.ids[t], since, until) for m, t, since, until in drawn["pairs"]]
        for pair in pairs:
            session.add(Pairing(mentor_id=pair.mentor, teacher_id=pair.teacher, since=pair.since, until=pair.until))
        session.flush()
        parents = (None, *drawn["parents"])
        self.school = School(
            today=TODAY,
            pairs=frozenset(pairs),
            posts=frozenset(Post(self.ids[who], units[unit], role) for who, unit, role in drawn["posts"]),
            parents={units[n]: None if above is None else units[above] for n, above in enumerate(parents)},
            left=frozenset(self.ids[who] for who in drawn["left"]),
        )

    def _found_units(self, parents: tuple[int | None, ...]) -> list[UUID]:
        units: list[UUID] = []
        for place, above in enumerate((None, *parents)):
            units.append(unit_under(self.session, f"unit {place}", None if above is None else units[above]).id)
        return units

    def may_read(self, row: Entry | Action | CheckIn, viewer: UUID) -> bool:
        """Ask the pure rule about a row."""
        piece = Piece(frozenset(row.audience), getattr(row, "removed_at", None) is not None)
        return may_read(piece, relation(self.school, row.person_id, viewer))

    def rows(self, pieces: list) -> list:
        """Write an entry, an action and a check-in for every drawn piece."""
        made: list = []
        for who, (pair, group, supervisor), is_removed in pieces:
            shared = {"to_pair": pair, "to_group": group, "to_supervisor": supervisor, "person_id": self.ids[who]}
            removed_at = NOW if is_removed else None
            action = Action(made_at=NOW, **shared)
            self.session.add(action)
            self.session.flush()
            made += [
                Entry(kind="jotting", written_at=NOW, removed_at=removed_at, **shared),
                action,
                CheckIn(action_id=action.id, result="done", happened_on=NOW.date(), written_at=NOW,
                        removed_at=removed_at, **shared),
            ]  # fmt: skip
        self.session.add_all(made)
        self.session.flush()
        return made


@settings(max_examples=80)
@given(drawn=schools)
def test_the_queries_return_exactly_what_the_rule_allows(store: Store, drawn: dict):
    queries = {Entry: readable_by, Action: readable_actions, CheckIn: readable_check_ins}
    with Session(store.writer) as session:
        there = Drawn(session, drawn)
        rows = there.rows(drawn["pieces"])
        for viewer in (*there.ids, UUID(int=7)):
            for table, readable in queries.items():
                found = [row.id for row in session.scalars(readable(viewer, TODAY))]
                allowed = [row.id for row in rows if isinstance(row, table) and there.may_read(row, viewer)]
                assert sorted(found) == sorted(allowed)  # lists: a row must not come twice through two circles
        session.rollback()


@settings(max_examples=25)
@given(drawn=schools)
def test_one_entry_asked_for_by_its_id_is_held_to_the_same_rule(store: Store, drawn: dict):
    with Session(store.writer) as session:
        there = Drawn(session, drawn)
        for row in there.rows(drawn["pieces"]):
            if isinstance(row, Entry):
                for viewer in there.ids:
                    assert (readable_entry(session, viewer, TODAY, row.id) is not None) == there.may_read(row, viewer)
        session.rollback()


@settings(max_examples=40)
@given(drawn=schools)
def test_whoever_is_named_as_mentor_reads_what_goes_to_the_pair(store: Store, drawn: dict):
    with Session(store.writer) as session:
        there = Drawn(session, drawn)
        for writer in there.ids:
            entry = Entry(kind="jotting", person_id=writer, written_at=NOW, to_pair=True)
            session.add(entry)
            session.flush()
            for mentor in mentors_of(session, writer, TODAY):
                is_out = mentor.left_at is not None
                assert is_out or readable_entry(session, mentor.id, TODAY, entry.id) is not None
        session.rollback()


@pytest.mark.parametrize(
    ("since", "until", "counts"),
    [
        (None, None, True),
        (date(2026, 9, 16), date(2026, 9, 16), True),
        (None, date(2026, 9, 15), False),
        (date(2026, 9, 17), None, False),
        (date(2026, 9, 1), date(2027, 7, 31), True),
    ],
)
def test_a_pair_counts_from_its_first_day_through_its_last(since: date | None, until: date | None, counts: bool):
    assert Pair(UUID(int=1), UUID(int=2), since, until).holds(TODAY) is counts
