"""Who looks after whom, and that digests hold nothing that `entries.readable_by` would not show."""

from datetime import timedelta
from itertools import combinations
from uuid import UUID

import pytest
from sqlmodel import select

from models import Entry, Person
from models.digests import looks_after_anyone, oversees, people_looked_after, shared_with_readers
from models.entries import readable_entry
from models.questions import already_said, own_batch, own_questions, received_question, said_about, visible_question
from models.shared import awaiting_reply, recently_shared, shared_items
from tests.handlers.test_respond import shared
from tests.world import World

AUDIENCES = [list(names) for size in range(4) for names in combinations(("pair", "group", "supervisor"), size)]
OVERSEEN = {
    "wang": {"lin", "chen", "zhou", "zhao", "wu"},  # leader of the group and supervisor above it
    "chen": {"lin"},  # her mentor
}


@pytest.mark.parametrize("who", ["lin", "chen", "wang", "zhou", "he", "sun"])
def test_who_looks_after_whom(world: World, who: str) -> None:
    with world.store.reading() as session:
        overseen = {other for other in world.id if oversees(session, world.id[who], world.today, world.id[other])}
        assert overseen == OVERSEEN.get(who, set())
        assert looks_after_anyone(session, world.id[who], world.today) == bool(overseen)


def test_access_ends_with_the_post(world: World) -> None:
    world.change("wang", left_at=world.clock.now())
    with world.store.reading() as session:
        assert not oversees(session, world.id["wang"], world.today, world.id["lin"])
        assert people_looked_after(session, world.id["wang"], world.today, "林") == []


@pytest.mark.parametrize("audience", AUDIENCES, ids=lambda names: "+".join(names) or "nobody")
def test_a_digest_holds_only_what_its_reader_may_read(world: World, audience: list[str]) -> None:
    entries = [shared(world, who, audience) for who in ("lin", "chen", "zhou", "sun", "wang")]
    now = world.clock.now()
    with world.store.reading() as session:
        streamed = shared_with_readers(session, world.today, now - timedelta(days=1), now)
        held = {(reader, UUID(str(id))) for reader, items in streamed for id, _ in items}
        for reader in world.id.values():
            for entry in entries:
                may_read = (
                    readable_entry(session, reader, world.today, entry.id) is not None and entry.person_id != reader
                )
                if (reader, entry.id) in held:
                    assert may_read and oversees(session, reader, world.today, entry.person_id)
                elif may_read and oversees(session, reader, world.today, entry.person_id):
                    # The one thing a digest leaves out: what she reads as a mate of the group, not as one who leads.
                    assert "group" in audience and "pair" not in audience and reader == world.id["chen"]


def test_the_views_show_others_items_only_to_who_may_read_them(world: World) -> None:
    entry = shared(world, "lin", ["pair"])
    private = shared(world, "lin", [])
    since = world.clock.now() - timedelta(days=1)
    with world.store.reading() as session:
        for who, id in world.id.items():
            seen = [UUID(item.id) for item in shared_items(session, id, world.today, [entry.id, private.id])]
            recent = [UUID(item.id) for item in recently_shared(session, id, world.today, since)]
            waits = [UUID(item.id) for item in awaiting_reply(session, id, world.today, since, world.clock.now())]
            assert seen == recent == waits == ([entry.id] if who == "chen" else [])


def test_a_question_is_read_by_its_two_sides_alone(world: World) -> None:
    from models import Question

    now = world.clock.now()
    entry = shared(world, "lin", ["pair"])
    question = Question(
        asker_id=world.id["chen"],
        person_id=world.id["lin"],
        about_id=entry.id,
        ask_at=now,
        made_at=now,
        batch_id=entry.id,
    )
    world.add(question)
    with world.store.reading() as session:
        for who, id in world.id.items():
            is_asker, is_asked = who == "chen", who == "lin"
            assert bool(visible_question(session, id, question.id)) == (is_asker or is_asked)
            assert bool(received_question(session, id, question.id)) == is_asked
            assert bool(own_questions(session, id, [question.id])) == is_asker
            assert bool(own_batch(session, id, entry.id)) == is_asker
            assert bool(already_said(session, id, entry.id, "ask")) == is_asker
            assert said_about(session, id, [entry.id]) == ({entry.id} if is_asker else set())


def test_the_store_still_holds_what_is_private(world: World) -> None:
    private = shared(world, "lin", [])
    with world.store.reading() as session:
        assert session.exec(select(Entry).where(Entry.id == private.id)).one().person_id == world.id["lin"]
        assert session.get_one(Person, world.id["lin"]).name == "林晓"
