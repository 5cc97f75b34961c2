"""The timetable (课表) as a list: each row one lesson of the week, with its class, subject and teacher."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.office.cells import BadCell, count_in, weekday_in
from bot.office.sheets import Column, Faults, Row
from models.rules.timetable import ALL, EVEN, ODD

COLUMNS = (
    Column("class_name", ("班级", "班級", "班", "class"), needed=True),
    Column("weekday", ("星期", "周几", "週幾", "星期几", "weekday", "day"), needed=True),
    Column("period", ("节次", "節次", "第几节", "period"), needed=True),
    Column("subject", ("学科", "學科", "科目", "课程", "subject")),
    Column("teacher", ("老师", "老師", "教师", "教師", "任课老师", "任课教师", "姓名", "teacher")),
    Column("staff_no", ("工号", "工號", "教工号", "staff no", "staff number")),
    Column("weeks", ("单双周", "單雙週", "周次", "weeks")),
    Column("stage", ("学段", "學段", "部", "stage")),
    Column("term", ("学期", "學期", "term")),
    Column("note", ("备注", "備註", "note")),
)
WEEK_WORDS = {
    "": ALL, "每周": ALL, "每週": ALL, "全": ALL, "all": ALL, "every": ALL, "单双": ALL,
    "单": ODD, "單": ODD, "单周": ODD, "單週": ODD, "odd": ODD,
    "双": EVEN, "雙": EVEN, "双周": EVEN, "雙週": EVEN, "even": EVEN,
}  # fmt: skip
LONGEST_CLASS, MOST_PERIODS = 30, 20


@dataclass(frozen=True)
class SaidLesson:
    """What the file says of one lesson; `sheet` is the title of the sheet where there are several."""

    sheet: str
    line: int
    class_name: str
    subject: str
    teacher: str  # a name, or empty where a staff number says it
    staff_no: str
    weekday: int
    period: int
    weeks: str = ALL
    stage: str = ""
    term: str = ""


def lessons_in(rows: Iterable[Row], sheet: str, faults: Faults) -> Iterator[SaidLesson]:
    """Read the lessons of a list; every fault is noted."""
    for row in rows:
        try:
            yield from _lessons(row, sheet)
        except BadCell as bad:
            faults.add(row.line, str(bad))


def _lessons(row: Row, sheet: str) -> Iterator[SaidLesson]:
    class_name = full_width(row["class_name"])
    if not class_name or len(class_name) > LONGEST_CLASS:
        raise BadCell("没有写班级。" if not class_name else f"班级名称太长（最多 {LONGEST_CLASS} 字）。")
    if not row["teacher"] and not row["staff_no"]:
        raise BadCell("没有写老师，请写姓名或工号。")
    weekday, weeks = weekday_in(row["weekday"]), weeks_in(row["weeks"])
    for period in periods_in(row["period"]):
        yield SaidLesson(
            sheet, row.line, class_name, row["subject"], row["teacher"], row["staff_no"], weekday, period, weeks,
            row["stage"], row["term"],
        )  # fmt: skip


def full_width(class_name: str) -> str:
    """Write the brackets of a class as the roster does: 三（1）班."""
    return class_name.replace("(", "（").replace(")", "）")


def weeks_in(cell: str) -> str:
    """Read which weeks a lesson is held in; raise BadCell."""
    if cell.lower() not in WEEK_WORDS:
        raise BadCell(f"单双周“{cell}”看不懂，请写 单周、双周，或留空（每周）。")
    return WEEK_WORDS[cell.lower()]


def periods_in(cell: str) -> list[int]:
    """Read one lesson, or several: 3, 第3节, 3-4, 3、4; raise BadCell."""
    parts = re.split("[-~、,到至]", cell.strip("第节 "))
    numbers = [count_in(part, "节次", MOST_PERIODS) for part in parts]
    if len(parts) == 2 and re.search("[-~到至]", cell):
        numbers = list(range(numbers[0], numbers[1] + 1))
    if not numbers:
        raise BadCell(f"节次“{cell}”看不懂，请写成 3 或 3-4。")
    return numbers
