"""The import of bells and lessons: what is added, removed and kept is shown, and what hangs on it; whole or not at all."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.config import Settings
from bot.errors import BadRows
from bot.office.bell_rows import Table, table_shown
from bot.office.cells import shown
from bot.office.report import Report, few, refused
from bot.office.sheets import read_grids
from bot.office.timetable_plan import Check, Known, Plan, Taught, grouped, lesson_shown
from bot.office.visits import lost_visits, ring_anew
from bot.planning import replan_everyone
from bot.school import as_moved, as_plan, as_weekly, note_edit, school_clock
from models import AuditEvent, BellTable, Lesson, LessonMove, Person, Term
from models.closed_days import gone_prompts
from models.enrolment import enrolled
from models.rules.bells import Bell
from models.rules.timetable import WeeklyLesson
from models.school import all_lessons, all_terms, bell_tables, moves_between, moves_of
from models.store import Store

LONG = timedelta(days=400)  # no move and no visit is planned further ahead
Key = tuple[UUID | None, UUID, str, int, int, str]
"""Where a lesson stands: term, teacher, class, weekday, period, weeks. What is taught may change in place."""


@dataclass
class Changes:
    """What was done, in words for the clerk and in numbers."""

    bells: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    kept: int = 0
    moves: list[str] = field(default_factory=list)  # 调课 to come that fall away with their lesson
    visits: int = 0  # arranged visits to lessons that are not held then any more

    def __bool__(self) -> bool:
        """Say whether anything was done at all."""
        return bool(self.bells or self.added or self.removed or self.changed)

    def counts(self) -> dict[str, int]:
        """Count by kind."""
        return {
            "bells": len(self.bells), "added": len(self.added), "removed": len(self.removed),
            "changed": len(self.changed), "kept": self.kept, "moves": len(self.moves), "visits": self.visits,
        }  # fmt: skip


def timetable(store: Store, settings: Settings, path: Path, now: datetime, apply: bool) -> Report:
    """Import bells and lessons; without `apply` it is carried out and taken back, so that the answer is exact."""
    today = now.astimezone(ZoneInfo(settings.timezone)).date()
    try:
        grids = read_grids(path)
        with store.writing() as session:
            bells = [as_plan(table) for table in bell_tables(session)]
            known = Known(enrolled(session), school_clock(session).calendar, bells, today)
            plan = Check(known).plan(grids)
            changes = carry_out(session, plan, now, today)
            if not apply:
                session.rollback()
    except BadRows as error:
        return refused("课表没有导入：", error)
    return Report(tuple(_lines(plan, changes, apply)), facts=changes.counts())


def carry_out(session: Session, plan: Plan, now: datetime, today: date) -> Changes:
    """Write the plan within the session's transaction; lessons that stay keep their rows, so that moves stay too."""
    changes, before = Changes(), _weekly(session)
    moves = [as_moved(move) for move in moves_between(session, today, today + LONG)]
    _write_bells(session, plan.tables, changes)
    if plan.lessons:
        _write_lessons(session, plan, changes, today)
    session.flush()
    lost = lost_visits(session, [before, _weekly(session)], moves, school_clock(session), today)
    changes.visits = len(lost)
    if changes:
        note_edit(session)
        event = AuditEvent(at=now, what="imported", facts={"kind": "timetable", **changes.counts()})
        session.add_all([event, *gone_prompts(lost, event.id, now)])
        ring_anew(session, now)
        replan_everyone(session, now)
    session.flush()
    return changes


def _weekly(session: Session) -> list[WeeklyLesson]:
    return [as_weekly(lesson, term) for lesson, term in all_lessons(session)]


def _write_bells(session: Session, tables: dict[Table, tuple[Bell, ...]], changes: Changes) -> None:
    """Make the bells of every part of the school that the file names exactly those of the file."""
    stages = {stage for stage, _season in tables}
    rows = {_table_of(row): row for row in bell_tables(session) if row.stage in stages}
    for table in rows.keys() - tables.keys():
        session.delete(rows[table])
        changes.bells.append(f"去掉：{table_shown(table)}")
    for table, bells in tables.items():
        times = [[f"{bell.start:%H:%M}", f"{bell.end:%H:%M}"] for bell in bells]
        row, season = rows.get(table), table[1] or (None, None)
        if row is None:
            session.add(BellTable(stage=table[0], season_first=season[0], season_last=season[1], bells=times))
            changes.bells.append(f"新增：{table_shown(table)}，{len(times)} 节，{times[0][0]} 到 {times[-1][1]}")
        elif row.bells != times:
            row.bells = times
            changes.bells.append(f"修改：{table_shown(table)}，{len(times)} 节，{times[0][0]} 到 {times[-1][1]}")


def _table_of(row: BellTable) -> Table:
    season = (row.season_first, row.season_last) if row.season_first and row.season_last else None
    return row.stage, season


def _write_lessons(session: Session, plan: Plan, changes: Changes, today: date) -> None:
    """Make the lessons of the file's terms those of the file; lessons from before there was any term go as well."""
    terms: dict[str | None, Term] = {term.name: term for term in all_terms(session)}
    scope = {terms[name].id if name else None for name in plan.terms} | {None}
    rows = {_key(lesson): lesson for lesson, _term in all_lessons(session) if lesson.term_id in scope}
    wanted = {_wanted_key(one, terms): one for one in plan.lessons}
    for key in sorted(rows.keys() - wanted.keys(), key=_order):
        _remove(session, rows[key], changes, today)
    for key in sorted(wanted, key=_order):
        _put(session, key, wanted[key], rows.get(key), changes)


def _key(lesson: Lesson) -> Key:
    return lesson.term_id, lesson.teacher_id, lesson.class_name, lesson.weekday, lesson.period, lesson.weeks


def _wanted_key(one: Taught, terms: dict[str | None, Term]) -> Key:
    term_id = terms[one.term].id if one.term else None
    return term_id, one.teacher.id, one.said.class_name, one.said.weekday, one.said.period, one.said.weeks


def _order(key: Key) -> tuple[str, int, int, str]:
    return key[2], key[3], key[4], key[5]


def _put(session: Session, key: Key, one: Taught, row: Lesson | None, changes: Changes) -> None:
    said = one.said
    told = lesson_shown(said.class_name, said.weekday, said.period, said.weeks, said.subject, one.teacher.name)
    if row is None:
        session.add(
            Lesson(
                term_id=key[0], teacher_id=one.teacher.id, class_name=said.class_name, subject=said.subject,
                weekday=said.weekday, period=said.period, weeks=said.weeks, stage=one.stage,
            )
        )  # fmt: skip
        changes.added.append(told)
    elif (row.subject, row.stage) != (said.subject, one.stage):
        changes.changed.append(
            f"{told}（原来是{row.subject or '没有写学科'}）" if row.subject != said.subject else told
        )
        row.subject, row.stage = said.subject, one.stage
    else:
        changes.kept += 1


def _remove(session: Session, lesson: Lesson, changes: Changes, today: date) -> None:
    """Take a lesson out with its moves; those to come are told."""
    name = session.get_one(Person, lesson.teacher_id).name
    told = lesson_shown(lesson.class_name, lesson.weekday, lesson.period, lesson.weeks, lesson.subject, name)
    changes.removed.append(told)
    for move in moves_of(session, lesson.id):
        if move.undone_at is None and max(move.from_day, move.to_day) >= today:
            changes.moves.append(f"{told}，{_move_shown(move)}")
        session.delete(move)
    session.flush()
    session.delete(lesson)


def _move_shown(move: LessonMove) -> str:
    return f"{shown(move.from_day)}第 {move.from_period} 节调到{shown(move.to_day)}第 {move.to_period} 节"


def _lines(plan: Plan, changes: Changes, apply: bool) -> list[str]:
    lines = ["课表已导入。" if apply else "课表可以导入（这是预览，还没有写入）。"]
    lines += few(f"  作息{line}" for line in changes.bells)
    if plan.lessons:
        lines.append(
            f"{grouped(plan.terms)}的课表换成这一份，共 {len(plan.lessons)} 节：新增 {len(changes.added)}，"
            f"去掉 {len(changes.removed)}，改动 {len(changes.changed)}，不变 {changes.kept}。"
        )
    for title, entries in (("新增", changes.added), ("去掉", changes.removed), ("改动", changes.changed)):
        lines += few(f"  {title}：{entry}" for entry in entries)
    lines += few(f"  调课也一起去掉：{entry}" for entry in changes.moves)
    if changes.visits:
        lines.append(f"  {changes.visits} 次约好的听课，课表上那时没有这节课了（会告诉双方）。")
    lines += [f"  注意：{notice}" for notice in plan.notices]
    if not apply:
        lines.append("确认无误后，加上 --apply 再运行一次。" if changes else "和知行里的一样，没有要改的。")
    return lines
