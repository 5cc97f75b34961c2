"""What the doctor says of the school's clock: the term and week, what comes next, the years we know, the timetable."""

from collections.abc import Iterator
from datetime import date

from sqlmodel import Session

from bot.config import Settings
from bot.office.cells import shown, span_shown
from bot.school import school_clock
from models.rules.calendar import REST, VACATION_AT_MOST, Calendar
from models.rules.official_years import missing_year
from models.school import all_lessons, bell_tables

HOW = "python -m bot import calendar 校历.csv（样例：python -m bot init）"
NOT_YET = "还没有学期，周一到周五算上课日；录入：" + HOW

Line = tuple[bool, str]
"""Whether it is well, and the words."""


def school_lines(session: Session, settings: Settings, today: date) -> Iterator[Line]:
    """Tell how the school's clock stands."""
    calendar = school_clock(session).calendar
    yield _term(calendar, today)
    if settings.holidays == "none":
        yield True, "放假安排：按设置不跟国家的安排"
    else:
        yield from _years(calendar, today)
    yield _timetable(session)


def _term(calendar: Calendar, today: date) -> Line:
    if not calendar.terms:
        return True, f"校历：{NOT_YET}"
    week, term = calendar.week_of(today), calendar.term_of(today)
    if term is not None and week is not None:
        weeks = "" if term.weeks is None else f"（共 {term.weeks} 周）"
        ends = "" if term.ends is None else f"，到 {shown(term.ends)}"
        return True, f"校历：今天是{term.name}第 {week.number} 周{weeks}{ends}{_next_holiday(calendar, today)}"
    coming = next((one for one in calendar.terms if one.begins > today), None)
    if coming is not None:
        return True, f"校历：放假中，{coming.name} {shown(coming.begins)}开学"
    last = max((one.ends for one in calendar.terms if one.ends is not None), default=today)
    if today - last > VACATION_AT_MOST:
        return False, f"校历：学期都过去了（最后一天是 {shown(last)}），先按周一到周五算。请导入新学期：{HOW}"
    return False, f"校历：放假中，下学期还没有录入。请导入：{HOW}"


def _next_holiday(calendar: Calendar, today: date) -> str:
    coming = [stretch for stretch in calendar.stretches(REST, today) if stretch.first > today]
    first = min(coming, key=lambda stretch: stretch.first, default=None)
    return f"；下一个假期：{first.name}，{span_shown(first.first, first.last)}" if first else ""


def _years(calendar: Calendar, today: date) -> Iterator[Line]:
    if not calendar.known_years:
        yield True, "放假安排：第一次启动时录入"
        return
    yield True, f"放假安排：有 {'、'.join(map(str, sorted(calendar.known_years)))} 年的"
    missing = missing_year(calendar, today)
    if missing is not None:
        yield (
            False,
            f"放假安排：{missing} 年的还没有，节日前后先当休息。公布后升级知行，或导入一份：{HOW}",
        )


def _timetable(session: Session) -> Line:
    lessons, tables = all_lessons(session), len(bell_tables(session))
    bells = f"作息表 {tables} 张" if tables else "还没有作息表，按常见的一天 8 节算"
    if not lessons:
        return True, f"课表：还没有（python -m bot import timetable 课表.csv）；{bells}"
    teachers = len({lesson.teacher_id for lesson, _term in lessons})
    return True, f"课表：{teachers} 位老师，每周 {len(lessons)} 节；{bells}"
