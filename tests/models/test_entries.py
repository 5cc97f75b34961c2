"""Entries as rows: their pieces and words, versions for the writer alone, and the purge of what was removed."""

from datetime import timedelta

import pytest

from models import Attachment, Entry, EntryVersion
from models.attachments import own_file, own_files
from models.entries import (
    RESTORABLE,
    change_words,
    entry_of_message,
    lately_removed,
    own_entries_before,
    pieces_of,
    removed_entry,
    revise,
    versions_of,
    words_of,
)
from models.removal import purge_removed
from tests.handlers.entries_world import add_entry, entry_now
from tests.world import World

PARTS = {"about": "观潮", "happened": {"text": "一", "files": ["f"]}, "more": ["二", {"files": ["g"]}, {"text": "三"}]}


def test_parts_are_read_in_order_whatever_their_shape() -> None:
    assert [(piece.name, piece.text, piece.files) for piece in pieces_of(PARTS)] == [
        ("about", "观潮", []), ("happened", "一", ["f"]), ("more", "二", []), ("more", "", ["g"]), ("more", "三", []),
    ]  # fmt: skip
    assert words_of(PARTS) == "观潮\n一\n二\n三"


def test_words_change_by_their_number_and_nothing_else_does() -> None:
    changed = change_words(PARTS, lambda number, words: f"{number}{words}")
    assert changed == {
        "about": "0观潮",
        "happened": {"text": "1一", "files": ["f"]},
        "more": ["2二", {"files": ["g"]}, {"text": "4三"}],
    }
    assert words_of(PARTS) == "观潮\n一\n二\n三"


def test_versions_are_for_the_writer_alone(world: World) -> None:
    entry = add_entry(world, to_group=True)
    with world.store.writing() as session:
        revise(session, session.get_one(Entry, entry.id), {"pieces": [{"text": "新"}]}, world.clock.now())
    with world.store.reading() as session:
        (old,) = versions_of(session, world.id["lin"], entry.id)
        assert words_of(old.parts) == "分层作业先给选择权"
        assert versions_of(session, world.id["zhou"], entry.id) == []


def test_earlier_ones_are_told_apart_at_the_same_instant(world: World) -> None:
    first, second, third = (add_entry(world, words) for words in ("一", "二", "三"))
    with world.store.reading() as session:
        before = [entry.id for entry in own_entries_before(session, world.id["lin"], third)]
        assert before == [second.id, first.id]
        assert own_entries_before(session, world.id["zhou"], third) == []


@pytest.mark.parametrize(
    ("who", "message_id", "found"), [("lin", "12", True), ("lin", "1", False), ("zhou", "12", False)]
)
def test_a_message_is_found_by_its_whole_id_and_its_writer(
    world: World, who: str, message_id: str, found: bool
) -> None:
    add_entry(world, message_ids=["12"], to_group=True)
    with world.store.reading() as session:
        assert (entry_of_message(session, world.id[who], message_id) is not None) is found


@pytest.mark.parametrize(
    ("ago", "back"), [(RESTORABLE - timedelta(seconds=1), True), (RESTORABLE, False)], ids=["just in time", "a day"]
)
def test_what_was_removed_comes_back_within_a_day(world: World, ago: timedelta, back: bool) -> None:
    now = world.clock.now()
    entry = add_entry(world, removed_at=now - ago)
    with world.store.reading() as session:
        assert (removed_entry(session, world.id["lin"], entry.id, now) is not None) is back
        assert (lately_removed(session, world.id["lin"], now) is not None) is back
        assert removed_entry(session, world.id["zhou"], entry.id, now) is None


def attachment(world: World, entry: Entry, **fields: object) -> Attachment:
    file = Attachment(
        person_id=entry.person_id, entry_id=entry.id, kind="photo", channel="fake", file_id="f",
        made_at=world.clock.now(), state="kept",
    )  # fmt: skip
    for name, value in fields.items():
        setattr(file, name, value)
    world.add(file)
    return file


def purge(world: World) -> int:
    with world.store.writing() as session:
        return purge_removed(session, world.clock.now())


def test_a_day_later_words_versions_and_files_go_and_the_empty_row_stays(world: World) -> None:
    entry = add_entry(world, removed_at=world.clock.now() - RESTORABLE, message_ids=["12"])
    world.add(EntryVersion(entry_id=entry.id, parts={"a": "旧"}, replaced_at=world.clock.now()))
    attachment(world, entry)
    assert purge(world) == 2
    kept = entry_now(world)
    assert (kept.parts, kept.message_ids) == ({}, [])
    assert world.all(EntryVersion) == []
    (file,) = world.all(Attachment)
    assert (file.state, file.removed_at) == ("erase", world.clock.now())
    assert purge(world) == 0


def test_what_may_still_be_restored_is_left_alone(world: World) -> None:
    entry = add_entry(world, removed_at=world.clock.now() - RESTORABLE + timedelta(seconds=1))
    attachment(world, entry)
    other = add_entry(world, "还在的")
    attachment(world, other, removed_at=world.clock.now())
    assert purge(world) == 0
    assert {file.state for file in world.all(Attachment)} == {"kept"}


def test_a_photo_taken_out_a_day_ago_goes_alone(world: World) -> None:
    entry = add_entry(world)
    attachment(world, entry, removed_at=world.clock.now() - RESTORABLE)
    attachment(world, entry)
    assert purge(world) == 1
    assert sorted(file.state for file in world.all(Attachment)) == ["erase", "kept"]
    assert words_of(entry_now(world).parts)


def test_files_are_found_by_their_owner_only(world: World) -> None:
    file = attachment(world, add_entry(world))
    with world.store.reading() as session:
        assert own_file(session, world.id["lin"], file.id) is not None
        assert own_file(session, world.id["zhou"], file.id) is None
        assert own_files(session, world.id["zhou"], [str(file.id)]) == []
