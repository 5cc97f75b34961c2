"""What a text calls: a slash command, a keyword, a phrase of its own; and the words that work everywhere."""

import pytest

from bot.buttons import code_of
from bot.conversation import Conversation, Place, PromptKind
from bot.registry import Registry, fold_pattern
from bot.render import Words
from tests.bot.toy import HANDLERS, JOT, TOY_TALK, finish


@pytest.fixture(scope="module")
def registry(toy: Words) -> Registry:
    """The toy handlers, looked up."""
    return Registry(HANDLERS, toy)


@pytest.mark.parametrize(
    ("text", "called"),
    [
        pytest.param("/toy", ("toy", ""), id="a slash command"),
        pytest.param("/TOY@zhixing_bot  now ", ("toy", "now"), id="a slash command with the bot's name and words"),
        pytest.param("/", None, id="a slash alone"),
        pytest.param("/unknown", None, id="an unknown command"),
        pytest.param("写小样", ("toy", ""), id="a keyword"),
        pytest.param(" 写 小样。", ("toy", ""), id="a keyword with spaces and a full stop"),
        pytest.param("休息一下", ("leave", ""), id="a keyword that is written with a space"),
        pytest.param("VISIT", ("visit", ""), id="a keyword in capitals"),
        pytest.param("ｖｉｓｉｔ", ("visit", ""), id="a keyword in full width"),
        pytest.param("请假吗", ("leave", ""), id="a keyword that asks"),
        pytest.param("请假怎么弄", ("leave", ""), id="how to do it"),
        pytest.param("请假怎么弄？", ("leave", ""), id="how to do it, with a question mark"),
        pytest.param("请假怎么弄呢？？", ("leave", ""), id="how to do it, asked twice over"),
        pytest.param("听课 周五第1节", ("visit", "周五第1节"), id="words after a keyword that takes them"),
        pytest.param("听课\u3000周五第1节", ("visit", "周五第1节"), id="words after a wide space"),
        pytest.param("请假 周五", None, id="words after a keyword that takes none"),
        pytest.param("听陈老师的课", ("toy", "陈老师"), id="a phrase with words in it"),
        pytest.param("看看小样", ("toy", ""), id="a phrase without words in it"),
        pytest.param("今天请假的人多", None, id="a keyword inside a sentence"),
        pytest.param("", None, id="nothing"),
        pytest.param("？", None, id="a question mark alone"),
    ],
)
def test_what_a_text_calls(registry: Registry, text, called):
    found = registry.called(text)
    assert (found and (found[0].name, found[1])) == called


@pytest.mark.parametrize(
    ("folded", "word"),
    [("上一步", "back"), ("返回", "back"), ("跳过", "skip"), ("先放着", "later"), ("算了", "cancel"), ("帮助", "help"), ("好了", "done"),
     ("？？", None), ("别的", None)],
)  # fmt: skip
def test_the_words_that_work_everywhere(registry: Registry, folded, word):
    assert registry.word(folded) == word


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("开会吗", True),
        ("开会？", True),
        ("几点 呢 ", True),
        ("开会?", True),
        ("开会", False),
        ("吗啡", False),
        ("", False),
    ],
)
def test_what_sounds_like_asking(registry: Registry, text, expected):
    assert registry.asks(text) is expected


def test_handlers_are_found_by_the_code_on_a_button(registry: Registry):
    assert registry.coded(code_of("toy")) is TOY_TALK
    assert registry.coded("none") is None


def test_what_is_said_outside_any_conversation_has_one_handler(registry: Registry):
    assert registry.capture is JOT


def test_the_commands_of_a_menu_are_named_in_the_language(registry: Registry):
    assert registry.commands("zh_Hans", Place()) == [("toy", "小样"), ("visit", "听课"), ("leave", "请假")]


def test_prompts_are_found_by_their_kind(toy: Words):
    kind = PromptKind("toy_due", wanted=lambda *_: None, buttons=lambda *_: ())
    asking = Conversation("toy", TOY_TALK.questions, finish, prompts=(kind,))
    assert Registry([asking, JOT], toy).kinds == {"toy_due": (asking, kind)}


def test_a_pattern_loses_its_spaces_and_may_hold_its_brackets_escaped():
    assert fold_pattern("听 (?P&lt;rest&gt;.+) 的课") == fold_pattern("听(?P<rest>.+)的课") == "听(?P<rest>.+)的课"
