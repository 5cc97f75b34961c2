"""The long connection to WeCom's AI bot: it comes back for ever, and stays away only when it was replaced."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakValueDictionary
from zoneinfo import ZoneInfo

import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.protocol import State

from bot.channels import Health
from bot.channels.wecom_errors import BUSY, Declined, NoAnswer
from bot.channels.wecom_frames import PING, REPLACED, SUBSCRIBE, BadFrame, Frame, new_req_id, read, write

log = structlog.get_logger("wecom")

LARGEST = 4 << 20  # bytes of one frame
MISSES = 2  # unanswered pings in a row that mean a dead line (wecom.work's own SDK counts likewise)
QUIET_HOUR = 4  # local; half-dead lines are reported that only a new connection wakes
ALERTS = ("alert__bot_replaced", "alert__bot_refused")


@dataclass(frozen=True)
class Beats:
    """How long things take, in seconds."""

    ping: float = 30.0  # between two pings, and how long one may stay unanswered: so 90 s of silence end a line
    ack: float = 5.0  # for WeCom to acknowledge a frame
    opening: float = 15.0  # for the line to open
    closing: float = 2.0
    first: float = 1.0  # the first pause before coming back, doubled at each failure
    longest: float = 60.0
    refused: tuple[float, float] = (300.0, 900.0)  # between two tries with credentials that were refused


USUAL = Beats()


class Lost(Exception):
    """The line is gone; `reason` is counted."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Refused(Exception):
    """WeCom does not take our credentials, or the long connection is switched off."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


class Replaced(Exception):
    """Somebody else opened a connection of this bot; coming back would begin an endless quarrel."""


class Renewal(Exception):
    """It is the quiet hour: a fresh line is better than one that may be half dead."""


async def opened(url: str, beats: Beats = USUAL, **connect_kwargs: Any) -> ClientConnection:
    """Open a line; raise Lost."""
    try:
        # The library's own pings keep middle boxes awake; only ours decide whether the line lives.
        return await connect(
            url, max_size=LARGEST, open_timeout=beats.opening, close_timeout=beats.closing, ping_interval=20,
            ping_timeout=None, **connect_kwargs,
        )  # fmt: skip
    except (OSError, WebSocketException, TimeoutError, EOFError):
        raise Lost("unreachable") from None


class Socket:
    """One owner's connection of one bot: connect, subscribe, live, and whatever ends that, again."""

    def __init__(
        self,
        url: str,
        bot_id: str,
        secret: str,
        *,
        take: Callable[[Frame], None],
        on_health: Health,
        now: Callable[[], datetime],
        zone: str = "Asia/Shanghai",
        beats: Beats = USUAL,
        connect_kwargs: dict[str, Any] | None = None,
    ) -> None:
        """Prepare; `take` hears every callback, in order, and must not wait."""
        for name in ("websockets", "websockets.client"):  # at its debug level the library logs whole frames
            logging.getLogger(name).setLevel(logging.WARNING)
        self.health = on_health
        self.beats = beats
        self.state = "closed"  # closed, live, refused, replaced
        self._url = url
        self._who = {"bot_id": bot_id, "secret": secret}
        self._take = take
        self._now = now
        self._zone = ZoneInfo(zone)
        self._connect_kwargs = connect_kwargs or {}
        self._line: ClientConnection | None = None
        self._pending: dict[str, asyncio.Future[Frame]] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._failures = 0

    # Its life

    async def run(self) -> None:
        """Live until cancelled."""
        while True:
            try:
                await self._one_life()
            except Renewal:
                log.info("wecom_bot_renews")
            except Replaced:
                self._note_trouble("replaced", "alert__bot_replaced")
                self.state = "replaced"
                await asyncio.Event().wait()
            except Refused as error:
                self._note_trouble(f"bot_refused_{error.code}", "alert__bot_refused", code=error.code)
                self.state = "refused"
                await asyncio.sleep(random.uniform(*self.beats.refused))
            except Lost as error:
                self._note_trouble(error.reason)
                await asyncio.sleep(self._pause())

    def _pause(self) -> float:
        """Give the next pause: doubling, with jitter, never below the first and never above the longest."""
        longest = min(self.beats.longest, self.beats.first * 2 ** min(self._failures, 10))
        self._failures += 1
        return random.uniform(self.beats.first, max(self.beats.first, longest))

    async def _one_life(self) -> None:
        """Connect, subscribe and live; always ends by raising."""
        line = await opened(self._url, self.beats, **self._connect_kwargs)
        self._line = line
        tasks = [asyncio.create_task(self._read(line)), asyncio.create_task(self._live())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            next(task for task in tasks if task.done()).result()
        finally:
            self.state = "closed"
            self._line = None
            self._fail_pending()
            await self._left(line, tasks)

    async def _left(self, line: ClientConnection, tasks: "list[asyncio.Task[None]]") -> None:
        for task in tasks:
            task.cancel()
        try:
            await asyncio.gather(*tasks, return_exceptions=True)
            with contextlib.suppress(TimeoutError, WebSocketException, OSError):
                # Not wait_for: before Python 3.12 it may swallow the word that we are to end.
                async with asyncio.timeout(self.beats.closing + 1):
                    await line.close()
        finally:
            line.transport.abort()

    async def _live(self) -> None:
        await self._subscribe()
        renew_at = renewal_after(self._now(), self._zone, random.randrange(60))
        missed = 0
        while True:
            try:
                await self.ask(PING, within=self.beats.ping)
            except NoAnswer:
                missed += 1
                if missed >= MISSES:
                    raise Lost("no_pong") from None
                continue
            except Declined:
                raise Lost("ping_declined") from None
            missed = 0
            self._note_good()
            if self._now() >= renew_at and not self._pending:
                raise Renewal
            await asyncio.sleep(self.beats.ping)
            self._failures = 0  # it has lived for a while: the next pause is short again

    async def _subscribe(self) -> None:
        try:
            await self.ask(SUBSCRIBE, self._who, within=self.beats.opening)
        except NoAnswer:
            raise Lost("not_subscribed") from None
        except Declined as error:
            raise (Lost("busy") if error.code in BUSY else Refused(error.code)) from None
        self.state = "live"
        self._note_good()

    async def _read(self, line: ClientConnection) -> None:
        """Take what comes until the line ends; nothing that comes can end us."""
        while True:
            try:
                raw = await line.recv()
            except ConnectionClosed as error:
                raise Lost(f"closed_{error.rcvd.code if error.rcvd else 1006}") from None
            try:
                frame = read(raw)
            except BadFrame as error:
                self._count(f"frame_{error.reason}")
                continue
            self._sort(frame)

    def _sort(self, frame: Frame) -> None:
        if frame.event == REPLACED:
            raise Replaced
        if frame.is_callback:
            self._take(frame)
        elif frame.cmd:
            self._count("frame_unknown")
        elif (answer := self._pending.get(frame.req_id)) is not None and not answer.done():
            answer.set_result(frame)
        else:
            self._count("frame_stray")  # repeated, or later than anybody waits for

    # Asking

    async def ask(
        self, cmd: str, body: dict[str, Any] | None = None, req_id: str = "", within: float | None = None
    ) -> dict[str, Any]:
        """Send one frame and give what its acknowledgement brings; raise Declined or NoAnswer.

        Frames of one req_id go one after the other, for only by it is an acknowledgement known.
        """
        name = req_id or new_req_id(cmd)
        async with self._turns.setdefault(name, asyncio.Lock()):
            answer = await self._answered(cmd, name, body, self.beats.ack if within is None else within)
        if answer.code != 0:
            raise Declined(answer.code or 0)
        return answer.body

    async def _answered(self, cmd: str, req_id: str, body: dict[str, Any] | None, within: float) -> Frame:
        line = self._line
        is_open = line is not None and line.state is State.OPEN and (self.state == "live" or cmd == SUBSCRIBE)
        if line is None or not is_open:
            raise NoAnswer(never_left=True)
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._pending[req_id] = answer
        try:
            async with asyncio.timeout(within):
                await line.send(write(cmd, req_id, body))
                return await answer
        except (TimeoutError, ConnectionClosed):
            raise NoAnswer from None
        finally:
            del self._pending[req_id]

    def _fail_pending(self) -> None:
        for answer in self._pending.values():
            if not answer.done():
                answer.set_exception(NoAnswer())

    # Health

    def _note_good(self) -> None:
        self.health.last_good_poll = self._now()
        for alert in ALERTS:
            self.health.notices.pop(alert, None)
        if self.health.trouble is not None:
            log.info("wecom_bot_recovered", trouble=self.health.trouble)
        self.health.trouble = None
        self.health.is_down = False

    def _note_trouble(self, trouble: str, alert: str = "", **facts: Any) -> None:
        """Note what is wrong, and say it once; what only the office can mend is also told in chat."""
        if trouble != self.health.trouble:
            log.warning("wecom_bot_trouble", trouble=trouble)
        self.health.trouble = trouble
        self._count(trouble)
        if alert:
            self.health.notices[alert] = facts
            self.health.is_down = True

    def _count(self, what: str) -> None:
        self.health.counts[what] = self.health.counts.get(what, 0) + 1


def renewal_after(now: datetime, zone: ZoneInfo, minute: int) -> datetime:
    """Give the next quiet minute (04:xx local) that is an hour away at least, so that no renewal follows a renewal."""
    local = now.astimezone(zone)
    at = local.replace(hour=QUIET_HOUR, minute=minute, second=0, microsecond=0)
    return at if at - local > timedelta(hours=1) else at + timedelta(days=1)
