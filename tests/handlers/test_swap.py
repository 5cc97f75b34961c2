"""调课: one lesson moved for once, traded with a colleague, undone; and what becomes of the visits to it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from handlers.swap_slot import both_sides
from models import LessonMove, Observation, Prompt, SchoolDay
from tests.timetable_world import change_lessons, edited, with_timetable
from tests.world import Heard, Talk, World


@pytest.fixture
def school(world: World) -> World:
    return with_timetable(world)


@pytest.fixture
def lin(school: World) -> Talk:
    return Talk(school, "lin")


def options(heard: Heard, who: str = "lin") -> list[str]:
    return [option for option in heard.bubbles[who][-1].options if not option.startswith("_")]


def moves(world: World, standing: bool = True) -> list[tuple[str, int, str, int]]:
    found = sorted(world.all(LessonMove), key=lambda one: (one.from_day, one.from_period))
    return [
        (f"{one.from_day:%m%d}", one.from_period, f"{one.to_day:%m%d}", one.to_period)
        for one in found
        if (one.undone_at is None) == standing
    ]


def visit(world: World, state: str = "agreed", **more: Any) -> Observation:
    """陈静安 is to observe 林晓 on Friday, lesson 1; the way it is arranged has its own tests."""
    Talk(world, "chen")("听课 周五第1节", asks="lessons")
    Talk(world, "chen").tap("1", asks="lesson_kind")
    Talk(world, "chen").tap("ordinary", says="proposed")
    world.advance(minutes=30)
    if state == "agreed":
        Talk(world, "lin").tap("agree", says="agreed")
        world.advance(minutes=1)
    return stored(world)


def stored(world: World) -> Observation:
    found: Observation = world.all(Observation)[0]
    return found


# Saying it


@pytest.mark.parametrize(
    ("words", "sides"),
    [
        ("周三第2节→周四第3节", ("周三第2节", "周四第3节")),
        ("周三第2节->周四第3节", ("周三第2节", "周四第3节")),
        ("今天第1节换到下午第2节", ("今天第1节", "下午第2节")),
        ("把周三第2节调到周四第3节", ("周三第2节", "周四第3节")),
        ("週三第2節調到週四第3節", ("週三第2節", "週四第3節")),
        ("wed lesson 2 to thu lesson 3", ("wed lesson 2", "thu lesson 3")),
        ("周三第2节", ("周三第2节", "")),
        ("", ("", "")),
    ],
)
def test_both_sides_are_told_apart(words: str, sides: tuple[str, str]) -> None:
    assert both_sides(words) == sides


@pytest.mark.parametrize(
    "words",
    [
        "调课 周五第1节→周五第5节", "调课 周五第1节 换到 下午第1节", "把周五第1节调到周五第5节", "调课周五第1节->周五第5节",
        "/swap friday lesson 1 -> friday lesson 5", "調課 週五第1節→週五第5節",
    ],
)  # fmt: skip
def test_a_lesson_is_moved_in_one_sentence_and_a_yes(school: World, lin: Talk, words: str) -> None:
    heard = lin(words, asks="right")
    assert "三4班" in heard.text and "14:00" in heard.text and "9月18日" in heard.text
    lin.tap("yes", says="moved")
    assert moves(school) == [("0918", 1, "0918", 5)]


def test_it_is_asked_step_by_step_with_what_is_free(school: World, lin: Talk) -> None:
    heard = lin("调课", asks="which")
    assert options(heard) == ["0917-2", "0917-3", "0918-1", "0921-3"]
    heard = lin.tap("0918-1", asks="to")
    assert options(heard) == ["0916-8", "0917-1", "0918-2"]
    lin.tap("0917-1", asks="right")
    lin.tap("no", says="left_as_is")
    assert moves(school) == []


def test_the_lesson_alone_may_be_said_first(lin: Talk) -> None:
    lin("调课 周五第1节", asks="to")
    lin("上一步", says="nothing_before")


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("调课 周五第4节→周五第5节", "第4节没有课"),
        ("调课 今天第2节→周五第5节", "已经开始了"),
        ("调课 周五第1节→周五第1节", "没有变"),
        ("调课 周五第1节→周六第1节", "不上课"),
        ("调课 周五第1节→今天第1节", "已经开始了"),
        ("调课 周五第1节→周四第2节", "要上三2班"),
        ("调课 周五第1节→周四第12节", "没对上"),
        ("调课 周五第1节→下周五第1节", "要上三4班"),
        ("调课 周五第1节→周四第3节", "要上三4班"),
    ],
)
def test_what_cannot_be_is_said_with_its_reason(school: World, lin: Talk, words: str, kind: str) -> None:
    assert kind in lin(words).text
    assert moves(school) == []


@pytest.mark.parametrize(
    ("said", "says"),
    [("第1节", "stopped"), ("周六第2节", "stopped"), ("第99节", "no_such_period"), ("周四", "not_a_period"), ("随便", "not_a_day"),
     ("9月31日第1节", "impossible_day")],
)  # fmt: skip
def test_a_place_that_cannot_be_is_asked_again(lin: Talk, said: str, says: str) -> None:
    lin("调课 周五第1节", asks="to")
    lin(said, says=says)
    lin("第5节", asks="right")


def test_a_rest_day_offers_its_neighbours_with_the_same_lesson(school: World, lin: Talk) -> None:
    lin("调课 周五第1节", asks="to")
    lin("周六第5节", says="stopped")
    lin.tap("o1", asks="right")
    lin.tap("yes", says="moved")
    assert moves(school) == [("0918", 1, "0921", 5)]


def test_a_lesson_moved_before_goes_on_from_its_own_place(school: World, lin: Talk) -> None:
    lin("调课 周五第1节→周五第5节", asks="right")
    lin.tap("yes", says="moved")
    lin("调课 周五第5节→周五第6节", asks="right")
    lin.tap("yes", says="moved")
    assert moves(school) == [("0918", 1, "0918", 6)]
    lin("调课 周五第6节→周五第1节", asks="right")
    lin.tap("yes", says="moved")
    assert moves(school) == []


def test_two_subjects_of_hers_with_the_same_class_change_places(school: World, lin: Talk) -> None:
    change_lessons(school, {"weekday": 0, "period": 3}, subject="道德与法治")
    lin("调课 周五第1节→下周一第3节", asks="right")
    lin.tap("yes", says="moved")
    assert moves(school) == [("0918", 1, "0921", 3), ("0921", 3, "0918", 1)]


def test_it_holds_for_that_week_only(school: World, lin: Talk) -> None:
    lin("调课 周五第1节→周五第5节", asks="right")
    lin.tap("yes", says="moved")
    assert "第5节" in lin("课表 周五").text
    assert "第5节" not in lin("课表 下周五").text


def test_cancel_in_the_middle_moves_nothing(school: World, lin: Talk) -> None:
    lin("调课 周五第1节→周五第5节", asks="right")
    lin("取消", says="cancelled_empty")
    assert moves(school) == []


def test_a_timetable_that_changed_meanwhile_is_noticed(school: World, lin: Talk) -> None:
    lin("调课 周五第1节→周五第5节", asks="right")
    change_lessons(school, {"weekday": 4, "period": 3}, teacher_id=school.id["lin"], class_name="三9班", period=5)
    heard = lin.tap("yes", says="changed_meanwhile")
    assert (
        heard.blocks[-1] == "to" and "第1节" in heard.text
    )  # another time for the same lesson, not the same yes again
    assert moves(school) == []


@pytest.mark.parametrize("words", ["对，调", "上一步", "周四第1节"])
def test_a_lesson_that_somebody_else_moved_is_chosen_anew(school: World, lin: Talk, words: str) -> None:
    lin("调课 周五第1节→周五第5节", asks="right")
    Talk(school, "he")("调课 林晓 周五第1节→周四第1节", asks="right")
    Talk(school, "he").tap("yes", says="moved")
    lin(words, asks="again")
    lin.tap("again", asks="which")
    lin.tap("0917-1", asks="to")
    assert moves(school) == [("0918", 1, "0917", 1)]


def test_a_lesson_that_left_the_timetable_is_let_go(school: World, lin: Talk) -> None:
    school.needs_buttons()
    lin("调课 周五第1节→周五第5节", asks="right")
    change_lessons(school, {"teacher_id": school.id["lin"], "weekday": 4})
    lin.tap("yes", asks="again")
    lin.tap("no", says="left_as_is")
    lin("取消", says="nothing_open")


# Visits


def test_what_was_moved_back_before_anybody_heard_of_it_is_not_told(school: World, lin: Talk) -> None:
    visit(school)
    for words, ask in (
        ("调课 周五第1节→周五第5节", "yes"),
        ("调课 周五第1节→周五第2节", "ask"),
    ):  # she teaches lesson 2
        lin(words)
        lin.tap(ask, says="moved")
        lin.tap("undo", says="undone")
        assert school.advance(minutes=10).to("chen") == ""
        assert (stored(school).state, stored(school).period) == ("agreed", 1)
    assert "observation_evening" in school.advance(days=1, hours=4).blocks


def test_of_two_moves_the_observer_hears_one(school: World, lin: Talk) -> None:
    visit(school)
    for words in ("调课 周五第1节→周五第5节", "调课 周五第5节→周五第6节"):
        lin(words, asks="right")
        lin.tap("yes", says="moved")
    told = school.tick().to("chen")
    assert "第1节的课调到了" in told and "第6节" in told and "第5节" not in told


def test_a_visit_goes_along_and_the_observer_hears_of_it(school: World, lin: Talk) -> None:
    seen = visit(school)
    lin("调课 周五第1节→周五第5节", asks="right")
    assert "陈静安" in lin.tap("yes", says="moved").text
    after = stored(school)
    assert (after.state, after.period, after.version) == ("agreed", 5, seen.version + 1)
    assert after.starts_at == datetime(2026, 9, 18, 6, tzinfo=UTC)
    told = school.tick()
    assert "observation_follows" in told.blocks and "第5节" in told.to("chen")
    soon = school.all(Prompt, kind="observation_soon", state="waiting")
    assert [prompt.due_at for prompt in soon] == [datetime(2026, 9, 18, 5, 30, tzinfo=UTC)]


def test_a_busy_observer_is_asked_about_first(school: World, lin: Talk) -> None:
    visit(school)
    heard = lin("调课 周五第1节→周五第2节", asks="visit")  # 陈静安 teaches 三1班 then
    assert "陈静安" in heard.text and options(heard) == ["ask", "rebook", "cancel", "no"]
    lin.tap("ask", says="moved")
    after = stored(school)
    assert (after.state, after.period, after.person_id) == ("proposed", 2, school.id["lin"])
    assert "第2节" in school.tick().to("chen")
    Talk(school, "chen").tap("agree", says="agreed")
    assert stored(school).state == "agreed"


def test_a_visit_is_arranged_anew(school: World, lin: Talk) -> None:
    visit(school)
    lin("调课 周五第1节→周五第2节", asks="visit")
    heard = lin.tap("rebook", asks="day")
    assert options(heard) == ["0917-2", "0921-3", "0922-1", "own"]
    assert stored(school).state == "cancelled"
    assert "observation_cancelled" in school.tick().blocks


def test_a_visit_is_cancelled_with_the_swap(school: World, lin: Talk) -> None:
    visit(school)
    lin("调课 周五第1节→周五第2节", asks="visit")
    lin.tap("cancel", says="moved")
    assert stored(school).state == "cancelled"
    assert "取消" in school.tick().to("chen")
    assert school.all(Prompt, state="waiting") == []


def test_the_lesson_may_stay_for_the_sake_of_the_visit(school: World, lin: Talk) -> None:
    visit(school)
    lin("调课 周五第1节→周五第2节", asks="visit")
    lin.tap("no", says="left_as_is")
    assert (moves(school), stored(school).state) == ([], "agreed")


def test_a_visit_nobody_answered_yet_is_asked_about_at_the_new_time(school: World, lin: Talk) -> None:
    visit(school, state="proposed")
    lin("调课 周五第1节→周五第5节", asks="right")
    lin.tap("yes", says="moved")
    after = stored(school)
    assert (after.state, after.period, after.person_id) == ("proposed", 5, school.id["lin"])
    assert "第5节" in school.tick().to("chen")


# Without a timetable


def test_without_a_timetable_it_is_said_kindly(world: World) -> None:
    Talk(world)("调课", says="no_timetable")


def test_without_a_timetable_a_visit_can_be_moved_instead(world: World) -> None:
    chen = Talk(world, "chen")
    chen("听课 周五第1节", asks="lesson_kind")
    chen.tap("ordinary", says="proposed")
    chen("调课", asks="move")
    chen.tap("v0", asks="day")
    chen("下周三第2节", says="offered")
    assert stored(world).day == date(2026, 9, 23)


def test_a_closed_day_names_its_reason(school: World, lin: Talk) -> None:
    school.add(SchoolDay(day=date(2026, 9, 18), kind="rest", name="停电", made_at=school.clock.now()))
    edited(school)
    assert "停电" in lin("调课 周四第3节→周五第5节").text
