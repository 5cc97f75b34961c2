"""其实我一直在做: a late return in free words opens the follow-up of what was put away, and the row is marked 补记."""

import pytest

from models import CheckIn, Conversation, Entry
from models.actions import put_away_actions
from tests.handlers.test_follow_up import state_of, the_row, trying
from tests.world import Talk, World

SAID = {
    "zh_Hans": (
        "其实我一直在做", "其实那个我一直在做。", "其实我做了", "上次那个行动我做了", "上次的行动我试过了", "那个我还在用呢",
        "之前定的行动,我其实一直在试", "收起来的那个我又做了",
    ),
    "zh_Hant": ("其實我一直在做", "其實那個我一直在做", "上次那個行動我做了", "上回的我試過了"),
    "en": (
        "Actually I have been doing it", "actually, I’ve been trying it all along", "Actually I did it",
        "I did it after all", "That last action, I did it", "I have tried the last action",
    ),
}  # fmt: skip
EVERY = [(language, words) for language, said in SAID.items() for words in said]
NOTES = (
    "其实我一直在做教研组的工作，挺累的",
    "上次那节课的板书我还没收",
    "他做了",
    "我做了三个教具",
    "Actually I have been doing a lot of marking",
    "I did it with the whole class today",
)


@pytest.mark.parametrize(("language", "words"), EVERY)
def test_what_silence_closed_is_taken_up_again(world: World, talk: Talk, language: str, words: str) -> None:
    world.change("lin", language=language)
    action = trying(world, state="resting")
    heard = talk(words, asks="late_row")
    assert "先默看评价单30秒" in heard.text  # it is said which one is meant
    talk.tap("yes", asks="effect")
    talk.tap("skip", asks="keep_on")
    talk.tap("close", says="written")
    assert the_row(world).is_late and the_row(world).result == "done"
    assert state_of(world, action) == ("ended", "done")
    assert world.all(Entry) == []


def test_what_she_put_away_herself_is_open_again_when_it_goes_on(world: World, talk: Talk) -> None:
    action = trying(world, state="ended", ending="let_go", ended_at=world.clock.now())
    talk("其实我一直在做", asks="late_row")
    talk("补一行", asks="effect")
    talk("孩子们开口了", asks="keep_on")
    talk("再试两周", says="written")
    assert the_row(world).is_late and state_of(world, action) == ("open", None)
    assert world.all(type(action), id=action.id)[0].ended_at is None


def test_a_row_may_be_declined(world: World, talk: Talk) -> None:
    action = trying(world, state="ended", ending="let_go", ended_at=world.clock.now())
    talk("其实我一直在做", asks="late_row")
    talk("不用了", says="settled_now")
    assert world.all(CheckIn) == [] and state_of(world, action) == ("ended", "done")


def test_of_several_she_is_asked_which_one_the_last_first(world: World, talk: Talk) -> None:
    trying(world, deed="老的", state="resting")
    world.clock.advance(days=3)
    trying(world, deed="新的", state="ended", ending="let_go", ended_at=world.clock.now())
    trying(world, deed="问过没回的", touches=1)
    trying(world, deed="刚定下的")
    heard = talk("上次那个行动我做了", asks="which")
    assert [label for label in heard.bubbles["lin"][-1].labels if "的" in label] == ["新的", "老的", "问过没回的"]
    talk("老的", asks="late_row")


def test_one_that_is_still_tried_is_followed_up_as_usual(world: World, talk: Talk) -> None:
    trying(world)
    talk("其实我一直在做", asks="result")
    talk("做到了", asks="effect")


@pytest.mark.parametrize("ending", ["done", "partly", "not_suitable", "replaced"])
def test_what_was_finished_is_not_taken_up(world: World, talk: Talk, ending: str) -> None:
    trying(world, state="ended", ending=ending, ended_at=world.clock.now())
    talk("其实我一直在做！", says="none_open")
    [entry] = world.all(Entry)  # nothing typed is lost
    assert entry.parts["pieces"][0]["text"] == "其实我一直在做！"


@pytest.mark.parametrize("words", NOTES)
def test_a_note_stays_a_note(world: World, talk: Talk, words: str) -> None:
    trying(world, state="resting")
    talk(words)
    assert len(world.all(Entry)) == 1 and world.all(Conversation, state="open") == []


def test_in_the_middle_of_a_talk_it_is_an_answer(world: World, talk: Talk) -> None:
    trying(world, state="resting")
    talk("跟进", asks="result")
    talk("做到了", asks="late_row")
    talk.tap("yes", asks="effect")
    talk("其实我一直在做", asks="keep_on")
    talk.tap("close", says="written")
    assert the_row(world).effect == "其实我一直在做"


def test_it_is_her_own_that_is_taken_up(world: World) -> None:
    trying(world, who="zhou", state="resting")
    Talk(world, "lin")("其实我一直在做", says="none_open")
    with world.store.reading() as session:
        assert put_away_actions(session, world.id["lin"]) == []
        assert len(put_away_actions(session, world.id["zhou"])) == 1
