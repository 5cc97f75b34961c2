"""What is sent outside a conversation: kept at once, answered once, and never lost."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import App
from bot.channels import Message
from bot.render import LANGUAGES
from handlers.jotting import asks_somebody, capture
from models import Attachment, Entry, EntryVersion, Outbound, Person
from models.entries import words_of
from tests.handlers.entries_world import add_entry, add_training, entry_now, waiting_card
from tests.world import Talk, World


def test_words_are_kept_for_herself_alone(world: World, talk: Talk) -> None:
    heard = talk("最有用的是先写评价任务再想活动", says="received")
    entry = entry_now(world)
    assert words_of(entry.parts) == "最有用的是先写评价任务再想活动"
    assert entry.audience == [] and entry.kind == "jotting"
    assert "9月16日" in heard.text and "仅自己" in heard.text


def test_texts_photos_and_voice_within_a_moment_are_one_entry_with_one_answer(world: World, talk: Talk) -> None:
    talk.photo()
    talk.photo()
    world.clock.advance(seconds=2)
    talk.photo(kind="voice")
    world.clock.advance(seconds=2)
    talk("先写评价任务")
    entry = entry_now(world)
    assert len(entry.parts["pieces"]) == 4
    assert {file.entry_id for file in world.all(Attachment)} == {entry.id}
    card = waiting_card(world, f"jotting:{entry.id}")
    assert all(words in card for words in ("2 张照片", "1 段语音", "1 段文字"))
    assert len(world.all(Outbound)) == 1


@pytest.mark.parametrize(
    ("seconds", "entries"),
    [([2, 2, 2, 2, 2], 1), ([3], 2), ([2, 2, 2, 2, 2, 1], 2)],
    ids=["until 10 s after the first", "3 s later is another note", "after 10 s a new one begins"],
)
def test_the_sending_time_says_what_belongs_together(
    world: World, talk: Talk, seconds: list[int], entries: int
) -> None:
    talk("一")
    for wait in seconds:
        world.clock.advance(seconds=wait)
        talk("又一句")
    assert len(world.all(Entry)) == entries


def test_what_waited_at_the_platform_is_sorted_by_when_it_was_sent(world: World) -> None:
    yesterday = world.clock.now() - timedelta(hours=20)
    for words, later in (("早上的", 0), ("还是早上的", 1), ("中午的", 3600)):
        world.says("lin", words, sent_at=yesterday + timedelta(seconds=later))
    first, second = world.all(Entry)
    assert words_of(first.parts) == "早上的\n还是早上的" and first.written_at == yesterday
    assert words_of(second.parts) == "中午的"


def test_two_people_never_share_a_note(world: World) -> None:
    world.says("lin", "我的")
    world.says("chen", "他的")
    assert [words_of(entry.parts) for entry in world.all(Entry)] == ["我的", "他的"]


@pytest.mark.parametrize("words", ["明天几点开会？", "几点开会呢。", "可以请假吗", "when is it?", "可以嗎！"])
def test_these_sound_like_a_question(words: str) -> None:
    assert asks_somebody(words)


@pytest.mark.parametrize("words", ["明天开会", "呢喃细语", "他问：行吗？我说行"])
def test_these_do_not(words: str) -> None:
    assert not asks_somebody(words)


def test_a_stray_question_is_stored_and_asked_about(world: World, talk: Talk) -> None:
    talk("对了明天下午几点开会？", says="asking")
    assert words_of(entry_now(world).parts) == "对了明天下午几点开会？"
    talk.tap("put_in", says="received")
    assert entry_now(world).removed_at is None


def test_a_stray_question_can_be_left_out_and_brought_back(world: World, talk: Talk) -> None:
    talk("明天下午几点开会？")
    talk.tap("leave_out", says="left_out")
    assert entry_now(world).removed_at is not None
    talk.tap("restore", says="restored")
    assert entry_now(world).removed_at is None


def test_a_question_with_a_photo_or_among_notes_is_part_of_the_note(world: World, talk: Talk) -> None:
    talk("怎么让学生知道学到哪一步算好？")
    talk("也许先给样例", says="received")
    assert len(entry_now(world).parts["pieces"]) == 2


@pytest.mark.parametrize(
    ("language", "note", "question"),
    [
        ("zh_Hans", "先写评价任务", "明天几点开会？"),
        ("zh_Hant", "先寫評量任務", "明天幾點開會嗎"),
        ("en", "Write the task first", "When is the meeting?"),
    ],
)
def test_a_question_behind_a_note_is_asked_about(
    world: World, talk: Talk, language: str, note: str, question: str
) -> None:
    world.change("lin", language=language)
    talk(note, says="received")
    talk(question, says="asking")
    talk("Then the examples", says="received")  # what comes behind the question goes on with the note
    words = {words_of(entry.parts) for entry in world.all(Entry)}
    assert words == {question, f"{note}\nThen the examples"}


def test_a_long_text_that_ends_in_a_question_is_part_of_the_note(world: World, talk: Talk) -> None:
    talk("先写评价任务")
    talk(
        "如果先给样例，再让学生自己写评价单，会不会比一上来就讲标准更容易让他们知道学到哪一步算好呢？", says="received"
    )
    assert len(entry_now(world).parts["pieces"]) == 2


def test_leaving_out_a_question_keeps_what_came_behind_it(world: World, talk: Talk) -> None:
    talk("几点开会？")
    button = world.button("lin", "leave_out")
    talk("先写评价任务")
    heard = world.sends("lin", Message("button", "lin", button=button))
    assert "received" in heard.blocks and entry_now(world).removed_at is None


def test_only_the_first_voice_message_is_explained(world: World, talk: Talk) -> None:
    assert "不转文字" in talk.photo(kind="voice", says="received").text
    assert "补一句" in world.last["lin"].labels
    world.clock.advance(minutes=1)
    assert "不转文字" not in talk.photo(kind="voice", says="received").text


def test_a_keyword_can_be_added_to_a_voice_message(world: World, talk: Talk) -> None:
    talk.photo(kind="voice")
    talk.tap("补一句", asks="pieces")
    talk("朗读指导")
    talk.tap("done", says="added")
    assert words_of(entry_now(world).parts) == "朗读指导"


def test_a_training_that_just_ended_is_suggested_and_taken_with_one_tap(world: World, talk: Talk) -> None:
    training = add_training(world, days=1, hours=20)
    heard = talk("先写评价任务")
    assert training.title in heard.text
    talk.tap("recent", says="attached")
    assert entry_now(world).training_id == training.id


def test_a_training_of_last_week_or_of_somebody_else_is_not_suggested(world: World, talk: Talk) -> None:
    add_training(world, days=3)
    add_training(world, title="别人的", who="zhou", hours=1)
    talk("先写评价任务")
    assert "recent" not in world.last["lin"].options


def test_undo_on_the_card_hides_at_once_and_undo_of_that_restores(world: World, talk: Talk) -> None:
    talk("写错了")
    talk.tap("delete", says="deleted")
    assert "empty" in talk("/mine").blocks
    talk("撤销", says="restored")
    assert "list" in talk("/mine").blocks


def test_an_edit_on_the_phone_changes_the_entry_and_keeps_the_earlier_words(world: World, talk: Talk) -> None:
    world.says("lin", "先写活动", message_id="501")
    world.says("lin", "再写任务", message_id="502")
    heard = world.sends("lin", Message("edit", "lin", message_id="501", text="先写评价任务"))
    assert "edited" in heard.blocks
    assert words_of(entry_now(world).parts) == "先写评价任务\n再写任务"
    assert [words_of(version.parts) for version in world.all(EntryVersion)] == ["先写活动\n再写任务"]
    assert "先写活动" in talk.tap("before", says="before").text


def test_an_edit_that_changes_no_words_says_nothing(world: World) -> None:
    world.says("lin", "先写活动", message_id="501")
    heard = world.sends("lin", Message("edit", "lin", message_id="501", text="先写活动"))
    assert heard.text == "" and world.all(EntryVersion) == []


def test_an_edit_of_somebody_elses_message_changes_nothing(world: World) -> None:
    world.says("lin", "先写活动", message_id="501")
    world.sends("zhou", Message("edit", "zhou", message_id="501", text="改了你的"))
    assert words_of(entry_now(world).parts) == "先写活动"


def test_words_of_exhaustion_get_a_calm_answer_and_reach_nobody(world: World, talk: Talk) -> None:
    heard = talk("太累了，真的撑不下去", says="tired")
    assert set(heard.bubbles) == {"lin"}
    talk.tap("quiet_week", says="quiet")
    until = world.person("lin").paused_until
    assert until is not None and until.isoformat() == "2026-09-20T16:00:00+00:00"  # Monday 0:00 in Shanghai
    assert all(world.person(who).paused_until is None for who in ("chen", "wang"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_whom_the_school_names_for_a_hard_day_is_said(world: World, tmp_path: Path, language: str) -> None:
    for line in ("梅老师 8012", ""):
        app = App(world.store, world.clock, b"k" * 32, tmp_path, contact_line=line)
        said = app.words.say(language, "jotting", "tired", {"is_private": True})
        app.writer.close()
        assert ("梅老师 8012" in said, said.count("\n")) == ((True, 3) if line else (False, 2))


def test_no_need_changes_nothing(world: World, talk: Talk) -> None:
    talk("太累了，真的撑不下去")
    talk.tap("no_need", says="no_need")
    assert world.person("lin").paused_until is None


def test_a_longer_pause_is_not_shortened(world: World, talk: Talk) -> None:
    later = world.clock.now() + timedelta(days=20)
    world.change("lin", paused_until=later)
    talk("太累了，真的撑不下去")
    talk.tap("quiet_week")
    assert world.person("lin").paused_until == later


@pytest.mark.parametrize("option", ["put_in", "leave_out", "delete", "read"])
def test_a_button_of_somebody_elses_card_does_nothing(world: World, option: str) -> None:
    world.says("lin", "几点开会？" if option in ("put_in", "leave_out") else "我的话")
    stolen = world.button("lin", option)
    heard = world.sends("zhou", Message("button", "zhou", button=stolen))
    assert "not_yours" in heard.blocks and "我的话" not in heard.to("zhou")
    assert entry_now(world).removed_at is None


@pytest.mark.parametrize("name", ["put_in", "leave_out", "quiet_week"])
def test_the_taps_themselves_check_whose_entry_it_is(world: World, name: str) -> None:
    entry = add_entry(world, to_group=True)
    with world.store.writing() as session:
        zhou = session.get_one(Person, world.id["zhou"])
        capture.taps[name](session, zhou, entry.id, world.clock.now())
    kept = entry_now(world)
    assert kept.removed_at is None and kept.to_group
