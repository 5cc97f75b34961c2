"""Contact hours in a teacher's words."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.contact import Habits
from models.rules.hours import Hours, NoHours, read_hours

USUAL_DAYS = "01234"


def hours(days: str, start: str, end: str) -> Hours:
    return Hours(frozenset(map(int, days)), time.fromisoformat(start), time.fromisoformat(end))


@pytest.mark.parametrize(
    ("said", "start", "end"),
    [
        ("晚上八点以后", "20:00", "21:30"), ("晚上八點以後", "20:00", "21:30"), ("晚上８点后吧", "20:00", "21:30"),
        ("16:30 后", "16:30", "21:30"), ("四点半以后", "16:30", "21:30"), ("4:30后", "16:30", "21:30"),
        ("下午4点半到9点", "16:30", "21:00"), ("晚上8到9点半", "20:00", "21:30"), ("20:00-21:30", "20:00", "21:30"),
        ("20:00到9:30", "20:00", "21:30"), ("12:00–13:30", "12:00", "13:30"), ("中午", "12:00", "13:30"),
        ("午休", "12:00", "13:30"), ("中午12点到1点半", "12:00", "13:30"), ("中午1点", "13:00", "21:30"),
        ("上午11点到1点", "11:00", "13:00"), ("晚上", "19:00", "21:30"), ("放学后", "16:30", "21:30"),
        ("下午", "14:00", "18:00"), ("早上", "06:30", "08:00"), ("08:30-09:30", "08:30", "09:30"),
        ("二十点三十分起", "20:30", "21:30"), ("晚上八点一刻以后", "20:15", "21:30"), ("晚上八点三刻以后", "20:45", "21:30"),
        ("晚上九点前", "16:30", "21:00"), ("15:00前", "06:30", "15:00"), ("before 9 pm", "16:30", "21:00"),
        ("after 8 pm", "20:00", "21:30"), ("8-10pm", "20:00", "22:00"), ("11am to 1pm", "11:00", "13:00"),
        ("11-1pm", "11:00", "13:00"), ("at lunch", "12:00", "13:30"), ("evenings please", "19:00", "21:30"),
        ("12pm-1pm", "12:00", "13:00"), ("3-5点", "15:00", "17:00"),
    ],
)  # fmt: skip
def test_hours_in_words_keep_the_usual_weekdays(said, start, end):
    assert read_hours(said) == hours(USUAL_DAYS, start, end)


@pytest.mark.parametrize(
    ("said", "start", "end"),
    [
        pytest.param("21:30后", "21:30", "22:30", id="after the usual evening there is one hour"),
        pytest.param("22:00以后", "22:00", "22:30", id="half an hour is left"),
        pytest.param("20:00-23:30", "20:00", "22:30", id="the night is kept"),
        pytest.param("晚上8点到12点", "20:00", "22:30", id="midnight is after eight"),
        pytest.param("晚上8点到1点", "20:00", "22:30", id="one at night is after eight"),
        pytest.param("05:00-07:00", "06:30", "07:00", id="the early morning is kept"),
    ],
)
def test_the_bot_keeps_the_night_whatever_is_said(said, start, end):
    assert read_hours(said) == hours(USUAL_DAYS, start, end)


@pytest.mark.parametrize(
    ("said", "days"),
    [
        ("周一到周四", "0123"), ("星期一至四", "0123"), ("周一三五", "024"), ("周一、三、五", "024"), ("周一，周三", "02"),
        ("周一和周三", "02"), ("工作日", "01234"), ("每天", "0123456"), ("周末", "56"), ("周六到周二", "0156"), ("礼拜天", "6"),
        ("周五不要", "0123"), ("週五不要", "0123"), ("不要周五", "0123"), ("除了周三都可以", "0134"), ("周一、周五都不行", "123"),
        ("周一到周四，周四不要", "012"), ("周五和节假日不打扰", "0123"), ("节假日不要", "01234"), ("Mon-Thu", "0123"),
        ("Monday, Wednesday and Friday", "024"), ("not Friday", "0123"), ("not on Fridays", "0123"), ("no Wednesdays", "0134"), ("weekdays", "01234"), ("except Tuesday", "0234"),
    ],
)  # fmt: skip
def test_weekdays_in_words_keep_the_usual_hours(said, days):
    assert read_hours(said) == hours(days, "16:30", "21:00")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("晚上八点以后吧，周五不要", hours("0123", "20:00", "21:30")),
        ("工作日 16:30 后", hours("01234", "16:30", "21:30")),
        ("工作日 12:00–13:30", hours("01234", "12:00", "13:30")),
        ("周一三五 晚上", hours("024", "19:00", "21:30")),
        ("after 8 pm, not on Fridays", hours("0123", "20:00", "21:30")),  # as our own card says it
        ("weekdays after 16:30", hours("01234", "16:30", "21:30")),
        ("Mon-Thu evenings, not Tuesday", hours("023", "19:00", "21:30")),
    ],
)
def test_weekdays_and_hours_together(said, expected):
    assert read_hours(said) == expected


def test_what_she_does_not_mention_stays_as_it_was():
    hers = hours("02", "12:00", "13:30")
    assert read_hours("周三不要", hers) == hours("0", "12:00", "13:30")
    assert read_hours("晚上", hers) == hours("02", "19:00", "21:30")
    assert read_hours("15:00前", hers) == hours("02", "12:00", "15:00")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("", "not_understood"), ("好", "not_understood"), ("随便", "not_understood"), ("1", "not_understood"),
        ("20", "not_understood"), ("晚上二十五点", "not_understood"), ("20:75", "not_understood"),
        ("晚上十十点", "not_understood"), ("周八", "not_understood"), ("周五不要<b>", "not_understood"),
        ("八点以后", "morning_or_evening"), ("8点", "morning_or_evening"), ("8:30后", "morning_or_evening"),
        ("after 8", "morning_or_evening"), ("8到9点", "morning_or_evening"),
        ("23:00以后", "night"), ("12am-1am", "night"), ("凌晨1点到5点", "night"), ("晚上12点以后", "night"),
        ("晚上1点以后", "night"), ("早上6点前", "night"),
        ("工作日不要", "no_day_left"), ("每天不要", "no_day_left"),
        ("中午，晚上", "two_stretches"), ("晚上8点到9点，中午", "two_stretches"),
    ],
)  # fmt: skip
def test_a_wish_that_cannot_be_kept_says_why(said, reason):
    with pytest.raises(NoHours) as told:
        read_hours(said)
    assert told.value.reason == reason


@given(st.text("周一二五日到至不要晚上午中八九十点半后前0123456789:-,、 ampm"))
def test_whatever_is_read_are_hours_that_a_person_can_have(said):
    try:
        weekdays, start, end = read_hours(said)
    except NoHours:
        return
    assert Habits(weekdays=weekdays, start=start, end=end).weekdays
    assert time(6, 30) <= start < end <= time(22, 30)
