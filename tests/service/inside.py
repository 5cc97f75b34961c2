"""Run the service inside the test's own event loop: the same code as `python -m bot run`, without its imports."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot import app as app_module
from bot import service
from bot.clock import SystemClock
from bot.config import Settings, load_settings
from bot.scheduler import Tick, make_scheduler
from models.store import Store
from tests.fakes import PATIENCE
from tests.fakes.telegram_server import FakeTelegram
from tests.service.running import House
from tests.world import WORDS

OFTEN = timedelta(seconds=0.3)
_PORTS = count(20_000 + os.getpid() % 120 * 100)  # tests that run side by side begin elsewhere


def free_port() -> int:
    """Find a port that nobody uses, nor is given before we come back for it: below those that systems hand out."""
    return next(port for port in _PORTS if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) != 0


def settings_of(house: House, fake: FakeTelegram | None, **more: Any) -> Settings:
    """Give the settings of a house as `run` would read them."""
    if fake is not None:
        more = {
            "telegram_token": fake.token, "telegram_base_url": fake.base_url,
            "telegram_base_file_url": fake.base_file_url, **more,
        }  # fmt: skip
    clock_file = house.clock_file
    given = {"data_dir": house.folder, "clock_offset_file": clock_file, "http_port": free_port(), **more}
    return load_settings(Path("no .env"), **given)


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Share the compiled templates of all tests, look for prompts often, and keep the signals of pytest."""
    monkeypatch.setattr(app_module, "Words", lambda *_: WORDS)

    def often(ticks: Sequence[Tick], now: datetime) -> Any:
        return make_scheduler([replace(t, every=OFTEN) if t.name == "prompts" else t for t in ticks], now)

    monkeypatch.setattr(app_module, "make_scheduler", often)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@asynccontextmanager
async def running(settings: Settings, store: Store | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """Serve until the block ends; give a client for its pages. Leaving takes it down as SIGTERM does."""
    store = store or Store(settings.store_url)
    stop = asyncio.Event()
    clock = SystemClock(settings.clock_offset_file)
    task = asyncio.create_task(service._run(settings, store, clock, (True, True), stop))
    site = f"http://127.0.0.1:{settings.http_port}"
    async with httpx.AsyncClient(base_url=site, trust_env=False, verify=False) as client:
        try:
            await _until_served(client, task)
            yield client
        finally:
            stop.set()
            await asyncio.wait_for(task, 15)


async def _until_served(client: httpx.AsyncClient, task: "asyncio.Task[None]") -> None:
    async with asyncio.timeout(60):
        while not task.done():
            try:
                await client.get("/healthz")
                return
            except httpx.TransportError:
                await asyncio.sleep(0.02)
    task.result()


async def until(condition: Any, within: float = PATIENCE) -> None:
    """Wait until a condition holds, without holding up the service."""
    async with asyncio.timeout(within):
        while not condition():
            await asyncio.sleep(0.02)
