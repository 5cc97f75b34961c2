"""Days and lessons in a teacher's words. Today is Wednesday, 7 October 2026, unless said otherwise."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.dates import (
    ImpossibleDay,
    NoDay,
    NoPeriod,
    NoSuchWeek,
    PastDay,
    TwoDays,
    UnknownName,
    read_day,
    read_day_and_period,
    read_period,
)
from models.rules.named_days import feast_of
from models.rules.unread import NoTerm
from tests.models.rules.said_dates import PUT_OFF, SCHOOL_CLOCK

TODAY = date(2026, 10, 7)
TOMORROW, FRIDAY, NEXT_MONDAY = date(2026, 10, 8), date(2026, 10, 9), date(2026, 10, 12)


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("2026-10-09", FRIDAY), ("2026/10/9", FRIDAY), ("2026.10.9", FRIDAY), ("２０２６－１０－９", FRIDAY),
        ("10月9日", FRIDAY), ("10月9號", FRIDAY), ("10 月 9 号", FRIDAY), ("十月九日", FRIDAY), ("十月九", FRIDAY),
        ("2027年1月5日", date(2027, 1, 5)), ("二〇二七年一月五日", date(2027, 1, 5)), ("十月三十一日", date(2026, 10, 31)),
        ("15号", date(2026, 10, 15)), ("十五號", date(2026, 10, 15)), ("5号", date(2026, 11, 5)), ("7日", TODAY),
        ("下个月5号", date(2026, 11, 5)), ("下個月五號", date(2026, 11, 5)), ("这个月31号", date(2026, 10, 31)),
        ("周五", FRIDAY), ("週五", FRIDAY), ("星期五", FRIDAY), ("禮拜五", FRIDAY), ("礼拜天", date(2026, 10, 11)),
        ("周日", date(2026, 10, 11)), ("周一", NEXT_MONDAY), ("本周五", FRIDAY), ("这周五", FRIDAY), ("這週五", FRIDAY),
        ("下周五", date(2026, 10, 16)), ("下週一", NEXT_MONDAY), ("下个星期一", NEXT_MONDAY), ("下礼拜天", date(2026, 10, 18)),
        ("下下周三", date(2026, 10, 21)), ("下下個禮拜三", date(2026, 10, 21)),
        ("今天", TODAY), ("明天", TOMORROW), ("后天", FRIDAY), ("後天", FRIDAY), ("大后天", date(2026, 10, 10)),
        ("3天后", date(2026, 10, 10)), ("三天以後", date(2026, 10, 10)), ("10天之后", date(2026, 10, 17)),
        ("两周后", date(2026, 10, 21)), ("兩週後", date(2026, 10, 21)), ("2个星期后", date(2026, 10, 21)),
        ("一个月后", date(2026, 11, 7)), ("4個月後", date(2027, 2, 7)),
        ("today", TODAY), ("Tomorrow!", TOMORROW), ("the day after tomorrow", FRIDAY), ("day after tomorrow", FRIDAY),
        ("Friday", FRIDAY), ("on Friday", FRIDAY), ("fri", FRIDAY), ("this Friday", FRIDAY), ("next Monday", NEXT_MONDAY),
        ("Thurs", TOMORROW), ("Tuesday", date(2026, 10, 13)), ("Saturday", date(2026, 10, 10)),
        ("in 2 weeks", date(2026, 10, 21)), ("in a week", date(2026, 10, 14)), ("in three days", date(2026, 10, 10)),
        ("one week later", date(2026, 10, 14)), ("2 days from now", FRIDAY), ("in 1 month", date(2026, 11, 7)),
        ("Oct 9", FRIDAY), ("October 9th", FRIDAY), ("9 October", FRIDAY), ("9th of October", FRIDAY),
        ("Oct 9, 2026", FRIDAY), ("Oct 9 2026", FRIDAY), ("1 Jan 2027", date(2027, 1, 1)), ("Sept. 3", date(2027, 9, 3)),
        ("May 3", date(2027, 5, 3)), ("10月9日（周五）", FRIDAY), ("10月9日 星期五", FRIDAY), ("2026-10-09, Friday", FRIDAY),
        ("那就周五吧", FRIDAY), ("好的，周五。", FRIDAY), ("改到下周一可以", NEXT_MONDAY), ("10月9日那天", FRIDAY),
    ],
)  # fmt: skip
def test_a_day_in_words(said, day):
    assert read_day(said, TODAY) == day


@pytest.mark.parametrize(
    ("said", "today", "day"),
    [
        pytest.param("10月7日", TODAY, TODAY, id="today counts as the next such day"),
        pytest.param("10月6日", TODAY, date(2027, 10, 6), id="yesterday's date means next year"),
        pytest.param("周三", TODAY, TODAY, id="on a Wednesday, Wednesday is today"),
        pytest.param("下周三", TODAY, date(2026, 10, 14), id="next Wednesday never is"),
        pytest.param("周一", date(2026, 10, 11), NEXT_MONDAY, id="on a Sunday, Monday is tomorrow"),
        pytest.param("下周一", date(2026, 10, 11), NEXT_MONDAY, id="on a Sunday, next week begins tomorrow"),
        pytest.param("本周日", date(2026, 10, 11), date(2026, 10, 11), id="Sunday ends the week"),
        pytest.param("一个月后", date(2027, 1, 31), date(2027, 2, 28), id="a shorter month takes its last day"),
        pytest.param("一个月后", date(2028, 1, 31), date(2028, 2, 29), id="a leap year's February too"),
        pytest.param("两个月后", date(2026, 12, 31), date(2027, 2, 28), id="months run over new year"),
        pytest.param("2月29日", date(2028, 1, 5), date(2028, 2, 29), id="29 February of a leap year"),
        pytest.param("2月29日（周二）", date(2027, 3, 5), date(2028, 2, 29), id="though this year had no 29 February"),
        pytest.param("1号", date(2026, 12, 31), date(2027, 1, 1), id="the first after the last"),
        pytest.param("明天", date(2026, 12, 31), date(2027, 1, 1), id="tomorrow is another year"),
    ],
)
def test_a_day_at_an_edge_of_the_calendar(said, today, day):
    assert read_day(said, today) == day


@pytest.mark.parametrize(
    ("said", "month", "day", "nearest"),
    [
        ("9月31日", 9, 31, (date(2027, 9, 30), date(2027, 10, 1))),
        ("11月31号", 11, 31, (date(2026, 11, 30), date(2026, 12, 1))),
        ("2026-11-31", 11, 31, (date(2026, 11, 30), date(2026, 12, 1))),
        ("2月29日", 2, 29, (date(2027, 2, 28), date(2027, 3, 1))),
        ("12月32日", 12, 32, (date(2026, 12, 31), date(2027, 1, 1))),
        ("下个月31号", 11, 31, (date(2026, 11, 30), date(2026, 12, 1))),
        ("Nov 31", 11, 31, (date(2026, 11, 30), date(2026, 12, 1))),
    ],
)
def test_an_impossible_day_is_told_with_its_neighbours(said, month, day, nearest):
    with pytest.raises(ImpossibleDay) as told:
        read_day(said, TODAY)
    assert (told.value.month, told.value.day, told.value.nearest) == (month, day, nearest)


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("2026-10-06", date(2026, 10, 6)), ("2025年12月1日", date(2025, 12, 1)), ("本周一", date(2026, 10, 5)),
        ("this Tuesday", date(2026, 10, 6)), ("昨天", date(2026, 10, 6)), ("前天", date(2026, 10, 5)),
        ("yesterday", date(2026, 10, 6)), ("本月3号", date(2026, 10, 3)),
    ],
)  # fmt: skip
def test_a_day_that_is_over_is_told_as_such(said, day):
    with pytest.raises(PastDay) as told:
        read_day(said, TODAY)
    assert told.value.day == day


@pytest.mark.parametrize(
    "said",
    [
        "", "好", "吧", "随便", "下周", "周末", "周", "9", "25/12", "9-10", "10日之后", "13月5日", "0月5日", "10月0日", "1999年1月1日",
        "2150-01-01", "十十天后", "十二三日", "周五或者周六", "周五不行", "下下下周五", "10月9日（周四）", "in weeks", "Mayday",
        "2026-13-01", "周八", "第3节", "<b>周五</b>", "12345天后",
    ],
)  # fmt: skip
def test_a_doubtful_day_is_not_guessed(said):
    with pytest.raises(NoDay):
        read_day(said, TODAY)


# What the school's calendar knows. It is Wednesday, 18 November 2026, in week 12, unless said otherwise.

WEEK_12 = date(2026, 11, 18)


@pytest.mark.parametrize(
    ("said", "today", "day"),
    [
        ("第12周周三", WEEK_12, WEEK_12), ("第十三周周一", WEEK_12, date(2026, 11, 23)), ("本学期第20周的周日", WEEK_12, date(2027, 1, 17)),
        ("week 12 Friday", WEEK_12, date(2026, 11, 20)), ("Friday of week 12", WEEK_12, date(2026, 11, 20)),
        ("第1周周一", date(2027, 2, 1), date(2027, 3, 1)), ("第1周周二", date(2026, 8, 20), date(2026, 9, 1)),
        ("国庆节前", date(2026, 9, 14), date(2026, 9, 30)), ("國慶節前", date(2026, 9, 14), date(2026, 9, 30)),
        ("before National Day", date(2026, 9, 14), date(2026, 9, 30)), ("国庆放假前", date(2026, 9, 14), date(2026, 9, 30)),
        ("国庆节后第一天", date(2026, 9, 14), date(2026, 10, 8)), ("國慶節後第一天", date(2026, 9, 14), date(2026, 10, 8)),
        ("国庆假期后第三天", date(2026, 9, 14), date(2026, 10, 10)), ("国庆节后第一天", date(2026, 10, 3), date(2026, 10, 8)),
        ("the first school day after National Day", date(2026, 9, 14), date(2026, 10, 8)),
        ("中秋节前三天", date(2026, 9, 14), date(2026, 9, 22)), ("2 days before the Mid-Autumn Festival", date(2026, 9, 14), date(2026, 9, 23)),
        ("国庆", date(2026, 9, 14), date(2026, 10, 1)), ("元旦", WEEK_12, date(2027, 1, 1)), ("New Year’s Day", WEEK_12, date(2027, 1, 1)),
        ("五一", WEEK_12, date(2027, 5, 1)), ("教师节", WEEK_12, date(2027, 9, 10)), ("元旦前", date(2026, 11, 18), None),
        ("期中考试前三天", WEEK_12, date(2026, 11, 21)), ("期中前", WEEK_12, date(2026, 11, 23)), ("期中考試前", WEEK_12, date(2026, 11, 23)),
        ("期中考试第一天", WEEK_12, date(2026, 11, 24)), ("期中考试最后一天", WEEK_12, date(2026, 11, 25)),
        ("期中考试后第一天", WEEK_12, date(2026, 11, 26)), ("期末前", WEEK_12, date(2027, 1, 11)), ("before the finals", WEEK_12, date(2027, 1, 11)),
        ("运动会", WEEK_12, date(2026, 12, 11)), ("運動會前一天", WEEK_12, date(2026, 12, 10)), ("运动会那天", WEEK_12, date(2026, 12, 11)),
        ("学期末", WEEK_12, date(2027, 1, 15)), ("學期結束前", WEEK_12, date(2027, 1, 15)), ("by the end of term", WEEK_12, date(2027, 1, 15)),
        ("明年3月1日", WEEK_12, date(2027, 3, 1)), ("今年12月31号", WEEK_12, date(2026, 12, 31)), ("明年三月一號", WEEK_12, date(2027, 3, 1)),
        ("十一前", date(2026, 9, 14), date(2026, 9, 30)), ("十一后第一天", date(2026, 9, 14), date(2026, 10, 8)),
        ("国庆前最后一天", date(2026, 9, 14), date(2026, 9, 30)), ("期中考试前最后一个工作日", WEEK_12, date(2026, 11, 23)),
        ("寒假前", WEEK_12, date(2027, 1, 15)), ("放寒假前最后一天", WEEK_12, date(2027, 1, 15)), ("暑假前", WEEK_12, date(2027, 7, 2)),
        ("before the summer vacation", WEEK_12, date(2027, 7, 2)), ("新学期开学第一天", WEEK_12, date(2027, 3, 1)),
        ("开学", WEEK_12, date(2027, 3, 1)), ("开学第一天", date(2026, 8, 20), date(2026, 9, 1)), ("下个工作日", date(2026, 9, 30), date(2026, 10, 8)),
        ("next school day", date(2026, 11, 26), date(2026, 11, 30)), ("补班那天", date(2026, 9, 14), date(2026, 9, 20)),
        ("下一个补班日", date(2026, 9, 20), date(2026, 10, 10)), ("月底", WEEK_12, date(2026, 11, 30)), ("2月底", date(2028, 1, 5), date(2028, 2, 29)),
        ("年底前", WEEK_12, date(2026, 12, 31)), ("the end of next month", WEEK_12, date(2026, 12, 31)),
        ("10月9日（第6周周五）", date(2026, 9, 14), FRIDAY), ("Fri 9 Oct (week 6)", date(2026, 9, 14), FRIDAY), ("9 Oct 2026 (week 6)", date(2026, 9, 14), FRIDAY),
    ],
)  # fmt: skip
def test_a_day_by_the_calendar(said, today, day):
    if day is None:
        with pytest.raises(UnknownName):
            read_day(said, today, SCHOOL_CLOCK)
    else:
        assert read_day(said, today, SCHOOL_CLOCK) == day


@pytest.mark.parametrize(
    ("said", "week", "last"), [("第21周周三", 21, 20), ("week 21 Monday", 21, 20), ("第0周周一", 0, 20)]
)
def test_a_week_that_the_term_does_not_have_is_told_with_the_last(said, week, last):
    with pytest.raises(NoSuchWeek) as none:
        read_day(said, WEEK_12, SCHOOL_CLOCK)
    assert (none.value.week, none.value.last) == (week, last)


def test_without_a_term_there_is_no_week():
    with pytest.raises(NoSuchWeek) as none:
        read_day("第12周周三", WEEK_12)
    assert none.value.last is None
    for said in ("学期末", "开学", "寒假前", "暑假前"):
        with pytest.raises(NoTerm):
            read_day(said, WEEK_12)


@pytest.mark.parametrize(
    ("said", "name", "year"),
    [("元旦后第一天", "元旦", 2027), ("春节前三天", "春节", 2027), ("before the Spring Festival", "春节", 2027), ("国庆节前", "国庆", 2027),
     ("补班那天", "补班日", 2027)],
)  # fmt: skip
def test_a_holiday_whose_list_is_not_out_is_not_guessed(said, name, year):
    with pytest.raises(UnknownName) as unknown:
        read_day(said, WEEK_12, SCHOOL_CLOCK)
    assert (unknown.value.name, unknown.value.year) == (name, year)


def test_an_exam_that_nobody_entered_is_told_by_its_name():
    with pytest.raises(UnknownName) as unknown:
        read_day("期中考试前三天", WEEK_12)
    assert (unknown.value.name, unknown.value.year) == ("期中", None)


@pytest.mark.parametrize(
    ("said", "today", "day"),
    [
        ("第3周周三", WEEK_12, date(2026, 9, 16)), ("国庆节前", date(2026, 10, 3), date(2026, 9, 30)), ("三天前", WEEK_12, date(2026, 11, 15)),
        ("期中考试前三天", date(2026, 11, 22), date(2026, 11, 21)), ("上周五", WEEK_12, date(2026, 11, 13)), ("two weeks ago", WEEK_12, date(2026, 11, 4)),
        ("去年10月1日", WEEK_12, date(2025, 10, 1)), ("今年9月1日", WEEK_12, date(2026, 9, 1)),
        ("10月9日（第6周周五）", WEEK_12, FRIDAY), ("Fri 9 Oct", WEEK_12, FRIDAY), ("10月9日周五", date(2027, 1, 5), FRIDAY),
    ],
)  # fmt: skip
def test_a_day_of_the_calendar_that_is_over_is_told_as_such(said, today, day):
    with pytest.raises(PastDay) as past:
        read_day(said, today, SCHOOL_CLOCK)
    assert past.value.day == day


@pytest.mark.parametrize(
    "said",
    [
        "第12周", "下学期第3周周一", "期中", "期中考试", "春节", "中秋", "国庆后", "国庆节第9天", "国庆节后第99天", "寒假", "节前", "放假前",
        "11月20日（第11周周五）", "11月20日（第12周周四）", "11月20日（）", "Thu 20 Nov (week 12)", "月初", "年初", "期中考试前两周", "期末前一周", "十一之后", "十一", "明年2月30日的前一天", "周五前后", "国庆节前后",
        "10日后", "3月后", "两两天后", "后第一天", "前三天", "校庆前",
    ],
)  # fmt: skip
def test_a_doubtful_day_of_the_calendar_is_not_guessed(said):
    with pytest.raises(NoDay):
        read_day(said, WEEK_12, SCHOOL_CLOCK)


def test_a_name_that_may_mean_two_days_is_asked_about():
    with pytest.raises(TwoDays) as two:
        read_day("运动会第二天", WEEK_12, PUT_OFF)
    assert two.value.days == (date(2026, 11, 20), date(2026, 11, 27))
    assert read_day("运动会第一天", date(2026, 11, 18), PUT_OFF) == date(2026, 11, 19)


def test_what_a_calendar_calls_a_feast_has_one_key():
    assert [feast_of(name) for name in ("国庆节", "中秋", "期中考试", "运动会", "")] == [
        "national_day",
        "mid_autumn",
        "midterm",
        "",
        "",
    ]


days = st.dates(date(2020, 1, 1), date(2060, 12, 31))


@given(days, st.integers(0, 400))
def test_a_full_date_is_read_as_itself(today, ahead):
    day = today + timedelta(days=ahead)
    for said in (f"{day}", f"{day.year}年{day.month}月{day.day}日", f"{day:%B} {day.day}, {day.year}", f"{ahead}天后"):
        assert read_day(said, today) == day


@given(days, st.sampled_from("一二三四五六日"))
def test_a_weekday_is_the_coming_one(today, name):
    day = read_day(f"周{name}", today)
    assert "一二三四五六日"[day.weekday()] == name
    assert 0 <= (day - today).days < 7
    assert read_day(f"下周{name}", today).isocalendar()[:2] == (today + timedelta(days=7)).isocalendar()[:2]


@given(st.text(), days)
def test_no_text_upsets_the_reader(said, today):
    try:
        read = read_day(said, today)
    except (NoDay, PastDay, ImpossibleDay):
        return
    assert read >= today


@pytest.mark.parametrize(
    ("said", "period"),
    [
        ("第3节", 3), ("第三節", 3), ("3节", 3), ("３", 3), ("第 4 节课", 4), ("第二节吧", 2), ("十一节", 11), ("13节", 13),
        ("第0节", 0), ("上午第二节", 2), ("下午第一节", 5), ("下午第2节", 6), ("下午第6节", 6), ("period 3", 3), ("Lesson 2", 2),
        ("3rd period", 3), ("第十节", 10),
    ],
)  # fmt: skip
def test_the_number_of_a_lesson(said, period):
    assert read_period(said) == period


@pytest.mark.parametrize("said", ["", "周五", "节", "三", "第三", "100", "period", "三五节", "-3"])
def test_a_doubtful_lesson_is_not_guessed(said):
    with pytest.raises(NoPeriod):
        read_period(said)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("周五第1节", (FRIDAY, 1)), ("周五 上午 第1节", (FRIDAY, 1)), ("周五下午第2节", (FRIDAY, 6)), ("周五三节", (FRIDAY, 3)),
        ("周五的第三节吧", (FRIDAY, 3)), ("2026-10-9 3节", (FRIDAY, 3)), ("10月12日第13节", (NEXT_MONDAY, 13)),
        ("第1节，周五", (FRIDAY, 1)), ("Friday period 1", (FRIDAY, 1)), ("period 1 on Friday", (FRIDAY, 1)),
        ("周五", (FRIDAY, None)), ("第三节", (None, 3)), ("3", (None, 3)), ("Oct 9, period 3", (FRIDAY, 3)),
    ],
)  # fmt: skip
def test_a_day_and_a_lesson_together(said, expected):
    assert read_day_and_period(said, TODAY) == expected


@pytest.mark.parametrize("said", ["", "随便", "周末第1节", "第1节或第2节", "周五或第1节"])
def test_half_understood_is_not_understood(said):
    with pytest.raises(NoDay):
        read_day_and_period(said, TODAY)


def test_an_impossible_day_is_told_with_a_lesson_too():
    with pytest.raises(ImpossibleDay):
        read_day_and_period("9月31日第1节", TODAY)
