"""What the office says of a term, read whole or not at all."""

from datetime import date

import pytest

from models.rules.calendar import Calendar, TermSpan
from models.rules.school_clock import NO_SCHOOL_CLOCK, SchoolClock
from models.rules.term_edits import ManyWeeks, NoTermEdit, NoWeeks, Overlap, TermEdit, read_term_edit, speaks_of_a_term
from models.rules.unread import ImpossibleDay, NoTerm, UnknownName

TODAY = date(2026, 9, 16)
AUTUMN = TermSpan("2026年秋季学期", date(2026, 8, 31), 21, date(2026, 9, 1), date(2027, 1, 22))
SPRING = TermSpan("2027年春季学期", date(2027, 3, 1), 19)
SCHOOL = SchoolClock(Calendar((AUTUMN, SPRING)))
SEPTEMBER_7 = TermSpan("2026年秋季学期", date(2026, 9, 7), 20)


CHANGED = {
    "本学期第1周从9月7日开始，共20周": (SEPTEMBER_7, AUTUMN),
    "本学期第一周从9月7日开始，共二十周。": (SEPTEMBER_7, AUTUMN),
    "本學期第1週從9月7日開始，共20週": (SEPTEMBER_7, AUTUMN),
    "term starts on 7 September, 20 weeks": (SEPTEMBER_7, AUTUMN),
    "第1周从9月7日算起，一共20周": (SEPTEMBER_7, AUTUMN),
    "新学期9月8日开学，共20周": (TermSpan("2026年秋季学期", date(2026, 9, 7), 20, date(2026, 9, 8)), AUTUMN),
    "本学期第1周从9月7日开始": (
        TermSpan("2026年秋季学期", date(2026, 9, 7), 21, None, date(2027, 1, 22)), AUTUMN,
    ),
    "这学期改成22周": (TermSpan("2026年秋季学期", date(2026, 8, 31), 22, date(2026, 9, 1)), AUTUMN),
    "這學期延長到22週": (TermSpan("2026年秋季学期", date(2026, 8, 31), 22, date(2026, 9, 1)), AUTUMN),
    "this term has 22 weeks": (TermSpan("2026年秋季学期", date(2026, 8, 31), 22, date(2026, 9, 1)), AUTUMN),
    "本学期到1月15日结束": (
        TermSpan("2026年秋季学期", date(2026, 8, 31), 20, date(2026, 9, 1), date(2027, 1, 15)), AUTUMN,
    ),
    "下学期改成18周": (TermSpan("2027年春季学期", date(2027, 3, 1), 18), SPRING),
    "下学期从3月8日开始，共18周": (TermSpan("2027年春季学期", date(2027, 3, 8), 18), SPRING),
    "2027年春季学期共18周": (TermSpan("2027年春季学期", date(2027, 3, 1), 18), SPRING),
    "2027年春季学期3月8日开学，共19周": (TermSpan("2027年春季学期", date(2027, 3, 8), 19), SPRING),
    "2027年春季学期3月8日开学": (TermSpan("2027年春季学期", date(2027, 3, 8), 19), SPRING),
    "本学期第1周从昨天开始，共20周": (
        TermSpan("2026年秋季学期", date(2026, 9, 14), 20, date(2026, 9, 15)), AUTUMN,
    ),
    "加一个学期：2027年秋季学期从2027年8月30日开始，共20周": (TermSpan("2027年秋季学期", date(2027, 8, 30), 20), None),
}  # fmt: skip


@pytest.mark.parametrize(("said", "meant"), CHANGED.items(), ids=CHANGED.keys())
def test_what_is_said_of_a_term(said: str, meant: tuple[TermSpan, TermSpan | None]) -> None:
    assert read_term_edit(said, TODAY, SCHOOL) == TermEdit(*meant)
    assert speaks_of_a_term(said, TODAY, SCHOOL)


NEW = {
    "本学期第1周从9月7日开始，共20周": SEPTEMBER_7,
    "下周一开学，共20周": TermSpan("2026年秋季学期", date(2026, 9, 21), 20),
    "2026-2027学年第一学期，第1周从8月31日开始，共21周": TermSpan("2026-2027学年第一学期", date(2026, 8, 31), 21),
}


@pytest.mark.parametrize(("said", "meant"), NEW.items(), ids=NEW.keys())
def test_the_first_term_of_a_school(said: str, meant: TermSpan) -> None:
    assert read_term_edit(said, TODAY, NO_SCHOOL_CLOCK) == TermEdit(meant, None)


@pytest.mark.parametrize(
    ("today", "monday"),
    [(date(2026, 9, 16), date(2026, 9, 7)), (date(2026, 6, 30), date(2026, 9, 7)), (date(2027, 1, 10), date(2026, 9, 7)),
     (date(2027, 4, 1), date(2027, 9, 6))],
)  # fmt: skip
def test_a_day_without_a_year_is_the_nearest(today: date, monday: date) -> None:
    assert read_term_edit("本学期第1周从9月7日开始，共20周", today, NO_SCHOOL_CLOCK).span.monday == monday


@pytest.mark.parametrize(
    ("today", "name"),
    [(date(2026, 8, 20), "2026年秋季学期"), (date(2027, 1, 22), "2026年秋季学期"), (date(2027, 2, 1), "2027年春季学期"),
     (date(2027, 7, 12), "2027年春季学期"), (date(2027, 7, 26), "")],
)  # fmt: skip
def test_which_term_this_term_is(today: date, name: str) -> None:
    if name:
        assert read_term_edit("这学期改成18周", today, SCHOOL).span.name == name
    else:
        with pytest.raises(NoTerm):
            read_term_edit("这学期改成18周", today, SCHOOL)


UNREAD = {
    "春季学期共18周": NoTerm,
    "这学期改成27周": Overlap,
    "2027年春季学期从1月18日开始，共19周": Overlap,
    "这学期改成99周": ManyWeeks,
    "这学期改成0周": ManyWeeks,
    "本学期到8月1日结束": ManyWeeks,
    "本学期第1周从9月31日开始，共20周": ImpossibleDay,
    "2027年秋季学期从2027年9月1日开始": NoWeeks,
    "本学期第1周从春节后第一天开始，共20周": UnknownName,
    "本学期第1周从过几天开始，共20周": NoTermEdit,
    "下下学期改成20周": NoTermEdit,
    "明天开始": NoTermEdit,
    "今天开学": NoTermEdit,
    "这学期我们班很好": NoTermEdit,
    "学期改成20周": NoTermEdit,
    "明天停课": NoTermEdit,
}


@pytest.mark.parametrize(("said", "error"), UNREAD.items(), ids=UNREAD.keys())
def test_what_cannot_be_is_not_guessed(said: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        read_term_edit(said, TODAY, SCHOOL)
    assert speaks_of_a_term(said, TODAY, SCHOOL) is (error is not NoTermEdit)


def test_a_term_without_an_end_meets_every_later_one() -> None:
    endless = SchoolClock(Calendar((TermSpan("上", date(2026, 8, 31)),)))
    with pytest.raises(Overlap):
        read_term_edit("2027年春季学期从2027年3月1日开始，共19周", TODAY, endless)
    assert read_term_edit("这学期改成20周", TODAY, endless).span.ends == date(2027, 1, 17)
