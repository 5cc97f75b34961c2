"""Lines that break and files on their way, to and from WeCom's app."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.errors import FetchFailed
from tests.channels.wecom_house import ZHANG, House, failed, parcel
from tests.fakes.wecom_http import FakeWecom


@pytest_asyncio.fixture
async def house() -> AsyncIterator[House]:
    house = House()
    yield house
    await house.channel.close()


class TestLines:
    async def test_a_line_cut_after_the_work_costs_no_second_message(self) -> None:
        with FakeWecom() as server:
            server.world.members.add(ZHANG)
            house = House(site=server, api_base=server.base_url)
            await house.channel.send(parcel("早", key="1"))
            server.fault("send", hangup="after")
            assert (await failed(house, parcel("晚", key="2"))).is_unknown
            await house.channel.send(parcel("晚", key="2"))
            assert [sent.words for sent in server.world.to(ZHANG)] == ["早", "晚"]
            await house.channel.close()

    async def test_where_nobody_listens_nothing_has_left(self) -> None:
        house = House(site=House().site, api_base="http://127.0.0.1:9")
        failure = await failed(house, parcel("好"))
        assert not failure.is_unknown and failure.wait is not None
        await house.channel.close()

    async def test_a_chinese_file_name_arrives_as_it_is(self) -> None:
        with FakeWecom() as server:
            server.world.members.add(ZHANG)
            house = House(site=server, api_base=server.base_url)
            await house.channel.send(parcel("给您。", file_name="反思记录表（九月）.docx", file_bytes=b"PK-document"))
            (medium,) = server.world.media.values()
            assert (medium.name, medium.content) == ("反思记录表（九月）.docx", b"PK-document")
            await house.channel.close()


class TestFiles:
    FILE = {"file_name": "记录表.docx", "file_bytes": b"PK-document"}

    async def test_a_file_comes_before_its_words(self, house) -> None:
        await house.channel.send(parcel("给您。", "收到", **self.FILE))
        assert [sent.kind for sent in house.world.to(ZHANG)] == ["file", "template_card"]

    async def test_a_try_once_more_brings_no_second_file(self, house) -> None:
        house.site.fault("send")  # passes, and is only counted: the file
        house.site.fault("send", -1)
        assert (await failed(house, parcel("给您。", **self.FILE))).is_unknown
        await house.channel.send(parcel("给您。", **self.FILE))
        assert [sent.kind for sent in house.world.to(ZHANG)] == ["file", "text"]
        assert house.world.calls["upload"] == 1

    async def test_a_file_that_wecom_forgot_goes_up_once_more(self, house) -> None:
        house.site.fault("send", 40007)
        await house.channel.send(parcel("给您。", **self.FILE))
        assert house.world.calls["upload"] == 2
        assert [sent.kind for sent in house.world.to(ZHANG)] == ["file", "text"]

    async def test_a_file_that_cannot_go_up_is_tried_later(self, house) -> None:
        house.site.fault("upload", status=502, body=b"")
        assert (await failed(house, parcel("给您。", **self.FILE))).wait is not None

    async def test_what_somebody_sent_is_fetched(self, house) -> None:
        id = house.world.keep_medium("voice", "v.amr", b"#!AMR spoken words")["media_id"]
        assert await house.channel.fetch(id, 1000) == b"#!AMR spoken words"

    async def test_what_is_too_large_is_not_read_to_its_end(self, house) -> None:
        id = house.world.keep_medium("image", "p.jpg", b"x" * 5000)["media_id"]
        with pytest.raises(FetchFailed, match="too_large"):
            await house.channel.fetch(id, 4999)

    async def test_after_three_days_it_is_gone(self, house) -> None:
        id = house.world.keep_medium("image", "p.jpg", b"x" * 50)["media_id"]
        house.advance(days=3, seconds=1)
        with pytest.raises(FetchFailed, match="gone"):
            await house.channel.fetch(id, 1000)

    async def test_a_server_in_trouble_is_asked_again(self, house) -> None:
        id = house.world.keep_medium("image", "p.jpg", b"x" * 50)["media_id"]
        for fault in ({"status": 502, "body": b"<html>"}, {"code": -1}):
            house.site.fault("media", **fault)
            with pytest.raises(FetchFailed, match="unreachable"):
                await house.channel.fetch(id, 1000)
        assert await house.channel.fetch(id, 1000) == b"x" * 50
