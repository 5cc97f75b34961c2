"""退出: said plainly, confirmed once, and then really gone."""

from datetime import date, timedelta
from typing import Any

import pytest

from models import Action, Attachment, Conversation, Entry, Inbound, Observation, Person, Prompt
from tests.world import Talk, World

SECRET = "小组汇报太赶了"


def to_the_question(talk: Talk) -> Any:
    talk("退出", asks="what")
    return talk.tap("erase", asks="sure")


def erased(talk: Talk) -> Any:
    to_the_question(talk)
    return talk.tap("yes", says="erased")


def test_what_goes_is_counted(world: World, talk: Talk) -> None:
    now, lin = world.clock.now(), world.id["lin"]
    world.add(
        Entry(kind="jotting", person_id=lin, parts={"text": SECRET}, written_at=now),
        Entry(kind="jotting", person_id=world.id["chen"], parts={"text": "别人的"}, written_at=now),
        Action(person_id=lin, deed="默看", made_at=now),
    )
    heard = to_the_question(talk)
    assert "你写的 1 条" in heard.text and "行动 1 件" in heard.text


@pytest.mark.parametrize(
    ("language", "goes", "nothing"),
    [
        ("zh_Hans", "我们的聊天和你的名字", "行动"),
        ("zh_Hant", "我們的聊天和你的名字", "行動"),
        ("en", "our chat, and your name", "action"),
    ],
)
def test_what_she_has_none_of_is_not_counted(world: World, talk: Talk, language: str, goes: str, nothing: str) -> None:
    world.change("lin", language=language)
    talk("/quit", asks="what")
    first = talk.tap("erase", asks="sure").text.partition("\n")[0]
    assert goes in first and "0" not in first and nothing not in first


def test_everything_of_hers_is_gone(world: World, talk: Talk) -> None:
    talk(SECRET)
    world.add(
        Attachment(
            person_id=world.id["lin"], kind="photo", channel=world.channel, file_id="f", state="kept", stored_as="x.jpg",
            made_at=world.clock.now(),
        )
    )  # fmt: skip
    heard = erased(talk)
    assert "erased" in heard.blocks and heard.bubbles["lin"], "the farewell reaches her"
    person = world.person("lin")
    assert (person.name, person.left_at) == ("", world.clock.now())
    assert world.all(Entry, person_id=person.id) == []
    assert world.all(Conversation) == []
    assert [one.state for one in world.all(Attachment)] == ["erase"]
    assert all(row.body is None for row in world.all(Inbound, sender="lin"))
    assert "attachments" in world.engine.rung


def test_afterwards_she_is_a_stranger(world: World, talk: Talk) -> None:
    erased(talk)
    assert world.address("lin").person_id is None
    talk("你好", asks="code")


def test_the_first_choice_of_the_confirmation_erases_nothing(world: World, talk: Talk) -> None:
    to_the_question(talk)
    talk("1", says="stayed")
    assert world.person("lin").name == "林晓"


def test_a_vague_word_erases_nothing(world: World, talk: Talk) -> None:
    to_the_question(talk)
    talk("嗯嗯", asks="sure", says="not_an_option")
    talk("返回", asks="what")
    talk.tap("stay", says="stayed")
    assert world.person("lin").name == "林晓"


def test_some_peace_instead(world: World, talk: Talk) -> None:
    talk("退出", asks="what")
    talk.tap("pause", asks="pause")
    talk.tap("week", says="paused")
    assert world.person("lin").paused_until is not None


def test_the_other_side_of_a_visit_hears_in_time_without_a_name(world: World, talk: Talk) -> None:
    starts = world.clock.now() + timedelta(days=1)
    lin, chen = world.id["lin"], world.id["chen"]
    world.add(
        Observation(
            person_id=chen, observer_id=chen, teacher_id=lin, day=date(2026, 9, 17), period=3, starts_at=starts,
            ends_at=starts + timedelta(minutes=40), state="agreed", made_at=world.clock.now(),
        )
    )  # fmt: skip
    erased(talk)
    assert [one.kind for one in world.all(Prompt)] == ["visit_off"]
    heard = world.next_contact("chen")
    assert "第3节" in heard.to("chen") and "林晓" not in heard.to("chen")
    assert world.all(Observation)[0].state == "cancelled"


@pytest.mark.parametrize("language", ["zh_Hant", "en"])
def test_the_farewell_is_in_her_language(world: World, talk: Talk, language: str) -> None:
    world.change("lin", language=language)
    heard = erased(talk)
    assert heard.text == world.words.say(language, "leaving", "erased", {"taken_back": ""})


def test_her_colleagues_are_untouched(world: World, talk: Talk) -> None:
    world.says("chen", "板书清楚")
    erased(talk)
    assert len(world.all(Entry, person_id=world.id["chen"])) == 1
    assert {one.name for one in world.all(Person)} >= {"陈静安", "王立群"}
