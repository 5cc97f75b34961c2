"""Taken back: what showed her words to somebody is unsaid where it can be, others keep theirs, and she is told how far."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot import inbox
from bot.channels import Message
from bot.errors import SendFailed
from bot.outbox import Outbox, Result, settle
from models import Action, CheckIn, Entry, Outbound, Quote, outbound
from models.quotes import Source
from tests.bot.taken_back import WORDS, ids_of, make_private, read_by, told
from tests.bot.test_outbox import channel, deliver, outbox, states  # noqa: F401  (fixtures)
from tests.fakes.channel import FakeChannel
from tests.handlers.pressing import opens, presses
from tests.handlers.test_respond import shared
from tests.world import Heard, Talk, World


@pytest.fixture
def entry(world: World) -> Entry:
    """What 林晓 shared with her supervisor."""
    return shared(world, "lin", ["supervisor"], WORDS)


def row_of(world: World) -> CheckIn:
    now, lin = world.clock.now(), world.id["lin"]
    action = Action(person_id=lin, deed="先说一句", made_at=now)
    row = CheckIn(
        action_id=action.id, person_id=lin, result="done", happened_on=now.date(), effect=WORDS, written_at=now,
        to_supervisor=True, shared_at=now,
    )  # fmt: skip
    world.add(action, row)
    return row


def action_of(world: World) -> Action:
    now = world.clock.now()
    made = Action(person_id=world.id["lin"], deed=WORDS, made_at=now, to_supervisor=True, shared_at=now)
    world.add(made)
    return made


def take_out_row(world: World, row: CheckIn) -> Heard:
    opens(world, "lin", "edit_record", row.id)
    return Talk(world).tap("remove", says="removed")


def leave(world: World, _item: Any) -> Heard:
    talk = Talk(world)
    talk("退出", asks="what")
    talk.tap("erase", asks="sure")
    return talk.tap("yes", says="erased")


def an_entry(world: World) -> Entry:
    return shared(world, "lin", ["supervisor"], WORDS)


WAYS: list[Any] = [
    pytest.param(an_entry, make_private, id="改给谁看：仅自己"),
    pytest.param(an_entry, lambda world, _: world.says("lin", "撤回"), id="撤回"),
    pytest.param(an_entry, lambda w, e: presses(w, "lin", "mine", "delete", e.id), id="删掉"),
    pytest.param(an_entry, lambda w, e: presses(w, "lin", "jotting", "quiet_week", e.id), id="留给自己，这周别提醒"),
    pytest.param(an_entry, lambda w, e: presses(w, "lin", "jotting", "leave_out", e.id), id="不放"),
    pytest.param(an_entry, leave, id="退出"),
    pytest.param(row_of, lambda w, row: presses(w, "lin", "record", "unshare", row.id), id="收回，仅自己"),
    pytest.param(row_of, take_out_row, id="拿掉这一行"),
    pytest.param(row_of, leave, id="退出，记录表"),
    pytest.param(action_of, lambda w, made: presses(w, "lin", "action", "undo", made.id), id="撤销行动"),
]


@pytest.mark.parametrize(("make", "take_back"), WAYS)
async def test_every_way_of_taking_back_reaches_the_phone(
    world: World, outbox: Outbox, channel: FakeChannel, make: Callable[[World], Any],
    take_back: Callable[[World, Any], Heard],
) -> None:  # fmt: skip
    item, other = make(world), shared(world, "zhou", ["supervisor"], "一次没讲完的课")
    read_by(world, "wang", item)
    read_by(world, "wang", other)
    await deliver(outbox)
    (hers,) = ids_of(channel, "wang", WORDS)
    heard = take_back(world, item)
    await deliver(outbox)
    assert channel.taken_back == [("wang", hers)]
    assert told(world, heard) == "all"
    assert [quote.item_id for quote in world.all(Quote)] == [other.id]
    assert {row.state for row in world.all(Outbound, person_id=world.id["wang"])} == {"sent"}


async def test_who_may_still_read_keeps_what_was_sent(world: World, outbox: Outbox, channel: FakeChannel) -> None:
    entry = shared(world, "lin", ["pair", "supervisor"], WORDS)
    read_by(world, "chen", entry)
    await deliver(outbox)
    read_by(world, "wang", entry)
    await deliver(outbox)
    opens(world, "lin", "share_entry", entry.id)
    heard = Talk(world).tap("supervisor", says="shared")
    await deliver(outbox)
    assert channel.taken_back == [("chen", "message-1")]
    assert "别的同事" in heard.text and told(world, heard) == "all"


async def test_nothing_is_said_of_what_nobody_was_shown(world: World, outbox: Outbox, entry: Entry) -> None:
    await deliver(outbox)
    assert told(world, make_private(world, entry)) == ""


async def test_a_card_that_shows_others_too_stays_and_she_is_told(
    world: World, outbox: Outbox, channel: FakeChannel, entry: Entry
) -> None:
    shared(world, "zhou", ["supervisor"], "一次没讲完的课")
    assert WORDS in Talk(world, "wang")("周报", says="on_demand").text
    await deliver(outbox)
    heard = make_private(world, entry)
    await deliver(outbox)
    assert (channel.taken_back, told(world, heard)) == ([], "none")
    read = Talk(world, "wang")("周报", says="on_demand").text
    assert WORDS not in read and "一次没讲完的课" in read


async def test_of_two_messages_the_one_that_can_goes(
    world: World, outbox: Outbox, channel: FakeChannel, entry: Entry
) -> None:
    shared(world, "zhou", ["supervisor"], "一次没讲完的课")
    Talk(world, "wang")("周报", says="on_demand")
    read_by(world, "wang", entry)
    await deliver(outbox)
    heard = make_private(world, entry)
    await deliver(outbox)
    assert (channel.taken_back, told(world, heard)) == ([("wang", "message-2")], "some")


async def test_a_digest_of_hers_alone_goes(world: World, outbox: Outbox, channel: FakeChannel, entry: Entry) -> None:
    Talk(world, "wang")("周报", says="on_demand")
    await deliver(outbox)
    heard = make_private(world, entry)
    await deliver(outbox)
    assert (channel.taken_back, told(world, heard)) == ([("wang", "message-1")], "all")


async def test_what_has_not_left_is_not_sent_whatever_else_stands_in_it(
    world: World, outbox: Outbox, channel: FakeChannel, entry: Entry
) -> None:
    shared(world, "zhou", ["supervisor"], "一次没讲完的课")
    Talk(world, "wang")("周报", says="on_demand")
    read_by(world, "wang", entry)
    assert told(world, make_private(world, entry)) == ""
    await deliver(outbox)
    assert [sent.address for sent in channel.sent] == ["lin", "lin"]
    assert channel.taken_back == [] and world.all(Quote) == []
    assert not [row for row in world.all(Outbound) if row.body and WORDS in str(row.body)]


async def test_a_message_that_is_leaving_at_this_moment_is_taken_back_right_after(
    world: World, outbox: Outbox, channel: FakeChannel, entry: Entry
) -> None:
    read_by(world, "wang", entry)
    now = world.clock.now()
    with world.store.writing() as session:
        (row,) = outbound.claim_outbound(session, ["fake"], [], now, now + timedelta(seconds=90), 1)
    assert told(world, make_private(world, entry)) == "all"
    await deliver(outbox)
    assert channel.taken_back == [], "it waits behind the message"
    with world.store.writing() as session:
        settle(session, Result(row, "sent", ("file-1", "words-1")), False, now)
    await deliver(outbox)
    assert channel.taken_back == [("wang", "file-1"), ("wang", "words-1")], "all that the parcel became"


@pytest.mark.parametrize(
    ("within", "later", "far"),
    [
        pytest.param(48 * 3600, timedelta(hours=48, seconds=-1), "all", id="just in time"),
        pytest.param(48 * 3600, timedelta(hours=48), "none", id="too late"),
        pytest.param(0, timedelta(0), "none", id="a platform that cannot"),
    ],
)
async def test_what_cannot_be_taken_back_stays_and_she_is_told(
    world: World, outbox: Outbox, channel: FakeChannel, entry: Entry, within: float, later: timedelta, far: str
) -> None:
    world.house.abilities["fake"] = replace(world.house.abilities["fake"], unsay_within=within)  # type: ignore[index]
    read_by(world, "wang", entry)
    await deliver(outbox)
    world.clock.instant += later
    entries = len(world.all(Outbound))
    heard = presses(world, "lin", "mine", "delete", entry.id)
    assert told(world, heard) == far
    assert len(world.all(Outbound)) - entries == (2 if far == "all" else 1)


async def test_what_grew_too_old_while_it_waited_is_let_be(
    world: World, outbox: Outbox, channel: FakeChannel, entry: Entry
) -> None:
    read_by(world, "wang", entry)
    await deliver(outbox)
    make_private(world, entry)
    world.clock.advance(days=3)
    await deliver(outbox)
    assert channel.taken_back == [] and set(states(world)) == {"sent"}


async def test_a_copy_that_may_have_arrived_is_not_promised(
    world: World, outbox: Outbox, channel: FakeChannel, entry: Entry
) -> None:
    read_by(world, "wang", entry)
    channel.failures = [SendFailed("timeout", is_unknown=True)]
    await deliver(outbox)
    world.advance(minutes=1)
    await deliver(outbox)
    assert told(world, make_private(world, entry)) == "some"
    await deliver(outbox)
    assert channel.taken_back == [("wang", "message-1")]


async def test_a_message_that_was_never_taken_was_never_shown(
    world: World, outbox: Outbox, channel: FakeChannel, entry: Entry
) -> None:
    read_by(world, "wang", entry)
    channel.failures = [SendFailed("unfit", is_unfit=True)]
    await deliver(outbox)
    assert told(world, make_private(world, entry)) == ""


def test_what_was_said_in_the_same_batch_is_not_sent(world: World, entry: Entry) -> None:
    """王主任 opens it and 林晓 takes it back in one commit."""
    signer, data = world.house.signer, []
    for who, handler, option in (("wang", "digest", "whole"), ("lin", "mine", "delete")):
        data.append((who, signer.data(f"fake:{who}", "c", entry.id, handler, option)))
    with world.store.writing() as session:
        for number, (who, button) in enumerate(data):
            message = Message("button", who, button=button, message_id=str(number))
            inbox.keep(
                session, "fake", [world.phone.frame(message, f"same-{number}", world.clock.now())], world.clock.now()
            )
    while world.engine.take_batch():
        pass
    to_wang = [row for row in world.all(Outbound) if row.person_id == world.id["wang"]]
    assert [(row.state, row.body) for row in to_wang] == [("failed", None)]


async def test_a_talk_about_it_goes_too(world: World, outbox: Outbox, channel: FakeChannel, entry: Entry) -> None:
    """The question that shows her words, and her answer with what it is about."""
    wang, lin = Talk(world, "wang"), Talk(world)
    presses(world, "wang", "respond", "ask", entry.id)
    wang("后来呢？", asks="send")
    wang.tap("send", says="sent")
    world.next_contact("lin")
    lin.tap("回一句", asks="words")
    lin("还在试", asks="send")
    lin.tap("send", says="answer_sent")
    world.next_contact("wang")
    await deliver(outbox)
    shown = ids_of(channel, "wang", WORDS)
    assert len(shown) == 2
    make_private(world, entry)
    await deliver(outbox)
    assert channel.taken_back == [("wang", id) for id in shown]


async def test_with_her_goes_what_she_said_to_others(world: World, outbox: Outbox, channel: FakeChannel) -> None:
    """王主任 leaves: the question that 林晓 was asked is taken back, and the answer stays with nobody."""
    entry = shared(world, "lin", ["supervisor"], WORDS)
    wang = Talk(world, "wang")
    presses(world, "wang", "respond", "ask", entry.id)
    wang("后来呢，孩子们怎么说？", asks="send")
    wang.tap("send", says="sent")
    world.next_contact("lin")
    await deliver(outbox)
    asked = ids_of(channel, "lin", "孩子们怎么说？")
    assert len(asked) == 1
    wang("退出", asks="what")
    wang.tap("erase", asks="sure")
    wang.tap("yes", says="erased")
    await deliver(outbox)
    assert channel.taken_back == [("lin", id) for id in asked]


# What is noted, and how long


def test_nothing_is_noted_of_ones_own_words(world: World, entry: Entry) -> None:
    presses(world, "lin", "mine", "read", entry.id)
    world.says("lin", "我的记录")
    assert world.all(Quote) == []


def test_the_note_goes_with_the_record_of_the_message_but_not_where_it_can_still_be_taken_back(
    world: World, entry: Entry
) -> None:
    read_by(world, "wang", entry)
    now = world.clock.now()
    with world.store.writing() as session:
        for row in outbound.claim_outbound(session, ["fake"], [], now, now + timedelta(seconds=90), 9):
            settle(session, Result(row, "sent", ("x",)), False, now)
    world.clock.advance(days=31)
    for lasting, left in ((["fake"], 1), ([], 0)):
        with world.store.writing() as session:
            outbound.forget_outbound(session, world.clock.now(), lasting)
        assert (len(world.all(Outbound)), len(world.all(Quote))) == (left, left)


def test_a_note_says_whose_words_and_from_where(world: World, entry: Entry) -> None:
    read_by(world, "wang", entry)
    (note,) = world.all(Quote)
    assert Source(note.person_id, note.item_id) == (world.id["lin"], entry.id)
    assert not note.is_mixed
