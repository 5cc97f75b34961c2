"""Put the parts together: the only file that knows them all."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from sqlmodel import Session

from bot import inbox, prompts, watch
from bot.attachments import Attachments
from bot.batch import House
from bot.buttons import Signer
from bot.channels import Channel, Envelope, Health
from bot.clock import Clock, SystemClock
from bot.engine import Engine
from bot.forms import Forms
from bot.outbox import Outbox
from bot.planning import replan
from bot.registry import Registry
from bot.render import TEMPLATES, Words
from bot.scheduler import Tick, make_scheduler
from bot.writer import INBOX, TICKS, TURNS, Writer
from handlers import HANDLERS
from handlers.digest_making import make_digests
from handlers.reminding import plan_reminders
from handlers.school_year import ask_for_official_years
from handlers.training_note import plan_training_notes
from models import conversations, outbound, removal, strangers
from models.store import Store

GRACE = 4.0  # seconds for what is under way when we are told to stop; the whole stop takes at most 10
RECORDS_KEPT = timedelta(days=30)  # how long records of delivered messages are kept
IDLE = 1.0  # seconds between two looks into the inbox when nobody rings
log = structlog.get_logger("app")


class App:
    """The running bot: its channels, its loops and its ticks, in one asyncio process."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        secret: bytes,
        data_dir: Path,
        language: str = "zh_Hans",
        zone: str = "Asia/Shanghai",
        contact_line: str = "",
        pages: str = "",
    ) -> None:
        self.store = store
        self.clock = clock
        self.data_dir = data_dir
        self.writer = Writer(store)
        own = data_dir / "templates"
        self.words = Words(TEMPLATES, own if own.is_dir() else None, contact_line)
        self.registry = Registry(HANDLERS, self.words)
        self.channels: dict[str, Channel] = {}
        self.healths: dict[str, Health] = {}
        self.house = House(self.registry, self.words, Signer(secret), {}, language, zone, pages)
        self.forms = Forms(store, self.words, data_dir, clock.now)
        self.started = clock.now()
        self.ticks: list[Tick] = []
        self.first: list[Callable[[], Coroutine[Any, Any, None]]] = []  # done once, beside the listening
        self._inbox_bell = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._listening: list[asyncio.Task[None]] = []

    def add_channel(self, channel: Channel, health: Health | None = None) -> None:
        """Let the bot listen and speak on a channel; `health` is watched where the platform is polled."""
        self.channels[channel.name] = channel
        if health is not None:
            self.healths[channel.name] = health
        self.house = replace(self.house, abilities={name: one.abilities for name, one in self.channels.items()})

    def start(self, does_listen: bool = True, does_work: bool = True) -> None:
        """Begin to listen and to work; call inside the event loop."""
        now = self.clock.now
        self.engine = Engine(self.store, self.house, {n: c.parse for n, c in self.channels.items()}, now)
        self.outbox = Outbox(self.writer, self.channels, self.forms.make, now)
        self.attachments = Attachments(self.writer, self.channels, self.data_dir / "files", now)
        for health in self.healths.values():
            health.is_elsewhere = not does_listen
        if does_listen:
            for channel in self.channels.values():
                self._listening.append(self._spawn(channel.listen(self.keep)))
            self._listening += [self._spawn(once()) for once in self.first]
        if does_work:
            lasting = (self._for_ever("outbox", self.outbox.run), self._for_ever("attachments", self.attachments.run))
            self._tasks += [self._spawn(loop) for loop in (self._turns(), *lasting)]
        ticks = [*self._house_ticks(), *self.ticks] if does_work else [self._watch(self.watch_over_listening)]
        self._metronome = make_scheduler(ticks, SystemClock().now())
        self._metronome.start()

    def _spawn(self, loop: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(loop)
        task.add_done_callback(_say_if_dead)
        return task

    def _house_ticks(self) -> list[Tick]:
        return [
            Tick("prompts", timedelta(seconds=5), self.say_due),
            Tick("digests", timedelta(minutes=1), self.make_due),
            self._watch(self.watch_over),
            Tick("forget", timedelta(hours=6), self.forget),
        ]

    @staticmethod
    def _watch(work: Callable[[], Awaitable[None]]) -> Tick:
        return Tick("watch", timedelta(minutes=1), work)

    # Loops

    async def keep(self, channel: str, envelopes: list[Envelope]) -> None:
        """Commit what a platform brought; only when this returns may it be acknowledged."""
        now = self.clock.now()
        await self.writer.write(lambda session: inbox.keep(session, channel, envelopes, now), INBOX)
        self._inbox_bell.set()

    async def _turns(self) -> None:
        while True:
            self._inbox_bell.clear()
            try:
                moved = await self.play_waiting()
            except Exception as error:  # the store itself fails: a full disk, a lock held elsewhere
                log.error("turns_stand_still", trace=inbox.wordless(error))
                moved = 0
            if not moved:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(IDLE):
                        await self._inbox_bell.wait()

    async def play_waiting(self) -> int:
        """Play one batch of what waits and wake whoever it concerns; return how many updates were settled."""
        moved = await self.writer.do(self.engine.take_batch, TURNS)
        if moved:
            self.outbox.ring()
        rung, self.engine.rung = self.engine.rung, set()
        if "attachments" in rung:
            self.attachments.ring()
        if "prompts" in rung:
            await self.say_due()
        return moved

    async def _for_ever(self, name: str, run: Callable[[], Coroutine[Any, Any, None]]) -> None:
        while True:
            try:
                await run()
            except Exception as error:  # the store itself fails, or the disk: the loop must not end with it
                log.error(f"{name}_stands_still", trace=inbox.wordless(error))
                await asyncio.sleep(IDLE)

    # Ticks

    async def say_due(self) -> None:
        """Queue every card that is due."""
        while await self.writer.write(lambda s: prompts.queue_due(s, self.house, self.clock.now()), TICKS):
            self.outbox.ring()

    async def make_due(self) -> None:
        """Make the digests and the invitations to note that are due; what was missed is caught up from rows."""
        now = self.clock.now()

        def make(session: Session) -> int:
            invited, digests = make_what_the_calendar_asks(session, now)
            replan(session, invited, now)
            return digests + len(invited)

        if await self.writer.write(make, TICKS):
            await self.say_due()

    async def watch_over(self) -> None:
        """Tell the office when something stands still."""
        now = self.clock.now()

        def look(session: Session) -> int:
            return watch.alert_office(
                session, self.house, watch.troubles(session, self.healths, self.started, now, self.channels), now
            )

        if await self.writer.write(look, TICKS):
            self.outbox.ring()

    async def watch_over_listening(self) -> None:
        """Tell the office of channels that stand still, where another process does the work and watches over the rest."""
        now = self.clock.now()
        found = watch.troubles_of_channels(self.healths, self.started, now)
        await self.writer.write(lambda session: watch.alert_office(session, self.house, found, now), TICKS)

    async def forget(self) -> None:
        """Let go of what nobody needs any more: old bodies, drafts, what was deleted a day ago."""
        now, kept = self.clock.now(), RECORDS_KEPT.total_seconds()
        lasting = [name for name, one in self.channels.items() if one.abilities.unsay_within > kept]

        def let_go(session: Session) -> None:
            inbox.forget_old(session, now)
            outbound.forget_outbound(session, now - RECORDS_KEPT, lasting)
            conversations.forget_conversations(session, now)
            removal.purge_removed(session, now)
            strangers.forget_strangers(session, now)

        await self.writer.write(let_go, TICKS)
        self.attachments.ring()

    async def settle(self) -> None:
        """Say everything that is due at this instant and return when it was delivered; for the demo's clock."""
        while await self.play_waiting():
            continue
        await self.make_due()
        await self.say_due()
        while await self.writer.read(lambda s: outbound.leaves_now(s, list(self.channels), self.clock.now())):
            self.outbox.ring()
            await asyncio.sleep(0.02)

    # Looks from outside

    async def ready(self) -> tuple[bool, dict[str, Any]]:
        """Check that all is well, for /readyz."""
        now = self.clock.now()
        offset = getattr(self.clock, "offset", timedelta)()
        try:
            return await asyncio.to_thread(
                watch.readiness, self.store, self.healths, self.started, offset, now, self.channels
            )
        except Exception as error:
            return False, {"database": type(error).__name__}

    def metrics(self) -> bytes:
        """Write the figures of /metrics."""
        return watch.figures(self.store, self.healths, self.clock.now())

    # The end

    async def stop(self) -> None:
        """End cleanly: stop listening, finish what was taken, write down what was sent, close.

        What is not finished in time stays in its rows and goes on at the next start.
        """
        await _cancel(self._listening)
        self._metronome.shutdown(wait=False)
        if self._tasks:
            await _cancel(self._tasks)
            await self._drain()
        for channel in self.channels.values():
            await channel.close()
        await asyncio.to_thread(self.writer.close)
        self.store.close()

    async def _drain(self) -> None:
        try:
            await self.outbox.drain(GRACE)
        except Exception as error:  # a store that cannot be written to must not keep us from ending
            log.error("outbox_not_drained", trace=inbox.wordless(error))


def make_what_the_calendar_asks(session: Session, now: datetime) -> tuple[set[UUID], int]:
    """Make what is due: invitations to note, reminders, digests, a word to the office that a year has no official days off yet.

    Return the persons to plan for, and the number of digests.
    """
    invited = plan_training_notes(session, now) | plan_reminders(session, now) | ask_for_official_years(session, now)
    return invited, make_digests(session, now)


def _say_if_dead(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("loop_ended", trace=inbox.wordless(error))


async def _cancel(tasks: Sequence["asyncio.Task[None]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
