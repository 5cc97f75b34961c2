"""Read days by what the school's calendar calls them: holidays, exams, the end of term, make-up days.

- A bare name (元旦, National Day) is read for a feast on a fixed day of the common calendar, and for what lasts one
  day. Several days have no one day: 期中考试 alone is not read, 期中考试第一天 is.
- X前, before X, X前最后一天: the last school day before its first day. X前三天, 3 days before X: counted back on the common
  calendar from its first day. X前一周 is a week or a day, so it is not read.
- X后第一天, the first day after X: the first *school* day after its last day; 第二天 the second.
- Only the calendar says when a holiday begins and ends: without it there is an UnknownName, not a guess.
- 学期末, end of term: the last school day of the term that lies around today or comes next. 开学: the first school day
  of the next one. 寒假前, 暑假前: the last school day of the next term that ends in that season.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from models.rules.calendar import (
    EXAM,
    ONE_DAY,
    REST,
    SCHOOL,
    Calendar,
    Stretch,
    last_school_day,
    next_school_day,
)
from models.rules.forms import Said, grammar
from models.rules.numerals import joined, number
from models.rules.unread import NoTerm, UnknownName

MANY = 30  # days before or after a feast; more is a slip of the pen
FARTHEST_MAKE_UP = 120  # days


@dataclass(frozen=True)
class Standpoint:
    """From where a day is named."""

    today: date
    calendar: Calendar


@dataclass(frozen=True)
class _Named:
    key: str  # for templates, which say it in their own language
    name: str  # as it stands in calendars
    said: str
    kind: str = REST
    on: tuple[int, int] | None = None  # month and day, where it never moves


_NAMES = (
    _Named("new_year", "元旦", "元旦节?|newyear'?sday", on=(1, 1)),
    _Named("spring_festival", "春节", "春节|过年|springfestival|(?:chinese|lunar)newyear"),
    _Named("qingming", "清明", "清明节?|qingming(?:festival)?|tomb-?sweepingday"),
    _Named("labour_day", "劳动节", "(?:五一|国际)*劳动节|五一|labou?rday", on=(5, 1)),
    _Named("dragon_boat", "端午", "端午节?|dragonboatfestival"),
    _Named("mid_autumn", "中秋", "中秋节?|mid-?autumn(?:festival)?"),
    _Named("national_day", "国庆", "(?:十一)?国庆节?|十一|nationalday", on=(10, 1)),
    _Named("childrens_day", "儿童节", "(?:六一)?(?:国际)?儿童节|六一|children'?sday", on=(6, 1)),
    _Named("teachers_day", "教师节", "教师节|teachers?'?s?day", on=(9, 10)),
    _Named("midterm", "期中", "期中(?:考试?|测试|测验)?|mid-?terms?(?:exams?)?", EXAM),
    _Named("final", "期末", "期末(?:考试?|测试|测验)?|finals|finalexams?", EXAM),
)
_AROUND_A_NAME = re.compile("^the|(?:假期|长假|小长假|放假|holidays?|break)$")
_IS_A_BREAK = re.compile("(?:假期|长假|放假|holidays?|break)$")  # all its days, not the feast alone


def feast_of(name: str) -> str:
    """Return the key of the holiday or exam that a calendar calls by this name, "" for one of the school's own."""
    return next((named.key for named in _NAMES if named.name in joined(name)), "")


def break_in(words: str, here: Standpoint) -> Stretch | None:
    """Find all the days of a holiday that is called so (国庆假期); None for any other words, or raise UnknownName."""
    return _stretch(words, here) if _IS_A_BREAK.search(words) and _known(words) is not None else None


def _known(said: str) -> _Named | None:
    return next((named for named in _NAMES if re.fullmatch(named.said, _AROUND_A_NAME.sub("", said))), None)


def _stretch(said: str, here: Standpoint) -> Stretch | None:
    """Find the days that are meant; None for a word that is no name, UnknownName for one nobody entered."""
    named = _known(said)
    if named is None:
        return _of_the_school(said, here)
    found = here.calendar.stretches(named.kind, here.today)
    meant = next((stretch for stretch in found if named.name in joined(stretch.name)), None)
    if meant is None:
        raise UnknownName(named.name, _year_without_list(here) if named.kind == REST else None)
    return meant


def _of_the_school(said: str, here: Standpoint) -> Stretch | None:
    # 运动会 is a day with lessons for some: whatever the school marked by this very name.
    kinds = (here.calendar.stretches(kind, here.today) for kind in (REST, EXAM, SCHOOL))
    return next((stretch for found in kinds for stretch in found if joined(stretch.name) == said), None)


def _year_without_list(here: Standpoint) -> int | None:
    years = (here.today.year, here.today.year + 1)
    return next((year for year in years if here.calendar.is_provisional(year)), None)


def _bare(said: Said, here: Standpoint) -> date | None:
    named = _known(said["name"]) if said["name"] != "十一" else None  # alone it may as well be a number
    if named is not None and named.on is not None and not _IS_A_BREAK.search(said["name"]):
        month, day = named.on
        return date(here.today.year + (named.on < (here.today.month, here.today.day)), month, day)
    meant = None if named is not None and named.kind == REST else _stretch(said["name"], here)
    return meant.first if meant is not None and meant.first == meant.last else None


def _before(said: Said, here: Standpoint) -> date | None:
    meant = _stretch(said["name"], here)
    return last_school_day(meant.first, here.calendar) if meant is not None else None


def _days_before(said: Said, here: Standpoint) -> date | None:
    days = _counted(said)
    meant = _stretch(said["name"], here) if days else None
    return meant.first - timedelta(days=days) if meant is not None else None


def _school_day_after(said: Said, here: Standpoint) -> date | None:
    ahead = _counted(said)
    meant = _stretch(said["name"], here) if ahead else None
    day = meant.last if meant is not None else None
    for _ in range(ahead):
        day = next_school_day(day, here.calendar) if day is not None else None
    return day


def _day_of(said: Said, here: Standpoint) -> date | None:
    meant = _stretch(said["name"], here)
    if meant is None:
        return None
    day = meant.first + timedelta(days=_counted(said) - 1) if said.get("count") else meant.last
    return day if meant.first <= day <= meant.last else None


def _counted(said: Said) -> int:
    """Return a number of days up to MANY, else 0."""
    days = number(said.get("count") or said.get("number") or "1")
    return days if days <= MANY else 0


def _end_of_term(said: Said, here: Standpoint) -> date | None:
    term = here.calendar.term_near(here.today)
    if term is None or term.ends is None:
        raise NoTerm("no term with an end")
    return last_school_day(term.ends + ONE_DAY, here.calendar)


def _beginning_of_term(said: Said, here: Standpoint) -> date | None:
    coming = next((term for term in here.calendar.terms if term.begins > here.today), None)
    if coming is None:
        raise NoTerm("no term to come")
    return next_school_day(coming.begins - ONE_DAY, here.calendar)


def _before_vacation(*months: int) -> Callable[[Said, Standpoint], date | None]:
    def read(said: Said, here: Standpoint) -> date | None:
        ends = (term.ends for term in here.calendar.terms if term.ends is not None and term.ends >= here.today)
        end = next((end for end in ends if end.month in months), None)
        if end is None:
            raise NoTerm("no term that ends so")
        return last_school_day(end + ONE_DAY, here.calendar)

    return read


def _next_school_day(said: Said, here: Standpoint) -> date | None:
    return next_school_day(here.today, here.calendar)


def _make_up_day(said: Said, here: Standpoint) -> date | None:
    ahead = (here.today + timedelta(days=days) for days in range(1, FARTHEST_MAKE_UP))
    found = next((day for day in ahead if day.weekday() >= 5 and here.calendar(day)), None)
    if found is None:
        raise UnknownName("补班日", _year_without_list(here))
    return found


NAMED = grammar(
    ("<name>[那天|当天]", _bare),
    ("<name>(前|之前|以前)", _before),
    ("<name>(前|之前)[的]最后(一天|[一]个(上学|上课|工作)日)", _before),
    ("before[the]<name>", _before),
    ("<name>(前|之前)<count>天", _days_before),
    ("<number>day[s]before[the]<name>", _days_before),
    ("<name>(后|之后|以后)[的]第<count>[个]天", _school_day_after),
    ("<name>(后|之后|以后)[的]第<count>个(上学|上课|工作)日", _school_day_after),
    ("[the]first[school]dayafter[the]<name>", _school_day_after),
    ("<name>[的]第<count>天", _day_of),
    ("<name>[的]最后一天", _day_of),
    ("[the]firstdayof[the]<name>", lambda said, here: _day_of({**said, "count": "1"}, here)),
    ("[本|这个|这](学期末|学期结束[前]|学期最后一天)", _end_of_term),
    ("[the](end|lastday)of[the|this]term", _end_of_term),
    ("[下学期|下个学期|新学期]开学[的][第一天|那天|日]", _beginning_of_term),
    ("[放]寒假(前|之前|以前)[的][最后一天]", _before_vacation(12, 1, 2)),
    ("[放]暑假(前|之前|以前)[的][最后一天]", _before_vacation(6, 7, 8)),
    ("before[the]winter(vacation|break|holiday[s])", _before_vacation(12, 1, 2)),
    ("before[the]summer(vacation|break|holiday[s])", _before_vacation(6, 7, 8)),
    ("[the]first[school]dayof[the][next]term", _beginning_of_term),
    ("(下个|下一个)(上学|上课|工作)日", _next_school_day),
    ("[the]next(school|work|working)day", _next_school_day),
    ("[下个|下一个](补班|调休上班)[日|那天]", _make_up_day),
    ("[the][next]make[-]upday", _make_up_day),
)
