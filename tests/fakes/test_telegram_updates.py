"""Updates reach the bot as from Telegram: again and again until they are confirmed."""

import asyncio

import pytest
from telegram import Bot, Update
from telegram.error import (
    BadRequest,
    Conflict,
)

from tests.fakes.conftest import GROUP, TEACHER, bot_of, choices
from tests.fakes.telegram_server import FakeTelegram

pytestmark = [
    pytest.mark.asyncio,
    pytest.mark.filterwarnings("ignore:Please use:telegram.warnings.PTBUserWarning"),
    pytest.mark.filterwarnings("ignore:Deprecated since version v22.2"),
]


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


async def test_nothing_is_handed_to_a_poller_that_has_died(server: FakeTelegram, bot: Bot) -> None:
    server.longest_poll = 30
    async with bot_of(server) as doomed:
        poll = asyncio.create_task(doomed.get_updates(timeout=30))
        await server.async_wait_until(lambda: server.called("getUpdates"))
        poll.cancel()
    said = server.says(TEACHER, "还在吗")
    assert [update.update_id for update in await bot.get_updates(timeout=0)] == [said]
    assert server.state.handed_out[said] == 1
    assert server.refused == []


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
