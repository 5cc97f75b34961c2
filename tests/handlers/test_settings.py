"""设置: one change at a time, each read back."""

from datetime import UTC, datetime

import pytest

from bot.channels import Message
from bot.planning import habits_of
from bot.school import note_edit
from models import Absence
from models.school import school_state
from tests.handlers.test_follow_up import set_up
from tests.world import Talk, World


def test_how_things_stand_is_said_first(world: World, talk: Talk) -> None:
    heard = talk("设置", asks="what")
    assert "周一至周五 16:30–21:00" in heard.text and "3 条" in heard.text


def test_a_quick_choice_of_hours(world: World, talk: Talk) -> None:
    talk("/settings", asks="what")
    talk.tap("hours", asks="hours")
    talk.tap("noon", says="hours_set")
    assert (world.person("lin").contact_from, world.person("lin").contact_until) == ("12:00", "13:30")


def test_what_she_does_not_mention_stays(world: World, talk: Talk) -> None:
    world.change("lin", contact_from="19:00", contact_until="20:30")
    talk("设置", asks="what")
    talk.tap("hours", asks="hours")
    talk("周五不要", asks="hours_right")
    talk("对", says="hours_set")
    person = world.person("lin")
    assert (person.contact_days, person.contact_from, person.contact_until) == ("0123", "19:00", "20:30")


def test_not_to_be_contacted_and_back_again(world: World, talk: Talk) -> None:
    talk("设置", asks="what")
    talk.tap("hours", asks="hours")
    talk.tap("never", says="never_set")
    assert not world.person("lin").may_contact
    assert "不主动" in talk("设置", asks="what").text
    talk.tap("hours", asks="hours")
    talk.tap("afternoon", says="hours_set")
    assert world.person("lin").may_contact


@pytest.mark.parametrize(
    ("how", "until"),
    [("week", datetime(2026, 9, 22, 16, tzinfo=UTC)), ("weeks", datetime(2026, 9, 29, 16, tzinfo=UTC))],
)
def test_a_pause_ends_at_her_midnight(world: World, talk: Talk, how: str, until: datetime) -> None:
    talk("设置", asks="what")
    talk.tap("pause", asks="pause")
    talk.tap(how, says="paused")
    assert world.person("lin").paused_until == until


def test_a_pause_until_a_day_she_names(world: World, talk: Talk) -> None:
    talk("设置", asks="what")
    talk.tap("pause", asks="pause")
    talk("9月31日", says="impossible_day")
    talk("随便哪天", asks="pause", says="not_a_day")
    heard = talk("9月28日", says="paused")
    assert "9月28日（周一）" in heard.text
    assert "9月28日" in talk("设置", asks="what").text


@pytest.mark.parametrize(
    ("said", "until"),
    [("三天", 19), ("安静两天吧", 18), ("１０天", 26), ("一周", 23), ("for 3 days", 19), ("2 weeks", 30)],
)
def test_a_pause_of_so_many_days(world: World, talk: Talk, said: str, until: int) -> None:
    talk("设置", asks="what")
    talk.tap("pause", asks="pause")
    talk(said, says="paused")
    assert world.person("lin").paused_until == datetime(2026, 9, until - 1, 16, tzinfo=UTC)


def test_resuming_is_offered_only_while_it_is_quiet(world: World, talk: Talk) -> None:
    talk("设置", asks="what")
    assert "resume" not in talk.tap("pause", asks="pause").bubbles["lin"][-1].options
    talk.tap("week", says="paused")
    talk("设置", asks="what")
    talk.tap("pause", asks="pause")
    talk.tap("resume", says="resumed_now")
    assert world.person("lin").paused_until is None


@pytest.mark.parametrize(("how", "budget"), [("three", 3), ("two", 2), ("one", 1)])
def test_fewer_messages(world: World, talk: Talk, how: str, budget: int) -> None:
    talk("设置", asks="what")
    talk.tap("strength", asks="strength")
    talk.tap("number", asks="fewer")
    talk.tap(how, says="budget_set")
    assert world.person("lin").weekly_budget == budget


@pytest.mark.parametrize(("how", "budget"), [("light", 2), ("usual", 3), ("keen", 5)])
def test_how_much_to_remind(world: World, talk: Talk, how: str, budget: int) -> None:
    talk("设置", asks="what")
    talk.tap("strength", asks="strength")
    assert f"{budget} 条" in talk.tap(how, says="strength_set").text
    person = world.person("lin")
    assert (person.strength, person.weekly_budget) == (how, budget)


def test_the_school_may_cap_what_she_chooses(world: World, talk: Talk) -> None:
    with world.store.writing() as session:
        school_state(session).most_a_week = 4
        note_edit(session)
    talk("设置", asks="what")
    talk.tap("strength", asks="strength")
    assert "4 条" in talk.tap("keen", says="strength_set").text
    with world.store.reading() as session:
        assert habits_of(session, world.person("lin"), world.clock.now()).weekly_budget == 4


@pytest.mark.parametrize(
    ("key", "language", "words"), [("hant", "zh_Hant", "繁體中文"), ("en", "en", "English from now on")]
)
def test_a_new_language_is_answered_in_itself(world: World, talk: Talk, key: str, language: str, words: str) -> None:
    talk("设置", asks="what")
    talk.tap("language", asks="language")
    assert words in talk.tap(key, says="language_set").text
    assert world.person("lin").language == language


def switch(talk: Talk, choice: str) -> None:
    talk("设置", asks="what")
    talk.tap("subject", asks="subject")
    talk(choice, says="switched_off" if choice.startswith("关掉") else "switched_on")


def test_one_kind_of_reminder_is_switched_off_and_on_again(world: World, talk: Talk) -> None:
    switch(talk, "关掉听课提醒")
    switch(talk, "关掉行动跟进")
    assert world.person("lin").quiet_about == ["visit", "follow_up"]
    switch(talk, "恢复听课提醒")
    assert world.person("lin").quiet_about == ["follow_up"]


def test_a_double_tap_switches_once(world: World, talk: Talk) -> None:
    world.needs_buttons()
    talk("设置", asks="what")
    talk.tap("subject", asks="subject")
    tapped = Message("button", "lin", button=world.button("lin", "visit_off"))
    for _ in range(2):
        world.sends("lin", tapped)
    assert world.person("lin").quiet_about == ["visit"]


def test_what_is_switched_off_is_not_promised_and_is_said_once_it_is_on_again(world: World, talk: Talk) -> None:
    switch(talk, "关掉行动跟进")
    set_up(talk)
    assert world.person("lin").next_contact_at is None
    assert world.advance(days=30).bubbles == {}
    switch(talk, "恢复行动跟进")
    assert "follow_up" in world.next_contact("lin").blocks
    assert "你关掉了这一类提醒" in talk("为什么现在才说", says="why").text


def test_nonsense_about_subjects_is_asked_again(world: World, talk: Talk) -> None:
    talk("设置", asks="what")
    talk.tap("subject", asks="subject")
    talk("天气真好", asks="subject", says="not_an_option")
    assert world.person("lin").quiet_about == []


def test_typed_instead_of_tapped(world: World, talk: Talk) -> None:
    talk("设置", asks="what")
    talk("５", asks="language")
    talk("English", says="language_set")


def test_back_and_cancel_change_nothing(world: World, talk: Talk) -> None:
    talk("设置", asks="what")
    talk.tap("strength", asks="strength")
    talk("返回", asks="what")
    talk("取消", says="cancelled_empty")
    assert world.person("lin").weekly_budget == 3


def test_one_more_change_is_a_tap_away(talk: Talk) -> None:
    talk("设置", asks="what")
    talk.tap("strength", asks="strength")
    talk.tap("keen", says="strength_set")
    talk.tap("cmd", asks="what")


def test_an_absence_is_no_pause(world: World, talk: Talk) -> None:
    today = world.clock.now().date()
    world.add(Absence(person_id=world.id["lin"], first_day=today, last_day=today, made_at=world.clock.now()))
    assert "安静到" not in talk("设置", asks="what").text
