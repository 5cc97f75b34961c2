"""The calendar file (校历): each row a term, days off, days worked, an exam, a vacation, or days of the official list."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from bot.office.cells import BadCell, count_in, day_in, half_in, shown, weekday_in
from bot.office.sheets import Column, Faults, Row

COLUMNS = (
    Column("kind", ("类型", "類型", "种类", "kind", "type"), needed=True),
    Column("name", ("名称", "名稱", "name")),
    Column("first", ("开始", "開始", "开始日期", "日期", "from", "start", "date"), needed=True),
    Column("last", ("结束", "結束", "结束日期", "to", "end")),
    Column("weeks", ("周数", "週數", "周次", "weeks")),
    Column("first_day", ("开学日", "開學日", "first day")),
    Column("last_day", ("最后一天", "最後一天", "last day")),
    Column("follows", ("上周几的课", "上週幾的課", "按周几", "课表", "lessons of")),
    Column("half", ("半天", "上午下午", "half day", "half")),
    Column("note", ("备注", "備註", "说明", "note")),
)
TERM, OFF, WORK, EXAM, VACATION, OFF_BY_LAW, WORK_BY_LAW = (
    "学期", "放假", "上课", "考试", "寒暑假", "国家放假", "国家调休",
)  # fmt: skip
KIND_WORDS = {
    "学期": TERM, "學期": TERM, "term": TERM,
    "放假": OFF, "停课": OFF, "停課": OFF, "休息": OFF, "校假": OFF, "off": OFF, "closed": OFF, "holiday": OFF,
    "上课": WORK, "上課": WORK, "上班": WORK, "调休": WORK, "調休": WORK, "补课": WORK, "補課": WORK, "补班": WORK,
    "上班/上课": WORK, "work": WORK, "school": WORK, "school day": WORK,
    "考试": EXAM, "考試": EXAM, "exam": EXAM, "exams": EXAM,
    "寒假": VACATION, "暑假": VACATION, "寒暑假": VACATION, "假期": VACATION, "vacation": VACATION, "break": VACATION,
    "国家放假": OFF_BY_LAW, "國家放假": OFF_BY_LAW, "法定节假日": OFF_BY_LAW, "法定假日": OFF_BY_LAW,
    "official off": OFF_BY_LAW, "public holiday": OFF_BY_LAW,
    "国家调休": WORK_BY_LAW, "國家調休": WORK_BY_LAW, "国家上班": WORK_BY_LAW, "official work": WORK_BY_LAW,
}  # fmt: skip
MOST_DAYS = {TERM: 0, OFF: 60, WORK: 14, EXAM: 31, VACATION: 120, OFF_BY_LAW: 31, WORK_BY_LAW: 7}
MOST_WEEKS = 30
LONGEST_NAME = 40
ONE_DAY = timedelta(days=1)
T = TypeVar("T")


@dataclass(frozen=True)
class Said:
    """What one row says; `last` is never before `first`, and of a term it is the last day, if that is said."""

    line: int
    kind: str
    name: str
    first: date
    last: date
    weeks: int | None = None
    first_day: date | None = None
    last_day: date | None = None
    follows: int | None = None
    half: str = ""  # am or pm, where only half of each day is off

    @property
    def days(self) -> list[date]:
        """List every day from the first through the last."""
        return [self.first + ONE_DAY * ahead for ahead in range((self.last - self.first).days + 1)]


def said_in(row: Row, faults: Faults) -> Said | None:
    """Read one row, or note every fault of it."""
    before = len(faults.found)
    kind, name = _kind(row, faults)
    first = _read(row, "first", day_in, faults)
    last = _read(row, "last", day_in, faults) or first
    follows = _read(row, "follows", weekday_in, faults)
    half = _read(row, "half", half_in, faults) or ""
    if not row["first"]:
        faults.add(row.line, "没有写开始的日期。")
    if len(name) > LONGEST_NAME:
        faults.add(row.line, f"名称太长（超过 {LONGEST_NAME} 字）。")
    if first is not None and last is not None and last < first:
        faults.add(row.line, f"结束（{shown(last)}）比开始（{shown(first)}）还早。")
    if kind is None or first is None or last is None or len(faults.found) > before:
        return None
    said = Said(row.line, kind, name, first, last, follows=follows, half=half)
    said = _term(row, name, first, faults) if kind == TERM else said
    _check(said, row, faults)
    return None if len(faults.found) > before else said


def _kind(row: Row, faults: Faults) -> tuple[str | None, str]:
    """Give the kind and the name; 期中考试 and 寒假 in the column of kinds are names too."""
    word, name = row["kind"].lower(), row["name"]
    if word in KIND_WORDS:
        return KIND_WORDS[word], name or (row["kind"] if KIND_WORDS[word] == VACATION else "")
    if re.fullmatch(".{2,8}(?:考试|考試)", word):
        return EXAM, name or row["kind"]
    faults.add(row.line, f"不认识的类型“{row['kind']}”。可以写：{' '.join(MOST_DAYS)}。")
    return None, name


def _read(row: Row, column: str, read: Callable[[str], T], faults: Faults) -> T | None:
    try:
        return read(row[column]) if row[column] else None
    except BadCell as bad:
        faults.add(row.line, str(bad))
        return None


def _term(row: Row, name: str, monday: date, faults: Faults) -> Said:
    weeks = _read(row, "weeks", lambda cell: count_in(cell, "周数", MOST_WEEKS), faults)
    first_day = _read(row, "first_day", day_in, faults)
    last_day = _read(row, "last_day", day_in, faults) or _read(row, "last", day_in, faults)
    return Said(row.line, TERM, name, monday, last_day or monday, weeks, first_day, last_day)


def _check(said: Said, row: Row, faults: Faults) -> None:
    if said.kind == TERM:
        _check_term(said, faults)
    elif len(said.days) > MOST_DAYS[said.kind]:
        faults.add(
            row.line, f"{said.kind}一次最多写 {MOST_DAYS[said.kind]} 天，这里是 {len(said.days)} 天；是不是年份写错了？"
        )
    if said.follows is not None and (said.kind not in (WORK, WORK_BY_LAW) or said.first != said.last):
        faults.add(row.line, "“上周几的课”只用在“上课”的某一天上，一天一行。")
    if row["half"] and said.kind != OFF:
        faults.add(row.line, "“半天”只用在“放假”或“停课”上。")
    years = set(re.findall("20[0-9]{2}", said.name)) - {str(said.first.year), str(said.last.year)}
    if years and said.kind != TERM:
        faults.add(row.line, f"名称写的是 {'、'.join(sorted(years))} 年，日期却在 {said.first.year} 年。")


def _check_term(said: Said, faults: Faults) -> None:
    if not said.name:
        faults.add(said.line, "学期要有名称，例如 2026年秋季学期。")
    if said.weeks is None:
        faults.add(said.line, "没有写这个学期有几周，请填在“周数”里。")
    if said.first.weekday() != 0:
        monday = said.first - ONE_DAY * said.first.weekday()
        faults.add(
            said.line,
            f"第 1 周要从周一算起，{shown(said.first)}不是；那一周的周一是 {shown(monday)}。开学那天另写在“开学日”。",
        )
    first_day, last_day = said.first_day or said.first, said.last_day
    if first_day < said.first or (last_day is not None and last_day < first_day):
        faults.add(said.line, f"开学日（{shown(first_day)}）要在第 1 周周一和最后一天之间。")
    if said.weeks is not None:
        after = said.first + timedelta(weeks=said.weeks)
        if first_day >= after or (last_day is not None and last_day >= after):
            faults.add(said.line, f"{said.weeks} 周到 {shown(after - ONE_DAY)}为止，开学日和最后一天要在这之前。")
