"""我的待办: what is open, with a way to go on; nobody else's, and no hurry."""

from datetime import timedelta

import pytest

from models import Action, Conversation, Entry, Observation, Question
from tests.world import Talk, World


def trying(world: World, deed: str, who: str = "lin") -> Action:
    """An action somebody is trying."""
    action = Action(person_id=world.id[who], class_name="三2班", moment="talk", deed=deed, made_at=world.clock.now())
    world.add(action)
    return action


def visit(world: World, state: str = "agreed") -> Observation:
    """A visit of the mentor, the day after tomorrow."""
    starts = world.clock.now() + timedelta(days=2)
    seen = Observation(
        person_id=world.id["chen"], observer_id=world.id["chen"], teacher_id=world.id["lin"], day=starts.date(),
        period=1, starts_at=starts, ends_at=starts + timedelta(minutes=40), state=state, made_at=world.clock.now(),
    )  # fmt: skip
    world.add(seen)
    return seen


def test_nothing_open_is_fine(talk: Talk) -> None:
    talk("我的待办", says="none")


def test_what_is_put_aside_is_gone_on_with(world: World, talk: Talk) -> None:
    world.add(
        Entry(
            kind="jotting",
            person_id=world.id["lin"],
            parts={"pieces": [{"text": "提问后等三秒"}]},
            written_at=world.clock.now(),
        )
    )
    talk("/act", asks="wish")
    talk.tap("w1", asks="class_name")
    talk("先放着", says="put_aside")
    heard = talk("/open", says="listed")
    assert "① 行动" in heard.text and "2/" in heard.text
    talk.tap("resume", asks="class_name")


def test_a_draft_is_listed_with_its_day(world: World, talk: Talk) -> None:
    talk("/act", asks="wish")
    talk("我要多关注后进生", asks="vague")
    talk("取消", says="cancelled")
    heard = talk("待办", says="listed")
    assert "草稿" in heard.text and "我要多关注后进生" in heard.text and "10月16日" in heard.text
    talk.tap("resume", asks="vague")


def test_an_action_leads_to_its_follow_up(world: World, talk: Talk) -> None:
    trying(world, "先默看评价单")
    heard = talk("我的待办", says="listed")
    assert "如果三2班要开始小组讨论，就先默看评价单" in heard.text
    talk.tap("open", asks="result")


def test_a_visit_and_a_question_are_listed_first_things_first(world: World, talk: Talk) -> None:
    visit(world, "proposed")
    asked = Question(
        asker_id=world.id["wang"], person_id=world.id["lin"], text="最卡的是哪一步？", state="asked",
        ask_at=world.clock.now(), asked_at=world.clock.now(), made_at=world.clock.now(),
    )  # fmt: skip
    world.add(asked)
    heard = talk("我的待办", says="listed")
    assert heard.text.index("王立群问") < heard.text.index("陈静安来听课") and "等点头" in heard.text
    talk.tap("open", asks="words")


def test_there_are_never_more_than_four_buttons(world: World, talk: Talk) -> None:
    for number in range(7):
        trying(world, f"第{number + 1}件小事")
    heard = talk("我的待办", says="listed")
    assert heard.bubbles["lin"][-1].options == ["open", "open", "open", "more"]
    heard = talk.tap("more", says="listed")
    assert "⑤" in heard.text and "第7件小事" in heard.text and "第1件小事" not in heard.text
    assert heard.bubbles["lin"][-1].options == ["open", "open", "open"]


def test_more_after_things_changed_begins_anew(world: World, talk: Talk) -> None:
    actions = [trying(world, f"第{number + 1}件小事") for number in range(6)]
    talk("我的待办")
    with world.store.writing() as session:
        for action in actions[2:]:
            session.get_one(Action, action.id).state = "ended"
    assert "第1件小事" in talk.tap("more", says="listed").text


def test_nobody_sees_what_is_open_for_others(world: World) -> None:
    trying(world, "只有林晓知道的事")
    world.add(
        Conversation(
            owner_id=world.id["lin"], name="action", state="aside", answers={"wish": "只有林晓知道的话"},
            facts={"given": None, "wishes": [], "classes": [], "open_now": []},
            opened_at=world.clock.now(), touched_at=world.clock.now(),
        )
    )  # fmt: skip
    for who in ("zhou", "chen", "wang"):
        assert "只有林晓知道" not in Talk(world, who)("我的待办").text


def test_it_says_so_in_each_language(world: World, talk: Talk) -> None:
    trying(world, "先默看评价单")
    visit(world)
    for language, word in (("zh_Hant", "在試"), ("en", "trying")):
        world.change("lin", language=language)
        assert word in talk("/open", says="listed").text


def test_a_talk_of_a_handler_that_is_gone_is_still_listed_by_its_words(world: World) -> None:
    from handlers.open_items import _progress

    talk = Conversation(
        owner_id=world.id["lin"], name="no_such_handler", opened_at=world.clock.now(), touched_at=world.clock.now()
    )
    assert _progress(talk) == (0, 0)


@pytest.mark.parametrize("language", ["zh_Hans", "zh_Hant", "en"])
def test_a_lesson_that_was_heard_can_be_written_about(world: World, language: str) -> None:
    world.change("chen", language=language, may_contact=False)  # no card will ever ask
    seen = visit(world)
    world.clock.advance(days=3)
    heard = world.says("chen", "/open")
    assert "listed" in heard.blocks and "林晓" in heard.text
    pressed = world.taps("chen", "open")
    assert "strength" in pressed.blocks
    world.says("chen", "等了三秒才叫人")
    world.says("chen", "/later")
    [bubble] = world.says("chen", "/open").bubbles["chen"]
    assert bubble.options == ["resume"]  # begun: it is listed once, as what was put aside
    assert world.all(Observation)[0].id == seen.id


@pytest.mark.parametrize(
    ("who", "state", "days"), [("lin", "agreed", 3), ("chen", "cancelled", 3), ("chen", "agreed", 30)]
)
def test_only_who_heard_it_lately_is_offered_that(world: World, who: str, state: str, days: int) -> None:
    visit(world, state)
    world.clock.advance(days=days)
    assert world.says(who, "/open").blocks == ["none"]
