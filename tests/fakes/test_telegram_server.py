"""The fake Telegram answers python-telegram-bot as the real one does."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, ReplyParameters, Update
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError
from telegram.request import HTTPXRequest

from tests.fakes.telegram_server import FakeTelegram

TEACHER, GROUP = 501, -1001
pytestmark = pytest.mark.asyncio


@pytest.fixture
def server() -> Iterator[FakeTelegram]:
    with FakeTelegram(longest_poll=0.3) as server:
        server.knows(TEACHER)
        yield server


def bot_of(server: FakeTelegram, token: str | None = None) -> Bot:
    request = HTTPXRequest(httpx_kwargs={"trust_env": False})
    return Bot(token or server.token, server.base_url, server.base_file_url, request, request)


@pytest_asyncio.fixture
async def bot(server: FakeTelegram) -> AsyncIterator[Bot]:
    async with bot_of(server) as bot:
        yield bot


def choices(*pairs: tuple[str, str]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(text, callback_data=data)] for text, data in pairs])


# Updates.


async def test_an_update_comes_again_until_a_higher_offset_confirms_it(server: FakeTelegram, bot: Bot) -> None:
    first, second = server.says(TEACHER, "一"), server.says(TEACHER, "二")
    for _ in range(2):
        assert [u.update_id for u in await bot.get_updates(timeout=0)] == [first, second]
    assert not server.is_confirmed(first)

    rest = await bot.get_updates(offset=first + 1, timeout=0)

    assert [(u.update_id, u.message.text) for u in rest] == [(second, "二")]
    assert server.is_confirmed(first) and not server.is_confirmed(second)
    assert server.confirmed_offset == first + 1 and server.confirmations[0].at > 0
    assert server.waiting == [second]
    assert server.state.handed_out == {first: 2, second: 3}


async def test_a_long_poll_ends_when_something_is_said(server: FakeTelegram, bot: Bot) -> None:
    server.longest_poll = 30
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    await server.async_wait_until(lambda: server.called("getUpdates"))
    server.says(TEACHER, "在吗", name="陈老师", language=None)
    [update] = await poll
    assert update.effective_user.first_name == "陈老师"
    assert update.effective_user.language_code is None


async def test_limit_and_negative_offset(server: FakeTelegram, bot: Bot) -> None:
    ids = [server.says(TEACHER, str(n)) for n in range(4)]
    assert [u.update_id for u in await bot.get_updates(limit=2)] == ids[:2]
    assert [u.update_id for u in await bot.get_updates(offset=-1)] == ids[3:]
    assert server.waiting == ids[3:]


async def test_a_second_poller_ends_the_first(server: FakeTelegram, bot: Bot) -> None:
    server.longest_poll = 30
    first = asyncio.create_task(bot.get_updates(timeout=30))
    await server.async_wait_until(lambda: server.called("getUpdates"))
    await bot.get_updates(timeout=0)
    with pytest.raises(Conflict):
        await first


async def test_kinds_not_asked_for_are_not_kept(server: FakeTelegram, bot: Bot) -> None:
    await bot.get_updates(timeout=0, allowed_updates=["message"])
    server.blocks(TEACHER)
    said = server.says(TEACHER, "字")
    assert server.waiting == [said]


async def test_a_confirmed_update_can_be_handed_out_again(server: FakeTelegram, bot: Bot) -> None:
    said = server.says(TEACHER, "一")
    await bot.get_updates(offset=said + 1)
    server.redelivers(said)
    assert [u.update_id for u in await bot.get_updates(offset=said + 1)] == [said]


async def test_waiting_taps_expire_long_before_words() -> None:
    clock = [1_000_000.0]
    with FakeTelegram(now=lambda: clock[0]) as server:
        async with bot_of(server) as bot:
            said, _ = server.says(TEACHER, "字"), server.taps_forged(TEACHER, "x", 1)
            clock[0] += 151
            assert [u.update_id for u in await bot.get_updates()] == [said]
            clock[0] += 24 * 3600
            assert await bot.get_updates() == ()


async def test_a_poisoned_update_is_raw_json_that_the_library_cannot_parse(server: FakeTelegram, bot: Bot) -> None:
    poison = server.poison()
    [raw] = await bot.do_api_request("getUpdates")
    assert raw["update_id"] == poison
    with pytest.raises(TypeError):
        Update.de_json(raw, bot)


# What people do.


async def test_everything_people_send_is_parsed_by_the_library(server: FakeTelegram, bot: Bot) -> None:
    ids = [
        server.starts(TEACHER, "code-7"),
        server.sends_photo(TEACHER, b"jpg", "板书", album="a"),
        server.sends_voice(TEACHER, b"ogg"),
        server.sends_document(TEACHER, "计划.docx", b"zip", mime="application/msword", size=30_000_000),
        server.sends_sticker(TEACHER),
        server.sends_location(TEACHER),
        server.sends_contact(TEACHER),
        server.says_in_group(GROUP, TEACHER, "大家好"),
        server.blocks(TEACHER),
        server.unblocks(TEACHER),
        server.group_moves(GROUP, -1002),
    ]
    updates = await bot.get_updates()
    assert [update.update_id for update in updates] == ids
    start, photo, voice, document, sticker, place, card, group, blocked, unblocked, moved = updates
    assert (start.message.text, start.message.entities[0].length) == ("/start code-7", 6)
    assert (photo.message.caption, photo.message.media_group_id) == ("板书", "a")
    assert voice.message.voice.mime_type == "audio/ogg"
    assert (document.message.document.file_name, document.message.document.file_size) == ("计划.docx", 30_000_000)
    assert sticker.message.sticker and place.message.location and card.message.contact
    assert (group.effective_chat.id, group.effective_user.id) == (GROUP, TEACHER)
    assert blocked.my_chat_member.new_chat_member.status == "kicked"
    assert unblocked.my_chat_member.new_chat_member.status == "member"
    assert moved.message.migrate_to_chat_id == -1002


async def test_an_edit_names_the_message_it_changes(server: FakeTelegram, bot: Bot) -> None:
    said = server.says(TEACHER, "错字")
    server.edits(TEACHER, server.message_of(said), "改好")
    old, new = await bot.get_updates()
    assert old.message.message_id == new.edited_message.message_id
    assert new.edited_message.text == "改好"


async def test_a_tap_carries_the_data_of_the_newest_button_with_that_label(server: FakeTelegram, bot: Bot) -> None:
    for data in ("old", "new"):
        await bot.send_message(TEACHER, "好吗？", reply_markup=choices(("好", data), ("不", "no")))
    server.taps(TEACHER, "好")
    [update] = await bot.get_updates()
    assert update.callback_query.data == "new"
    assert update.callback_query.message.text == "好吗？"

    assert await bot.answer_callback_query(update.callback_query.id, "记下了")
    assert (server.tapped[0].answered, server.tapped[0].toast) == (True, "记下了")
    with pytest.raises(BadRequest, match="(?i)query is too old"):
        await bot.answer_callback_query(update.callback_query.id)


async def test_a_tap_answered_late_is_refused(server: FakeTelegram, bot: Bot) -> None:
    server.state.answer_within = -1
    server.taps_forged(TEACHER, "x", 1)
    with pytest.raises(BadRequest, match="(?i)query is too old"):
        await bot.answer_callback_query(server.tapped[0].id)


async def test_a_tap_on_a_deleted_message_is_inaccessible(server: FakeTelegram, bot: Bot) -> None:
    sent = await bot.send_message(TEACHER, "好吗？", reply_markup=choices(("好", "yes")))
    server.deletes(TEACHER, sent.message_id)
    server.taps(TEACHER, "好", sent.message_id)
    [update] = await bot.get_updates()
    assert not update.callback_query.message.is_accessible


async def test_a_button_that_is_not_there_cannot_be_tapped(server: FakeTelegram, bot: Bot) -> None:
    await bot.send_message(TEACHER, "好吗？", reply_markup=choices(("好", "yes")))
    with pytest.raises(AssertionError, match="好"):
        server.taps(TEACHER, "不")


# Sending.


async def test_a_sent_message_keeps_what_was_written_and_what_is_shown(server: FakeTelegram, bot: Bot) -> None:
    html = "<b>周五</b>：&lt;听课&gt;&#39;"
    sent = await bot.send_message(TEACHER, html, parse_mode="HTML", reply_markup=choices(("好", "v1:ok")))
    kept = server.last(TEACHER)
    assert (sent.text, sent.entities[0].type) == ("周五：<听课>'", "bold")
    assert (kept.message_id, kept.method, kept.text, kept.html) == (
        sent.message_id, "sendMessage", "周五：<听课>'", html,
    )  # fmt: skip
    assert kept.labels == ["好"] and kept.button("v1:ok") is not None


@pytest.mark.parametrize(
    ("text", "mode", "refusal"),
    [
        pytest.param("", None, "message text is empty", id="an empty text"),
        pytest.param("<b> </b>", "HTML", "message text is empty", id="nothing shown between the tags"),
        pytest.param("<b>x", "HTML", "can't find end tag corresponding to start tag", id="an open tag"),
        pytest.param("<i>x</b>", "HTML", "unmatched end tag at byte offset 4", id="crossed tags"),
        pytest.param("三<h1>x</h1>", "HTML", 'unsupported start tag "h1" at byte offset 3', id="an unknown tag"),
        pytest.param("3 < 4", "HTML", 'unsupported start tag "" at byte offset 2', id="a bare less-than"),
        pytest.param("3 <4", "HTML", "unclosed start tag", id="a less-than at the end"),
        pytest.param("x</b>", "HTML", "unexpected end tag", id="an end without a start"),
        pytest.param("字" * 4097, None, "message is too long", id="one sign too many"),
        pytest.param("😀" * 2049, None, "message is too long", id="emoji count twice"),
    ],
)
async def test_refused_texts(server: FakeTelegram, bot: Bot, text: str, mode: str | None, refusal: str) -> None:
    with pytest.raises(BadRequest, match=f"(?i){refusal}"):
        await bot.send_message(TEACHER, text, parse_mode=mode)
    assert server.sent(TEACHER) == []
    assert [call.status for call in server.refused] == [400]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("<b>" + "字" * 4096 + "</b>", "字" * 4096, id="tags do not count"),
        pytest.param("&nbsp;&amp;nbsp;", "&nbsp;&nbsp;", id="other named references stay as written"),
        pytest.param("<blockquote expandable>一\n二</blockquote>\n", "一\n二", id="a folded quotation"),
        pytest.param("a\u202eb\x07c", "ab c", id="overrides and bells are removed"),
    ],
)
async def test_accepted_texts(server: FakeTelegram, bot: Bot, text: str, shown: str) -> None:
    assert (await bot.send_message(TEACHER, text, parse_mode="HTML")).text == shown


@pytest.mark.parametrize("data", ["x" * 65, "字" * 22])
async def test_callback_data_is_counted_in_bytes(server: FakeTelegram, bot: Bot, data: str) -> None:
    with pytest.raises(BadRequest, match="(?i)button_data_invalid"):
        await bot.send_message(TEACHER, "好吗？", reply_markup=choices(("好", data)))


async def test_a_keyboard_has_at_most_a_hundred_buttons(server: FakeTelegram, bot: Bot) -> None:
    await bot.send_message(TEACHER, "选", reply_markup=choices(*[("甲", "a")] * 100))
    with pytest.raises(BadRequest, match="(?i)reply_markup_too_long"):
        await bot.send_message(TEACHER, "选", reply_markup=choices(*[("甲", "a")] * 101))


async def test_who_may_not_be_written_to(server: FakeTelegram, bot: Bot) -> None:
    with pytest.raises(Forbidden, match="initiate conversation"):
        await bot.send_message(999, "你好")
    server.blocks(TEACHER)
    with pytest.raises(Forbidden, match="blocked by the user"):
        await bot.send_message(TEACHER, "你好")
    server.starts(TEACHER)
    assert await bot.send_message(TEACHER, "你好")
    server.says_in_group(GROUP, TEACHER, "大家好")
    server.group_moves(GROUP, -1002)
    with pytest.raises(ChatMigrated):
        await bot.send_message(GROUP, "大家好")


async def test_files_go_both_ways(server: FakeTelegram, bot: Bot) -> None:
    await bot.send_document(TEACHER, b"PK\x03\x04", "<b>表</b>", filename="记录表.docx", parse_mode="HTML")
    await bot.send_photo(TEACHER, b"jpg")
    await bot.send_voice(TEACHER, b"ogg")
    document, photo, voice = server.sent(TEACHER)
    assert (document.document, document.file_name, document.text) == (b"PK\x03\x04", "记录表.docx", "表")
    assert (photo.document, photo.method, voice.method) == (b"jpg", "sendPhoto", "sendVoice")

    server.sends_photo(TEACHER, b"board")
    [update] = await bot.get_updates()
    file = await bot.get_file(update.message.photo[-1].file_id)
    assert bytes(await file.download_as_bytearray()) == b"board"
    assert await bot.send_photo(TEACHER, update.message.photo[-1].file_id)


async def test_a_file_over_twenty_megabytes_cannot_be_fetched(server: FakeTelegram, bot: Bot) -> None:
    server.sends_document(TEACHER, "录像.mp4", b"x", size=20 * 1024 * 1024 + 1)
    [update] = await bot.get_updates()
    with pytest.raises(BadRequest, match="(?i)file is too big"):
        await bot.get_file(update.message.document.file_id)


async def test_editing_and_deleting(server: FakeTelegram, bot: Bot) -> None:
    sent = await bot.send_message(TEACHER, "一", reply_markup=choices(("好", "yes")))
    where = {"chat_id": TEACHER, "message_id": sent.message_id}
    await bot.edit_message_text("<b>二</b>", parse_mode="HTML", reply_markup=choices(("好", "yes")), **where)
    with pytest.raises(BadRequest, match="(?i)message is not modified"):
        await bot.edit_message_text("<b>二</b>", parse_mode="HTML", reply_markup=choices(("好", "yes")), **where)
    await bot.edit_message_reply_markup(**where)
    kept = server.last(TEACHER)
    assert (kept.text, kept.earlier, kept.buttons) == ("二", ("一",), ())

    assert await bot.delete_message(**where)
    assert server.sent(TEACHER)[0].deleted
    with pytest.raises(BadRequest, match="(?i)message to edit not found"):
        await bot.edit_message_text("三", **where)


async def test_a_reply_to_nothing_is_refused(server: FakeTelegram, bot: Bot) -> None:
    with pytest.raises(BadRequest, match="(?i)message to be replied not found"):
        await bot.send_message(TEACHER, "答", reply_parameters=ReplyParameters(77))
    said = server.message_of(server.says(TEACHER, "问"))
    await bot.send_message(TEACHER, "答", reply_parameters=ReplyParameters(said))
    assert server.last(TEACHER).reply_to == said


async def test_commands_and_descriptions_are_kept_by_language(server: FakeTelegram, bot: Bot) -> None:
    await bot.set_my_commands([("help", "帮助")], language_code="zh")
    await bot.set_my_description("聊一次，表全有。")
    assert [c.command for c in await bot.get_my_commands(language_code="zh")] == ["help"]
    assert await bot.get_my_commands() == ()
    assert (await bot.get_my_description()).description == "聊一次，表全有。"
    with pytest.raises(BadRequest, match="(?i)bot_command_invalid"):
        await bot.set_my_commands([("Help", "帮助")])


# What goes wrong.


async def test_a_wrong_token_and_an_unknown_method(server: FakeTelegram, bot: Bot) -> None:
    with pytest.raises(InvalidToken):
        await bot_of(server, "1:wrong").initialize()
    with pytest.raises(InvalidToken):  # the library's reading of any 404
        await bot.do_api_request("sendDreams")
    assert [call.status for call in server.refused] == [401, 404]


async def test_a_line_cut_before_or_after_the_work_looks_the_same(server: FakeTelegram, bot: Bot) -> None:
    for when, kept in (("before", 0), ("after", 1)):
        server.fault("sendMessage", hangup=when)
        with pytest.raises(NetworkError):
            await bot.send_message(TEACHER, when)
        assert len(server.sent(TEACHER)) == kept
    await bot.send_message(TEACHER, "again")
    assert [message.text for message in server.sent(TEACHER)] == ["after", "again"]
    assert [call.status for call in server.called("sendMessage")] == [0, 0, 200]


async def test_scripted_refusals(server: FakeTelegram, bot: Bot) -> None:
    server.fault("sendMessage", status=500, times=2)
    for _ in range(2):
        with pytest.raises(NetworkError):
            await bot.send_message(TEACHER, "x")
    server.fault("sendMessage", retry_after=7)
    with pytest.raises(RetryAfter) as flood:
        await bot.send_message(TEACHER, "x")
    assert flood.value.retry_after == 7
    server.fault("sendMessage", status=502, after=True)
    with pytest.raises(NetworkError):
        await bot.send_message(TEACHER, "done all the same")
    server.fault("getUpdates", status=401, times=None)
    for _ in range(2):
        with pytest.raises(InvalidToken):
            await bot.get_updates()
    server.heal("getUpdates")
    assert await bot.get_updates() == ()
    assert [message.text for message in server.sent(TEACHER)] == ["done all the same"]


async def test_garbage_instead_of_json(server: FakeTelegram, bot: Bot) -> None:
    server.fault("getMe", body=b"<html>proxy</html>")
    with pytest.raises(TelegramError, match="Invalid server response"):
        await bot.get_me()
    assert (await bot.get_me()).username == "zhixing_test_bot"


async def test_a_delay_only_delays(server: FakeTelegram, bot: Bot) -> None:
    server.fault("sendMessage", delay=0.05)
    await bot.send_message(TEACHER, "late")
    assert server.last(TEACHER).text == "late"


async def test_faults_by_chance_are_the_same_for_the_same_seed(server: FakeTelegram) -> None:
    def struck() -> list[bool]:
        fault = server.fault("sendMessage", status=500, times=None, rate=0.5, seed=3)
        server.faults.heal()
        return [fault.strikes("sendMessage", None) for _ in range(20)]

    assert struck() == struck()
    assert set(struck()) == {True, False}


async def test_a_fault_for_one_chat_leaves_the_others_alone(server: FakeTelegram, bot: Bot) -> None:
    server.knows(502)
    server.fault("sendMessage", status=500, times=None, chat_id=502)
    await bot.send_message(TEACHER, "x")
    with pytest.raises(NetworkError):
        await bot.send_message(502, "x")


@pytest.mark.parametrize(
    ("chats", "seconds_apart", "passes", "wait"),
    [
        pytest.param([TEACHER], 0.0, 3, 1, id="a short burst to one person"),
        pytest.param([TEACHER], 1.0, 100, None, id="one a second for ever"),
        pytest.param(list(range(1, 101)), 0.0, 30, 1, id="thirty a second over all"),
        pytest.param([GROUP], 1.5, 20, 30, id="twenty a minute in a group"),
    ],
)
async def test_flood_limits(chats: list[int], seconds_apart: float, passes: int, wait: int | None) -> None:
    clock = [1_000_000.0]
    with FakeTelegram(floods=True, now=lambda: clock[0]) as server:
        async with bot_of(server) as bot:
            for number in range(passes):
                chat = chats[number % len(chats)]
                server.knows(chat)
                await bot.send_message(chat, "x")
                clock[0] += seconds_apart
            if wait is not None:
                with pytest.raises(RetryAfter) as flood:
                    await bot.send_message(chats[passes % len(chats)], "x")
                assert flood.value.retry_after == wait


# Webhooks.


async def test_a_webhook_gets_each_update_with_the_secret_until_it_is_taken(server: FakeTelegram, bot: Bot) -> None:
    seen: list[tuple[str, str]] = []

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.split("content-length: ")[1].split("\r\n")[0])
        body = await reader.readexactly(length)
        seen.append((head.split("x-telegram-bot-api-secret-token: ")[1].split("\r\n")[0], body.decode()))
        answer = b"500 No" if len(seen) == 1 else b"200 OK"
        writer.write(b"HTTP/1.1 " + answer + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(receive, "127.0.0.1", 0) as hook:
        port = hook.sockets[0].getsockname()[1]
        await bot.set_webhook(f"http://127.0.0.1:{port}/telegram/webhook", secret_token="s3cret")
        with pytest.raises(Conflict):
            await bot.get_updates()
        said = server.says(TEACHER, "字")
        await server.async_wait_until(lambda: server.is_confirmed(said))
        assert len(seen) == 2 and seen[0] == seen[1]
        assert seen[0][0] == "s3cret" and '"update_id"' in seen[0][1]
        info = await bot.get_webhook_info()
        assert info.pending_update_count == 0 and "500" in info.last_error_message
        await bot.delete_webhook()
        assert await bot.get_updates() == ()


# Watching.


async def test_waiting_for_a_message_tells_what_was_seen_instead(server: FakeTelegram, bot: Bot) -> None:
    await bot.send_message(TEACHER, "甲")
    with pytest.raises(AssertionError, match="甲"):
        server.wait_for(TEACHER, "乙", timeout=0.01)
    waiting = asyncio.create_task(server.async_wait_for(TEACHER, "乙"))
    sent = await bot.send_message(TEACHER, "乙")
    assert (await waiting).message_id == sent.message_id


async def test_calls_are_kept_in_order(server: FakeTelegram, bot: Bot) -> None:
    await bot.send_message(TEACHER, "甲")
    await bot.get_updates()
    assert [call.method for call in server.calls] == ["getMe", "sendMessage", "getUpdates"]
    assert server.counts()["sendMessage"] == 1
    assert server.called("sendMessage")[0].chat_id == TEACHER


async def test_the_server_leaves_no_thread_behind(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), FakeTelegram(longest_poll=30) as server:
        async with bot_of(server) as bot:
            poll = asyncio.create_task(bot.get_updates(timeout=30))
            await server.async_wait_until(lambda: server.called("getUpdates"))
            await asyncio.to_thread(server.stop)
            assert await poll == ()
    assert "fake-telegram" not in {thread.name for thread in threading.enumerate()}
    assert caplog.records == []
