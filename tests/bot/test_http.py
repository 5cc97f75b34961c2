"""The site: health, headers, who may post, and the real web chat's cookie."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from socket import socket
from uuid import uuid4

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from bot.channels.web import FILE_LIMIT, Web
from bot.chat_pages import COOKIE, POSTS_PER_MINUTE, TEXT_LIMIT, Talk, Visitors
from bot.errors import ConfigError
from bot.http import Server, make_app
from bot.render import Words
from bot.writer import Writer
from models.store import Store
from tests.fakes import PATIENCE
from tests.world import FakeClock

KEY = b"k" * 32
SITE = "http://school.test"
JPEG = b"\xff\xd8\xff\xe0" + bytes(20)


class Kept(list):
    async def __call__(self, _channel: str, envelopes: list) -> None:
        self.extend(envelopes)


@pytest.fixture
async def web(store: Store, tmp_path: Path) -> AsyncIterator[Web]:
    writer = Writer(store)
    yield Web(writer, tmp_path / "files", FakeClock(), look_every=0.05)
    writer.close()


@pytest.fixture
async def kept(web: Web) -> AsyncIterator[Kept]:
    kept = Kept()
    listening = asyncio.create_task(web.listen(kept))
    while not web.is_listening:
        await asyncio.sleep(0)
    yield kept
    web.stop()
    await listening


@pytest.fixture(scope="module")
def words() -> Iterator[Words]:
    return Words()


async def is_ready() -> tuple[bool, dict]:
    return True, {"database": "ok"}


def app_of(routes: list[BaseRoute], token: str = "", ready=is_ready) -> Starlette:
    return make_app(ready, lambda: b"turns_total 1\n", routes, token)


@asynccontextmanager
async def browser(app: Starlette, near: str = "127.0.0.1"):
    transport = httpx.ASGITransport(app, client=(near, 40000))
    async with httpx.AsyncClient(transport=transport, base_url=SITE) as client:
        yield client


@asynccontextmanager
async def visitor(web: Web, words: Words, path: str = "/chat"):
    """Somebody who has opened the chat page: a client with her cookie and the page's token."""
    async with browser(app_of(Visitors(web, words, KEY, "zh_Hans", False).routes())) as client:
        page = await client.get(path)
        assert page.status_code == 200
        client.headers["x-csrf-token"] = re.search(r'name="csrf" content="(\w+)"', page.text)[1]
        yield client


def words_of(text: str = "先等三秒", **more) -> dict:
    return {"id": str(uuid4()), "kind": "text", "text": text, **more}


class TestHealth:
    async def test_healthz_is_fine_while_alive(self):
        async with browser(app_of([])) as client:
            assert (await client.get("/healthz")).status_code == 200

    @pytest.mark.parametrize(("is_fine", "status"), [(True, 200), (False, 503)])
    async def test_readyz_tells_its_checks(self, is_fine, status):
        async def ready():
            return is_fine, {"outbox": is_fine}

        async with browser(app_of([], ready=ready)) as client:
            answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()) == (status, {"outbox": is_fine})

    async def test_metrics_are_for_this_machine(self):
        async with browser(app_of([])) as client:
            assert (await client.get("/metrics")).text.startswith("turns_total")
            assert (await client.get("/metrics", headers={"x-forwarded-for": "9.9.9.9"})).status_code == 403
        async with browser(app_of([]), near="10.0.0.9") as client:
            assert (await client.get("/metrics")).status_code == 403

    async def test_metrics_are_for_whoever_has_the_token(self):
        async with browser(app_of([], token="a word"), near="10.0.0.9") as client:
            assert (await client.get("/metrics", headers={"authorization": "Bearer a word"})).status_code == 200
            assert (await client.get("/metrics", headers={"authorization": "Bearer another"})).status_code == 403


class TestHeaders:
    async def test_a_page_may_run_only_our_own_scripts(self, web, words):
        async with visitor(web, words) as client:
            page = await client.get("/chat")
        assert "default-src 'self'" in page.headers["content-security-policy"]
        assert page.headers["x-content-type-options"] == "nosniff"
        scripts = re.findall(r"<script([^>]*)>", page.text)
        assert all("src=" in script or "application/json" in script for script in scripts)
        assert not re.search(r"\son\w+=|\sstyle=", page.text)

    async def test_static_files_are_served_and_nothing_beside_them(self):
        async with browser(app_of([])) as client:
            assert (await client.get("/static/chat.js")).status_code == 200
            assert (await client.get("/static/../chat.html")).status_code == 404
            assert (await client.get("/static/%2e%2e/chat.html")).status_code == 404


class TestVisitors:
    async def test_somebody_new_gets_a_chat_of_her_own(self, web, words):
        async with visitor(web, words) as one, visitor(web, words) as other:
            assert one.cookies[COOKIE] != other.cookies[COOKIE]

    async def test_she_keeps_it(self, web, words):
        async with visitor(web, words) as client:
            before = client.cookies[COOKIE]
            await client.get("/chat")
            assert client.cookies[COOKIE] == before

    @pytest.mark.parametrize("is_https", [False, True])
    async def test_the_cookie_is_kept_from_scripts_and_other_sites(self, web, words, is_https):
        async with browser(app_of(Visitors(web, words, KEY, "zh_Hans", is_https).routes())) as client:
            cookie = SimpleCookie((await client.get("/chat")).headers["set-cookie"])[COOKIE]
        assert cookie["httponly"]
        assert cookie["samesite"] == "lax"
        assert bool(cookie["secure"]) is is_https

    async def test_a_forged_cookie_opens_nothing(self, web, words, kept):
        async with visitor(web, words) as client:
            chat, _, mark = client.cookies[COOKIE].partition(".")
            other = "1" if mark.endswith("0") else "0"
            for forged in (f"demo-teacher.{mark}", f"{chat}.{mark[:-1]}{other}", chat, "", "é.é"):
                headers = {"cookie": f"{COOKIE}={forged}".encode()}
                client.cookies.clear()
                assert (await client.post("/chat/say", json=words_of(), headers=headers)).status_code == 401
                assert (await client.get("/chat/lines/1/0", headers=headers)).status_code == 401
        assert kept == []

    async def test_words_are_kept_under_her_chat(self, web, words, kept):
        async with visitor(web, words) as client:
            assert (await client.post("/chat/say", json=words_of("QH7K2X"))).status_code == 200
            chat = client.cookies[COOKIE].partition(".")[0]
        assert [(e.sender, e.body["text"]) for e in kept] == [(chat, "QH7K2X")]

    async def test_a_post_without_the_pages_token_is_refused(self, web, words, kept):
        async with visitor(web, words) as client:
            del client.headers["x-csrf-token"]
            assert (await client.post("/chat/say", json=words_of())).status_code == 403
            assert (await client.post(f"/chat/file?id={uuid4()}", content=JPEG)).status_code == 403
            assert (await client.post("/chat/leave", json={})).status_code == 403
        assert kept == []

    async def test_a_post_from_another_site_is_refused(self, web, words, kept):
        async with visitor(web, words) as client:
            answer = await client.post("/chat/say", json=words_of(), headers={"origin": "http://elsewhere.test"})
            assert answer.status_code == 403
            assert (await client.post("/chat/say", json=words_of(), headers={"origin": SITE})).status_code == 200
        assert len(kept) == 1

    async def test_leaving_forgets_this_browser(self, web, words):
        async with visitor(web, words) as client:
            before = client.cookies[COOKIE]
            await client.post("/chat/leave", json={})
            await client.get("/chat")
            assert client.cookies[COOKIE] != before

    @pytest.mark.parametrize(
        ("asked", "shown"), [("zh-TW,zh;q=0.9", "zh-TW"), ("en-GB", "en-GB"), ("zh-CN", "zh-CN"), ("fr", "zh-CN")]
    )
    async def test_the_page_speaks_the_browsers_language(self, web, words, asked, shown):
        async with browser(app_of(Visitors(web, words, KEY, "zh_Hans", False).routes())) as client:
            page = await client.get("/chat", headers={"accept-language": asked})
            assert f'<html lang="{shown}">' in page.text
            await client.get("/chat?language=zh_Hant")
            page = await client.get("/chat", headers={"accept-language": asked})
            assert '<html lang="zh-TW">' in page.text


class TestBadPosts:
    @pytest.mark.parametrize(
        "body",
        [
            b"", b"[]", b"{", b"[" * 100_000, b'{"id": 1}', b"\xff",
            json.dumps(words_of(kind="dance")).encode(),
            json.dumps({"id": "no uuid", "kind": "text", "text": "x"}).encode(),
            json.dumps({"id": str(uuid4()), "kind": "text", "text": 5}).encode(),
            json.dumps({"id": str(uuid4()), "kind": "button", "text": "x", "button": "y" * 201}).encode(),
        ],
        ids=["empty", "a list", "cut off", "brackets", "a bare id", "no text at all", "unknown kind", "no uuid",
             "a number for words", "a long button"],
    )  # fmt: skip
    async def test_what_cannot_be_read_is_refused(self, web, words, kept, body):
        async with visitor(web, words) as client:
            answer = await client.post("/chat/say", content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 400
        assert kept == []

    async def test_a_form_of_another_page_is_refused(self, web, words, kept):
        async with visitor(web, words) as client:
            assert (await client.post("/chat/say", data={"kind": "text"})).status_code == 415

    async def test_a_body_beyond_the_limit_is_not_read_to_its_end(self, web, words, kept):
        read = 0

        async def endless() -> AsyncIterator[bytes]:
            nonlocal read
            while True:
                read += 1
                assert read < 100
                yield b"x" * 100_000

        async with visitor(web, words) as client:
            json_type = {"content-type": "application/json"}
            answer = await client.post("/chat/say", content=_some(endless(), TEXT_LIMIT * 2), headers=json_type)
        assert answer.status_code == 413
        assert kept == []

    async def test_a_long_text_within_the_limit_is_kept_whole(self, web, words, kept):
        async with visitor(web, words) as client:
            assert (await client.post("/chat/say", json=words_of("长" * 100_000))).status_code == 200
        assert kept[0].body["text"] == "长" * 100_000

    async def test_halves_of_characters_are_replaced(self, web, words, kept):
        async with visitor(web, words) as client:
            body = b'{"id": "%s", "kind": "text", "text": "a\\ud83dz"}' % str(uuid4()).encode()
            answer = await client.post("/chat/say", content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 200
        assert kept[0].body["text"] == "a\ufffdz"

    async def test_too_many_posts_are_asked_to_wait(self, web, words, kept):
        async with visitor(web, words) as client:
            statuses = [(await client.post("/chat/say", json=words_of())).status_code for _ in range(POSTS_PER_MINUTE)]
            refused = await client.post("/chat/say", json=words_of())
        assert set(statuses) == {200}
        assert (refused.status_code, refused.json()) == (429, {"error": "too_fast"})
        assert "retry-after" in refused.headers

    async def test_before_the_inbox_listens_the_page_is_told_to_try_again(self, web, words):
        async with visitor(web, words) as client:
            assert (await client.post("/chat/say", json=words_of())).status_code == 503


async def _some(pieces: AsyncIterator[bytes], at_most: int) -> AsyncIterator[bytes]:
    sent = 0
    async for piece in pieces:
        yield piece
        sent += len(piece)
        if sent > at_most:
            return


class TestFiles:
    async def test_a_photo_comes_back_as_a_photo(self, web, words, kept):
        async with visitor(web, words) as client:
            posted = await client.post(f"/chat/file?id={uuid4()}&name=黑板.jpg", content=JPEG)
            shown = await client.get("/chat/lines/1/0")
        assert posted.status_code == 200
        assert (shown.headers["content-type"], shown.content) == ("image/jpeg", JPEG)
        assert shown.headers["content-disposition"].startswith("inline")

    async def test_a_document_is_saved_not_shown(self, web, words, kept):
        async with visitor(web, words) as client:
            await client.post(f"/chat/file?id={uuid4()}&name=a.pdf", content=b"%PDF-1.7")
            shown = await client.get("/chat/lines/1/0")
        assert shown.headers["content-disposition"].startswith("attachment")
        assert shown.headers["content-type"] == "application/octet-stream"

    async def test_a_file_of_somebody_else_is_gone(self, web, words, kept):
        async with visitor(web, words) as one, visitor(web, words) as other:
            await one.post(f"/chat/file?id={uuid4()}&name=a.jpg", content=JPEG)
            assert (await other.get("/chat/lines/1/0")).status_code == 404

    @pytest.mark.parametrize(
        ("content", "headers", "status", "error"),
        [
            (b"MZ", {}, 415, "kind_not_taken"),
            (b"", {}, 415, "empty"),
            (JPEG, {"content-length": str(FILE_LIMIT + 1)}, 413, "too_large"),
        ],
    )
    async def test_other_files_are_refused_with_the_reason(self, web, words, kept, content, headers, status, error):
        async with visitor(web, words) as client:
            answer = await client.post(f"/chat/file?id={uuid4()}", content=content, headers=headers)
        assert (answer.status_code, answer.json()) == (status, {"error": error})


class TestServing:
    async def test_an_open_stream_does_not_hold_up_the_end(self, web, kept):
        talk = Talk(web, lambda request: "v-lin", lambda request: ["v-lin"])
        server = Server(app_of(talk.routes("/chat")), "127.0.0.1", 0)
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        async with httpx.AsyncClient(trust_env=False) as client:
            await client.post(f"http://127.0.0.1:{port}/chat/say", json=words_of("早"))
            async with client.stream("GET", f"http://127.0.0.1:{port}/chat/events") as stream:
                found = stream.aiter_lines()
                while not (line := await anext(found)).startswith("data:"):
                    pass
                assert json.loads(line.removeprefix("data:"))["text"] == "早"
                web.stop()
                server.should_exit = True
                await asyncio.wait_for(serving, PATIENCE)

    async def test_a_port_that_is_taken_is_named(self):
        with socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            server = Server(app_of([]), "127.0.0.1", other.getsockname()[1])
            with pytest.raises(ConfigError, match=str(other.getsockname()[1])):
                await server.serve()

    async def test_the_setting_that_holds_the_port_is_named(self):
        with socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            server = Server(app_of([]), "127.0.0.1", other.getsockname()[1], "--port")
            with pytest.raises(ConfigError, match="^--port"):
                await server.serve()

    @pytest.mark.parametrize("host", ["999.1.1.1", "192.0.2.1"])
    async def test_an_address_that_is_not_ours_is_named(self, host: str):
        with pytest.raises(ConfigError, match=f"ZHIXING_HTTP_HOST.*{host}"):
            await Server(app_of([]), host, 0).serve()
