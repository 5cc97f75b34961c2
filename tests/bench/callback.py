"""How soon a callback of WeCom is verified, opened, stored and acknowledged while turns run, and what that costs."""

import asyncio
import tempfile
from itertools import count
from pathlib import Path
from statistics import quantiles
from time import perf_counter

import httpx
from sqlalchemy import text

from bot.app import App
from bot.channels import Health
from bot.channels.wecom_app import Keys, WecomApp
from bot.channels.wecom_callback import Door
from bot.clock import MovableClock
from models.store import Store
from tests.bench.crowd import NOW, STEPS, add_teachers, make_app, new_store
from tests.bench.figures import Row, Scale, interleaved
from tests.fakes.wecom_caller import callback, message
from tests.fakes.wecom_world import AES_KEY, AGENT, CORP, SECRET, TOKEN

A_SECOND = 100  # callbacks a second of the steady load
AT_ONCE = 64  # callbacks that come together when throughput is measured
AT = int(NOW.timestamp())
KEYS = Keys(CORP, AGENT, SECRET, TOKEN, AES_KEY, "http://wecom.test")
Posted = tuple[dict[str, str], bytes]
_numbers = count(1)


def measure(scale: Scale) -> list[Row]:
    """Measure callbacks."""
    with tempfile.TemporaryDirectory(prefix="zhixing-bench-") as folder:
        waits = asyncio.run(_under_load(Path(folder), scale))
        taken = _beside_opening_only(Path(folder), scale)
    hundredths = [wait * 1000 for wait in quantiles(waits, n=100, method="inclusive")]
    return [
        Row("callback", f"企业微信回调：验签、解密、落盘、回 200（{A_SECOND} 条/秒，旁边在跑轮次）：p99",
            f"a WeCom callback verified, opened, stored and answered ({A_SECOND}/s, turns beside it): p99",
            f"p50 {hundredths[49]:.1f} ms", "—", hundredths[98], "<=", 50, "ms"),
        Row("callback", f"同上，一次来 {AT_ONCE} 条，对只验签、解密",
            f"the same, {AT_ONCE} at once, vs a handler that only verifies and opens",
            f"{1 / taken['ours']:,.0f}/s", f"{1 / taken['peer']:,.0f}/s", taken["peer"] / taken["ours"]),
    ]  # fmt: skip


def _posted(teacher: int, words: str) -> Posted:
    """Write one callback, sealed by somebody else's code."""
    return callback(message(f"T{teacher}", "text", AT, Content=words, Number=next(_numbers)), AT)


def _answers(request: httpx.Request) -> httpx.Response:
    """Be a WeCom that takes everything at once."""
    if request.url.path == "/cgi-bin/gettoken":
        return httpx.Response(200, json={"errcode": 0, "access_token": "t", "expires_in": 7200})
    return httpx.Response(200, json={"errcode": 0, "errmsg": "ok", "msgid": "m", "name": "n"})


def _app(store: Store, folder: Path) -> tuple[App, WecomApp]:
    wecom = WecomApp(
        KEYS, on_health=Health(), now=lambda: NOW, httpx_kwargs={"transport": httpx.MockTransport(_answers)}
    )
    return make_app(store, folder, wecom, MovableClock(NOW)), wecom


def _school(folder: Path, name: str, teachers: int) -> Store:
    store = new_store(folder, name)
    add_teachers(store, 1, teachers)
    with store.writing() as session:
        session.execute(text("UPDATE address SET channel = 'wecom_app'"))
    return store


async def _under_load(folder: Path, scale: Scale) -> list[float]:
    """Post callbacks at an even pace, each a step of a reflection that is played; return how long each took."""
    warm, total = A_SECOND // 5, int(scale.load_seconds * A_SECOND)
    teachers = max(2, total // len(STEPS))
    store = _school(folder, "load", teachers)
    posted = [_posted(1 + n % teachers, STEPS[n // teachers % len(STEPS)]) for n in range(warm + total)]
    app, wecom = _app(store, folder)
    app.start()
    await asyncio.sleep(0)  # the listening begins
    waits: list[float] = []
    start = perf_counter()
    asking = []
    for number, one in enumerate(posted):
        await asyncio.sleep(max(0.0, start + number / A_SECOND - perf_counter()))
        asking.append(asyncio.create_task(_timed(wecom, one, waits)))
    await asyncio.gather(*asking)
    await app.stop()
    return waits[warm:]


async def _timed(wecom: WecomApp, posted: Posted, waits: list[float]) -> None:
    start = perf_counter()
    status = await wecom.take(*posted)
    waits.append(perf_counter() - start)
    assert status == 200


def _beside_opening_only(folder: Path, scale: Scale) -> dict[str, float]:
    """Take callbacks as fast as they come, nothing else going on; return the time of one, ours and the peer's."""
    store = _school(folder, "rush", 2)
    app, wecom = _app(store, folder)
    wecom._keep = app.keep  # the inbox alone: what is stored is played by nobody
    door = Door(CORP, AGENT, TOKEN, AES_KEY, 0)
    rush = max(1, scale.players // AT_ONCE) * AT_ONCE
    with asyncio.Runner() as runner:

        def ours() -> float:
            posted = [_posted(1 + n % 2, STEPS[1]) for n in range(rush)]
            return runner.run(_all_at_once(wecom, posted)) / rush

        def peer() -> float:
            posted = [_posted(1 + n % 2, STEPS[1]) for n in range(rush)]
            start = perf_counter()
            for query, body in posted:
                door.take(query, body, NOW)
            return (perf_counter() - start) / rush

        taken = interleaved(scale.rounds, ours=ours, peer=peer)
        runner.run(wecom.close())
        app.writer.close()
        store.close()
    return taken


async def _all_at_once(wecom: WecomApp, posted: list[Posted]) -> float:
    start = perf_counter()
    for first in range(0, len(posted), AT_ONCE):
        statuses = await asyncio.gather(*(wecom.take(*one) for one in posted[first : first + AT_ONCE]))
        assert set(statuses) == {200}
    return perf_counter() - start
