"""Half a day: the office closes one half, and only what lies in that half follows."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.planning import replan
from handlers.observation_set import reminders
from models import Observation, SchoolDay
from tests.handlers.test_observation_clock import options
from tests.handlers.test_school_day import TOMORROW, calendar, follow_up, office, own
from tests.timetable_world import edited, with_timetable
from tests.world import Talk, World

__all__ = ["office"]  # a fixture


def visit_at(world: World, hour: int, period: int) -> Observation:
    """Agree on a visit tomorrow at a local hour."""
    at = datetime(2026, 9, 17, hour - 8, tzinfo=UTC)
    with world.store.writing() as session:
        seen = Observation(
            person_id=world.id["chen"], observer_id=world.id["chen"], teacher_id=world.id["lin"], day=TOMORROW,
            period=period, starts_at=at, ends_at=at + timedelta(minutes=40), state="agreed", made_at=world.clock.now(),
        )  # fmt: skip
        session.add(seen)
        session.flush()
        session.add_all(reminders(session, seen, world.clock.now()))
        replan(session, [world.id["chen"], world.id["lin"]], world.clock.now())
    return seen


def test_half_a_day_is_closed_in_one_sentence_and_one_tap(world: World, office: Talk) -> None:
    follow_up(world, "zhou", TOMORROW)
    follow_up(world, "wang", TOMORROW + timedelta(days=1))
    visit_at(world, 10, 3)
    visit_at(world, 15, 6)
    heard = office("明天下午停课", asks="right")
    assert "2026年9月17日（周四），第3周\n下午停课。" in heard.text
    assert "会影响 1 位老师的提醒，1 次约好的听课。" in heard.text
    assert "下午停课" in office.tap("yes", says="done").text
    assert calendar(world)(TOMORROW) and calendar(world).look(TOMORROW).closed == "pm"
    told = world.tick()
    assert "下午学校停课，和陈静安约的第6节听课" in told.to("lin") and "第3节" not in told.to("lin")


def test_only_the_visit_of_the_open_half_is_reminded_of(world: World, office: Talk) -> None:
    visit_at(world, 10, 3)
    visit_at(world, 15, 6)
    office("明天下午停课", asks="right")
    office.tap("yes", says="done")
    world.tick()
    evening = world.advance(hours=4).to("lin")
    assert "第3节" in evening and "第6节" not in evening


def test_half_a_day_is_undone_and_both_sides_hear_it(world: World, office: Talk) -> None:
    visit_at(world, 15, 6)
    office("明天下午停课", asks="right")
    office.tap("yes", says="done")
    world.tick()
    office.tap("undo", says="undone")
    assert own(world) == [] and calendar(world).look(TOMORROW).closed == ""
    assert "day_open" in world.tick().blocks


def test_an_occasion_is_named_wherever_the_half_is_told(world: World, office: Talk) -> None:
    visit_at(world, 15, 6)
    assert "下午停课（校运会）" in office("明天下午校运会", asks="right").text
    office.tap("yes", says="done")
    assert "下午学校因校运会停课" in world.tick().to("lin")
    assert "半天停课：9月17日（第3周周四）下午，校运会。" in Talk(world)("校历", says="year").text
    assert "下午停课" in Talk(world)("明天停课", says="office_only").text
    world.clock.advance(days=1)
    assert "校运会，下午停课" in Talk(world)("校历", says="year").text


def test_both_halves_close_the_day_and_one_may_be_given_back(world: World, office: Talk) -> None:
    for said, kind, closed in (
        ("明天下午停课", "school", "pm"),
        ("明天上午停课", "rest", ""),
        ("明天上午照常上课", "school", "pm"),
    ):
        office(said, asks="right")
        office.tap("yes", says="done")
        assert [(row.kind, row.closed) for row in own(world)] == [(kind, closed)]
    office("明天下午停课", says="already")
    office("明天下午照常上课", asks="right")
    office.tap("yes", says="done")
    assert own(world) == []


def test_a_saturday_may_be_worked_for_a_morning(world: World, office: Talk) -> None:
    office("周六上午上课", asks="follows")
    assert "上午上课，上周三的课" in office.tap("wed", asks="right").text
    office.tap("yes", says="done")
    seen = calendar(world).look(date(2026, 9, 19))
    assert (seen.is_school, seen.follows, seen.closed) == (True, 2, "pm")


@pytest.mark.parametrize(
    ("language", "said", "told"),
    [
        ("en", "no lessons tomorrow afternoon", "no school in the afternoon"),
        ("zh_Hant", "明天下午停課", "下午停課"),
        ("en", "sports day on Thursday afternoon", "no school in the afternoon (sportsday)"),
    ],
)
def test_half_a_day_in_other_languages(world: World, office: Talk, language: str, said: str, told: str) -> None:
    world.change("he", language=language)
    assert told in office(said, asks="right").text
    office.tap("yes", says="done")
    assert calendar(world).look(TOMORROW).closed == "pm"


def test_what_is_offered_for_a_visit_leaves_out_a_closed_half(world: World) -> None:
    school, chen = with_timetable(world), Talk(world, "chen")
    school.add(SchoolDay(day=date(2026, 9, 18), kind="school", closed="am", made_at=school.clock.now()))
    edited(school)
    assert options(chen("听课", asks="day")) == ["0917-2", "0921-3", "0922-1", "own"]
    assert "上午停课" in chen("周五第1节", asks="other_lesson").text
