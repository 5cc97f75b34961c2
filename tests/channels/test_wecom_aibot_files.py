"""The AI bot's files: up in pieces under their own names, down at once and decrypted."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from bot.channels.wecom_bot_parse import parse
from bot.errors import FetchFailed, SendFailed
from tests.channels.aibot_house import ZHANG, AibotHouse, failed, parcel, until


@pytest_asyncio.fixture
async def house() -> AsyncIterator[AibotHouse]:
    house = AibotHouse()
    with house.server:
        yield house


class TestFiles:
    async def test_a_file_goes_up_in_pieces_under_its_own_name(self, house) -> None:
        house.world.writers.add(ZHANG)
        content = bytes(range(256)) * 2100  # two pieces
        async with house.live() as channel:
            await channel.send(parcel("给您", file_name="听课记录表（三年级）.docx", file_bytes=content))
            file, words = house.world.to(ZHANG)
            assert house.world.media[file.body["media_id"]][:2] == ("听课记录表（三年级）.docx", content)
            assert words.words == "给您"
            chunks = [body["chunk_index"] for cmd, _, body in house.server.frames if cmd == "aibot_upload_media_chunk"]
            assert sorted(chunks) == [0, 1]

    async def test_a_long_name_keeps_its_ending(self, house) -> None:
        house.world.writers.add(ZHANG)
        async with house.live() as channel:
            await channel.send(parcel("给您", file_name="课" * 100 + ".docx", file_bytes=b"x" * 10))
            (name, _, _) = next(iter(house.world.media.values()))
            assert name.endswith("….docx") and len(name.encode()) <= 256

    async def test_a_file_is_not_sent_twice_when_only_its_words_failed(self, house) -> None:
        house.world.writers.add(ZHANG)
        async with house.live() as channel:
            house.server.fault("aibot_send_msg", "good", 45009)
            one = parcel("给您", file_name="表.docx", file_bytes=b"x" * 10)
            assert (await failed(channel, one)).wait is not None
            await channel.send(one)
            assert [shown.kind for shown in house.world.to(ZHANG)] == ["file", "markdown"]

    async def test_an_upload_that_breaks_off_was_seen_by_nobody(self, house) -> None:
        house.world.writers.add(ZHANG)
        async with house.live() as channel:
            house.server.fault("aibot_upload_media_chunk", "late")
            one = parcel("给您", file_name="表.docx", file_bytes=b"x" * 10)
            sending = asyncio.create_task(channel.send(one))
            await until(lambda: house.server._late)
            house.server.cut()
            with pytest.raises(SendFailed) as error:
                await sending
            assert error.value.wait is not None and not error.value.is_unknown
            await until(lambda: channel.socket.state == "live")
            await channel.send(one)
            assert [shown.kind for shown in house.world.to(ZHANG)] == ["file", "markdown"]

    async def test_a_file_that_wecom_forgot_goes_up_again(self, house) -> None:
        house.world.writers.add(ZHANG)
        async with house.live() as channel:
            house.server.fault("aibot_send_msg", 45009)
            one = parcel("给您", file_name="表.docx", file_bytes=b"x" * 10)
            await failed(channel, one)
            house.advance(days=4)
            await channel.send(one)
            assert len(house.world.media) == 2

    async def test_a_picture_is_had_at_once_and_outlives_its_address(self, house) -> None:
        board = b"\x89PNG" + bytes(1000)
        async with house.live() as channel:
            house.server.sends(ZHANG, {"msgtype": "image", "image": house.server.medium(board)})
            await until(lambda: house.server.counts["downloads"])
            await until(lambda: all(task.done() for _, task in channel._media._early.values()))
            house.advance(minutes=6)
            (file,) = parse(house.kept[0].body).files
            assert await channel.fetch(file.file_id, 10_000) == board
            with pytest.raises(FetchFailed) as error:
                await channel.fetch(file.file_id, 10_000)
            assert error.value.reason == "gone"

    async def test_a_file_that_no_chat_takes_is_not_sent_up(self, house) -> None:
        house.world.writers.add(ZHANG)
        async with house.live() as channel:
            failure = await failed(channel, parcel("给您", file_name="表.docx", file_bytes=bytes(20_000_001)))
            assert (failure.reason, failure.is_unfit, house.cmds()) == ("file_too_large", True, [])

    async def test_only_a_few_wait_in_memory_and_none_for_ever(self, house) -> None:
        async with house.live() as channel:
            for _ in range(8):
                house.server.sends(ZHANG, {"msgtype": "image", "image": house.server.medium(bytes(100))})
            await until(lambda: len(house.kept) == 8)
            await until(lambda: len(channel._media._early) == 6)
            for envelope in house.kept[5:]:
                assert await channel.fetch(parse(envelope.body).files[0].file_id, 1000) == bytes(100)
            house.advance(minutes=11)
            channel._media.begin(())
            assert channel._media._early == {}

    @pytest.mark.parametrize(
        ("status", "reason"),
        [(500, "unreachable"), (503, "unreachable"), (408, "unreachable"), (429, "unreachable"), (403, "gone"),
         (404, "gone"), (302, "gone")],
    )  # fmt: skip
    async def test_an_answer_that_may_pass_is_told_from_one_that_stays(self, house, status, reason) -> None:
        line = {"transport": httpx.MockTransport(lambda _request: httpx.Response(status))}
        async with house.live(httpx_kwargs=line) as channel:
            with pytest.raises(FetchFailed) as error:
                await channel.fetch(f"{'A' * 43} http://files.test/x", 10_000)
            assert error.value.reason == reason

    @pytest.mark.parametrize(("twist", "reason"), [("size", "too_large"), ("size and key", "too_large"), ("key", "gone"), ("line", "unreachable"),
                                                   ("scheme", "gone"), ("short key", "gone")])  # fmt: skip
    async def test_a_file_that_cannot_be_had_says_why(self, house, twist, reason) -> None:
        async with house.live() as channel:
            medium = house.server.medium(bytes(5000))
            address, key = medium["url"], medium["aeskey"]
            address = {"line": "http://127.0.0.1:1/x", "scheme": "file:///etc/hosts"}.get(twist, address)
            key = {"key": "A" * 43, "short key": "AAAA", "size and key": "A" * 43}.get(twist, key)
            with pytest.raises(FetchFailed) as error:
                await channel.fetch(f"{key} {address}", 4000 if "size" in twist else 10_000)
            assert error.value.reason == reason
