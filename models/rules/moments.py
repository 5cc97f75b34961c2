"""Read a day and a time from what a teacher types, as one instant: 下周三下午两点半, 放学前, in 15 minutes.

The whole text must be understood. Days are those of `dates`, times those of `clock_times`. What else is decided:

- Of two likely readings (明天8点) the one that is over falls away; if two are left they are asked about: TwoMoments.
- A time without a day is the next one from now: 早上7点, said at ten, is tomorrow; but 10点, said in the evening, may be
  tonight or tomorrow. A lesson or the bell without a day
  is today's, and over when it is over.
- 半小时后, in 15 minutes count real time from now, whatever the clocks do.
- 第三节课后 is its end, 第三节课 and 第三节课前 its beginning. 放学 is the end of the last lesson; 放学前 is the beginning
  of the last lesson, the last moment at which a class can still be told something; where the afternoon is closed, of
  the morning's last. On a rest day: RestDay.
- 下午3点前 is 15:00: the moment by which it is wanted. 24:00 is the beginning of the next day.
- A day without a time has `has_time` False and begins at its midnight; 周五上午 too, with the half of the day named.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from models.rules.asked_reminders import asked_for, is_asking
from models.rules.clock_times import END_OF_DAY, HOUR, WAKING_HOURS, Half, half_in, times_in
from models.rules.dates import PERIOD, counted_from_morning, day_in, without_fillers
from models.rules.durations import time_from_now
from models.rules.forms import halves_of
from models.rules.numerals import joined
from models.rules.school_clock import NO_SCHOOL_CLOCK, SchoolClock
from models.rules.unread import ImpossibleDay, NoDay, NoMoment, PastDay, PastMoment, RestDay, TwoMoments
from models.rules.wall_time import MIDNIGHT, instant, local_day

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class SaidMoment:
    """A moment that was said: `at` is an aware UTC instant, `day` the local day of it.

    Without a time (`has_time` is False) `at` is the beginning of the day, which may be over for today.
    """

    at: datetime
    day: date
    has_time: bool
    half: str = ""  # of a day without a time: the name of a clock_times.Half


@dataclass(frozen=True)
class _Here:
    now: datetime
    zone: str
    school: SchoolClock

    @property
    def today(self) -> date:
        return local_day(self.now, self.zone)


def read_moment(said: str, now: datetime, zone: str, school: SchoolClock = NO_SCHOOL_CLOCK) -> SaidMoment:
    """Return the moment that is meant, from now on; of a wish to be reminded, that of its when.

    Raise NoMoment or another NoDay, TwoMoments, PastMoment, PastDay, ImpossibleDay, RestDay or NoSuchPeriod.
    """
    here = _Here(now, zone, school)
    if is_asking(said):
        return asked_for(said, lambda when: _read(when, here))[0]
    return _read(said, here)


def _read(said: str, here: _Here) -> SaidMoment:
    words = _in_full(without_fillers(joined(said)))
    found, why_not = _meanings(words, here)
    if not found and why_not is None:
        found, why_not = _meanings(_without_by(words), here)
    if found:
        return _the_one(found)
    raise why_not or NoMoment(f"no moment in {len(said)} characters")


def _the_one(found: set[SaidMoment]) -> SaidMoment:
    if len(found) > 1:
        raise TwoMoments(tuple(sorted(one.at for one in found)))
    (moment,) = found
    return moment


@dataclass(frozen=True)
class _Bell:
    period: int  # 0: the last lesson of the day
    ends: bool

    def at(self, day: date, here: _Here) -> datetime:
        view = here.school.calendar.look(day)
        if not view.is_school:
            raise RestDay(day, view.why, view.name)
        bell = here.school.ends_at if self.ends else here.school.starts_at
        return bell(day, self.period or here.school.last_lesson(day), here.zone)


def _meanings(words: str, here: _Here) -> tuple[set[SaidMoment], Exception | None]:
    """Return what the words may mean, or the reason for which something they plainly mean cannot be."""
    found = _from_now(words, here) | _without_a_day(words, here)
    why_not: Exception | None = None
    for day_words, part_words in _splits(words):
        try:
            found |= _on_a_day(day_words, part_words, here)
        except _WHY_NOT as reason:
            why_not = why_not or (reason if type(reason) is not NoDay else None)
    return found, why_not


_WHY_NOT = (NoDay, PastDay, ImpossibleDay)


def _splits(words: str) -> Iterator[tuple[str, str]]:
    """Cut the words into a day and what is said of its time; in English either of them may come first."""
    yield words, ""
    for left, right in halves_of(words):
        yield left.rstrip(_BETWEEN), right.strip(_BETWEEN)
        if left.isascii():
            yield right.lstrip(_BETWEEN), left.rstrip(_BETWEEN)


_BETWEEN = " ,、的"


def _from_now(words: str, here: _Here) -> set[SaidMoment]:
    gone = time_from_now(words)
    return _still_to_come([here.now + gone], here) if gone is not None else set()


def _on_a_day(day_words: str, part_words: str, here: _Here) -> set[SaidMoment]:
    half, times, bell = _whole_half(part_words), times_in(part_words), _bell(part_words)
    if part_words and not (half or times or bell):
        return set()
    day = day_in(day_words, here.today, here.school)
    if half is not None:
        return {_on_the_whole(day, half.name, half.last * HOUR, here)}
    if not part_words:
        return {_on_the_whole(day, "", END_OF_DAY, here)}
    return _still_to_come([bell.at(day, here)] if bell else [_at(day, one, here.zone) for one in times], here)


def _whole_half(words: str) -> Half | None:
    half = half_in(words)
    return None if half is not None and half.name in ("am", "pm") else half


def _without_a_day(words: str, here: _Here) -> set[SaidMoment]:
    if bell := _bell(words):
        return _still_to_come([bell.at(here.today, here)], here)
    coming = {_next(one, here) for one in times_in(words)}
    if all(local_day(at, here.zone) > here.today for at in coming):  # 10点, at eight in the evening
        coming |= {_next(one, here) for one in times_in(words, WAKING_HOURS)}
    return _still_to_come(coming, here)


def _next(minutes: int, here: _Here) -> datetime:
    today = _at(here.today, minutes, here.zone)
    return today if today > here.now else _at(here.today + ONE_DAY, minutes, here.zone)


def _at(day: date, minutes: int, zone: str) -> datetime:
    if minutes == END_OF_DAY:
        return instant(day + ONE_DAY, MIDNIGHT, zone)
    return instant(day, time(*divmod(minutes, HOUR)), zone)


def _still_to_come(moments: Collection[datetime], here: _Here) -> set[SaidMoment]:
    coming = {SaidMoment(at, local_day(at, here.zone), True) for at in moments if at > here.now}
    if moments and not coming:
        raise PastMoment(max(moments))
    return coming


def _on_the_whole(day: date, half: str, over: int, here: _Here) -> SaidMoment:
    if _at(day, over, here.zone) <= here.now:
        raise PastMoment(_at(day, over, here.zone))
    return SaidMoment(instant(day, MIDNIGHT, here.zone), day, False, half)


_LESSON = re.compile(
    f"(?P<after>after(?:the)?)?(?:before(?:the)?|at)?{PERIOD}"
    "(?:前|之前|以前|上课前|上课时|开始时|(?P<over>后|之后|以后|下课|下课后|下课时|结束后|结束时))?"
)
_LAST_BELL = {
    **dict.fromkeys(("放学前", "放学之前", "放学以前", "beforeschoolends", "beforethelastbell"), False),
    **dict.fromkeys(("放学", "放学时", "放学后", "放学之后", "放学以后", "afterschool", "whenschoolends"), True),
}


def _bell(words: str) -> _Bell | None:
    if words in _LAST_BELL:
        return _Bell(0, _LAST_BELL[words])
    found = _LESSON.fullmatch(words)
    if found is None:
        return None
    period = counted_from_morning(found)
    return _Bell(period, bool(found["after"] or found["over"])) if period else None


def _in_full(words: str) -> str:
    words = re.sub("(今|明|昨)(?=早|晚)", r"\1天", words)
    return re.sub("this(?=morning|afternoon|evening)", "today", words.replace("tonight", "todayevening"))


def _without_by(words: str) -> str:
    return re.sub("^by|(?<![前后])(?:之前|以前|前)$", "", words)
