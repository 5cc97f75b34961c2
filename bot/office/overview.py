"""What the office may take out of the store: structure and counts, and no word that anybody wrote."""

import csv
from datetime import datetime
from pathlib import Path

from bot.office.report import FAILED, Report, said
from models.overview import UnitCounts, counts_by_unit
from models.store import Store

FEW = 5  # where fewer people could have shared, a number would point at persons
HEAD = ("单位", "人数", "已加入", "近四周分享", "近四周行动", "培训场次")
HIDDEN = "不显示"


def write(store: Store, path: Path, now: datetime) -> Report:
    """Write one line for each unit; numbers of what was shared are left out in units under five people."""
    with store.reading() as session:
        units = counts_by_unit(session, now)
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEAD)
            writer.writerows(_line(unit) for unit in units)
    except OSError as error:
        return said(f"写不进 {path}：{error.strerror}", code=FAILED)
    return said(f"写好了：{path}（{len(units)} 个单位；只有结构和数量，没有任何人写的话）")


def _line(unit: UnitCounts) -> tuple[str, ...]:
    shared = [str(n) for n in (unit.entries, unit.actions)] if unit.people >= FEW else [HIDDEN, HIDDEN]
    name = f"'{unit.name}" if unit.name[:1] in "=+-@" else unit.name
    return (name, str(unit.people), str(unit.joined), *shared, str(unit.trainings))
