"""Read a day, or a lesson of a day, from what a teacher types.

The whole text must be understood, apart from fillers; where two readings are likely there is none, since asking
again is kinder than a wrong date. What each form means:

- A month and a day without a year, or a day alone (9号): the next such day; today counts.
- 周五, Friday: the coming one; today counts. 本周五, this Friday: in this week from Monday to Sunday, and PastDay
  when it is over. 下周五, next Friday: in the next week; 下下周五: in the one after that.
- N天后, in N weeks, N个月后: counted from today; a month keeps its day, or takes its last one.
"""

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta

from models.rules.bells import lessons_before_noon
from models.rules.numerals import ENGLISH, NUMBER, compact, folded, number
from models.rules.weekdays import place_of


class NoDay(ValueError):
    """We could not read a day."""


class NoPeriod(ValueError):
    """We could not read the number of a lesson."""


class PastDay(ValueError):
    """The day lies before today."""

    def __init__(self, day: date) -> None:
        super().__init__(f"{day} is over")
        self.day = day


class ImpossibleDay(ValueError):
    """The month has no such day; the nearest are its last one and the first of the next month."""

    def __init__(self, month: int, day: int, nearest: tuple[date, date]) -> None:
        super().__init__(f"month {month} has no day {day}")
        self.month = month
        self.day = day
        self.nearest = nearest


def read_day(said: str, today: date) -> date:
    """Return the day that is meant, from today on; raise NoDay, PastDay or ImpossibleDay."""
    words = _without_fillers(compact(said))
    day = _matched(words, today) or _checked_against_its_weekday(words, today)
    if day is None:
        raise NoDay(f"no day in {len(said)} characters")
    if day < today:
        raise PastDay(day)
    return day


def read_period(said: str) -> int:
    """Return the number of the lesson that is meant, however high; raise NoPeriod.

    下午第2节 is the second lesson after noon; 下午第6节 is already counted from the morning.
    """
    found = re.fullmatch(f"{PERIOD}|(?P<bare>[0-9]{{1,2}})", _without_fillers(folded(said)))
    if found is None:
        raise NoPeriod(f"no lesson in {len(said)} characters")
    return number(found["bare"]) if found["bare"] else _counted_from_morning(found)


def read_day_and_period(said: str, today: date) -> tuple[date | None, int | None]:
    """Return the day and the lesson that are meant, None for what is not said; raise as read_day does."""
    words = _without_fillers(folded(said))
    if re.fullmatch("[0-9]{1,2}", words):
        return None, number(words)
    for order in (f"(?P<day>.*?){_BETWEEN}{PERIOD}", f"{PERIOD}{_BETWEEN}(?P<day>.*)"):
        if found := re.fullmatch(order, words):
            return read_day(found["day"], today) if found["day"] else None, _counted_from_morning(found)
    return read_day(words, today), None


def _without_fillers(words: str) -> str:
    return re.sub(f"^(?:{_BEFORE})+|(?:{_AFTER})+$", "", words)


_PUNCTUATION = r"[\s,.。、!?~;:]"
_BEFORE = rf"{_PUNCTUATION}|那|就|嗯|好的?(?=.)|请|改到|改成|约在|定在|在|on\b|on(?=(?:mon|tue|wed|thu|fri|sat|sun|[0-9]))|maybe|please"
_AFTER = rf"{_PUNCTUATION}|吧|呢|可以|好了|好|行|见|那天|please"
_BETWEEN = r"[\s,、的]*(?:\bon\b)?"

_WEEKDAY = (
    r"(?:(?:周|星期|礼拜)(?P<cn>[一二三四五六日天])"
    r"|(?P<en>mon|tue|wed|thu|fri|sat|sun)(?:day|s|sday|nesday|rs|rsday|urday)?)"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    rf"(?P<month>{'|'.join(_MONTHS)})"
    r"(?:uary|ruary|ch|il|e|y|ust|t|tember|ober|ember)?\.?"
)
_OF_MONTH = r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?:,?(?P<year>20[0-9]{2}))?"

# A lesson: 第3节, 下午第二节课, period 3, 3rd period. Only what can be one number, so that 周五三节 is 周五 and 三节.
_LESSON = "(?:[0-9]{1,2}|十?[一二三四五六七八九]|十)"
PERIOD = (
    rf"(?:(?P<half>上午|早上|下午)?\s*第?\s*(?P<cn_period>{_LESSON})\s*节课?"
    r"|(?:period|lesson)\s*(?P<en_period>[0-9]{1,2})|(?P<nth>[0-9]{1,2})(?:st|nd|rd|th)\s*(?:period|lesson))"
)


def _counted_from_morning(found: re.Match[str]) -> int:
    lesson = number(found["cn_period"] or found["en_period"] or found["nth"])
    before_noon = lessons_before_noon()
    return lesson + before_noon if found["half"] == "下午" and lesson <= before_noon else lesson


_NEAR = {
    "前天": -2, "昨天": -1, "昨日": -1, "yesterday": -1,
    "今天": 0, "今日": 0, "今晚": 0, "today": 0, "tonight": 0,
    "明天": 1, "明日": 1, "明早": 1, "明晚": 1, "tomorrow": 1,
    "后天": 2, "thedayaftertomorrow": 2, "dayaftertomorrow": 2, "大后天": 3,
}  # fmt: skip


def _matched(words: str, today: date) -> date | None:
    if words in _NEAR:
        return today + timedelta(days=_NEAR[words])
    for form, read in _FORMS:
        if found := re.fullmatch(form, words):
            return read(found, today)
    return None


def _checked_against_its_weekday(words: str, today: date) -> date | None:
    # 10月9日(周五) is how we say a day ourselves; when the two disagree, neither is believed.
    found = re.fullmatch(rf"(?P<rest>.*[日号0-9])[,(]*{_WEEKDAY}\)?", words)
    day = _matched(found["rest"], today) if found else None
    return day if found and day and day.weekday() == _weekday(found) else None


def _weekday(found: re.Match[str]) -> int:
    return place_of(found["cn"] or found["en"])


def _coming_weekday(found: re.Match[str], today: date) -> date:
    return today + timedelta(days=(_weekday(found) - today.weekday()) % 7)


def _weekday_of_a_week(weeks: int) -> Callable[[re.Match[str], date], date]:
    def read(found: re.Match[str], today: date) -> date:
        monday = today - timedelta(days=today.weekday())
        return monday + timedelta(weeks=weeks, days=_weekday(found))

    return read


def _after_days(found: re.Match[str], today: date) -> date:
    return today + timedelta(days=_count(found))


def _after_weeks(found: re.Match[str], today: date) -> date:
    return today + timedelta(weeks=_count(found))


def _after_months(found: re.Match[str], today: date) -> date:
    year, month = _months_on(today, _count(found))
    return date(year, month, min(today.day, monthrange(year, month)[1]))


def _months_on(today: date, months: int) -> tuple[int, int]:
    years, month = divmod(today.month - 1 + months, 12)
    return today.year + years, month + 1


def _month_and_day(found: re.Match[str], today: date) -> date:
    named = found["month"]
    month = _MONTHS.index(named) + 1 if named in _MONTHS else _read_number(named)
    day = _read_number(found["day"])
    if found["year"]:
        return _existing(_read_number(found["year"]), month, day)
    return _existing(today.year + ((month, day) < (today.month, today.day)), month, day)


def _day_of_the_month(found: re.Match[str], today: date) -> date:
    day = _read_number(found["day"])
    if found["next"] or (day < today.day and not found["this"]):
        return _existing(*_months_on(today, 1), day)
    return _existing(today.year, today.month, day)


def _existing(year: int, month: int, day: int) -> date:
    if not (2000 <= year < 2100 and 1 <= month <= 12 and day >= 1):
        raise NoDay(f"no such month or year: {year}-{month}")
    last = date(year, month, monthrange(year, month)[1])
    if day > last.day:
        raise ImpossibleDay(month, day, (last, last + timedelta(days=1)))
    return last.replace(day=day)


def _count(found: re.Match[str]) -> int:
    return _read_number(found["cn"] or found["en"] or found["en_later"])


def _read_number(said: str) -> int:
    try:
        return number(said)
    except ValueError as unread:
        raise NoDay("not a number") from unread


def _later(chinese: str, english: str) -> str:
    return (
        rf"(?P<cn>{NUMBER}){chinese}(?:以后|之后|后)"
        rf"|in(?P<en>{ENGLISH}){english}s?|(?P<en_later>{ENGLISH}){english}s?(?:later|fromnow)"
    )


# Every form of a day, tried in turn on the whole text.
_FORMS: tuple[tuple[str, Callable[[re.Match[str], date], date]], ...] = (
    (r"(?P<year>20[0-9]{2})[-/.](?P<month>[0-9]{1,2})[-/.](?P<day>[0-9]{1,2})", _month_and_day),
    (rf"(?:(?P<year>{NUMBER})年)?(?P<month>{NUMBER})月(?P<day>{NUMBER})[日号]?", _month_and_day),
    (rf"{_MONTH}{_OF_MONTH}{_YEAR}", _month_and_day),
    (rf"{_OF_MONTH}(?:of)?{_MONTH}{_YEAR}", _month_and_day),
    (rf"(?:(?P<next>下个?月)|(?P<this>本月|这个?月))?(?P<day>{NUMBER})[日号]", _day_of_the_month),
    (_WEEKDAY, _coming_weekday),
    (rf"(?:本|这个?|this){_WEEKDAY}", _weekday_of_a_week(0)),
    (rf"(?:下个?|next){_WEEKDAY}", _weekday_of_a_week(1)),
    (rf"下下个?{_WEEKDAY}", _weekday_of_a_week(2)),
    (_later("[天日]", "day"), _after_days),
    (_later("(?:周|个?星期|个?礼拜)", "week"), _after_weeks),
    (_later("个?月", "month"), _after_months),
)
