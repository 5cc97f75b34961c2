"""The AI bot's prompt answers: a tapped card is marked before anything else is said, who opens the chat is greeted."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest_asyncio

from bot.channels.wecom_bot_parse import parse
from tests.channels.aibot_house import QUICK, ZHANG, AibotHouse, heard, parcel, until


@pytest_asyncio.fixture
async def house() -> AsyncIterator[AibotHouse]:
    house = AibotHouse()
    with house.server:
        yield house


class TestCards:
    async def test_a_tapped_card_is_marked_before_its_turn_speaks(self, house) -> None:
        async with house.live() as channel:
            await heard(house)
            await channel.send(parcel("想试试吗？", "想", "再想想"))
            (card,) = house.world.to(ZHANG)
            house.server.taps(ZHANG, card, "再想想")
            await until(lambda: len(house.kept) == 2)
            await channel.send(parcel("好的", key="2"))
            assert house.cmds()[-2:] == ["aibot_respond_update_msg", "aibot_send_msg"]
            assert list(card.buttons) == ["再想想 ✓"] and card.words == "想试试吗？"
            # It was kept first: what is shown as done is stored.
            place = [cmd for cmd, _, _ in house.server.frames].index("aibot_respond_update_msg")
            assert house.keeping[-1] <= place

    async def test_what_is_said_about_a_tap_waits_for_the_mark(self, house) -> None:
        house.world.writers.add(ZHANG)
        async with house.live(beats=replace(QUICK, ack=5.0)) as channel:
            house.server.fault("aibot_respond_update_msg", "late")
            house.server.taps_key(ZHANG, "old@1", "1.a.b.c")
            await until(lambda: house.kept)
            sending = asyncio.create_task(channel.send(parcel("好的")))
            pings = len(house.server.frames)
            await until(lambda: len(house.server.frames) > pings + 3)
            assert house.cmds() == ["aibot_respond_update_msg"]
            house.server.release()
            await sending
            assert house.cmds() == ["aibot_respond_update_msg", "aibot_send_msg"]

    async def test_a_second_tap_finds_the_mark(self, house) -> None:
        async with house.live() as channel:
            await heard(house)
            await channel.send(parcel("想试试吗？", "想", "再想想"))
            (card,) = house.world.to(ZHANG)
            house.server.taps(ZHANG, card, "想")
            await until(lambda: list(card.buttons) == ["想 ✓"])
            house.server.taps(ZHANG, card, "想 ✓")
            await until(lambda: house.cmds().count("aibot_respond_update_msg") == 2)
            assert list(card.buttons) == ["想 ✓"] and card.words == "想试试吗？"
            assert parse(house.kept[-1].body).kind == "nothing"

    async def test_a_card_that_nobody_remembers_is_marked_all_the_same(self, house) -> None:
        async with house.live():
            house.server.taps_key(ZHANG, "old@1", "1.a.b.c")
            await until(lambda: "aibot_respond_update_msg" in house.cmds())
            body = house.server.frames[-1][2]["template_card"]
            assert (body["task_id"], body["main_title"]["title"]) == ("old@1", "已收到")
            assert parse(house.kept[-1].body).button == "1.a.b.c"

    async def test_a_mark_that_fails_holds_nobody_up(self, house) -> None:
        house.world.writers.add(ZHANG)
        async with house.live() as channel:
            house.server.fault("aibot_respond_update_msg", "lost", 846605)
            for number in ("1", "2"):
                house.server.taps_key(ZHANG, "old@1", "1.a.b.c")
                await until(lambda number=number: len(house.kept) == int(number))
                await channel.send(parcel("好的", key=number))
            assert len(house.world.to(ZHANG)) == 2


class TestEntering:
    async def test_our_own_turn_greets_if_it_is_quick(self, house) -> None:
        async with house.live(welcome_wait=30.0) as channel:
            house.server.enters(ZHANG)
            await until(lambda: house.kept)
            await channel.send(parcel("您好，请发邀请码。"))
            (shown,) = house.world.to(ZHANG)
            assert (shown.way, shown.kind, shown.words) == ("welcome", "text", "您好，请发邀请码。")

    async def test_else_a_few_words_do_and_only_once_a_month(self, house) -> None:
        async with house.live() as channel:
            for _ in range(2):
                entries = len(house.keeping)
                house.server.enters(ZHANG)
                await until(lambda entries=entries: len(house.keeping) > entries and not channel._entered)
                await until(lambda: not channel._beside)
            assert [(shown.way, shown.words) for shown in house.world.to(ZHANG)] == [("welcome", "您好")]
            assert [parse(envelope.body).kind for envelope in house.kept] == ["start"]

    async def test_a_greeting_asks_for_words_so_that_she_can_be_answered(self, house) -> None:
        async with house.live(welcome_wait=30.0) as channel:
            house.server.enters(ZHANG)
            await until(lambda: house.kept)
            await channel.send(parcel("您是张老师吗？", "是我", "不是"))
            assert [(shown.way, shown.kind, shown.words) for shown in house.world.to(ZHANG)] == [
                ("welcome", "text", "您是张老师吗？\n\n· 是我\n· 不是"),
            ]

    async def test_an_entry_that_is_too_old_is_not_greeted(self, house) -> None:
        house.world.writers.add(ZHANG)
        async with house.live(welcome_wait=30.0) as channel:
            house.server.enters(ZHANG)
            await until(lambda: house.kept)
            house.advance(seconds=6)
            await channel.send(parcel("您好"))
            assert [shown.way for shown in house.world.to(ZHANG)] == ["push"]
