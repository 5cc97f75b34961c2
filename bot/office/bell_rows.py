"""The bell table (作息时间表): each row one lesson's beginning and end, for a part of the school and a season."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import combinations, pairwise

from bot.office.cells import BadCell, count_in, month_day_in, time_in
from bot.office.sheets import Column, Faults, Row, split_values
from models.rules.bells import Bell, BellPlan

COLUMNS = (
    Column("period", ("节次", "節次", "第几节", "period"), needed=True),
    Column("start", ("上课", "上課", "上课时间", "开始", "starts", "start"), needed=True),
    Column("end", ("下课", "下課", "下课时间", "结束", "ends", "end"), needed=True),
    Column("stage", ("学段", "學段", "部", "stage")),
    Column("season", ("季节", "季節", "时段", "season")),
    Column("first", ("起", "从", "from")),
    Column("last", ("止", "至", "到", "until", "to")),
    Column("note", ("备注", "備註", "note")),
)
MOST_PERIODS = 20
SHORTEST, LONGEST = timedelta(minutes=10), timedelta(minutes=150)  # of one lesson
LEAP_DAYS = [date(2024, 1, 1) + timedelta(days=n) for n in range(366)]

Season = tuple[str, str] | None
Table = tuple[str, Season]
"""A part of the school, and the season as first and last MM-DD; None is the whole year."""


@dataclass(frozen=True)
class Rung:
    """What one row says."""

    line: int
    stage: str
    season: Season
    period: int
    bell: Bell


def tables_in(rows: Iterable[Row], faults: Faults) -> dict[Table, tuple[Bell, ...]]:
    """Give the bells of each table, in the order of the lessons; every fault is noted."""
    tables: dict[Table, list[Rung]] = {}
    for row in rows:
        if rung := _rung(row, faults):
            tables.setdefault((rung.stage, rung.season), []).append(rung)
    for table, rungs in tables.items():
        _check_table(table, rungs, faults)
    _check_seasons(tables, faults)
    return {
        table: tuple(rung.bell for rung in sorted(rungs, key=lambda rung: rung.period))
        for table, rungs in tables.items()
    }


def as_plans(tables: dict[Table, tuple[Bell, ...]]) -> tuple[BellPlan, ...]:
    """Give the tables as the rules know them."""
    return tuple(BellPlan(bells, stage, _days_of(season)) for (stage, season), bells in tables.items())


def table_shown(table: Table) -> str:
    """Name a table for the clerk."""
    stage, season = table
    return f"{stage or '全校'}{'' if season is None else f'（{season[0]} 到 {season[1]}）'}"


def _days_of(season: Season) -> tuple[tuple[int, int], tuple[int, int]] | None:
    if season is None:
        return None
    first, last = ((int(day[:2]), int(day[3:])) for day in season)
    return first, last


def _rung(row: Row, faults: Faults) -> Rung | None:
    try:
        period = count_in(row["period"], "节次", MOST_PERIODS)
        bell = Bell(time_in(row["start"]), time_in(row["end"]))
        season = _season(row)
    except BadCell as bad:
        faults.add(row.line, str(bad))
        return None
    lasts = _since_midnight(bell.end) - _since_midnight(bell.start)
    if not SHORTEST <= lasts <= LONGEST:
        usual = f"{SHORTEST.seconds // 60} 到 {LONGEST.seconds // 60} 分钟"
        faults.add(row.line, f"第 {period} 节从 {bell.start:%H:%M} 到 {bell.end:%H:%M}，不像一节课（{usual}）。")
        return None
    return Rung(row.line, row["stage"], season, period, bell)


def _since_midnight(at: time) -> timedelta:
    return datetime.combine(date.min, at) - datetime.min


def _season(row: Row) -> Season:
    if row["first"] or row["last"]:
        return month_day_in(row["first"]), month_day_in(row["last"])
    if not row["season"] or row["season"] in ("全年", "all year"):
        return None
    parts = [part for part in split_values(row["season"].translate(str.maketrans("~–—至到", "、、、、、"))) if part]
    if len(parts) == 1 and row["season"].count("-") == 1:
        parts = row["season"].split("-")
    if len(parts) != 2:
        raise BadCell(f"“{row['season']}”从几月几日到几月几日？请写成 5月1日至9月30日，或写在“起”“止”两列。")
    return month_day_in(parts[0]), month_day_in(parts[1])


def _check_table(table: Table, rungs: list[Rung], faults: Faults) -> None:
    """Refuse a lesson that is there twice or not at all, and lessons that meet."""
    name = table_shown(table)
    lines: dict[int, int] = {}
    for rung in rungs:
        if rung.period in lines:
            faults.add(rung.line, f"{name}的第 {rung.period} 节写了两次（第 {lines[rung.period]} 行也写了）。")
        lines.setdefault(rung.period, rung.line)
    missing = [period for period in range(1, max(lines) + 1) if period not in lines]
    if missing:
        faults.add(rungs[0].line, f"{name}的作息里缺第 {'、'.join(map(str, missing))} 节。")
    for before, rung in pairwise(sorted(rungs, key=lambda rung: rung.period)):
        if rung.bell.start < before.bell.end and rung.period != before.period:
            faults.add(
                rung.line,
                f"{name}的第 {rung.period} 节（{rung.bell.start:%H:%M} 上课）在第 {before.period} 节"
                f"下课（{before.bell.end:%H:%M}）之前就开始了。",
            )


def _check_seasons(tables: dict[Table, list[Rung]], faults: Faults) -> None:
    """Refuse seasons that meet, and days of the year on which no table of a part of the school holds."""
    for stage in dict.fromkeys(stage for stage, _season in tables):
        seasons = [season for of, season in tables if of == stage and season is not None]
        line = tables[stage, seasons[0]][0].line if seasons else 0
        for one, other in combinations(seasons, 2):
            if any(_holds(one, day) and _holds(other, day) for day in LEAP_DAYS):
                faults.add(
                    tables[stage, other][0].line,
                    f"{table_shown((stage, one))}和{table_shown((stage, other))}的日期重叠。",
                )
        uncovered = [day for day in LEAP_DAYS if not any(_holds(season, day) for season in seasons)]
        if seasons and uncovered and not {(stage, None), ("", None)} & tables.keys():
            faults.add(line, f"{stage or '全校'}从 {uncovered[0]:%m-%d} 起有 {len(uncovered)} 天没有作息时间。")


def _holds(season: Season, day: date) -> bool:
    return BellPlan((), season=_days_of(season)).rings_on(day)
