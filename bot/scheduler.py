"""The metronome: which tick, how often. What is due lives in rows, so a tick that was missed is caught up by the next."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.inbox import wordless

log = structlog.get_logger("scheduler")


@dataclass(frozen=True)
class Tick:
    """Something to look after every so often."""

    name: str
    every: timedelta
    work: Callable[[], Awaitable[object]]


def make_scheduler(ticks: Sequence[Tick], now: datetime) -> AsyncIOScheduler:
    """Make a scheduler with a handful of in-memory jobs; each runs at once and then at its interval."""
    defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=defaults)
    for tick in ticks:
        seconds = tick.every.total_seconds()
        scheduler.add_job(guarded, "interval", args=[tick], seconds=seconds, id=tick.name, next_run_time=now)
    return scheduler


async def guarded(tick: Tick) -> None:
    """Run one tick; whatever it raises is logged, and the next tick comes all the same."""
    try:
        await tick.work()
    except asyncio.CancelledError:
        return  # the house is being shut; APScheduler would log it as an error
    except Exception as error:  # one of the two places where every error is met
        log.error("tick_failed", tick=tick.name, trace=wordless(error))
