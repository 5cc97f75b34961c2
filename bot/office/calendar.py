"""The import of the school's year: a plan is shown, with how many people it moves, and carried out whole or not at all."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.config import Settings
from bot.errors import BadRows
from bot.office.calendar_plan import Check, Known, Plan
from bot.office.calendar_rows import COLUMNS
from bot.office.cells import shown, span_shown
from bot.office.report import Report, few, refused
from bot.office.sheets import read_sheet
from bot.planning import moved_by, replan_everyone
from bot.school import as_mark, note_edit, school_clock, visits_between
from models import AuditEvent, SchoolDay, Term
from models.closed_days import closed_prompts, open_prompts
from models.official_days import listed_years, official_rows
from models.overview import visited_lessons
from models.rules.calendar import SCHOOL, Calendar, DayMark, TermSpan
from models.rules.weekdays import CHINESE_DAYS
from models.school import OFFICIAL, OWN, all_terms, marked_days, school_state
from models.store import Store

HALVES = {"am": "上午", "pm": "下午"}
KINDS = {"rest": "放假", "school": "上课", "exam": "考试"}
Marks = dict[date, DayMark]


@dataclass
class Changes:
    """What was done, in words for the clerk and in numbers."""

    terms: list[str] = field(default_factory=list)
    set: Marks = field(default_factory=dict)
    gone: Marks = field(default_factory=dict)
    official: int = 0  # days of the country's list that are new, other or gone
    moved: int = 0  # persons whose next contact comes at another time
    visits: int = 0  # arranged visits on days that have no lessons any more

    def __bool__(self) -> bool:
        """Say whether anything was done at all."""
        return bool(self.terms or self.set or self.gone or self.official)

    def counts(self) -> dict[str, int]:
        """Count by kind."""
        return {
            "terms": len(self.terms), "days": len(self.set), "gone": len(self.gone), "official": self.official,
            "moved": self.moved, "visits": self.visits,
        }  # fmt: skip


def calendar(store: Store, settings: Settings, path: Path, now: datetime, apply: bool, exact: bool = False) -> Report:
    """Import terms and marked days; without `apply` it is carried out and taken back, so that the answer is exact.

    With `exact`, what the school marked within the file's terms and the file does not name is taken out.
    """
    try:
        sheet = read_sheet(path, COLUMNS)
        with store.writing() as session:
            before = school_clock(session).calendar
            known = Known(before, frozenset(listed_years()), settings.holidays == "china")
            plan = Check(known).plan(sheet, path.stem, exact)
            changes = carry_out(session, before, plan, now, now.astimezone(ZoneInfo(settings.timezone)).date())
            if not apply:
                session.rollback()
    except BadRows as error:
        return refused("校历没有导入：", error)
    return Report(tuple(_lines(plan, changes, sheet.unused, apply)), facts=changes.counts())


def carry_out(session: Session, before: Calendar, plan: Plan, now: datetime, today: date) -> Changes:
    """Write the plan within the session's transaction, and have everyone planned anew.

    Whom it moves is asked first, while the calendar is still the old one.
    """
    moved = len(moved_by(session, plan.after, now))
    days = sorted({day for _teacher, day, _period in visited_lessons(session, today)})
    lost = visits_between(session, days, before, plan.after)
    given_back = visits_between(session, days, plan.after, before)
    changes = Changes(moved=moved, visits=len(lost))
    _write_terms(session, plan, changes)
    _write_days(session, plan, changes, now)
    _write_official(session, plan, changes, now)
    session.flush()
    if changes:
        note_edit(session)
        event = AuditEvent(at=now, what="imported", facts={"kind": "calendar", **changes.counts()})
        told = closed_prompts(lost, event.id, now) + open_prompts(session, given_back, event.id, now)
        session.add_all([event, *told])
        replan_everyone(session, now)
    session.flush()
    return changes


def _write_terms(session: Session, plan: Plan, changes: Changes) -> None:
    rows = {row.name: row for row in all_terms(session)}
    for name, span in plan.terms:
        values: dict[str, Any] = {
            "name": span.name, "monday": span.monday, "weeks": span.weeks,
            "first_day": span.first_day, "last_day": span.last_day,
        }  # fmt: skip
        row = rows.get(name)
        if row is None:
            session.add(Term(**values))
            changes.terms.append(f"新增：{_term_shown(span)}")
        elif any(getattr(row, column) != value for column, value in values.items()):
            for column, value in values.items():
                setattr(row, column, value)
            was = f"（原来叫“{name}”）" if name != span.name else ""
            changes.terms.append(f"修改：{_term_shown(span)}{was}")


def _term_shown(span: TermSpan) -> str:
    return (
        f"{span.name}，第 1 周周一 {span.monday}，{span.weeks} 周，{span_shown(span.begins, span.ends or span.begins)}"
    )


def _write_days(session: Session, plan: Plan, changes: Changes, now: datetime) -> None:
    rows = {row.day: row for row in marked_days(session) if row.source == OWN}
    for day, mark in plan.after.own.items():
        if day not in rows or as_mark(rows[day]) != mark:
            changes.set[day] = mark
            _put(session, rows.get(day), SchoolDay(day=day, source=OWN, kind=mark.kind, made_at=now), mark)
    for day in plan.removed:
        changes.gone[day] = as_mark(rows[day])
        session.delete(rows[day])


def _put(session: Session, known: SchoolDay | None, new: SchoolDay, mark: DayMark) -> None:
    row = known or new
    row.kind, row.name, row.follows, row.closed = mark.kind, mark.name, mark.follows, mark.closed
    if known is not None:
        row.person_id = None  # the file says it now
    session.add(row)


def _write_official(session: Session, plan: Plan, changes: Changes, now: datetime) -> None:
    """Make the official days those of the plan, where the file brought a list."""
    if not plan.years:
        return
    rows = official_rows(session)
    for day in rows.keys() - plan.after.official.keys():
        session.delete(rows[day])
        changes.official += 1
    for day, mark in plan.after.official.items():
        if day not in rows or as_mark(rows[day]) != mark:
            _put(session, rows.get(day), SchoolDay(day=day, source=OFFICIAL, kind=mark.kind, made_at=now), mark)
            changes.official += 1
    state = school_state(session)
    known = sorted(plan.after.known_years)
    if known != state.known_years:
        state.known_years = known


def _lines(plan: Plan, changes: Changes, unused: tuple[str, ...], apply: bool) -> list[str]:
    lines = ["校历已导入。" if apply else "校历可以导入（这是预览，还没有写入）。"]
    lines += few(f"  学期{term}" for term in changes.terms)
    lines += few(f"  {line}" for line in stretches(changes.set))
    lines += few(f"  去掉：{line}" for line in stretches(changes.gone))
    if changes.official:
        lines.append(f"  国家的安排：{'、'.join(map(str, sorted(plan.years)))} 年，{changes.official} 天")
    if plan.left:
        days = "、".join(shown(day) for day in plan.left)
        lines.append(f"知行里标着、这份表里没有的日子，没有动：{days}。要以这份表为准，加上 --exact。")
    if unused:
        lines.append(f"  注意：没有用到这些列：{'、'.join(unused)}")
    if changes.moved or changes.visits:
        lines.append(_touched(changes))
    elif changes:
        lines.append("不影响任何人的提醒，也不影响约好的听课。")
    if not apply:
        lines.append("确认无误后，加上 --apply 再运行一次。" if changes else "和知行里的一样，没有要改的。")
    return lines


def _touched(changes: Changes) -> str:
    moved = [f"会影响 {changes.moved} 位老师的提醒"] if changes.moved else []
    visits = [f"{changes.visits} 次约好的听课碰上了停课或考试（会告诉双方）"] if changes.visits else []
    return "，".join(moved + visits) + "。"


def stretches(marks: Marks) -> list[str]:
    """Write marked days, those in a row that are alike as one line."""
    lines = []
    days = sorted(marks)
    for _key, run in groupby(enumerate(days), lambda at: (at[1].toordinal() - at[0], marks[at[1]])):
        lines.append(_stretch([day for _place, day in run], marks))
    return lines


def _stretch(days: Iterable[date], marks: Marks) -> str:
    first, *rest = days
    mark = marks[first]
    follows = "" if mark.follows is None else f"，上周{CHINESE_DAYS[mark.follows]}的课"
    kind = KINDS[mark.kind] if not mark.closed or mark.kind != SCHOOL else f"{HALVES[mark.closed]}停课"
    half = f"，{HALVES[mark.closed]}停课" if mark.closed and mark.kind != SCHOOL else ""
    return f"{kind}：{span_shown(first, rest[-1] if rest else first)}{' ' * bool(mark.name)}{mark.name}{follows}{half}"
