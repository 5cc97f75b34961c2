"""A value that is only to be confirmed may be corrected by typing the right one, without 改一改 first."""

import pytest

from models import Absence
from tests.handlers.test_action import only_action
from tests.handlers.test_respond import shared
from tests.world import Talk, World

LANGUAGES = ("zh_Hans", "zh_Hant", "en")


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [
        ("zh_Hans", "周五不要", "晚上八点以后"),
        ("zh_Hant", "週五不要", "晚上八點以後"),
        ("en", "after 7 pm, not on Fridays", "after 8 pm"),
    ],
)
def test_hours_are_corrected_by_typing(world: World, talk: Talk, language: str, first: str, second: str) -> None:
    world.change("lin", language=language)
    talk("/settings", asks="what")
    talk.tap("hours", asks="hours")
    talk(first, asks="hours_right")
    heard = talk(second, asks="hours_right")
    assert "20:00" in heard.text
    talk.tap("yes", says="hours_set")
    person = world.person("lin")
    assert (person.contact_from, person.contact_days) == ("20:00", "0123")  # what she said first stays


def test_hours_that_cannot_be_are_said_so_and_asked_again(talk: Talk) -> None:
    talk("设置", asks="what")
    talk.tap("hours", asks="hours")
    talk("周五不要", asks="hours_right")
    talk("随便啦", asks="hours_right", says="hours_not_understood")
    talk.tap("yes", says="hours_set")


def test_a_choice_of_the_earlier_question_counts_by_its_label(world: World, talk: Talk) -> None:
    talk("设置", asks="what")
    talk.tap("hours", asks="hours")
    talk("周五不要", asks="hours_right")
    talk("别主动找我", says="never_set")
    assert not world.person("lin").may_contact


@pytest.mark.parametrize(
    ("language", "days"), [("zh_Hans", "20号到26号"), ("zh_Hant", "20號到26號"), ("en", "20 to 26 September")]
)
def test_days_of_leave_are_corrected_by_typing(world: World, talk: Talk, language: str, days: str) -> None:
    world.change("lin", language=language)
    talk("/leave", asks="days")
    talk.tap("tomorrow", asks="right")
    talk(days, asks="right")
    talk.tap("yes", says="away")
    assert [(one.first_day.day, one.last_day.day) for one in world.all(Absence)] == [(20, 26)]


def test_days_of_leave_that_do_not_exist_are_named(talk: Talk) -> None:
    talk("请假", asks="days")
    talk.tap("tomorrow", asks="right")
    talk("9月31日", asks="right", says="no_such_day")


def preview(talk: Talk) -> None:
    talk("/act", asks="wish")
    talk("三2班小组汇报前，先默看评价单30秒", asks="sign")
    talk("跳过", asks="try_until")
    talk("9月30日", asks="insight")
    talk("跳过", asks="preview")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_date_of_an_action_is_corrected_by_typing(world: World, talk: Talk, language: str) -> None:
    preview(talk)
    world.change("lin", language=language)
    talk("Oct 9" if language == "en" else "10月9日", asks="preview")
    talk.tap("ok", says="saved")
    assert str(only_action(world).try_until) == "2026-10-09"


def test_a_day_that_does_not_exist_is_asked_about_and_the_old_one_kept(world: World, talk: Talk) -> None:
    preview(talk)
    talk("9月31日", says="impossible_day")
    talk.tap("o0", asks="preview")
    talk("9月31日", says="impossible_day")
    talk("不改了", asks="preview")
    talk.tap("ok", says="saved")
    assert str(only_action(world).try_until) == "2026-09-30"


@pytest.mark.parametrize("said", ["嗯嗯好的", "昨天", "3班的孩子都挺喜欢"])
def test_a_remark_changes_nothing(world: World, talk: Talk, said: str) -> None:
    preview(talk)
    talk(said, asks="preview", says="not_an_option")
    talk.tap("ok", says="saved")
    assert "先默看评价单" in only_action(world).deed and str(only_action(world).try_until) == "2026-09-30"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_question_keeps_its_words_and_takes_another_day(world: World, language: str) -> None:
    shared(world, "lin", ["supervisor"])
    wang = Talk(world, "wang")
    world.change("wang", language=language)
    wang("/ask", asks="words")
    wang("分层作业试得怎么样？", asks="ask_on")
    wang.tap("week", asks="answer_comes")
    wang.tap("now", asks="send")
    heard = wang("Oct 9" if language == "en" else "10月9日", asks="send")
    assert "分层作业试得怎么样？" in heard.text
    wang({"zh_Hans": "放进周报", "zh_Hant": "放進週報", "en": "With the digest"}[language], asks="send")
    assert "9" in wang.tap("send", says="asked").text
