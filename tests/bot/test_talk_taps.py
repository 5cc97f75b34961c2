"""Second taps, old cards, the preview and the end of a conversation, on a toy one."""

import pytest

from bot.answers import Said, choice, text
from bot.conversation import Conversation, Question
from bot.point import offer_key
from bot.turned import ASK, FINISH, SILENT, WAIT, Turned
from tests.bot.toy import Chat, finish

TO_PREVIEW = ("拼读日", "挺好", "跳过", "9月30日", "跳过")


# A second tap


def test_a_double_tap_says_nothing(chat: Chat):
    chat.say("拼读日").tap("bad").tap("bad", of="mood")
    assert (chat.turned, chat.talk.answers["mood"]) == (Turned(SILENT), "bad")


@pytest.mark.parametrize(
    ("texts", "control", "of"),
    [
        pytest.param(("拼读日", "累了"), "_skip", "why", id="a double tap on skip"),
        pytest.param(("拼读日", "挺好", "一"), "_done", "notes", id="a double tap on done"),
        pytest.param(("拼读日", "挺好"), "_done", "notes", id="a double tap on done without a piece"),
    ],
)
def test_a_double_tap_on_a_control_says_nothing(chat: Chat, texts, control, of):
    chat.say(*texts).tap(control)
    before = chat.talk.answers
    assert chat.tap(control, of=of).turned == Turned(SILENT)
    assert chat.talk.answers == before


@pytest.mark.parametrize(("tap", "kept", "asked"), [("_newer", "good", "notes"), ("_older", "bad", "why")])
def test_a_second_different_answer_is_asked_about(chat: Chat, tap, kept, asked):
    chat.say("拼读日").tap("bad").tap("good", of="mood")
    assert (chat.turned.then, chat.said, chat.told) == (WAIT, ["two_answers"], {"older": "累了", "newer": "挺好"})
    assert chat.talk.answers["mood"] == "bad"
    chat.tap(tap)
    assert (chat.talk.answers["mood"], chat.asked) == (kept, asked)


def test_the_newer_answer_drops_what_no_longer_applies(chat: Chat):
    chat.say("拼读日", "累了", "太吵").tap("good", of="mood").say("用后一个")
    assert chat.talk.answers == {"training": "拼读日", "mood": "good"}


def test_new_words_after_two_answers_leave_the_older(chat: Chat):
    chat.say("拼读日").tap("bad").tap("good", of="mood").say("太吵")
    assert chat.talk.answers == {"training": "拼读日", "mood": "bad", "why": "太吵"}


def test_an_answer_after_a_skip_is_asked_about_with_the_word_for_skipped(toy):
    loose = Conversation(
        "toy", (Question("mood", choice("good", "bad"), optional=True), Question("why", text())), finish
    )
    chat = Chat(toy, loose).say("跳过").tap("good", of="mood")
    assert chat.told == {"older": "跳过", "newer": "挺好"}


@pytest.mark.parametrize(
    ("option", "of"),
    [
        pytest.param("_back", "training", id="a control of an earlier card"),
        pytest.param("in_2_weeks", "try_on", id="a question that is not answered yet"),
        pytest.param("good", "unknown", id="a question that is no longer in the list"),
        pytest.param("no_such", "mood", id="a choice that is not shown"),
        pytest.param("send", "training", id="an option that cannot be read"),
    ],
)
def test_an_old_card_is_answered_kindly_and_changes_nothing(chat: Chat, option, of):
    chat.say("拼读日").tap(option, of=of)
    assert (chat.turned.then, chat.said, chat.asked) == (ASK, ["old_card_live"], "mood")
    assert chat.talk.answers == {"training": "拼读日"}


def test_an_old_card_of_gathered_pieces_is_over(toy):
    several = Conversation("toy", (Question("mood", choice("good", "bad"), many=True), Question("why", text())), finish)
    chat = Chat(toy, several).say("1", "2", "好了")
    assert chat.talk.answers["mood"] == ["good", "bad"]
    assert chat.tap("good", of="mood").said == ["old_card_live"]


# The preview


def test_the_preview_offers_to_change_what_was_answered(chat: Chat):
    chat.say(*TO_PREVIEW)
    assert chat.labels == ["发出", "留着", "改一改"]
    chat.tap("_revise")
    assert (chat.turned.then, chat.said, chat.labels) == (WAIT, ["which_to_revise"], ["心情", "日子"])


def test_a_changed_answer_drops_and_asks_what_depends_on_it(chat: Chat):
    chat.say("拼读日", "累了", "太吵", *TO_PREVIEW[2:], "改一改", "心情")
    assert (chat.asked, chat.told) == ("mood", {"was": "累了"})
    chat.say("挺好")
    assert "why" not in chat.talk.answers
    assert chat.asked == "look"
    chat.say("改一改", "1", "挺一般")
    assert chat.asked == "why"


def test_only_one_answer_to_change_is_reopened_at_once(toy):
    short = Conversation(
        "toy", (Question("mood", choice("good")), Question("look", choice("send"), revises=("mood",))), finish
    )
    assert Chat(toy, short).say("1", "改一改").asked == "mood"


def test_back_from_a_reopened_answer_returns_to_the_preview(chat: Chat):
    chat.say(*TO_PREVIEW, "改一改", "心情", "返回")
    assert (chat.asked, chat.talk.answers["mood"]) == ("look", "good")


def test_back_from_a_newly_asked_question_goes_to_the_one_before_it(chat: Chat):
    chat.say(*TO_PREVIEW).tap("bad", of="mood").say("用后一个")
    assert chat.asked == "why"
    chat.say("返回")
    assert (chat.asked, chat.told) == ("mood", {"was": "累了"})


@pytest.mark.parametrize("way", ["typed", "tapped"])
def test_sending_after_all_works_while_choosing_what_to_change(chat: Chat, way):
    chat.say(*TO_PREVIEW, "改一改")
    chat.say("发出") if way == "typed" else chat.tap("send")
    assert (chat.turned.then, chat.talk.answers["look"]) == (FINISH, "send")


def test_when_all_is_answered_every_step_leads_to_the_end(chat: Chat):
    chat.say(*TO_PREVIEW, "发出")
    assert (chat.turned.then, chat.asked, chat.options, chat.controls) == (FINISH, None, [], [])
    for step in (chat.dialogue.skip, lambda: chat.dialogue.answer(Said(text="还有"))):
        assert step() == Turned(FINISH)
    assert chat.dialogue.choose("send") == Turned(FINISH)
    assert chat.dialogue.done() == Turned(ASK)


def test_an_offer_chosen_after_the_end_changes_nothing(chat: Chat):
    chat.say("拼读日", "挺好", "跳过", "9月31日")
    offers = chat.talk.air["offers"]
    key = chat.options[0]
    chat.say("9月30日", "跳过", "发出")
    before = dict(chat.talk.answers)
    chat.talk.air = {"offers": offers}
    assert chat.dialogue.choose(key) == Turned(FINISH)
    assert chat.talk.answers == before


def test_keep_without_anything_taken_out_just_asks(chat: Chat):
    assert chat.dialogue.choose("_keep") == Turned(ASK)


def test_files_where_words_are_asked_for_are_explained(chat: Chat):
    assert chat.files("f1").said == ["words_please"]


def test_an_empty_text_is_explained(chat: Chat):
    assert chat.say("").said == ["too_short"]


@pytest.mark.parametrize("words", ["十个字，但不是一天呀。", "2026-02-30", "2026/09/30"])
def test_words_as_long_as_a_day_are_shown_as_they_are(chat: Chat, words):
    assert chat.say(words, "返回").told == {"was": words}


def test_a_choice_in_somebodys_own_words_is_shown_by_them(toy):
    facts = {"trainings": [{"key": "t1", "label": "拼读日"}, {"key": "t2", "label": "拼音日"}]}
    listed = Conversation(
        "toy", (Question("training", choice(from_facts="trainings")), Question("why", text())), finish
    )
    chat = Chat(toy, listed, facts)
    assert chat.labels == ["拼读日", "拼音日"]
    chat.say("拼音", "返回")
    assert chat.told == {"was": "拼音日"}


def test_an_offer_keeps_its_name_however_a_store_orders_its_parts() -> None:
    assert offer_key({"day": "2026-09-18", "period": 3}) == offer_key({"period": 3, "day": "2026-09-18"})
    assert offer_key({"day": "2026-09-18", "period": 3}) != offer_key({"day": "2026-09-18", "period": 4})
