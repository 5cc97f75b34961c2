"""Two workers on one store: whatever they do at once, each update is played once and in order."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from bot.engine import Engine
from models import Entry, Inbound
from tests.bot.test_engine import arrive, words
from tests.world import World, parse


def test_what_another_worker_plays_meanwhile_is_not_played_again(world: World) -> None:
    late, quick = (Engine(world.store, world.house, {"fake": parse}, world.clock.now) for _ in range(2))

    def now_that_the_other_has_played() -> datetime:
        while quick.take_batch():
            pass
        return world.clock.now()

    arrive(world, words("lin", "第一句", "a"), words("chen", "第二句", "b"))
    late.now = now_that_the_other_has_played  # it looks at the clock between reading what waits and playing it
    assert late.take_batch() == 1
    assert late.take_batch() == 0
    assert [entry.parts["pieces"][0]["text"] for entry in world.all(Entry)] == ["第一句", "第二句"]
    assert {row.state for row in world.all(Inbound)} == {"done"}


def test_two_workers_on_one_store_play_each_update_once(world: World) -> None:
    texts = [f"第{n}句" for n in range(40)]
    arrive(world, *(words("lin", text, f"m{n}") for n, text in enumerate(texts)))
    engines = [Engine(world.store, world.house, {"fake": parse}, world.clock.now) for _ in range(2)]
    with ThreadPoolExecutor(2) as workers:
        settled = list(workers.map(drained, engines))
    pieces = [piece["text"] for entry in world.all(Entry) for piece in entry.parts["pieces"]]
    assert pieces == texts
    assert sum(settled) >= len(texts)


def drained(engine: Engine) -> int:
    """Play until nothing waits; return how many updates the engine saw settled, by itself or meanwhile."""
    return sum(iter(engine.take_batch, 0))
