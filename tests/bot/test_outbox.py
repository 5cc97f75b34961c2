"""Delivery: in order, at most one visible duplicate, and every attempt written down."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

from bot.channels import Abilities, Link
from bot.errors import SendFailed
from bot.outbox import LEASE, TRIES, Outbox, Result, release_expired, settle
from bot.writer import OUTBOX, Writer
from models import Address, Delivery, Outbound, outbound
from tests.fakes.channel import FakeChannel, blocked
from tests.world import World


@pytest.fixture
async def channel() -> FakeChannel:
    return FakeChannel()


@pytest.fixture
async def outbox(world: World, channel: FakeChannel) -> AsyncIterator[Outbox]:
    writer = Writer(world.store)
    yield Outbox(writer, {"fake": channel}, no_forms, world.clock.now)
    writer.close()


def no_forms(form: dict[str, Any]) -> tuple[str, bytes]:
    """Make a tiny document, or fail as a broken template would."""
    if form["kind"] == "broken":
        raise KeyError("broken")
    return "表.docx", b"document"


def address_id(world: World, who: str) -> Any:
    return next(row.id for row in world.all(Address) if row.external_id == who)


def put(world: World, who: str, *texts: str, **more: Any) -> None:
    """Put messages into the outbox."""
    now = world.clock.now()
    base = {"address_id": address_id(world, who), "person_id": world.id[who], "channel": "fake", "urgency": 0}
    rows = [
        base
        | {"body": {"html": t, "plain": t, "buttons": []} | more.pop("body", {}), "not_before": now, "made_at": now}
        | more
        for t in texts
    ]
    with world.store.writing() as session:
        outbound.add_outbound(session, rows)


async def deliver(outbox: Outbox) -> None:
    """Let the outbox work until nothing moves."""
    while await outbox.step() or outbox._under_way or outbox._results:
        await asyncio.sleep(0.005)


def states(world: World) -> list[str]:
    return [row.state for row in world.all(Outbound)]


async def test_messages_to_one_person_keep_their_order(world: World, outbox: Outbox, channel: FakeChannel) -> None:
    put(world, "lin", "一", "二", "三")
    put(world, "chen", "四")
    await deliver(outbox)
    assert [p.html for p in channel.sent if p.address == "lin"] == ["一", "二", "三"]
    assert states(world) == ["sent"] * 4


async def test_a_link_goes_with_its_message_and_is_forgotten_with_it(
    world: World, outbox: Outbox, channel: FakeChannel
) -> None:
    put(world, "lin", "看看", body={"link": {"label": "打开", "url": "https://s.example/join/QH7K2D"}})
    await deliver(outbox)
    assert channel.sent[0].link == Link("打开", "https://s.example/join/QH7K2D")
    assert world.all(Outbound)[0].body is None


async def test_a_delivered_message_loses_its_body_and_keeps_its_record(
    world: World, outbox: Outbox, channel: FakeChannel
) -> None:
    put(world, "lin", "一句私下的话")
    await deliver(outbox)
    row, record = world.all(Outbound)[0], world.all(Delivery)[0]
    assert row.body is None
    assert row.done_at == world.clock.now()
    assert (record.outcome, record.platform_id) == ("sent", "message-1")


async def test_a_blocked_address_is_closed_and_nothing_more_is_tried(
    world: World, outbox: Outbox, channel: FakeChannel
) -> None:
    channel.failures = [blocked()]
    put(world, "lin", "一", "二")
    await deliver(outbox)
    assert channel.sent == []
    assert states(world) == ["failed", "failed"]
    assert world.person("lin").unreachable_since == world.clock.now()
    assert world.all(Address, external_id="lin")[0].closed_at is not None


async def test_a_chat_that_is_limited_waits_and_another_goes_on(
    world: World, outbox: Outbox, channel: FakeChannel
) -> None:
    channel.failures = [SendFailed("flood", wait=timedelta(seconds=30))]
    put(world, "lin", "一", "二")
    put(world, "chen", "三")
    await deliver(outbox)
    assert [p.html for p in channel.sent] == ["三"]
    world.clock.advance(seconds=31)
    await deliver(outbox)
    assert [p.html for p in channel.sent] == ["三", "一", "二"]


async def test_a_limit_for_all_stops_everyone_for_a_while(world: World, outbox: Outbox, channel: FakeChannel) -> None:
    channel.failures = [SendFailed("refused", wait=timedelta(seconds=60), for_all=True)]
    put(world, "lin", "一")
    await deliver(outbox)
    put(world, "chen", "二")
    await deliver(outbox)
    assert channel.sent == []
    world.clock.advance(seconds=61)
    await deliver(outbox)
    assert sorted(p.html for p in channel.sent) == ["一", "二"]


async def test_an_unknown_outcome_is_tried_once_more_and_no_more(
    world: World, outbox: Outbox, channel: FakeChannel
) -> None:
    channel.failures = [SendFailed("cut", is_unknown=True)] * 3
    put(world, "lin", "一")
    for _ in range(5):
        await deliver(outbox)
        world.clock.advance(minutes=30)
    assert states(world) == ["unknown"]
    assert [d.outcome for d in world.all(Delivery)] == ["unknown", "unknown"]


async def test_a_platform_that_knows_repeats_is_asked_until_it_answers(world: World) -> None:
    channel = FakeChannel(Abilities(per_chat=0, overall=0, recognises_repeats=True))
    channel.failures = [SendFailed("cut", is_unknown=True)] * 4
    writer = Writer(world.store)
    outbox = Outbox(writer, {"fake": channel}, no_forms, world.clock.now)
    put(world, "lin", "一")
    for _ in range(6):
        await deliver(outbox)
        world.clock.advance(hours=1)
    writer.close()
    assert states(world) == ["sent"]


async def test_what_is_refused_for_now_is_given_up_after_some_tries(
    world: World, outbox: Outbox, channel: FakeChannel
) -> None:
    channel.failures = [SendFailed("moved", moved_to=f"-100{n}") for n in range(TRIES + 2)]
    put(world, "lin", "一")
    for _ in range(TRIES + 2):
        await deliver(outbox)
        world.clock.advance(hours=1)
    assert states(world) == ["failed"]
    assert len(world.all(Delivery)) == TRIES


async def test_a_chat_that_moved_is_followed(world: World, outbox: Outbox, channel: FakeChannel) -> None:
    channel.failures = [SendFailed("moved", moved_to="lin-2")]
    put(world, "lin", "一")
    await deliver(outbox)
    world.clock.advance(hours=1)
    await deliver(outbox)
    assert [p.address for p in channel.sent] == ["lin-2"]


async def test_our_own_fault_stops_that_message_only(world: World, outbox: Outbox, channel: FakeChannel) -> None:
    channel.failures = [ZeroDivisionError("ours")]
    put(world, "lin", "一")
    put(world, "chen", "二")
    await deliver(outbox)
    assert sorted(states(world)) == ["failed", "sent"]


async def test_a_document_is_made_when_it_leaves(world: World, outbox: Outbox, channel: FakeChannel) -> None:
    put(world, "lin", "表在这里", body={"form": {"kind": "record", "person_id": str(world.id["lin"])}})
    await deliver(outbox)
    assert (channel.sent[0].file_name, channel.sent[0].file_bytes) == ("表.docx", b"document")


async def test_a_document_that_cannot_be_made_fails_alone(world: World, outbox: Outbox, channel: FakeChannel) -> None:
    put(world, "lin", "表在这里", body={"form": {"kind": "broken"}})
    put(world, "lin", "另一句")
    await deliver(outbox)
    assert [p.html for p in channel.sent] == ["另一句"]


async def test_an_answer_that_is_held_back_leaves_when_its_time_comes(
    world: World, outbox: Outbox, channel: FakeChannel
) -> None:
    put(world, "lin", "收好了", not_before=world.clock.now() + timedelta(seconds=2))
    await deliver(outbox)
    assert channel.sent == []
    world.clock.advance(seconds=2)
    await deliver(outbox)
    assert len(channel.sent) == 1


async def test_what_was_said_again_meanwhile_leaves_once(world: World, outbox: Outbox, channel: FakeChannel) -> None:
    world.says("lin", "第一句")
    world.clock.advance(seconds=1)
    world.says("lin", "第二句")
    world.clock.advance(seconds=5)
    await deliver(outbox)
    assert len(channel.sent) == 1


def test_what_may_have_arrived_is_not_reworded(world: World) -> None:
    put(world, "lin", "两段", key="jotting:1")
    with world.store.writing() as session:
        [row] = claim(world, session)
        assert outbound.begin_outbound(session, row.id, row.fence)
    world.clock.advance(minutes=5)
    with world.store.writing() as session:
        release_expired(session, set(), world.clock.now())
        told = {"body": {"html": "三段", "plain": "三段", "buttons": []}, "not_before": world.clock.now()}
        base = {"address_id": row.address_id, "person_id": row.person_id, "channel": "fake", "urgency": 0}
        outbound.replace_or_add_outbound(session, base | told | {"key": "jotting:1", "made_at": world.clock.now()})
    assert [(one.key, one.body["html"]) for one in world.all(Outbound) if one.body] == [
        ("jotting:1", "两段"),
        (None, "三段"),
    ]


def claim(world: World, session: Session, at_most: int = 5) -> list[outbound.OutboundRow]:
    now = world.clock.now()
    return outbound.claim_outbound(session, ["fake"], [], now, now + LEASE, at_most)


def test_two_claims_never_take_the_same_message(world: World) -> None:
    put(world, "lin", "一")
    put(world, "chen", "二")
    with world.store.writing() as session:
        first, second = claim(world, session), claim(world, session)
    assert len(first) == 2
    assert second == []


def test_a_claim_that_grew_old_is_open_again_and_its_late_report_is_refused(world: World) -> None:
    put(world, "lin", "一")
    with world.store.writing() as session:
        old = claim(world, session)[0]
    world.clock.advance(minutes=5)
    with world.store.writing() as session:
        release_expired(session, set(), world.clock.now())
        new = claim(world, session)[0]
        settle(session, Result(old, "sent", "late"), False, world.clock.now())
    assert new.fence == old.fence + 1
    assert states(world) == ["claimed"]
    with world.store.writing() as session:
        settle(session, Result(new, "sent", "in time"), False, world.clock.now())
    assert states(world) == ["sent"]


def test_a_crash_between_sending_and_writing_it_down_costs_one_duplicate_at_most(world: World) -> None:
    put(world, "lin", "一")
    for _ in range(5):
        with world.store.writing() as session:
            for row in claim(world, session):
                outbound.begin_outbound(session, row.id, row.fence)
        world.clock.advance(minutes=5)
        with world.store.writing() as session:
            outbound.expire_all_claims(session, world.clock.now())
            release_expired(session, set(), world.clock.now())
    assert states(world) == ["unknown"]
    assert [(d.outcome, d.detail) for d in world.all(Delivery)] == [("unknown", "lease_ran_out")] * 2


def test_a_crash_before_a_message_begins_to_leave_costs_nothing(world: World) -> None:
    put(world, "lin", "一")
    for _ in range(5):
        with world.store.writing() as session:
            claim(world, session)
        world.clock.advance(minutes=5)
        with world.store.writing() as session:
            release_expired(session, set(), world.clock.now())
    assert states(world) == ["waiting"]
    assert world.all(Delivery) == []


async def test_a_claim_that_was_taken_over_is_not_sent(world: World, outbox: Outbox, channel: FakeChannel) -> None:
    put(world, "lin", "一")
    with world.store.writing() as session:
        old = claim(world, session)[0]
        outbound.expire_all_claims(session, world.clock.now())
        release_expired(session, set(), world.clock.now())
        claim(world, session)
    await outbox._deliver(old, 0)
    assert channel.sent == []
    await outbox.drain(1)
    assert states(world) == ["claimed"]


async def test_a_step_that_is_cancelled_leaves_no_claim_behind(
    world: World, outbox: Outbox, channel: FakeChannel
) -> None:
    put(world, "lin", "一")
    step = asyncio.create_task(outbox.step())
    await asyncio.sleep(0)
    step.cancel()
    await outbox.drain(5)
    assert "claimed" not in states(world)
    assert len(channel.sent) == states(world).count("sent")


async def test_a_result_that_could_not_be_written_down_is_kept(
    world: World, outbox: Outbox, channel: FakeChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(world, "lin", "一")
    await outbox.step()
    await asyncio.wait(list(outbox._under_way.values()))
    with monkeypatch.context() as full:
        full.setattr(outbound, "add_delivery", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            await outbox.step()
    await deliver(outbox)
    assert (len(channel.sent), states(world)) == (1, ["sent"])


async def test_the_clock_put_ahead_does_not_open_what_we_are_sending(
    world: World, outbox: Outbox, channel: FakeChannel
) -> None:
    gate = asyncio.Event()
    send = channel.send

    async def slowly(parcel: Any) -> str:
        await gate.wait()
        return await send(parcel)

    channel.send = slowly  # type: ignore[method-assign]
    put(world, "lin", "一")
    await outbox.step()
    world.clock.advance(days=1)
    await outbox.step()
    gate.set()
    await deliver(outbox)
    assert (len(channel.sent), states(world)) == (1, ["sent"])


async def test_being_refused_for_now_costs_no_try_of_an_unknown_outcome(
    world: World, outbox: Outbox, channel: FakeChannel
) -> None:
    channel.failures = [
        SendFailed("flood", wait=timedelta(seconds=1)), SendFailed("flood", wait=timedelta(seconds=1)),
        SendFailed("cut", is_unknown=True),
    ]  # fmt: skip
    put(world, "lin", "一")
    for _ in range(4):
        await deliver(outbox)
        world.clock.advance(minutes=1)
    assert states(world) == ["sent"]


async def test_stopping_waits_for_what_is_under_way(world: World, outbox: Outbox, channel: FakeChannel) -> None:
    put(world, "lin", "一")
    await outbox.step()
    await outbox.drain(5)
    assert states(world) == ["sent"]


async def test_the_loop_delivers_what_is_put_in_while_it_waits(
    world: World, outbox: Outbox, channel: FakeChannel
) -> None:
    loop = asyncio.create_task(outbox.run())
    await asyncio.sleep(0.05)
    await outbox.writer.do(lambda: put(world, "lin", "一"), OUTBOX)
    outbox.ring()
    for _ in range(200):
        if channel.sent:
            break
        await asyncio.sleep(0.01)
    loop.cancel()
    await asyncio.gather(loop, return_exceptions=True)
    assert [p.html for p in channel.sent] == ["一"]
