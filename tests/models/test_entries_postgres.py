"""The queries that search in JSON and wipe it, on PostgreSQL as on SQLite."""

from datetime import UTC, datetime

import pytest
from sqlmodel import SQLModel

from models import Attachment, Entry, Person
from models.entries import (
    RESTORABLE,
    entry_of_message,
    lately_captured,
    own_entries,
    own_entries_before,
    revise,
    versions_of,
)
from models.removal import purge_removed
from models.store import Store

NOW = datetime(2026, 9, 16, 8, tzinfo=UTC)


@pytest.mark.slow
def test_search_messages_versions_and_purge(postgres_url: str) -> None:
    store = Store(postgres_url)
    SQLModel.metadata.create_all(store.writer)
    with store.writing() as session:
        session.add(lin := Person(name="林晓"))
        session.flush()
        parts = {"pieces": [{"text": '他说"Phonics"\n分层作业'}]}
        session.add(entry := Entry(kind="jotting", person_id=lin.id, parts=parts, written_at=NOW, message_ids=["12"]))
        session.flush()
        file = Attachment(person_id=lin.id, entry_id=entry.id, kind="photo", channel="x", file_id="f", made_at=NOW)
        session.add(file)
        session.flush()
        assert own_entries(session, lin.id, word='"phonics" 分层') == [entry]
        assert own_entries(session, lin.id, word="pieces") == []
        assert entry_of_message(session, lin.id, "12") == entry and entry_of_message(session, lin.id, "1") is None
        assert lately_captured(session, lin.id) == [entry] and own_entries_before(session, lin.id, entry) == []
        revise(session, entry, {"pieces": [{"text": "新"}]}, NOW)
        session.flush()
        assert [old.parts for old in versions_of(session, lin.id, entry.id)] == [parts]
        entry.removed_at = NOW - RESTORABLE
        session.flush()
        assert purge_removed(session, NOW) == 2
        assert purge_removed(session, NOW) == 0
    with store.reading() as session:
        kept, bare = session.get_one(Attachment, file.id), session.get_one(Entry, entry.id)
        assert (kept.state, kept.removed_at, bare.parts, bare.message_ids) == ("erase", NOW, {}, [])
        assert versions_of(session, lin.id, entry.id) == []
    store.close()
