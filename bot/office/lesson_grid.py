"""The timetable as schools print it: one class a sheet or block, weekdays across, lessons down, a cell 语文 林晓."""

import re
from collections.abc import Iterator, Sequence

from bot.office.cells import BadCell, count_in, weekday_in
from bot.office.lesson_rows import MOST_PERIODS, SaidLesson, full_width, weeks_in
from bot.office.sheets import Faults, Grid, tidy

FEWEST_DAYS = 4  # weekdays in the headings of a block
CLASS = re.compile(r".*?((?:[小初高]?[一二三四五六七八九123456789](?:年级)?|高[一二三]|初[一二三])\(?\d{1,2}\)?班).*")
IN_WEEKS = re.compile(r"\(?(单周?|双周?|單週?|雙週?)\)?")
_NUMBER = "([0-9]{1,2}|十?[一二三四五六七八九]|十)"
PERIOD = re.compile(rf"第?{_NUMBER} ?节|{_NUMBER}$")
APART = re.compile(r"[;；|\n/]")

Block = tuple[str, dict[int, int], list[tuple[int, list[str]]]]
"""A class, the weekday of each column, and the lines below."""


def is_grid(grid: Grid) -> bool:
    """Say whether a sheet holds at least one block of weekdays."""
    return any(_weekdays(cells) for _line, cells in grid.lines)


def lessons_in_grid(grid: Grid, names: Sequence[str], faults: Faults, unsaid: list[str]) -> Iterator[SaidLesson]:
    """Read every block of a sheet; `names` are the teachers we know, `unsaid` gathers lessons without a teacher."""
    for class_name, days, lines in _blocks(grid, faults):
        for line, cells in lines:
            period = _period(cells[: min(days)])
            lessons = {column: cells[column] for column in days if column < len(cells) and cells[column].strip()}
            if period is None:  # 早读、午休、大课间: no lesson of the bell table
                unsaid += (
                    [f"{class_name}“{tidy(cells[0])}”一行"]
                    if any(_has_name(t, names) for t in lessons.values())
                    else []
                )
                continue
            for column, text in lessons.items():
                yield from _cell(text, names, (grid.title, line, class_name, days[column], period), faults, unsaid)


def _blocks(grid: Grid, faults: Faults) -> Iterator[Block]:
    heads = [place for place, (_line, cells) in enumerate(grid.lines) if _weekdays(cells)]
    ends = [*heads[1:], len(grid.lines)]
    for number, (head, end) in enumerate(zip(heads, ends, strict=True)):
        above = grid.lines[heads[number - 1] + 1 if number else 0 : head]
        class_name = _class_above(above, grid.title)
        if not class_name:
            faults.add(grid.lines[head][0], "看不出这张课表是哪个班的，请在上面一行写上班级，例如 三（1）班。")
            continue
        below = grid.lines[head + 1 : end]
        # The next block's own title stands among our last lines; it holds no number of a lesson.
        yield full_width(class_name), _weekdays(grid.lines[head][1]), below


def _weekdays(cells: list[str]) -> dict[int, int]:
    """Find the columns that are headed by weekdays; none when there are too few of them."""
    found: dict[int, int] = {}
    for place, cell in enumerate(cells):
        text = tidy(cell)
        if text and not text.isdecimal():
            try:
                found[place] = weekday_in(text)
            except BadCell:
                continue
    return found if len(set(found.values())) >= FEWEST_DAYS else {}


def _class_above(lines: list[tuple[int, list[str]]], title: str) -> str:
    for _line, cells in reversed(lines):
        for cell in cells:
            if found := CLASS.fullmatch(tidy(cell)):
                return found[1]
    found = CLASS.fullmatch(tidy(title))
    return found[1] if found else ""


def _period(cells: list[str]) -> int | None:
    """Find the number of the lesson among the cells to the left: 第3节, 三, 3, 第3节 10:20-11:00."""
    for cell in reversed(cells):
        if found := PERIOD.match(tidy(cell)):
            return count_in(found[1] or found[2], "节次", MOST_PERIODS)
    return None


def _cell(
    text: str, names: Sequence[str], at: tuple[str, int, str, int, int], faults: Faults, unsaid: list[str]
) -> Iterator[SaidLesson]:
    """Read the lessons of one cell: one, or two in turn (单周, 双周)."""
    sheet, line, class_name, weekday, period = at
    parts = [part for part in APART.split(text) if part.strip()]
    # A line break, or a stroke, may as well stand between the subject and its teacher.
    if len(parts) == 2 and not all(IN_WEEKS.search(tidy(part)) for part in parts):
        parts = [" ".join(parts)]
    for part in parts:
        weeks = IN_WEEKS.search(tidy(part))
        words = (
            IN_WEEKS.sub(" ", part).replace("(", " ").replace(")", " ").replace("（", " ").replace("）", " ").split()
        )
        subject, teacher = _taken_apart(words, names)
        if not teacher:
            unsaid.append(f"{class_name}周{'一二三四五六日'[weekday]}第{period}节“{tidy(part)}”")
            continue
        yield SaidLesson(
            sheet, line, class_name, subject, teacher, "", weekday, period, weeks_in(weeks[1]) if weeks else "all"
        )


def _has_name(text: str, names: Sequence[str]) -> bool:
    return any(name in tidy(text) for name in names)


def _taken_apart(words: list[str], names: Sequence[str]) -> tuple[str, str]:
    """Give subject and teacher: a word that is a name we know, else the last of two; 语文林晓 is seen by the name."""
    known = next((word for word in words if word in names), "")
    if known:
        return "".join(word for word in words if word != known), known
    if len(words) == 1:
        end = max((name for name in names if words[0].endswith(name)), key=len, default="")
        return (words[0].removesuffix(end), end) if end else (words[0], "")
    return "".join(words[:-1]), words[-1]
