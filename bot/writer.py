"""One thread that writes, the most urgent work first; on PostgreSQL several."""

import asyncio
import itertools
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from sqlmodel import Session

from models.store import Store

# In the order of their urgency. What was answered leaves before the next turns are played: these may wait, for the
# more of them wait the more share a commit; the other way round a busy hour would hold every reply back.
INBOX, OUTBOX, TURNS, TICKS = range(4)
SHORT = (INBOX, OUTBOX)  # writes of a few rows, of which many may wait at once
TOGETHER = 64  # short writes that share one commit
CLOSING = 2.0  # seconds to finish what waits; a store that is locked elsewhere must not hold up the end
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Job:
    """Something to run, and who waits for its answer; `work` takes a session when it may share a commit."""

    work: Callable[..., Any]
    shares: bool
    loop: asyncio.AbstractEventLoop
    answer: "asyncio.Future[Any]"


class Writer:
    """Runs writing transactions off the event loop; SQLite has one writer, so it gets one thread."""

    def __init__(self, store: Store, threads: int | None = None) -> None:
        self.store = store
        self._waiting: queue.PriorityQueue[tuple[int, int, Job | None]] = queue.PriorityQueue()
        self._order = itertools.count()
        count = threads or (1 if store.is_sqlite else 4)
        self._threads = [threading.Thread(target=self._work, name=f"writer-{n}", daemon=True) for n in range(count)]
        for thread in self._threads:
            thread.start()

    async def do(self, work: Callable[[], T], urgency: int) -> T:
        """Run `work` in a writing thread and return what it returns; it opens its own transactions."""
        return await self._queued(work, urgency, shares=False)

    async def write(self, work: Callable[[Session], T], urgency: int) -> T:
        """Run `work` in a writing transaction: committed when it returns, rolled back when it raises.

        Short writes that wait together share one commit, for each commit waits for the disk. When one of them fails
        all are rolled back and run again one by one: `work` changes nothing but rows.
        """
        if urgency in SHORT:
            return await self._queued(work, urgency, shares=True)
        return await self._queued(partial(self._alone, work), urgency, shares=False)

    async def _queued(self, work: Callable[..., T], urgency: int, shares: bool) -> T:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._waiting.put((urgency, next(self._order), Job(work, shares, loop, answer)))
        return await answer

    async def read(self, work: Callable[[Session], T]) -> T:
        """Run `work` in a reading session, beside the writing thread."""

        def whole() -> T:
            with self.store.reading() as session:
                return work(session)

        return await asyncio.to_thread(whole)

    def close(self) -> None:
        """Finish what waits, then stop the threads."""
        for _ in self._threads:
            self._waiting.put((TICKS + 1, next(self._order), None))
        for thread in self._threads:
            thread.join(timeout=CLOSING)

    # In the writing thread

    def _work(self) -> None:
        while True:
            urgency, _, job = self._waiting.get()
            if job is None:
                return
            if job.shares:
                self._run_together([job, *self._companions(urgency)])
            else:
                _run(job, job.work)

    def _companions(self, urgency: int) -> list[Job]:
        """Take what waits at the same urgency."""
        found: list[Job] = []
        while len(found) < TOGETHER:
            try:
                one = self._waiting.get_nowait()
            except queue.Empty:
                break
            if one[0] != urgency or one[2] is None:
                self._waiting.put(one)
                break
            found.append(one[2])
        return found

    def _run_together(self, jobs: Sequence[Job]) -> None:
        try:
            results = self._in_one([job.work for job in jobs])
        except BaseException:  # noqa: BLE001 — alone, each meets its own error and no other's
            for job in jobs:
                _run(job, partial(self._alone, job.work))
        else:
            for job, result in zip(jobs, results, strict=True):
                _hand_over(job, result, None)

    def _alone(self, work: Callable[[Session], T]) -> T:
        return self._in_one([work])[0]

    def _in_one(self, works: Sequence[Callable[[Session], T]]) -> list[T]:
        with self.store.writing() as session:
            return [work(session) for work in works]


def _run(job: Job, work: Callable[[], Any]) -> None:
    try:
        result, error = work(), None
    except BaseException as raised:  # noqa: BLE001 — handed to whoever waits for the answer
        result, error = None, raised
    _hand_over(job, result, error)


def _hand_over(job: Job, result: Any, error: BaseException | None) -> None:
    if not job.loop.is_closed():
        job.loop.call_soon_threadsafe(_settle, job.answer, result, error)


def _settle(answer: "asyncio.Future[Any]", result: Any, error: BaseException | None) -> None:
    if answer.cancelled():
        return
    if error is None:
        answer.set_result(result)
    else:
        answer.set_exception(error)
