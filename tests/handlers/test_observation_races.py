"""听课 when two people act at once, or the world changes while a card waits: what is shown is asked for anew."""

from datetime import date, timedelta
from typing import Any

import pytest

from bot.buttons import OPEN
from bot.channels import Message
from models import Observation, Prompt, SchoolDay
from tests.handlers.pressing import signed
from tests.handlers.test_observation import agree, only, propose
from tests.timetable_world import edited, with_timetable
from tests.world import Heard, Talk, World


@pytest.fixture
def chen(world: World) -> Talk:
    return Talk(world, "chen")


def changed(world: World, **values: Any) -> Observation:
    """Change the observation behind everybody's back, as another turn or the office would."""
    with world.store.writing() as session:
        observation = session.get_one(Observation, only(world).id)
        for name, value in values.items():
            setattr(observation, name, value)
    return only(world)


def left_of(world: World) -> list[tuple[str, str]]:
    """List (kind, state) of the prompts about the observation."""
    return [(prompt.kind, prompt.state) for prompt in world.all(Prompt, about_id=only(world).id)]


def heard_until(world: World, moment: Any) -> set[str]:
    """Let the time pass, half an hour at a time, and name all that was said."""
    said: set[str] = set()
    while world.clock.now() < moment:
        said |= set(world.advance(minutes=30).blocks)
    return said


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"state": "cancelled"}, id="it was cancelled"),
        pytest.param({"version": 7}, id="it was moved"),
    ],
)
def test_what_became_void_while_it_waited_is_dropped_unsaid(world: World, chen: Talk, change: dict[str, Any]) -> None:
    agree(world, chen)
    planned = {kind for kind, state in left_of(world) if state == "waiting"}
    assert planned
    observation = changed(world, **change)
    assert not heard_until(world, observation.ends_at + timedelta(days=2)) & planned
    assert not {kind for kind, state in left_of(world) if state == "waiting"}


def test_who_wrote_her_feedback_early_is_not_asked_for_it(world: World, chen: Talk) -> None:
    agree(world, chen)
    observation = changed(world, feedback="sent", strength="提问以后等了三秒")
    said = heard_until(world, observation.ends_at + timedelta(days=1))
    assert "observation_feedback" not in said


def test_of_two_who_move_it_at_once_the_later_reads_the_new_time(world: World, chen: Talk) -> None:
    agree(world, chen)
    lin = Talk(world, "lin")
    _opens(world, "lin", "observation_move")
    changed(world, version=only(world).version + 1, period=2)
    heard = lin("下周三第4节")
    assert "moved_meanwhile" in heard.blocks
    assert only(world).period == 2


def test_a_lesson_that_began_while_it_was_being_moved_to_is_refused(world: World, chen: Talk) -> None:
    agree(world, chen)
    lin = Talk(world, "lin")
    _opens(world, "lin", "observation_move")
    lin("周四", asks="period")
    world.clock.advance(days=1)  # Thursday, the first lesson is long over
    assert "lesson_begun" in lin("第1节").blocks
    assert only(world).version == 1


def test_only_the_teacher_names_what_to_watch(world: World, chen: Talk) -> None:
    agree(world, chen)
    assert _opens(world, "chen", "observation_focus").blocks == ["gone"]


def test_what_to_watch_cannot_be_named_once_the_lesson_went_to_another(world: World, chen: Talk) -> None:
    agree(world, chen)
    _opens(world, "lin", "observation_focus")
    changed(world, teacher_id=world.id["zhou"])
    assert "gone" in Talk(world, "lin")("看看后排").blocks
    assert only(world).focus == ""


def test_a_card_about_a_lesson_that_was_erased_says_it_is_gone(world: World, chen: Talk) -> None:
    propose(world, chen)
    with world.store.writing() as session:
        session.delete(session.get_one(Observation, only(world).id))
    assert Talk(world, "lin").tap("agree").blocks == ["gone"]


def _opens(world: World, who: str, name: str) -> Heard:
    """Tap the button that opens a conversation about the observation."""
    data = signed(world, who, OPEN, only(world).id, name, "open")
    return world.sends(who, Message("button", who, button=data))


def test_a_day_that_is_closed_while_she_is_choosing_is_asked_about(world: World, chen: Talk) -> None:
    with_timetable(world)
    chen("听课 周五第1节", asks="lessons")
    chen.tap("1", asks="lesson_kind")
    world.add(SchoolDay(day=date(2026, 9, 18), kind="rest", name="台风", made_at=world.clock.now()))
    edited(world)
    heard = chen("家常课", asks="other_lesson")
    assert "学校不上课（台风）" in heard.text
    chen.tap("0917-2", asks="lesson_kind")
    chen.tap("ordinary", says="proposed")
    assert (only(world).day, only(world).period) == (date(2026, 9, 17), 2)


def test_a_rest_day_that_she_means_is_not_asked_about_twice(world: World, chen: Talk) -> None:
    with_timetable(world)
    chen("听课", asks="day")
    chen("周六第2节", says="rest_day")
    chen.tap("就9月19日（周六）", asks="lesson_kind")
    chen.tap("ordinary", says="proposed")
    assert (only(world).day, only(world).period) == (date(2026, 9, 19), 2)


def test_who_hears_in_time_is_waited_for(chen: Talk) -> None:
    chen("听课 周五第1节", asks="lesson_kind")
    assert "点头" in chen.tap("ordinary", says="proposed").text


@pytest.mark.parametrize(
    "habits",
    [
        pytest.param(
            {"contact_days": "4", "contact_from": "20:00", "contact_until": "21:00"}, id="her hours come later"
        ),
        pytest.param({"may_contact": False}, id="she is not to be contacted"),
    ],
)
def test_whoever_may_not_hear_in_time_is_better_told_in_person(
    world: World, chen: Talk, habits: dict[str, Any]
) -> None:
    world.change("lin", **habits)
    chen("听课 周五第1节", asks="lesson_kind")
    heard = chen.tap("ordinary", says="proposed")
    assert "当面说一声" in heard.text and "点头" not in heard.text


def test_another_time_that_comes_too_soon_is_better_told_in_person(world: World, chen: Talk) -> None:
    propose(world, chen, "下周三第1节")
    world.change("lin", may_contact=False)
    _opens(world, "chen", "observation_move")
    assert "当面说一声" in chen("周五第1节", says="offered").text
