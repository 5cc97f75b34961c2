"""Plan one contact: when the bot may next speak to a person of its own accord, and what it says together.

A message waits until nothing speaks against it. Each thing that can speak against it is a small function
that answers with a Reason (what, and until when); each manner of message lists the ones that concern it.

Choices made here:

- A rest day is a rest day. A teacher may choose Sunday among her weekdays, but what the bot has to say on an
  ordinary day still waits for a school day; only an agreed appointment may fall on a Sunday.
- A pause is a short "do not contact me", so an agreed appointment is reminded of in either case; an absence
  silences it too, for then she is not at school.
- A message is worth sending before `expires_at`, not at it.
- The card that merges several things costs the weekly budget once, if anything ordinary is in it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from uuid import UUID

from models.rules.calendar import WEEKDAYS, SchoolDays, next_school_day
from models.rules.wall_time import MIDNIGHT, instant, local_day

ORDINARY = "ordinary"  # her hours, her weekdays, school days, the weekly budget
PERSONAL = "personal"  # a colleague's reply: as ordinary, but outside the budget
APPOINTMENT = "appointment"  # what she agreed to: any day, by daylight
DIGEST = "digest"  # a supervisor's weekly page: school days, by daylight, outside the budget

# Nobody's phone sounds for an appointment or a digest before or after these local times.
DAY_BEGINS = time(6, 30)
DAY_ENDS = time(22, 0)

ONE_DAY = timedelta(days=1)
ONE_WEEK = timedelta(days=7)

# About a year of rest days and unchosen weekdays by turns; beyond that nothing will be said as things stand.
OBSTACLES_AT_MOST = 120


@dataclass(frozen=True)
class Habits:
    """When a person wants to hear from the bot; raises ValueError for hours that end before they start."""

    zone: str = "Asia/Shanghai"  # IANA name
    weekdays: frozenset[int] = frozenset({0, 1, 2, 3, 4})  # 0 = Monday
    start: time = time(16, 30)  # local wall time
    end: time = time(21, 0)  # exclusive; never past midnight
    weekly_budget: int = 3  # bot-started messages per ISO week, Monday to Sunday by her clock
    may_contact: bool = True  # False: "do not contact me"
    paused_until: datetime | None = None  # aware UTC
    away: tuple[tuple[date, date], ...] = ()  # absences, first and last local day
    reachable: bool = True  # False: she blocked the bot, or has no open address

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError(f"contact hours end at {self.end} but start at {self.start}")


@dataclass(frozen=True)
class Due:
    """One thing the bot would like to say."""

    id: UUID
    kind: str
    due_at: datetime  # aware UTC
    expires_at: datetime | None = None  # from this instant on it is not worth sending
    manner: str = ORDINARY


@dataclass(frozen=True)
class Reason:
    """What speaks against a message, and until when; until None: as long as things stay as they are."""

    # not_due, unreachable, do_not_contact, paused, away, budget, rest_day, quiet_hours
    code: str
    until: datetime | None


@dataclass(frozen=True)
class Chance:
    """The first instant at which one message may be said, and all that made it wait until then."""

    at: datetime | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Plan:
    """The next contact with one person."""

    at: datetime | None  # earliest instant >= now to speak; None: nothing will be said as things stand
    together: tuple[UUID, ...]  # what goes into one card at that instant
    too_late: tuple[UUID, ...]  # expired at now: drop with the reason
    reasons: tuple[Reason, ...]  # why not now, in the order in which they end
    look_again: datetime | None  # when the next message expires unsaid, so that its row is looked at

    @property
    def next_contact_at(self) -> datetime | None:
        """Return when to plan again: to speak or to drop, whichever comes first."""
        return min((moment for moment in (self.at, self.look_again) if moment), default=None)


@dataclass(frozen=True)
class Moment:
    """One instant as it looks from a person's desk."""

    at: datetime
    habits: Habits
    spoken: Sequence[datetime]
    days: SchoolDays

    @cached_property
    def day(self) -> date:
        """Return the local day."""
        return local_day(self.at, self.habits.zone)

    def shown(self, at: time) -> datetime:
        """Return the instant of today's local time."""
        return instant(self.day, at, self.habits.zone)

    def dawn_of(self, day: date) -> datetime:
        """Return the local midnight at which a day begins."""
        return instant(day, MIDNIGHT, self.habits.zone)


def plan(
    waiting: Sequence[Due],
    habits: Habits,
    spoken: Sequence[datetime],
    now: datetime,
    days: SchoolDays = WEEKDAYS,
) -> Plan:
    """Return when to speak next, what to merge, and what has become too late.

    `spoken` are the instants of this person's recent messages that counted towards the budget.
    What is due soon is not pulled forward: only what may be said at the chosen instant goes along.
    """
    ordered = sorted(waiting, key=lambda due: (due.due_at, due.id))
    alive = [due for due in ordered if not _is_expired(due, now)]
    chances = {due.id: first_chance(due, habits, spoken, now, days) for due in alive}
    in_vain = {due.id for due in alive if _comes_too_late(due, chances[due.id])}
    at = min((chance.at for id, chance in chances.items() if chance.at and id not in in_vain), default=None)
    together = tuple(due.id for due in alive if at and due.id not in in_vain and chances[due.id].at == at)
    leading = [*together, *chances]  # with nothing to say, explain what has waited longest
    return Plan(
        at=at,
        together=together,
        too_late=tuple(due.id for due in ordered if _is_expired(due, now)),
        reasons=chances[leading[0]].reasons if leading else (),
        look_again=min((due.expires_at for due in alive if due.id in in_vain and due.expires_at), default=None),
    )


def first_chance(
    due: Due,
    habits: Habits,
    spoken: Sequence[datetime],
    now: datetime,
    days: SchoolDays = WEEKDAYS,
) -> Chance:
    """Return the first instant from now on at which one message may be said, whether or not it expires before.

    Asked with `now=due.due_at`, it answers why a message was not said when it was due.
    """
    reasons = [Reason("not_due", due.due_at)] if due.due_at > now else []
    moment = Moment(max(now, due.due_at), habits, spoken, days)
    for _ in range(OBSTACLES_AT_MOST):
        obstacle = _obstacle(due.manner, moment)
        if obstacle is None:
            return Chance(moment.at, tuple(reasons))
        reasons = _noted(reasons, obstacle)
        if obstacle.until is None:
            return Chance(None, tuple(reasons))
        moment = replace(moment, at=obstacle.until)
    return Chance(None, (*reasons[:-1], Reason(reasons[-1].code, None)))


def _is_expired(due: Due, now: datetime) -> bool:
    return due.expires_at is not None and due.expires_at <= now


def _comes_too_late(due: Due, chance: Chance) -> bool:
    # A message that may never be said still expires, and its row must be looked at then.
    return due.expires_at is not None and (chance.at is None or due.expires_at <= chance.at)


def _noted(reasons: list[Reason], obstacle: Reason) -> list[Reason]:
    # Each cause is told once, with its last end: not "quiet, weekend, quiet" but "weekend, then quiet until 16:30".
    return [*(reason for reason in reasons if reason.code != obstacle.code), obstacle]


def _obstacle(manner: str, moment: Moment) -> Reason | None:
    return next((reason for ask in OBSTACLES[manner] if (reason := ask(moment))), None)


def _unreachable(moment: Moment) -> Reason | None:
    return None if moment.habits.reachable else Reason("unreachable", None)


def _do_not_contact(moment: Moment) -> Reason | None:
    return None if moment.habits.may_contact else Reason("do_not_contact", None)


def _paused(moment: Moment) -> Reason | None:
    until = moment.habits.paused_until
    return Reason("paused", until) if until and moment.at < until else None


def _away(moment: Moment) -> Reason | None:
    last = max((last for first, last in moment.habits.away if first <= moment.day <= last), default=None)
    return Reason("away", moment.dawn_of(last + ONE_DAY)) if last else None


def _budget(moment: Moment) -> Reason | None:
    if moment.habits.weekly_budget <= 0:
        return Reason("budget", None)
    monday = moment.day - timedelta(days=moment.day.weekday())
    said = sum(monday <= local_day(at, moment.habits.zone) < monday + ONE_WEEK for at in moment.spoken)
    return None if said < moment.habits.weekly_budget else Reason("budget", moment.dawn_of(monday + ONE_WEEK))


def _rest_day(moment: Moment) -> Reason | None:
    if moment.days(moment.day):
        return None
    opens = next_school_day(moment.day, moment.days)
    return Reason("rest_day", moment.dawn_of(opens) if opens else None)


def _not_her_hours(moment: Moment) -> Reason | None:
    # A weekday she did not choose is quiet from midnight to midnight.
    week = [moment.day + timedelta(days=ahead) for ahead in range(7)]
    chosen = next((day for day in week if day.weekday() in moment.habits.weekdays), None)
    if chosen == moment.day:
        return _outside(moment, moment.habits.start, moment.habits.end)
    return Reason("quiet_hours", moment.dawn_of(chosen) if chosen else None)


def _night(moment: Moment) -> Reason | None:
    return _outside(moment, DAY_BEGINS, DAY_ENDS)


def _outside(moment: Moment, start: time, end: time) -> Reason | None:
    if moment.at < moment.shown(start):
        return Reason("quiet_hours", moment.shown(start))
    return Reason("quiet_hours", moment.dawn_of(moment.day + ONE_DAY)) if moment.at >= moment.shown(end) else None


# What concerns each manner of message, in the order in which it is told.
OBSTACLES: dict[str, tuple[Callable[[Moment], Reason | None], ...]] = {
    ORDINARY: (_unreachable, _do_not_contact, _paused, _away, _budget, _rest_day, _not_her_hours),
    PERSONAL: (_unreachable, _do_not_contact, _paused, _away, _rest_day, _not_her_hours),
    APPOINTMENT: (_unreachable, _away, _night),
    DIGEST: (_unreachable, _do_not_contact, _paused, _away, _rest_day, _night),
}
