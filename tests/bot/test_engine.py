"""Turns: whole, in order, and a bad one stands alone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import structlog
from sqlmodel import Session

from bot import inbox
from bot.channels import Envelope, File, Message
from bot.conversation import Capture, Outcome, Say
from bot.engine import Engine
from handlers import HANDLERS
from models import Attachment, Conversation, Entry, Inbound, Outbound, Person, inbound
from models.store import Store
from tests.world import START, Talk, World, as_body, parse


def arrive(world: World, *messages: Message, first: int = 1000) -> None:
    """Put messages into the inbox without playing them."""
    with world.store.writing() as session:
        bodies = [Envelope(str(first + n), m.address, as_body(m)) for n, m in enumerate(messages)]
        inbox.keep(session, "fake", bodies, world.clock.now())


def words(who: str, text: str, id: str = "m") -> Message:
    return Message("text", who, message_id=id, text=text)


def play_all(world: World) -> None:
    while world.engine.take_batch():
        pass


def test_waiting_turns_are_committed_once_and_in_order(world: World) -> None:
    world.engine._careful = 0
    texts = [f"第{n}句" for n in range(100)]
    arrive(world, *(words("lin", text, f"m{n}") for n, text in enumerate(texts)))
    assert world.engine.take_batch() == 64
    assert world.engine.take_batch() == 36
    assert world.engine.take_batch() == 0
    pieces = [piece["text"] for entry in world.all(Entry) for piece in entry.parts["pieces"]]
    assert pieces == texts


def test_what_was_done_is_not_played_again_by_a_second_engine(world: World) -> None:
    world.says("lin", "写反思")
    again = Engine(world.store, world.house, {"fake": parse}, world.clock.now)
    assert again.take_batch() == 0


def test_what_means_nothing_to_us_is_settled_without_a_word(world: World) -> None:
    assert world.sends("lin", Message("nothing", "lin")).bubbles == {}
    assert [row.state for row in world.all(Inbound)] == ["done"]


def test_a_redelivered_update_says_nothing(world: World) -> None:
    world.sends("lin", words("lin", "写反思"), platform_id="77")
    before = len(world.all(Outbound))
    world.sends("lin", words("lin", "写反思"), platform_id="77")
    assert len(world.all(Outbound)) == before


def test_an_unreadable_update_is_set_aside_and_the_others_go_on(world: World) -> None:
    world.engine.faults_expected = True
    arrive(world, words("lin", "第一句", "a"), Message("poison", "lin"), words("chen", "第二句", "b"))
    play_all(world)
    states = [(row.state, row.attempts) for row in world.all(Inbound)]
    assert [state for state, _ in states] == ["done", "aside", "done"]
    assert states[1][1] == inbox.TRIES
    assert len(world.all(Entry)) == 2


def test_whoever_sent_it_gets_one_calm_sentence(world: World) -> None:
    world.engine.faults_expected = True
    arrive(world, Message("poison", "lin"))
    play_all(world)
    heard = world._heard("lin")
    assert len(heard.bubbles["lin"]) == 1


def test_nobody_is_written_to_who_never_spoke_to_us(world: World) -> None:
    world.engine.faults_expected = True
    arrive(world, Message("poison", "nobody"))
    play_all(world)
    assert [row.state for row in world.all(Inbound)] == ["aside"]
    assert world.all(Outbound) == []


def test_what_is_set_aside_keeps_where_it_failed_and_not_what_it_said(world: World) -> None:
    world.engine.faults_expected = True
    arrive(world, Message("poison", "lin", text="小宇今天哭了"))
    play_all(world)
    row = world.all(Inbound)[0]
    assert row.error is not None
    assert "TypeError" in row.error
    assert "小宇" not in row.error


class Broken(Exception):
    """A fault of ours, made by a test."""


def broken_capture(fails: Callable[[str], bool]) -> Capture:
    """Keep nothing, and fail on some words after having written a row."""

    def take(session: Session, person: Person, said: Any, sent_at: Any, now: Any) -> Outcome:
        session.add(Entry(kind="jotting", person_id=person.id, parts={"text": said.text}, written_at=now))
        session.flush()
        if fails(said.text):
            raise Broken(said.text)
        return Outcome(say=[Say("gone")])

    return Capture("jotting", take, lambda *_: None)


@pytest.fixture
def brittle(store: Store) -> World:
    """A school whose notes fail on the word 坏."""
    others = [handler for handler in HANDLERS if not isinstance(handler, Capture)]
    made = World(store, [*others, broken_capture(lambda text: "坏" in text)]).found()
    made.engine.faults_expected = True
    return made


@pytest.mark.parametrize("careful", [0, 64], ids=["in a batch", "after a start"])
def test_a_failing_turn_leaves_nothing_behind_and_stops_nobody(brittle: World, careful: int) -> None:
    brittle.engine._careful = careful
    arrive(
        brittle,
        words("lin", "好一", "a"),
        words("chen", "坏", "b"),
        words("wang", "好二", "c"),
        words("lin", "好三", "d"),
    )
    play_all(brittle)
    assert [row.state for row in brittle.all(Inbound)] == ["done", "aside", "done", "done"]
    assert [entry.parts["text"] for entry in brittle.all(Entry)] == ["好一", "好二", "好三"]


def ends_processes(world: World, times: int) -> None:
    """Let the first update be in play while so many processes end."""
    with world.store.writing() as session:
        inbound.change_inbound(session, [1], {"attempts": times})


def test_an_update_that_three_processes_did_not_survive_is_set_aside(brittle: World) -> None:
    arrive(brittle, words("lin", "好", "a"))
    ends_processes(brittle, inbox.TRIES)
    brittle.clock.advance(minutes=1)
    play_all(brittle)
    assert brittle.all(Inbound)[0].state == "aside"
    assert brittle.all(Entry) == []


def test_one_that_two_did_not_survive_waits_until_all_is_calm_and_lets_others_go_first(brittle: World) -> None:
    arrive(brittle, words("lin", "好一", "a"), words("lin", "好二", "b"), words("chen", "好三", "c"))
    ends_processes(brittle, inbox.TRIES - 1)
    play_all(brittle)
    assert [entry.parts["text"] for entry in brittle.all(Entry)] == ["好三"]
    brittle.clock.advance(minutes=1)
    play_all(brittle)
    assert [entry.parts["text"] for entry in brittle.all(Entry)] == ["好三", "好一", "好二"]


def test_a_try_is_counted_once_in_the_life_of_a_process(brittle: World) -> None:
    arrive(brittle, words("lin", "好", "a"))
    brittle.engine._play_alone = lambda row: None  # type: ignore[method-assign]
    for _ in range(5):
        brittle.engine.take_batch()
    assert brittle.all(Inbound)[0].attempts == 1


def test_the_log_of_a_failing_turn_holds_no_words(brittle: World) -> None:
    with structlog.testing.capture_logs() as logged:
        arrive(brittle, words("lin", "坏消息：小宇今天哭了", "a"))
        play_all(brittle)
    assert logged
    assert "小宇" not in repr(logged)


def test_a_block_stops_prompts_and_a_word_brings_her_back(world: World) -> None:
    world.sends("lin", Message("blocked", "lin"))
    assert world.person("lin").unreachable_since == START
    world.clock.advance(days=1)
    world.says("lin", "我回来了")
    assert world.person("lin").unreachable_since is None


def test_a_forged_button_does_nothing(world: World) -> None:
    heard = world.sends("lin", Message("button", "lin", button="1.a.AAAAAAAAAAAAAAAAAAAAAA.abcd.yes.0123456789"))
    assert heard.blocks == ["not_yours"]


def test_another_persons_button_does_nothing(world: World) -> None:
    world.says("lin", "写反思")
    data = world.button("lin", "later")
    heard = world.sends("chen", Message("button", "chen", button=data))
    assert heard.blocks == ["not_yours"]
    assert [row.state for row in world.all(Conversation)] == ["open"]


def test_an_old_card_shows_where_we_are(world: World, talk: Talk) -> None:
    talk("写反思")
    old = world.button("lin", "later")
    talk("取消")
    world.clock.advance(days=30)
    talk("行动")
    heard = world.sends("lin", Message("button", "lin", button=old))
    assert heard.blocks[0] == "old_card_live"
    assert len(heard.bubbles["lin"]) == 1


def test_a_second_subject_keeps_the_first(world: World, talk: Talk) -> None:
    talk("写反思")
    talk("别的")
    talk("周三的观潮")
    heard = talk("行动")
    assert "kept_aside" in heard.blocks
    states = {row.name: row.state for row in world.all(Conversation)}
    assert states["reflection"] == "aside"
    assert states["action"] == "open"


def test_one_put_aside_is_remembered_when_another_of_its_kind_is_opened(world: World, talk: Talk) -> None:
    talk("写反思")
    talk("先放着")
    assert "kept_earlier" not in talk("写反思", asks="about").blocks  # nothing was said there
    talk("别的")
    talk("周三的观潮")
    talk("先放着")
    world.clock.advance(days=9)
    heard = talk("写反思", asks="about")
    assert "kept_earlier" in heard.blocks and len(heard.bubbles["lin"]) == 1
    assert "kept_earlier" not in talk("行动", asks="wish").blocks


def test_after_the_second_subject_the_first_is_offered_again(world: World, talk: Talk) -> None:
    talk("写反思")
    talk("别的")
    talk("周三的观潮")
    talk("行动")
    heard = talk("取消", says="back_to_it")
    assert "resume" in [option for bubble in heard.bubbles["lin"] for option in bubble.options]
    talk.tap("resume", says="resumed")


def test_an_unknown_command_is_answered_and_the_question_stays(world: World, talk: Talk) -> None:
    asked = talk("写反思")
    question = asked.blocks[-1]
    talk("/nonsense", says="unknown_command", asks=question)


def test_an_empty_message_is_met_kindly(world: World, talk: Talk) -> None:
    talk("\u200b\u202e  ".replace("\u200b", ""), says="empty_text")


def test_a_sticker_is_answered_once_a_day(world: World) -> None:
    sticker = Message("oddity", "lin", oddity="sticker")
    assert world.sends("lin", sticker).blocks == ["oddity"]
    assert world.sends("lin", sticker).blocks == []
    world.clock.advance(hours=21)
    assert world.sends("lin", sticker).blocks == ["oddity"]


def test_a_file_over_the_limit_is_refused_and_the_words_are_kept(world: World) -> None:
    big, small = File("photo", "big", size=30_000_000), File("photo", "small", size=1000)
    heard = world.sends("lin", Message("files", "lin", text="板书两张", files=(big, small)))
    assert "too_big" in heard.blocks
    assert sorted(row.state for row in world.all(Attachment)) == ["refused", "wanted"]
    assert len(world.all(Entry)) == 1


def test_a_very_long_text_is_kept_whole(world: World, talk: Talk) -> None:
    text = "今天的课堂上发生了很多事。" * 7000
    talk(text)
    assert world.all(Entry)[0].parts["pieces"][0]["text"] == text


def test_markup_is_shown_as_typed(world: World, talk: Talk) -> None:
    talk("写反思")
    talk("别的")
    talk("<b>观潮</b> & *记*")
    heard = talk("上一步")
    assert "<b>观潮</b> & *记*" in heard.text
    assert "&lt;b&gt;" in heard.bubbles["lin"][-1].html


def test_a_conversation_goes_on_after_a_restart_days_later(world: World, talk: Talk) -> None:
    asked = talk("写反思").blocks[-1]
    world.engine = type(world.engine)(world.store, world.house, {"fake": parse}, world.clock.now)
    world.clock.advance(days=9)
    talk("帮助", says="step_help", asks=asked)


def test_a_draft_is_forgotten_after_thirty_days(world: World, talk: Talk) -> None:
    from models.conversations import forget_conversations

    talk("写反思")
    talk("别的")
    talk("周三的观潮")
    talk("取消", says="cancelled")
    for days, left in ((29, 1), (31, 0)):
        with world.store.writing() as session:
            forget_conversations(session, START + timedelta(days=days))
        assert len(world.all(Conversation)) == left


def test_a_dropped_draft_loses_its_words_at_once(world: World, talk: Talk) -> None:
    talk("写反思")
    talk("别的")
    talk("周三的观潮")
    talk("取消")
    talk.tap("drop", says="draft_dropped")
    assert world.all(Conversation)[0].answers == {}


def test_a_stranger_is_asked_for_a_code(world: World) -> None:
    heard = world.says("nobody", "写反思")
    assert "please_join" in heard.blocks
    assert world.all(Entry) == []


@pytest.mark.parametrize("typed", ["看看这条", "３", "③"])
def test_a_cards_button_can_be_typed(world: World, talk: Talk, typed: str) -> None:
    heard = talk("今天的课很顺")
    assert heard.bubbles["lin"][-1].labels[2] == "看看这条"
    read = talk(typed)
    assert "今天的课很顺" in read.text
    assert len(world.all(Entry)) == 1


def test_words_that_only_begin_like_a_button_are_a_note(world: World, talk: Talk) -> None:
    talk("今天的课很顺")
    world.clock.advance(minutes=5)
    talk("看看这条小河里有多少鱼")
    assert len(world.all(Entry)) == 2


def test_a_stray_question_that_is_never_answered_for_becomes_a_note(world: World, talk: Talk) -> None:
    talk("写反思")
    talk("别的")
    talk("周三的观潮")
    talk("明天几点开会？", says="stray")
    talk("小组汇报时他站起来补充了一句，大家都很惊讶", says="did")
    assert [entry.parts["pieces"][0]["text"] for entry in world.all(Entry)] == ["明天几点开会？"]


def test_several_photos_of_one_note_are_answered_once(world: World, talk: Talk) -> None:
    talk("随手记")
    first, second = talk.photo("板书"), talk.photo()
    assert len(first.bubbles["lin"]) == 1
    assert second.bubbles == {}
    talk("好了")
    assert len(world.all(Attachment)) == 2


def test_words_behind_a_keyword_that_is_refused_are_kept(world: World) -> None:
    nobody = Talk(world, "he")  # the office has no pair and no group, so nobody to observe
    heard = nobody("听课 周五第1节")
    assert [entry.parts["pieces"][0]["text"] for entry in world.all(Entry)] == ["周五第1节"], heard.text
