"""The life of the long connection: whatever ends it, it comes back; replaced, it stays away."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from bot.channels import Health
from bot.channels.wecom_errors import NoAnswer
from bot.channels.wecom_socket import Beats, Socket, renewal_after
from bot.errors import SendFailed
from tests.channels.aibot_house import QUICK, START, ZHANG, AibotHouse, failed, parcel, until


@pytest_asyncio.fixture
async def house() -> AsyncIterator[AibotHouse]:
    house = AibotHouse()
    with house.server:
        yield house


ENDS = {
    "closed as usual": lambda server: server.close(1000),
    "going away": lambda server: server.close(1001),
    "an error of the server": lambda server: server.close(1011),
    "a code of its own": lambda server: server.close(4321),
    "cut (1006)": lambda server: server.cut(),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
async def test_whatever_ends_the_line_it_comes_back(house: AibotHouse, end) -> None:
    async with house.live() as channel:
        for life in (2, 3):
            end(house.server)
            await until(lambda life=life: house.server.subscriptions == life and channel.socket.state == "live")
        house.server.says(ZHANG, "还在吗")
        await until(lambda: house.kept)
        assert house.health.trouble is None and not house.health.is_down


async def test_a_line_that_is_only_half_open_is_cut_and_comes_back(house: AibotHouse) -> None:
    async with house.live() as channel:
        house.server.is_mute = True
        await until(lambda: house.health.counts.get("no_pong"))
        house.server.is_mute = False
        await until(lambda: channel.socket.state == "live")
        assert house.server.subscriptions >= 2


async def test_one_pong_may_be_lost_but_not_two_in_a_row(house: AibotHouse) -> None:
    async with house.live() as channel:
        house.server.fault("ping", "lost", "good", "lost", "good")
        pings = len(house.server.frames)
        await until(lambda: len(house.server.frames) > pings + 6)
        assert (house.server.subscriptions, house.health.counts.get("no_pong")) == (1, None)
        house.server.fault("ping", "lost", "lost")
        await until(lambda: house.server.subscriptions == 2 and channel.socket.state == "live")
        assert house.health.counts["no_pong"] == 1


async def test_replaced_it_stays_away_and_says_so(house: AibotHouse) -> None:
    async with house.live() as first, house.listening(house.channel(on_health=house.health.__class__())) as second:
        await until(lambda: first.socket.state == "replaced" and second.socket.state == "live")
        assert house.server.subscriptions == 2
        assert (house.health.trouble, house.health.is_down) == ("replaced", True)
        assert "alert__bot_replaced" in house.health.notices
        pings = len(house.server.frames)
        await until(lambda: len(house.server.frames) > pings + 6)  # many a back-off later
        assert house.server.subscriptions == 2
        with pytest.raises(SendFailed) as failed:
            await first.send(parcel("你好"))
        assert failed.value.wait is not None and failed.value.for_all and not failed.value.is_unknown


async def test_refused_credentials_are_tried_again_much_later(house: AibotHouse) -> None:
    house.server.secret = "ANOTHER-SECRET"
    slow = Beats(ping=0.05, ack=0.3, opening=5.0, closing=0.2, first=0.01, longest=0.02, refused=(30.0, 60.0))
    async with house.listening(house.channel(beats=slow)) as channel:
        await until(lambda: channel.socket.state == "refused")
        assert house.health.is_down and house.health.trouble == "bot_refused_40001"
        assert house.health.notices["alert__bot_refused"] == {"code": 40001}
        asked = [cmd for cmd, _, _ in house.server.frames]
        assert asked == ["aibot_subscribe"]


async def test_between_two_refusals_there_is_the_long_pause(house: AibotHouse) -> None:
    house.server.refuses_code = 40001
    beats = replace(QUICK, first=0.001, longest=0.001, refused=(0.4, 0.5))
    begun = asyncio.get_running_loop().time()
    async with house.listening(house.channel(beats=beats)):
        await until(lambda: house.health.counts.get("bot_refused_40001", 0) >= 2)
        assert asyncio.get_running_loop().time() - begun >= 0.4


def test_each_failure_doubles_the_pause_up_to_a_minute() -> None:
    socket = Socket("ws://127.0.0.1:1/", "B", "S", take=print, on_health=Health(), now=lambda: START)
    for longest in (1, 2, 4, 8, 16, 32, 60, 60):
        failures, pauses = socket._failures, []
        for _ in range(200):
            socket._failures = failures
            pauses.append(socket._pause())
        assert min(pauses) >= 1 and 0.8 * longest < max(pauses) <= longest


async def test_a_line_that_has_lived_is_soon_tried_again(house: AibotHouse) -> None:
    house.server.fault("aibot_subscribe", -1, -1)
    async with house.live() as channel:
        await until(lambda: channel.socket._failures == 0)


async def test_credentials_that_are_mended_are_taken(house: AibotHouse) -> None:
    house.server.refuses_code = 40001
    async with house.listening(house.channel()) as channel:
        await until(lambda: house.health.counts.get("bot_refused_40001", 0) >= 2)
        house.server.refuses_code = 0
        await until(lambda: channel.socket.state == "live")
        assert (house.health.is_down, house.health.notices, house.health.trouble) == (False, {}, None)


@pytest.mark.parametrize("fault", ["lost", -1], ids=["no answer", "too busy"])
async def test_a_subscription_that_fails_for_now_is_no_refusal(house: AibotHouse, fault) -> None:
    house.server.fault("aibot_subscribe", fault)
    brief = Beats(ping=0.05, ack=0.3, opening=0.3, closing=0.2, first=0.01, longest=0.02)
    async with house.listening(house.channel(beats=brief)) as channel:
        await until(lambda: channel.socket.state == "live")
        assert not house.health.is_down


async def test_a_house_without_network_waits_for_it(house: AibotHouse) -> None:
    async with house.listening(house.channel(url="ws://127.0.0.1:1/")):
        await until(lambda: house.health.counts.get("unreachable", 0) >= 3)
        assert (house.health.trouble, house.health.is_down) == ("unreachable", False)


async def test_once_a_day_at_a_quiet_hour_the_line_is_renewed(house: AibotHouse) -> None:
    async with house.live() as channel:
        house.advance(hours=9)  # 05:00 in Shanghai
        await until(lambda: house.server.subscriptions == 2 and channel.socket.state == "live")
        pings = len(house.server.frames)
        await until(lambda: len(house.server.frames) > pings + 4)
        assert house.server.subscriptions == 2
        assert house.health.counts == {}


async def test_the_line_is_not_renewed_under_a_message_that_is_on_its_way(house: AibotHouse) -> None:
    house.world.writers.add(ZHANG)
    async with house.live(beats=replace(QUICK, ack=20.0)) as channel:
        house.server.fault("aibot_send_msg", "late")
        sending = asyncio.create_task(channel.send(parcel("提醒")))
        await until(lambda: house.server._late)
        house.advance(hours=9)
        pings = len(house.server.frames)
        await until(lambda: len(house.server.frames) > pings + 4)
        assert house.server.subscriptions == 1
        house.server.release()
        await sending
        await until(lambda: house.server.subscriptions == 2)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2026, 9, 28, 12, 0, tzinfo=UTC), datetime(2026, 9, 28, 20, 30, tzinfo=UTC)),
        (datetime(2026, 9, 28, 19, 0, tzinfo=UTC), datetime(2026, 9, 28, 20, 30, tzinfo=UTC)),
        (datetime(2026, 9, 28, 20, 0, tzinfo=UTC), datetime(2026, 9, 29, 20, 30, tzinfo=UTC)),
        (datetime(2026, 9, 28, 20, 31, tzinfo=UTC), datetime(2026, 9, 29, 20, 30, tzinfo=UTC)),
    ],
    ids=["the coming night", "still this night", "too soon after a start", "just renewed"],
)
def test_the_quiet_minute_is_that_of_the_school(now, expected) -> None:
    assert renewal_after(now, ZoneInfo("Asia/Shanghai"), 30) == expected


STRANGE = {
    "binary": (b"\x00\x01", "frame_binary"),
    "no JSON": ("{", "frame_not_json"),
    "nested without end": ("[" * 100_000, "frame_not_json"),
    "no object": ("[1]", "frame_no_frame"),
    "nothing in it": ("{}", "frame_no_frame"),
    "an answer to nobody": ('{"headers":{"req_id":"x"},"errcode":0}', "frame_stray"),
    "a command of tomorrow": ('{"cmd":"aibot_dance","headers":{"req_id":"x"},"body":{"a":1}}', "frame_unknown"),
    "headers of another kind": ('{"cmd":"aibot_dance","headers":[],"body":[]}', "frame_unknown"),
}


@pytest.mark.parametrize(("frame", "counted"), STRANGE.values(), ids=STRANGE)
async def test_no_frame_ends_the_line(house: AibotHouse, frame, counted) -> None:
    async with house.live():
        house.server.tells(frame)
        house.server.says(ZHANG, "还在吗")
        await until(lambda: house.kept)
        assert (house.health.counts, house.server.subscriptions) == ({counted: 1}, 1)


class TestAnswers:
    async def test_acknowledgements_late_twice_and_backwards_find_their_askers(self, house: AibotHouse) -> None:
        house.world.writers |= {ZHANG, "LiLaoshi", "WangLaoshi"}
        house.server.fault("aibot_send_msg", "late", "late", "twice")
        async with house.live() as channel:
            first, second = (
                asyncio.create_task(channel.send(parcel(words, key=words, to=to)))
                for words, to in (("一", ZHANG), ("二", "Nobody"))
            )
            await until(lambda: len(house.server._late) == 2)
            await channel.send(parcel("三", key="3", to="WangLaoshi"))
            house.server.release(is_backwards=True)
            await first
            with pytest.raises(SendFailed) as failed:
                await second
            assert failed.value.reason == "not_contacted"
            await until(lambda: house.health.counts.get("frame_stray") == 1)

    async def test_nothing_leaves_before_the_line_is_ours(self, house: AibotHouse) -> None:
        socket = Socket("ws://127.0.0.1:1/", "B", "S", take=print, on_health=house.health, now=house.now)
        with pytest.raises(NoAnswer) as error:
            await socket.ask("aibot_send_msg", {})
        assert error.value.never_left

    async def test_nothing_leaves_before_we_are_let_in(self, house: AibotHouse) -> None:
        house.world.writers.add(ZHANG)
        house.server.fault("aibot_subscribe", "late")
        async with house.listening(house.channel()) as channel:
            await until(lambda: house.server._late)
            failure = await failed(channel, parcel("提醒"))
            assert failure.wait is not None and not failure.is_unknown and house.cmds() == []
            house.server.release()
            await until(lambda: channel.socket.state == "live")

    async def test_frames_of_one_callback_wait_for_each_other(self, house: AibotHouse) -> None:
        async with house.live() as channel:
            house.server.fault("ping", "good")
            house.server.says(ZHANG, "你好")
            await until(lambda: house.kept)
            req_id = channel._asks[ZHANG.casefold()][0]
            house.server.fault("aibot_respond_msg", "late")
            body = {"msgtype": "stream", "stream": {"id": "s", "finish": False, "content": "一"}}
            first = asyncio.create_task(channel.socket.ask("aibot_respond_msg", body, req_id, 5.0))
            await until(lambda: house.server._late)
            second = asyncio.create_task(channel.socket.ask("aibot_respond_msg", body, req_id, 5.0))
            pings = len(house.server.frames)
            await until(lambda: len(house.server.frames) > pings + 3)
            assert house.cmds() == ["aibot_respond_msg"]
            house.server.release()
            await asyncio.gather(first, second)
            assert house.cmds() == ["aibot_respond_msg"] * 2
