"""What waits becomes turns; turns become one commit."""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlmodel import Session

from bot import inbox
from bot.batch import Batch, House
from bot.channels import Message
from bot.planning import replan
from bot.stage import Stage
from bot.turn import Turn
from models import inbound
from models.inbound import InboundRow
from models.store import Store, is_store_trouble

MOST = 64  # turns a commit
CAREFUL = 64  # after a start so many updates are played one by one: one of them may have ended the last process
CALM_AFTER = timedelta(seconds=10)  # after a start; only then an update is played that two processes did not survive
log = structlog.get_logger("engine")
Parse = Callable[[dict[str, Any]], Message]


@contextmanager
def _garbage_kept() -> Iterator[None]:
    """Collect no garbage for the length of a batch: all it holds is in use until it ends, so looking finds nothing."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class Engine:
    """Takes what waits in the inbox, in order, and plays it."""

    def __init__(self, store: Store, house: House, parsers: Mapping[str, Parse], now: Callable[[], datetime]) -> None:
        self.store = store
        self.house = house
        self.parsers = parsers
        self.now = now
        self._careful = CAREFUL
        self._started = now()
        self._counted: set[int] = set()  # updates whose try this process has counted
        self.rung: set[str] = set()  # loops that the last batch asked to wake

    def take_batch(self) -> int:
        """Play what waits, at most 64 turns in one commit; return how many updates were settled.

        1. Take the oldest updates that wait.
        2. Play them all and commit once.
        3. If anything fails, roll back and play them one by one, so that the one at fault stands alone.
        """
        if self._careful > 0:
            return self._take_carefully()
        try:
            with _garbage_kept(), self.store.writing() as session:
                rows = inbound.waiting_inbound(session, MOST)
                self._play(session, rows)
            return len(rows)
        except Exception as error:
            # One of the two places where every error is met; the one at fault is found by replaying.
            if is_store_trouble(error):
                raise  # no update is at fault: all of them wait until the store goes on
            log.warning("batch_replayed", error=inbox.wordless(error))
            return self._replay()

    def _take_carefully(self) -> int:
        """Count a try before playing: an update that ends the process is then known by its count."""
        with self.store.reading() as session:
            rows = inbound.waiting_inbound(session, MOST) if self.store.is_sqlite else []
        suspects = self._suspects(rows)
        row = next((row for row in rows if (row.channel, row.sender) not in suspects), None)
        if row is None:
            self._careful = len(suspects)
            return 0 if self.store.is_sqlite else self.take_batch()
        if row.id not in self._counted and self._was_deadly(row):
            return 1
        self._play_alone(row)
        self._careful = max(self._careful - 1, len(suspects))
        return 1

    def _suspects(self, rows: Sequence[InboundRow]) -> set[tuple[str, str]]:
        """Name whose updates wait until all is calm: one of them was in play when two processes ended.

        It may have ended them, or only have been the first in line while the machine was switched off and on.
        """
        if self.now() > self._started + CALM_AFTER:
            return set()
        return {(r.channel, r.sender) for r in rows if r.attempts >= inbox.TRIES - 1 and r.id not in self._counted}

    def _was_deadly(self, row: InboundRow) -> bool:
        """Count a try, once in the life of a process; set aside what three processes did not survive."""
        with self.store.writing() as session:
            if row.attempts >= inbox.TRIES:
                self._set_aside(session, row, RuntimeError())
                return True
            inbound.change_inbound(session, [row.id], {"attempts": row.attempts + 1})
        self._counted.add(row.id)
        return False

    def _replay(self) -> int:
        with self.store.writing() as session:
            rows = inbound.waiting_inbound(session, MOST)
        for row in rows:
            self._play_alone(row)
        return len(rows)

    def _play_alone(self, row: InboundRow) -> None:
        """Play one update until it succeeds or is set aside."""
        while True:
            try:
                with self.store.writing() as session:
                    current = inbound.one_waiting_inbound(session, row.id)
                    if current is not None:
                        self._play(session, [current])
                return
            except Exception as error:  # our mistake: log with ids, one calm sentence, keep the answers
                if is_store_trouble(error):
                    raise
                log.error("turn_failed", inbound=row.id, channel=row.channel, trace=inbox.wordless(error))
                if self._failed(row, error):
                    return
                row = row._replace(attempts=row.attempts + 1)

    def _failed(self, row: InboundRow, error: Exception) -> bool:
        with self.store.writing() as session:
            if not inbox.note_failure(session, row, error, self.now()):
                return False
            self._apologise(session, row)
            return True

    def _set_aside(self, session: Session, row: InboundRow, error: Exception) -> None:
        log.error("set_aside", inbound=row.id, channel=row.channel)
        inbox.note_failure(session, row._replace(attempts=inbox.TRIES), error, self.now())
        self._apologise(session, row)

    def _apologise(self, session: Session, row: InboundRow) -> None:
        """Say one calm sentence to whoever sent what we could not handle, if we know the chat."""
        batch = Batch(session, self.house)
        batch.load([(row.channel, Message("text", row.sender))])
        address = batch.known(row.channel, row.sender)
        if address is not None:
            stage = Stage(batch, address, None, self.now())
            stage.say("common", "our_fault")
            batch.send(stage.address, stage.person, stage.parts, stage.now)
            batch.save()

    def _play(self, session: Session, rows: Sequence[InboundRow]) -> None:
        if not rows:
            return
        now = self.now()
        parsed = [(row.channel, self.parsers[row.channel](row.body)) for row in rows]
        batch = Batch(session, self.house)
        batch.load((channel, message) for channel, message in parsed if message.kind != "nothing")
        for channel, message in parsed:
            if message.kind != "nothing":
                Turn(batch, channel, message, now).play()
        batch.save()
        replan(session, batch.replan, now)
        inbound.change_inbound(session, [row.id for row in rows], {"state": "done", "handled_at": now})
        self.rung |= batch.ring | ({"prompts"} if batch.replan else set())
