"""What the machine does to us: a store locked elsewhere, a full disk; and no store is held for the network."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
import structlog
from sqlalchemy import event

from models import store as store_module
from models.store import Store
from tests.fakes.telegram_server import FakeTelegram
from tests.service.inside import running, settings_of, until
from tests.service.running import TEACHERS, House
from tests.service.siege import confirmed_and_not_stored, is_quiet, pieces_of, texts_of

pytestmark = pytest.mark.usefixtures("fast")
LIN, CHEN = TEACHERS[:2]
LONG = "今天的课堂上发生了很多事。" * 100


@contextmanager
def locked(house: House) -> Iterator[None]:
    """Hold the store for writing, as another process would."""
    with closing(sqlite3.connect(house.database, timeout=30, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def is_free(house: House, within: float) -> bool:
    """Say whether somebody else may write within so many seconds."""
    with closing(sqlite3.connect(house.database, timeout=within, isolation_level=None)) as other:
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        other.execute("ROLLBACK")
        return True


def nobody_was_blamed(house: House) -> bool:
    """Say whether every update was handled, and nobody was told of an error."""
    return house.ask("SELECT DISTINCT state FROM inbound") == [("done",)]


@pytest.mark.slow
class TestLocked:
    @pytest.mark.parametrize("patience", [30.0, 0.2], ids=["shorter than we wait", "longer than we wait"])
    async def test_a_store_locked_elsewhere_costs_nothing(
        self, house: House, fake: FakeTelegram, monkeypatch: pytest.MonkeyPatch, patience: float
    ) -> None:
        monkeypatch.setattr(store_module, "BUSY_TIMEOUT", patience)
        with structlog.testing.capture_logs() as logs:
            async with running(settings_of(house, fake)):
                fake.says(LIN, "笔记-0")
                await until(lambda: house.count("SELECT count(*) FROM entry"))
                with locked(house):
                    for number in range(1, 6):
                        fake.says(LIN, f"笔记-{number}")
                    fake.says(CHEN, "帮助")
                    await asyncio.sleep(1.0)
                    assert confirmed_and_not_stored(house, fake) == []
                await until(lambda: is_quiet(house, fake), 30)
        assert pieces_of(texts_of(house, LIN, "jotting")) == [f"笔记-{number}" for number in range(6)]
        assert nobody_was_blamed(house)
        assert not [line for line in logs if line["event"] in ("set_aside", "turn_failed", "loop_ended")]
        assert len(fake.sent(CHEN)) == 1


class Disk:
    """A disk that can be filled: it allows the database so many pages."""

    PLENTY = 1_000_000

    def __init__(self, store: Store) -> None:
        self.pages = self.PLENTY
        event.listen(store.writer, "checkout", self._limit)

    def _limit(self, connection: Any, _record: Any, _proxy: Any) -> None:
        connection.execute(f"PRAGMA max_page_count={self.pages}")

    def fill(self, house: House) -> None:
        """Leave room for a few pages more."""
        self.pages = house.count("PRAGMA page_count") + 4

    def free(self) -> None:
        """Make room."""
        self.pages = self.PLENTY


class TestFullDisk:
    async def test_nothing_is_confirmed_that_is_not_stored_and_it_goes_on_with_room(
        self, house: House, fake: FakeTelegram
    ) -> None:
        store = Store(house.url)
        disk = Disk(store)
        settings = settings_of(house, fake)
        with structlog.testing.capture_logs() as logs:
            async with running(settings, store) as client:
                fake.says(LIN, "笔记-00")
                await until(lambda: house.count("SELECT count(*) FROM entry"))
                disk.fill(house)
                for number in range(1, 31):  # of ten phones, for one hears an answer a second
                    fake.says(TEACHERS[number % 10], f"笔记-{number:02} {LONG}")
                await until(lambda: any(line["event"] == "telegram_trouble" for line in logs))
                assert fake.waiting
                assert confirmed_and_not_stored(house, fake) == []
                assert (await client.get("/healthz")).status_code == 200
                assert (await client.get("/readyz")).json()["trouble"] == {"telegram": "not_kept"}
                disk.free()
                await until(lambda: is_quiet(house, fake), 40)
        for phone, chat in enumerate(TEACHERS[:10]):
            kept = pieces_of(texts_of(house, chat, "jotting"))
            assert [text[:5] for text in kept] == [f"笔记-{n:02}" for n in range(31) if n % 10 == phone]
        assert nobody_was_blamed(house)
        assert house.ask("PRAGMA integrity_check") == [("ok",)]
        assert not [line for line in logs if line["event"] in ("set_aside", "turn_failed", "loop_ended")]

    @pytest.mark.slow
    async def test_a_turn_that_finds_no_room_waits_and_is_not_set_aside(self, house: House, fake: FakeTelegram) -> None:
        store = Store(house.url)
        disk = Disk(store)
        async with running(settings_of(house, fake), store):
            fake.says(LIN, "帮助")
            await until(lambda: is_quiet(house, fake))
            fake.says(LIN, LONG)
            await until(lambda: house.count("SELECT count(*) FROM inbound") == 2)
            disk.fill(house)
            for number in range(20):
                fake.says(CHEN, f"笔记-{number:02}")
            await asyncio.sleep(1)
            disk.free()
            await until(lambda: is_quiet(house, fake), 40)
        assert nobody_was_blamed(house)
        assert pieces_of(texts_of(house, CHEN, "jotting")) == [f"笔记-{number:02}" for number in range(20)]


class Statements:
    """What is sent to the store: the thread and the first words of each statement, by engine."""

    def __init__(self, store: Store) -> None:
        self.written: list[tuple[str, str]] = []
        self.read: list[tuple[str, str]] = []
        for engine, log in ((store.writer, self.written), (store.reader, self.read)):
            event.listen(engine, "before_cursor_execute", self._note(log))

    @staticmethod
    def _note(log: list[tuple[str, str]]) -> Callable[..., None]:
        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            log.append((threading.current_thread().name, statement))

        return note


WRITES = ("INSERT", "UPDATE", "DELETE")


async def live_a_little(house: House, fake: FakeTelegram) -> None:
    """Let a note, a photo, a reflection and a prompt go through the running service."""
    fake.says(LIN, "一句笔记")
    fake.sends_photo(LIN, b"\xff\xd8\xff a photo", "板书")
    for words in ("写反思 观潮", "孩子们都在想，比上次安静", "跳过", "跳过", "跳过", "跳过", "仅自己"):
        fake.says(CHEN, words)
    await until(lambda: house.count("SELECT count(*) FROM entry WHERE kind = 'reflection'"))
    await fake.async_wait_for(LIN, "先等三秒")
    await until(lambda: house.count("SELECT count(*) FROM attachment WHERE state = 'kept'"))


async def test_writing_begins_immediate_and_never_where_the_network_is_waited_for(
    house: House, fake: FakeTelegram
) -> None:
    """Channels are awaited in the loop's thread; the store is used in others. So no call can hold a transaction."""
    house.will_ask(LIN, "先等三秒", house.now())
    store = Store(house.url)
    async with running(settings_of(house, fake), store):
        await fake.async_wait_until(lambda: fake.counts()["getUpdates"] > 0)
        seen = Statements(store)
        await live_a_little(house, fake)
        threads = {thread for thread, _ in (*seen.written, *seen.read)}
    assert {words for _, words in seen.written if words.startswith("BEGIN")} == {"BEGIN IMMEDIATE"}
    assert any(words.startswith("INSERT INTO entry") for _, words in seen.written)
    assert [words for _, words in seen.read if words.startswith(WRITES)] == []
    assert threads
    assert threading.current_thread().name not in threads


SLOW_CALLS = ("sendMessage", "getFile", "download", "answerCallbackQuery")


@pytest.mark.slow
async def test_the_store_is_free_while_telegram_takes_its_time(house: House, fake: FakeTelegram) -> None:
    async with running(settings_of(house, fake)):
        fake.says(LIN, "一句笔记")
        card = await fake.async_wait_for(LIN)
        await until(lambda: is_quiet(house, fake))
        before = fake.counts()
        for method in SLOW_CALLS:
            fake.fault(method, delay=1.0)
        fake.sends_photo(LIN, b"\xff\xd8\xff a photo")
        fake.taps(LIN, next(b.data for row in card.buttons for b in row if b.data.split(".")[4] == "read"))
        for method in SLOW_CALLS:
            await fake.async_wait_until(lambda method=method: fake.counts()[method] > before[method], 10)
            assert await asyncio.to_thread(is_free, house, 0.7), f"held while {method} is answered"
        await until(lambda: is_quiet(house, fake))
