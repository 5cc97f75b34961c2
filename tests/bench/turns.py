"""How fast a reflection is played with every turn on disk, and how long one teacher waits while others write."""

import asyncio
import tempfile
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path
from statistics import quantiles
from time import perf_counter

from bot import inbox
from bot.channels import Abilities, Envelope, Keep, Parcel
from bot.clock import MovableClock
from bot.engine import Engine
from models.store import Store
from tests.bench.crowd import NOW, STEPS, add_teachers, make_app, make_house, new_store, open_talks, says
from tests.bench.figures import Row, Scale, interleaved, seconds
from tests.bench.peers import CorePeer, MemoryPeer, OrmPeer
from tests.fakes.channel import FakeChannel
from tests.world import parse

AT_ONCE = 64  # updates that a platform brings together
A_SECOND = 100  # turns a second of the steady load
EVERY = 0.1  # seconds between two turns of the teacher who is watched


class Ours:
    """The real inbox and engine over a store with so many open conversations."""

    def __init__(self, folder: Path, scale: Scale, talks: int) -> None:
        self.store: Store = new_store(folder, f"talks{talks}")
        self.scale = scale
        self.fresh = self._new_players(talks)
        self.updates = count(1)
        self.engine = Engine(self.store, make_house(), {"fake": parse}, lambda: NOW)
        self._warm_up()

    def _new_players(self, talks: int) -> Iterator[range]:
        players, rounds = self.scale.players, self.scale.rounds + 1
        add_teachers(self.store, 1, talks + players * rounds)
        open_talks(self.store, 1, talks)
        return iter([range(talks + 1 + r * players, talks + 1 + (r + 1) * players) for r in range(rounds)])

    def _warm_up(self) -> None:
        self.round()
        assert self.engine.take_batch() == 0

    def round(self) -> float:
        """Let fresh teachers play a whole reflection, step by step; return the time of one update."""
        players = list(next(self.fresh))
        return seconds(lambda: [self._step(players, words) for words in STEPS]) / (len(players) * len(STEPS))

    def _step(self, players: list[int], words: str) -> None:
        for start in range(0, len(players), AT_ONCE):
            envelopes = [says(number, next(self.updates), words) for number in players[start : start + AT_ONCE]]
            with self.store.writing() as session:
                inbox.keep(session, "fake", envelopes, NOW)
        while self.engine.take_batch():
            continue


class Theirs:
    """A peer that takes update after update; fresh teachers in each round."""

    def __init__(self, peer: CorePeer | MemoryPeer, scale: Scale, share: int = 1) -> None:
        self.peer = peer
        self.players = max(1, scale.players // share)
        self.numbers = count(scale.talks + 1, self.players)
        self.updates = count(10_000_000)
        self.round()

    def round(self) -> float:
        """Play the same reflection; return the time of one update."""
        first = next(self.numbers)
        sent = [(n, next(self.updates), words) for words in STEPS for n in range(first, first + self.players)]
        if isinstance(self.peer, MemoryPeer):
            return seconds(partial(self.peer.take, sent)) / len(sent)
        return seconds(lambda: [self.peer.turn(*one) for one in sent]) / len(sent)


def measure(scale: Scale) -> list[Row]:
    """Measure turns."""
    with tempfile.TemporaryDirectory(prefix="zhixing-bench-") as folder:
        return [*_beside_peers(Path(folder), scale), _with_many(Path(folder), scale), _waiting(Path(folder), scale)]


def _beside_peers(folder: Path, scale: Scale) -> list[Row]:
    steps = len(STEPS)
    for name in ("core", "orm"):
        (folder / name).mkdir()
    ours = Ours(folder, scale, scale.talks)
    peers = (
        CorePeer(folder / "core", scale.talks, steps),
        OrmPeer(folder / "orm", scale.talks, steps),
        MemoryPeer(scale.talks, steps),
    )
    core, orm, memory = (Theirs(peer, scale, share) for peer, share in zip(peers, (1, 2, 1), strict=True))
    taken = interleaved(scale.rounds, ours=ours.round, core=core.round, orm=orm.round, memory=memory.round)
    for one in (ours.store, *peers):
        one.close()
    mine = f"{1 / taken['ours']:,.0f}/s"
    return [
        _rate(f"一轮反思（{scale.talks:,} 场没聊完）对手写 SQLAlchemy Core，每条一次提交",
              f"a reflection ({scale.talks:,} talks open) vs hand-written SQLAlchemy Core, one commit an update",
              mine, taken["core"], taken["core"] / taken["ours"], 1.0),
        _rate("同上，对 SQLModel ORM，每条一次提交", "the same vs SQLModel ORM, one commit an update",
              mine, taken["orm"], taken["orm"] / taken["ours"], 3.0),
        _rate("同上，对 python-telegram-bot 的 ConversationHandler（只在内存，断电全丢）",
              "the same vs python-telegram-bot's ConversationHandler (memory only, lost on restart)",
              mine, taken["memory"], taken["memory"] / taken["ours"], 0.5),
    ]  # fmt: skip


def _rate(zh: str, en: str, ours: str, peer: float, ratio: float, goal: float) -> Row:
    return Row("turns", zh, en, ours, f"{1 / peer:,.0f}/s", ratio, ">=", goal)


def _with_many(folder: Path, scale: Scale) -> Row:
    many, few = Ours(folder, scale, scale.many_talks), Ours(folder, scale, scale.few_talks)
    taken = interleaved(scale.rounds, many=many.round, few=few.round)
    for one in (many, few):
        one.store.close()
    return Row(
        "turns", f"{scale.many_talks:,} 场没聊完，对 {scale.few_talks} 场",
        f"{scale.many_talks:,} conversations open vs {scale.few_talks}",
        f"{1 / taken['many']:,.0f}/s", f"{1 / taken['few']:,.0f}/s", taken["few"] / taken["many"], ">=", 0.9,
    )  # fmt: skip


# One teacher while others write


class Watched(FakeChannel):
    """Brings what has arrived as a poll does, and rings when a message to one chat leaves."""

    def __init__(self, chat: str) -> None:
        super().__init__(Abilities(per_chat=0, overall=0))
        self.chat = chat
        self.has_left = asyncio.Event()
        self.arrived: asyncio.Queue[Envelope] = asyncio.Queue()

    async def listen(self, keep: Keep) -> None:
        """Bring what is there, all at once; ask again when it is kept."""
        while True:
            found = [await self.arrived.get()]
            while not self.arrived.empty():
                found.append(self.arrived.get_nowait())
            await keep(self.name, found)

    async def send(self, parcel: Parcel) -> tuple[str, ...]:
        """Take a message."""
        if parcel.address == self.chat:
            self.has_left.set()
        return (parcel.key,)


def _waiting(folder: Path, scale: Scale) -> Row:
    waits = asyncio.run(_one_among_others(folder, scale))
    hundredths = [wait * 1000 for wait in quantiles(waits, n=100, method="inclusive")]
    return Row(
        "turns", f"一位老师从发出到回复离开（旁边 {A_SECOND} 轮/秒）：p99",
        f"one teacher, from her words to our reply leaving ({A_SECOND} turns/s beside her): p99",
        f"p50 {hundredths[49]:.0f} ms", "—", hundredths[98], "<=", 50, "ms",
    )  # fmt: skip


async def _one_among_others(folder: Path, scale: Scale) -> list[float]:
    """Return for each of her turns the seconds from her words to the reply that leaves."""
    others = max(2, scale.talks // 10)
    store, channel = new_store(folder, "load"), Watched(f"t{others + 1}")
    add_teachers(store, 1, others + 1)
    app = make_app(store, folder, channel, MovableClock(NOW))
    app.start()
    load = asyncio.create_task(_steady_load(channel, others))
    await asyncio.sleep(scale.load_seconds / 5)  # compiled statements and templates belong to no turn
    waits = await _her_turns(channel, others + 1, scale.load_seconds)
    load.cancel()
    await asyncio.gather(load, return_exceptions=True)
    await app.stop()
    return waits


async def _steady_load(channel: Watched, others: int) -> None:
    """Let others play reflections at an even pace, whether we keep up or not."""
    start = perf_counter()
    for number in count():
        await asyncio.sleep(max(0.0, start + number / A_SECOND - perf_counter()))
        channel.arrived.put_nowait(says(1 + number % others, number, STEPS[number // others % len(STEPS)]))


async def _her_turns(channel: Watched, who: int, for_seconds: float) -> list[float]:
    waits: list[float] = []
    until = perf_counter() + for_seconds
    while perf_counter() < until or len(waits) < 2:
        channel.has_left.clear()
        start = perf_counter()
        channel.arrived.put_nowait(says(who, 1_000_000_000 + len(waits), STEPS[len(waits) % len(STEPS)]))
        await channel.has_left.wait()
        waits.append(perf_counter() - start)
        await asyncio.sleep(EVERY)
    return waits
