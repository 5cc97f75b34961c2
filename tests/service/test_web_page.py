"""网页 end to end: asked for in WeCom's app, opened in a browser, a document sent there; no code in any log."""

import json
import re
import socket
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from bot.channels.wecom_app import CALLBACK_PATH
from models.accounts import list_account
from models.invites import LINK_FOR
from tests.fakes.wecom_caller import callback, message, post
from tests.fakes.wecom_http import FakeWecom
from tests.fakes.wecom_world import Sent
from tests.service.inside import free_port, running, settings_of, until
from tests.service.running import TEACHERS, House, Run, wait_until
from tests.service.test_wecom import LIN, ZHANG, app_of, now

PDF = b"%PDF-1.7\n" + bytes(20)
LI, OTHER = "LiLaoshi", TEACHERS[1]


@pytest.fixture
def wecom(house: House) -> Iterator[FakeWecom]:
    """WeCom with two teachers whom the office's list names."""
    with house.writing() as session:
        list_account(session, house.people[LIN], ["wecom_app"], ZHANG)
        list_account(session, house.people[OTHER], ["wecom_app"], LI)
    with FakeWecom() as server:
        server.world.members |= {ZHANG, LI}
        yield server


class Browser:
    """A browser that opens links as people do: the page, and what its script then posts."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def opens(self, path: str) -> httpx.Response:
        """Open an address; a page that was given the link's code says it once."""
        page = await self.client.get(path, follow_redirects=True)
        self.client.headers["x-csrf-token"] = re.search(r'name="csrf" content="(\w+)"', page.text)[1]
        start = re.search(r'data-start="([^"]*)"', page.text)[1]
        if start:
            await self.posts(kind="start", text=start)
        return page

    async def says(self, text: str) -> None:
        """Write a line."""
        await self.posts(kind="text", text=text)

    async def posts(self, **said: str) -> None:
        """Post what the page posts."""
        answer = await self.client.post("/chat/say", json={"id": str(uuid4()), **said})
        assert answer.status_code == 200, answer.text


async def asks_for_page(house: House, wecom: FakeWecom, client: httpx.AsyncClient, who: str = ZHANG) -> Sent:
    """Say 网页 in the app and give the textcard that comes."""
    before = len(wecom.world.to(who))
    query, content = callback(message(who, "text", now(), Content="网页"), now())
    assert (await client.post(CALLBACK_PATH, params=query, content=content)).status_code == 200
    await until(lambda: len(wecom.world.to(who)) > before)
    return wecom.world.to(who)[-1]


def settings_with(house: House, wecom: FakeWecom, **more: object) -> object:
    given = {name.lower(): value for name, value in app_of(wecom).items()}
    port = free_port()
    site = {"web_chat": True, "http_port": port, "public_url": f"http://127.0.0.1:{port}"}
    return settings_of(house, None, **(given | site | more))


def chats_of(house: House, who: int) -> int:
    query = "SELECT count(*) FROM address WHERE channel = 'web' AND person_id = ?"
    return house.count(query, house.people[who].hex)


def path_of(card: Sent) -> str:
    return str(httpx.URL(card.body["url"]).path)


@pytest.mark.usefixtures("fast")
class TestInside:
    async def test_from_a_textcard_to_a_document_that_is_hers(self, house: House, wecom: FakeWecom) -> None:
        async with running(settings_with(house, wecom)) as client:
            card = await asks_for_page(house, wecom, client)
            assert (card.kind, card.body["btntxt"]) == ("textcard", "打开网页")
            async with httpx.AsyncClient(base_url=client.base_url, trust_env=False) as preview:
                for _ in range(3):  # WeCom, a proxy, a virus scanner
                    assert (await preview.get(path_of(card))).status_code == 200
                    assert (await preview.head(path_of(card))).status_code == 200
            browser = Browser(client)
            await browser.opens(path_of(card))
            await until(lambda: house.count("SELECT count(*) FROM conversation WHERE name = 'join' AND state = 'open'"))
            await browser.says("是我")
            await until(lambda: chats_of(house, LIN))
            put = await client.post(f"/chat/file?id={uuid4()}&name=学习单.pdf", content=PDF)
            assert put.status_code == 200
            await until(lambda: house.count("SELECT count(*) FROM attachment WHERE state = 'kept'"))
            assert house.ask("SELECT name, kind, channel FROM attachment") == [("学习单.pdf", "file", "web")]
            # Once she is in, her own link leads to her chat, and a later one does no harm.
            later = await asks_for_page(house, wecom, client)
            assert str((await client.get(path_of(later))).headers["location"]) == "/chat"
            assert house.count("SELECT count(*) FROM invite WHERE used_at IS NOT NULL") == 1

    async def test_a_used_and_an_old_link_say_so_and_let_nobody_in(self, house: House, wecom: FakeWecom) -> None:
        async with running(settings_with(house, wecom)) as client:
            used = await asks_for_page(house, wecom, client)
            browser = Browser(client)
            await browser.opens(path_of(used))
            await browser.says("是我")
            await until(lambda: chats_of(house, LIN))
            old = await asks_for_page(house, wecom, client)
            house.move_clock(seconds=LINK_FOR.total_seconds() + 1)
            for card in (used, old):
                async with httpx.AsyncClient(base_url=client.base_url, trust_env=False) as another:
                    lines = house.count("SELECT count(*) FROM chat_line")
                    await Browser(another).opens(path_of(card))
                    await until(lambda lines=lines: house.count("SELECT count(*) FROM chat_line") > lines)
                    said = house.ask("SELECT body FROM chat_line ORDER BY id DESC LIMIT 1")[0][0]
                    assert "「网页」" in json.loads(said)["html"]  # how to get another
            assert chats_of(house, LIN) == 1

    async def test_at_a_colleagues_computer_nothing_is_said_in_his_chat(self, house: House, wecom: FakeWecom) -> None:
        async with running(settings_with(house, wecom)) as client:
            browser = Browser(client)
            await browser.opens(path_of(await asks_for_page(house, wecom, client, LI)))
            await browser.says("是我")
            await until(lambda: chats_of(house, OTHER))
            hers = await asks_for_page(house, wecom, client)
            lines = house.count("SELECT count(*) FROM chat_line")
            page = await browser.opens(path_of(hers))
            assert "已经有人在用了" in page.text
            assert (house.count("SELECT count(*) FROM chat_line"), chats_of(house, LIN)) == (lines, 0)
            await client.post("/chat/leave", json={})
            await browser.opens(path_of(hers))
            await browser.says("是我")
            await until(lambda: chats_of(house, LIN))

    async def test_without_a_page_no_link_is_made(self, house: House, wecom: FakeWecom) -> None:
        async with running(settings_with(house, wecom, web_chat=False)) as client:
            told = await asks_for_page(house, wecom, client)
            assert told.kind == "text" and "http" not in told.words
            assert house.count("SELECT count(*) FROM invite") == 0


@pytest.mark.slow
def test_no_code_reaches_the_log_of_the_real_process(house: House, wecom: FakeWecom) -> None:
    settings = {f"ZHIXING_{name}": value for name, value in app_of(wecom).items()}
    port = str(free_port())
    site = {"ZHIXING_WEB_CHAT": "1", "ZHIXING_HTTP_PORT": port, "ZHIXING_PUBLIC_URL": f"http://127.0.0.1:{port}"}
    with Run(house, None, ZHIXING_LOG_LEVEL="DEBUG", **settings, **site) as run:
        query, content = callback(message(ZHANG, "text", now(), Content="网页"), now())
        assert post(f"{run.address}{CALLBACK_PATH}", query, content) == [200]
        wecom.world.wait_for(lambda: wecom.world.to(ZHANG))
        url = wecom.world.to(ZHANG)[0].body["url"]
        code = url.rpartition("/")[2]
        with httpx.Client(trust_env=False) as browser:
            page = browser.get(url)
            headers = {"x-csrf-token": re.search(r'name="csrf" content="(\w+)"', page.text)[1]}
            for said in ({"kind": "start", "text": code}, {"kind": "text", "text": "是我"}):
                said_at = f"{run.address}/chat/say"
                assert browser.post(said_at, json={"id": str(uuid4()), **said}, headers=headers).status_code == 200
            wait_until(lambda: chats_of(house, LIN), 20, run.log)
            browser.post(url, json={})
            browser.get(f"{url}/more")
        with socket.create_connection(("127.0.0.1", int(port))) as line:
            line.sendall(f"GET /join/{code} HTTP/7\r\nno header\r\n\r\n".encode())
            assert b"400" in line.recv(200)
        assert run.stop()[0] == 0
    assert "ready" in run.log and code not in run.log and code.lower() not in run.log
