"""What a timetable file would make of the bells and lessons, or every row that cannot be; pure."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID, uuid4

from bot.errors import BadRows
from bot.office import bell_rows, lesson_rows
from bot.office.bell_rows import Table, as_plans, tables_in
from bot.office.lesson_grid import is_grid, lessons_in_grid
from bot.office.lesson_rows import SaidLesson, lessons_in
from bot.office.sheets import WHOLE_FILE, Faults, Grid, headings_in, sheet_of, tidy
from models.enrolment import Enrolled
from models.rules.bells import DEFAULT_BELLS, Bell, BellBook, BellPlan
from models.rules.calendar import Calendar, TermSpan
from models.rules.timetable import WeeklyLesson, clashes
from models.rules.weekdays import CHINESE_DAYS


@dataclass(frozen=True)
class Known:
    """What the school has already: its people, its year, its bells."""

    people: Sequence[Enrolled]
    year: Calendar
    bells: Sequence[BellPlan]
    today: date


@dataclass(frozen=True)
class Taught:
    """One lesson of the file, with who it is; `term` is the name of its term, None where none is entered."""

    said: SaidLesson
    teacher: Enrolled
    term: str | None
    stage: str


@dataclass(frozen=True)
class Plan:
    """All that an import would do; a term in `terms` has these lessons and no others."""

    tables: dict[Table, tuple[Bell, ...]]
    lessons: tuple[Taught, ...]
    terms: frozenset[str | None]
    notices: tuple[str, ...]


@dataclass
class Check:
    """One check of a file, sheet by sheet; the faults gather, each with the title of its sheet."""

    known: Known
    faults: Faults = field(default_factory=Faults)
    notices: list[str] = field(default_factory=list)

    def plan(self, grids: Sequence[Grid]) -> Plan:
        """Turn the sheets into a plan; raise BadRows with every fault."""
        tables: dict[Table, tuple[Bell, ...]] = {}
        said: list[SaidLesson] = []
        for grid in grids:
            self._read(grid, tables, said, len(grids) > 1)
        if not self.faults.found and not tables and not said:
            self.faults.add(WHOLE_FILE, _NOT_KNOWN)
        book = BellBook((*self._kept_bells(tables), *as_plans(tables)))
        lessons = [lesson for one in said if (lesson := self._lesson(one, book))]
        self._refuse_clashes(lessons)
        self.faults.raise_if_any()
        return Plan(tables, tuple(lessons), frozenset(one.term for one in lessons), tuple(self.notices))

    # Sheets

    def _read(
        self, grid: Grid, tables: dict[Table, tuple[Bell, ...]], said: list[SaidLesson], is_one_of_many: bool
    ) -> None:
        """Read one sheet by its headings: bells, a list of lessons, or the printed form."""
        faults, title = Faults(), grid.title if is_one_of_many else ""
        tidied = [(line, [tidy(cell) for cell in cells]) for line, cells in grid.lines]
        try:
            if headings_in(grid, bell_rows.COLUMNS):
                sheet = sheet_of(tidied, bell_rows.COLUMNS)
                for table, bells in tables_in(sheet.rows, faults).items():
                    if table in tables:
                        faults.add(WHOLE_FILE, f"{bell_rows.table_shown(table)}的作息写了两张。")
                    tables[table] = bells
            elif headings_in(grid, lesson_rows.COLUMNS):
                sheet = sheet_of(tidied, lesson_rows.COLUMNS)
                said += lessons_in(sheet.rows, title, faults)
            elif is_grid(grid):
                self._read_grid(Grid(title or grid.title, grid.lines), said, faults)
            elif is_one_of_many:
                self.notices.append(f"没有读“{grid.title}”这一页：不是作息表，也不是课表。")
            else:
                faults.add(WHOLE_FILE, _NOT_KNOWN)
        except BadRows as bad:
            faults.found += bad.faults
        for line, why in faults.found:
            self.faults.add(line, _in_sheet(title, why))

    def _read_grid(self, grid: Grid, said: list[SaidLesson], faults: Faults) -> None:
        names = [one.name for one in self.known.people if not one.has_left]
        unsaid: list[str] = []
        said += lessons_in_grid(grid, names, faults, unsaid)
        if unsaid:
            more = f"等 {len(unsaid)} 处" if len(unsaid) > 5 else ""
            self.notices.append(f"没有写老师，没有读进来：{'、'.join(unsaid[:5])}{more}。")

    def _kept_bells(self, tables: dict[Table, tuple[Bell, ...]]) -> list[BellPlan]:
        stages = {stage for stage, _season in tables}
        return [plan for plan in self.known.bells if plan.stage not in stages]

    # Lessons

    def _lesson(self, said: SaidLesson, book: BellBook) -> Taught | None:
        teacher, term = self._teacher(said), self._term(said)
        stage_is_fine = self._check_stage(said, book)
        last = _last_period(book, said.stage)
        if said.period > last:
            self._fault(said, f"第 {said.period} 节超出了作息表，{said.stage or '全校'}一天只有 {last} 节。")
        if teacher is None or term is None or not stage_is_fine or said.period > last:
            return None
        return Taught(said, teacher, term[0], said.stage)

    def _teacher(self, said: SaidLesson) -> Enrolled | None:
        here = [one for one in self.known.people if not one.has_left]
        meant = [one for one in here if _is_meant(said, one)]
        if len(meant) == 1:
            return meant[0]
        who = said.teacher or said.staff_no
        if meant:
            self._fault(said, f"“{who}”有 {len(meant)} 位，请写工号。")
        else:
            near = difflib.get_close_matches(who, [one.name for one in here], n=1, cutoff=0.5)
            self._fault(said, f"名单里没有“{who}”。" + (f"是不是“{near[0]}”？" if near else "请先导入名单。"))
        return None

    def _term(self, said: SaidLesson) -> tuple[str | None] | None:
        """Give the term that is named, else the one that is now or comes next; None where there is no such term."""
        terms = self.known.year.terms
        if not said.term:
            near = self.known.year.term_near(self.known.today)
            return (near.name if near else None,)
        if any(term.name == said.term for term in terms):
            return (said.term,)
        names = "、".join(f"“{term.name}”" for term in terms)
        self._fault(said, f"没有学期“{said.term}”" + (f"，有的是{names}。" if names else "，请先导入校历。"))
        return None

    def _check_stage(self, said: SaidLesson, book: BellBook) -> bool:
        if said.stage and book.stages and said.stage not in book.stages:
            near = difflib.get_close_matches(said.stage, book.stages, n=1, cutoff=0.3)
            self._fault(said, f"作息表里没有学段“{said.stage}”。" + (f"是不是“{near[0]}”？" if near else ""))
            return False
        return True

    def _refuse_clashes(self, lessons: list[Taught]) -> None:
        spans = {term.name: term for term in self.known.year.terms}
        weekly = {as_weekly(uuid4(), one, spans.get(one.term or "")): one for one in lessons}
        for earlier, later in clashes(weekly):
            self._refuse_clash(weekly[earlier], weekly[later])

    def _refuse_clash(self, one: Taught, other: Taught) -> None:
        at = f"周{CHINESE_DAYS[other.said.weekday]}第 {other.said.period} 节"
        where = _line_of(one.said, other.said)
        if one.teacher.id == other.teacher.id and one.said.class_name == other.said.class_name:
            self._fault(other.said, f"{other.said.class_name}{at}写了两次（{where}也写了）。")
        elif one.teacher.id == other.teacher.id:
            self._fault(
                other.said,
                f"{other.teacher.name}{at}同时在{one.said.class_name}（{where}）和{other.said.class_name}。",
            )
        else:
            self._fault(
                other.said,
                f"{other.said.class_name}{at}有两节课：{_told(one)}（{where}）和{_told(other)}。",
            )

    def _fault(self, said: SaidLesson, why: str) -> None:
        self.faults.add(said.line, _in_sheet(said.sheet, why))


_NOT_KNOWN = (
    "看不出这是作息表还是课表。作息表的表头：学段 节次 上课 下课；课表的表头：班级 学科 老师 星期 节次 单双周；"
    "也可以用印出来的样子：上面写班级，横排周一到周五，竖排第几节，格子里写“语文 林老师”。"
)


def as_weekly(id: UUID, lesson: Taught, term: TermSpan | None) -> WeeklyLesson:
    """Give a lesson of the file as the rules know it."""
    said = lesson.said
    return WeeklyLesson(
        id, lesson.teacher.id, said.class_name, said.subject, said.weekday, said.period, said.weeks, lesson.stage,
        term.begins if term else None, term.ends if term else None,
    )  # fmt: skip


def _is_meant(said: SaidLesson, one: Enrolled) -> bool:
    if said.staff_no:
        return said.staff_no == one.staff_no and said.teacher in ("", one.name)
    return said.teacher in (one.name, one.staff_no, *(f"{one.name}({group})" for group in one.groups))


def _last_period(book: BellBook, stage: str) -> int:
    """Give the number of lessons that every table of a part of the school has, whatever the season."""
    named = [plan for plan in book.plans if plan.stage == stage] or [plan for plan in book.plans if not plan.stage]
    return min((len(plan.bells) for plan in named or book.plans), default=len(DEFAULT_BELLS))


def _in_sheet(title: str, why: str) -> str:
    return f"（{title}）{why}" if title else why


def _line_of(one: SaidLesson, other: SaidLesson) -> str:
    return f"第 {one.line} 行" if one.sheet == other.sheet else f"“{one.sheet}”第 {one.line} 行"


def _told(lesson: Taught) -> str:
    return f"{lesson.said.subject}{lesson.teacher.name}"


def lesson_shown(class_name: str, weekday: int, period: int, weeks: str, subject: str, teacher: str) -> str:
    """Write one lesson for the clerk."""
    turn = {"odd": "（单周）", "even": "（双周）"}.get(weeks, "")
    return f"{class_name} 周{CHINESE_DAYS[weekday]}第 {period} 节{turn} {subject} {teacher}".replace("  ", " ")


def grouped(names: Iterable[str | None]) -> str:
    """Name the terms whose lessons an import replaces."""
    return "、".join(f"“{name}”" if name else "（还没有学期）" for name in sorted(names, key=str))
