"""开始 and 帮助: a word to those who are in, the door for those who are not."""

import re

import pytest

from tests.world import Talk, World


def test_who_has_joined_is_greeted_by_name(talk: Talk) -> None:
    assert "林晓" in talk("/start", says="welcome").text


@pytest.mark.parametrize(("label", "asks"), [("写反思", None), ("行动", "wish"), ("帮助", None)])
def test_the_buttons_of_the_welcome_lead_somewhere(talk: Talk, label: str, asks: str | None) -> None:
    talk("开始", says="welcome")
    heard = talk.tap(label, asks=asks)
    assert "old_card" not in heard.blocks and heard.text


@pytest.mark.parametrize(("who", "sees"), [("lin", False), ("chen", True), ("wang", True)])
def test_help_shows_what_ones_roles_add(world: World, who: str, sees: bool) -> None:
    assert ("周报" in Talk(world, who)("帮助", says="commands").text) is sees


@pytest.mark.parametrize("word", ["/start", "开始", "/help", "帮助"])
def test_a_stranger_is_led_to_the_door(world: World, word: str) -> None:
    Talk(world, "new")(word, asks="code")


@pytest.mark.parametrize("language", ["zh_Hans", "zh_Hant", "en"])
def test_every_word_of_the_help_is_understood(world: World, language: str) -> None:
    world.change("wang", language=language)
    heard = Talk(world, "wang")("/help", says="commands")
    lines = [re.split("[：:]", line)[1] for line in heard.text.splitlines() if line.startswith("·")]
    words = [word.strip() for line in lines for word in line.split("·")]
    assert words and [word for word in words if world.registry.called(word) is None] == []
