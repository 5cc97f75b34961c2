"""What a long day costs in memory: very many open conversations and waiting prompts, above the process at rest."""

import asyncio
import multiprocessing
import tempfile
from pathlib import Path
from time import perf_counter

from bot import inbox
from bot.app import App
from bot.clock import MovableClock
from models.store import Store
from tests.bench.crowd import (
    NOW,
    STEPS,
    add_teachers,
    let_be_due,
    let_wait,
    make_app,
    new_store,
    open_talks,
    says,
)
from tests.bench.figures import Row, Scale, resident
from tests.fakes.channel import FakeChannel

GOAL = 40.0  # MB
PATIENCE = 300.0  # seconds


def measure(scale: Scale) -> list[Row]:
    """Measure memory."""
    talks, pending, due = scale.many_talks, scale.pending[-1], scale.due
    with tempfile.TemporaryDirectory(prefix="zhixing-bench-") as folder:
        small = _filled(Path(folder), "small", 10, 10, 2)
        large = _filled(Path(folder), "large", talks, pending, due)
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            rest, busy = pool.apply(_held, (small, large, min(talks, 10 * due), due))
    return [
        Row("memory", f"{talks:,} 场没聊完、{pending:,} 条等着时多占的内存",
            f"memory with {talks:,} conversations open and {pending:,} prompts pending, above rest",
            f"{busy:.0f} MB", f"空闲时 / at rest {rest:.0f} MB", busy - rest, "<=", GOAL, "MB"),
    ]  # fmt: skip


def _filled(folder: Path, name: str, talks: int, pending: int, due: int) -> str:
    store = new_store(folder, name)
    add_teachers(store, 1, talks + due)
    open_talks(store, due + 1, talks)
    let_be_due(store, 1, due)
    let_wait(store, pending - due, due + 1, talks)
    with store.writing() as session:
        session.connection().exec_driver_sql(
            "UPDATE person SET next_contact_at = (SELECT min(due_at) FROM prompt WHERE person_id = person.id)"
        )
    url = str(store.url)
    store.close()
    return url


def _held(small: str, large: str, turns: int, due: int) -> tuple[float, float]:
    """Work through a small store and then a large one; return the memory held after each, in MB."""
    return tuple(asyncio.run(_after_work(url, n, d)) for url, n, d in ((small, 10, 2), (large, turns, due)))  # type: ignore[return-value]


async def _after_work(url: str, turns: int, due: int) -> float:
    """Start the bot, let teachers go on with their talks while prompts fall due, and look when all is said."""
    store, channel = Store(url), FakeChannel()
    for start in range(0, turns, 100):
        numbers = range(due + 1 + start, due + 1 + min(turns, start + 100))
        with store.writing() as session:
            inbox.keep(session, "fake", [says(number, number, STEPS[3]) for number in numbers], NOW)
    app = make_app(store, Path(url.removeprefix("sqlite:///")).parent, channel, MovableClock(NOW))
    app.start()
    await _all_sent(app, channel, turns + due)
    held = resident()
    await app.stop()
    return held


async def _all_sent(app: App, channel: FakeChannel, messages: int) -> None:
    until = perf_counter() + PATIENCE
    while len(channel.sent) < messages:
        if perf_counter() > until:
            raise TimeoutError(f"{len(channel.sent)} of {messages} were sent")
        app.outbox.ring()
        await asyncio.sleep(0.05)
