"""How closely bulk keeps to the platform's pace, and how soon a reply leaves meanwhile: hours of sending in moments."""

import asyncio
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlmodel import Session

from bot.channels import Abilities, Parcel
from bot.outbox import Outbox
from models import outbound
from models.store import Store
from tests.bench.crowd import ADDRESS, NOW, PERSON, add_teachers, new_store, uuid_of
from tests.bench.figures import Row, Scale
from tests.fakes.channel import FakeChannel

REPLIES = 20  # replies asked for while the bulk is under way
NETWORK = 0.1  # seconds one call to the platform takes


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next timer when nothing else is to be done."""

    def __init__(self) -> None:
        super().__init__()
        self._instant = 0.0
        look = self._selector.select  # type: ignore[attr-defined]

        def jump(timeout: float | None) -> Any:
            if timeout is None:
                raise RuntimeError("nothing is under way and nothing is planned")
            self._instant += max(0.0, timeout)
            return look(0)

        self._selector.select = jump  # type: ignore[attr-defined]

    def time(self) -> float:
        """Give the seconds since the loop was made."""
        return self._instant


class WriterAtOnce:
    """Writes in the loop's own thread: real transactions, which take no virtual time."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def write(self, work: Callable[[Session], Any], urgency: int) -> Any:
        """Run `work` in one transaction."""
        with self.store.writing() as session:
            return work(session)


class Telegramlike(FakeChannel):
    """Takes messages at Telegram's limits and notes when each came."""

    def __init__(self) -> None:
        super().__init__(Abilities())
        self.at: dict[str, float] = {}

    async def send(self, parcel: Parcel) -> tuple[str, ...]:
        """Take a message; the call itself takes a moment."""
        loop = asyncio.get_running_loop()
        self.at[parcel.html] = loop.time()
        await asyncio.sleep(NETWORK)
        return (parcel.key,)


def measure(scale: Scale) -> list[Row]:
    """Measure sending."""
    with tempfile.TemporaryDirectory(prefix="zhixing-bench-") as folder:
        store, loop, channel = new_store(Path(folder), "sending"), VirtualLoop(), Telegramlike()
        add_teachers(store, 1, scale.sends + REPLIES)
        start = perf_counter()
        waits = loop.run_until_complete(_send_all(store, channel, scale.sends))
        took = perf_counter() - start
        loop.close()
        store.close()
    return _rows(scale, max(channel.at.values()), max(waits), took)


def _rows(scale: Scale, last: float, longest: float, took: float) -> list[Row]:
    total = scale.sends + REPLIES
    least = (total - 1) * Abilities().overall
    return [
        Row("sending", f"{scale.sends:,} 条提醒按 Telegram 的限速发完（虚拟时间）",
            f"{scale.sends:,} prompts at Telegram's limits (virtual time)",
            f"{last:,.1f} s", f"最少也要 / at least {least:,.1f} s", last / least, "<=", 1.05),
        Row("sending", f"途中 {REPLIES} 次回复，等得最久的一次",
            f"{REPLIES} replies asked for meanwhile, the longest wait",
            f"{longest:.2f} s", "—", longest, "<=", 1, "s"),
        Row("sending", "发这些消息真正花的时间，占限速时间的比例",
            "real time the work took, of the time the limits ask for",
            f"{took:,.1f} s", f"{last:,.1f} s", took / last),
    ]  # fmt: skip


async def _send_all(store: Store, channel: Telegramlike, sends: int) -> list[float]:
    """Send bulk and, spread over it, replies; return how long each reply waited, in virtual seconds."""
    loop = asyncio.get_running_loop()

    def now() -> datetime:
        return NOW + timedelta(seconds=loop.time())

    outbox = Outbox(WriterAtOnce(store), {"fake": channel}, _no_forms, now)  # type: ignore[arg-type]
    _put(store, range(1, sends + 1), urgency=1, now=now())
    running = asyncio.create_task(outbox.run())
    asked: dict[str, float] = {}
    for number in range(sends + 1, sends + REPLIES + 1):
        await asyncio.sleep(sends * channel.abilities.overall / (REPLIES + 2))
        asked[f"{number}"] = loop.time()
        _put(store, [number], urgency=0, now=now())
        outbox.ring()
    while len(channel.at) < sends + REPLIES:
        await asyncio.sleep(0.05)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await outbox.drain(5)
    return [channel.at[number] - at for number, at in asked.items()]


def _put(store: Store, numbers: Any, urgency: int, now: datetime) -> None:
    rows = [
        {
            "address_id": uuid_of(ADDRESS, number), "person_id": uuid_of(PERSON, number), "channel": "fake",
            "urgency": urgency, "body": {"html": f"{number}", "plain": f"{number}", "buttons": []},
            "not_before": now, "made_at": now,
        }
        for number in numbers
    ]  # fmt: skip
    with store.writing() as session:
        outbound.add_outbound(session, rows)


def _no_forms(form: dict[str, Any]) -> tuple[str, bytes]:
    raise KeyError(form["kind"])
