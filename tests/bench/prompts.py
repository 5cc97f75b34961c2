"""How long a thousand due prompts take, and a start, when few, many or very many others wait."""

import asyncio
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from time import perf_counter

from sqlalchemy import text

from bot import prompts
from bot.batch import House
from bot.clock import MovableClock
from bot.outbox import LEASE
from models import outbound
from models.store import Store
from tests.bench.crowd import NOW, add_teachers, let_be_due, let_wait, make_app, make_house, new_store
from tests.bench.figures import Row, Scale, interleaved, seconds
from tests.bench.jobs import JobStore
from tests.fakes.channel import FakeChannel

WAITING_EACH = 10  # prompts that wait for one teacher
CLAIMED_AT_ONCE = 64
ROUNDS = 3  # at most


class Due:
    """A store in which some prompts are due and very many wait; every round starts from the same rows."""

    def __init__(self, folder: Path, due: int, pending: int) -> None:
        self.folder = folder / f"pending{pending}"
        self.store: Store = new_store(folder, self.folder.name)
        self.house: House = make_house()
        self.due = due
        waiting = max(0, pending - due)
        persons = -(-waiting // WAITING_EACH)
        add_teachers(self.store, 1, due + persons)
        let_be_due(self.store, 1, due)
        let_wait(self.store, waiting, due + 1, persons)
        self._change("UPDATE person SET next_contact_at = (SELECT min(due_at) FROM prompt WHERE person_id = person.id)")
        self._change("ANALYZE")

    def say_all(self) -> float:
        """Plan, queue and claim everything that is due; return the seconds, and put all back as it was."""
        taken = seconds(self._say_all)
        self._put_back()
        return taken

    def _say_all(self) -> None:
        while self._in_one(lambda session: prompts.queue_due(session, self.house, NOW)):
            continue
        claimed = 0
        while got := self._in_one(
            lambda session: outbound.claim_outbound(session, ["fake"], [], NOW, NOW + LEASE, CLAIMED_AT_ONCE)
        ):
            claimed += len(got)
        assert claimed == self.due, claimed

    def _in_one(self, work: Callable) -> object:  # type: ignore[type-arg]
        with self.store.writing() as session:
            return work(session)

    def _put_back(self) -> None:
        for statement in (
            "DELETE FROM outbound",
            "DELETE FROM prompt WHERE kind = 'follow_up_again'",
            "UPDATE prompt SET state = 'waiting', queued_at = NULL WHERE state = 'queued'",
            "UPDATE action SET touches = 0",
            "UPDATE person SET next_contact_at = (SELECT min(due_at) FROM prompt WHERE person_id = person.id) "
            "WHERE id IN (SELECT person_id FROM action)",
        ):
            self._change(statement)

    def _change(self, statement: str) -> None:
        with self.store.writing() as session:
            session.execute(text(statement))

    def start(self) -> float:
        """Start the whole bot over this store, nothing being due, until it is ready; return the seconds."""
        return asyncio.run(self._started())

    async def _started(self) -> float:
        start = perf_counter()
        store = Store(str(self.store.url))
        app = make_app(store, self.folder, FakeChannel(), MovableClock(NOW - timedelta(minutes=5)))
        app.start()
        await app.play_waiting()
        await app.say_due()
        is_ready, _ = await app.ready()
        taken = perf_counter() - start
        assert is_ready
        await asyncio.sleep(0.2)  # its first ticks belong to no other measurement
        await app.stop()
        return taken


def measure(scale: Scale) -> list[Row]:
    """Measure prompts."""
    with tempfile.TemporaryDirectory(prefix="zhixing-bench-") as folder:
        ours = {f"n{pending}": Due(Path(folder), scale.due, pending) for pending in scale.pending}
        theirs = {f"j{number}": JobStore(Path(folder), scale.due, number) for number in scale.jobs}
        said = interleaved(min(ROUNDS, scale.rounds), **{name: one.say_all for name, one in (ours | theirs).items()})
        began = interleaved(min(ROUNDS, scale.rounds), **{name: one.start for name, one in ours.items()})
        for one in (*ours.values(), *theirs.values()):
            one.store.close()
    return _rows(scale, said, began)


def _rows(scale: Scale, said: dict[str, float], began: dict[str, float]) -> list[Row]:
    few, *more = scale.pending
    fewest, most_jobs = scale.jobs[0], scale.jobs[-1]
    rows = [
        Row("prompts", f"{scale.due:,} 条到期：计划、写进发件、领取（共 {many:,} 条等着）对（{few:,} 条）",
            f"{scale.due:,} due: plan, queue and claim ({many:,} pending) vs ({few:,})",
            f"{said[f'n{many}']:.2f} s", f"{said[f'n{few}']:.2f} s", said[f"n{many}"] / said[f"n{few}"], "<=", 1.5)
        for many in more
    ]  # fmt: skip
    rows += [
        Row("prompts", f"启动到就绪（{many:,} 条等着）对（{few:,} 条）",
            f"start until ready ({many:,} pending) vs ({few:,})",
            f"{began[f'n{many}']:.2f} s", f"{began[f'n{few}']:.2f} s", began[f"n{many}"] / began[f"n{few}"], "<=", 1.2)
        for many in more
    ]  # fmt: skip
    rows += [
        Row("prompts", f"同样 {scale.due:,} 条，对 APScheduler 每条一个任务（{jobs:,} 个；不计划、不合并、不渲染）",
            f"the same {scale.due:,} vs one APScheduler job each ({jobs:,} jobs; plans, merges, renders nothing)",
            f"{said[f'n{few}']:.2f} s", f"{said[f'j{jobs}']:.2f} s", said[f"j{jobs}"] / said[f"n{few}"])
        for jobs in dict.fromkeys((fewest, most_jobs))
    ]  # fmt: skip
    return rows
