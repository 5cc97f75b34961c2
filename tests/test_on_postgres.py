"""The same school on PostgreSQL: turns, prompts, digests and deliveries, with several workers at once."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from bot import inbox, prompts
from bot.channels import Envelope, Message
from bot.engine import Engine
from bot.outbox import Outbox
from bot.writer import Writer
from handlers.digest_making import make_digests
from models import Conversation, Digest, Entry, Inbound, Outbound, Person, Quote
from models.migrate import upgrade
from models.store import Store
from tests.bot.taken_back import WORDS, make_private, read_by, told
from tests.bot.test_outbox import deliver
from tests.fakes.channel import FakeChannel
from tests.handlers.test_respond import shared
from tests.world import START, Talk, World, as_body, parse

pytestmark = pytest.mark.slow


@pytest.fixture
def store(postgres_url: str, tmp_path: object) -> Iterator[Store]:
    """An empty PostgreSQL store, made by the migrations."""
    from pathlib import Path

    upgrade(postgres_url, Path(str(tmp_path)), START)
    opened = Store(postgres_url)
    yield opened
    opened.close()


def test_a_reflection_is_kept(world: World, talk: Talk) -> None:
    talk("写反思")
    talk.tap("else")
    for words in ("周三的观潮", "小组汇报时小宇站起来补充了一句", "我提前发了评价单", "留下评价单"):
        talk(words)
    talk("先放着", says="put_aside")
    assert [row.state for row in world.all(Conversation)] == ["aside"]
    talk("我的待办")
    talk.tap("resume", says="resumed")


def test_a_shared_note_reaches_the_digest(world: World) -> None:
    lin = world.id["lin"]
    note = Entry(kind="jotting", person_id=lin, parts={"pieces": [{"text": "评价任务先行"}]}, written_at=START)
    note.share_with(["supervisor"])
    note.shared_at = START
    world.add(note)
    friday = datetime(2026, 9, 18, 8, 31, tzinfo=UTC)
    world.clock.instant = friday
    with world.store.writing() as session:
        assert make_digests(session, friday) > 0
    assert "wang" in world.tick().bubbles
    assert len(world.all(Digest, person_id=world.id["wang"])) == 1


def test_several_workers_play_each_update_once_and_keep_everyones_order(world: World) -> None:
    people = ("lin", "chen", "wang", "zhou", "zhao", "wu")
    with world.store.writing() as session:
        sent = [(who, f"{who} 第{n}句") for n in range(30) for who in people]
        updates = [
            Envelope(str(n), who, as_body(Message("text", who, message_id=str(n), text=text)))
            for n, (who, text) in enumerate(sent)
        ]
        inbox.keep(session, "fake", updates, world.clock.now())
    engines = [Engine(world.store, world.house, {"fake": parse}, world.clock.now) for _ in range(4)]
    threads = [threading.Thread(target=drain, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert {row.state for row in world.all(Inbound)} == {"done"}
    for who in people:
        entries = world.all(Entry, person_id=world.id[who])
        heard = [piece["text"] for entry in entries for piece in entry.parts["pieces"]]
        assert heard == [text for sender, text in sent if sender == who]


def drain(engine: Engine) -> None:
    """Play until nothing waits, looking again a few times for what another worker held."""
    misses = 0
    while misses < 5:
        misses = 0 if engine.take_batch() else misses + 1


async def test_two_outboxes_send_each_message_once(world: World) -> None:
    for who in ("lin", "chen", "wang", "zhou"):
        for n in range(5):
            world.says(who, f"/start{n}")
    channel = FakeChannel()
    writers = [Writer(world.store, 2), Writer(world.store, 2)]
    outboxes = [Outbox(writer, {"fake": channel}, lambda form: ("", b""), world.clock.now) for writer in writers]
    world.clock.advance(seconds=30)
    waiting = len(world.all(Outbound))

    await asyncio.gather(*(deliver(outbox) for outbox in outboxes))
    for writer in writers:
        writer.close()
    keys = [parcel.key for parcel in channel.sent]
    assert len(keys) == len(set(keys)) == waiting


async def test_what_is_taken_back_leaves_the_readers_chat(world: World) -> None:
    entry = shared(world, "lin", ["supervisor"], WORDS)
    read_by(world, "wang", entry)
    channel, writer = FakeChannel(), Writer(world.store, 2)
    outbox = Outbox(writer, {"fake": channel}, lambda form: ("", b""), world.clock.now)
    await deliver(outbox)
    read_by(world, "wang", entry)
    heard = make_private(world, entry)
    await deliver(outbox)
    writer.close()
    assert told(world, heard) == "all"
    assert channel.taken_back == [("wang", "message-1")], "the second reading had not left"
    assert not [parcel for parcel in channel.sent[1:] if parcel.address == "wang"] and world.all(Quote) == []


def test_what_is_due_is_said_once_by_two_ticks_at_once(world: World) -> None:
    with world.store.writing() as session:
        for who in ("lin", "chen"):
            person = session.get_one(Person, world.id[who])
            person.next_contact_at = START - timedelta(minutes=1)
            session.add(person)
    with world.store.writing() as first:
        locked = prompts.queue_due(first, world.house, START)
        with world.store.writing() as second:
            assert prompts.queue_due(second, world.house, START) == 0
    assert locked == 2
