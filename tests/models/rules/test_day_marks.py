"""What a sentence of the office makes of the calendar; here above all of half a day."""

from datetime import date, time

import pytest

from models.rules.calendar import EXAM, REST, SCHOOL, Calendar, DayMark, TermSpan
from models.rules.day_edits import read_edit
from models.rules.day_marks import RestsAnyway, marks_of, with_marks
from models.rules.school_clock import SchoolClock

TODAY = date(2026, 9, 16)
FRIDAY, SATURDAY, SUNDAY = date(2026, 9, 18), date(2026, 9, 19), date(2026, 9, 20)
TERMS = (TermSpan("秋", date(2026, 8, 31), 20),)
OFFICIAL = {SUNDAY: DayMark(SCHOOL, "国庆节", 4), date(2026, 9, 25): DayMark(REST, "中秋节")}


def calendar(**own: DayMark) -> Calendar:
    days = {"friday": FRIDAY, "saturday": SATURDAY, "sunday": SUNDAY}
    return Calendar(TERMS, {days[name]: mark for name, mark in own.items()}, OFFICIAL)


def said(words: str, before: Calendar) -> DayMark | None:
    ((_day, mark),) = marks_of(read_edit(words, TODAY, SchoolClock(before)), before).items()
    return mark


CLOSED_PM, CLOSED_AM = DayMark(SCHOOL, closed="pm"), DayMark(SCHOOL, closed="am")
CLOSED = DayMark(REST, "台风")

SITUATIONS = [
    ("an afternoon is closed", "周五下午停课", calendar(), CLOSED_PM),
    ("with its occasion", "周五下午校运会", calendar(), DayMark(SCHOOL, "校运会", closed="pm")),
    ("both halves are the day", "周五上午停课", calendar(friday=CLOSED_PM), DayMark(REST)),
    ("the same half again", "周五下午停课", calendar(friday=CLOSED_PM), CLOSED_PM),
    ("a half of a closed day is closed", "周五下午停课", calendar(friday=CLOSED), CLOSED),
    ("a half given back", "周五下午照常上课", calendar(friday=CLOSED_PM), None),
    ("the other half was not closed", "周五上午照常上课", calendar(friday=CLOSED_PM), CLOSED_PM),
    ("a closed day given back by half", "周五下午照常上课", calendar(friday=CLOSED), CLOSED_AM),
    ("lessons of half a day", "周五下午上课", calendar(friday=CLOSED), CLOSED_AM),
    ("an exam keeps its name", "周五下午停课", calendar(friday=DayMark(EXAM, "月考")), DayMark(EXAM, "月考", closed="pm")),
    ("and stays when its half opens", "周五下午照常上课", calendar(friday=DayMark(EXAM, "月考", closed="pm")), DayMark(EXAM, "月考")),
    ("a worked Saturday without its afternoon", "周六上午上课，上周三的课", calendar(), DayMark(SCHOOL, "", 2, "pm")),
    ("a worked Saturday sent home at noon", "周六下午停课", calendar(saturday=DayMark(SCHOOL, "", 2)), DayMark(SCHOOL, "", 2, "pm")),
    ("and called back", "周六下午照常上课", calendar(saturday=DayMark(SCHOOL, "", 2, "pm")), DayMark(SCHOOL, "", 2)),
    ("a made-up Sunday of the country", "周日下午停课", calendar(), DayMark(SCHOOL, "", 4, "pm")),
    ("and back to what the country says", "周日下午照常上课", calendar(sunday=DayMark(SCHOOL, "", 4, "pm")), None),
]  # fmt: skip


@pytest.mark.parametrize(("_what", "words", "before", "after"), SITUATIONS, ids=[row[0] for row in SITUATIONS])
def test_half_a_day(_what: str, words: str, before: Calendar, after: DayMark | None) -> None:
    assert said(words, before) == after


@pytest.mark.parametrize("words", ["周六下午停课", "9月25日上午停课", "周六下午照常上课"])
def test_half_of_a_day_without_school_is_nothing_to_close(words: str) -> None:
    with pytest.raises(RestsAnyway):
        said(words, calendar())


def test_the_calendar_knows_the_half() -> None:
    before = calendar()
    after = with_marks(before, {FRIDAY: CLOSED_PM})
    assert after(FRIDAY) and after.has_lessons(FRIDAY) and after.look(FRIDAY).closed == "pm"
    assert after.has_lessons_at(FRIDAY, time(11, 59)) and not after.has_lessons_at(FRIDAY, time(12))
    assert before.has_lessons_at(FRIDAY, time(12)) and not after.has_lessons_at(SATURDAY, time(9))
    assert with_marks(after, {FRIDAY: None}) == before
