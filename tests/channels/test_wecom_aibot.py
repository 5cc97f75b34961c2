"""The AI bot's channel: kept before anything else, answered in the window, pushed outside it, and never too fast."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from bot.channels import Link, wecom_aibot
from bot.channels.wecom_bot_parse import parse
from bot.errors import SendFailed
from tests.channels.aibot_house import LI, QUICK, ZHANG, AibotHouse, failed, heard, parcel, until


@pytest_asyncio.fixture
async def house() -> AsyncIterator[AibotHouse]:
    house = AibotHouse()
    with house.server:
        yield house


class TestComingIn:
    async def test_what_comes_is_kept_once_and_as_it_came(self, house) -> None:
        async with house.live():
            house.server.says(ZHANG, "一\x01二")
            house.server.says(ZHANG, "三", msgid="m-same")
            house.server.says(ZHANG, "三", msgid="m-same")
            house.server.says(LI, "四")
            await until(lambda: len(house.kept) == 3)
            assert [envelope.sender for envelope in house.kept] == [ZHANG, ZHANG, LI]
            assert [envelope.body["text"]["content"] for envelope in house.kept] == ["一\x01二", "三", "四"]
            assert house.kept[0].body["corpid_of_tomorrow"] == {"x": [1]}

    async def test_what_cannot_be_kept_now_is_kept_later_and_in_order(self, house) -> None:
        house.refusals = [RuntimeError("disk full")]
        async with house.live():
            house.server.says(ZHANG, "一")
            house.server.says(ZHANG, "二")
            await until(lambda: len(house.kept) == 2)
            assert [envelope.body["text"]["content"] for envelope in house.kept] == ["一", "二"]
            assert house.health.counts["not_kept"] == 1

    async def test_what_came_before_we_were_told_to_stop_is_kept(self, house) -> None:
        gate = asyncio.Event()
        house_keep = house.keep

        async def slow(channel, envelopes):
            await gate.wait()
            await house_keep(channel, envelopes)

        house.keep = slow
        async with house.live() as channel:
            for number in range(3):
                house.server.says(ZHANG, str(number))
            await until(lambda: len(channel._arrivals) == 3)
            asyncio.get_running_loop().call_later(0.05, gate.set)
        assert len(house.kept) == 3

    async def test_a_group_is_known_for_one(self, house) -> None:
        async with house.live() as channel:
            house.server.sends(ZHANG, {"msgtype": "text", "text": {"content": "@知行 写笔记"}}, group="wrGROUP")
            await until(lambda: house.kept)
            assert parse(house.kept[0].body).is_group
            await channel.send(parcel("请在单聊里写", to="-wrGROUP"))
            await channel.send(parcel("请在单聊里写", to="-wrGROUP", key="2", is_reply=False))
            assert [shown.way for shown in house.world.to("-wrGROUP")] == ["reply", "push"]


class TestAnswering:
    async def test_an_answer_takes_the_callback_once_and_then_pushes(self, house) -> None:
        async with house.live() as channel:
            await heard(house)
            await channel.send(parcel("<b>记下了</b>"))
            await channel.send(parcel("还有一句", key="2"))
            shown = house.world.to(ZHANG)
            assert [(one.to, one.way, one.kind, one.words) for one in shown] == [
                (ZHANG, "reply", "stream", "**记下了**"), (ZHANG, "push", "markdown", "还有一句"),
            ]  # fmt: skip

    async def test_a_word_of_our_own_leaves_the_callback_for_the_answer(self, house) -> None:
        async with house.live() as channel:
            await heard(house)
            await channel.send(parcel("提醒", is_reply=False))
            await channel.send(parcel("记下了", key="2"))
            assert [one.way for one in house.world.to(ZHANG)] == ["push", "reply"]

    async def test_after_five_minutes_an_answer_is_pushed(self, house) -> None:
        async with house.live() as channel:
            await heard(house)
            house.advance(minutes=5, seconds=1)
            await channel.send(parcel("记下了"))
            assert [one.way for one in house.world.to(ZHANG)] == ["push"]
            assert house.server.counts == {}

    @pytest.mark.parametrize("code", [846605, 846608, 600039])
    async def test_a_callback_that_takes_no_answer_falls_back_to_a_push_once(self, house, code) -> None:
        async with house.live() as channel:
            await heard(house)
            house.server.fault("aibot_respond_msg", code)
            await channel.send(parcel("记下了"))
            assert [one.way for one in house.world.to(ZHANG)] == ["push"]
            house.server.fault("aibot_send_msg", 846605)
            assert (await failed(channel, parcel("再说", key="2"))).is_unfit

    async def test_a_short_card_is_the_whole_answer(self, house) -> None:
        async with house.live() as channel:
            await heard(house)
            await channel.send(parcel("想试试吗？", "想", "再想想"))
            (card,) = house.world.to(ZHANG)
            assert (card.way, card.kind, card.words) == ("reply", "template_card", "想试试吗？")
            assert list(card.buttons) == ["想", "再想想"]

    async def test_long_words_answer_and_their_card_is_pushed_after_them(self, house) -> None:
        words = "今天的课。" * 60 + "\n愿意分享吗？"
        async with house.live() as channel:
            await heard(house)
            await channel.send(parcel(words, "愿意", "仅自己"))
            text, card = house.world.to(ZHANG)
            assert (text.way, text.kind, card.way, card.kind) == ("reply", "stream", "push", "template_card")
            assert (text.words, card.words) == (words, "愿意分享吗？")

    async def test_a_card_that_is_refused_is_said_in_words(self, house) -> None:
        async with house.live() as channel:
            await heard(house)
            house.server.fault("aibot_respond_msg", 42049)
            await channel.send(parcel("想试试吗？", "想", "再想想"))
            assert [one.words for one in house.world.to(ZHANG)] == ["想试试吗？\n\n· 想\n· 再想想"]

    async def test_who_reads_plainly_gets_no_card(self, house) -> None:
        async with house.live(plain_only=True) as channel:
            assert not channel.abilities.has_buttons
            await heard(house)
            await channel.send(parcel("想试试吗？", "想"))
            assert [one.kind for one in house.world.to(ZHANG)] == ["stream"]

    async def test_a_link_is_shown_as_one_in_the_same_message(self, house) -> None:
        async with house.live() as channel:
            await heard(house)
            await channel.send(parcel("<b>在电脑上</b>接着聊", link=Link("打开[网]页", "https://s.example/a(b)")))
            (shown,) = house.world.to(ZHANG)
            assert shown.words == "**在电脑上**接着聊\n\n[打开［网］页](https://s.example/a%28b%29)"

    async def test_a_link_beside_choices_comes_before_their_card(self, house) -> None:
        async with house.live() as channel:
            await heard(house)
            await channel.send(parcel("接着聊？", "好", link=Link("打开", "https://s.example/a")))
            assert [shown.words for shown in house.world.to(ZHANG)] == [
                "接着聊？\n\n[打开](https://s.example/a)",
                "接着聊？",
            ]

    async def test_choices_that_are_refused_do_not_say_the_words_of_a_link_again(self, house) -> None:
        async with house.live() as channel:
            await heard(house)
            house.server.fault("aibot_send_msg", 40058)
            await channel.send(parcel("接着聊？", "好", link=Link("打开", "https://s.example/a")))
            assert [shown.words for shown in house.world.to(ZHANG)][1:] == ["· 好"]

    async def test_who_reads_plainly_gets_the_bare_address(self, house) -> None:
        async with house.live(plain_only=True) as channel:
            await heard(house)
            await channel.send(parcel("接着聊", link=Link("打开", "https://s.example/a_b_c")))
            assert house.world.to(ZHANG)[0].words == "接着聊\nhttps://s.example/a_b_c"

    async def test_a_welcome_shows_the_bare_address(self, house) -> None:
        async with house.live(welcome_wait=5.0) as channel:
            house.server.enters(ZHANG)
            await until(lambda: house.kept)
            await channel.send(parcel("您好", link=Link("打开", "https://s.example/a")))
            (shown,) = house.world.to(ZHANG)
            assert (shown.way, shown.words) == ("welcome", "您好\nhttps://s.example/a")

    async def test_what_people_typed_does_nothing_to_the_look(self, house) -> None:
        typed = "&lt;think&gt;他&lt;/think&gt; # 一 **二** [三](http://x)"
        async with house.live() as channel:
            await heard(house)
            await channel.send(parcel(typed))
            assert house.world.to(ZHANG)[0].words == "＜think>他＜/think> # 一 ＊＊二＊＊ [三]（http://x)"

    async def test_words_that_grow_beyond_the_measure_are_cut_in_two(self, house) -> None:
        async with house.live() as channel:
            await heard(house)
            await channel.send(parcel("&lt;" * 8000))
            shown = house.world.to(ZHANG)
            assert [one.way for one in shown] == ["reply", "push"] and sum(len(one.words) for one in shown) == 8000


class TestFailing:
    @pytest.mark.parametrize("cmd", ["aibot_respond_msg", "aibot_send_msg"])
    async def test_a_lost_acknowledgement_makes_at_most_one_copy(self, house, cmd) -> None:
        async with house.live() as channel:
            await heard(house)
            house.server.fault(cmd, "lost")
            one = parcel("记下了", is_reply=cmd == "aibot_respond_msg")
            assert (await failed(channel, one)).is_unknown
            await channel.send(one)
            shown = house.world.to(ZHANG)
            # The answer to a callback is a stream with a name: the second try only writes over the first.
            assert len(shown) == (1 if cmd == "aibot_respond_msg" else 2)
            assert {one.words for one in shown} == {"记下了"}

    async def test_the_last_try_waits_until_wecom_answers_at_all(self, house) -> None:
        house.world.writers.add(ZHANG)
        # A heart so slow that only the message itself finds the line dead.
        async with house.live(beats=replace(QUICK, ping=30.0, ack=0.3)) as channel:
            house.server.is_mute = True
            assert (await failed(channel, parcel("提醒"))).is_unknown
            failure = await failed(channel, parcel("提醒"))
            assert failure.wait is not None and not failure.is_unknown
            house.server.is_mute = False
            await channel.send(parcel("提醒"))
            assert [one.words for one in house.world.to(ZHANG)] == ["提醒"]

    async def test_a_line_that_breaks_on_the_way_leaves_it_unknown_at_once(self, house) -> None:
        house.world.writers.add(ZHANG)
        house.server.fault("aibot_send_msg", "late")
        async with house.live(beats=replace(QUICK, ack=60.0)) as channel:
            sending = asyncio.create_task(channel.send(parcel("提醒")))
            await until(lambda: house.server._late)
            house.server.cut()
            await until(sending.done)
            assert isinstance(error := sending.exception(), SendFailed) and error.is_unknown

    async def test_another_command_under_way_is_waited_for(self, house) -> None:
        house.world.writers.add(ZHANG)
        async with house.live() as channel:
            house.server.fault("aibot_send_msg", 6000, 6000)
            await channel.send(parcel("提醒"))
            assert len(house.world.to(ZHANG)) == 1 and len(house.cmds()) == 3

    CODES = {
        "rate": (45009, lambda f: f.wait is not None and not f.for_all),
        "never written to us": (93006, lambda f: f.permanent and f.reason == "not_contacted"),
        "a kind that is not taken": (40008, lambda f: f.is_unfit and f.reason == "declined_40008"),
        "a wrong part": (40058, lambda f: f.is_unfit and not f.permanent),
        "a code of tomorrow": (987654, lambda f: f.is_unfit and f.reason == "declined_987654"),
        "busy": (-1, lambda f: f.is_unknown),
    }

    @pytest.mark.parametrize(("code", "means"), CODES.values(), ids=CODES)
    async def test_each_code_means_what_it_means(self, house, code, means) -> None:
        house.world.writers.add(ZHANG)
        async with house.live() as channel:
            house.server.fault("aibot_send_msg", code)
            assert means(await failed(channel, parcel("提醒")))

    async def test_who_never_wrote_cannot_be_reached(self, house) -> None:
        async with house.live() as channel:
            assert (await failed(channel, parcel("提醒", is_reply=False))).permanent

    async def test_what_is_half_sent_is_not_remembered_without_end(self, house, monkeypatch) -> None:
        monkeypatch.setattr(wecom_aibot, "BEGUN", 3)
        async with house.live() as channel:
            house.server.fault("aibot_send_msg", *[45009] * 5)
            for number in range(5):
                await failed(channel, parcel("提醒", key=str(number)))
            assert list(channel._begun) == ["2", "3", "4"]

    async def test_the_thirty_first_message_of_a_minute_waits(self, house) -> None:
        house.world.writers.add(ZHANG)
        async with house.live() as channel:
            for number in range(28):
                await channel.send(parcel(str(number), key=str(number)))
            failure = await failed(channel, parcel("28", key="28"))
            assert failure.wait is not None
            house.advance(seconds=failure.wait.total_seconds())
            for number in range(28, 31):
                await channel.send(parcel(str(number), key=str(number)))
            assert [one.words for one in house.world.to(ZHANG)] == [str(number) for number in range(31)]
            assert house.server.counts == {}
