"""The fake Telegram goes wrong on request, and tells what it has seen."""

import asyncio
import logging
import threading

import pytest
from telegram import Bot
from telegram.error import (
    EndPointNotFound,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from tests.fakes.conftest import GROUP, TEACHER, bot_of
from tests.fakes.telegram_server import FakeTelegram

pytestmark = [
    pytest.mark.asyncio,
    pytest.mark.filterwarnings("ignore:Please use:telegram.warnings.PTBUserWarning"),
    pytest.mark.filterwarnings("ignore:Deprecated since version v22.2"),
]


async def test_a_wrong_token_and_an_unknown_method(server: FakeTelegram, bot: Bot) -> None:
    with pytest.raises(InvalidToken):
        await bot_of(server, "1:wrong").initialize()
    with pytest.raises(EndPointNotFound):
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
