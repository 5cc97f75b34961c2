"""The file of trainings: each row a training of the school, with those who take part."""

import difflib
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.config import Settings
from bot.errors import BadRows
from bot.office.report import Report, few, refused
from bot.office.sheets import Column, Faults, Row, Sheet, read_sheet, split_values
from models import AuditEvent, Training, Unit
from models.store import Store
from models.trainings import add_attendance, school_training
from models.units import all_units, people_below

COLUMNS = (
    Column("title", ("培训名称", "培训", "培訓", "培訓名稱", "培训主题", "主题", "名称", "title"), needed=True),
    Column("day", ("日期", "day", "date"), needed=True),
    Column("time", ("时间", "時間", "time"), needed=True),
    Column("place", ("地点", "地點", "place")),
    Column("speaker", ("主讲人", "主講人", "主讲", "讲师", "speaker")),
    Column("group", ("教研组", "教研組", "参加范围", "參加範圍", "参加", "group")),
    Column("hours", ("学时", "學時", "hours")),
)
WHOLE_SCHOOL = ("全校", "全体", "全體", "all")
LONGEST_TITLE = 120
MOST_HOURS = 200.0
LESSON = timedelta(minutes=45)  # one 学时, where a row says how many but not until when
USUAL = timedelta(hours=2)  # where a row says neither
DAY = re.compile(r"(20\d\d)(?:[-/.]|年)(\d{1,2})(?:[-/.]|月)(\d{1,2})日?(?:\(.*\)|[周星期].*)?")
CLOCK = r"(上午|早上|下午|晚上)?(\d{1,2})[:点时](半|\d{2})?分?"
SPAN = re.compile(rf"{CLOCK}(?:[-~–—至到]+{CLOCK})?")
ENTRY = "{title}（{day:%m-%d}）"


@dataclass(frozen=True)
class Announced:
    """What one row says; times are UTC, `groups` empty means the whole school."""

    line: int
    title: str
    day: date
    starts_at: datetime
    ends_at: datetime
    place: str
    speaker: str
    hours: float
    groups: tuple[str, ...]


def trainings(store: Store, settings: Settings, path: Path, now: datetime, apply: bool) -> Report:
    """Import trainings; without `apply` it is carried out and taken back, so that the answer is exact."""
    try:
        sheet = read_sheet(path, COLUMNS)
        with store.writing() as session:
            plan = check(sheet, all_units(session), ZoneInfo(settings.timezone))
            report = _carry_out(session, sheet, plan, settings, now, apply)
            if not apply:
                session.rollback()
    except BadRows as error:
        return refused("培训没有导入：", error)
    return report


def check(sheet: Sheet, units: list[Unit], zone: ZoneInfo) -> list[tuple[Announced, list[Unit]]]:
    """Turn the rows into trainings with the units that take part; raise BadRows with every fault."""
    faults = Faults()
    plan: list[tuple[Announced, list[Unit]]] = []
    seen: dict[tuple[str, date, frozenset[str]], int] = {}
    for row in sheet.rows:
        announced = _announced(row, zone, faults)
        taking_part = _units(announced.groups, units, row.line, faults) if announced else []
        if announced is None or not taking_part:
            continue
        key = (announced.title, announced.day, frozenset(announced.groups) if len(taking_part) == 1 else frozenset())
        if key in seen:
            faults.add(row.line, f"和第 {seen[key]} 行是同一天的同一个培训；是两场的话，请把名称写得不一样。")
        seen.setdefault(key, row.line)
        plan.append((announced, taking_part))
    faults.raise_if_any()
    return plan


def _announced(row: Row, zone: ZoneInfo, faults: Faults) -> Announced | None:
    day, span, hours = _day(row, faults), _span(row, faults), _hours(row, faults)
    title = row["title"]
    if not title or len(title) > LONGEST_TITLE:
        faults.add(row.line, f"请写上培训名称，最多 {LONGEST_TITLE} 个字。")
    if day is None or span is None or hours is None or not title:
        return None
    starts_at = datetime.combine(day, span[0], zone).astimezone(UTC)
    lasts = hours * LESSON if hours else USUAL
    ends_at = datetime.combine(day, span[1], zone).astimezone(UTC) if span[1] else starts_at + lasts
    groups = tuple(name for name in dict.fromkeys(split_values(row["group"])) if name not in WHOLE_SCHOOL)
    return Announced(row.line, title, day, starts_at, ends_at, row["place"], row["speaker"], hours, groups)


def _day(row: Row, faults: Faults) -> date | None:
    found = DAY.fullmatch(row["day"])
    try:
        if found:
            return date(int(found[1]), int(found[2]), int(found[3]))
        faults.add(row.line, f"日期“{row['day']}”看不懂，请写成 2026-09-30（要有年份）。")
    except ValueError:
        faults.add(row.line, f"日历上没有“{row['day']}”这一天。")
    return None


def _span(row: Row, faults: Faults) -> tuple[time, time | None] | None:
    found = SPAN.fullmatch(row["time"].replace(" ", ""))
    try:
        if found is None:
            raise ValueError("not a span")
        start = _clock(found[1], found[2], found[3])
        end = _clock(found[4] or found[1], found[5], found[6]) if found[5] else None
    except ValueError:
        faults.add(row.line, f"时间“{row['time']}”看不懂，请写成 14:00-16:30。")
        return None
    if end is not None and end <= start:
        faults.add(row.line, f"时间“{row['time']}”里，结束要比开始晚。")
        return None
    return start, end


def _clock(half: str | None, hour: str, minute: str | None) -> time:
    afternoon = half in ("下午", "晚上") and int(hour) < 12
    return time(int(hour) + 12 * afternoon, 30 if minute == "半" else int(minute or 0))


def _hours(row: Row, faults: Faults) -> float | None:
    found = re.fullmatch(r"(\d{1,3}(?:\.\d+)?)?(?:学时|學時|h|小时)?", row["hours"])
    if found is None or float(found[1] or 0) > MOST_HOURS:
        faults.add(row.line, f"学时“{row['hours']}”应当是 0 到 {MOST_HOURS:.0f} 的数。")
        return None
    return float(found[1] or 0)


def _units(names: tuple[str, ...], units: list[Unit], line: int, faults: Faults) -> list[Unit]:
    """Find the units that are named, or the one school when none is."""
    schools = [unit for unit in units if unit.parent_id is None]
    if not names:
        if len(schools) != 1:
            faults.add(line, "请写上教研组或学校。" if schools else "知行里还没有学校，请先导入名单。")
        return schools if len(schools) == 1 else []
    found = [unit for name in names if (unit := _unit(name, units, line, faults))]
    return found if len(found) == len(names) else []


def _unit(name: str, units: list[Unit], line: int, faults: Faults) -> Unit | None:
    meant = [unit for unit in units if unit.name == name]
    if len(meant) == 1:
        return meant[0]
    near = difflib.get_close_matches(name, [unit.name for unit in units], n=1, cutoff=0.4)
    hint = f"是不是“{near[0]}”？" if near else "请先在名单里写上这个组。"
    faults.add(line, f"有不止一个“{name}”，请让每个组的名称不一样。" if meant else f"没有教研组“{name}”，{hint}")
    return None


def _carry_out(
    session: Session,
    sheet: Sheet,
    plan: list[tuple[Announced, list[Unit]]],
    settings: Settings,
    now: datetime,
    apply: bool,
) -> Report:
    new, changed, attending = [], [], 0
    for announced, units in plan:
        training, is_new, differs = _training(session, announced, units, sheet.columns, settings)
        entry = ENTRY.format(title=announced.title, day=announced.day)
        new += [entry] * is_new
        changed += [entry] * (differs and not is_new)
        people = {person.id for unit in units for person in people_below(session, unit.id)}
        attending += add_attendance(session, training.id, sorted(people))
    session.flush()
    facts = {"new": len(new), "changed": len(changed), "attending": attending}
    if any(facts.values()):
        session.add(AuditEvent(at=now, what="imported", facts={"kind": "trainings", **facts}))
    return Report(tuple(_lines(sheet, new, changed, attending, apply)), facts=facts)


def _training(
    session: Session, announced: Announced, units: list[Unit], columns: frozenset[str], settings: Settings
) -> tuple[Training, bool, bool]:
    """Get or make a training; say whether it is new, and whether anything about it changed."""
    unit = units[0] if len(units) == 1 else _above(session, units)
    midnight = datetime.combine(announced.day, time.min, ZoneInfo(settings.timezone)).astimezone(UTC)
    training = school_training(session, announced.title, unit.id, midnight, midnight + timedelta(days=1))
    is_new = training is None
    if training is None:
        training = Training(
            title=announced.title, starts_at=announced.starts_at, ends_at=announced.ends_at, unit_id=unit.id
        )  # fmt: skip
        session.add(training)
    said = {"starts_at": announced.starts_at, "ends_at": announced.ends_at}
    said |= {name: getattr(announced, name) for name in ("place", "speaker", "hours") if name in columns}
    differs = [name for name, value in said.items() if getattr(training, name) != value]
    for name in differs:
        setattr(training, name, said[name])
    session.flush()
    return training, is_new, bool(differs)


def _above(session: Session, units: list[Unit]) -> Unit:
    """Give the school of several groups."""
    parent = units[0]
    while parent.parent_id is not None:
        parent = session.get_one(Unit, parent.parent_id)
    return parent


def _lines(sheet: Sheet, new: list[str], changed: list[str], attending: int, apply: bool) -> list[str]:
    lines = [
        "培训已导入。" if apply else "培训可以导入（这是预览，还没有写入）。",
        f"共 {len(sheet.rows)} 场：新增 {len(new)}，修改 {len(changed)}，新记出勤 {attending} 人次。",
        *few(f"  新增：{entry}" for entry in new),
        *few(f"  修改：{entry}" for entry in changed),
    ]
    if sheet.unused:
        lines.append(f"  注意：没有用到这些列：{'、'.join(sheet.unused)}")
    if not apply:
        has_changes = new or changed or attending
        lines.append("确认无误后，加上 --apply 再运行一次。" if has_changes else "和知行里的一样，没有要改的。")
    return lines
