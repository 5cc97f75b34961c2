"""A stretch of days, as teachers type it."""

from datetime import date

import pytest

from models.rules.dates import ImpossibleDay, NoDay, read_day
from models.rules.spans import LongSpan, PastSpan, from_now, read_span
from tests.models.rules.said_dates import SCHOOL_CLOCK

THURSDAY = date(2026, 10, 15)


@pytest.mark.parametrize(
    ("said", "first", "last"),
    [
        pytest.param("20号到26号", (10, 20), (10, 26), id="two days of the month"),
        pytest.param("20號至26號", (10, 20), (10, 26), id="in traditional characters"),
        pytest.param("20-26号", (10, 20), (10, 26), id="the month's mark only at the end"),
        pytest.param("10月20日-10月26日", (10, 20), (10, 26), id="full dates with a hyphen"),
        pytest.param("2026-10-20到2026-10-26", (10, 20), (10, 26), id="ISO dates"),
        pytest.param("从20号到26号请假", (10, 20), (10, 26), id="words around"),
        pytest.param("明天到周五", (10, 16), (10, 16), id="tomorrow is Friday"),
        pytest.param("明天到下周三", (10, 16), (10, 21), id="into next week"),
        pytest.param("周三到周五", (10, 21), (10, 23), id="the Friday follows the Wednesday"),
        pytest.param("下周一到下周三", (10, 19), (10, 21), id="both in next week"),
        pytest.param("昨天到明天", (10, 14), (10, 16), id="begun yesterday"),
        pytest.param("10月20日", (10, 20), (10, 20), id="a single day"),
        pytest.param("本周", (10, 15), (10, 16), id="what is left of this week"),
        pytest.param("明天请假一天", (10, 16), (10, 16), id="one day counted"),
        pytest.param("明天请三天假", (10, 16), (10, 18), id="days counted from tomorrow"),
        pytest.param("从下周一起休息两天", (10, 19), (10, 20), id="and from Monday"),
        pytest.param("下周", (10, 19), (10, 23), id="next week"),
        pytest.param("Oct 20 to 26", (10, 20), (10, 26), id="English with the month once"),
        pytest.param("tomorrow until Friday", (10, 16), (10, 16), id="English words"),
    ],
)
def test_a_stretch_is_read(said: str, first: tuple[int, int], last: tuple[int, int]) -> None:
    assert read_span(said, THURSDAY) == (date(2026, *first), date(2026, *last))


@pytest.mark.parametrize(
    "said",
    [
        "",
        "吃饭",
        "到",
        "26号之类的",
        "过几天到再说",
        "周五前",
        "by Friday",
        "明天到周五前",
        "请假三天",
        "下周五天",
        "明天一百天",
        "周三天",
    ],
)
def test_what_is_no_day_is_not_guessed(said: str) -> None:
    with pytest.raises(NoDay):
        read_span(said, THURSDAY)


@pytest.mark.parametrize("said", ["国庆假期", "國慶長假", "十一放假", "国庆假期。", "National Day holiday"])
def test_a_holiday_is_all_its_days(said: str) -> None:
    assert read_span(said, date(2026, 9, 16), SCHOOL_CLOCK) == (date(2026, 10, 1), date(2026, 10, 7))
    with pytest.raises(NoDay):
        read_day(said, date(2026, 9, 16), SCHOOL_CLOCK)


@pytest.mark.parametrize("said", ["昨天", "本周一", "本周一到昨天"])
def test_a_stretch_that_is_over_is_named(said: str) -> None:
    with pytest.raises(PastSpan):
        read_span(said, THURSDAY)


def test_this_week_is_over_on_sunday() -> None:
    with pytest.raises(PastSpan):
        read_span("本周", date(2026, 10, 18))


def test_a_day_that_does_not_exist_is_named() -> None:
    with pytest.raises(ImpossibleDay):
        read_span("9月28日到9月31日", date(2026, 9, 15))


def test_years_away_are_a_slip_of_the_pen() -> None:
    with pytest.raises(LongSpan):
        read_span("明天到2029年1月1日", THURSDAY)


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("三天", "三天后"),
        ("安静两天吧", "两天后"),
        ("一个月", "一个月后"),
        ("for 3 days", "in 3days"),
        ("三天后", None),
        ("到周五", None),
        ("days", None),
        ("", None),
    ],
)
def test_a_bare_length_is_meant_from_now(said: str, day: str | None) -> None:
    assert from_now(said) == day
