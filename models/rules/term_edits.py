"""Read what the office says of a term: 本学期第1周从9月7日开始，共20周; 这学期改成21周; 2027年春季学期3月1日开学，共19周.

The whole text must be understood. What is decided here:

- The first week is counted from its Monday: who says that it begins on 1 September, a Tuesday, names the first day of
  school, and week 1 begins on 31 August.
- A day without a year is the nearest such day, past or coming: the term may have begun already.
- A beginning within eight weeks of that of a known term moves that term; else it is a new one, and its weeks must be
  said. A term without a name is called after its season: 2026年秋季学期.
- 这学期 is the term around today, else the coming one, else one that ended in the last two weeks.
"""

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta

from models.rules.calendar import Calendar, TermSpan, overlapping
from models.rules.dates import day_in
from models.rules.numerals import COUNT, joined, number
from models.rules.school_clock import SchoolClock
from models.rules.unread import NoDay, NoTerm, PastDay

MOST_WEEKS = 30
NEARBY = timedelta(weeks=8)  # the same term, begun at another time
JUST_OVER = timedelta(weeks=2)
HALF_A_YEAR = timedelta(days=183)
LONGEST_NAME = 30


class NoTermEdit(ValueError):
    """The words say nothing of a term."""


class NoWeeks(ValueError):
    """A term begins, but nobody said how many weeks it has."""


class ManyWeeks(ValueError):
    """No term has so many weeks, or none at all."""


class Overlap(ValueError):
    """The term would share days with another one."""

    def __init__(self, other: TermSpan) -> None:
        super().__init__(f"shares days with {other.name}")
        self.other = other


@dataclass(frozen=True)
class TermEdit:
    """What a term is to be; `was` is the term as it stands, None for a new one."""

    span: TermSpan
    was: TermSpan | None


_SIMPLER = str.maketrans("長縮總錄結終為個", "长缩总录结终为个")
_NAME = "(?:20[0-9]{2}年?)?(?:春|秋)(?:季|天)?(?:学期)?|20[0-9]{2}(?:-|~|至|到)?(?:20[0-9]{2})?学年度?第?[一二12]学期|第[一二12]学期"
_WHICH = f"(?:(?P<next>下个?学期|nextterm)|本学期|这个?学期|新学期|(?:this|the|new)?term|(?P<name>{_NAME}))"
_ADDS = "(?:请|帮我)*(?:新增|增加|添加|录入|加)(?:一?个)?(?:新?学期)?[:,]?"
_WEEKS = f"[,;]?(?:一共|总共|共|有|上|with|of|for|and|has)*(?P<weeks>{COUNT})个?(?:周|weeks?)"
_BEGINS = "(?:开始|起|算起|开学|上课)"
_FORMS = (
    # 本学期第1周从9月7日开始，共20周; 秋季学期9月1日开学
    re.compile(
        f"(?:{_ADDS})?(?:{_WHICH})?(?:的)?[,:]?(?:第[一1]周(?:的周一)?)?(?:是|从|自|在)?(?P<day>.+?){_BEGINS}(?:{_WEEKS})?"
    ),
    re.compile(f"(?:{_ADDS})?(?:{_WHICH})?(?:的)?[,:]?第[一1]周(?:的周一)?(?:是|从|自|在)(?P<day>.+?)(?:{_WEEKS})?"),
    re.compile(f"(?:add)?(?:{_WHICH}|week1)(?:begins|starts|from)(?:on)?(?P<day>.+?)(?:{_WEEKS})?"),
)
_ONLY_WEEKS = re.compile(
    f"{_WHICH}(?:要|会)?(?:改成|改为|改到|调整为|延长到|延长为|缩短到|缩短为|is|nowhas)?(?:{_WEEKS})(?:long)?"
)
_ENDS = re.compile(f"{_WHICH}(?:到|至|在|上到|endson|ends)(?P<day>.+?)(?:结束|放假|为止|止)?")
_OF_A_TERM = re.compile("学期|第[一1]周|term|week1")
_DATE = re.compile(r"[月/\-.]|[a-z]{3}")


def read_term_edit(said: str, today: date, school: SchoolClock) -> TermEdit:
    """Return what a term is to be.

    Raise NoTermEdit, NoTerm, NoWeeks, ManyWeeks, Overlap, or what reading the day raises.
    """
    words = re.sub(r"[。.!,; ]+$", "", joined(said)).translate(_SIMPLER)
    edit = (
        _weeks_edit(words, today, school.calendar)
        or _end_edit(words, today, school)
        or _begin_edit(words, today, school)
    )
    others = [term for term in school.calendar.terms if term != edit.was]
    met = next((other for other in others if overlapping((edit.span, other))), None)
    if met is not None:
        raise Overlap(met)
    return edit


def speaks_of_a_term(said: str, today: date, school: SchoolClock) -> bool:
    """Say whether the words are about a term, read or not."""
    try:
        read_term_edit(said, today, school)
    except NoTermEdit:
        return False
    except ValueError:
        return True
    return True


def _weeks_edit(words: str, today: date, calendar: Calendar) -> TermEdit | None:
    found = _ONLY_WEEKS.fullmatch(words)
    if found is None:
        return None
    was = _meant(found, today, calendar)
    return TermEdit(replace(was, weeks=_weeks(found["weeks"]), last_day=None), was)


def _end_edit(words: str, today: date, school: SchoolClock) -> TermEdit | None:
    found = _ENDS.fullmatch(words)
    if found is None:
        return None
    was, last = _meant(found, today, school.calendar), _day(found["day"], today, school)
    if last < was.begins or was.week_of(last) > MOST_WEEKS:
        raise ManyWeeks(f"{was.week_of(last)} weeks")
    return TermEdit(replace(was, weeks=was.week_of(last), last_day=last), was)


def _begin_edit(words: str, today: date, school: SchoolClock) -> TermEdit:
    trouble: ValueError = NoTermEdit("no term")
    for form in _FORMS:
        found = form.fullmatch(words)
        if found is None or not (found["weeks"] or _OF_A_TERM.search(words)):  # 明天开始 may be anything
            continue
        try:
            first = _day(found["day"], today, school)
        except NoDay as unread:
            trouble = unread if type(unread) is not NoDay else trouble
            continue
        return _begun(found, first, school.calendar)
    raise trouble


def _begun(found: re.Match[str], first: date, calendar: Calendar) -> TermEdit:
    monday = first - timedelta(days=first.weekday())
    named = _named(found["name"], first) if found["name"] else None
    was = _known(named, monday, calendar)
    name = was.name if was and named is None else named or _season_of(monday)
    span = TermSpan(name, monday, was.weeks if was else None, first if first != monday else None)
    if found["weeks"]:
        span = replace(span, weeks=_weeks(found["weeks"]))
    elif span.weeks is None:
        raise NoWeeks("no weeks")
    elif was and was.last_day and span.ends and span.begins <= was.last_day <= span.ends:
        span = replace(span, last_day=was.last_day)
    return TermEdit(span, was)


def _known(named: str | None, monday: date, calendar: Calendar) -> TermSpan | None:
    """Find the term that is meant: of that name, else the one that begins nearby."""
    name = named or _season_of(monday)
    found = next((term for term in calendar.terms if term.name == name), None)
    near = (term for term in calendar.terms if abs(term.monday - monday) <= NEARBY)
    return found or next(near, None)


def _meant(found: re.Match[str], today: date, calendar: Calendar) -> TermSpan:
    if found["name"]:
        named = [term for term in calendar.terms if term.name in (found["name"], _named(found["name"], today))]
    elif found["next"]:
        named = [term for term in calendar.terms if term.begins > today]
    else:
        named = [term for term in calendar.terms if term.ends is None or term.ends + JUST_OVER >= today]
        around = [term for term in named if term.holds(today)]
        coming = [term for term in named if term.begins > today]
        named = around or coming or named
    if not named:
        raise NoTerm("no such term")
    return named[0]


def _day(words: str, today: date, school: SchoolClock) -> date:
    try:
        return day_in(words, today - HALF_A_YEAR if _DATE.search(words) else today, school)
    except PastDay as past:
        return past.day


def _weeks(said: str) -> int:
    weeks = number(said)
    if not 1 <= weeks <= MOST_WEEKS:
        raise ManyWeeks(f"{weeks} weeks")
    return weeks


def _named(said: str, first: date) -> str:
    """Write a name in full: 秋季 is 2026年秋季学期."""
    season = re.fullmatch("(20[0-9]{2})?年?([春秋])(?:季|天)?(?:学期)?", said)
    return f"{season[1] or first.year}年{season[2]}季学期" if season else said


def _season_of(monday: date) -> str:
    return f"{monday.year}年{'秋' if monday.month >= 7 else '春'}季学期"
