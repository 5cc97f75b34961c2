"""Listening to Telegram over HTTP: nothing is confirmed before it is kept, and nothing ends the listening."""

import json
import logging
from typing import Any

import pytest

from bot.channels import Health
from bot.channels.telegram import Telegram
from bot.channels.telegram_parse import parse
from bot.errors import ConfigError
from tests.channels.conftest import COLLEAGUE, GROUP, NOW, TEACHER, Inbox, Make, Naps, listening
from tests.fakes.telegram_server import FakeTelegram


async def test_an_update_is_confirmed_only_after_it_is_kept(
    server: FakeTelegram, channel: Telegram, inbox: Inbox, health: Health
) -> None:
    inbox.gate.clear()
    first, second = server.says(TEACHER, "一"), server.says(TEACHER, "二")
    async with listening(channel, inbox):
        await inbox.until(lambda: inbox.asked)
        assert server.confirmations == [] and len(server.called("getUpdates")) == 1
        inbox.gate.set()
        await server.async_wait_until(lambda: server.is_confirmed(second))
    assert inbox.ids == [first, second]
    assert [envelope.sender for envelope in inbox.kept] == ["501", "501"]
    assert (health.last_good_poll, health.trouble) == (NOW, None)


async def test_what_could_not_be_kept_comes_again(
    server: FakeTelegram, channel: Telegram, inbox: Inbox, health: Health, naps: Naps
) -> None:
    inbox.refusals = [OSError("disk full"), RuntimeError("database is locked")]
    said = server.says(TEACHER, "板书")
    async with listening(channel, inbox):
        await server.async_wait_until(lambda: server.is_confirmed(said))
    assert inbox.asked == [[str(said)]] * 3
    assert inbox.ids == [said]
    assert health.counts == {"not_kept": 2} and len(naps.taken) == 2
    assert health.trouble is None


async def test_a_new_start_gets_what_the_last_one_did_not_confirm(
    server: FakeTelegram, make: Make, inbox: Inbox
) -> None:
    said = server.says(TEACHER, "一")
    server.fault("getUpdates", delay=0.0)  # the first poll goes through …
    server.fault("getUpdates", status=502, times=None)  # … and no later one, so that nothing is confirmed
    async with listening(make(), inbox):
        await inbox.until(lambda: inbox.kept)
    server.heal()
    async with listening(make(), inbox):
        await server.async_wait_until(lambda: server.is_confirmed(said))
    assert inbox.ids == [said, said]


async def test_poison_among_good_updates_holds_up_nobody(server: FakeTelegram, channel: Telegram, inbox: Inbox) -> None:
    before, poison, after = server.says(TEACHER, "前"), server.poison(COLLEAGUE), server.says(TEACHER, "后")
    async with listening(channel, inbox):
        await server.async_wait_until(lambda: server.is_confirmed(after))
    assert inbox.ids == [before, poison, after]
    assert [channel.parse(envelope.body).text for envelope in inbox.kept if envelope.sender == "501"] == ["前", "后"]
    with pytest.raises(TypeError):
        channel.parse(inbox.kept[1].body)


PAGE = b"<html>\xe8\xaf\xb7\xe7\x99\xbb\xe5\xbd\x95</html>"


@pytest.mark.parametrize(
    ("fault", "trouble"),
    [
        pytest.param({"status": 409}, "second_poller", id="another poller"),
        pytest.param({"status": 401}, "token_refused", id="a token that was taken back"),
        pytest.param({"status": 404}, "token_refused", id="a token nobody knows"),
        pytest.param({"status": 500}, "unreachable", id="a server in trouble"),
        pytest.param({"status": 502}, "unreachable", id="a gateway in trouble"),
        pytest.param({"status": 404, "body": PAGE}, "unreachable", id="a firewall's page is not Telegram's no"),
        pytest.param({"body": PAGE}, "unreachable", id="a login page"),
        pytest.param({"body": b'{"ok": true, "result": [{"upda'}, "unreachable", id="half a body"),
        pytest.param({"body": b'{"ok": true}'}, "unreachable", id="no result"),
        pytest.param({"body": b"[1, 2]"}, "unreachable", id="JSON, but no answer"),
        pytest.param({"body": b"[" * 100_000}, "unreachable", id="too deep to read"),
        pytest.param({"body": b'{"ok": true, "result": {"a": 1}}'}, "unreachable", id="a result that is no list"),
        pytest.param({"body": b'{"ok": true, "result": [5]}'}, "unreachable", id="updates without numbers"),
        pytest.param({"hangup": "before"}, "unreachable", id="the line breaks before"),
        pytest.param({"hangup": "after"}, "unreachable", id="the line breaks with the updates on it"),
        pytest.param({"retry_after": 3}, "unreachable", id="asked to wait"),
    ],
)
async def test_no_fault_ends_the_listening(
    server: FakeTelegram,
    channel: Telegram,
    inbox: Inbox,
    health: Health,
    naps: Naps,
    fault: dict[str, Any],
    trouble: str,
) -> None:
    server.fault("getUpdates", times=3, **fault)
    said = server.says(TEACHER, "在吗")
    async with listening(channel, inbox):
        await server.async_wait_until(lambda: server.is_confirmed(said))
    assert inbox.ids == [said]
    assert health.counts == {trouble: 3}
    assert (health.trouble, health.last_good_poll) == (None, NOW)
    assert len(naps.taken) == 3
    assert server.called("deleteWebhook") == []


async def test_trouble_is_told_while_it_lasts(
    server: FakeTelegram, channel: Telegram, inbox: Inbox, health: Health
) -> None:
    server.fault("getUpdates", status=401, times=None)
    async with listening(channel, inbox):
        await server.async_wait_until(lambda: len(server.called("getUpdates")) > 3)
        assert (health.trouble, health.last_good_poll) == ("token_refused", None)


async def test_waits_grow_with_failures_but_never_beyond_a_minute(
    server: FakeTelegram, channel: Telegram, inbox: Inbox, naps: Naps
) -> None:
    server.fault("getUpdates", status=500, times=12)
    server.says(TEACHER, "在吗")
    async with listening(channel, inbox):
        await inbox.until(lambda: inbox.kept)
    assert len(naps.taken) == 12
    assert all(1 <= nap <= min(60, 2 ** (n + 1)) for n, nap in enumerate(naps.taken))
    assert len(set(naps.taken)) > 6, "without chance, all bots come back at once"


async def test_telegrams_own_wish_to_wait_is_kept(
    server: FakeTelegram, channel: Telegram, inbox: Inbox, naps: Naps
) -> None:
    server.fault("getUpdates", retry_after=47)
    server.says(TEACHER, "在吗")
    async with listening(channel, inbox):
        await inbox.until(lambda: inbox.kept)
    assert naps.taken == [47.0]


async def test_going_over_to_polling_takes_the_webhook_down_and_drops_nothing(
    server: FakeTelegram, channel: Telegram, inbox: Inbox
) -> None:
    server.state.webhook.url = "https://school.example/telegram/webhook"
    said = server.says(TEACHER, "写在切换的时候")
    async with listening(channel, inbox):
        await server.async_wait_until(lambda: server.is_confirmed(said))
    assert inbox.ids == [said] and server.state.dropped == []
    assert [call.parameters for call in server.called("deleteWebhook")] == [{}]


async def test_updates_numbered_anew_after_a_quiet_week_are_not_thrown_away(
    server: FakeTelegram, channel: Telegram, inbox: Inbox
) -> None:
    said = server.says(TEACHER, "放假前")
    async with listening(channel, inbox):
        await server.async_wait_until(lambda: server.is_confirmed(said))
        polls = len(server.called("getUpdates"))
        await server.async_wait_until(lambda: len(server.called("getUpdates")) > polls)
        low = server.injects({**server.state.known[said].update, "update_id": 17})
        await inbox.until(lambda: low in inbox.ids)
    assert inbox.ids == [said, low]


async def test_every_kind_we_read_is_asked_for(server: FakeTelegram, channel: Telegram, inbox: Inbox) -> None:
    ids = [server.starts(TEACHER, "K7"), server.blocks(TEACHER), server.says_in_group(GROUP, TEACHER, "大家好")]
    server.unblocks(TEACHER)
    ids += [server.edits(TEACHER, server.message_of(ids[0]), "/start K8"), server.taps_forged(TEACHER, "x", 1)]
    async with listening(channel, inbox):
        await inbox.until(lambda: ids[-1] in inbox.ids)
    kinds = [(parse(envelope.body).kind, parse(envelope.body).is_group) for envelope in inbox.kept]
    assert kinds == [
        ("start", False), ("blocked", False), ("text", True), ("unblocked", False), ("edit", False), ("button", False),
    ]  # fmt: skip


async def test_a_tap_is_kept_then_answered_and_holds_up_no_poll(
    server: FakeTelegram, channel: Telegram, inbox: Inbox
) -> None:
    server.fault("answerCallbackQuery", delay=60.0)
    forged = server.taps_forged(TEACHER, "v1:nobody-made-this", 5)
    async with listening(channel, inbox):
        await inbox.until(lambda: inbox.kept)
        await server.async_wait_until(lambda: server.called("answerCallbackQuery"))
        said, tapped = server.says(TEACHER, "还有一句"), server.taps_forged(TEACHER, "v1:x", 5)
        await inbox.until(lambda: tapped in inbox.ids)
        await server.async_wait_until(lambda: [tap.answered for tap in server.tapped] == [False, True])
    assert inbox.ids == [forged, said, tapped]
    assert channel.parse(inbox.kept[0].body).button == "v1:nobody-made-this"


async def test_a_tap_that_is_not_kept_is_not_answered(server: FakeTelegram, channel: Telegram, inbox: Inbox) -> None:
    inbox.gate.clear()
    server.taps_forged(TEACHER, "v1:x", 5)
    async with listening(channel, inbox):
        await inbox.until(lambda: inbox.asked)
        assert server.called("answerCallbackQuery") == []
        inbox.gate.set()
        await server.async_wait_until(lambda: server.tapped[0].answered)


async def test_a_tap_too_old_to_be_answered_is_harmless(make: Make, inbox: Inbox, server: FakeTelegram) -> None:
    server.state.answer_within = -1.0
    server.taps_forged(TEACHER, "v1:x", 5)
    async with listening(make(), inbox):
        await server.async_wait_until(lambda: [call.status for call in server.called("answerCallbackQuery")] == [400])
        said = server.says(TEACHER, "继续")
        await inbox.until(lambda: said in inbox.ids)


async def test_neither_token_nor_words_reach_the_log(
    server: FakeTelegram, make: Make, inbox: Inbox, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    server.fault("getUpdates", body='{"ok": true, "result": [{"text": "秘密的话'.encode())
    server.fault("getUpdates", hangup="after")
    server.taps_forged(TEACHER, "v1:x", 5)
    said = server.says(TEACHER, "秘密的话")
    inbox.refusals = [ValueError("秘密的话")]
    async with listening(make(), inbox):
        await server.async_wait_until(lambda: server.is_confirmed(said) and server.tapped[0].answered)
    written = caplog.text + "".join(capsys.readouterr())
    assert "telegram_trouble" in written
    assert server.token not in written and "秘密" not in written


async def test_a_broken_address_is_a_trouble_too(make: Make, inbox: Inbox, health: Health, naps: Naps) -> None:
    nowhere = make(base_url="http://127.0.0.1:1/bot")
    async with listening(nowhere, inbox):
        await naps.until(2)
    assert health.trouble == "unreachable"


async def test_the_bot_tells_its_name(channel: Telegram) -> None:
    assert await channel.check() == "zhixing_test_bot"


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"status": 401}, id="refused"),
        pytest.param({"hangup": "before"}, id="no line"),
        pytest.param({"body": b'{"ok": true, "result": true}'}, id="an answer without a name"),
    ],
)
async def test_a_token_that_cannot_be_checked_is_named(
    server: FakeTelegram, channel: Telegram, fault: dict[str, Any]
) -> None:
    server.fault("getMe", **fault)
    with pytest.raises(ConfigError, match="ZHIXING_TELEGRAM_TOKEN") as raised:
        await channel.check()
    assert server.token not in str(raised.value)


MENU = {
    "zh_Hans": [("note", "随手记"), ("open", "我的待办")],
    "zh_Hant": [("note", "隨手記"), ("open", "我的待辦")],
    "en": [("note", "Keep a note"), ("open", "My list")],
}


async def test_commands_are_set_once_by_two_letters(server: FakeTelegram, channel: Telegram) -> None:
    await channel.set_commands(MENU)
    await channel.set_commands(MENU)
    asked = [call.parameters for call in server.called("setMyCommands")]
    assert [call["language_code"] for call in asked] == ["", "zh", "en"]
    assert [json.loads(call["commands"])[0]["description"] for call in asked] == ["随手记", "随手记", "Keep a note"]
    await channel.set_commands({**MENU, "en": [("note", "Keep it")]})
    assert len(server.called("setMyCommands")) == 4


async def test_commands_that_cannot_be_set_stop_nobody(server: FakeTelegram, channel: Telegram) -> None:
    server.fault("getMyCommands", status=500)
    await channel.set_commands(MENU)
    assert server.called("setMyCommands") == []
