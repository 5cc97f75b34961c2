"""Read single cells as clerks write them: a day with its year, a weekday, a number, a time on the clock; or say why not."""

import re
from datetime import date, time

from models.rules.calendar import AFTERNOON, MORNING
from models.rules.numerals import compact, number
from models.rules.weekdays import CHINESE_DAYS, ENGLISH_DAYS, place_of

_DAY = re.compile(r"(20\d\d)(?:[-/.]|年)(\d{1,2})(?:[-/.]|月)(\d{1,2})日?(?:\(.*\)|[周星期].*)?")
_MONTH_DAY = re.compile(r"(\d{1,2})(?:[-/.]|月)(\d{1,2})日?")
_CLOCK = re.compile(r"(上午|早上|中午|下午|晚上)?(\d{1,2})[:点时](半|\d{2})?分?(?::00)?")
_WEEKDAY = re.compile(
    rf"(?:按?(?:周|星期|礼拜)?(?P<cn>[{CHINESE_DAYS}天])|(?P<en>{'|'.join(ENGLISH_DAYS)})[a-z]*|(?P<n>[1-7]))(?:的课|课表|课)?"
)
_HALF = re.compile("(?P<am>上午|早上|am|morning)|下午|pm|afternoon")
_COUNT = re.compile(r"第?(?P<n>[0-9]{1,3}|[一二三四五六七八九十]{1,3})[个]?(?:周|节课|节|weeks?)?")


class BadCell(ValueError):
    """A cell that cannot be read; the message tells the clerk how to write it."""


def day_in(cell: str) -> date:
    """Read a day with its year; raise BadCell."""
    found = _DAY.fullmatch(cell.replace(" ", ""))
    if found is None:
        raise BadCell(f"日期“{cell}”看不懂，请写成 2026-09-30（要有年份）。")
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        raise BadCell(f"日历上没有“{cell}”这一天。") from None


def month_day_in(cell: str) -> str:
    """Read a day of any year as MM-DD; raise BadCell."""
    found = _MONTH_DAY.fullmatch(cell.replace(" ", ""))
    try:
        day = date(2024, int(found[1]), int(found[2])) if found else day_in(cell)
    except ValueError:
        raise BadCell(f"“{cell}”看不懂，请写成几月几日，例如 5月1日。") from None
    return f"{day:%m-%d}"


def weekday_in(cell: str) -> int:
    """Read a weekday, 0 = Monday; raise BadCell."""
    found = _WEEKDAY.fullmatch(compact(cell))
    if found is None:
        raise BadCell(f"“{cell}”不是星期几，请写成 周一 到 周日。")
    return int(found["n"]) - 1 if found["n"] else place_of(found["cn"] or found["en"])


def half_in(cell: str) -> str:
    """Read half a day, am or pm; raise BadCell."""
    found = _HALF.fullmatch(compact(cell))
    if found is None:
        raise BadCell(f"“{cell}”看不懂，请写成 上午 或 下午；全天就空着。")
    return MORNING if found["am"] else AFTERNOON


def count_in(cell: str, what: str, most: int) -> int:
    """Read a whole number from 1 to `most`: 20, 20周, 第三节; raise BadCell."""
    found = _COUNT.fullmatch(compact(cell))
    value = number(found["n"]) if found else 0
    if not 1 <= value <= most:
        raise BadCell(f"{what}“{cell}”应当是 1 到 {most} 的数。")
    return value


def time_in(cell: str) -> time:
    """Read a time of the day; raise BadCell."""
    found = _CLOCK.fullmatch(cell.replace(" ", ""))
    try:
        if found is None:
            raise ValueError(cell)
        afternoon = (found[1] in ("下午", "晚上") and int(found[2]) < 12) or (found[1] == "中午" and int(found[2]) < 3)
        return time(int(found[2]) + 12 * afternoon, 30 if found[3] == "半" else int(found[3] or 0))
    except ValueError:
        raise BadCell(f"时间“{cell}”看不懂，请写成 08:20。") from None


def shown(day: date) -> str:
    """Write a day for the clerk, with its weekday."""
    return f"{day}（周{CHINESE_DAYS[day.weekday()]}）"


def span_shown(first: date, last: date) -> str:
    """Write one day, or a stretch of days."""
    return shown(first) if first == last else f"{shown(first)}到{shown(last)}"
