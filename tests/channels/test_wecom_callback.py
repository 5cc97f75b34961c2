"""Callbacks of WeCom's app: everything of theirs is kept once and read; everything else is turned away, and counted."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.channels import File
from bot.channels.wecom_parse import envelope, parse
from bot.channels.wecom_xml import LIMIT
from tests.channels.wecom_house import LI, ZHANG, House
from tests.fakes.wecom_caller import callback, cdata, document, echo_query, event, message, query_of, seal, tap

AT = 1_760_000_000


@pytest_asyncio.fixture
async def house() -> AsyncIterator[House]:
    house = House()
    yield house
    await house.channel.close()


def read(parts):
    """Read a document as the inbox hands it over."""
    return parse({name: value if isinstance(value, dict | list) else str(value) for name, value in parts.items()})


class TestEcho:
    async def test_the_console_gets_its_words_and_nothing_else(self, house) -> None:
        assert house.channel.echo(echo_query("1616140317555161061", AT)) == (200, "1616140317555161061")

    async def test_a_plus_that_was_decoded_once_too_often_is_still_a_plus(self, house) -> None:
        for _ in range(20):  # about every second cipher text holds one
            query = echo_query("word", AT)
            assert house.channel.echo({**query, "echostr": query["echostr"].replace("+", " ")}) == (200, "word")

    @pytest.mark.parametrize("name", ["msg_signature", "timestamp", "nonce", "echostr"])
    async def test_whatever_is_missing_it_gets_nothing(self, house, name) -> None:
        query = echo_query("word", AT)
        del query[name]
        assert house.channel.echo(query) == (403, "")

    async def test_an_app_that_only_sends_has_no_door(self) -> None:
        house = House(token="", aes_key="")
        assert house.channel.echo(echo_query("word", AT)) == (404, "")
        assert await house.calls(message(ZHANG, "text", AT, Content="你好")) == 404
        await house.channel.close()


class TestKeeping:
    async def test_a_message_is_kept_with_its_spelling_and_its_sender_folded(self, house) -> None:
        assert await house.calls(message(ZHANG, "text", AT, Content="今天的公开课很顺利😀 ]]> <b>")) == 200
        (kept,) = house.kept
        assert kept.sender == "zhanglaoshi"
        assert kept.body["FromUserName"] == ZHANG
        assert kept.body["Content"] == "今天的公开课很顺利😀 ]]> <b>"

    async def test_three_identical_posts_have_one_effect(self, house) -> None:
        posted = callback(message(ZHANG, "text", AT, Content="好"), house.seconds)
        house.channel._keep = house.keep
        assert [await house.channel.take(*posted) for _ in range(3)] == [200, 200, 200]
        assert len(house.kept) == 1

    async def test_two_taps_in_one_second_have_two_effects(self, house) -> None:
        for key, code in (("1.a.x", "rc-1"), ("1.a.y", "rc-2")):
            assert await house.calls(tap(ZHANG, AT, key, "card@1", code)) == 200
        assert [parse(kept.body).button for kept in house.kept] == ["1.a.x", "1.a.y"]

    @pytest.mark.parametrize("mark", ["EventKey", "TaskId", "ResponseCode", "ChangeType", "UserID", "JobId", "Event"])
    async def test_events_of_one_second_that_differ_in_anything_are_two(self, house, mark) -> None:
        for value in ("one", "other"):
            await house.calls({**tap(ZHANG, AT, "1.a.x", "card@1", "rc-1"), mark: value})
        assert len(house.kept) == 2

    async def test_two_menu_taps_of_two_people_in_one_second_have_two_effects(self, house) -> None:
        for who in (ZHANG, LI):
            await house.calls(event(who, "click", AT, EventKey="/note"))
        assert len(house.kept) == 2

    async def test_who_opens_the_chat_again_and_again_is_welcomed_once(self, house) -> None:
        for minute in range(3):
            await house.calls(event(ZHANG, "enter_agent", AT + 60 * minute))
        assert len(house.kept) == 1
        await house.calls(event(LI, "enter_agent", AT))
        assert len(house.kept) == 2

    async def test_what_could_not_be_stored_is_asked_for_again(self, house) -> None:
        house.refusals = [OSError("the disk is full")]
        posted = callback(message(ZHANG, "text", AT, Content="好"), house.seconds)
        house.channel._keep = house.keep
        assert [await house.channel.take(*posted) for _ in range(2)] == [503, 200]
        assert len(house.kept) == 1
        assert house.health.counts == {"turned_away_not_kept": 1}

    async def test_before_we_listen_wecom_is_asked_to_come_again(self, house) -> None:
        posted = callback(message(ZHANG, "text", AT, Content="好"), house.seconds)
        assert await house.channel.take(*posted) == 503

    async def test_a_slow_store_is_waited_for_and_repeats_meanwhile_do_no_harm(self, house) -> None:
        gate = asyncio.Event()

        async def slow(channel, envelopes):
            await gate.wait()
            await house.keep(channel, envelopes)

        house.channel._keep = slow
        posted = callback(message(ZHANG, "text", AT, Content="好"), house.seconds)
        asking = [asyncio.create_task(house.channel.take(*posted)) for _ in range(3)]
        await asyncio.sleep(0)
        assert not any(task.done() for task in asking)
        gate.set()
        assert await asyncio.gather(*asking) == [200, 200, 200]
        assert len(house.kept) == 1

    async def test_genuine_words_that_are_no_document_are_kept_to_be_set_aside(self, house) -> None:
        assert await house.calls("<xml><Content>half") == 200
        (kept,) = house.kept
        with pytest.raises(ValueError):
            parse(kept.body)

    async def test_raw_control_characters_cost_nothing(self, house) -> None:
        parts = message(ZHANG, "text", AT, Content="好\x00\x07\x0b的")
        assert await house.calls(parts) == 200
        assert parse(house.kept[0].body).text == "好的"


BOMB = '<!DOCTYPE xml [<!ENTITY a "hahaha"><!ENTITY b "&a;&a;&a;&a;">]><xml><Encrypt>&b;</Encrypt></xml>'


class TestTurningAway:
    def posted(self, house, **twists):
        return callback(message(ZHANG, "text", AT, Content="好"), house.seconds, **twists)

    async def refused(self, house, query, body) -> str:
        """Post something; return under which name it was counted."""
        house.channel._keep = house.keep
        assert await house.channel.take(query, body) in (400, 403, 413)
        assert house.kept == []
        (reason,) = house.health.counts
        return reason.removeprefix("turned_away_")

    async def test_a_wrong_signature(self, house) -> None:
        query, body = self.posted(house)
        assert await self.refused(house, {**query, "msg_signature": "0" * 40}, body) == "signature"

    async def test_no_query_at_all(self, house) -> None:
        assert await self.refused(house, {}, self.posted(house)[1]) == "signature"

    async def test_another_receiver(self, house) -> None:
        assert await self.refused(house, *self.posted(house, receiver="ww0000000000000000")) == "receiver"

    async def test_another_corporation_inside(self, house) -> None:
        parts = {**message(ZHANG, "text", AT, Content="好"), "ToUserName": "ww0000000000000000"}
        assert await self.refused(house, *callback(parts, house.seconds)) == "receiver"

    async def test_another_app_outside(self, house) -> None:
        assert await self.refused(house, *self.posted(house, agent=1000099)) == "agent"

    @pytest.mark.parametrize("name", ["AgentID", "AgentId"])
    async def test_another_app_inside(self, house, name) -> None:
        parts = {**event(ZHANG, "click", AT, EventKey="/note"), name: 1000099}
        assert await self.refused(house, *callback(parts, house.seconds)) == "agent"

    async def test_bad_padding(self, house) -> None:
        sealed = seal("x" * 20)[:-24] + "A" * 24
        body = document({"Encrypt": sealed}).encode()
        reason = await self.refused(house, query_of(sealed, house.seconds), body)
        assert reason in ("padding", "cipher", "length", "receiver")

    @pytest.mark.parametrize("sealed", ["", "QQ==", "不是"], ids=["nothing", "one byte", "no base64"])
    async def test_no_cipher(self, house, sealed) -> None:
        body = f"<xml><Encrypt>{cdata(sealed)}</Encrypt></xml>".encode()
        assert await self.refused(house, query_of(sealed, house.seconds), body) in ("xml", "cipher")

    @pytest.mark.parametrize(
        "body",
        [b"", b"{}", b"<xml/>", b"<xml><Encrypt>", BOMB.encode(), b"\xff\xfe\x00", b"<xml><Encrypt>A</Encrypt><Encrypt>B</Encrypt></xml>"],
        ids=["nothing", "JSON", "empty", "cut off", "an entity bomb", "binary", "two of them"],
    )  # fmt: skip
    async def test_no_document(self, house, body) -> None:
        assert await self.refused(house, query_of("QQ==", house.seconds), body) == "xml"

    async def test_too_large(self, house) -> None:
        body = b"<xml><Encrypt>" + b"A" * LIMIT + b"</Encrypt></xml>"
        assert await self.refused(house, query_of("A", house.seconds), body) == "too_large"

    @pytest.mark.parametrize("seconds", [-601, 601])
    async def test_a_time_too_far_away(self, house, seconds) -> None:
        posted = callback(message(ZHANG, "text", AT, Content="好"), house.seconds + seconds)
        assert await self.refused(house, *posted) == "time"

    @pytest.mark.parametrize("timestamp", ["", "soon", "-1", "9" * 400, "１７６０００００００"])
    async def test_no_time(self, house, timestamp) -> None:
        sealed = seal(document(message(ZHANG, "text", AT, Content="好")))
        body = document({"Encrypt": sealed}).encode()
        assert await self.refused(house, query_of(sealed, timestamp), body) == "time"

    async def test_times_are_not_looked_at_when_the_window_is_nought(self) -> None:
        house = House(replay_window=0)
        house.channel._keep = house.keep
        assert await house.channel.take(*callback(message(ZHANG, "text", AT, Content="好"), 17)) == 200
        await house.channel.close()

    async def test_after_all_that_the_next_message_is_kept(self, house) -> None:
        house.channel._keep = house.keep
        for body in (b"", BOMB.encode(), b"<xml>" * 1000):
            await house.channel.take({}, body)
        assert await house.calls(message(ZHANG, "text", AT, Content="好")) == 200
        assert len(house.kept) == 1
        assert sum(house.health.counts.values()) == 3


class TestReading:
    def test_words(self) -> None:
        found = read(message(ZHANG, "text", AT, Content="帮助"))
        assert (found.kind, found.text, found.address) == ("text", "帮助", "zhanglaoshi")
        assert found.message_id.startswith("73") and found.sent_at.timestamp() == AT

    @pytest.mark.parametrize(
        ("kind", "parts", "file"),
        [
            ("image", {"PicUrl": "http://p.example/1", "MediaId": "M1"}, File("photo", "M1", mime="image/jpeg")),
            ("voice", {"MediaId": "M2", "Format": "amr"}, File("voice", "M2", mime="audio/amr")),
            ("video", {"MediaId": "M3", "ThumbMediaId": "T"}, File("video", "M3", mime="video/mp4")),
        ],
    )
    def test_media(self, kind, parts, file) -> None:
        found = read(message(ZHANG, kind, AT, **parts))
        assert (found.kind, found.files) == ("files", (file,))

    @pytest.mark.parametrize("kind", ["location", "link", "of a later year"])
    def test_what_we_cannot_keep_is_an_oddity(self, kind) -> None:
        found = read(message(ZHANG, kind, AT, Title="t", Url="http://x.example", Label="school"))
        assert found.kind == "oddity" and found.oddity in ("location", "link", "unknown")

    @pytest.mark.parametrize(
        ("name", "kind"),
        [("subscribe", "start"), ("enter_agent", "start"), ("unsubscribe", "blocked"), ("view", "nothing"),
         ("LOCATION", "nothing"), ("scancode_push", "nothing"), ("batch_job_result", "nothing"),
         ("change_contact", "nothing"), ("inactive_alert", "nothing"), ("of_a_later_year", "nothing")],
    )  # fmt: skip
    def test_events(self, name, kind) -> None:
        assert read(event(ZHANG, name, AT)).kind == kind

    def test_a_menu_tap_is_its_command(self) -> None:
        found = read(event(ZHANG, "click", AT, EventKey="/note"))
        assert (found.kind, found.text) == ("text", "/note")

    def test_taps_on_cards(self) -> None:
        assert read(tap(ZHANG, AT, "1.a.row.2", "17@x", "rc")).button == "1.a.row.2"
        menu = event(ZHANG, "template_card_menu_event", AT, EventKey="1.o.row.1", TaskId="17@x", ResponseCode="rc")
        assert read(menu).button == "1.o.row.1"

    @pytest.mark.parametrize(
        "body",
        [{}, {"FromUserName": ""}, {"FromUserName": "a"}, {"FromUserName": ["a", "b"], "MsgType": "text"},
         {"FromUserName": "a", "MsgType": "text"}, {"FromUserName": "a", "MsgType": "text", "Content": {"x": "y"}},
         {"FromUserName": "a", "MsgType": "image"}, {"FromUserName": "a", "MsgType": "event", "Event": "click"},
         {"unreadable": "<xml>"}],
    )  # fmt: skip
    def test_what_cannot_be_read_raises_and_still_has_an_envelope(self, body) -> None:
        assert envelope(body).platform_id
        with pytest.raises(ValueError):
            parse(body)

    def test_a_moment_that_is_none_is_left_out(self) -> None:
        for at in ("", "x", "9" * 30):
            assert read({**message(ZHANG, "text", AT, Content="好"), "CreateTime": at}).sent_at is None
