"""两周后问问她的分层作业, typed freely, opens 问询 with what was said already filled in."""

import pytest

from models import Conversation, Entry, Question
from models.rules.wishes import is_question, read_wish
from tests.handlers.test_respond import shared
from tests.world import Talk, World

CARE = {"zh_Hans": "分层作业试了三天", "zh_Hant": "分層作業試了三天", "en": "tiered homework for three days"}


@pytest.fixture
def chen(world: World) -> Talk:
    shared(world, "lin", ["pair"], "分层作业试了三天")
    return Talk(world, "chen")


def the_question(world: World) -> Question:
    found: Question = world.all(Question)[-1]
    return found


def test_when_and_what_are_known(world: World, chen: Talk) -> None:
    heard = chen("两周后问问她的分层作业", asks="words")
    assert "分层作业，后来怎么样了？" in heard.bubbles["chen"][-1].labels
    chen.tap("topic", asks="answer_comes")
    heard = chen.tap("now", asks="send")
    assert "9月30日" in heard.text
    chen.tap("send", says="asked")
    assert the_question(world).text == "分层作业，后来怎么样了？"
    assert the_question(world).person_id == world.id["lin"]


def test_a_whole_question_leaves_only_how_the_answer_comes(world: World, chen: Talk) -> None:
    chen("下周五问问林晓试得怎么样", asks="answer_comes")
    heard = chen.tap("digest", asks="send")
    assert "试得怎么样" in heard.text and "9月25日" in heard.text
    chen.tap("send", says="asked")
    assert the_question(world).text == "试得怎么样"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh_Hant", "兩週後問問她的分層作業"),
        ("en", "In two weeks ask her about the tiered homework"),
        ("en", "ask 林晓 about the tiered homework in two weeks"),
    ],
)
def test_in_each_language(world: World, chen: Talk, language: str, said: str) -> None:
    world.change("chen", language=language)
    labels = chen(said, asks="words").bubbles["chen"][-1].labels
    assert any("分層作業" in label or "tiered homework" in label for label in labels)
    chen.tap("topic", asks="answer_comes")
    chen.tap("now", asks="send")
    chen.tap("send", says="asked")
    assert the_question(world).ask_at.date().isoformat() == "2026-09-30"


def test_the_item_she_speaks_of_is_found(world: World) -> None:
    wang = Talk(world, "wang")
    shared(world, "lin", ["supervisor"], "板书改成三色")
    about = shared(world, "lin", ["supervisor"], "分层作业试了三天")
    shared(world, "zhou", ["supervisor"], "分层作业还没开始")
    wang("下周五问一下林老师的分层作业", asks="words")
    wang("哪一组最吃力？", asks="answer_comes")
    wang.tap("now", asks="send")
    wang.tap("send", says="asked")
    assert the_question(world).about_id == about.id


def test_of_several_people_she_is_asked_whom_when_she_only_says_her(world: World) -> None:
    shared(world, "lin", ["supervisor"])
    shared(world, "zhou", ["supervisor"])
    Talk(world, "wang")("两周后问问她的分层作业", asks="whom")


def test_everybody(world: World) -> None:
    wang = Talk(world, "wang")
    shared(world, "lin", ["supervisor"])
    shared(world, "zhou", ["supervisor"])
    wang("下周五问问大家试得怎么样了", asks="answer_comes")
    wang.tap("now", asks="send")
    wang.tap("send", says="asked")
    assert len(world.all(Question)) == 2


@pytest.mark.parametrize("said", ["下周六问问她试得怎么样", "9月31日问问她试得怎么样"])
def test_a_day_without_school_is_asked_for(chen: Talk, said: str) -> None:
    chen(said, asks="ask_on")


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ("chen", "下周五问问家长作业情况"),
        ("chen", "两周后问问食堂的安排"),
        ("lin", "下周五问问她的分层作业"),  # a teacher who looks after nobody
        ("chen", "Tomorrow ask the pupils to read first"),
    ],
)
def test_a_remark_of_her_own_stays_a_note(world: World, chen: Talk, who: str, said: str) -> None:
    already = len(world.all(Entry))
    heard = Talk(world, who)(said)
    assert "not_for_you" not in heard.blocks and world.all(Conversation, state="open") == []
    assert world.all(Entry)[-1].parts["pieces"][0]["text"] == said and len(world.all(Entry)) == already + 1


def test_nothing_shared_is_said(world: World) -> None:
    Talk(world, "chen")("两周后问问她的分层作业", says="nothing_shared")


def test_in_the_middle_of_a_talk_it_is_an_answer(world: World, chen: Talk) -> None:
    chen("/act", asks="wish")
    chen("下周五问问她的分层作业")
    assert [one.name for one in world.all(Conversation, state="open")] == ["action"]


@pytest.mark.parametrize("said", ["林晓", "语文组", "陈老师"])
def test_a_name_alone_is_no_sentence(said: str) -> None:
    assert read_wish(said) is None


@pytest.mark.parametrize(
    ("subject", "whole"),
    [("试得怎么样", True), ("用上了没有", True), ("how it went", True), ("分层作业", False), ("the homework", False)],
)
def test_what_can_be_asked_as_it_stands(subject: str, whole: bool) -> None:
    assert is_question(subject) is whole
