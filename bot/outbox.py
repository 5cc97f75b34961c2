"""Deliver what was put into the outbox: claim with a lease, send, write down what became of it."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlmodel import Session

from bot.channels import Button, Channel, Link, Parcel
from bot.errors import SendFailed, later
from bot.pace import Pace
from bot.writer import OUTBOX, Writer
from models import outbound, people, unsaying
from models.outbound import OutboundRow

LEASE = timedelta(seconds=90)  # longer than any send may take
AHEAD = timedelta(milliseconds=250)  # how far ahead slots are taken, so that a reply overtakes bulk
TRIES = 8  # refused-for-now attempts before a message is given up
UNKNOWN_TRIES = 2  # one retry after an unknown outcome: at most one visible duplicate
SEND_TIMEOUT = 60.0  # seconds
IDLE = 1.0  # seconds between two looks when nobody rings
Make = Callable[[dict[str, Any]], tuple[str, bytes]]
"""Makes a document from the form in a body: file name and bytes. Runs in a thread, outside any transaction."""
log = structlog.get_logger("outbox")


@dataclass(frozen=True)
class Result:
    """What became of one claimed message."""

    row: OutboundRow
    outcome: str  # sent, refused, unknown, later
    platform_ids: tuple[str, ...] = ()
    failure: SendFailed | None = None


class Outbox:
    """Sends what waits, in order for each address, at each platform's pace."""

    def __init__(
        self, writer: Writer, channels: Mapping[str, Channel], make: Make, now: Callable[[], datetime]
    ) -> None:
        self.writer = writer
        self.channels = channels
        self.paces = {name: Pace(channel.abilities) for name, channel in channels.items()}
        self._make = make
        self._now = now
        self._bell = asyncio.Event()
        self._results: list[Result] = []
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self._busy_addresses: dict[int, Any] = {}
        self._step: asyncio.Task[bool] | None = None
        self._is_closing = False

    def ring(self) -> None:
        """Wake the loop: there is something to send or to write down."""
        self._bell.set()

    async def run(self) -> None:
        """Deliver until cancelled; what is under way is awaited by `drain`.

        One step takes all that may leave now; whatever makes more possible rings, or is a matter of time.
        """
        while True:
            self._bell.clear()
            await self.step()
            await self._wait()

    async def _wait(self) -> None:
        # Not wait_for: before Python 3.12 it may swallow a cancellation that comes at the moment of the bell.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(IDLE):
                await self._bell.wait()

    async def step(self) -> bool:
        """Write down what became of earlier claims, claim more, and start sending; say whether anything moved."""
        # A step is never cut off in the middle: what it has claimed by then would neither be sent nor let go.
        self._step = asyncio.create_task(self._take_step())
        return await asyncio.shield(self._step)

    async def _take_step(self) -> bool:
        results, self._results = self._results, []
        now, under_way = self._now(), set(self._under_way)
        try:
            claims = await self.writer.write(
                lambda session: self._settle_and_claim(session, results, under_way, now), OUTBOX
            )
        except Exception:
            self._results = results + self._results  # a message that is known to be sent must not be sent again
            raise
        for row in claims:
            self._start(row, now)
        return bool(results or claims)

    def _settle_and_claim(
        self, session: Session, results: list[Result], under_way: set[int], now: datetime
    ) -> list[OutboundRow]:
        self._settle_all(session, results, now)
        # However far the clock is put ahead, nobody else holds what we are sending ourselves.
        release_expired(session, self._repeats(), now, under_way)
        claimed: list[OutboundRow] = []
        for name, pace in self.paces.items():
            under_way_here = sum(1 for row in self._busy_addresses.values() if row.channel == name)
            room = min(64, pace.room(now, AHEAD)) - under_way_here
            if room > 0 and not self._is_closing:
                busy = [*pace.busy(now + AHEAD), *{row.address_id for row in self._busy_addresses.values()}]
                rows = outbound.claim_outbound(session, [name], busy, now, now + LEASE, room)
                claimed += unsaying.with_ids(session, rows, self.channels[name].abilities.unsay_within, now)
        return claimed

    def _settle_all(self, session: Session, results: list[Result], now: datetime) -> None:
        for result in results:
            settle(session, result, self.channels[result.row.channel].abilities.recognises_repeats, now)

    def _repeats(self) -> set[str]:
        return {name for name, channel in self.channels.items() if channel.abilities.recognises_repeats}

    def _start(self, row: OutboundRow, now: datetime) -> None:
        is_group = row.external_id.startswith("-")
        at = self.paces[row.channel].slot(row.address_id, is_group, now)
        self._busy_addresses[row.id] = row
        task = asyncio.create_task(self._deliver(row, (at - now).total_seconds()))
        self._under_way[row.id] = task

    async def _deliver(self, row: OutboundRow, wait: float) -> None:
        try:
            if wait > 0:
                await asyncio.sleep(wait)
            result = await self._begin(row) or await self.send(row)
            self._heed(result)
            self._results.append(result)
        finally:
            self._under_way.pop(row.id, None)
            self._busy_addresses.pop(row.id, None)
            self.ring()

    async def _begin(self, row: OutboundRow) -> Result | None:
        """Write down that a message is about to leave, where a repeat would be seen: nothing unsent counts as tried."""
        if self.channels[row.channel].abilities.recognises_repeats:
            return None
        try:
            begins = await self.writer.write(lambda s: outbound.begin_outbound(s, row.id, row.fence), OUTBOX)
        except Exception as error:  # the store fails: what cannot be written down is not sent
            log.error("not_begun", outbound=row.id, error=type(error).__name__)
            return Result(row, "later", failure=SendFailed("not_begun", wait=timedelta(seconds=IDLE)))
        # Whoever was asleep longer than its lease leaves the message to the later claim; its report is refused.
        return None if begins else Result(row, "later", failure=SendFailed("taken_over"))

    async def send(self, row: OutboundRow) -> Result:
        """Send one claimed message through its channel, or take one back, and say what became of it."""
        channel, unsays = self.channels[row.channel], unsaying.UNSAY in row.body
        try:
            parcel = None if unsays else await self._parcel(row)
            async with asyncio.timeout(SEND_TIMEOUT):
                ids = await channel.send(parcel) if parcel else await _unsay(channel, row)
            return Result(row, "sent", ids)
        except SendFailed as failure:
            return Result(row, _outcome(failure, unsays), failure.sent, failure)
        except TimeoutError:
            # To take back twice is harmless, so nothing about it is ever unknown.
            outcome = "later" if unsays else "unknown"
            return Result(row, outcome, failure=SendFailed("timeout", is_unknown=True))
        except Exception as error:  # a fault of ours must not stop the others
            log.error("send_failed", outbound=row.id, channel=row.channel, error=type(error).__name__)
            return Result(row, "refused", failure=SendFailed(type(error).__name__))

    async def _parcel(self, row: OutboundRow) -> Parcel:
        body = row.body
        name, content = ("", b"")
        if "form" in body:
            name, content = await asyncio.to_thread(self._make, body["form"])
        buttons = tuple(tuple(Button(b["label"], b["data"]) for b in line) for line in body["buttons"])
        link = Link(**body["link"]) if "link" in body else None
        return Parcel(
            row.external_id, body["html"], body["plain"], buttons, name, content, str(row.id), row.urgency == 0, link
        )

    def _heed(self, result: Result) -> None:
        """Leave alone whom the platform asked to leave alone."""
        failure = result.failure
        if failure is not None and failure.wait is not None:
            until = self._now() + failure.wait
            self.paces[result.row.channel].rest(None if failure.for_all else result.row.address_id, until)

    async def drain(self, within: float) -> None:
        """Claim no more, wait for what is under way, at most so many seconds, and write down what became of it.

        Raise TimeoutError when the store does not let us write.
        """
        self._is_closing = True
        async with asyncio.timeout(within + 1):
            if self._step is not None:
                await asyncio.wait([self._step])
            if self._under_way:
                await asyncio.wait(list(self._under_way.values()), timeout=within)
            results, now = self._results, self._now()
            await self.writer.write(lambda session: self._settle_all(session, results, now), OUTBOX)


async def _unsay(channel: Channel, row: OutboundRow) -> tuple[str, ...]:
    """Take back all that one message became; what the platform will not give back does not hold up the rest."""
    refused: SendFailed | None = None
    for platform_id in row.body[unsaying.UNSAY]:
        try:
            await channel.unsay(row.external_id, platform_id)
        except SendFailed as failure:
            if not failure.is_unfit:
                raise
            refused = failure
    if refused is not None:
        raise refused
    return ()


def _outcome(failure: SendFailed, is_harmless_twice: bool) -> str:
    if failure.is_unknown:
        return "later" if is_harmless_twice else "unknown"
    return "later" if failure.wait is not None or failure.moved_to else "refused"


def settle(session: Session, result: Result, is_repeatable: bool, now: datetime) -> None:
    """Write down one attempt: a delivered message loses its body and keeps its record."""
    row, failure = result.row, result.failure
    values = _next_state(result, _may_repeat(session, row.id, is_repeatable), now)
    if not outbound.settle_outbound(session, row.id, row.fence, values):
        return
    outbound.add_delivery(
        session,
        {
            "outbound_id": row.id, "at": now, "outcome": result.outcome,
            "platform_id": "\n".join(filter(None, result.platform_ids)) or None, "detail": failure.reason if failure else None,
        },
    )  # fmt: skip
    if failure is not None and failure.permanent:
        people.close_address(session, row.address_id, now)
        outbound.fail_waiting(session, row.address_id, now)
    if failure is not None and failure.moved_to:
        people.move_address(session, row.address_id, failure.moved_to)


def _may_repeat(session: Session, id: int, is_repeatable: bool) -> bool:
    """Say whether a message whose outcome is unknown once more may be tried again."""
    return is_repeatable or outbound.count_unknown(session, id) + 1 < UNKNOWN_TRIES


def _next_state(result: Result, may_repeat: bool, now: datetime) -> dict[str, Any]:
    attempts = result.row.attempts + 1
    if result.outcome == "sent":
        return {"state": "sent", "body": None, "done_at": now, "attempts": attempts}
    if result.outcome == "refused":
        return {"state": "failed", "done_at": now, "attempts": attempts}
    wait = result.failure.wait if result.failure else None
    again = {"state": "waiting", "attempts": attempts, "not_before": now + wait if wait else later(now, attempts)}
    if result.outcome == "later":
        return again if attempts < TRIES or wait else {"state": "failed", "done_at": now, "attempts": attempts}
    if may_repeat:
        return again
    return {"state": "unknown", "done_at": now, "attempts": attempts}


def release_expired(session: Session, repeatable: set[str], now: datetime, under_way: Set[int] = frozenset()) -> None:
    """Open claims that grew old again.

    What had not begun to leave is as good as new. Of the rest nobody knows whether it was sent: once more at most.
    """
    for id, channel, attempts, fence in outbound.expired_claims(session, now):
        if id in under_way:
            continue
        if channel not in repeatable and attempts == outbound.count_deliveries(session, id):
            outbound.settle_outbound(session, id, fence, {"state": "waiting"})
        else:
            _release_unknown(session, id, fence, _may_repeat(session, id, channel in repeatable), now)


def _release_unknown(session: Session, id: int, fence: int, goes_on: bool, now: datetime) -> None:
    row = {"outbound_id": id, "at": now, "outcome": "unknown", "detail": "lease_ran_out"}
    outbound.add_delivery(session, row)
    values: dict[str, Any] = {"state": "waiting"} if goes_on else {"state": "unknown", "done_at": now}
    outbound.settle_outbound(session, id, fence, values | {"attempts": outbound.count_deliveries(session, id)})
