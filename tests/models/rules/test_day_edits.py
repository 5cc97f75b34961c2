"""What the office says of coming days, read whole or not at all."""

from datetime import date

import pytest

from models.rules.calendar import Calendar, TermSpan
from models.rules.day_edits import DayEdit, NoEdit, read_edit
from models.rules.school_clock import SchoolClock
from models.rules.spans import LongSpan, PastSpan
from models.rules.unread import ImpossibleDay, NoDay, NoSuchWeek
from tests.models.rules.said_dates import SCHOOL_CLOCK

TODAY = date(2026, 9, 16)  # Wednesday of week 3
SCHOOL = SchoolClock(Calendar(terms=(TermSpan("秋", date(2026, 8, 31), 20),)))


def one(
    kind: str, month: int, day: int, name: str = "", follows: int | None = None, last: int | None = None, half: str = ""
) -> DayEdit:
    return DayEdit(kind, date(2026, month, day), date(2026, month, last or day), name, follows, half)


READ = {
    "明天停课": one("rest", 9, 17),
    "明天全校停课。": one("rest", 9, 17),
    "明天停课一天": one("rest", 9, 17),
    "明天因台风停课": one("rest", 9, 17, "台风"),
    "明天停课，台风": one("rest", 9, 17, "台风"),
    "后天运动会不上课": one("rest", 9, 18, "运动会"),
    "下周五校庆放假": one("rest", 9, 25, "校庆"),
    "下周停课": one("rest", 9, 21, last=25),
    "10月1日到10月7日放假": one("rest", 10, 1, last=7),
    "第10周周三停课": one("rest", 11, 4),
    "周六上班，上周三的课": one("school", 9, 19, follows=2),
    "周六补周三的课": one("school", 9, 19, follows=2),
    "9月20日按周五课表上课": one("school", 9, 20, follows=4),
    "週六上班，上週三的課": one("school", 9, 19, follows=2),
    "10月10日補週五的課": one("school", 10, 10, follows=4),
    "周日要上课": one("school", 9, 20),
    "第10周期中考试": one("exam", 11, 2, "期中考试", last=6),
    "第10周期中考試": one("exam", 11, 2, "期中考试", last=6),
    "期中考试11月9日到13日": one("exam", 11, 9, "期中考试", last=13),
    "明天考试": one("exam", 9, 17, "考试"),
    "明天照常上课": one("usual", 9, 17),
    "No school tomorrow": one("rest", 9, 17),
    "School closed from 24 Dec to 25 Dec": one("rest", 12, 24, last=25),
    "Saturday is a school day, Wednesday's lessons": one("school", 9, 19, follows=2),
    "midterm exams in week 10": one("exam", 11, 2, "期中考试", last=6),
    "school as usual tomorrow": one("usual", 9, 17),
    "周五下午停课": one("rest", 9, 18, half="pm"),
    "周五的下午全校停课": one("rest", 9, 18, half="pm"),
    "明天上午停课": one("rest", 9, 17, half="am"),
    "明天上午因台风停课": one("rest", 9, 17, "台风", half="am"),
    "9月25日下午停课，消防演练": one("rest", 9, 25, "消防演练", half="pm"),
    "周三下午校运会": one("rest", 9, 16, "校运会", half="pm"),
    "下周三下午開運動會": one("rest", 9, 23, "运动会", half="pm"),
    "下周三下午校运会停课": one("rest", 9, 23, "校运会", half="pm"),
    "下周三校运会": one("rest", 9, 23, "校运会"),
    "下午停课": one("rest", 9, 16, half="pm"),
    "周五下午照常上课": one("usual", 9, 18, half="pm"),
    "周六上午上课，上周三的课": one("school", 9, 19, follows=2, half="am"),
    "no lessons on Friday afternoon": one("rest", 9, 18, half="pm"),
    "no school tomorrow morning": one("rest", 9, 17, half="am"),
    "sports day on Wednesday afternoon": one("rest", 9, 16, "sportsday", half="pm"),
    "school as usual on Friday afternoon": one("usual", 9, 18, half="pm"),
}


@pytest.mark.parametrize(("said", "meant"), READ.items(), ids=READ.keys())
def test_what_is_said_of_a_day(said: str, meant: DayEdit) -> None:
    assert read_edit(said, TODAY, SCHOOL) == meant


UNREAD = {
    "9月31日停课": ImpossibleDay,
    "昨天停课": PastSpan,
    "昨天到明天停课": PastSpan,
    "第30周期中考试": NoSuchWeek,
    "9月20日到12月31日放假": LongSpan,
    "周三到周五下午停课": NoEdit,
    "下周下午停课": NoEdit,
    "周五下午期中考试": NoEdit,
    "周五晚上停课": NoDay,
    "周五中午停课": NoDay,
    "9月31日下午停课": ImpossibleDay,
    "昨天下午停课": PastSpan,
    "明天": NoEdit,
    "我们班很好": NoEdit,
    "今天下雨，路滑": NoEdit,
    "停课": NoDay,
    "明天停课，上周三的课": NoEdit,
    "周六到周日上课，上周三的课": NoEdit,
    "国庆节后第一天停课": NoDay,
}


@pytest.mark.parametrize(("said", "error"), UNREAD.items(), ids=UNREAD.keys())
def test_what_cannot_be_read_is_not_guessed(said: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        read_edit(said, TODAY, SCHOOL)


def test_a_day_before_a_holiday_is_the_last_school_day_before_it() -> None:
    assert read_edit("国庆节前停课", date(2026, 9, 14), SCHOOL_CLOCK) == one("rest", 9, 30)


def test_a_week_without_a_term_has_no_days() -> None:
    with pytest.raises(NoSuchWeek):
        read_edit("第10周期中考试", TODAY)
