"""The fixed wording of actions and of the record form: every option has its words in every language."""

from typing import Any

import pytest

from bot.render import LANGUAGES, Words, plain
from handlers import action, follow_up

KNOWN = {
    "obstacle": follow_up.OBSTACLES,
    "remedy": follow_up.NEXT,
    "effect": ("photo",),
    "sign": ("spoke", "willing"),
    "result": follow_up.TOLD,
    "ending": ("done", "partly", "not_suitable", "replaced", "let_go"),
}
WORDS = Words()


def known(language: str, column: str, value: str) -> str:
    """What stands for a tapped option."""
    return WORDS.say(language, "record", "known", {"column": column, "value": value})


def sentence(language: str, moment: str, class_name: str = "三2班") -> str:
    """The sentence of an action, as its closing question says it."""
    told: dict[str, Any] = {"class_name": class_name, "moment": moment, "deed": "先数三下。"}
    return plain(WORDS.say(language, "follow_up", "follow_up_closing", {"action": told})).splitlines()[0]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("column", "keys"), KNOWN.items())
def test_every_option_has_words(language: str, column: str, keys: tuple[str, ...]) -> None:
    said = [known(language, column, key) for key in keys]
    assert all(said) and len(set(said)) == len(said)
    assert known(language, column, "她自己的话") == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_her_own_words_are_shown_as_they_are(language: str) -> None:
    row = {"insight": "<她> & 我", "effect": "=1+1", "obstacle": "", "remedy": "more"}
    said = plain(WORDS.say(language, "record", "share_preview", {"row": row, "names": ["王立群"]}))
    assert "<她> & 我" in said and "=1+1" in said and "—" in said


def test_a_long_sentence_is_shortened_by_what_is_read() -> None:
    told = {"class_name": "A&B", "moment": "begin", "deed": "<先>数三下" * 20}
    said = plain(WORDS.say("zh_Hans", "follow_up", "follow_up__line", {"action": told}))
    assert "如果A&B刚上课，就<先>数三下" in said and "<先>数三…」" in said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("moment", ["begin", "talk", "ask", "end", "小组汇报前", "开始默写"])
def test_every_sentence_names_class_moment_and_deed(language: str, moment: str) -> None:
    said = sentence(language, moment)
    assert "三2班" in said and "先数三下" in said and said != sentence(language, "")


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        ("begin", "「如果三2班刚上课，就先数三下。」"),
        ("end", "「如果三2班快下课了，就先数三下。」"),
        ("小组汇报前", "「如果三2班到了小组汇报前，就先数三下。」"),
        ("开始小组汇报", "「如果三2班开始小组汇报，就先数三下。」"),
        ("", "「如果是三2班，就先数三下。」"),
    ],
)
def test_a_sentence_reads_like_chinese(moment: str, said: str) -> None:
    assert sentence("zh_Hans", moment) == said


def test_several_classes_are_joined_as_each_language_does() -> None:
    assert "三2班、三4班" in sentence("zh_Hans", "ask", "三2班、三4班")
    assert "三2班 and 三4班" in sentence("en", "ask", "三2班、三4班")


def test_the_questions_offer_only_what_has_words() -> None:
    offered: dict[str, Any] = {question.name: question.reader for question in follow_up.conversation.questions}
    assert set(offered["obstacle"].keys) == set(KNOWN["obstacle"])
    assert set(offered["next"].keys) == set(KNOWN["remedy"])
    sign: Any = action.conversation.question("sign").reader
    assert set(sign.reader.keys) == set(KNOWN["sign"])
