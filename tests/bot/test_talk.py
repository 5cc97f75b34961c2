"""The steps of a conversation, on a toy one: what is typed or tapped, and which question comes."""

from datetime import timedelta

import pytest

from bot.answers import Said, text
from bot.conversation import Conversation, Question
from bot.talk import DRAFT_KEPT
from bot.turned import ASK, CLOSED, SILENT, WAIT, Turned
from tests.bot.toy import NOW, Chat, finish

TO_PREVIEW = ("拼读日", "挺好", "跳过", "9月30日", "跳过")


# Typed choices


@pytest.mark.parametrize(
    ("typed", "chosen"),
    [
        pytest.param("1", "good", id="the number"),
        pytest.param("３", "bad", id="the number in full width"),
        pytest.param("②", "so_so", id="a circled number"),
        pytest.param("2、", "so_so", id="the number with a list mark"),
        pytest.param("3号", "bad", id="the number with 号"),
        pytest.param("1）", "good", id="the number with a bracket"),
        pytest.param("1.", "good", id="the number with a dot"),
        pytest.param("挺一般", "so_so", id="the label"),
        pytest.param(" 挺 一般。", "so_so", id="the label with spaces and a full stop"),
        pytest.param("挺一", "so_so", id="a unique beginning"),
        pytest.param("累", "bad", id="one character that is enough"),
    ],
)
def test_a_choice_may_be_typed_in_many_ways(chat: Chat, typed, chosen):
    chat.say("拼读日", typed)
    assert chat.talk.answers["mood"] == chosen


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("挺", id="a beginning of two labels"),
        pytest.param("0", id="zero"),
        pytest.param("4", id="one more than there are"),
        pytest.param("9" * 5000, id="a number longer than Python reads"),
        pytest.param("。。", id="only full stops"),
        pytest.param("随便", id="none of the labels"),
    ],
)
def test_what_matches_no_choice_is_asked_again(chat: Chat, typed):
    chat.say("拼读日", typed)
    assert (chat.said, chat.asked, chat.turned.then) == (["not_an_option"], "mood", ASK)
    assert chat.talk.answers == {"training": "拼读日"}


def test_a_tap_on_a_choice_counts(chat: Chat):
    chat.say("拼读日").tap("so_so")
    assert chat.talk.answers["mood"] == "so_so"
    assert chat.asked == "why"


def test_a_probe_comes_only_when_it_applies(chat: Chat):
    assert chat.say("拼读日", "挺好").asked == "notes"


# The words that work everywhere


def test_skip_leaves_out_what_may_be_left_out(chat: Chat):
    chat.say("拼读日", "累了", "跳过")
    assert chat.talk.answers["why"] is None
    assert chat.asked == "notes"


def test_skip_does_not_leave_out_what_is_needed(chat: Chat):
    chat.say("跳过")
    assert (chat.said, chat.asked) == (["cannot_skip"], "training")


def test_the_first_question_has_nothing_before_it(chat: Chat):
    assert chat.controls == ["_later"]
    assert chat.say("返回").said == ["nothing_before"]


def test_back_shows_what_was_said_and_a_new_answer_replaces_it(chat: Chat):
    chat.say("拼读日", "返回")
    assert (chat.said, chat.told, chat.asked) == (["back_at"], {"was": "拼读日"}, "training")
    assert "_keep" in chat.controls
    chat.say("板书日")
    assert chat.talk.answers == {"training": "板书日"}
    assert "was" not in chat.talk.air


def test_back_shows_the_label_of_a_choice(chat: Chat):
    assert chat.say("拼读日", "累了", "返回").told == {"was": "累了"}


def test_back_shows_a_day_with_its_weekday(chat: Chat):
    assert chat.say(*TO_PREVIEW[:4], "返回").told == {"was": "9月30日（周三）"}


def test_keep_puts_the_answer_back(chat: Chat):
    chat.say("拼读日", "返回", "不改了")
    assert chat.talk.answers == {"training": "拼读日"}
    assert chat.asked == "mood"


def test_back_to_what_was_skipped_shows_nothing(chat: Chat):
    chat.say("拼读日", "累了", "跳过", "返回")
    assert (chat.said, chat.asked, "was" in chat.talk.air) == ([], "why", False)


def test_several_steps_back_lose_no_answer(chat: Chat):
    chat.say("拼读日", "累了", "太吵", "返回", "返回", "返回")
    assert (chat.asked, chat.talk.answers) == ("training", {})
    chat.say("板书日")
    assert (chat.asked, chat.told, "_keep" in chat.controls) == ("mood", {"was": "累了"}, True)
    chat.say("不改了", "不改了")
    assert chat.talk.answers == {"training": "板书日", "mood": "bad", "why": "太吵"}


def test_back_does_not_go_behind_what_was_known_at_the_opening(toy):
    chat = Chat(toy, facts={"known": ["training"]})
    chat.talk.answers = {"training": "拼读日"}
    assert chat.say("返回").said == ["nothing_before"]
    assert not chat.talk.has_words()


def test_later_puts_it_aside_and_keeps_every_word(chat: Chat):
    chat.say("拼读日", "先放着")
    assert (chat.turned.then, chat.said, chat.talk.state) == (CLOSED, ["put_aside"], "aside")
    assert chat.talk.answers == {"training": "拼读日"}


def test_cancel_keeps_a_draft_for_thirty_days(chat: Chat):
    chat.say("拼读日", "算了")
    assert (chat.turned.then, chat.said, chat.talk.state) == (CLOSED, ["cancelled"], "draft")
    assert chat.talk.kept_until == NOW + DRAFT_KEPT == NOW + timedelta(days=30)
    assert chat.turned.say[0].buttons[0].option == "drop"


def test_cancel_without_a_word_keeps_nothing(chat: Chat):
    chat.say("取消")
    assert (chat.said, chat.talk.state, chat.talk.kept_until) == (["cancelled_empty"], "done", NOW)


def test_cancel_after_back_still_keeps_what_was_taken_out(chat: Chat):
    assert chat.say("拼读日", "返回", "取消").talk.state == "draft"


def test_a_conversation_without_drafts_keeps_none(toy):
    bare = Conversation("toy", (Question("training", text()), Question("mood", text())), finish, keeps_draft=False)
    assert Chat(toy, bare).say("拼读日", "取消").talk.state == "done"


def test_help_asks_the_same_question_again(chat: Chat):
    assert (chat.say("帮助").said, chat.asked) == (["step_help"], "training")


def test_done_means_nothing_where_nothing_is_gathered(chat: Chat):
    chat.say("好了")
    assert (chat.turned, chat.talk.answers) == (Turned(ASK), {})


@pytest.mark.parametrize("typed", ["？？", "?", "？好吗", "??吗"])
def test_question_marks_alone_are_asked_about_like_any_stray_question(chat: Chat, typed):
    chat.say(typed)
    assert (chat.said, chat.turned.then) == (["stray"], WAIT)


# Gathering


def test_pieces_are_gathered_until_done(chat: Chat):
    chat.say("拼读日", "挺好", "一", "二")
    assert (chat.said, chat.turned.then, chat.asked) == (["gathered"], WAIT, "notes")
    assert "_skip" not in chat.controls
    chat.files("f1", caption="三").say("好了")
    assert [piece["text"] for piece in chat.talk.answers["notes"]] == ["一", "二", "三"]
    assert chat.talk.answers["notes"][2]["files"] == ["f1"]
    assert "pieces" not in chat.talk.air


def test_done_without_a_piece_is_a_skip(chat: Chat):
    chat.say("拼读日", "挺好", "好了")
    assert chat.talk.answers["notes"] is None


def test_done_without_a_piece_where_one_is_needed(toy):
    needed = Conversation("toy", (Question("notes", text(), many=True),), finish)
    assert Chat(toy, needed).say("好了").said == ["cannot_skip"]


def test_skip_after_a_piece_ends_the_gathering(chat: Chat):
    chat.say("拼读日", "挺好", "一", "跳过")
    assert chat.talk.answers["notes"] == [{"text": "一", "files": []}]


def test_back_takes_out_the_last_piece_only_and_shows_it(chat: Chat):
    chat.say("拼读日", "挺好", "一", "二", "返回")
    assert (chat.told, chat.asked) == ({"was": "二"}, "notes")
    chat.say("返回", "返回")
    assert (chat.asked, chat.told) == ("mood", {"was": "挺好"})


def test_back_over_a_photo_shows_no_empty_words(chat: Chat):
    assert chat.say("拼读日", "挺好").files("f1").say("返回").said == []


def test_back_shows_gathered_words_together(chat: Chat):
    chat.say("拼读日", "挺好", "一").files("f1").say("二", "好了", "返回")
    assert (chat.asked, chat.told) == ("notes", {"was": "一 / 二"})


def test_pieces_alone_are_worth_a_draft(toy):
    only = Conversation("toy", (Question("notes", text(), many=True),), finish)
    assert Chat(toy, only).say("一", "取消").talk.state == "draft"


def test_a_piece_of_the_very_first_question_can_be_taken_back_too(toy):
    chat = Chat(toy, Conversation("toy", (Question("notes", text(), many=True),), finish))
    assert "_back" not in chat.controls
    assert "_back" in chat.say("一").controls


# Days and offers


@pytest.mark.parametrize(
    ("typed", "reason", "labels"),
    [
        pytest.param(
            "9月31日", "impossible_day", ["9月30日（周三）", "10月1日（周四）"], id="a day that does not exist"
        ),
        pytest.param(
            "9月20日",
            "rest_day",
            ["9月18日（周五）", "9月21日（周一）", "就9月20日（周日）"],
            id="a day without school",
        ),
    ],
)
def test_the_nearest_days_are_offered(chat: Chat, typed, reason, labels):
    chat.say("拼读日", "挺好", "跳过", typed)
    assert (chat.said, chat.turned.then, chat.labels) == ([reason], WAIT, labels)
    chat.say("1")
    assert chat.talk.answers["try_on"] == {"9月31日": "2026-09-30", "9月20日": "2026-09-18"}[typed]


def test_a_rest_day_may_be_meant(chat: Chat):
    chat.say("拼读日", "挺好", "跳过", "9月20日", "就9月20日")
    assert chat.talk.answers["try_on"] == "2026-09-20"


def test_an_offer_may_be_tapped_and_tapped_twice(chat: Chat):
    chat.say("拼读日", "挺好", "跳过", "9月31日")
    second = chat.options[1]
    assert chat.tap(second).talk.answers["try_on"] == "2026-10-01"
    assert chat.tap(second, of="try_on").turned.then == SILENT


def test_a_button_of_older_offers_never_stands_for_a_newer_one(chat: Chat):
    chat.say("拼读日", "挺好", "跳过", "9月31日")
    older = chat.options[0]
    chat.say("9月20日").tap(older)
    assert (chat.said, chat.asked) == (["old_card_live"], "try_on")


def test_another_day_may_be_typed_instead_of_an_offer(chat: Chat):
    chat.say("拼读日", "挺好", "跳过", "9月31日", "10月9日")
    assert chat.talk.answers["try_on"] == "2026-10-09"
    assert "offers" not in chat.talk.air


def test_a_quick_day_of_the_question_still_works_below_offers(chat: Chat):
    chat.say("拼读日", "挺好", "跳过", "9月31日").tap("in_2_weeks")
    assert chat.talk.answers["try_on"] == "2026-09-30"


def test_an_unreadable_day_is_asked_again_without_offers(chat: Chat):
    chat.say("拼读日", "挺好", "跳过", "9月31日", "再说")
    assert (chat.said, chat.options) == (["not_a_day"], ["in_2_weeks"])


# A stray question in the middle


def test_a_stray_question_is_asked_about_and_may_be_left_out(chat: Chat):
    chat.say("明天几点开会吗")
    assert (chat.said, chat.told, chat.options) == (["stray"], {"words": "明天几点开会吗"}, ["_take", "_leave"])
    assert chat.controls == []
    chat.say("不算")
    assert (chat.said, chat.asked, chat.talk.answers) == (["stray_left"], "training", {})


def test_a_stray_question_may_be_the_answer(chat: Chat):
    chat.say("为什么要写作业？").tap("_take")
    assert chat.talk.answers["training"] == "为什么要写作业？"


def test_new_words_after_a_stray_question_count(chat: Chat):
    chat.say("明天几点开会吗", "拼读日")
    assert chat.talk.answers == {"training": "拼读日"}


def test_a_stray_question_that_is_passed_over_keeps_the_message_it_came_in(chat: Chat):
    asked = Said("明天几点开会吗", message_id="m7")
    chat.dialogue.heard(asked)
    dialogue = chat.dialogue
    dialogue.heard(Said("拼读日"))
    assert dialogue.let_go == [asked]


def test_a_choice_of_the_question_counts_after_a_stray_one_typed_or_tapped(toy):
    typed = Chat(toy).say("拼读日", "几点开会吗", "累了")
    tapped = Chat(toy).say("拼读日", "几点开会吗").tap("bad")
    assert typed.talk.answers == tapped.talk.answers == {"training": "拼读日", "mood": "bad"}


def test_a_file_after_a_stray_question_counts(chat: Chat):
    chat.say("拼读日", "挺好", "几点开会吗").files("f1")
    assert (chat.said, "stray" in chat.talk.air) == (["gathered"], False)


def test_a_long_text_that_ends_in_a_question_mark_is_an_answer(chat: Chat):
    words = "拼读日那天讲的是怎么让孩子先说再写，我一直在想一年级的孩子真的可以先说一段完整的话再动笔写下来吗？"
    assert len(words) > 40
    assert chat.say(words).talk.answers["training"] == words


def test_where_a_question_is_expected_none_is_stray(chat: Chat):
    chat.say(*TO_PREVIEW[:4], "能来听听吗？")
    assert chat.talk.answers["ask"] == "能来听听吗？"


def test_a_command_in_between_leaves_the_plain_question(chat: Chat):
    chat.say("拼读日", "几点开会吗")
    assert chat.dialogue.settle()  # what the shell does when it asks again
    assert chat.options == ["good", "so_so", "bad"]
    assert not chat.dialogue.settle()
