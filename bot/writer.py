"""One thread that writes, the most urgent work first; on PostgreSQL several."""

import asyncio
import itertools
import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from sqlmodel import Session

from models.store import Store

INBOX, TURNS, OUTBOX, TICKS = range(4)  # in the order of their urgency
CLOSING = 2.0  # seconds to finish what waits; a store that is locked elsewhere must not hold up the end
T = TypeVar("T")


class Writer:
    """Runs writing transactions off the event loop; SQLite has one writer, so it gets one thread."""

    def __init__(self, store: Store, threads: int | None = None) -> None:
        self.store = store
        self._waiting: queue.PriorityQueue[tuple[int, int, Any]] = queue.PriorityQueue()
        self._order = itertools.count()
        count = threads or (1 if store.is_sqlite else 4)
        self._threads = [threading.Thread(target=self._work, name=f"writer-{n}", daemon=True) for n in range(count)]
        for thread in self._threads:
            thread.start()

    async def do(self, work: Callable[[], T], urgency: int) -> T:
        """Run `work` in a writing thread and return what it returns; it opens its own transactions."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._waiting.put((urgency, next(self._order), (work, loop, answer)))
        return await answer

    async def write(self, work: Callable[[Session], T], urgency: int) -> T:
        """Run `work` in one writing transaction: committed when it returns, rolled back when it raises."""

        def whole() -> T:
            with self.store.writing() as session:
                return work(session)

        return await self.do(whole, urgency)

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

    def _work(self) -> None:
        while (job := self._waiting.get()[2]) is not None:
            work, loop, answer = job
            try:
                result, error = work(), None
            except BaseException as raised:  # handed to whoever waits for the answer
                result, error = None, raised
            if not loop.is_closed():
                loop.call_soon_threadsafe(_settle, answer, result, error)


def _settle(answer: "asyncio.Future[Any]", result: Any, error: BaseException | None) -> None:
    if answer.cancelled():
        return
    if error is None:
        answer.set_result(result)
    else:
        answer.set_exception(error)
