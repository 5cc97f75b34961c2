"""Read what the office says of coming days: 明天停课, 周六上班，上周三的课, 第10周期中考试, no school tomorrow.

The whole text must be understood. The days are read as everywhere; what stands between them and the verb is the name
of the occasion (下周五校庆放假). A week (第10周, 下周) means its Monday to Friday. Half a day (周五下午停课, 明天上午校运会) is
the half of one day: 周三到周五下午 may be three afternoons or two days and a half, so it is not read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from models.rules.calendar import AFTERNOON, EXAM, MORNING, REST, SCHOOL
from models.rules.dates import day_in
from models.rules.numerals import DIGITS, NUMBER, joined, number
from models.rules.school_clock import NO_SCHOOL_CLOCK, SchoolClock
from models.rules.spans import LongSpan, PastSpan, read_span
from models.rules.unread import NoDay, NoSuchWeek
from models.rules.weekdays import place_of

USUAL = "usual"  # what the school said of the days is taken back
MOST_DAYS = {REST: 60, SCHOOL: 14, EXAM: 31, USUAL: 60}
LONGEST_NAME = 16


class NoEdit(ValueError):
    """The words say nothing of what a day is to be."""


@dataclass(frozen=True)
class DayEdit:
    """What is said of some days: rest, school, exam or usual."""

    kind: str
    first: date
    last: date
    name: str = ""
    follows: int | None = None  # the weekday (0 = Monday) whose lessons are held
    half: str = ""  # am or pm, where it is said of one half of one day

    @property
    def days(self) -> list[date]:
        """List every day from the first through the last."""
        return [self.first + timedelta(days=ahead) for ahead in range((self.last - self.first).days + 1)]


# Traditional characters of these words alone; those of days are simplified already.
_SIMPLER = str.maketrans(
    "補試測檢單擬調換復質為學運動會藝術節慶遊實踐禮舉辦開", "补试测检单拟调换复质为学运动会艺术节庆游实践礼举办开"
)
_LESSONS_OF = re.compile(
    r"[,;]?(?:按|上|补|调|补上|换成|上的是)?(?:周|星期|礼拜)(?P<cn>[一二三四五六日天])的?(?:课表|课程|(?<=的)课)(?:上课|上班)?$"
    r"|[,;]?(?:with|following|on)?(?:the)?(?P<en>mon|tue|wed|thu|fri|sat|sun)[a-z]*(?:'?s)?(?:lessons|classes|timetable)$"
)
# Each kind with the words that say it, behind the days and (English) before them.
_BEHIND = {
    USUAL: "照常上[课班]|照常|正常上课|恢复上课|不停课了?|不放假了?|(?:school)?asusual",
    REST: "(?:全校)?(?:都|要)?(?:停课|放假|不上课|不用上课|休息)(?:[一二两三四五六七1-7]天)?"
    "|noschool|nolessons|schoolclosed|(?:is|are)?closed|(?:is|are)?(?:aday)?off",
    SCHOOL: "(?:全校)?(?:都|要)?(?:调休)?(?:上班|上课|补课|补班|补)|(?:is|are)?a?(?:schoolday|workingday|workday)s?",
}
_BEFORE = {
    USUAL: "schoolasusual(?:on)?",
    REST: "(?:thereis|we'?vegot)?no(?:school|lessons|classes)(?:on|from)?|(?:the)?school(?:is|will)?(?:be)?closed(?:on|from)?",
    SCHOOL: "(?:thereis)?school(?:on)",
}
# Occasions that stop the lessons, whether or not that is said.
_OCCASION = (
    "(?:是|开|举行|举办|有|is|the|a)*(?P<name>(?:春季|秋季|冬季|全校|校)?(?:运动会|校运会|校庆|艺术节|科技节|体育节|读书节|春游|秋游"
    "|社会实践|研学|开学典礼|毕业典礼|散学典礼)(?:活动)?|sports(?:day|meet(?:ing)?))(?:on)?"
)
_HALF = re.compile("的?(?:(?P<am>上午|早上|morning)|(?P<pm>下午|afternoon))$")
_EXAM = (
    "(?P<name>(?:期中|期末|月|单元|模拟|质量|mid-?terms?|finals?|final)?(?:考试|测试|检测|考|exams?))(?:周|in|on|from)?"
)
SOME_EXAM = "考试"  # the name of an exam of which nobody said more
_EXAM_NAMES = (("期中|mid", "期中考试"), ("期末|final", "期末考试"), ("exam|^考$", SOME_EXAM), ("^月考", "月考"))
_FILLERS = re.compile("^(?:因为|因|由于|是|全校|学校|都|要|for|becauseof)+|(?:全校|学校|都|要|,|;)+$")
# The rest of a day, or a part of one, is no name: 9月3|1日, 周五|下午.
_NO_NAME = re.compile(f"[{DIGITS}0-9十日号月周前后第上下早晚到至]|中午|半天|(?:this|that|and|to|in|on|of|at|the|am|pm)")
_VERB = re.compile("停课|放假|上课|上班|补课")
_WEEK = re.compile(
    f"第(?P<cn>{NUMBER})周(?:(?:到|至|-)第?(?P<cn_last>{NUMBER})周)?|week(?P<en>[0-9]{{1,2}})(?:to|-)?(?P<en_last>[0-9]{{1,2}})?"
)
_FRIDAY = timedelta(days=4)


def read_edit(said: str, today: date, school: SchoolClock = NO_SCHOOL_CLOCK) -> DayEdit:
    """Return what is said of which days, from today on.

    Raise NoEdit, or what reading the days raises: NoDay and its kinds, ImpossibleDay, PastSpan, LongSpan.
    """
    words = re.sub(r"[。.! ]+$", "", joined(said)).translate(_SIMPLER)
    follows, words = _follows(words)
    troubles: list[ValueError] = []
    for kind, name, days in _split(words, follows is not None):
        try:
            edit = _edit(kind, name, days, follows, today, school)
        except (ValueError, LongSpan) as trouble:
            troubles.append(trouble)
        else:
            return edit
    raise _telling(troubles)


def _telling(troubles: list[ValueError]) -> ValueError:
    """Choose what to say: a day that cannot be is worth more than one that was not read."""
    if not troubles:
        return NoEdit("no verb")
    return next((one for one in troubles if type(one) is not NoDay), troubles[0])


def _follows(words: str) -> tuple[int | None, str]:
    found = _LESSONS_OF.search(words)
    if found is None:
        return None, words
    return place_of(found["cn"] or found["en"]), words[: found.start()]


def _split(words: str, has_lessons: bool) -> Iterator[tuple[str, str, str]]:
    """Give (kind, name, the rest) for every verb that stands at an end of the words."""
    for found in (re.search(f"{_EXAM}$", words), re.match(_EXAM, words)):
        if found:
            yield EXAM, _exam_name(found["name"]), words[: found.start()] + words[found.end() :]
    for found in (re.search(f"{_OCCASION}$", words), re.match(_OCCASION, words)):
        if found:
            yield REST, found["name"], words[: found.start()] + words[found.end() :]
    for kind, verb in _BEHIND.items():
        if found := re.search(f"(?:{verb})$", words):
            yield kind, "", words[: found.start()]
    for kind, verb in _BEFORE.items():
        if found := re.match(verb, words):
            yield kind, "", words[found.end() :]
    if comma := re.match("(?P<main>[^,;]+)[,;](?P<why>[^,;]+)$", words):  # 明天停课，台风
        for kind, verb in _BEHIND.items():
            if found := re.search(f"(?:{verb})$", comma["main"]):
                yield kind, comma["why"], comma["main"][: found.start()]
    if has_lessons:
        yield SCHOOL, "", words


def _exam_name(said: str) -> str:
    return next((name for form, name in _EXAM_NAMES if re.search(form, said)), said)


def _edit(kind: str, name: str, words: str, follows: int | None, today: date, school: SchoolClock) -> DayEdit:
    if follows is not None and kind != SCHOOL:
        raise NoEdit("lessons are held on school days")
    (first, last), half, occasion = _days_and_name(_FILLERS.sub("", words), today, school)
    name = _FILLERS.sub("", name) or occasion
    if len(name) > LONGEST_NAME or (follows is not None and first != last):
        raise NoEdit("too much is said")
    if half and (first != last or kind == EXAM):
        raise NoEdit("half of one day can be closed or opened")
    if first < today:
        raise PastSpan(first)
    if (last - first).days >= MOST_DAYS[kind]:
        raise LongSpan(f"{(last - first).days} days")
    return DayEdit(kind, first, last, name, follows, half)


def _days_and_name(words: str, today: date, school: SchoolClock) -> tuple[tuple[date, date], str, str]:
    """Take the longest beginning that names days, perhaps half of one; what follows is the name of the occasion."""
    for end in range(len(words), 0, -1):
        name = _FILLERS.sub("", words[end:])
        if name and (_NO_NAME.match(name) or _VERB.search(name)):
            continue
        half, days = _half(words[:end].rstrip(",;的"))
        try:
            return (_days(days, today, school) if days else (today, today)), half, name
        except NoDay as unread:
            # A day that cannot be (9月31日) must not be cut down to one that can.
            if type(unread) is not NoDay:
                raise
    raise NoDay("no days")


def _half(words: str) -> tuple[str, str]:
    """Part half a day from its day; 下午停课 is said of today."""
    found = _HALF.search(words)
    if found is None:
        return "", words
    return MORNING if found["am"] else AFTERNOON, words[: found.start()]


def _days(words: str, today: date, school: SchoolClock) -> tuple[date, date]:
    if found := _WEEK.fullmatch(words):
        return _weeks(found, today, school)
    try:
        return read_span(words, today, school)
    except NoDay:
        day = day_in(words, today, school)
        return day, day


def _weeks(found: re.Match[str], today: date, school: SchoolClock) -> tuple[date, date]:
    first = number(found["cn"] or found["en"])
    last = number(found["cn_last"] or found["en_last"] or str(first))
    days = [school.calendar.day_of_week(week, 0, today) for week in (first, last)]
    if days[0] is None or days[1] is None or last < first:
        term = school.calendar.term_near(today)
        raise NoSuchWeek(last if days[0] else first, term.weeks if term else None)
    return max(days[0], today) if days[0] <= today <= days[0] + _FRIDAY else days[0], days[1] + _FRIDAY
