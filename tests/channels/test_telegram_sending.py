"""Sending and fetching over HTTP: every refusal of Telegram has one meaning, and an unknown outcome is called that."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from telegram.error import NetworkError, TelegramError, TimedOut

from bot.channels import Button, Health, Link, Parcel
from bot.channels.telegram import Telegram
from bot.channels.telegram_errors import send_failed
from bot.errors import FetchFailed, SendFailed
from tests.channels.conftest import COLLEAGUE, GROUP, TEACHER, Make
from tests.fakes.telegram_server import FakeTelegram

ROWS = ((Button("好了", "v1:done"), Button("跳过", "v1:skip")), (Button("先放着", "v1:later"),))


def parcel(html: str = "<b>写好了</b>\n明天试试？", plain: str = "写好了\n明天试试？", **more: Any) -> Parcel:
    return Parcel(**({"address": str(TEACHER), "html": html, "plain": plain, "key": "k1"} | more))


async def failing(channel: Telegram, sent: Parcel | None = None) -> SendFailed:
    """Send and return how it failed."""
    with pytest.raises(SendFailed) as raised:
        await channel.send(sent or parcel())
    assert raised.value.__suppress_context__, "a traceback may show what the message said"
    return raised.value


def meaning(failed: SendFailed) -> dict[str, Any]:
    """Give what a failure says, without what it does not say."""
    return {name: value for name, value in vars(failed).items() if name != "reason" and value}


async def test_a_message_goes_out_as_light_html_with_buttons(server: FakeTelegram, channel: Telegram) -> None:
    (id,) = await channel.send(parcel(buttons=ROWS))
    sent = server.last(TEACHER)
    assert id == str(sent.message_id)
    assert (sent.text, sent.html) == ("写好了\n明天试试？", "<b>写好了</b>\n明天试试？")
    assert [[(button.text, button.data) for button in row] for row in sent.buttons] == [
        [("好了", "v1:done"), ("跳过", "v1:skip")],
        [("先放着", "v1:later")],
    ]
    assert sent.parameters["link_preview_options"] == '{"is_disabled": true}'


LINK = Link("打开网页", "https://zhixing.school.example/join/QH7K2D")


async def test_a_link_is_a_button_above_the_others(server: FakeTelegram, channel: Telegram) -> None:
    await channel.send(parcel(buttons=ROWS[:1], link=LINK))
    sent = server.last(TEACHER)
    assert [[(button.text, button.url, button.data) for button in row] for row in sent.buttons] == [
        [("打开网页", LINK.url, None)],
        [("好了", None, "v1:done"), ("跳过", None, "v1:skip")],
    ]
    assert LINK.url not in sent.text


@pytest.mark.parametrize(
    "document", [{}, {"file_name": "表.docx", "file_bytes": b"document"}], ids=["words", "document"]
)
async def test_an_address_that_fits_no_button_stands_below_the_words(
    server: FakeTelegram, channel: Telegram, document: dict[str, Any]
) -> None:
    await channel.send(parcel(buttons=ROWS[:1], link=Link("打开网页", "http://localhost:8080/join/Q&7"), **document))
    sent = server.last(TEACHER)
    assert sent.text.endswith("明天试试？\nhttp://localhost:8080/join/Q&7")
    assert sent.labels == ["好了", "跳过"]


async def test_another_refusal_is_not_taken_for_one_of_the_address(server: FakeTelegram, channel: Telegram) -> None:
    server.fault("sendMessage", status=400, description="Bad Request: MESSAGE_TOO_LONG", times=None)
    assert meaning(await failing(channel, parcel(link=LINK))) == {"is_unfit": True}
    assert len(server.called("sendMessage")) == 1


async def test_what_people_wrote_cannot_become_a_tag(server: FakeTelegram, channel: Telegram) -> None:
    await channel.send(parcel("<b>林</b>：3 &lt; 4 &amp; &#39;x&#39;", "林：3 < 4 & 'x'"))
    assert server.last(TEACHER).text == "林：3 < 4 & 'x'"


async def test_html_that_telegram_cannot_read_goes_out_plain_once(server: FakeTelegram, channel: Telegram) -> None:
    await channel.send(parcel("<b>没关上", "没关上", buttons=ROWS))
    sent = server.last(TEACHER)
    assert (sent.text, sent.parse_mode, sent.labels) == ("没关上", None, ["好了", "跳过", "先放着"])
    assert [call.status for call in server.called("sendMessage")] == [400, 200]


async def test_plain_words_that_are_refused_too_are_not_tried_for_ever(server: FakeTelegram, channel: Telegram) -> None:
    assert meaning(await failing(channel, parcel("<b>没关上", ""))) == {"is_unfit": True}
    assert len(server.called("sendMessage")) == 2


MAYBE = {"is_unknown": True, "wait": timedelta(seconds=5)}


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        pytest.param({"retry_after": 17}, {"wait": timedelta(seconds=17)}, id="too many"),
        pytest.param(
            {"status": 429, "description": "Too Many Requests"},
            {"wait": timedelta(seconds=5)},
            id="too many, no time told",
        ),
        pytest.param({"status": 403}, {"permanent": True}, id="blocked"),
        pytest.param(
            {"status": 403, "description": "Forbidden: user is deactivated"},
            {"permanent": True},
            id="an account closed",
        ),
        pytest.param(
            {"status": 400, "description": "Bad Request: chat not found"}, {"permanent": True}, id="no such chat"
        ),
        pytest.param(
            {"status": 400, "description": "Bad Request: group chat was deactivated"},
            {"permanent": True},
            id="no group",
        ),
        pytest.param(
            {"status": 400, "description": "Bad Request: BUTTON_DATA_INVALID"}, {"is_unfit": True}, id="a bad button"
        ),
        pytest.param({"status": 413, "body": b"<html>"}, {"is_unfit": True}, id="too much at once"),
        pytest.param({"status": 401}, {"wait": timedelta(seconds=60), "for_all": True}, id="the token is refused"),
        pytest.param({"status": 500}, MAYBE, id="a server in trouble may have sent it"),
        pytest.param({"status": 502}, MAYBE, id="a gateway in trouble may have sent it"),
        pytest.param({"hangup": "before"}, MAYBE, id="a line that broke before may have broken after"),
        pytest.param({"hangup": "after"}, MAYBE, id="a line that broke after"),
        pytest.param({"body": b"<html>ok</html>"}, MAYBE, id="an answer nobody can read"),
        pytest.param({"body": b'{"ok": true, "result": true}'}, {"is_unknown": True}, id="no message in it"),
        pytest.param({"body": b'{"ok": true, "result": {}}'}, {"is_unknown": True}, id="a message without its number"),
        pytest.param(
            {"status": 403, "body": b"<html>blocked by the firewall</html>"},
            {"wait": timedelta(seconds=30), "for_all": True},
            id="a firewall's 403 closes nobody's address",
        ),
        pytest.param(
            {"status": 302, "body": b""}, {"wait": timedelta(seconds=30), "for_all": True}, id="a login page in between"
        ),
        pytest.param({"status": 409}, MAYBE, id="a conflict, of which nobody knows"),
    ],
)
async def test_every_refusal_has_a_meaning(
    server: FakeTelegram, channel: Telegram, fault: dict[str, Any], expected: dict[str, Any]
) -> None:
    server.fault("sendMessage", **fault)
    assert meaning(await failing(channel)) == expected
    assert len(server.called("sendMessage")) == 1, "whether to try again is not the channel's to decide"


async def test_a_message_that_went_out_before_the_line_broke_is_out(server: FakeTelegram, channel: Telegram) -> None:
    server.fault("sendMessage", hangup="after")
    assert (await failing(channel)).is_unknown
    assert [sent.text for sent in server.sent(TEACHER)] == ["写好了\n明天试试？"]


async def test_the_real_refusals(server: FakeTelegram, channel: Telegram) -> None:
    assert (await failing(channel, parcel(address=str(COLLEAGUE)))).permanent, "she has never pressed Start"
    assert (await failing(channel, parcel(address="-1009"))).permanent, "no such group"
    server.blocks(TEACHER)
    assert (await failing(channel)).permanent, "blocked"
    server.unblocks(TEACHER)
    assert (await failing(channel, parcel("字" * 4097, "字" * 4097))).is_unfit, "too long"
    assert (await failing(channel, parcel("", ""))).is_unfit, "empty"
    assert server.sent() == []
    assert await channel.send(parcel("字" * 4096, "字" * 4096))


async def test_a_group_that_moved_tells_where_to(server: FakeTelegram, channel: Telegram) -> None:
    server.says_in_group(GROUP, TEACHER, "大家好")
    server.group_moves(GROUP, -1005)
    assert meaning(await failing(channel, parcel(address=str(GROUP)))) == {"moved_to": "-1005"}
    assert await channel.send(parcel(address="-1005"))


async def test_a_flood_is_for_one_chat(make: Make, server: FakeTelegram, channel: Telegram) -> None:
    server.knows(COLLEAGUE)
    server.fault("sendMessage", retry_after=9, chat_id=TEACHER)
    failed = await failing(channel)
    assert (failed.wait, failed.for_all) == (timedelta(seconds=9), False)
    assert await channel.send(parcel(address=str(COLLEAGUE)))


async def test_a_refused_token_is_a_trouble_of_the_channel(
    server: FakeTelegram, channel: Telegram, health: Health
) -> None:
    server.fault("sendMessage", status=401)
    await failing(channel)
    assert health.trouble == "token_refused"


async def test_where_nobody_listens_nothing_was_sent(make: Make) -> None:
    nowhere = make(base_url="http://127.0.0.1:1/bot")
    assert meaning(await failing(nowhere)) == {"wait": timedelta(seconds=5)}


@pytest.mark.parametrize(
    ("cause", "error", "expected"),
    [
        pytest.param(httpx.PoolTimeout("full"), TimedOut(), {"wait": timedelta(seconds=5)}, id="no free line"),
        pytest.param(httpx.ConnectTimeout("slow"), TimedOut(), {"wait": timedelta(seconds=5)}, id="no line in time"),
        pytest.param(httpx.ProxyError("no"), NetworkError("x"), {"wait": timedelta(seconds=5)}, id="no way out"),
        pytest.param(httpx.ReadTimeout("slow"), TimedOut(), MAYBE, id="no answer in time"),
        pytest.param(httpx.WriteTimeout("slow"), TimedOut(), MAYBE, id="half a request"),
        pytest.param(httpx.RemoteProtocolError("gone"), NetworkError("x"), MAYBE, id="a line cut off"),
        pytest.param(None, TelegramError("new"), MAYBE, id="an error of which nobody knows"),
    ],
)
def test_whether_a_request_can_have_arrived(
    cause: Exception | None, error: TelegramError, expected: dict[str, Any]
) -> None:
    error.__cause__ = cause
    assert meaning(send_failed(error)) == expected


# Documents

RECORD = b"PK\x03\x04" + bytes(2000)


async def test_a_document_goes_out_with_its_name_words_and_buttons(server: FakeTelegram, channel: Telegram) -> None:
    whole = parcel(file_name="听课记录（三年级）.docx", file_bytes=RECORD, buttons=ROWS)
    (id,) = await channel.send(whole)
    sent = server.last(TEACHER)
    assert (id, sent.method) == (str(sent.message_id), "sendDocument")
    assert (sent.file_name, sent.document) == ("听课记录（三年级）.docx", RECORD)
    assert (sent.text, sent.labels) == ("写好了\n明天试试？", ["好了", "跳过", "先放着"])


async def test_a_document_whose_words_cannot_be_read_is_sent_once(server: FakeTelegram, channel: Telegram) -> None:
    await channel.send(parcel("<i>没关上", "没关上", file_name="a.docx", file_bytes=RECORD))
    assert [(sent.text, sent.document) for sent in server.sent(TEACHER)] == [("没关上", RECORD)]


@pytest.mark.parametrize(
    ("words", "methods"),
    [
        pytest.param("字" * 1024, ["sendDocument"], id="as long as may be"),
        pytest.param("字" * 1025, ["sendDocument", "sendMessage"], id="one sign too long"),
        pytest.param("😀" * 512, ["sendDocument"], id="emoji count twice"),
        pytest.param("😀" * 513, ["sendDocument", "sendMessage"], id="one emoji too long"),
    ],
)
async def test_words_too_long_for_a_document_follow_it(
    server: FakeTelegram, channel: Telegram, words: str, methods: list[str]
) -> None:
    ids = await channel.send(parcel(f"<b>{words}</b>", words, file_name="a.docx", file_bytes=RECORD, buttons=ROWS))
    sent = server.sent(TEACHER)
    assert [message.method for message in sent] == methods
    assert (sent[0].document, sent[-1].text) == (RECORD, words)
    assert ids == tuple(str(message.message_id) for message in sent)
    assert [len(message.labels) for message in sent] == [0] * (len(methods) - 1) + [3]


async def test_a_document_is_not_sent_again_when_only_its_words_failed(server: FakeTelegram, channel: Telegram) -> None:
    long = parcel("字" * 2000, "字" * 2000, file_name="a.docx", file_bytes=RECORD)
    server.fault("sendMessage", retry_after=3)
    failed = await failing(channel, long)
    ids = await channel.send(long)
    assert [sent.method for sent in server.sent(TEACHER)] == ["sendDocument", "sendMessage"]
    assert ids == tuple(str(sent.message_id) for sent in server.sent(TEACHER))
    assert (failed.wait, failed.sent) == (timedelta(seconds=3), ids[:1]), "what is out already can be taken back"
    await channel.send(long)
    assert len(server.sent(TEACHER)) == 4, "a parcel that is through is forgotten"


async def test_a_document_that_failed_is_tried_with_its_words(server: FakeTelegram, channel: Telegram) -> None:
    long = parcel("字" * 2000, "字" * 2000, file_name="a.docx", file_bytes=RECORD)
    server.fault("sendDocument", retry_after=3)
    await failing(channel, long)
    await channel.send(long)
    assert [sent.method for sent in server.sent(TEACHER)] == ["sendDocument", "sendMessage"]


async def test_an_empty_document_is_unfit(channel: Telegram) -> None:
    assert (await failing(channel, parcel(file_name="a.docx"))).is_unfit


# Attachments


async def test_what_was_sent_is_fetched(server: FakeTelegram, channel: Telegram) -> None:
    content = bytes(range(256)) * 2000
    said = server.sends_photo(TEACHER, content, caption="板书")
    (photo,) = channel.parse(server.state.known[said].update).files
    assert await channel.fetch(photo.file_id, len(content)) == content


def stored(server: FakeTelegram, size: int | None = None, name: str = "教案 #1?.docx") -> str:
    """Let a file lie at Telegram and return its id."""
    return server.state.store_file("documents", b"x" * 1000, name, size).file_id


@pytest.mark.parametrize(
    ("size", "at_most"),
    [
        pytest.param(21 * 1024 * 1024, 10**9, id="Telegram will not hand it out"),
        pytest.param(5000, 4999, id="larger than wanted, as told"),
        pytest.param(10, 999, id="larger than told"),
    ],
)
async def test_too_large_is_not_fetched(server: FakeTelegram, channel: Telegram, size: int, at_most: int) -> None:
    with pytest.raises(FetchFailed, match="too_large"):
        await channel.fetch(stored(server, size), at_most)


async def test_exactly_as_large_as_allowed_is_fetched(server: FakeTelegram, channel: Telegram) -> None:
    assert await channel.fetch(stored(server), 1000) == b"x" * 1000


@pytest.mark.parametrize(
    ("method", "fault", "reason"),
    [
        pytest.param("getFile", {"status": 400, "description": "Bad Request: wrong file_id"}, "gone", id="no file"),
        pytest.param("getFile", {"status": 502}, "unreachable", id="a gateway in trouble"),
        pytest.param("getFile", {"hangup": "before"}, "unreachable", id="no line"),
        pytest.param("getFile", {"retry_after": 3}, "unreachable", id="too many"),
        pytest.param("getFile", {"body": b'{"ok": true, "result": {}}'}, "gone", id="no path"),
        pytest.param("getFile", {"body": b'{"ok": true, "result": 5}'}, "gone", id="no object"),
        pytest.param("download", {"status": 404}, "gone", id="no longer there"),
        pytest.param("download", {"status": 500}, "unreachable", id="trouble while downloading"),
        pytest.param("download", {"hangup": "before"}, "unreachable", id="the line breaks"),
    ],
)
async def test_why_a_file_could_not_be_had(
    server: FakeTelegram, channel: Telegram, method: str, fault: dict[str, Any], reason: str
) -> None:
    server.fault(method, **fault)
    id = stored(server)
    with pytest.raises(FetchFailed) as raised:
        await channel.fetch(id, 1000)
    assert raised.value.reason == reason
    assert server.token not in repr(raised.value)
    assert await channel.fetch(id, 1000) == b"x" * 1000, "the next try is a new one"


# Taking back


async def test_a_message_is_deleted_for_both_sides_and_once_more_is_harmless(
    server: FakeTelegram, channel: Telegram
) -> None:
    (id,) = await channel.send(parcel())
    await channel.unsay(str(TEACHER), id)
    assert server.sent(TEACHER)[0].deleted
    await channel.unsay(str(TEACHER), id)
    assert len(server.called("deleteMessage")) == 2


async def test_a_message_that_is_too_old_stays(server: FakeTelegram, channel: Telegram) -> None:
    (id,) = await channel.send(parcel())
    server.state.raw[TEACHER][int(id)]["date"] -= channel.abilities.unsay_within + 60
    with pytest.raises(SendFailed) as raised:
        await channel.unsay(str(TEACHER), id)
    assert meaning(raised.value) == {"is_unfit": True}
    assert not server.sent(TEACHER)[0].deleted
