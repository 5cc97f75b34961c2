"""The peer of prompts: one job of APScheduler for each reminder, in its SQLAlchemy job store."""

import pickle
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from apscheduler.executors.debug import DebugExecutor
from apscheduler.job import Job
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.base import BaseScheduler
from apscheduler.triggers.date import DateTrigger
from sqlalchemy import insert

from tests.bench.figures import seconds
from tests.bench.peers import CorePeer

PORTION = 5_000


class Metronome(BaseScheduler):
    """A scheduler that looks when it is told to."""

    def wakeup(self) -> None:
        """Wait to be told."""

    def shutdown(self, *_: Any, **__: Any) -> None:
        """Stop nothing: it has no thread."""

    def look(self) -> None:
        """Run what is due now."""
        self._process_jobs()  # type: ignore[no-untyped-call]


class JobStore:
    """So many jobs, of which some are due; each due one puts a message into an outbox and is removed."""

    def __init__(self, folder: Path, due: int, jobs: int) -> None:
        place = folder / f"jobs{jobs}"
        place.mkdir()
        self.store = CorePeer(place, 0, 1)
        self.due = due
        self._jobs = SQLAlchemyJobStore(engine=self.store.store.writer)
        self._scheduler = Metronome(timezone=UTC)
        self._scheduler.add_executor(DebugExecutor())
        self._scheduler.add_jobstore(self._jobs)
        self._scheduler.start(paused=False)
        later = datetime.now(UTC) + timedelta(days=30)
        self._add(range(due, jobs), later)

    def _add(self, numbers: range, at: datetime) -> None:
        """Write jobs as the store itself writes them, many at once."""
        with self.store.store.writer.begin() as connection:
            for start in range(numbers.start, numbers.stop, PORTION):
                some = range(start, min(numbers.stop, start + PORTION))
                connection.execute(insert(self._jobs.jobs_t), [self._row(number, at) for number in some])

    def _row(self, number: int, at: datetime) -> dict[str, Any]:
        job = Job(
            self._scheduler, id=f"reminder:{number}", func=remind, trigger=DateTrigger(at), executor="default",
            args=(number,), kwargs={}, name="remind", misfire_grace_time=None, coalesce=True, max_instances=1,
            next_run_time=at,
        )  # fmt: skip
        state = pickle.dumps(job.__getstate__(), self._jobs.pickle_protocol)
        return {"id": job.id, "next_run_time": at.timestamp(), "job_state": state}

    def say_all(self) -> float:
        """Let the due jobs run; return the seconds."""
        self._add(range(self.due), datetime.now(UTC) - timedelta(seconds=1))
        _said.clear()
        _said["into"] = self.store
        taken = seconds(self._scheduler.look)
        assert len(_said) == self.due + 1
        return taken


_said: dict[Any, Any] = {}  # a stored job can name only what stands at the top of a module


def remind(number: int) -> None:
    """Put one message into the outbox, in a transaction of its own."""
    _said["into"].say(number)
    _said[number] = True
