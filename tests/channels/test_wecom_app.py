"""Sending through WeCom's app: tokens, limits, repeats, refusals, files and cards, against a WeCom that checks all."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.channels.wecom_letters import LONGEST_MEMORY
from tests.channels.wecom_house import ZHANG, House, failed, parcel
from tests.fakes.wecom_caller import tap
from tests.fakes.wecom_http import IP_WORDS

# The classes of developer.work.weixin.qq.com/document/path/90313, written out: what is left out here is not held to.
SET_UP = (40001, 40013, 40014, 40056, 40091, 41004, 41011, 42001, 48002, 50001, 50003, 60020, 80001, 85005, 301002,
          301042, 701001, 701008, 701019)  # fmt: skip
NOBODY = (40003, 43004, 46004, 60011, 60021, 60111, 81013, 92000, 301021)
CARDS = (40008, 40058, 42014, 42016, 42017, 42049, 43012)
LONG = "后排的孩子也说话了😀。" * 70  # 2030 bytes and more


@pytest_asyncio.fixture
async def house() -> AsyncIterator[House]:
    house = House()
    yield house
    await house.channel.close()


class TestWords:
    async def test_words_arrive_and_the_id_comes_back(self, house) -> None:
        (id,) = await house.channel.send(parcel("记下了。"))
        (sent,) = house.world.to(ZHANG)
        assert (sent.words, sent.kind, sent.id) == ("记下了。", "text", id)

    async def test_the_same_words_twice_in_an_evening_arrive_twice(self, house) -> None:
        for key in ("1", "2"):
            await house.channel.send(parcel("记下了。", key=key))
        assert [sent.words for sent in house.world.to(ZHANG)] == ["记下了。", "记下了。"]

    async def test_a_try_once_more_is_the_same_to_the_byte_and_arrives_once(self, house) -> None:
        house.site.fault("send", -1, after=True)
        assert (await failed(house, parcel("记下了。"))).is_unknown
        await house.channel.send(parcel("记下了。"))
        assert [sent.words for sent in house.world.to(ZHANG)] == ["记下了。"]
        assert house.world.repeats == 1

    @pytest.mark.parametrize(("is_reply", "span"), [(True, {"minutes": 29}), (False, {"hours": 3, "minutes": 59})])
    async def test_a_repeat_is_known_as_long_as_it_may_come(self, house, is_reply, span) -> None:
        for _ in range(2):
            await house.channel.send(parcel("记下了。", is_reply=is_reply))
            house.advance(**span)
        assert (len(house.world.to(ZHANG)), house.world.repeats) == (1, 1)

    async def test_after_a_restart_a_try_is_still_the_same_to_the_byte(self, house) -> None:
        await house.channel.send(parcel("<b>本周</b>", "好", is_reply=False))
        other = House()
        await other.channel.send(parcel("<b>本周</b>", "好", is_reply=False))
        letters = [h.channel._writing.letters(parcel("<b>本周</b>", "好", is_reply=False)) for h in (house, other)]
        assert [one.content for one in letters[0]] == [one.content for one in letters[1]]
        await other.channel.close()

    async def test_bold_is_shown_in_a_reply_and_plain_in_a_prompt(self, house) -> None:
        await house.channel.send(parcel("<b>本周</b>小结", key="1"))
        await house.channel.send(parcel("<b>本周</b>小结", key="2", is_reply=False))
        assert [(s.kind, s.words) for s in house.world.to(ZHANG)] == [
            ("markdown", "**本周**小结"),
            ("text", "本周小结"),
        ]

    async def test_whoever_reads_in_wechat_gets_plain_words_only(self) -> None:
        house = House(plain_only=True)
        assert not house.channel.abilities.has_buttons
        await house.channel.send(parcel("<b>试过了吗？</b>", "试过了", "还没有"))
        (sent,) = house.world.to(ZHANG)
        assert (sent.kind, sent.words) == ("text", "试过了吗？\n\n· 试过了\n· 还没有")
        await house.channel.close()

    async def test_nothing_is_ever_cut_off(self, house) -> None:
        await house.channel.send(parcel(LONG * 3, key="1"))
        await house.channel.send(parcel(f"<b>{LONG}</b>", key="2"))
        sent = house.world.to(ZHANG)
        assert len(sent) >= 4
        assert not any(one.was_cut for one in sent)
        assert "".join(one.words for one in sent).replace("\n", "") == LONG * 4

    async def test_json_goes_as_raw_characters(self, house) -> None:
        await house.channel.send(
            parcel('引号" 反斜杠\\u4e00 换行\n表情😀')
        )  # an escaped letter is refused there: 40033
        assert house.world.to(ZHANG)[0].words == '引号" 反斜杠\\u4e00 换行\n表情😀'


class TestCards:
    async def test_buttons_come_on_a_card(self, house) -> None:
        await house.channel.send(parcel("试过了吗？", "试过了", "还没有"))
        (sent,) = house.world.to(ZHANG)
        assert sent.kind == "template_card"
        assert sent.buttons == {"试过了": "1.a.row.0", "还没有": "1.a.row.1"}

    async def test_words_too_long_for_a_card_come_before_it(self, house) -> None:
        await house.channel.send(parcel(LONG[:400] + "\n哪一条？", "一", "二"))
        assert [sent.kind for sent in house.world.to(ZHANG)] == ["text", "template_card"]
        assert house.world.to(ZHANG)[0].words == LONG[:400] + "\n哪一条？"

    async def test_a_tapped_card_shows_what_was_chosen(self, house) -> None:
        await house.channel.send(parcel("试过了吗？", "试过了", "还没有"))
        (sent,) = house.world.to(ZHANG)
        code = house.world.tap(sent)
        await house.calls(tap(ZHANG, house.seconds, sent.buttons["还没有"], sent.body["task_id"], code))
        await house.settle()
        assert sent.marked == "还没有 ✓"

    async def test_a_card_from_before_a_restart_is_ticked(self, house) -> None:
        await house.channel.send(parcel("试过了吗？", "试过了"))
        (sent,) = house.world.to(ZHANG)
        house.channel._taps._labels.clear()
        await house.calls(tap(ZHANG, house.seconds, "1.a.row.0", sent.body["task_id"], house.world.tap(sent)))
        await house.settle()
        assert sent.marked == "✓"

    async def test_a_code_is_used_once_and_a_used_one_fails_in_silence(self, house) -> None:
        await house.channel.send(parcel("试过了吗？", "试过了"))
        (sent,) = house.world.to(ZHANG)
        code = house.world.tap(sent)
        for second in range(3):
            assert await house.calls(tap(ZHANG, house.seconds + second, "1.a.row.0", sent.body["task_id"], code)) == 200
        await house.settle()
        assert house.world.calls["update"] == 1
        assert await house.calls(tap(ZHANG, house.seconds, "1.a.row.0", sent.body["task_id"], "rc-unknown")) == 200
        await house.settle()
        assert len(house.kept) == 4 and house.health.trouble is None

    async def test_where_no_card_may_be_sent_its_labels_are_words(self, house) -> None:
        house.world.has_callback = False  # 43012
        await house.channel.send(parcel("试过了吗？", "试过了", "还没有"))
        assert house.world.to(ZHANG)[0].words == "试过了吗？\n\n· 试过了\n· 还没有"

    @pytest.mark.parametrize("code", CARDS)
    async def test_a_card_that_is_not_taken_is_said_in_words(self, house, code) -> None:
        house.site.fault("send", code)
        await house.channel.send(parcel("试过了吗？", "试过了"))
        assert [sent.words for sent in house.world.to(ZHANG)] == ["试过了吗？\n\n· 试过了"]

    async def test_a_card_refused_after_its_words_repeats_only_the_labels(self, house) -> None:
        house.world.has_callback = False
        await house.channel.send(parcel(LONG[:400], "一", "二"))
        assert [sent.words for sent in house.world.to(ZHANG)] == [LONG[:400], "· 一\n· 二"]

    async def test_a_card_that_fails_for_now_does_not_bring_its_words_again(self, house) -> None:
        house.site.fault("send")  # passes, and is only counted: the words
        house.site.fault("send", 45009)
        failure = await failed(house, parcel(LONG[:400], "一"))
        assert failure.wait is not None and failure.for_all
        await house.channel.send(parcel(LONG[:400], "一"))
        assert [sent.kind for sent in house.world.to(ZHANG)] == ["text", "template_card"]
        assert house.world.repeats == 0


class TestPeople:
    async def test_spelling_does_not_matter_to_wecom(self, house) -> None:
        await house.channel.send(parcel("好", to="ZHANGLAOSHI".casefold()))
        assert len(house.world.to(ZHANG)) == 1

    async def test_nobody_reached_closes_the_address(self, house) -> None:
        failure = await failed(house, parcel("好", to="somebody.else"))
        assert (failure.reason, failure.permanent) == ("nobody_81013", True)

    @pytest.mark.parametrize("reason", ["invaliduser", "unlicenseduser"])
    async def test_a_zero_with_her_name_in_it_closes_the_address(self, house, reason) -> None:
        if reason == "unlicenseduser":
            house.world.unlicensed.add(ZHANG)
        else:
            house.site.fault(
                "send", body=b'{"errcode":0,"errmsg":"ok","invaliduser":"lilaoshi|zhanglaoshi","msgid":"m"}'
            )
        failure = await failed(house, parcel("好"))
        assert (failure.reason, failure.permanent) == (reason, True)

    async def test_a_name_that_only_contains_hers_is_not_hers(self, house) -> None:
        house.site.fault("send", body=b'{"errcode":0,"errmsg":"ok","invaliduser":"xzhanglaoshi","msgid":"m"}')
        assert await house.channel.send(parcel("好")) == ("m",)


class TestTokens:
    async def test_fifty_parallel_sends_ask_for_one_token(self, house) -> None:
        house.world.members |= {f"t{n}" for n in range(50)}
        await asyncio.gather(*(house.channel.send(parcel("好", key=str(n), to=f"t{n}")) for n in range(50)))
        assert house.world.calls["gettoken"] == 1
        assert len(house.world.sent) == 50

    async def test_fifty_sends_with_a_token_that_ended_ask_for_one_more(self, house) -> None:
        house.world.rotates = True
        house.world.members |= {f"t{n}" for n in range(50)}
        await house.channel.send(parcel("好"))
        house.world.tokens.clear()  # it may end at any time
        await asyncio.gather(*(house.channel.send(parcel("好", key=str(n), to=f"t{n}")) for n in range(50)))
        assert house.world.calls["gettoken"] == 2
        assert len(house.world.sent) == 51

    async def test_a_late_refusal_does_not_cost_the_token_that_another_has_renewed(self, house) -> None:
        house.world.rotates = True
        await house.channel.send(parcel("好"))
        old = house.channel._api._token
        house.world.tokens.clear()
        await house.channel.send(parcel("好", key="2"))
        house.channel._api._drop(old)  # whoever was refused with the old one comes to it only now
        await house.channel.send(parcel("好", key="3"))
        assert house.world.calls["gettoken"] == 2

    async def test_a_token_is_renewed_before_it_ends(self, house) -> None:
        await house.channel.send(parcel("好"))
        house.advance(seconds=6800)
        await house.channel.send(parcel("好", key="2"))
        assert house.world.calls["gettoken"] == 1
        house.advance(seconds=200)
        await house.channel.send(parcel("好", key="3"))
        assert house.world.calls["gettoken"] == 2

    async def test_a_token_is_fetched_again_once_and_not_for_ever(self, house) -> None:
        house.site.fault("send", 42001, times=None)
        failure = await failed(house, parcel("好"))
        assert failure.for_all and failure.wait is not None
        assert (house.world.calls["gettoken"], house.world.calls["send"]) == (2, 2)

    async def test_a_refused_secret_is_not_hammered(self, house) -> None:
        house.site.fault("gettoken", 40001, times=None)
        for key in range(20):
            assert (await failed(house, parcel("好", key=str(key)))).for_all
        assert house.world.calls["gettoken"] == 1
        house.advance(seconds=31)
        house.site.heal()
        await house.channel.send(parcel("好"))
        assert len(house.world.sent) == 1


class TestRefusals:
    @pytest.mark.parametrize("code", [-1, 6000, 45033])
    async def test_busy_may_have_gone_through(self, house, code) -> None:
        house.site.fault("send", code)
        assert (await failed(house, parcel("好"))).is_unknown

    async def test_a_rate_lets_all_wait(self, house) -> None:
        house.site.fault("send", 45009)
        failure = await failed(house, parcel("好"))
        assert failure.for_all and failure.wait.total_seconds() == 60

    @pytest.mark.parametrize("code", SET_UP)
    async def test_what_only_the_office_can_mend_loses_nothing_and_is_told(self, house, code) -> None:
        house.site.fault("send", code, words=IP_WORDS, times=None)
        failure = await failed(house, parcel("好"))
        assert failure.for_all and failure.wait is not None and not failure.permanent
        assert house.health.trouble is not None
        assert len(house.health.notices) == 1

    async def test_an_untrusted_address_is_named(self, house) -> None:
        house.site.fault("send", 60020, words=IP_WORDS)
        await failed(house, parcel("好"))
        assert house.health.trouble == "trusted_ip 203.0.113.7"
        assert house.health.notices == {"alert__trusted_ip": {"ip": "203.0.113.7"}}

    async def test_what_is_taken_again_is_no_trouble_any_more(self, house) -> None:
        house.site.fault("send", 60020, words=IP_WORDS)
        await failed(house, parcel("好"))
        await house.channel.send(parcel("好"))
        assert (house.health.notices, house.health.trouble) == ({}, None)

    @pytest.mark.parametrize("code", NOBODY)
    async def test_a_person_who_cannot_be_reached(self, house, code) -> None:
        house.site.fault("send", code)
        assert (await failed(house, parcel("好"))).permanent

    @pytest.mark.parametrize("code", [40008, 40058, 40063, 44004, 82001, 999999])
    async def test_a_mistake_of_ours_is_final_and_seen_by_its_code(self, house, code) -> None:
        house.site.fault("send", code)
        failure = await failed(house, parcel("好"))
        assert failure.reason == f"declined_{code}"
        assert not (failure.is_unknown or failure.permanent or failure.wait)

    @pytest.mark.parametrize(
        "answer",
        [{"status": 502, "body": b"<html>bad gateway"}, {"body": b"not json"}, {"body": b"[]"}, {"status": 500, "code": -1},
         {"body": b'{"errcode":"0"}'}],
        ids=["502", "no JSON", "a list", "500", "a code that is a word"],
    )  # fmt: skip
    async def test_an_answer_that_is_none_is_unknown(self, house, answer) -> None:
        house.site.fault("send", **answer)
        assert (await failed(house, parcel("好"))).is_unknown

    async def test_unknown_is_not_tried_beyond_what_wecom_remembers(self, house) -> None:
        house.site.fault("send", -1, times=None)
        assert (await failed(house, parcel("好"))).is_unknown
        house.advance(seconds=LONGEST_MEMORY + 1)
        failure = await failed(house, parcel("好"))
        assert (failure.reason, failure.is_unknown, failure.wait) == ("unknown_for_long", False, None)

    async def test_no_error_tells_what_was_said(self, house) -> None:
        house.site.fault("send", 40058, words="content 秘密 is wrong")
        failure = await failed(house, parcel("秘密"))
        assert "秘密" not in repr(failure) and failure.__cause__ is None
