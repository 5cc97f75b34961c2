"""课表: her lessons as they are really held, by day, with bells and swaps."""

from datetime import date, timedelta

import pytest

from models import LessonMove, SchoolDay
from tests.timetable_world import edited, with_timetable
from tests.world import Talk, World


@pytest.fixture
def school(world: World) -> World:
    return with_timetable(world)


@pytest.fixture
def lin(school: World) -> Talk:
    return Talk(school, "lin")


def test_today_and_tomorrow_are_shown_with_their_bells(lin: Talk) -> None:
    heard = lin("课表", says="lessons")
    assert "9:10–09:50".lstrip("0") in heard.text and "第2节 三4班 语文" in heard.text
    assert "9月16日" in heard.text and "9月17日" in heard.text and "三2班" in heard.text


@pytest.mark.parametrize("words", ["课表 周五", "/timetable 周五", "周五有什么课", "我周五上哪几节课"])
def test_one_day_can_be_named(lin: Talk, words: str) -> None:
    heard = lin(words, says="lessons")
    assert "9月18日" in heard.text and "9月16日" not in heard.text and "第1节 三4班" in heard.text


def test_a_day_that_has_passed_can_be_looked_at(lin: Talk) -> None:
    assert "9月14日（第2周周一）" in lin("课表 9月14日", says="lessons").text
    assert "9月14日（周二）" in lin("课表 2027年9月14日", says="lessons").text


def test_what_is_no_day_is_said_so(lin: Talk) -> None:
    lin("课表 哪天", says="not_a_day")


def test_a_rest_day_says_why(school: World, lin: Talk) -> None:
    school.add(SchoolDay(day=date(2026, 9, 18), kind="rest", name="停电", made_at=school.clock.now()))
    edited(school)
    heard = lin("课表 周五", says="lessons")
    assert "9月18日（第2周周五），停电，不上课" in heard.text and "三4班" not in heard.text


def test_a_made_up_day_holds_the_lessons_it_follows(school: World, lin: Talk) -> None:
    school.add(SchoolDay(day=date(2026, 9, 19), kind="school", name="补课", follows=2, made_at=school.clock.now()))
    edited(school)
    heard = lin("课表 周六", says="lessons")
    assert "，补课，上周三的课" in heard.text and "第2节 三4班" in heard.text


@pytest.mark.parametrize(("words", "days"), [("下周", 5), ("周一到周三", 3), ("明天到9月30日", 7)])
def test_a_week_shows_its_days(school: World, lin: Talk, words: str, days: int) -> None:
    assert lin(f"课表 {words}", says="lessons").text.count("（第") == days


def test_a_week_that_the_term_does_not_have_is_named(school: World, lin: Talk) -> None:
    assert "最后一周是第20周" in lin("课表 第99周周三", says="no_such_week").text


@pytest.mark.parametrize(
    ("mark", "told", "hidden"),
    [
        ({"kind": "exam", "name": "期中考试"}, "9月17日（第2周周四），期中考试，不上平常的课", "三2班"),
        ({"kind": "exam"}, "，考试，不上平常的课", "没有课"),
        ({"kind": "school", "closed": "am"}, "，上午停课\n这半天没有课", "三2班"),
        ({"kind": "school", "name": "校运会", "closed": "pm"}, "，校运会，下午停课", "没有课"),
    ],
)
def test_exams_and_closed_halves_are_said_instead_of_their_lessons(
    school: World, lin: Talk, mark: dict[str, str], told: str, hidden: str
) -> None:
    school.add(SchoolDay(day=date(2026, 9, 17), made_at=school.clock.now(), **mark))
    edited(school)
    text = lin("课表 周四", says="lessons").text
    assert told in text and hidden not in text
    assert ("三2班" in text) == (mark.get("closed") == "pm")


def test_a_lesson_moved_to_a_day_that_closed_since_is_not_listed(school: World, lin: Talk) -> None:
    lin("调课 周四第3节→周五第5节", asks="right")
    lin.tap("yes", says="moved")
    school.add(SchoolDay(day=date(2026, 9, 18), kind="school", closed="pm", made_at=school.clock.now()))
    edited(school)
    assert "从9月17日" not in lin("课表 周五").text


@pytest.mark.parametrize(
    ("mark", "why"),
    [
        ({"kind": "school", "closed": "pm", "name": "校运会"}, "下午停课（校运会）"),
        ({"kind": "exam", "name": "月考"}, "是月考，不上平常的课"),
        ({"kind": "rest", "name": "台风"}, "不上课（台风）"),
    ],
)
def test_no_lesson_is_swapped_into_what_is_closed(school: World, lin: Talk, mark: dict[str, str], why: str) -> None:
    school.add(SchoolDay(day=date(2026, 9, 18), made_at=school.clock.now(), **mark))
    edited(school)
    assert why in lin("调课 周四第3节→周五第5节", asks="to").text
    assert why in lin("调课 周五第5节→周四第7节", asks="which").text


def test_swaps_show_on_both_days(school: World, lin: Talk) -> None:
    lin("调课 周四第3节→周五第5节", asks="right")
    lin.tap("yes", says="moved")
    assert "从9月17日" in lin("课表 周五").text
    assert "第3节 三4班 调到9月18日" in lin("课表 周四").text
    assert len(school.all(LessonMove)) == 1


def test_a_day_without_lessons_says_so(school: World) -> None:
    assert "没有课" in Talk(school, "chen")("课表 周三", says="lessons").text


def test_without_a_timetable_it_is_said_kindly(world: World) -> None:
    Talk(world)("课表", says="none_yet")


def test_a_colleague_of_another_school_day_sees_only_her_own(school: World) -> None:
    heard = Talk(school, "chen")("课表 周四")
    assert "三1班" in heard.text and "三4班" not in heard.text


def test_asking_in_the_middle_of_something_goes_on_with_it(lin: Talk) -> None:
    lin("调课", asks="which")
    heard = lin("课表", says="lessons")
    assert heard.blocks[-1] == "which"


@pytest.mark.parametrize("language", ["zh_Hant", "en"])
def test_every_language_shows_it(school: World, lin: Talk, language: str) -> None:
    school.change("lin", language=language)
    lin("调课 周四第3节→周五第5节", asks="right")
    lin.tap("yes", says="moved")
    heard = lin("/timetable", says="lessons")
    assert heard.text.count("三4班") == 2 and "14:00" in lin("/timetable 周五").text


def test_weeks_end_with_the_term(school: World, lin: Talk) -> None:
    school.clock.advance(days=7 * 30)
    heard = lin("课表", says="lessons")
    assert "三4班" not in heard.text
    assert school.today - date(2026, 9, 16) == timedelta(days=210)
