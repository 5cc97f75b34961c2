"""退出: nothing of a person is left in any table, and others keep what is theirs."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import JSON, Integer, Table, insert, select, text
from sqlmodel import AutoString, Session, SQLModel, UTCDateTime

from models import (
    Action,
    Address,
    Attachment,
    AuditEvent,
    ChatLine,
    Conversation,
    Entry,
    EntryVersion,
    Inbound,
    Membership,
    Observation,
    Outbound,
    Pairing,
    Person,
    Prompt,
    Question,
    Training,
    Unit,
)
from models.base import new_id
from models.erasure import TREATMENT, UNNAMED, erase
from models.store import Store

NOW = datetime(2026, 9, 18, 12, 0, tzinfo=UTC)
CANARY = "小宇站起来补充了一句"  # what she wrote
NAME = "顾念真"

# Tables that know nobody.
IMPERSONAL = {"unit", "unit_branch", "mark", "alembic_version", "term", "bell_table", "school_state"}
# Text of the machine, not of people: states, kinds, keys made of ids, the channel's own numbers.
MACHINE = {
    "address": {"channel", "external_id", "language"},
    "attachment": {"kind", "channel", "state", "stored_as"},
    "audit_event": {"what", "facts"},
    "chat_line": {"key"},
    "delivery": {"outcome", "platform_id", "detail"},
    "inbound": {"channel", "platform_id", "sender", "state"},
    "lesson": {"class_name", "subject", "weeks", "stage"},
    "membership": {"role"},
    "observation": {"lesson_kind", "state", "feedback", "class_name", "subject"},
    "outbound": {"channel", "state", "key"},
    "person": {"language", "zone", "contact_days", "contact_from", "contact_until"},
    "prompt": {"key", "kind", "manner", "state", "why"},
    "school_day": {"source", "kind", "name", "closed"},
    "reminder": {"rule", "at"},
    "question": {"kind", "about_kind", "answer_comes", "state", "answer_kind"},
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path / 'erasure.db'}")
    SQLModel.metadata.create_all(store.writer)
    yield store
    store.close()


def knows_people(table: Table) -> bool:
    """Say whether a table refers to a person or an address, by foreign key or by the name of a column."""
    targets = {key.column.table.name for key in table.foreign_keys}
    named = re.compile(r"(person|owner|asker|observer|teacher|mentor|address)_id|sender|named_by")
    return bool(targets & {"person", "address"}) or any(named.fullmatch(column.name) for column in table.columns)


def test_every_table_that_knows_people_has_a_treatment() -> None:
    tables = SQLModel.metadata.tables
    unknown = {name for name, table in tables.items() if knows_people(table)} - TREATMENT.keys()
    assert not unknown, f"models/erasure.py does not know {unknown}"
    assert tables.keys() - TREATMENT.keys() - IMPERSONAL == set(), "say whether these know people"
    assert TREATMENT.keys() <= tables.keys()


class Filler:
    """Fills every table with a row of one person, every free text with the canary."""

    def __init__(self, session: Session, person: UUID, address: UUID, other: UUID) -> None:
        self.session, self.person, self.address, self.other = session, person, address, other
        self.made: dict[str, Any] = {"person": person, "address": address}
        self.count = 0

    def fill(self) -> None:
        for table in SQLModel.metadata.sorted_tables:
            if table.name not in self.made and table.name not in IMPERSONAL - {"unit"}:
                self.add(table)

    def add(self, table: Table, **given: Any) -> None:
        self.count += 1
        row = {column.name: self.value(table, column) for column in table.columns if not self.is_counter(column)}
        result = self.session.execute(insert(table).values(**(row | given)))
        self.made[table.name] = result.inserted_primary_key[0]

    @staticmethod
    def is_counter(column: Any) -> bool:
        return column.primary_key and isinstance(column.type, Integer)

    def value(self, table: Table, column: Any) -> Any:
        for key in column.foreign_keys:
            return self.made.get(key.column.table.name)
        if column.name == "owner_id" or column.name == "about_id":
            return self.person
        return self.plain(table, column)

    def plain(self, table: Table, column: Any) -> Any:
        is_machine = column.name in MACHINE.get(table.name, set())
        free_text: dict[type, Any] = {str: f"{CANARY} {self.count}", dict: {"text": f"{CANARY} {NAME}"}}
        machine: dict[type, Any] = {str: self.machine(table.name, column.name), dict: {}}
        numbers: dict[type, Any] = {
            UUID: new_id(), datetime: NOW + timedelta(days=1), date: date(2026, 9, 21), bool: True, int: 1, float: 1.0,
        }  # fmt: skip
        ours: dict[type, type] = {
            UTCDateTime: datetime,
            AutoString: str,
            JSON: dict,
        }  # these do not tell their Python type
        kind = ours.get(type(column.type)) or column.type.python_type
        return (numbers | (machine if is_machine else free_text))[kind]

    def machine(self, table: str, column: str) -> str:
        known = {
            ("membership", "role"): "teacher", ("inbound", "channel"): "web", ("inbound", "sender"): "chat-1",
            ("school_day", "kind"): "rest",
            ("school_day", "closed"): "",
        }  # fmt: skip
        return known.get((table, column), f"m{self.count}")


def two_people(session: Session) -> tuple[Person, Person, Address]:
    person = Person(name=NAME, staff_no=f"{CANARY}", subject=CANARY, classes=[CANARY], joined_at=NOW)
    other = Person(name="陈老师", joined_at=NOW)
    session.add_all([person, other])
    session.flush()
    address = Address(channel="web", external_id="chat-1", person_id=person.id, made_at=NOW)
    session.add(address)
    session.flush()
    return person, other, address


def stored_bytes(store: Store) -> bytes:
    with store.writer.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    path = Path(str(store.url.database))
    return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))


def filled(store: Store, times: int) -> UUID:
    """Fill every table so many times with rows of one person, and give her id."""
    with store.writing() as session:
        person, other, address = two_people(session)
        for _ in range(times):
            session.add(unit := Unit(name="语文组"))
            session.flush()
            filler = Filler(session, person.id, address.id, other.id)
            filler.made |= {"unit": unit.id}
            filler.count = next(COUNTER) * 1000
            filler.fill()
            session.add(Entry(kind="jotting", person_id=person.id, parts={"text": CANARY * 900}, written_at=NOW))
        return person.id


def test_no_word_of_her_is_left_in_the_bytes_of_the_store(store: Store) -> None:
    her = filled(store, times=40)  # enough rows for overflow pages and split pages
    assert CANARY.encode() in stored_bytes(store) and NAME.encode() in stored_bytes(store)
    with store.writing() as session:
        erase(session, session.get_one(Person, her), NOW)
    with store.reading() as session:
        assert columns_with(session, CANARY, NAME) == set()
    left = stored_bytes(store)
    assert CANARY.encode() not in left and NAME.encode() not in left
    assert "陈老师".encode() in left


@pytest.mark.slow
def test_postgresql_keeps_no_word_either(postgres_url: str) -> None:
    store = Store(postgres_url)
    SQLModel.metadata.create_all(store.writer)
    her = filled(store, times=2)
    with store.writing() as session:
        assert columns_with(session, CANARY, NAME)
        erase(session, session.get_one(Person, her), NOW)
    with store.reading() as session:
        assert columns_with(session, CANARY, NAME) == set()
    store.close()


def columns_with(session: Session, *words: str) -> set[str]:
    """Name the columns in which a word still stands: easier to mend than a byte somewhere in a file."""
    found = set()
    for table in SQLModel.metadata.sorted_tables:
        for row in session.execute(select(table)).mappings():
            found |= {f"{table.name}.{name}" for name, value in row.items() for word in words if word in str(value)}
    return found


COUNTER = iter(range(1, 10_000))


def test_what_is_left_of_her_is_a_number_that_is_not_contacted(store: Store) -> None:
    with store.writing() as session:
        person, _, address = two_people(session)
        erase(session, person, NOW)
        assert (person.name, person.staff_no, person.left_at) == ("", None, NOW)
        assert not person.may_contact and person.next_contact_at is None
        assert address.person_id is None and address.closed_at is None, "the farewell must still find its way"
        event = session.scalars(select(AuditEvent).where(AuditEvent.what == "erased")).one()
        assert (event.person_id, event.facts) == (person.id, {})


def visit(observer: Person, teacher: Person, **columns: Any) -> Observation:
    row = {
        "person_id": observer.id, "observer_id": observer.id, "teacher_id": teacher.id, "day": date(2026, 9, 21),
        "period": 1, "starts_at": NOW + timedelta(days=3), "ends_at": NOW + timedelta(days=3, hours=1), "made_at": NOW,
        "focus": "等几秒", "strength": "板书清楚", "watched": "两秒", "suggestion": "数三下", "answer": "谢谢",
    }  # fmt: skip
    return Observation(**(row | columns))


def test_a_colleague_keeps_the_feedback_she_gave_without_the_words_of_who_left(store: Store) -> None:
    with store.writing() as session:
        person, other, _ = two_people(session)
        given = visit(other, person, state="held", feedback="sent")
        received = visit(person, other, state="held", feedback="sent")
        session.add_all([given, received])
        session.flush()
        erase(session, person, NOW)
        assert (given.strength, given.suggestion, given.focus, given.answer) == ("板书清楚", "数三下", "", "")
        assert (received.strength, received.suggestion, received.focus, received.answer) == ("", "", "等几秒", "谢谢")
        assert given.state == received.state == "held" and received.feedback == "sent"


def test_a_visit_to_come_is_cancelled_and_the_other_side_is_named_for_a_word(store: Store) -> None:
    with store.writing() as session:
        person, other, _ = two_people(session)
        coming = visit(other, person, state="agreed")
        over = visit(other, person, state="agreed", ends_at=NOW - timedelta(days=1))
        session.add_all([coming, over])
        session.flush()
        session.add(
            Prompt(
                key="x", person_id=other.id, kind="k", about_id=coming.id, facts={"who": NAME}, due_at=NOW, made_at=NOW
            )
        )
        session.flush()
        erased = erase(session, person, NOW)
        assert [(who, row.id) for who, row in erased.cancelled] == [(other.id, coming.id)]
        assert erased.replan == {other.id}
        assert coming.state == over.state == "cancelled" and coming.version == 2
        prompt = session.scalars(select(Prompt).execution_options(populate_existing=True)).one()
        assert (prompt.state, prompt.why, prompt.facts) == ("dropped", "erased", {})


def test_the_other_side_of_a_question_keeps_its_own_words(store: Store) -> None:
    with store.writing() as session:
        person, other, _ = two_people(session)
        asked = Question(
            asker_id=person.id, person_id=other.id, text="哪一步最难", answer="分组", ask_at=NOW, made_at=NOW
        )
        heard = Question(
            asker_id=other.id, person_id=person.id, text="后来呢", answer="好多了", ask_at=NOW, made_at=NOW
        )
        session.add_all([asked, heard])
        session.flush()
        erase(session, person, NOW)
        session.expire_all()
        assert (asked.text, asked.answer) == ("", "分组")
        assert (heard.text, heard.answer, heard.state) == ("后来呢", "", "dropped")


def test_files_are_marked_for_the_disk_and_lose_their_names(store: Store) -> None:
    with store.writing() as session:
        person, _, _ = two_people(session)
        entry = Entry(kind="jotting", person_id=person.id, parts={"text": "x"}, written_at=NOW)
        session.add(entry)
        session.flush()
        photo = {
            "person_id": person.id,
            "kind": "photo",
            "channel": "web",
            "file_id": "f",
            "name": "班级.jpg",
            "made_at": NOW,
        }
        kept = Attachment(**photo, entry_id=entry.id, state="kept", stored_as="ab12.jpg")
        gone = Attachment(**photo, state="erased")
        session.add_all([kept, gone, EntryVersion(entry_id=entry.id, parts={"text": "y"}, replaced_at=NOW)])
        session.flush()
        erase(session, person, NOW)
        session.expire_all()
        row = session.scalars(select(Attachment)).one()
        assert (row.state, row.stored_as, row.name, row.file_id, row.entry_id) == ("erase", "ab12.jpg", "", "", None)


def test_what_others_have_open_goes_on_without_her_name(store: Store) -> None:
    with store.writing() as session:
        person, other, address = two_people(session)
        times = {"opened_at": NOW, "touched_at": NOW}
        booking = Conversation(
            owner_id=other.id, name="observation", facts={"people": [{"key": "1", "label": NAME}]},
            answers={"focus": "自己写的话"}, **times,
        )  # fmt: skip
        about = Conversation(owner_id=other.id, name="digest", about_id=person.id, **times)
        hers = Conversation(owner_id=person.id, name="reflection", answers={"a": CANARY}, **times)
        strange = Conversation(owner_id=address.id, name="join", **times)
        session.add_all([booking, about, hers, strange])
        session.flush()
        erase(session, person, NOW)
        session.expire_all()
        talk = session.scalars(select(Conversation)).one()
        assert talk.facts == {"people": [{"key": "1", "label": UNNAMED}]}
        assert talk.answers == {"focus": "自己写的话"}


def test_messages_are_emptied_and_those_of_others_stay(store: Store) -> None:
    with store.writing() as session:
        person, other, address = two_people(session)
        theirs = Address(channel="web", external_id="chat-2", person_id=other.id, made_at=NOW)
        session.add(theirs)
        session.flush()
        out = {"channel": "web", "not_before": NOW, "made_at": NOW}
        session.add_all([
            Outbound(id=1, address_id=address.id, body={"t": "给她"}, **out),
            Outbound(id=2, address_id=theirs.id, urgency=1, body={"t": f"{NAME}分享了一条"}, **out),
            Outbound(id=3, address_id=theirs.id, urgency=1, body={"t": "别的事"}, **out),
            Inbound(id=1, channel="web", platform_id="1", sender="chat-1", body={"t": CANARY}, received_at=NOW),
            Inbound(id=2, channel="web", platform_id="2", sender="chat-2", body={"t": "你好"}, received_at=NOW),
            ChatLine(id=1, address_id=address.id, key="a", is_ours=False, body={"t": CANARY}, at=NOW),
            ChatLine(id=2, address_id=theirs.id, key="b", is_ours=True, body={"t": f"{NAME}写道"}, at=NOW),
            ChatLine(id=3, address_id=theirs.id, key="c", is_ours=False, body={"t": "嗯"}, at=NOW),
        ])  # fmt: skip
        session.flush()
        erase(session, person, NOW)
        session.expire_all()
        assert [(row.id, row.state, row.body) for row in session.scalars(select(Outbound).order_by(Outbound.id))] == [
            (1, "failed", None), (2, "failed", None), (3, "waiting", {"t": "别的事"}),
        ]  # fmt: skip
        inbound = list(session.scalars(select(Inbound).order_by(Inbound.id)))
        assert [(row.state, row.body) for row in inbound] == [("done", None), ("waiting", {"t": "你好"})]
        assert [row.id for row in session.scalars(select(ChatLine))] == [3]


def test_erasing_one_leaves_the_other_whole(store: Store) -> None:
    with store.writing() as session:
        person, other, _ = two_people(session)
        unit = Unit(name="语文组")
        session.add(unit)
        session.flush()
        session.add_all([
            Membership(person_id=other.id, unit_id=unit.id, role="teacher"),
            Membership(person_id=person.id, unit_id=unit.id, role="teacher"),
            Entry(kind="jotting", person_id=other.id, parts={"text": "我的"}, written_at=NOW),
            Action(person_id=other.id, deed="默看", made_at=NOW),
            Pairing(mentor_id=person.id, teacher_id=other.id),
            Training(title="她自己起的名字", starts_at=NOW, ends_at=NOW, named_by=person.id),
            Training(title="学校的培训", starts_at=NOW, ends_at=NOW),
        ])  # fmt: skip
        session.flush()
        erase(session, person, NOW)
        session.expire_all()
        assert [row.person_id for row in session.scalars(select(Membership))] == [other.id]
        assert len(session.scalars(select(Entry)).all()) == len(session.scalars(select(Action)).all()) == 1
        assert session.scalars(select(Training.title)).all() == ["学校的培训"]
        assert session.scalars(select(Pairing)).all() == []
        assert (other.name, other.left_at) == ("陈老师", None)


def test_erasing_twice_is_harmless(store: Store) -> None:
    with store.writing() as session:
        person, _, _ = two_people(session)
        erase(session, person, NOW)
        erased = erase(session, person, NOW)
        assert erased.cancelled == () and erased.replan == frozenset()
        assert session.execute(text("PRAGMA foreign_key_check")).all() == []
