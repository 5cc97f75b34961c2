"""What was shared and taken back again is no longer shown, not even in a talk that was opened while it was shared."""

import pytest

from bot.buttons import OPEN
from bot.channels import Message
from models import Conversation, Entry
from models.erasure import erase
from tests.handlers.pressing import presses
from tests.world import Talk, World

WORDS = "小组里没人说话"


@pytest.fixture
def entry(world: World) -> Entry:
    """An entry that 林晓 shared with her supervisor a minute ago."""
    now = world.clock.now()
    made = Entry(kind="jotting", person_id=world.id["lin"], parts={"pieces": [{"text": WORDS}]}, written_at=now)
    made.share_with(["supervisor"])
    made.shared_at = now
    world.add(made)
    world.clock.advance(minutes=1)
    return made


def take_back(world: World, entry: Entry) -> None:
    """Make it private again, as 林晓 does in the chat."""
    data = world.house.signer.data("fake:lin", OPEN, entry.id, "share_entry", "open")
    world.sends("lin", Message("button", "lin", button=data))
    Talk(world)("仅自己", says="private")


def test_a_question_that_was_begun_shows_the_words_no_longer(world: World, entry: Entry) -> None:
    wang = Talk(world, "wang")
    assert WORDS in wang("问询", asks="words").text
    take_back(world, entry)
    for words in ("什么？？？", "帮助", "后来怎样了", "明天", "一有就给我", "上一步"):
        heard = wang(words)
        assert WORDS not in heard.text + "".join(label for one in heard.bubbles["wang"] for label in one.labels)
    assert "gone" in [*wang("一有就给我").blocks, *wang("就这样问").blocks]


def test_a_reply_that_was_begun_shows_the_words_no_longer(world: World, entry: Entry) -> None:
    wang = Talk(world, "wang")
    assert WORDS in presses(world, "wang", "respond", "ask", entry.id).text
    take_back(world, entry)
    assert WORDS not in wang("帮助").text
    assert WORDS not in wang("为什么呢").text
    wang("发", says="gone")


def test_a_talk_keeps_no_copy_of_what_somebody_shared(world: World, entry: Entry) -> None:
    Talk(world, "wang")("问询", asks="words")
    presses(world, "wang", "respond", "ask", entry.id)
    assert not [talk for talk in world.all(Conversation) if WORDS in str(talk.facts)]
    with world.store.writing() as session:
        erase(session, session.merge(world.person("lin")), world.clock.now())
    assert not [talk for talk in world.all(Conversation) if WORDS in str(talk.model_dump())]
