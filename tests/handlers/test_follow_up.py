"""跟进: asked once at the right time, silence met twice and then let be, every answer in its own column."""

from datetime import date, timedelta

import pytest

from bot.planning import replan
from models import Absence, Action, Attachment, CheckIn, Entry, Prompt
from models.rules.wall_time import local_day
from tests.handlers.pressing import opens, presses
from tests.world import Talk, World


def trying(world: World, deed: str = "先默看评价单30秒", who: str = "lin", **more: object) -> Action:
    """An action somebody is trying."""
    action = Action(
        person_id=world.id[who], class_name="三2班", moment="开始小组汇报", deed=deed, insight="先写评价任务",
        made_at=world.clock.now(), **more,
    )  # fmt: skip
    world.add(action)
    return action


def set_up(talk: Talk) -> None:
    """Set up an action by talking, to be asked about a week later."""
    talk("/act", asks="wish")
    talk("三2班开始小组汇报时，先默看评价单30秒", asks="sign")
    talk("跳过", asks="try_until")
    talk("下周三", asks="insight")
    talk("跳过", asks="preview")
    talk.tap("ok", says="saved")


def the_row(world: World) -> CheckIn:
    """The newest row of the record."""
    return world.all(CheckIn)[-1]


def state_of(world: World, action: Action) -> tuple[str, str | None]:
    """How an action stands."""
    [found] = world.all(Action, id=action.id)
    return found.state, found.ending


def test_a_partial_result_fills_the_four_columns(world: World, talk: Talk) -> None:
    action = trying(world)
    heard = talk("跟进", asks="result")
    assert "如果三2班开始小组汇报，就先默看评价单30秒。" in heard.text
    talk("做了一部分", asks="effect")
    talk("有三组汇报明显快了 但两组还是不看", asks="obstacle")
    talk("学生没懂", asks="next")
    talk("改一下动作", asks="new_deed")
    heard = talk("看图评价单（三条）", asks="again")
    assert "如果三2班开始小组汇报，就看图评价单（三条）。" in heard.text
    heard = talk("1", says="written")
    assert "记录表有 1 行" in heard.text and "9月30日（周三）" in heard.text
    row = the_row(world)
    assert (row.result, row.insight, row.is_late, row.audience) == ("partly", "先写评价任务", False, [])
    assert (row.effect, row.obstacle, row.remedy) == (
        "有三组汇报明显快了 但两组还是不看",
        "unclear",
        "看图评价单（三条）",
    )
    assert row.happened_on == local_day(world.clock.now(), "Asia/Shanghai")
    [prompt] = world.all(Prompt, state="waiting")
    assert prompt.kind == "follow_up"
    [changed] = world.all(Action, id=action.id)
    assert changed.deed == "看图评价单（三条）" and changed.try_until.isoformat() == "2026-09-30"


@pytest.mark.parametrize(
    ("result", "keys", "ending"),
    [
        ("done", ["skip", "close"], "done"),
        ("partly", ["skip", "skip", "stop"], "partly"),
        ("no_chance", ["time", "stop"], "let_go"),
        ("not_suitable", ["skip", "stop"], "not_suitable"),
    ],
)
def test_every_ending_is_kind_and_asks_no_more(
    world: World, talk: Talk, result: str, keys: list[str], ending: str
) -> None:
    action = trying(world)
    talk("/followup", asks="result")
    heard = talk.tap(result)
    for key in keys:
        heard = talk.tap(key)
    assert "written" in heard.blocks
    assert state_of(world, action) == ("ended", ending)
    assert world.all(Prompt, state="waiting") == []
    assert not any(word in heard.text for word in ("失败", "逾期", "未完成", "没有做到"))


def test_two_more_weeks_are_asked_for_in_one_tap(world: World, talk: Talk) -> None:
    action = trying(world)
    talk("跟进", asks="result")
    talk.tap("done", asks="effect")
    talk("三组都开口了", asks="keep_on")
    talk.tap("more", says="written")
    assert state_of(world, action) == ("open", None)
    [prompt] = world.all(Prompt, state="waiting")
    assert prompt.due_at - world.clock.now() > timedelta(days=14)


def test_what_to_do_may_be_said_in_words_and_no_more_asking_chosen(world: World, talk: Talk) -> None:
    action = trying(world)
    talk("跟进", asks="result")
    talk("还没机会", asks="obstacle")
    talk("这两周都在月考", asks="next")
    talk("等月考完换到早读试", asks="again")
    talk("不用问了", says="written")
    row = the_row(world)
    assert (row.obstacle, row.remedy, row.effect) == ("这两周都在月考", "等月考完换到早读试", "")
    assert state_of(world, action) == ("open", None) and world.all(Prompt) == []


def test_a_photo_is_an_effect_and_is_kept_as_a_jotting(world: World, talk: Talk) -> None:
    trying(world)
    talk("跟进", asks="result")
    talk.tap("done", asks="effect")
    talk.photo(asks="keep_on")
    talk.tap("close", says="written")
    assert the_row(world).effect == "photo"
    [entry] = world.all(Entry)
    [photo] = world.all(Attachment)
    assert photo.entry_id == entry.id and entry.parts["pieces"][0]["files"] == [str(photo.id)]


def test_one_of_several_is_chosen(world: World, talk: Talk) -> None:
    trying(world, "先默看评价单"), trying(world, "提问后等三秒")
    talk("跟进", asks="which")
    heard = talk("2", asks="result")
    assert "提问后等三秒" in heard.text


def test_without_any_action_it_says_how_to_begin(talk: Talk) -> None:
    talk("跟进", says="none_open")


def test_later_means_tomorrow(world: World, talk: Talk) -> None:
    action = trying(world)
    talk("跟进", asks="result")
    talk("晚点说", says="asked_later")
    [prompt] = world.all(Prompt, state="waiting")
    assert local_day(prompt.due_at, "Asia/Shanghai") == local_day(world.clock.now(), "Asia/Shanghai") + timedelta(
        days=1
    )
    assert state_of(world, action) == ("open", None) and world.all(CheckIn) == []


def test_back_and_put_aside_and_resume(world: World, talk: Talk) -> None:
    trying(world)
    talk("跟进", asks="result")
    talk("做了一部分", asks="effect")
    talk("上一步", asks="result")
    talk("不改了", asks="effect")
    talk("先放着", says="put_aside")
    heard = talk("我的待办", says="listed")
    assert "跟进" in heard.text
    talk.tap("resume", asks="effect")


# The planner's cards


def test_the_card_comes_on_the_day_and_one_tap_answers(world: World, talk: Talk) -> None:
    set_up(talk)
    world.clock.advance(minutes=20)
    heard = world.next_contact("lin")
    assert "follow_up" in heard.blocks and heard.bubbles["lin"][-1].options == ["open", "done", "partly", "no_chance"]
    talk.tap("done", asks="effect")


def test_silence_is_met_twice_and_then_let_be(world: World, talk: Talk) -> None:
    set_up(talk)
    [action] = world.all(Action)
    days = []
    for block in ("follow_up", "follow_up_again", "follow_up_closing"):
        world.clock.advance(minutes=20)
        heard = world.next_contact("lin")
        assert block in heard.blocks, heard.blocks
        days.append(local_day(world.clock.now(), "Asia/Shanghai").isoformat())
    assert days == ["2026-09-23", "2026-09-25", "2026-10-02"]
    heard = world.next_contact("lin")
    assert heard.bubbles == {} and state_of(world, action) == ("resting", None)
    assert world.person("lin").next_contact_at is None


@pytest.mark.parametrize(
    ("strength", "blocks", "days"),
    [
        ("light", ["follow_up", "follow_up_closing"], ["09-23", "10-02"]),
        (
            "keen",
            ["follow_up", "follow_up_again", "follow_up_again", "follow_up_closing"],
            ["09-23", "09-24", "09-29", "10-05"],  # three without a word: one card a week
        ),
    ],
)
def test_her_strength_says_how_often_silence_is_met(
    world: World, talk: Talk, strength: str, blocks: list[str], days: list[str]
) -> None:
    set_up(talk)
    world.change("lin", strength=strength, weekly_budget=5)
    said = []
    for block in blocks:
        world.clock.advance(minutes=20)
        assert block in world.next_contact("lin").blocks
        said.append(f"{local_day(world.clock.now(), 'Asia/Shanghai'):%m-%d}")
    assert said == days


def test_days_of_leave_bring_no_action_to_rest(world: World, talk: Talk) -> None:
    set_up(talk)
    [action] = world.all(Action)
    for _ in range(2):
        world.next_contact("lin")
    away(world, date(2026, 9, 26), date(2026, 10, 11))
    assert world.next_contact("lin").bubbles == {}, "the closing question finds that it was overtaken"
    world.next_contact("lin")
    assert local_day(world.clock.now(), "Asia/Shanghai") == date(2026, 10, 19)  # a Monday, the ninth day counted
    away(world, date(2026, 10, 20), date(2026, 10, 30))
    assert world.next_contact("lin").bubbles == {} and state_of(world, action) == ("open", None)
    world.next_contact("lin")
    assert state_of(world, action) == ("resting", None)
    assert local_day(world.clock.now(), "Asia/Shanghai") == date(2026, 11, 6)


def away(world: World, first: date, last: date) -> None:
    world.add(Absence(person_id=world.id["lin"], first_day=first, last_day=last, made_at=world.clock.now()))
    with world.store.writing() as session:
        replan(session, [world.id["lin"]], world.clock.now())


def test_an_answer_ends_the_chain(world: World, talk: Talk) -> None:
    set_up(talk)
    world.next_contact("lin")
    talk.tap("done", asks="effect")
    talk("跳过", asks="keep_on")
    talk.tap("close", says="written")
    assert world.all(Prompt, state="waiting") == [] and world.person("lin").next_contact_at is None


def test_being_wanted_twice_plans_the_next_touch_once(world: World, talk: Talk) -> None:
    from handlers.asking import prompts

    set_up(talk)
    [first] = world.all(Prompt)
    for _ in range(2):
        with world.store.writing() as session:
            prompts[0].wanted(session, world.person("lin"), session.get_one(Prompt, first.id), world.clock.now())
    assert len(world.all(Prompt, kind="follow_up_again")) == 1


@pytest.mark.parametrize(("tap", "block"), [("put_away", "put_away"), ("rework", "new_deed"), ("did", "effect")])
def test_the_closing_question_has_three_answers(world: World, tap: str, block: str) -> None:
    action = trying(world)
    assert block in presses(world, "lin", "follow_up", tap, action.id).blocks


def test_another_way_changes_the_sentence_and_writes_no_row(world: World, talk: Talk) -> None:
    action = trying(world)
    presses(world, "lin", "follow_up", "rework", action.id)
    talk("默看后举手指比对错", asks="again")
    talk("一个月后", says="reworked")
    assert world.all(Action, id=action.id)[0].deed == "默看后举手指比对错" and world.all(CheckIn) == []


def test_what_was_put_away_is_not_asked_about(world: World, talk: Talk) -> None:
    set_up(talk)
    [action] = world.all(Action)
    presses(world, "lin", "follow_up", "put_away", action.id)
    assert state_of(world, action) == ("ended", "let_go") and world.all(Prompt, state="waiting") == []


# A late return


def test_a_late_row_is_marked(world: World, talk: Talk) -> None:
    action = trying(world, state="resting")
    talk("跟进", asks="result")
    talk("做到了", asks="late_row")
    talk("补一行", asks="effect")
    talk("一直在做，孩子习惯了", asks="keep_on")
    talk("收好", says="written")
    assert the_row(world).is_late and state_of(world, action) == ("ended", "done")


def test_a_late_row_may_be_declined(world: World, talk: Talk) -> None:
    action = trying(world, state="resting")
    talk("跟进", asks="result")
    talk("做到了", asks="late_row")
    talk("不用了", says="settled_now")
    assert world.all(CheckIn) == [] and state_of(world, action) == ("ended", "done")


def test_a_resting_action_that_goes_on_is_open_again(world: World, talk: Talk) -> None:
    action = trying(world, state="resting")
    talk("跟进", asks="result")
    talk("还没机会", asks="obstacle")
    talk("跳过", asks="next")
    talk("再试两周", says="written")
    assert state_of(world, action) == ("open", None)


# Whose it is


def test_an_old_card_of_a_closed_action_answers_kindly(world: World) -> None:
    action = trying(world, state="ended", ending="done")
    assert "settled" in opens(world, "lin", "follow_up", action.id).blocks
    assert "settled" in presses(world, "lin", "follow_up", "done", action.id).blocks
    assert "settled" in presses(world, "lin", "follow_up", "put_away", action.id).blocks


@pytest.mark.parametrize("tap", ["done", "partly", "no_chance", "did", "rework", "put_away"])
def test_nobody_else_answers_for_her(world: World, tap: str) -> None:
    action = trying(world, to_group=True)
    heard = presses(world, "zhou", "follow_up", tap, action.id)
    assert "gone" in heard.blocks and action.deed not in heard.text
    assert state_of(world, action) == ("open", None)


def test_a_question_in_the_middle_goes_to_its_own_place_and_comes_back(world: World, talk: Talk) -> None:
    trying(world)
    talk("跟进", asks="result")
    talk("做了一部分", asks="effect")
    heard = talk("我的记录")
    assert world.all(CheckIn) == [] and "effect" not in heard.blocks[:1]
    talk("三组快了", asks="obstacle")


@pytest.mark.parametrize("kind", ["follow_up", "follow_up_again", "follow_up_closing", "follow_up_rest"])
def test_a_link_of_the_chain_is_dropped_when_the_action_ended_meanwhile(world: World, kind: str) -> None:
    action = trying(world, state="ended", ending="done")
    facts = {"round": 1, "asked_at": world.clock.now().isoformat()}
    world.add(
        Prompt(
            key=kind, person_id=world.id["lin"], kind=kind, about_id=action.id, facts=facts,
            due_at=world.clock.now(), made_at=world.clock.now(),
        )
    )  # fmt: skip
    world.change("lin", weekly_budget=3)
    heard = world.advance(hours=1)
    assert heard.bubbles == {} and [one.state for one in world.all(Prompt)] == ["dropped"]
    assert state_of(world, action) == ("ended", "done")


def test_today_means_tomorrow_once_her_hours_have_begun(world: World, talk: Talk) -> None:
    world.clock.advance(hours=1)
    talk("/act", asks="wish")
    talk("三2班开始小组汇报时，先默看评价单30秒", asks="sign")
    talk("跳过", asks="try_until")
    talk("今天", asks="insight")
    talk("跳过", asks="preview")
    assert "9月17日（周四）16:30" in talk.tap("ok", says="saved").text


def test_an_action_put_away_in_the_middle_ends_the_talk_kindly(world: World, talk: Talk) -> None:
    action = trying(world)
    talk("跟进", asks="result")
    talk.tap("done", asks="effect")
    talk("三组快了", asks="keep_on")
    with world.store.writing() as session:
        session.get_one(Action, action.id).state = "ended"
    talk.tap("close", says="gone")
    assert world.all(CheckIn) == []
