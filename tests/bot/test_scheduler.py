"""The metronome: what a tick does to those after it."""

import asyncio
from datetime import timedelta

from structlog.testing import capture_logs

from bot.scheduler import Tick, guarded


async def test_a_tick_that_raises_is_logged_and_no_more() -> None:
    async def work() -> None:
        raise ZeroDivisionError

    with capture_logs() as logs:
        await guarded(Tick("prompts", timedelta(seconds=5), work))
    assert [(one["event"], one["tick"]) for one in logs] == [("tick_failed", "prompts")]


async def test_a_tick_that_is_stopped_with_the_house_is_no_error() -> None:
    began = asyncio.Event()

    async def work() -> None:
        began.set()
        await asyncio.Event().wait()

    with capture_logs() as logs:
        task = asyncio.create_task(guarded(Tick("prompts", timedelta(seconds=5), work)))
        await began.wait()
        task.cancel()
        await asyncio.gather(task)
    assert logs == []
