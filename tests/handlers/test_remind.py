"""提醒我: her own words when she wants them; 定时提醒: a group's, and what it costs is said first."""

from datetime import date, timedelta

import pytest

from bot.planning import replan
from bot.school import note_edit
from handlers.reminding import plan_reminders
from models import Entry, Prompt, Reminder, SchoolDay
from tests.world import Heard, Talk, World

# The world begins on Wednesday 2026-09-16, 16:00 in Shanghai.


def comes(world: World, **ahead: int) -> Heard:
    """Let time pass, plan the reminders that are due, and say them."""
    world.clock.advance(**ahead)
    with world.store.writing() as session:
        replan(session, plan_reminders(session, world.clock.now()), world.clock.now())
    return world.tick()


def close(world: World, day: date) -> None:
    with world.store.writing() as session:
        session.add(SchoolDay(day=day, kind="rest", name="停课", made_at=world.clock.now()))
        note_edit(session)


def kept(world: World) -> Reminder:
    (found,) = world.all(Reminder)
    return found


def test_said_in_one_sentence_it_is_only_confirmed(world: World, talk: Talk) -> None:
    heard = talk("提醒我明天早上7点半交教案", asks="right")
    assert "9月17日（周四）07:30" in heard.text
    assert "交教案" in heard.text
    talk("对", says="kept")
    assert comes(world, hours=15, minutes=29).to("lin") == ""
    heard = comes(world, minutes=1)
    assert "交教案" in heard.to("lin")
    assert kept(world).next_at is None
    assert comes(world, days=1).to("lin") == ""


@pytest.mark.parametrize(
    ("said", "when"),
    [
        ("今晚7点半提醒我收作业单", "9月16日（周三）19:30"),
        ("请提醒我后天上午10点量三角板", "9月18日（周五）10:00"),
        ("提醒我半小时后去教研室", "9月16日（周三）16:30"),
        ("remind me tomorrow at 7:30am to hand in the plan", "9月17日（周四）07:30"),
        ("提醒我 周日上午9点 打印海报", "9月20日（周日）09:00"),
    ],
)
def test_the_moment_and_the_words_are_parted(talk: Talk, said: str, when: str) -> None:
    assert when in talk(said, asks="right").text


def test_what_is_missing_is_asked_for(world: World, talk: Talk) -> None:
    talk("提醒我", asks="when")
    talk("下周三下午两点", asks="what")
    heard = talk("交听课本？", asks="right")
    assert "9月23日（周三）14:00" in heard.text
    talk.tap("yes", says="kept")
    assert kept(world).words == "交听课本？"


def test_a_usual_moment_may_be_tapped(world: World, talk: Talk) -> None:
    talk("提醒我", asks="when")
    talk.tap("morning", asks="what")
    assert "9月17日（周四）07:30" in talk("带尺子", asks="right").text


@pytest.mark.parametrize(
    ("said", "block"),
    [
        ("有空的时候", "not_a_moment"),
        ("昨天下午3点", "past_day"),
        ("今晚11点", "at_night"),
        ("每周一", "again__time"),
        ("每天8点", "again__half"),
        ("9月31日早上8点", "impossible_day"),
    ],
)
def test_a_moment_that_cannot_be_is_asked_about(talk: Talk, said: str, block: str) -> None:
    talk("提醒我", asks="when")
    talk(said, asks="when", says=block)


def test_of_two_readings_the_offered_one_is_taken(world: World, talk: Talk) -> None:
    talk("提醒我", asks="when")
    talk("明天8点", says="which_moment")
    talk("1", asks="what")
    assert "9月17日（周四）08:00" in talk("开窗", asks="right").text


def test_a_wish_without_a_moment_is_asked_for_it(talk: Talk) -> None:
    talk("提醒我交教案", asks="when")
    assert "交教案" in talk("明天早上7点半", asks="right").text


@pytest.mark.parametrize(
    "said", ["提醒我慢一点，孩子才跟得上", "孩子的眼神提醒我慢下来", "his question reminded me to slow down"]
)
def test_words_that_only_sound_like_it_stay_a_note(world: World, talk: Talk, said: str) -> None:
    talk(said, says="received")
    assert [entry.parts["pieces"][0]["text"] for entry in world.all(Entry)] == [said]


def test_in_the_middle_of_a_reflection_it_is_an_answer(talk: Talk) -> None:
    talk("写反思", asks="about")
    talk("三4班的阅读课", asks="happened")
    talk("他举手的样子提醒我明天早上7点半早点到教室", asks="did")


def test_the_moment_may_be_typed_anew_where_it_is_confirmed(talk: Talk) -> None:
    talk("提醒我明天早上7点半交教案", asks="right")
    assert "9月18日（周五）10:00" in talk("后天上午10点", asks="right").text


def test_what_comes_again_skips_the_days_off(world: World, talk: Talk) -> None:
    close(world, date(2026, 9, 21))
    heard = talk("提醒我每周一早上7点看校门值日表", asks="right")
    assert "每周一 07:00" in heard.text
    assert "9月28日（周一）07:00" in heard.text
    talk("对", says="kept")
    assert comes(world, days=11, hours=15).to("lin") != ""
    assert kept(world).next_at == world.clock.now() + timedelta(days=7)


def test_a_day_closed_afterwards_is_skipped_too(world: World, talk: Talk) -> None:
    talk("提醒我每周一早上7点看校门值日表", asks="right")
    talk("对", says="kept")
    close(world, date(2026, 9, 21))
    assert comes(world, days=4, hours=15).to("lin") == ""
    assert comes(world, days=7).to("lin") != ""


def test_asleep_for_weeks_it_says_it_once(world: World, talk: Talk) -> None:
    talk("提醒我每天早上7点看值日表", asks="right")
    talk("对", says="kept")
    comes(world, days=20, hours=15)
    assert len(world.all(Prompt, kind="reminder")) <= 1
    assert kept(world).next_at is not None


def test_it_is_taken_back_with_one_tap(world: World, talk: Talk) -> None:
    talk("提醒我明天早上7点半交教案", asks="right")
    talk("对", says="kept")
    talk.tap("take_back", says="taken_back")
    assert world.all(Reminder) == []
    assert comes(world, days=1).to("lin") == ""


def test_taken_back_after_it_was_planned_it_is_not_said(world: World, talk: Talk) -> None:
    talk("提醒我今晚8点带伞", asks="right")
    talk("对", says="kept")
    world.clock.advance(hours=4)
    with world.store.writing() as session:
        plan_reminders(session, world.clock.now())
    talk("我的提醒", says="none")


def test_all_of_hers_are_listed_and_nobody_elses(world: World, talk: Talk) -> None:
    talk("提醒我明天早上7点半带三角板", asks="right")
    talk("对", says="kept")
    assert "带三角板" in talk("我的提醒", says="listed").text
    assert "带三角板" not in Talk(world, "chen")("我的提醒", says="none").text


def test_another_persons_button_takes_nothing_back(world: World, talk: Talk) -> None:
    from handlers.remind import take_back

    talk("提醒我明天早上7点半交教案", asks="right")
    talk("对", says="kept")
    with world.store.writing() as session:
        said = take_back(session, world.person("chen"), kept(world).id, world.clock.now())
    assert [say.block for say in said.say] == ["gone"]
    assert kept(world)


# For a group


def test_before_a_rule_is_set_its_cost_is_said(world: World) -> None:
    wang = Talk(world, "wang")
    wang("定时提醒", asks="words")
    wang("写一句这周课上的事", asks="when")
    heard = wang("每周五下午4点半", asks="right")
    assert "会让" in heard.text
    assert "每周各多收 1 条" in heard.text
    wang("定下来", says="kept_rule")
    heard = comes(world, days=2, minutes=30)
    assert "王立群给大家定的提醒" in heard.to("lin")


def test_the_office_chooses_whom(world: World) -> None:
    he = Talk(world, "he")
    he("定时提醒", asks="whom")
    he("数学组", asks="words")
    he("带上错题本", asks="when")
    assert "每周各多收 5 条" in he("每个工作日早上7点", asks="right").text
    he("不定了", says="not_set")
    assert world.all(Reminder) == []


def test_a_single_moment_is_no_rule(world: World) -> None:
    wang = Talk(world, "wang")
    wang("定时提醒", asks="words")
    wang("开会", asks="when")
    wang("明天下午3点", asks="when", says="again__unread")


def test_a_teacher_sets_no_rule_for_others(talk: Talk) -> None:
    talk("定时提醒", says="not_for_you")


def test_a_rule_counts_towards_the_weekly_budget(world: World) -> None:
    wang = Talk(world, "wang")
    for words in ("一", "二"):
        wang("定时提醒", asks="words")
        wang(words, asks="when")
        wang("每周五下午4点半", asks="right")
        wang("定下来", says="kept_rule")
    heard = comes(world, days=2, minutes=30)
    assert "王立群：一" in heard.to("lin")
    assert "王立群：二" in heard.to("lin")
    assert len(heard.bubbles["lin"]) == 1  # one card for both


# In the middle of something else

WISHES = [
    "提醒我明天早上7点半交教案",
    "明天早上7点半提醒我交教案",
    "提醒我每周一早上7点交教案",
    "remind me tomorrow at 7:30am to hand in the plan",
]


@pytest.mark.parametrize("said", WISHES)
@pytest.mark.parametrize(
    ("opens", "asked"), [("请假", "days"), ("提醒我", "when"), ("/reflect", "about"), ("/note", "pieces")]
)
def test_a_whole_wish_opens_a_reminder_in_the_middle_of_another_talk(
    world: World, talk: Talk, opens: str, asked: str, said: str
) -> None:
    talk(opens, asks=asked)
    talk(said, asks="right")
    talk.tap("yes", says="kept")
    assert len(world.all(Reminder)) == 1


def test_what_was_being_written_is_kept_and_offered_again(world: World, talk: Talk) -> None:
    talk("/note")
    talk("先写评价任务")
    assert "kept_aside" in talk("提醒我明天早上7点半交教案", asks="right").blocks
    assert "back_to_it" in talk.tap("yes", says="kept").blocks
    talk.tap("resume", asks="pieces")
    talk("好了", says="saved")
    (entry,) = world.all(Entry)
    assert "先写评价任务" in str(entry.parts) and "教案" not in str(entry.parts)


@pytest.mark.parametrize(
    "said",
    [
        "提醒我多等三秒",
        "提醒我自己明天要慢一点",
        "这节课提醒我早上7点半的孩子还没醒",
        "小林的话提醒我，以后每天都要先听完",
        "提醒我明天早上7点半",
    ],
)
def test_words_that_only_begin_so_are_an_answer(world: World, talk: Talk, said: str) -> None:
    talk("/note", asks="pieces")
    talk(said)
    talk("好了", says="saved")
    (entry,) = world.all(Entry)
    assert said in str(entry.parts) and world.all(Reminder) == []
