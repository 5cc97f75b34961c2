"""When a weekly digest is due, what of it may be counted, and how a wish about its rhythm is read."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from models.rules.cadence import weekly_at
from models.rules.calendar import LONGEST_BREAK, WEEKDAYS, SchoolDays
from models.rules.wall_time import instant, local_day

DIGEST_AT = time(16, 30)  # Friday's last lesson is over and nobody has left yet
ONE_WEEK = timedelta(days=7)
# A digest moved to an earlier weekday may come this much sooner than its rhythm says.
PLAY = timedelta(days=3)
COUNTED_FROM = 5  # people; in a smaller circle a number would tell who has shared nothing
SHOWN = 5  # items named in one digest
LOOK_BACK = timedelta(days=28)  # what is older than this no longer waits for anybody
SETTLED = timedelta(days=6)  # a digest younger than this may still be opened
UNREAD_FOR = timedelta(days=32)  # the last three weekly digests before the one just made, and a little for late ones
OFF = 0  # weeks: no digest


@dataclass(frozen=True)
class Window:
    """The stretch of time one digest covers: after `since`, up to `until`; both aware UTC."""

    since: datetime
    until: datetime


def moment_in_week(day: date, weekday: int, zone: str, days: SchoolDays = WEEKDAYS) -> datetime | None:
    """Return the digest moment of the week of a day: on the chosen weekday (0 = Monday), or the last school day before.

    A week without a school day until then has no digest; what was shared in it comes with the next.
    """
    monday = day - timedelta(days=day.weekday())
    found = next((one for back in range(weekday, -1, -1) if days(one := monday + timedelta(days=back))), None)
    return instant(found, DIGEST_AT, zone) if found else None


def last_moment(now: datetime, weekday: int, zone: str, days: SchoolDays = WEEKDAYS) -> datetime:
    """Return the latest digest moment that is not after `now`; in a break without end the latest such weekday."""
    today = local_day(now, zone)
    for back in range(LONGEST_BREAK // 7):
        moment = moment_in_week(today - back * ONE_WEEK, weekday, zone, days)
        if moment is not None and moment <= now:
            return moment
    return weekly_at(weekday, DIGEST_AT, zone, now - ONE_WEEK)


def next_moment(now: datetime, weekday: int, zone: str, days: SchoolDays = WEEKDAYS) -> datetime:
    """Return the first digest moment after `now`; in a break without end the first such weekday."""
    today = local_day(now, zone)
    for ahead in range(LONGEST_BREAK // 7):
        moment = moment_in_week(today + ahead * ONE_WEEK, weekday, zone, days)
        if moment is not None and moment > now:
            return moment
    return weekly_at(weekday, DIGEST_AT, zone, now)


def window_due(
    now: datetime, weekday: int, every: int, zone: str, last_until: datetime | None, days: SchoolDays = WEEKDAYS
) -> Window | None:
    """Return what a digest made now would cover, or None while it is not due; a missed week is in the next window."""
    until = last_moment(now, weekday, zone, days)
    if every == OFF:
        return None
    if last_until is None:
        return Window(until - every * ONE_WEEK, until)
    return Window(last_until, until) if until - last_until >= every * ONE_WEEK - PLAY else None


def digest_key(person_id: UUID, until: datetime, zone: str) -> str:
    """Name the digest of one person and one ISO week of her calendar."""
    year, week, _ = local_day(until, zone).isocalendar()
    return f"digest:{person_id}:{year}-W{week:02}"


def may_count(circle: int) -> bool:
    """Say whether numbers may be given about a circle of so many people."""
    return circle >= COUNTED_FROM


@dataclass(frozen=True)
class Rhythm:
    """A wish about the digest: a weekday (0 = Monday), or every so many weeks; None leaves it as it is."""

    day: int | None = None
    every: int | None = None


_DAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4}
_EVERY = (
    (r"先?(暂停|暂停一下|停|停一停|停了|不发了?|不要了?|别发了?)", OFF),
    (r"先?(暫停|不發了?|別發了?)|pause|stop|off", OFF),
    (r"每?(两|兩|2|二)(周|週|个?星期)(一次)?|隔(周|週)|everytwoweeks|biweekly|fortnightly", 2),
    (r"每?(一?个?|一?個?)月(一次)?|每?(四|4)(周|週)(一次)?|monthly|everymonth", 4),
    (r"每(周|週|个?星期)(一次)?|恢复|恢復|照旧|照舊|weekly|everyweek|resume|on", 1),
)


def read_rhythm(words: str) -> Rhythm | None:
    """Read 周四, 每两周, 暂停, every two weeks; None for anything else."""
    said = "".join(words.lower().split()).rstrip("。.!！吧")
    said = re.sub(r"^(改到|改成|换到|換到|移到|在|on)(?=.)", "", said)
    if day := re.fullmatch(
        r"(?:每?(?:周|週|星期|礼拜|禮拜)([一二三四五])|(mon|tue|wed|thu|fri)(?:day|s|sday|nesday|rs|rsday)?)发?", said
    ):
        return Rhythm(day=_DAYS[day[1] or day[2]])
    return next((Rhythm(every=every) for form, every in _EVERY if re.fullmatch(form, said)), None)
