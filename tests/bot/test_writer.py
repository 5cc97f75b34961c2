"""The writing thread: the most urgent first, and short writes that wait together share one commit."""

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlmodel import Session

from bot.writer import INBOX, OUTBOX, TICKS, TURNS, Writer
from models import Unit
from models.store import Store


@pytest.fixture
async def writer(store: Store) -> AsyncIterator[Writer]:
    writer = Writer(store)
    yield writer
    writer.close()


@pytest.fixture
def commits(store: Store) -> list[str]:
    """Count the commits."""
    found: list[str] = []
    event.listen(store.writer, "commit", lambda _connection: found.append("commit"))
    return found


async def while_busy(writer: Writer, *works: Any) -> list[Any]:
    """Let works wait behind one that takes its time; give what each returned or raised."""
    gate = threading.Event()
    first = asyncio.create_task(writer.do(gate.wait, INBOX))
    waiting = [asyncio.create_task(work) for work in works]
    await asyncio.sleep(0)
    gate.set()
    await first
    return await asyncio.gather(*waiting, return_exceptions=True)


def adding(name: str) -> Any:
    def add(session: Session) -> str:
        session.add(Unit(name=name))
        session.flush()
        return name

    return add


def failing(session: Session) -> None:
    adding("lost")(session)
    raise ValueError


def names(store: Store) -> list[str]:
    with store.reading() as session:
        return list(session.execute(text("SELECT name FROM unit ORDER BY rowid")).scalars())


async def test_short_writes_that_wait_together_share_one_commit(
    writer: Writer, store: Store, commits: list[str]
) -> None:
    given = await while_busy(writer, *(writer.write(adding(f"unit {n}"), OUTBOX) for n in range(5)))
    assert given == names(store) == [f"unit {n}" for n in range(5)]
    assert len(commits) == 1


async def test_one_that_fails_takes_no_other_with_it(writer: Writer, store: Store) -> None:
    works = (adding("before"), failing, adding("after"))
    given = await while_busy(writer, *(writer.write(work, INBOX) for work in works))
    assert given[0] == "before" and given[2] == "after"
    assert isinstance(given[1], ValueError)
    assert names(store) == ["before", "after"]


async def test_the_most_urgent_goes_first_and_shares_with_its_like_only(
    writer: Writer, store: Store, commits: list[str]
) -> None:
    works = ((adding("tick"), TICKS), (adding("out"), OUTBOX), (adding("turn"), TURNS), (adding("in"), INBOX))
    await while_busy(writer, *(writer.write(work, urgency) for work, urgency in works))
    assert names(store) == ["in", "out", "turn", "tick"]
    assert len(commits) == 4


async def test_what_waits_when_it_closes_is_finished(writer: Writer, store: Store) -> None:
    gate = threading.Event()
    busy = asyncio.create_task(writer.do(gate.wait, INBOX))
    late = asyncio.create_task(writer.write(adding("late"), OUTBOX))
    await asyncio.sleep(0)
    threading.Timer(0.05, gate.set).start()
    await asyncio.to_thread(writer.close)
    assert (await busy, await late) == (True, "late")
    assert names(store) == ["late"]
