"""On every platform that lets us: what she takes back leaves the reader's phone, and what others wrote stays there."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.channels import Channel, Health
from bot.channels.telegram import Telegram
from bot.channels.web import Web
from bot.channels.wecom_aibot import ABILITIES as OF_AIBOT
from bot.outbox import Outbox
from bot.writer import Writer
from models import ChatLine, Outbound
from models.store import Store
from tests.bot.taken_back import WORDS, make_private, read_by, told
from tests.bot.test_outbox import deliver, no_forms
from tests.channels.wecom_house import House
from tests.fakes.telegram_server import FakeTelegram
from tests.handlers.pressing import presses
from tests.handlers.test_respond import shared
from tests.world import PEOPLE, Talk, World

OTHERS = "一次没讲完的课"


@dataclass
class Platform:
    """A school on one platform: the world, the outbox, and what stands on somebody's phone now."""

    world: World
    outbox: Outbox
    loop: asyncio.Runner
    on_phone: Callable[[str], str]
    asked: Callable[[], list[str]]  # the platform's ids that we wanted to have back
    ids_with: Callable[[str], list[str]]  # the ids of the messages that showed some words


@pytest.fixture
def web(store: Store, tmp_path: Path, monkeypatch: Any) -> Iterator[Platform]:
    world = school(store, "web", monkeypatch)
    writer = Writer(store)
    channel = Web(writer, tmp_path / "files", world.clock)

    def keys(words: str) -> list[str]:
        return [line.key for line in world.all(ChatLine) if words in str(line.body)]

    def on_phone(who: str) -> str:
        return str([line.body for line in world.all(ChatLine, address_id=world.address(who).id)])

    def gone() -> list[str]:
        return [f"line {line.body['gone']}" for line in world.all(ChatLine) if "gone" in line.body]

    yield from _served(
        world, writer, channel, on_phone, gone, lambda words: [f"line {_id(world, key)}" for key in keys(words)]
    )


def _id(world: World, key: str) -> int:
    (line,) = world.all(ChatLine, key=key)
    return int(line.id)


@pytest.fixture
def telegram(store: Store, monkeypatch: Any) -> Iterator[Platform]:
    world = school(store, "telegram", monkeypatch)
    with FakeTelegram() as server:
        for who in PEOPLE:
            server.knows(int(world.chat(who)))
        channel = Telegram(
            server.token, server.base_url, server.base_file_url, on_health=Health(), now=world.clock.now,
            httpx_kwargs={"trust_env": False, "verify": False},
        )  # fmt: skip

        def on_phone(who: str) -> str:
            return str([m.text for m in server.sent(int(world.chat(who))) if not m.deleted])

        def asked() -> list[str]:
            return [str(call.parameters["message_id"]) for call in server.called("deleteMessage")]

        def ids_with(words: str) -> list[str]:
            return [str(m.message_id) for m in server.sent(int(world.chat("wang"))) if words in m.text]

        yield from _served(world, Writer(store), channel, on_phone, asked, ids_with)


@pytest.fixture
def wecom_app(store: Store, monkeypatch: Any) -> Iterator[Platform]:
    world, house = school(store, "wecom_app", monkeypatch), House()
    house.world.members |= {world.chat(who) for who in PEOPLE}

    def on_phone(who: str) -> str:
        return str([(s.words, s.body) for s in house.world.to(world.chat(who)) if not s.is_recalled])

    def asked() -> list[str]:
        return [sent.id for sent in house.world.sent if sent.is_recalled]

    def ids_with(words: str) -> list[str]:
        return [sent.id for sent in house.world.to(world.chat("wang")) if words in str((sent.words, sent.body))]

    yield from _served(world, Writer(store), house.channel, on_phone, asked, ids_with)


def _served(world: World, writer: Writer, channel: Channel, *looks: Any) -> Iterator[Platform]:
    # A loop that stands still in between: the phones of the dialogues have one of their own.
    with asyncio.Runner() as loop:
        outbox = Outbox(writer, {channel.name: channel}, no_forms, world.clock.now)
        yield Platform(world, outbox, loop, *looks)
        loop.run(channel.close())
    writer.close()


def school(store: Store, name: str, monkeypatch: Any) -> World:
    monkeypatch.setattr(World, "default_channel", name)
    return World(store).found()


@pytest.fixture(params=["web", "telegram", "wecom_app"])
def platform(request: Any) -> Platform:
    found: Platform = request.getfixturevalue(request.param)
    return found


def test_what_she_makes_private_leaves_the_readers_phone(platform: Platform) -> None:
    world = platform.world
    hers, others = shared(world, "lin", ["supervisor"], WORDS), shared(world, "zhou", ["supervisor"], OTHERS)
    read_by(world, "wang", hers)
    read_by(world, "wang", others)
    settled(platform)
    shown = platform.ids_with(WORDS)
    assert WORDS in platform.on_phone("wang") and shown
    assert told(world, make_private(world, hers)) == "all"
    settled(platform)
    assert WORDS not in platform.on_phone("wang") and OTHERS in platform.on_phone("wang")
    assert set(shown) <= set(platform.asked())
    asked = len(platform.asked())
    presses(world, "lin", "mine", "delete", hers.id)
    settled(platform)
    assert len(platform.asked()) == asked, "what is gone is not asked for again"
    assert {row.state for row in world.all(Outbound)} == {"sent"}


def test_an_erasure_takes_everything_of_hers_along(platform: Platform) -> None:
    world, lin = platform.world, Talk(platform.world)
    entries = [shared(world, "lin", ["supervisor"], f"{WORDS}，第{number}次") for number in range(3)]
    others = shared(world, "zhou", ["supervisor"], OTHERS)
    for one in (*entries, others):
        read_by(world, "wang", one)
    settled(platform)
    lin("退出", asks="what")
    lin("全部删掉，退出", asks="sure")
    assert told(world, lin("确定，全部删掉", says="erased")) == "all"
    settled(platform)
    assert WORDS not in platform.on_phone("wang") and OTHERS in platform.on_phone("wang")


def test_a_long_text_goes_with_all_its_pieces(platform: Platform) -> None:
    """On WeCom and Telegram it becomes several messages."""
    world = platform.world
    hers = shared(world, "lin", ["supervisor"], "\n".join(f"{WORDS}，第{number}次。" * 40 for number in range(12)))
    read_by(world, "wang", hers)
    settled(platform)
    assert WORDS in platform.on_phone("wang")
    presses(world, "lin", "mine", "delete", hers.id)
    settled(platform)
    assert WORDS not in platform.on_phone("wang")


def settled(platform: Platform) -> None:
    """Deliver all that waits; the pace of a platform is kept in virtual time."""
    for _ in range(60):
        platform.loop.run(deliver(platform.outbox))
        if not [row for row in platform.world.all(Outbound) if row.state in ("waiting", "claimed")]:
            return
        platform.world.clock.advance(seconds=3)
    raise AssertionError("messages still wait")


def test_a_bot_that_gets_no_ids_promises_nothing() -> None:
    assert OF_AIBOT.unsay_within == 0
