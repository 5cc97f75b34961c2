"""The form after a lesson: private until sent, answered, turned into an action; voice as well as words."""

from datetime import UTC, date, datetime

import pytest

from models import Attachment, Observation, Prompt
from models.observations import enclosures, feedback_of
from tests.world import Talk, World

LESSON = datetime(2026, 9, 16, 0, 20, tzinfo=UTC)  # this morning, lesson 1
WORDS = "小宇站起来补充了一句"


@pytest.fixture
def seen(world: World) -> Observation:
    """A lesson of 林晓 that 陈静安 observed this morning."""
    observation = Observation(
        person_id=world.id["chen"], observer_id=world.id["chen"], teacher_id=world.id["lin"], day=date(2026, 9, 16),
        period=1, starts_at=LESSON, ends_at=LESSON.replace(hour=1, minute=0), focus="提问后等几秒", state="agreed",
        made_at=LESSON,
    )  # fmt: skip
    world.add(observation)
    return observation


@pytest.fixture
def chen(world: World) -> Talk:
    return Talk(world, "chen")


def give(world: World, who: str, verb: str, row: object, handler: str, option: str, label: str) -> None:
    """Put a button below somebody's last message, as if it stood on an earlier card of hers."""
    if who not in world.last:
        world.says(who, "早上好")
    voice = world.house.voice(world.address(who), "zh_Hans")
    world.last[who].buttons.append(voice.button(verb, row, handler, option, label))  # type: ignore[arg-type]


def open_form(world: World, chen: Talk, seen: Observation) -> None:
    give(world, "chen", "o", seen.id, "feedback", "open", "form")
    chen.tap("form", asks="strength")


def fill(world: World, chen: Talk, seen: Observation) -> None:
    open_form(world, chen, seen)
    chen(WORDS, asks="watched")
    chen("大多不到两秒", asks="suggestion")
    chen("心里数三下再点名", asks="send")


def stored(world: World) -> Observation:
    found: Observation = world.all(Observation)[0]
    return found


def test_three_sentences_and_send(world: World, chen: Talk, seen: Observation) -> None:
    fill(world, chen, seen)
    chen.tap("send", says="sent")
    assert (stored(world).feedback, stored(world).state) == ("sent", "held")
    card = world.advance(hours=1)
    assert "feedback_came" in card.blocks
    assert all(words in card.to("lin") for words in (WORDS, "大多不到两秒", "心里数三下再点名"))


def test_nothing_leaves_before_it_is_sent(world: World, chen: Talk, seen: Observation) -> None:
    fill(world, chen, seen)
    assert world.advance(hours=2).bubbles == {}
    with world.store.reading() as session:
        assert feedback_of(session, world.id["lin"], seen.id) is None


def test_kept_for_herself_is_read_by_nobody_else_until_sent(world: World, chen: Talk, seen: Observation) -> None:
    fill(world, chen, seen)
    chen.tap("keep", says="kept_mine")
    assert stored(world).feedback == "kept"
    with world.store.reading() as session:
        assert feedback_of(session, world.id["lin"], seen.id) is None
        assert feedback_of(session, world.id["chen"], seen.id) is not None
        assert feedback_of(session, world.id["wang"], seen.id) is None
    give(world, "lin", "c", seen.id, "feedback", "read_again", "try to read")
    assert WORDS not in Talk(world, "lin").tap("try to read", says="gone").text
    chen.tap("send", says="sent")
    assert WORDS in world.advance(hours=1).to("lin")


def test_a_part_can_be_changed_in_the_preview(world: World, chen: Talk, seen: Observation) -> None:
    fill(world, chen, seen)
    chen.tap("revise", says="which_to_revise")
    chen("小建议", asks="suggestion")
    chen("先停两秒", asks="send")
    chen.tap("send", says="sent")
    assert stored(world).suggestion == "先停两秒"


def test_two_of_three_may_be_skipped(world: World, chen: Talk, seen: Observation) -> None:
    open_form(world, chen, seen)
    chen(WORDS, asks="watched")
    chen("跳过", asks="suggestion")
    chen.tap("skip", asks="send")
    chen.tap("send", says="sent")
    card = world.advance(hours=1)
    assert "做成我的行动" not in card.bubbles["lin"][0].labels
    assert (stored(world).watched, stored(world).suggestion) == ("", "")


def test_a_recording_is_kept_and_a_line_is_asked_for(world: World, chen: Talk, seen: Observation) -> None:
    open_form(world, chen, seen)
    chen.photo(kind="voice", asks="strength_words")
    chen("小宇站起来了", asks="watched")
    chen.photo(kind="voice", asks="watched_words")
    chen("跳过", asks="suggestion")
    chen("数三下", asks="send")
    chen.tap("send", says="sent")
    assert stored(world).strength == "小宇站起来了" and stored(world).watched == ""
    assert [a.observation_id for a in world.all(Attachment)] == [seen.id, seen.id]
    with world.store.reading() as session:
        readers = {who for who, id in world.id.items() if len(enclosures(session, id, seen.id)) == 2}
        assert readers == {"lin", "chen"}
    card = world.advance(hours=1)
    assert [bubble.form["kind"] if bubble.form else None for bubble in card.bubbles["lin"]] == [
        None, "enclosure", "enclosure",
    ]  # fmt: skip
    assert {bubble.form["row"] for bubble in card.bubbles["lin"][1:]} == {str(a.id) for a in world.all(Attachment)}


def test_a_recording_stays_with_her_until_the_feedback_is_sent(world: World, chen: Talk, seen: Observation) -> None:
    open_form(world, chen, seen)
    chen.photo(kind="voice", asks="strength_words")
    chen("跳过", asks="watched")
    chen("跳过", asks="suggestion")
    chen("跳过", asks="send")
    chen.tap("keep", says="kept_mine")
    with world.store.reading() as session:
        assert enclosures(session, world.id["lin"], seen.id) == []
        assert len(enclosures(session, world.id["chen"], seen.id)) == 1
    chen.tap("send", says="sent")
    card = world.advance(hours=1)
    assert card.bubbles["lin"][1].form and card.blocks.count("enclosed") == 1
    give(world, "lin", "c", seen.id, "feedback", "read_again", "read it again")
    again = Talk(world, "lin").tap("read it again", says="once_more")
    assert again.bubbles["lin"][1].form["person_id"] == str(world.id["lin"])


@pytest.mark.parametrize("language", ["zh_Hans", "zh_Hant", "en"])
def test_recordings_and_pictures_are_counted_on_the_card(
    world: World, chen: Talk, seen: Observation, language: str
) -> None:
    world.change("lin", language=language)
    open_form(world, chen, seen)
    chen.photo(kind="voice", asks="strength_words")
    chen("小宇站起来了", asks="watched")
    chen.photo("板书", asks="suggestion")
    chen("跳过", asks="send")
    chen.tap("send", says="sent")
    bubbles = world.advance(hours=1).bubbles["lin"]
    assert "2" in bubbles[0].text and [bubble.text[-3:] for bubble in bubbles[1:]] == ["1/2", "2/2"]


def test_put_aside_and_taken_up_again(world: World, chen: Talk, seen: Observation) -> None:
    open_form(world, chen, seen)
    chen(WORDS, asks="watched")
    chen("先放着", says="put_aside")
    assert world.advance(days=2).bubbles == {}
    assert stored(world).strength == ""


def test_back_shows_what_was_written(chen: Talk, world: World, seen: Observation) -> None:
    open_form(world, chen, seen)
    chen(WORDS, asks="watched")
    assert WORDS in chen("上一步", asks="strength").text
    chen("不改了", asks="watched")


def test_the_teacher_answers_and_the_observer_reads_it(world: World, chen: Talk, seen: Observation, talk: Talk) -> None:
    fill(world, chen, seen)
    chen.tap("send", says="sent")
    world.advance(hours=1)
    talk.tap("回一句", asks="words")
    talk("下节课就试", asks="send")
    talk.tap("send", says="answer_sent")
    assert "下节课就试" in world.advance(hours=1).to("chen")
    give(world, "lin", "o", seen.id, "feedback_answer", "open", "again")
    talk.tap("again", says="answered_before")


def test_an_answer_thought_better_of_is_not_sent(world: World, chen: Talk, seen: Observation, talk: Talk) -> None:
    fill(world, chen, seen)
    chen.tap("send", says="sent")
    world.advance(hours=1)
    talk.tap("回一句", asks="words")
    talk("算了吧我再想想", asks="send")
    talk.tap("drop", says="not_sent")
    assert world.advance(hours=1).bubbles == {} and stored(world).answer == ""


def test_the_suggestion_can_become_an_action(world: World, chen: Talk, seen: Observation, talk: Talk) -> None:
    fill(world, chen, seen)
    chen.tap("send", says="sent")
    card = world.advance(hours=1)
    assert "做成我的行动" in card.bubbles["lin"][0].labels
    talk.tap("知道了", says="nodded")


@pytest.mark.parametrize("who", ["lin", "wang", "zhou"])
def test_only_the_observer_may_write_it(world: World, seen: Observation, who: str) -> None:
    give(world, who, "o", seen.id, "feedback", "open", "form")
    Talk(world, who).tap("form", says="gone")
    give(world, who, "c", seen.id, "feedback", "send", "send it")
    Talk(world, who).tap("send it", says="gone")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"state": "cancelled"}, "not_to_write"),
        ({"feedback": "sent"}, "sent_before"),
        ({"starts_at": datetime(2026, 9, 20, tzinfo=UTC)}, "not_yet"),
    ],
)
def test_there_is_a_time_to_write(
    world: World, chen: Talk, seen: Observation, change: dict[str, object], reason: str
) -> None:
    with world.store.writing() as session:
        for name, value in change.items():
            setattr(session.get_one(Observation, seen.id), name, value)
    give(world, "chen", "o", seen.id, "feedback", "open", "form")
    chen.tap("form", says=reason)


def test_writing_ends_the_reminder_to_write(world: World, chen: Talk, seen: Observation) -> None:
    world.add(
        Prompt(
            key="x",
            person_id=world.id["chen"],
            kind="observation_feedback",
            about_id=seen.id,
            facts={"version": 1},
            due_at=world.clock.now(),
            made_at=world.clock.now(),
        )
    )
    fill(world, chen, seen)
    chen.tap("keep", says="kept_mine")
    world.change("chen", weekly_budget=3)
    assert world.advance(hours=1).bubbles == {}
