"""The demo's play: three people of a made-up school, and a clock that can be put forward."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from bot.clock import MovableClock
from bot.planning import Waiting, plan_for, waits_of
from bot.school import school_clock
from bot.writer import TICKS, Writer
from models import Person
from models.actions import own_record
from models.chat_lines import person_of_chat
from models.digests import last_weekly, looks_after_anyone
from models.people import roles_of
from models.rules.cadence import weekly_at
from models.rules.calendar import Calendar
from models.rules.digests import DIGEST_AT, next_moment, window_due
from models.rules.wall_time import instant, local_day, same_time_later

PHONES = {"teacher": "demo-teacher", "mentor": "demo-mentor", "leader": "demo-leader"}
FRIDAY = 4
FARTHEST = timedelta(days=400)  # how far one move may put the clock forward
STEPS_AT_MOST = 200  # contacts on the way of one move


@dataclass(frozen=True)
class Wait:
    """One thing the bot would like to say: when it may, and what it waits for until then."""

    kind: str
    at: datetime | None  # None: as things stand, never
    reason: str  # a code of models.rules.contact.Reason, or "now"
    name: str = ""  # of the holiday or the exam that it waits for


@dataclass(frozen=True)
class Part:
    """One person of the play, as the quiet panel shows her."""

    phone: str
    person: Person
    roles: tuple[str, ...]
    waiting: tuple[Wait, ...]


@dataclass(frozen=True)
class Scene:
    """What the page shows beside the chats."""

    now: datetime
    parts: tuple[Part, ...]
    rows: int  # rows in the teacher's record form
    calendar: Calendar  # the school's


class Play:
    """The three phones, the clock and the panel.

    `settle` makes the digests that are due, says everything that is due at the clock's present instant and returns
    when it was delivered. The rest of the bot knows nothing of the play.
    """

    def __init__(
        self,
        writer: Writer,
        clock: MovableClock,
        settle: Callable[[], Awaitable[None]],
    ) -> None:
        self._writer = writer
        self._clock = clock
        self._settle = settle
        self._moving = asyncio.Lock()

    async def scene(self) -> Scene:
        """Read what the page shows beside the chats."""
        now = self._clock.now()
        return await self._writer.read(lambda session: self._scene(session, now))

    async def set_language(self, language: str) -> None:
        """Let all three read another language from now on."""

        def change(session: Session) -> None:
            for person in _people(session).values():
                person.language = language

        await self._writer.write(change, TICKS)

    async def move_clock(self, to: str) -> bool:
        """Put the clock forward to "next", "tomorrow", "friday" or an ISO instant, saying all that is due on the way.

        Return False when nothing waits to be said next. Raise ValueError for what is no instant ahead.
        """
        async with self._moving:
            target = await self._target(to)
            if target is None:
                return False
            await self._walk(target)
            return True

    async def _target(self, to: str) -> datetime | None:
        now = self._clock.now()
        if to == "next":
            return await self._next(to_speak=True)
        zone = (await self._writer.read(_people))["teacher"].zone
        if to == "tomorrow":
            return same_time_later(now, 1, zone)
        if to == "friday":
            return weekly_at(FRIDAY, DIGEST_AT, zone, now)
        return _ahead(to, now, zone)

    async def _walk(self, target: datetime) -> None:
        # Every contact on the way happens at its own hour, so that the chats tell the days as they would have been.
        for _ in range(STEPS_AT_MOST):
            moment = await self._next(to_speak=False)
            if moment is None or moment > target:
                break
            self._clock.move_to(moment)
            await self._settle()
        self._clock.move_to(target)
        await self._settle()

    async def _next(self, to_speak: bool) -> datetime | None:
        """Find the next instant at which something is said to one of the three, or also dropped unsaid."""
        now = self._clock.now()

        def read(session: Session) -> datetime | None:
            people = _people(session).values()
            plans = [plan_for(session, person, now) for person in people]
            moments = [plan.at if to_speak else plan.next_contact_at for plan in plans]
            return min((at for at in [*moments, *(_digest_at(session, p, now) for p in people)] if at), default=None)

        return await self._writer.read(read)

    def _scene(self, session: Session, now: datetime) -> Scene:
        people = _people(session)
        parts = [self._part(session, phone, person, now) for phone, person in people.items()]
        rows = len(own_record(session, people["teacher"].id))
        return Scene(now, tuple(parts), rows, school_clock(session).calendar)

    def _part(self, session: Session, phone: str, person: Person, now: datetime) -> Part:
        waiting = [_wait(one) for one in waits_of(session, person, now)]
        if digest_at := _digest_at(session, person, now):
            waiting.append(Wait("digest", digest_at, "not_due"))
        return Part(phone, person, tuple(sorted(roles_of(session, person.id))), tuple(waiting))


def _people(session: Session) -> dict[str, Person]:
    found = {phone: person_of_chat(session, chat) for phone, chat in PHONES.items()}
    return {phone: person for phone, person in found.items() if person is not None}


def _digest_at(session: Session, person: Person, now: datetime) -> datetime | None:
    """Tell when the coming digest of somebody who looks after colleagues is made; it has no prompt before."""
    days = school_clock(session).calendar
    moment = next_moment(now, person.digest_day, person.zone, days)
    last = last_weekly(session, person.id)
    until = last.until if last else None
    is_due = window_due(moment, person.digest_day, person.digest_every, person.zone, until, days) is not None
    return moment if is_due and looks_after_anyone(session, person.id, local_day(now, person.zone)) else None


def _wait(waiting: Waiting) -> Wait:
    reason = waiting.chance.main_reason
    code, name = (reason.code, reason.name) if reason else ("now", "")
    return Wait(waiting.prompt.kind, waiting.chance.at, code, name)


def _ahead(text: str, now: datetime, zone: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = instant(moment.date(), moment.time(), zone)
    if not now < moment <= now + FARTHEST:
        raise ValueError("not ahead")
    return moment
