"""Buttons of cards that outlived what they were about: a draft that is gone, an option that is no more."""

from uuid import UUID, uuid4

import pytest

from bot.buttons import CARD, OPEN, RUN
from bot.channels import Message
from models import Conversation, Entry
from tests.world import Heard, Talk, World


def press(world: World, verb: str, row: UUID | None, code: str, option: str, who: str = "lin") -> Heard:
    """Tap a button that we once sent, and that nobody forged."""
    data = world.house.signer.data(f"fake:{who}", verb, row, code, option)
    return world.sends(who, Message("button", who, button=data))


def draft(world: World, talk: Talk) -> UUID:
    """Begin a reflection and put it aside."""
    talk("写反思 观潮")
    talk("孩子们都在想，比上次安静")
    talk("先放着")
    return world.all(Conversation, name="reflection")[0].id


def change(world: World, id: UUID, **values: object) -> None:
    with world.store.writing() as session:
        row = session.get_one(Conversation, id)
        for name, value in values.items():
            setattr(row, name, value)


@pytest.mark.parametrize("option", ["resume", "drop"])
def test_a_draft_that_is_over_is_gone(world: World, talk: Talk, option: str) -> None:
    id = draft(world, talk)
    change(world, id, state="done", answers={})
    assert press(world, CARD, id, "engine", option).blocks == ["gone"]


@pytest.mark.parametrize("option", ["resume", "drop"])
def test_another_persons_draft_is_gone_as_well(world: World, talk: Talk, option: str) -> None:
    id = draft(world, talk)
    assert press(world, CARD, id, "engine", option, who="chen").blocks == ["gone"]
    assert world.all(Conversation, id=id)[0].state == "aside"


def test_resuming_what_is_open_already_asks_where_it_stands(world: World, talk: Talk) -> None:
    id = draft(world, talk)
    press(world, CARD, id, "engine", "resume")
    assert "resumed" in press(world, CARD, id, "engine", "resume").blocks
    assert [row.state for row in world.all(Conversation, name="reflection")] == ["open"]


def test_a_draft_without_a_single_answer_is_resumed_at_its_first_question(world: World, talk: Talk) -> None:
    id = draft(world, talk)
    change(world, id, answers={})
    heard = press(world, CARD, id, "engine", "resume")
    assert "resumed" in heard.blocks and "resumed_last" not in heard.blocks


def test_a_draft_whose_last_question_was_answered_is_finished_when_it_is_resumed(world: World, talk: Talk) -> None:
    talk("写反思 观潮")
    for words in ("孩子们都在想，比上次安静", "跳过", "跳过", "跳过", "跳过"):
        heard = talk(words)
    talk("先放着")
    row = world.all(Conversation, name="reflection")[0]
    assert heard.blocks[-1] == "audience"
    change(world, row.id, answers=row.answers | {"audience": "self"})
    press(world, CARD, row.id, "engine", "resume")
    assert len(world.all(Entry, kind="reflection")) == 1
    assert press(world, CARD, row.id, "engine", "resume").blocks == ["gone"]


@pytest.mark.parametrize(
    ("verb", "code", "option"),
    [
        pytest.param(CARD, "engine", "no_such_option", id="an option of ours that is no more"),
        pytest.param(CARD, "reflection", "no_such_option", id="an option of a conversation that is no more"),
        pytest.param(CARD, "no_such_handler", "read", id="a conversation that is no more"),
        pytest.param(RUN, "no_such_handler", "run", id="a command that is no more"),
        pytest.param(OPEN, "no_such_handler", "open", id="a conversation that cannot be opened any more"),
    ],
)
def test_what_an_older_version_offered_shows_where_we_are(
    world: World, talk: Talk, verb: str, code: str, option: str
) -> None:
    talk("写反思", asks="about")
    heard = press(world, verb, uuid4(), code, option)
    assert heard.blocks and heard.blocks[-1] == "about"
    assert "our_fault" not in heard.blocks


def test_a_stranger_who_blocks_us_is_noted_and_not_written_to(world: World) -> None:
    world.says("door", "你好")
    assert world.sends("door", Message("blocked", "door")).bubbles == {}
    assert world.sends("door", Message("unblocked", "door")).bubbles == {}
    assert world.says("door", "你好").blocks
