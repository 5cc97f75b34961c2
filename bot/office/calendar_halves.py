"""The half days of a calendar file (半天: 上午 or 下午): one half of a school day is closed, the rest stays as it is."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from bot.office.calendar_rows import OFF, Said
from bot.office.cells import shown
from bot.office.sheets import Faults
from models.rules.calendar import EXAM, REST, SCHOOL, Calendar, DayMark
from models.rules.day_marks import with_marks

Days = dict[date, DayMark]


def with_halves(said: Iterable[Said], whole: Days, known: Calendar, year: Calendar, faults: Faults) -> Days:
    """Give the marks of the whole days with the closed halves; every row that cannot be is a fault.

    `known` is the calendar as it stands, `year` as it would be without the halves.
    """
    marks, lines = dict(whole), dict[date, Said]()
    for one in said:
        for day in one.days:
            if fault := _fault(one, day, lines, whole, year, known.own):
                faults.add(one.line, fault)
            else:
                lines[day], marks[day] = one, _closed(one, day, whole.get(day) or known.own.get(day), year)
    return marks


def _fault(
    said: Said, day: date, lines: Mapping[date, Said], whole: Days, year: Calendar, own: Mapping[date, DayMark]
) -> str:
    if day in lines:
        if lines[day].half == said.half:
            return f"{shown(day)}写了两次（第 {lines[day].line} 行也写了）。"
        return f"{shown(day)}上午、下午都写了停课：全天停课就写一行，“半天”空着（第 {lines[day].line} 行也写了）。"
    if day in whole and whole[day].kind == REST:
        return f"{shown(day)}又写了全天“{OFF}”，又写了半天。"
    was_closed = day in own and own[day].kind == REST and day not in whole
    if not (_unmarked(year, day) if was_closed else year)(day):
        return f"{shown(day)}本来就不上课，不用写半天。"
    return ""


def _unmarked(year: Calendar, day: date) -> Calendar:
    return with_marks(year, {day: None})


def _closed(said: Said, day: date, mark: DayMark | None, year: Calendar) -> DayMark:
    if mark is None or mark.kind == REST:
        follows = _unmarked(year, day).look(day).follows
        mark = DayMark(SCHOOL, follows=follows if follows != day.weekday() else None)
    return replace(mark, name=mark.name if mark.kind == EXAM or not said.name else said.name, closed=said.half)
