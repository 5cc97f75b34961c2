"""An edit on the phone finds the piece or the answer it belongs to, and the earlier words stay as a version."""

import pytest

from models import Conversation, Entry, EntryVersion
from models.entries import words_of
from tests.handlers.pressing import opens
from tests.world import Heard, Message, Talk, World


def says(world: World, words: str, id: str) -> Heard:
    return world.sends("lin", Message("text", "lin", message_id=id, text=words))


def edits(world: World, words: str, id: str) -> Heard:
    return world.sends("lin", Message("edit", "lin", message_id=id, text=words))


@pytest.mark.parametrize("language", ["zh_Hans", "zh_Hant", "en"])
def test_a_gathered_piece_is_changed_and_its_first_words_kept(world: World, talk: Talk, language: str) -> None:
    world.change("lin", language=language)
    talk("/note", asks="pieces")
    says(world, "先写评价任务", "501")
    says(world, "再想活动", "502")
    heard = edits(world, "先写评价任务，三条就够", "501")
    assert "edited_here" in heard.blocks and "三条就够" in heard.text
    talk.tap("done", says="saved")
    [entry] = world.all(Entry)
    assert words_of(entry.parts) == "先写评价任务，三条就够\n再想活动" and entry.message_ids == ["501", "502"]
    assert [words_of(one.parts) for one in world.all(EntryVersion)] == ["先写评价任务\n再想活动"]


def test_after_it_was_saved_the_entry_is_found(world: World, talk: Talk) -> None:
    talk("/note", asks="pieces")
    says(world, "先写评价任务", "501")
    talk.tap("done", says="saved")
    assert "edited" in edits(world, "先写评价标准", "501").blocks
    [entry] = world.all(Entry)
    assert words_of(entry.parts) == "先写评价标准"
    assert [words_of(one.parts) for one in world.all(EntryVersion)] == ["先写评价任务"]


def test_what_was_added_to_a_jotting_is_found_too(world: World, talk: Talk) -> None:
    says(world, "导入太长", "501")
    world.clock.advance(minutes=1)
    opens(world, "lin", "note", world.all(Entry)[0].id)
    says(world, "下次三分钟", "502")
    talk.tap("done")
    edits(world, "下次五分钟", "502")
    [entry] = world.all(Entry)
    assert words_of(entry.parts) == "导入太长\n下次五分钟" and entry.message_ids == ["501", "502"]


def test_an_answer_of_a_reflection_is_changed(world: World, talk: Talk) -> None:
    talk("/reflect 公开课", asks="happened")
    says(world, "后排的孩子第一次主动补充了", "501")
    assert "edited_here" in edits(world, "后排的小宇第一次主动补充了", "501").blocks
    for _ in range(4):
        talk("跳过")
    talk.tap("self", says="saved")
    [entry] = world.all(Entry)
    assert "小宇" in words_of(entry.parts)
    assert any("后排的孩子" in words_of(one.parts) for one in world.all(EntryVersion))


@pytest.mark.parametrize("words", ["先写评价任务", "  "])
def test_an_edit_that_rewords_nothing_says_nothing(world: World, talk: Talk, words: str) -> None:
    talk("/note", asks="pieces")
    says(world, "先写评价任务", "501")
    assert edits(world, words, "501").bubbles == {}


def test_words_too_long_are_not_taken_over(world: World, talk: Talk) -> None:
    talk("/note", asks="pieces")
    says(world, "先写评价任务", "501")
    assert "too_long" in edits(world, "长" * 20_001, "501").blocks
    talk.tap("done", says="saved")
    assert words_of(world.all(Entry)[0].parts) == "先写评价任务"


def test_an_edit_of_an_unknown_message_changes_nothing(world: World, talk: Talk) -> None:
    talk("/note", asks="pieces")
    says(world, "先写评价任务", "501")
    assert edits(world, "别的", "m9").bubbles == {}
    assert world.all(Conversation, state="open")[0].air["pieces"]["pieces"][0]["text"] == "先写评价任务"


def test_nobody_edits_what_another_wrote(world: World, talk: Talk) -> None:
    talk("/note", asks="pieces")
    says(world, "先写评价任务", "501")
    world.sends("chen", Message("edit", "chen", message_id="501", text="改别人的"))
    assert world.all(Conversation, state="open")[0].air["pieces"]["pieces"][0]["text"] == "先写评价任务"


def reflected(world: World, talk: Talk, audience: str = "self", *after: str) -> Entry:
    """A reflection whose first answer came in message 501."""
    talk("/reflect 公开课", asks="happened")
    says(world, "后排的孩子第一次主动补充了", "501")
    for _ in range(4):
        talk("跳过")
    for choice in (audience, *after):
        talk.tap(choice)
    [entry] = world.all(Entry)
    return entry


@pytest.mark.parametrize("language", ["zh_Hans", "zh_Hant", "en"])
def test_a_saved_reflection_is_changed_too_and_its_first_words_kept(world: World, talk: Talk, language: str) -> None:
    world.change("lin", language=language)
    entry = reflected(world, talk, "supervisor")
    heard = edits(world, "后排的孩子主动补充了两次", "501")
    assert "edited" in heard.blocks and "两次" in heard.text
    [entry] = world.all(Entry)
    assert words_of(entry.parts) == "公开课\n后排的孩子主动补充了两次" and entry.audience == ["supervisor"]
    assert [words_of(one.parts) for one in world.all(EntryVersion)] == ["公开课\n后排的孩子第一次主动补充了"]


@pytest.mark.parametrize("language", ["zh_Hans", "zh_Hant", "en"])
def test_an_edit_that_names_a_pupil_is_hers_alone_until_she_says_so(world: World, talk: Talk, language: str) -> None:
    world.change("lin", language=language)
    reflected(world, talk, "supervisor")
    heard = edits(world, "后排的小宇第一次主动补充了", "501")
    assert "edited_private" in heard.blocks
    [entry] = world.all(Entry)
    assert "小宇" in words_of(entry.parts) and entry.audience == [] and entry.shared_at is None


def test_a_name_she_chose_to_keep_stays_shared(world: World, talk: Talk) -> None:
    talk("/reflect 公开课", asks="happened")
    says(world, "后排的小宇第一次主动补充了", "501")
    for _ in range(4):
        talk("跳过")
    talk.tap("supervisor", asks="pupils")
    talk.tap("keep", says="saved")
    assert "edited" in edits(world, "后排的小宇主动补充了两次", "501").blocks
    assert world.all(Entry)[0].audience == ["supervisor"]


def test_what_was_added_to_a_reflection_is_found_too(world: World, talk: Talk) -> None:
    entry = reflected(world, talk)
    opens(world, "lin", "note", entry.id)
    says(world, "下次三分钟", "502")
    talk.tap("done")
    edits(world, "下次五分钟", "502")
    assert words_of(world.all(Entry)[0].parts).endswith("\n下次五分钟")


def test_a_plain_answer_is_changed_and_what_stood_there_kept(world: World, talk: Talk) -> None:
    talk("/act", asks="wish")
    says(world, "提问后先等三秒", "501")
    heard = edits(world, "提问后先等五秒", "501")
    assert "edited_here" in heard.blocks and "五秒" in heard.text
    [talking] = world.all(Conversation, state="open")
    assert (talking.answers["wish"], talking.air["before"]) == ("提问后先等五秒", {"wish": ["提问后先等三秒"]})


def test_a_typed_choice_and_a_typed_day_are_read_again(world: World, talk: Talk) -> None:
    talk("/act", asks="wish")
    says(world, "提问后先等三秒", "501")
    says(world, "三2班", "502")
    talk.tap("ask", asks="deed")
    talk.tap("same", asks="sign")
    talk("跳过", asks="try_until")
    says(world, "两周后", "503")
    talk("跳过", asks="preview")
    heard = edits(world, "一周后", "503")
    assert heard.blocks[-1] == "preview" and "edited_here" in heard.blocks  # shown anew, with the new day
    edits(world, "三4班", "502")
    [talking] = world.all(Conversation, state="open")
    first, second = talking.air["before"]["try_until"][0], talking.answers["try_until"]
    assert second < first and talking.answers["class_name"] == "三4班"


def test_an_edit_that_cannot_be_read_changes_nothing(world: World, talk: Talk) -> None:
    talk("/act", asks="wish")
    says(world, "提问后先等三秒", "501")
    assert "too_long" in edits(world, "长" * 300, "501").blocks
    assert edits(world, "  ", "501").bubbles == {} == edits(world, "提问后先等三秒", "501").bubbles
    assert world.all(Conversation, state="open")[0].answers["wish"] == "提问后先等三秒"


def test_an_answer_given_again_by_a_tap_belongs_to_no_message(world: World, talk: Talk) -> None:
    talk("/act", asks="wish")
    says(world, "提问后先等三秒", "501")
    says(world, "三2班", "502")
    talk("上一步", asks="class_name")
    talk.tap("c2", asks="moment")
    assert edits(world, "三2班", "502").bubbles == {}


def test_a_stray_question_that_counted_as_the_answer_is_changed_as_one(world: World, talk: Talk) -> None:
    talk("/act", asks="wish")
    says(world, "先问一问为什么呢", "501")
    talk.tap("take")
    assert "edited_here" in edits(world, "先问一问还有呢", "501").blocks
