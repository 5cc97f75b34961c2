"""Plan one contact: when the bot may next speak to a person of its own accord, and what it says together.

A message waits until nothing speaks against it. Each thing that can speak against it is a small function
that answers with a Reason (what, and until when); each manner of message lists the ones that concern it.

Choices made here:

- A rest day is a rest day, whether a weekend, a holiday, a vacation, a day the school closed or a doubtful one near a
  feast. A teacher may choose Sunday among her weekdays, but what the bot has to say on an ordinary day still waits for
  a school day; only an agreed appointment may fall on a Sunday.
- A make-up Saturday is a school day, but hers only if she chose Saturdays: "Monday to Friday" is a promise.
- The closed half of a school day is quiet for whatever a rest day is quiet for: a closed morning until noon, a closed
  afternoon until midnight, for who was sent home at noon has her evening.
- Exam days hold back what is ordinary. A colleague's words, an appointment and the digest pass: the first two are
  between people, and the digest is a page to open when there is time.
- What fell due in a vacation is said when her hours begin on the first school day, on one card; what does not fit into
  that week's budget follows in the next one.
- A pause is a short "do not contact me", so an agreed appointment is reminded of in either case; an absence
  silences it too, for then she is not at school.
- A subject that she switched off waits as long as it is off; what does not grow old until then is said afterwards.
- Cards left without a word slow the ordinary ones down (see `silence`); colleagues' words still come.
- A message is worth sending before `expires_at`, not at it.
- The card that merges several things costs the weekly budget once, if anything ordinary is in it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from uuid import UUID

from models.rules import silence
from models.rules.calendar import LONGEST_BREAK, MORNING, NOON, VACATION, WEEKDAYS, Calendar, DayView, half_of
from models.rules.subjects import is_switched_off
from models.rules.wall_time import MIDNIGHT, instant, local_day, local_time

ORDINARY = "ordinary"  # her hours, her weekdays, school days, the weekly budget
PERSONAL = "personal"  # a colleague's reply: as ordinary, but outside the budget
APPOINTMENT = "appointment"  # what she agreed to: any day, by daylight
DIGEST = "digest"  # a supervisor's weekly page: school days, by daylight, outside the budget
LAST_QUESTION = "last_question"  # whether to be quiet from now on: as ordinary, when nothing ordinary is said any more
UNSAID = "unsaid"  # something to do, not to say, such as putting an action away: at any hour, though not in her absence
MANNERS = (ORDINARY, PERSONAL, APPOINTMENT, DIGEST, LAST_QUESTION, UNSAID)

# Nobody's phone sounds for an appointment or a digest before or after these local times.
DAY_BEGINS = time(6, 30)
DAY_ENDS = time(22, 0)

ONE_DAY = timedelta(days=1)
ONE_WEEK = timedelta(days=7)
A_WEEK_AND_MORE = timedelta(days=9)  # longer than any local week, whatever the clocks do in it

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
    heard_at: datetime | None = None  # aware UTC, her last word or tap; None: her silence is not judged
    quiet_about: frozenset[str] = frozenset()  # subjects that she switched off; see models.rules.subjects

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

    # not_due, switched_off, unreachable, do_not_contact, paused, away, silent, held_back, budget, quiet_hours, exam;
    # of a rest day what it is: weekend, holiday, closed, vacation, doubtful; of half a day morning_off, afternoon_off
    code: str
    until: datetime | None
    name: str = ""  # of the holiday, the exam, or what the school calls the day


@dataclass(frozen=True)
class Chance:
    """The first instant at which one message may be said, and all that made it wait until then."""

    at: datetime | None
    reasons: tuple[Reason, ...]

    @property
    def main_reason(self) -> Reason | None:
        """Return the cause worth naming when only one is named: the last that is more than the hour of the day."""
        told = [one for one in self.reasons if one.code not in ("not_due", "quiet_hours")] or list(self.reasons)
        return told[-1] if told else None


@dataclass(frozen=True)
class Plan:
    """The next contact with one person."""

    at: datetime | None  # earliest instant >= now to speak; None: nothing will be said as things stand
    together: tuple[UUID, ...]  # what goes into one card at that instant
    too_late: tuple[UUID, ...]  # expired at now: drop with the reason
    reasons: tuple[Reason, ...]  # why not now, in the order in which they end
    look_again: datetime | None  # when the next message expires unsaid, so that its row is looked at
    chances: Mapping[UUID, Chance] = field(default_factory=dict)  # of each that waits and is not too late

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
    days: Calendar

    @cached_property
    def day(self) -> date:
        """Return the local day."""
        return local_day(self.at, self.habits.zone)

    @property
    def half(self) -> str:
        """Name the half of the local day."""
        return half_of(local_time(self.at, self.habits.zone))

    @cached_property
    def view(self) -> DayView:
        """Return what the local day is at school."""
        return self.days.look(self.day)

    @cached_property
    def next_week(self) -> date:
        """Return the Monday after the local day."""
        return self.day + timedelta(days=7 - self.day.weekday())

    @cached_property
    def said_this_week(self) -> int:
        """Count the cards of the local week, from Monday to Sunday."""
        monday = self.next_week - ONE_WEEK
        lately = (at for at in self.spoken if self.at - at < A_WEEK_AND_MORE)
        return sum(monday <= local_day(at, self.habits.zone) < self.next_week for at in lately)

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
    days: Calendar = WEEKDAYS,
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
        chances=chances,
    )


def first_chance(
    due: Due,
    habits: Habits,
    spoken: Sequence[datetime],
    now: datetime,
    days: Calendar = WEEKDAYS,
) -> Chance:
    """Return the first instant from now on at which one message may be said, whether or not it expires before.

    Asked with `now=due.due_at`, it answers why a message was not said when it was due.
    """
    if is_switched_off(due.kind, habits.quiet_about):
        return Chance(None, (Reason("switched_off", None),))
    reasons = [Reason("not_due", due.due_at)] if due.due_at > now else []
    moment = Moment(max(now, due.due_at), habits, spoken, days)
    for _ in range(OBSTACLES_AT_MOST):
        obstacle = _obstacle(due.manner, moment)
        if obstacle is None:
            return Chance(moment.at, tuple(reasons))
        reasons = told_once([*reasons, obstacle])
        if obstacle.until is None:
            return Chance(None, tuple(reasons))
        moment = replace(moment, at=obstacle.until)
    return Chance(None, (*reasons[:-1], replace(reasons[-1], until=None)))


def _is_expired(due: Due, now: datetime) -> bool:
    return due.expires_at is not None and due.expires_at <= now


def _comes_too_late(due: Due, chance: Chance) -> bool:
    # A message that may never be said still expires, and its row must be looked at then.
    return due.expires_at is not None and (chance.at is None or due.expires_at <= chance.at)


def told_once(reasons: Iterable[Reason]) -> list[Reason]:
    """Tell each cause once, with its last end: not "quiet, weekend, quiet" but "weekend, then quiet until 16:30"."""
    told: dict[tuple[str, str], Reason] = {}
    for reason in reasons:
        told.pop((reason.code, reason.name), None)
        told[reason.code, reason.name] = reason
    return list(told.values())


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


def _silent(moment: Moment) -> Reason | None:
    left = silence.unanswered(moment.spoken, moment.habits.heard_at)
    return Reason("silent", None) if len(left) >= silence.ASKS_AT else None


def _held_back(moment: Moment) -> Reason | None:
    habits = moment.habits
    left = silence.unanswered(moment.spoken, habits.heard_at)
    if len(left) < silence.HOLDS_BACK_AT or moment.said_this_week < silence.WHEN_HOLDING_BACK:
        return None
    # The third is the one that decides, for they count in the order in which they were said.
    third = left[silence.HOLDS_BACK_AT - 1]
    if silence.counts_from(third, habits.zone, moment.days, habits.away) > moment.at:
        return None
    return Reason("held_back", moment.dawn_of(moment.next_week))


def _budget(moment: Moment) -> Reason | None:
    if moment.habits.weekly_budget <= 0:
        return Reason("budget", None)
    is_left = moment.said_this_week < moment.habits.weekly_budget
    return None if is_left else Reason("budget", moment.dawn_of(moment.next_week))


def _rest_day(moment: Moment) -> Reason | None:
    view = moment.view
    return None if view.is_school else Reason(view.why, _end_of_stretch(moment), _named(view))


def _closed_half(moment: Moment) -> Reason | None:
    closed = moment.view.closed
    if not closed or closed != moment.half:
        return None
    occasion = "" if moment.view.is_exam else moment.view.name
    if closed == MORNING:
        return Reason("morning_off", moment.shown(NOON), occasion)
    return Reason("afternoon_off", moment.dawn_of(moment.day + ONE_DAY), occasion)


def _exam(moment: Moment) -> Reason | None:
    is_quiet = moment.view.is_exam and moment.days.is_quiet_in_exams
    return Reason("exam", _end_of_stretch(moment), moment.view.name) if is_quiet else None


def _end_of_stretch(moment: Moment) -> datetime | None:
    # Days in a row that are alike are one cause; a break of more than a year has no end that is worth naming.
    alike = _kind(moment.view)
    days = (moment.day + timedelta(days=ahead) for ahead in range(1, LONGEST_BREAK + 1))
    opens = next((day for day in days if _kind(moment.days.look(day)) != alike), None)
    return moment.dawn_of(opens) if opens else None


def _kind(view: DayView) -> tuple[str, str, bool]:
    return view.why, _named(view), view.is_exam


def _named(view: DayView) -> str:
    return "" if view.why == VACATION else view.name  # a feast within a vacation is part of it


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
_REACH = (_unreachable, _do_not_contact, _paused, _away)
OBSTACLES: dict[str, tuple[Callable[[Moment], Reason | None], ...]] = {
    ORDINARY: (*_REACH, _silent, _held_back, _budget, _rest_day, _closed_half, _exam, _not_her_hours),
    LAST_QUESTION: (*_REACH, _held_back, _budget, _rest_day, _closed_half, _exam, _not_her_hours),
    PERSONAL: (*_REACH, _rest_day, _closed_half, _not_her_hours),
    APPOINTMENT: (_unreachable, _away, _night),
    DIGEST: (*_REACH, _rest_day, _closed_half, _night),
    UNSAID: (_away,),
}
