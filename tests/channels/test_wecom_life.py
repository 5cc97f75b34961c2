"""The life of WeCom's app beside its messages: health, menu, recall, and thirty-one messages in a minute."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from bot.channels import wecom_app
from bot.channels.wecom_menu import menu_of
from bot.errors import SendFailed
from bot.outbox import Outbox
from models import Address, outbound
from tests.bench.sending import VirtualLoop, WriterAtOnce
from tests.channels.wecom_house import LI, START, ZHANG, House, failed, parcel
from tests.fakes.wecom_caller import event
from tests.fakes.wecom_http import IP_WORDS
from tests.world import quick_store


@pytest_asyncio.fixture
async def house() -> AsyncIterator[House]:
    house = House()
    yield house
    await house.channel.close()


class TestMore:
    async def test_a_message_is_taken_back_within_a_day(self, house) -> None:
        (id,) = await house.channel.send(parcel("说错了"))
        await house.channel.unsay(ZHANG, id)
        assert house.world.to(ZHANG)[0].is_recalled
        await house.channel.unsay(ZHANG, id)  # once more is harmless
        house.advance(days=1, seconds=1)
        with pytest.raises(SendFailed) as late:
            await house.channel.unsay(ZHANG, id)
        assert late.value.is_unfit

    async def test_all_that_a_parcel_became_can_be_taken_back(self, house) -> None:
        whole = parcel("字" * 1000, "看过", file_name="记录表.docx", file_bytes=b"PK-record")
        ids = await house.channel.send(whole)
        assert [sent.id for sent in house.world.to(ZHANG)] == list(ids)
        assert [sent.kind for sent in house.world.to(ZHANG)] == ["file", "text", "text", "template_card"]
        for id in ids:
            await house.channel.unsay(ZHANG, id)
        assert all(sent.is_recalled for sent in house.world.to(ZHANG))

    async def test_a_recall_that_wecom_does_not_answer_is_tried_again(self, house) -> None:
        (id,) = await house.channel.send(parcel("说错了"))
        house.site.fault("recall", 60020, words=IP_WORDS)
        with pytest.raises(SendFailed) as failed:
            await house.channel.unsay(ZHANG, id)
        assert failed.value.wait and failed.value.for_all
        assert house.health.trouble == "trusted_ip 203.0.113.7"
        await house.channel.unsay(ZHANG, id)
        assert house.world.to(ZHANG)[0].is_recalled

    async def test_a_menu_fits_wecom_in_every_language(self, house) -> None:
        names = [
            ("note", "Write a quick note"),
            ("open", "我的待办事项清单"),
            *((n, n) for n in ("mine", "observe", "help")),
        ]
        await house.channel.set_menu(menu_of(names, "更多"))
        assert [button["name"] for button in house.world.menu["button"]] == ["Write a quick…", "我的待办…", "更多"]
        assert house.world.menu["button"][0]["key"] == "/note"

    async def test_a_menu_that_is_refused_stops_nothing(self, house) -> None:
        house.world.has_callback = False
        await house.channel.set_menu(menu_of([("note", "笔记")], "更多"))
        assert house.world.menu == {}

    async def test_we_look_every_minute_whether_wecom_takes_our_calls(self, house) -> None:
        house.site.fault("agent", 60020, words=IP_WORDS)
        await house.channel._look()
        assert house.health.trouble == "trusted_ip 203.0.113.7" and house.health.last_good_poll is None
        house.advance(minutes=1)
        await house.channel._look()
        assert (house.health.trouble, house.health.notices) == (None, {})
        assert house.health.last_good_poll == house.now()

    async def test_an_app_that_falls_asleep_is_told_to_the_office(self, house) -> None:
        await house.calls(event("sys", "inactive_alert", house.seconds, EffectTime=house.seconds + 86400))
        assert house.health.notices == {"alert__app_idle": {}}
        await house.calls(event("sys", "active_restored", house.seconds))
        assert house.health.notices == {}
        await house.calls(event("sys", "low_active_alert", house.seconds))
        for minutes, stands in ((9, True), (2, False)):  # told once, not all summer
            house.advance(minutes=minutes)
            await house.channel._look()
            assert ("alert__app_idle" in house.health.notices) == stands
        house.world.is_closed = True
        await house.channel._look()
        assert house.health.trouble == "app_closed" and "alert__app_idle" in house.health.notices

    async def test_listening_ends_when_it_is_told_to(self, house) -> None:
        listening = asyncio.create_task(house.channel.listen(house.keep))
        while not house.naps:
            await asyncio.sleep(0)
        assert house.channel._keep is not None
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        assert house.channel._keep is None and 54 <= house.naps[0] <= 66

    async def test_what_is_half_sent_is_not_remembered_without_end(self, house, monkeypatch) -> None:
        monkeypatch.setattr(wecom_app, "BEGUN", 3)
        house.site.fault("send", 45009, times=None)
        for number in range(5):
            await failed(house, parcel("好", key=str(number)))
        assert list(house.channel._begun) == ["2", "3", "4"]

    async def test_two_people_are_counted_apart(self, house) -> None:
        for number in range(28):
            await house.channel.send(parcel("好", key=str(number)))
        failure = await failed(house, parcel("好", key="28"))
        assert failure.reason == "member_pace" and not failure.for_all and 0 < failure.wait.total_seconds() <= 62
        await house.channel.send(parcel("好", key="29", to=LI.casefold()))
        house.advance(seconds=62)
        await house.channel.send(parcel("好", key="28"))
        assert len(house.world.sent) == 30 and house.world.dropped == []


class TestThirtyOneInAMinute:
    async def test_without_a_pace_wecom_would_lose_one_in_silence(self, house) -> None:
        for number in range(31):
            letter = house.channel._writing.letters(parcel("好", key=str(number)))[0]
            assert (await house.channel._api.post("/cgi-bin/message/send", letter.content))["errcode"] == 0
        assert (len(house.world.to(ZHANG)), house.world.dropped) == (30, [ZHANG])

    @pytest.mark.parametrize("text", ["好", "长" * 300], ids=["short words", "words and a card each"])
    def test_with_ours_none_is_lost(self, text, tmp_path) -> None:
        """Virtual time: the outbox sends 31 replies to one person, each with a button."""
        loop = VirtualLoop()
        try:
            world, took = loop.run_until_complete(_send_through_the_outbox(tmp_path, text, 31))
        finally:
            loop.close()
        labels = [sent for sent in world.to(ZHANG) if sent.kind == "template_card"]
        assert (len(labels), world.dropped, world.repeats) == (31, [], 0)
        assert took > 60  # more than a minute's worth


async def _send_through_the_outbox(folder: Path, text: str, count: int):
    """Put replies for one person into a real store and let a real outbox send them; return the world and seconds."""
    loop = asyncio.get_running_loop()
    store, house = quick_store(folder), House()
    house.now = lambda: START + timedelta(seconds=loop.time())
    house.channel._now = house.channel._api._now = house.now
    with store.writing() as session:
        address = Address(channel="wecom_app", external_id="zhanglaoshi", made_at=START)
        session.add(address)
        session.flush()
        outbound.add_outbound(session, [_row(address.id, f"{number}：{text}", number) for number in range(count)])
    outbox = Outbox(WriterAtOnce(store), {"wecom_app": house.channel}, None, house.now)
    running = asyncio.create_task(outbox.run())
    while len([sent for sent in house.world.sent if sent.kind == "template_card"]) + len(house.world.dropped) < count:
        await asyncio.sleep(0.5)
        assert loop.time() < 3600
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await outbox.drain(5)
    await house.channel.close()
    store.close()
    return house.world, loop.time()


def _row(address_id, text, number):
    buttons = [[{"label": "好", "data": f"1.a.row.{number}"}]]
    return {
        "address_id": address_id, "channel": "wecom_app", "urgency": 0, "not_before": START, "made_at": START,
        "body": {"html": text, "plain": text, "buttons": buttons},
    }  # fmt: skip
