"""Turn what the office said of some days into what the calendar says of each of them.

Half a day: 周五下午停课 closes one half of a school day; the other half stays as it is. Who closes both halves closes the
day, and who gives back one half of a closed day keeps the other one closed. 周六上午上课 is a worked Saturday without
its afternoon.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from models.rules.calendar import EXAM, HALVES, OTHER_HALF, REST, SCHOOL, Calendar, DayMark
from models.rules.day_edits import USUAL, DayEdit

Marks = Mapping[date, DayMark | None]
"""What the school says of each day; None takes back what it said."""


class RestsAnyway(ValueError):
    """Half of a day was spoken of on which there is no school at all."""

    def __init__(self, day: date) -> None:
        super().__init__(f"no school on {day}")
        self.day = day


def marks_of(edit: DayEdit, calendar: Calendar) -> dict[date, DayMark | None]:
    """Give what is to be said of each day; raise RestsAnyway.

    An exam over several days is held on the school days among them.
    """
    if edit.half:
        return {edit.first: _half_closed(edit, calendar)}
    if edit.kind == USUAL:
        return {day: None for day in edit.days if day in calendar.own} or {edit.first: None}
    days = edit.days
    if edit.kind == EXAM and len(days) > 1:
        days = [day for day in days if calendar(day)] or days
    mark = DayMark(edit.kind, edit.name, edit.follows)
    return {day: _with_lessons(mark, calendar.own.get(day)) for day in days}


def with_marks(calendar: Calendar, marks: Marks) -> Calendar:
    """Give the calendar as it would be."""
    own = {day: mark for day, mark in {**calendar.own, **marks}.items() if mark is not None}
    return replace(calendar, own=own, _seen={})


def _with_lessons(mark: DayMark, before: DayMark | None) -> DayMark:
    """Keep whose lessons are held on a made-up day that becomes a day of exams."""
    keeps = mark.kind == EXAM and before is not None and mark.follows is None
    return replace(mark, follows=before.follows) if keeps and before is not None else mark


def _half_closed(edit: DayEdit, calendar: Calendar) -> DayMark | None:
    day, own = edit.first, calendar.own.get(edit.first)
    usual = with_marks(calendar, {day: None}).look(day)
    is_closed = own is not None and own.kind == REST
    if not usual.is_school and (own is None or is_closed):
        if edit.kind != SCHOOL:
            raise RestsAnyway(day)
        return DayMark(SCHOOL, edit.name, edit.follows, OTHER_HALF[edit.half])
    closed = set(HALVES) if is_closed else {calendar.look(day).closed} - {""}
    closed = closed | {edit.half} if edit.kind == REST else closed - {edit.half}
    if closed == set(HALVES):
        return DayMark(REST, edit.name or (own.name if own else ""))
    follows = usual.follows if usual.follows != day.weekday() else None
    mark = DayMark(SCHOOL, follows=follows) if own is None or is_closed else own
    if not closed:
        return _nothing_special(replace(mark, closed=""), mark.follows in (None, usual.follows) and usual.is_school)
    return replace(mark, name=mark.name if mark.kind == EXAM else edit.name, closed=closed.pop())


def _nothing_special(mark: DayMark, is_usual: bool) -> DayMark | None:
    return None if mark.kind == SCHOOL and is_usual else mark
