"""随手记 as a conversation, the invitation after a training, and which training a note belongs to."""

from datetime import timedelta

import pytest

from bot.errors import Refused
from handlers import attach_entry, note
from handlers.training_note import training_note_prompts
from models import Attachment, Attendance, Entry, Person, Prompt, Training
from models.entries import words_of
from tests.handlers.entries_world import add_entry, add_training, entry_now
from tests.world import Talk, World


def test_pieces_are_gathered_until_done(world: World, talk: Talk) -> None:
    talk("随手记", asks="pieces")
    talk("先写评价任务", says="gathered")
    talk.photo("板书")
    talk("好了", says="saved")
    entry = entry_now(world)
    assert words_of(entry.parts) == "先写评价任务\n板书"
    assert [file.entry_id for file in world.all(Attachment)] == [entry.id]


def test_words_behind_the_keyword_are_the_first_piece(world: World, talk: Talk) -> None:
    assert "先写评价任务" in talk("随手记 先写评价任务", asks="pieces").text
    talk("再想活动")
    talk("好了", says="saved")
    assert words_of(entry_now(world).parts) == "先写评价任务\n再想活动"


def test_cancelling_keeps_a_draft_and_no_entry(world: World, talk: Talk) -> None:
    talk("/note")
    talk("先写评价任务")
    talk("取消", says="cancelled")
    assert world.all(Entry) == []


def test_a_stray_question_in_the_middle_is_asked_about(world: World, talk: Talk) -> None:
    talk("/note")
    talk("先写评价任务")
    talk("明天几点开会？", says="stray")
    talk.tap("leave", says="stray_left")
    talk("好了", says="saved")
    assert words_of(entry_now(world).parts) == "先写评价任务"


def test_more_can_be_added_to_a_reflection(world: World, talk: Talk) -> None:
    entry = add_entry(world, kind="reflection", parts={"happened": "分组讨论"})
    talk("/mine")
    talk.tap("read")
    talk.tap("other")
    talk.tap("再补一点", asks="pieces")
    talk("后来又试了一次")
    talk("好了", says="added")
    parts = entry_now(world, entry.id).parts
    assert (list(parts), words_of(parts)) == (["happened", "more"], "分组讨论\n后来又试了一次")


def test_what_was_added_to_a_deleted_entry_is_still_kept(world: World, talk: Talk) -> None:
    entry = add_entry(world)
    talk("/mine")
    talk.tap("read")
    talk.tap("other")
    talk.tap("再补一点", asks="pieces")
    talk("新的话")
    with world.store.writing() as session:
        session.get_one(Entry, entry.id).removed_at = world.clock.now()
    talk("好了", says="saved")
    assert words_of(world.all(Entry)[-1].parts) == "新的话"


def test_exhausted_words_in_a_note_get_the_calm_answer_too(world: World, talk: Talk) -> None:
    talk("/note")
    talk("真的撑不下去了")
    talk("好了", says="tired")


def invite(world: World, **ended_ago: float) -> Training:
    training = add_training(world, **ended_ago)
    world.add(*training_note_prompts(training, [world.id["lin"]], world.clock.now()))
    world.change("lin")
    return training


def test_after_a_training_she_is_invited_once_and_writes(world: World, talk: Talk) -> None:
    training = invite(world, minutes=30)
    heard = world.next_contact("lin")
    assert "training_note" in heard.blocks and training.title in heard.to("lin")
    talk.tap("记两句", asks="pieces")
    talk("先写评价任务")
    talk("好了", says="saved")
    assert entry_now(world).training_id == training.id


def test_tomorrow_asks_once_more_and_only_once(world: World, talk: Talk) -> None:
    invite(world, minutes=30)
    world.next_contact("lin")
    talk.tap("tomorrow", says="tomorrow")
    again = world.next_contact("lin")
    assert "training_note" in again.blocks
    assert world.clock.now().date().isoformat() == "2026-09-17"
    talk.tap("tomorrow", says="tomorrow_again")
    assert len(world.all(Prompt)) == 2


def test_not_this_time_also_drops_tomorrow(world: World, talk: Talk) -> None:
    invite(world, minutes=30)
    world.next_contact("lin")
    card = world.last["lin"]
    talk.tap("tomorrow")
    world.last["lin"] = card
    talk.tap("not_this", says="not_this")
    assert {prompt.state for prompt in world.all(Prompt)} == {"queued", "dropped"}


def test_who_has_written_about_it_is_not_asked(world: World) -> None:
    training = invite(world, minutes=30)
    add_entry(world, training_id=training.id)
    assert "training_note" not in world.next_contact("lin").blocks
    assert world.all(Prompt)[0].state == "dropped"


def test_an_entry_of_hers_about_it_by_somebody_else_does_not_count(world: World) -> None:
    training = invite(world, minutes=30)
    add_entry(world, who="zhou", training_id=training.id, to_group=True)
    assert "training_note" in world.next_contact("lin").blocks


@pytest.mark.parametrize(
    ("days_ago", "named", "count"),
    [(0, False, 1), (1, False, 1), (2, False, 0), (0, True, 0)],
    ids=["just over", "yesterday", "two days ago is too late", "named by herself"],
)
def test_invitations_are_made_while_it_is_fresh(world: World, days_ago: int, named: bool, count: int) -> None:
    now = world.clock.now()
    training = Training(title="X", starts_at=now, ends_at=now - timedelta(days=days_ago))
    training.named_by = world.id["lin"] if named else None
    assert len(training_note_prompts(training, [world.id["lin"]], now)) == count


def test_planning_twice_makes_the_same_keys(world: World) -> None:
    training = add_training(world, minutes=5)
    twice = [training_note_prompts(training, [world.id["lin"], world.id["zhou"]], world.clock.now()) for _ in range(2)]
    assert [prompt.key for prompt in twice[0]] == [prompt.key for prompt in twice[1]]
    assert len({prompt.key for prompt in twice[0]}) == 2


# Which training


def attach(world: World, talk: Talk) -> None:
    add_entry(world)
    talk("/mine")
    talk.tap("read")
    talk.tap("other")
    talk.tap("归到培训", asks="training")


def test_a_training_is_chosen_from_the_list(world: World, talk: Talk) -> None:
    training = add_training(world, days=6)
    attach(world, talk)
    talk.tap("t0", says="attached")
    assert entry_now(world).training_id == training.id
    talk.tap("detach", says="detached")
    assert entry_now(world).training_id is None


@pytest.mark.parametrize("words", ["9月9日", "9号那场", "其实是9号那场的", "9日的培训", "昨天"])
def test_a_wrong_day_is_answered_with_the_nearest_real_training(world: World, talk: Talk, words: str) -> None:
    training = add_training(world, title="课堂评价工作坊", days=6)  # 10 September
    attach(world, talk)
    talk(words, says="none_that_day")
    talk.tap("o0", says="attached")
    assert entry_now(world).training_id == training.id


@pytest.mark.parametrize("words", ["9月10日", "10号那场", "评价工作坊", "《课堂评价工作坊》"])
def test_the_right_day_or_a_part_of_the_title_is_enough(world: World, talk: Talk, words: str) -> None:
    training = add_training(world, title="课堂评价工作坊", days=6)
    attach(world, talk)
    talk(words, says="attached")
    assert entry_now(world).training_id == training.id


def test_several_that_look_alike_are_asked_about(world: World, talk: Talk) -> None:
    add_training(world, title="阅读教学一", days=6)
    second = add_training(world, title="阅读教学二", days=8)
    attach(world, talk)
    talk("阅读教学", says="several_alike")
    talk.tap("o1", says="attached")
    assert entry_now(world).training_id == second.id


def test_a_training_of_her_own_naming_is_hers_alone(world: World, talk: Talk) -> None:
    attach(world, talk)
    talk("区里的读书会", asks="held_on")
    talk.tap("yesterday", says="attached")
    (training,) = world.all(Training)
    assert training.named_by == world.id["lin"] and training.title == "区里的读书会"
    assert [row.person_id for row in world.all(Attendance)] == [world.id["lin"]]
    assert entry_now(world).training_id == training.id


def test_a_day_when_no_training_is_known_asks_for_a_title(world: World, talk: Talk) -> None:
    attach(world, talk)
    talk("9号", says="no_trainings_yet")
    talk("区里的读书会", asks="held_on")
    talk("前天", says="attached")
    assert world.all(Training)[0].starts_at.date().isoformat() == "2026-09-14"


@pytest.mark.parametrize("language", ["zh_Hant", "en"])
def test_notes_speak_her_language(world: World, talk: Talk, language: str) -> None:
    world.change("lin", language=language)
    training = invite(world, minutes=30)
    world.next_contact("lin")
    card = world.last["lin"]
    for option in ("tomorrow", "tomorrow", "not_this"):
        world.last["lin"] = card
        talk.tap(option)
    world.last["lin"] = card
    talk.tap("open", asks="pieces")
    talk.photo(kind="voice")
    assert training.title in talk.tap("done", says="saved").text
    talk.tap("read", says="entry")
    talk.tap("other")
    talk.tap("open", asks="pieces")
    talk("x")
    talk.tap("done", says="added")
    talk.tap("read")
    talk.tap("other")
    world.taps("lin", world.last["lin"].labels[1])
    talk("2026-09-09", says="none_that_day")
    talk("A book club", asks="held_on")
    talk.tap("today", says="attached")
    talk.tap("detach", says="detached")


def test_a_very_long_note_is_kept_whole(world: World, talk: Talk) -> None:
    words = "板书设计与提问。" * 12_000
    talk(words, says="received")
    assert words_of(entry_now(world).parts) == words
    talk.tap("read", says="entry")


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("9月16日", "2026-09-16"),
        ("12月1日", "2025-12-01"),
        ("30号", "2026-08-30"),
        ("31号", "2026-08-31"),
        ("周五", "2026-09-11"),
        ("星期日", "2026-09-13"),
    ],
    ids=["today", "last December", "the 30th of last month", "the 31st of last month", "last Friday", "last Sunday"],
)
def test_a_day_without_a_year_is_the_last_such_day(world: World, talk: Talk, words: str, day: str) -> None:
    attach(world, talk)
    talk("区里的读书会", asks="held_on")
    talk(words, says="attached")
    local = world.all(Training)[0].starts_at + timedelta(hours=8)
    assert local.date().isoformat() == day


def test_a_day_that_cannot_be_read_is_asked_again(world: World, talk: Talk) -> None:
    attach(world, talk)
    talk("区里的读书会", asks="held_on")
    talk("9月31日", says="no_such_day")
    talk("随便哪天", says="not_a_day")
    talk("明天", says="not_over_yet")
    talk("下周三", says="not_over_yet")
    talk("2027年1月1日", says="not_over_yet")


def test_two_trainings_of_one_day_are_asked_about(world: World, talk: Talk) -> None:
    add_training(world, title="上午的", days=6, hours=2)
    afternoon = add_training(world, title="下午的", days=6)
    attach(world, talk)
    talk("9月10日", says="several_alike")
    talk.tap("下午的" if "下午的" in world.last["lin"].labels else "o0", says="attached")
    assert entry_now(world).training_id == afternoon.id


def test_a_title_of_a_whole_page_is_too_long(world: World, talk: Talk) -> None:
    attach(world, talk)
    talk("区里的读书会" * 30, says="too_long")
    talk("「」", says="words_please")
    talk("9月31日", says="no_such_day")


def test_naming_the_same_training_twice_makes_one(world: World, talk: Talk) -> None:
    for _ in range(2):
        add_entry(world, written_at=world.clock.advance(seconds=1))
        talk("/mine")
        talk.tap("read")
        talk.tap("other")
        talk.tap("归到培训", asks="training")
        talk("《2026区读书会》", says="attached") if world.all(Training) else talk("2026区读书会", asks="held_on")
        if len(world.all(Entry)) == 1:
            talk.tap("today", says="attached")
    assert len(world.all(Training)) == len(world.all(Attendance)) == 1
    assert len({entry.training_id for entry in world.all(Entry)}) == 1


def test_the_taps_about_trainings_check_whose_they_are(world: World) -> None:
    entry = add_entry(world, who="zhou", to_group=True)
    training = add_training(world, who="zhou", hours=1)
    taps = [(attach_entry.conversation, "recent", entry.id), (attach_entry.conversation, "detach", entry.id)]
    taps += [(note.conversation, "tomorrow", training.id), (note.conversation, "not_this", training.id)]
    for conversation, name, row in taps:
        with world.store.writing() as session:
            lin = session.get_one(Person, world.id["lin"])
            outcome = conversation.taps[name](session, lin, row, world.clock.now())
        assert [say.block for say in outcome.say] == ["gone"]
    assert entry_now(world).training_id is None and world.all(Prompt) == []


def test_nothing_opens_about_an_entry_or_training_of_somebody_else(world: World) -> None:
    entry = add_entry(world, who="zhou", to_group=True)
    training = add_training(world, who="zhou", hours=1)
    with world.store.reading() as session:
        for about, opening in ((entry.id, attach_entry.facts), (training.id, note.facts)):
            with pytest.raises(Refused):
                opening(session, world.person("lin"), world.clock.now(), about, "")


def test_an_entry_deleted_meanwhile_is_not_attached(world: World, talk: Talk) -> None:
    add_training(world, days=6)
    attach(world, talk)
    with world.store.writing() as session:
        session.get_one(Entry, entry_now(world).id).removed_at = world.clock.now()
    talk.tap("t0", says="gone")
