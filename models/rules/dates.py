"""Read a day, or a lesson of a day, from what a teacher types.

The whole text must be understood, apart from fillers; where two readings are likely there is none, since asking
again is kinder than a wrong date. What each form means:

- A month and a day without a year, or a day alone (9号): the next such day; today counts. 12/5 is 5 December, as
  Chinese writes it; 25/12 and 9-10 are not read.
- 周五, Friday: the coming one; today counts. 本周五, this Friday: in this week from Monday to Sunday, and PastDay
  when it is over. 下周五, next Friday: in the next week; 下下周五: in the one after that. The week begins on Monday,
  so on a Sunday 下周一 is tomorrow. 下周, 周末 and 月初 alone name no day.
- N天后, in N weeks, N个月后: counted from today; a month keeps its day, or takes its last one. 10日后 is not read: it
  may be in ten days or after the tenth. 三天前 is past, 3号前 is the third.
- 第12周周三, week 12 Wednesday: of the term that lies around today, or comes next. 下学期第3周 is not read: the second
  term of a school year is called so as well.
- 月底, end of the month: its last day, school or not.
- 周五前, by Friday: Friday, the last day on which it may be done. But 国庆节前 is the last school day before it; this
  and all other names of days are in `named_days`.
- What is said of a day (10月9日（第6周周五）, Fri 9 Oct (week 6)) must be true of it; else it is not read. Of a day
  that has just passed we say so, instead of taking it for next year's.
"""

import re
from datetime import date

from models.rules.bells import lessons_before_noon
from models.rules.day_forms import DAYS
from models.rules.forms import readings
from models.rules.named_days import NAMED, Standpoint
from models.rules.numerals import folded, joined, number
from models.rules.school_clock import NO_SCHOOL_CLOCK, SchoolClock
from models.rules.unread import ImpossibleDay, NoDay, NoPeriod, NoSuchWeek, PastDay, TwoDays, UnknownName

__all__ = [
    "ImpossibleDay",
    "NoDay",
    "NoPeriod",
    "NoSuchWeek",
    "PastDay",
    "TwoDays",
    "UnknownName",
    "day_in",
    "read_day",
    "read_day_and_period",
    "read_period",
]


def read_day(said: str, today: date, school: SchoolClock = NO_SCHOOL_CLOCK) -> date:
    """Return the day that is meant, from today on; raise NoDay (or a kind of it), PastDay or ImpossibleDay."""
    words = without_fillers(joined(said))
    here = Standpoint(today, school.calendar)
    return _the_one(_meanings(words, here) or _meanings(_by(words), here), today)


def day_in(words: str, today: date, school: SchoolClock = NO_SCHOOL_CLOCK) -> date:
    """Return the day that these joined words name, without a "by"; raise as read_day does."""
    return _the_one(_meanings(without_fillers(words), Standpoint(today, school.calendar)), today)


def _meanings(words: str, here: Standpoint) -> set[date]:
    return (readings(DAYS, words, here) or readings(NAMED, words, here)) if words else set()


def _by(words: str) -> str:
    found = re.fullmatch("by(.+)|(.+?)(?:之前|以前|前)", words)
    return without_fillers(found[1] or found[2]) if found else ""


def _the_one(days: set[date], today: date) -> date:
    if not days:
        raise NoDay("no day")
    if len(days) > 1:
        raise TwoDays(tuple(sorted(days)))
    (day,) = days
    if day < today:
        raise PastDay(day)
    return day


def read_period(said: str) -> int:
    """Return the number of the lesson that is meant, however high; raise NoPeriod.

    下午第2节 is the second lesson after noon; 下午第6节 is already counted from the morning.
    """
    found = re.fullmatch(f"{PERIOD}|(?P<bare>[0-9]{{1,2}})", without_fillers(folded(said)))
    if found is None:
        raise NoPeriod(f"no lesson in {len(said)} characters")
    return number(found["bare"]) if found["bare"] else counted_from_morning(found)


def read_day_and_period(
    said: str, today: date, school: SchoolClock = NO_SCHOOL_CLOCK
) -> tuple[date | None, int | None]:
    """Return the day and the lesson that are meant, None for what is not said; raise as read_day does."""
    words = without_fillers(folded(said))
    if re.fullmatch("[0-9]{1,2}", words):
        return None, number(words)
    for order in (f"(?P<day>.*?){_BETWEEN}{PERIOD}", f"{PERIOD}{_BETWEEN}(?P<day>.*)"):
        if found := re.fullmatch(order, words):
            day = day_in(without_fillers(joined(found["day"])), today, school) if found["day"] else None
            return day, counted_from_morning(found)
    return read_day(words, today, school), None


def without_fillers(words: str) -> str:
    """Return the words without what says nothing of the day (那就…吧)."""
    return re.sub(f"^(?:{_BEFORE})+|(?:{_AFTER})+$", "", words)


_PUNCTUATION = r"[\s,.。、!?~;:]"
_BEFORE = rf"{_PUNCTUATION}|那|就|嗯|好的?(?=.)|请|改到|改成|约在|定在|在|on\b|on(?=(?:mon|tue|wed|thu|fri|sat|sun|[0-9]))|maybe|please"
_AFTER = rf"{_PUNCTUATION}|吧|呢|可以|好了|好|行|见|那天|please"
_BETWEEN = r"[\s,、的]*(?:\bon\b)?"

# A lesson: 第3节, 下午第二节课, period 3, 3rd period. Only what can be one number, so that 周五三节 is 周五 and 三节.
_LESSON = "(?:[0-9]{1,2}|十?[一二三四五六七八九]|十)"
PERIOD = (
    rf"(?:(?P<half>上午|早上|下午)?\s*第?\s*(?P<cn_period>{_LESSON})\s*节课?"
    r"|(?:period|lesson)\s*(?P<en_period>[0-9]{1,2})|(?P<nth>[0-9]{1,2})(?:st|nd|rd|th)\s*(?:period|lesson))"
)


def counted_from_morning(found: re.Match[str]) -> int:
    """Return the number of a lesson in the form of PERIOD, counted from the morning."""
    lesson = number(found["cn_period"] or found["en_period"] or found["nth"])
    before_noon = lessons_before_noon()
    return lesson + before_noon if found["half"] == "下午" and lesson <= before_noon else lesson
