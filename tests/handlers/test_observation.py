"""听课: proposed, agreed, moved, cancelled, not held; and what the other side and others see of it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlmodel import select

from bot.answers import Moment
from handlers.names_typed import found_in
from handlers.observation import _typed_at_once
from models import Membership, Observation, Pairing, Prompt
from models.observations import proposal_cards, proposals_to, taken_lessons, visible_observation
from tests.world import Talk, World


@pytest.fixture
def chen(world: World) -> Talk:
    return Talk(world, "chen")


@pytest.fixture
def wang(world: World) -> Talk:
    return Talk(world, "wang")


def only(world: World) -> Observation:
    found = world.all(Observation)
    assert len(found) == 1
    return found[0]


def propose(world: World, chen: Talk, slot: str = "周五第1节") -> None:
    """陈静安 proposes, and 林晓 gets the card half an hour later."""
    chen(f"听课 {slot}", asks="lesson_kind")
    chen.tap("ordinary", says="proposed")
    assert "observation_proposed" in world.advance(minutes=30).blocks


def agree(world: World, chen: Talk, slot: str = "周五第1节") -> None:
    propose(world, chen, slot)
    Talk(world, "lin").tap("agree", says="agreed")
    world.advance(minutes=1)


def test_a_mentor_with_one_apprentice_is_not_asked_whom(chen: Talk) -> None:
    chen("听课", asks="day")
    chen("周五第1节", asks="lesson_kind")


def test_day_and_lesson_may_come_one_after_the_other(world: World, chen: Talk) -> None:
    chen("听课", asks="day")
    chen.tap("fri", asks="period")
    chen("第三节", asks="lesson_kind")
    chen.tap("study", says="proposed")
    seen = only(world)
    assert (seen.day, seen.period, seen.lesson_kind) == (date(2026, 9, 18), 3, "study")
    assert seen.starts_at == datetime(2026, 9, 18, 2, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("9月31日", "impossible_day"),
        ("周五13节", "no_such_period"),
        ("周六第1节", "rest_day"),
        ("昨天", "past_day"),
        ("随便", "not_a_day"),
        ("今天第1节", "lesson_begun"),
    ],
)
def test_a_slot_that_cannot_be_is_asked_about(chen: Talk, said: str, reason: str) -> None:
    chen("听课", asks="day")
    chen(said, says=reason)
    chen("周五第1节", asks="lesson_kind")


def test_a_rest_day_offers_its_neighbours_with_the_same_lesson(world: World, chen: Talk) -> None:
    chen("听课", asks="day")
    chen("周六第2节", says="rest_day")
    chen.tap("9月21日（周一）", asks="lesson_kind")
    chen.tap("ordinary", says="proposed")
    assert (only(world).day, only(world).period) == (date(2026, 9, 21), 2)


def test_a_lesson_that_is_no_number_is_asked_again(chen: Talk) -> None:
    chen("听课", asks="day")
    chen.tap("fri", asks="period")
    chen("上午", says="not_a_period")
    chen("99", says="no_such_period")
    chen.tap("2", asks="lesson_kind")


def test_back_takes_the_lesson_out_again(chen: Talk) -> None:
    chen("听课", asks="day")
    chen("周五第1节", asks="lesson_kind")
    chen("上一步", asks="day")
    chen("周四第2节", asks="lesson_kind")


def test_cancel_in_the_middle_keeps_nothing(world: World, chen: Talk) -> None:
    chen("听课", asks="day")
    chen("取消", says="cancelled_empty")
    assert world.all(Observation) == []


def test_what_is_typed_behind_the_keyword_counts(world: World, chen: Talk) -> None:
    chen("听课 小林 周五第1节", asks="lesson_kind")
    chen.tap("ordinary", says="proposed")
    assert only(world).teacher_id == world.id["lin"]


def test_words_as_a_mentor_says_them_open_it(chen: Talk) -> None:
    chen("听小林的课", asks="day")


NAMES = {"p0": "林晓", "p1": "周宁", "p2": "陈静安"}
NOW = Moment(datetime(2026, 9, 16, 8, tzinfo=UTC), "Asia/Shanghai")


@pytest.mark.parametrize(
    ("rest", "named", "slot", "unread"),
    [
        ("小林的课", ["p0"], None, False),
        ("周五第1节", [], ("2026-09-18", 1), False),
        ("小林的课周五第1节", ["p0"], ("2026-09-18", 1), False),
        ("周老师 周四第2节", ["p1"], ("2026-09-17", 2), False),
        ("周五13节", [], None, True),
        ("9月31日", [], None, True),
        ("", [], None, False),
    ],
)
def test_name_and_slot_are_told_apart(rest: str, named: list[str], slot: Any, unread: bool) -> None:
    found, read, is_unread = _typed_at_once(rest, NAMES, NOW)
    assert (found, is_unread) == (named, unread)
    assert (read["day"], read["period"]) == slot if slot and read else read == slot


def test_a_surname_two_people_share_finds_both() -> None:
    assert found_in("周老师", {"a": "周宁", "b": "周立"}) == ["a", "b"]


def test_a_teacher_chooses_whom_and_which_side(world: World, talk: Talk) -> None:
    talk("听课", asks="whom")
    talk("李四", says="nobody_so_named")
    talk("陈老师", asks="side")
    talk.tap("come", asks="day")
    talk("周五第1节", asks="lesson_kind")
    talk.tap("ordinary", asks="focus")
    talk("我提问后等几秒", says="proposed")
    seen = only(world)
    assert (seen.observer_id, seen.teacher_id, seen.focus) == (world.id["chen"], world.id["lin"], "我提问后等几秒")
    assert "我提问后等几秒" in world.advance(hours=1).to("chen")


def test_somebody_of_another_group_cannot_be_asked(talk: Talk) -> None:
    talk("听课", asks="whom")
    talk("孙桥", says="nobody_so_named")


def test_who_has_nobody_hears_so(world: World) -> None:
    Talk(world, "sun")("听课", says="nobody_yet")


def test_a_pairing_that_ended_and_no_group_in_common_is_refused_at_the_end(world: World, chen: Talk) -> None:
    chen("听课", asks="day")
    chen("周五第1节", asks="lesson_kind")
    with world.store.writing() as session:
        session.exec(select(Pairing)).one().until = date(2026, 9, 1)
        for membership in session.exec(select(Membership).where(Membership.person_id == world.id["chen"])):
            session.delete(membership)
    chen.tap("ordinary", says="not_with_her")
    assert world.all(Observation) == []


def test_agreeing_plans_both_evenings_the_bell_and_the_feedback(world: World, chen: Talk) -> None:
    agree(world, chen)
    seen = only(world)
    assert seen.state == "agreed"
    planned = {(p.kind, p.person_id): p for p in world.all(Prompt, about_id=seen.id, state="waiting")}
    evening = planned["observation_evening", world.id["chen"]]
    assert evening.due_at == datetime(2026, 9, 17, 12, tzinfo=UTC)
    assert ("observation_evening", world.id["lin"]) in planned
    assert planned["observation_soon", world.id["chen"]].due_at == datetime(2026, 9, 17, 23, 50, tzinfo=UTC)
    assert planned["observation_feedback", world.id["chen"]].manner == "ordinary"
    assert all(f"/{seen.version}:" in p.key for p in planned.values())


def test_the_proposer_hears_the_answer(world: World, chen: Talk) -> None:
    propose(world, chen)
    Talk(world, "lin").tap("agree", says="agreed")
    assert "observation_agreed" in world.advance(minutes=1).blocks


def test_agreeing_twice_is_harmless(world: World, chen: Talk) -> None:
    propose(world, chen)
    lin = Talk(world, "lin")
    data = world.button("lin", "agree")
    lin.tap("agree", says="agreed")
    before = len(world.all(Prompt))
    world.last["lin"].buttons.append({"label": "again", "data": data})
    lin.tap("again", says="as_it_stands")
    assert len(world.all(Prompt)) == before


def test_reminders_come_the_evening_before_and_half_an_hour_before(world: World, chen: Talk) -> None:
    agree(world, chen)
    world.clock.instant = datetime(2026, 9, 17, 12, tzinfo=UTC)
    evening = world.tick()
    assert "明天" in evening.to("chen") and "明天" in evening.to("lin")
    world.clock.instant = datetime(2026, 9, 17, 23, 50, tzinfo=UTC)
    assert "observation_soon" in world.tick().blocks


def test_declining_is_told_and_offers_another_day(world: World, chen: Talk) -> None:
    propose(world, chen)
    Talk(world, "lin").tap("decline", says="declined")
    assert "observation_declined" in world.advance(minutes=1).blocks
    chen.tap("再约一次", asks="day")


def test_another_time_goes_back_to_the_proposer(world: World, chen: Talk) -> None:
    propose(world, chen)
    lin = Talk(world, "lin")
    lin.tap("换个时间", asks="day")
    lin("下周一第3节", says="offered")
    assert "observation_proposed" in world.advance(minutes=1).blocks
    chen.tap("agree", says="agreed")
    seen = only(world)
    assert (seen.day, seen.period, seen.state, seen.version) == (date(2026, 9, 21), 3, "agreed", 2)


def test_an_old_card_does_not_agree_to_a_new_time(world: World, chen: Talk) -> None:
    propose(world, chen)
    old = world.button("lin", "agree")
    chen("今天天气不错")
    world.last["chen"].buttons.append(_open_move(world, "chen"))
    chen.tap("move", asks="day")
    chen("下周一第3节", says="offered")
    world.last["lin"].buttons.append({"label": "old", "data": old})
    Talk(world, "lin").tap("old", says="as_it_stands")
    assert only(world).state == "proposed"


def _open_move(world: World, who: str) -> dict[str, str]:
    voice = world.house.voice(world.address(who), "zh_Hans")
    return voice.button("o", only(world).id, "observation_move", "open", "move")


def test_a_move_of_what_was_agreed_voids_the_reminders_and_needs_a_word(world: World, chen: Talk) -> None:
    agree(world, chen)
    chen.tap("改期", asks="day")
    chen("下周三第2节", says="offered")
    seen = only(world)
    assert (seen.state, seen.version) == ("proposed", 2)
    assert [p.kind for p in world.all(Prompt, about_id=seen.id, state="waiting")] == ["observation_proposed"]
    told = world.tick()
    assert "9月18日" in told.to("lin") and "9月23日" in told.to("lin")
    world.clock.instant = datetime(2026, 9, 17, 12, tzinfo=UTC)
    assert world.tick().bubbles == {}
    Talk(world, "lin").tap("agree", says="agreed")
    world.clock.instant = datetime(2026, 9, 22, 12, tzinfo=UTC)
    assert "observation_evening" in world.tick().blocks


def test_a_change_on_the_morning_itself_is_told_at_once(world: World, chen: Talk) -> None:
    agree(world, chen)
    world.clock.instant = datetime(2026, 9, 17, 23, 30, tzinfo=UTC)  # Friday 07:30
    world.tick()
    lin = Talk(world, "lin")
    world.last["lin"].buttons.append(_open_move(world, "lin"))
    lin.tap("move", asks="day")
    lin("下周三第2节", says="offered")
    assert "observation_proposed" in world.tick().blocks


def test_moving_to_the_same_time_changes_nothing(world: World, chen: Talk) -> None:
    agree(world, chen)
    chen.tap("改期", asks="day")
    chen("周五第1节", says="same_time")
    assert only(world).version == 1 and only(world).state == "agreed"


def test_cancelling_asks_once_and_tells_the_other(world: World, chen: Talk) -> None:
    agree(world, chen)
    chen.tap("cancel", says="cancel_sure")
    chen.tap("cancel_no", says="as_it_stands")
    chen.tap("cancel", says="cancel_sure")
    chen.tap("cancel_yes", says="cancelled_now")
    assert only(world).state == "cancelled"
    told = world.tick()
    assert "observation_cancelled" in told.blocks and "取消" in told.to("lin")
    world.clock.instant = datetime(2026, 9, 17, 12, tzinfo=UTC)
    assert world.tick().bubbles == {}


def test_a_proposal_taken_back_before_it_was_heard_of_is_not_told(world: World, chen: Talk) -> None:
    chen("听课 周五第1节", asks="lesson_kind")
    chen.tap("ordinary", says="proposed")
    chen.tap("cancel", says="cancel_sure")
    chen.tap("cancel_yes", says="cancelled_now")
    assert world.advance(hours=2).bubbles == {}


def test_the_same_proposal_twice_is_one(world: World, chen: Talk) -> None:
    propose(world, chen)
    chen("听课 周五第1节", asks="other_lesson")
    chen.tap("same", asks="lesson_kind")
    chen.tap("ordinary", says="already")
    only(world)


def test_a_taken_lesson_is_asked_about_without_saying_by_whom(world: World, chen: Talk, wang: Talk) -> None:
    propose(world, chen)
    heard = wang("听课 林晓 周五第1节", asks="side")
    heard = wang.tap("go", asks="other_lesson")
    assert "陈" not in heard.text
    wang("周四第2节", asks="lesson_kind")
    wang.tap("ordinary", says="proposed")
    assert {(seen.day.day, seen.period) for seen in world.all(Observation)} == {(18, 1), (17, 2)}


def test_a_free_lesson_can_be_tapped_instead(world: World, chen: Talk) -> None:
    propose(world, chen)
    chen("听课 周五第1节", asks="other_lesson")
    chen.tap("2", asks="lesson_kind")
    chen.tap("ordinary", says="proposed")
    assert sorted(seen.period for seen in world.all(Observation)) == [1, 2]


def test_one_thing_to_watch_reaches_the_observer(world: World, chen: Talk) -> None:
    propose(world, chen)
    lin = Talk(world, "lin")
    lin.tap("agree", says="agreed")
    lin.tap("请留意一点", asks="focus")
    lin("提问后等几秒", says="focus_kept")
    assert "提问后等几秒" in world.advance(minutes=1).to("chen")


def test_not_held_asks_why_by_buttons_and_counts_nothing(world: World, chen: Talk) -> None:
    agree(world, chen)
    world.clock.instant = datetime(2026, 9, 18, 8, 30, tzinfo=UTC)
    assert "observation_feedback" in world.tick().blocks
    heard = chen.tap("not_held", says="why_not_held")
    assert heard.bubbles["chen"][-1].options == ["for_meeting", "for_swapped", "for_ill", "for_other"]
    chen.tap("for_ill", says="not_held")
    assert (only(world).state, only(world).why, only(world).feedback) == ("not_held", "ill", "none")


def test_agreeing_after_the_bell_is_too_late_and_said_kindly(world: World, chen: Talk) -> None:
    propose(world, chen)
    world.clock.instant = datetime(2026, 9, 18, 1, tzinfo=UTC)
    Talk(world, "lin").tap("agree", says="begun_meanwhile")
    assert only(world).state == "proposed"


def test_another_persons_buttons_do_nothing(world: World, chen: Talk) -> None:
    propose(world, chen)
    seen = only(world)
    card = world.all(Prompt, kind="observation_proposed")[0]
    voice = world.house.voice(world.address("zhou"), "zh_Hans")
    zhou = Talk(world, "zhou")
    zhou("你好")
    taps = {
        "agree": card.id,
        "decline": card.id,
        "cancel": seen.id,
        "cancel_yes": seen.id,
        "show": seen.id,
        "not_held": seen.id,
    }
    for option, row in taps.items():
        world.last["zhou"].buttons.append(voice.button("c", row, "observation", option, f"try {option}"))
        heard = zhou.tap(f"try {option}", says="gone")
        assert "林晓" not in heard.text and "陈静安" not in heard.text
    for name in ("observation_move", "observation_focus"):
        world.last["zhou"].buttons.append(voice.button("o", seen.id, name, "open", name))
        zhou.tap(name, says="gone")
    assert only(world).state == "proposed"


def test_the_queries_show_a_booking_to_its_two_sides_alone(world: World, chen: Talk) -> None:
    propose(world, chen)
    seen, now = only(world), world.clock.now()
    with world.store.reading() as session:
        assert visible_observation(session, world.id["zhou"], seen.id) is None
        assert visible_observation(session, world.id["lin"], seen.id) is not None
        assert [one.id for one in proposals_to(session, world.id["lin"], now)] == [seen.id]
        assert proposals_to(session, world.id["chen"], now) == []
        assert proposals_to(session, world.id["zhou"], now) == []
        assert proposal_cards(session, world.id["zhou"], seen) == []
        assert taken_lessons(session, world.id["zhou"], [], now) == []
