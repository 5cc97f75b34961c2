"""Being pushed to: only Telegram may, and it hears 200 only when the update is kept."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels import Health
from bot.channels.telegram import HOOK_LIMIT, HOOK_PATH, Telegram
from bot.http import Server
from tests.channels.conftest import NOW, SECRET, TEACHER, Inbox, Make, Naps, listening
from tests.fakes.telegram_http import listen
from tests.fakes.telegram_server import FakeTelegram

URL = "https://school.example" + HOOK_PATH
BODY = json.dumps({"update_id": 9, "message": {"text": "好", "chat": {"id": 501}}}).encode()


@pytest.fixture
def hooked(make: Make) -> Telegram:
    return make(mode="webhook", public_url="https://school.example", webhook_secret=SECRET)


@asynccontextmanager
async def served(channel: Telegram, port_socket: Any) -> AsyncIterator[None]:
    """Serve the hook over HTTP, as the site does."""

    async def take(request: Request) -> Response:
        status = await channel.hook(await request.body(), request.headers.get("x-telegram-bot-api-secret-token"))
        return Response(status_code=status)

    server = Server(Starlette(routes=[Route(HOOK_PATH, take, methods=["POST"])]), "127.0.0.1", 0)
    task = asyncio.create_task(server.serve(sockets=[port_socket]))
    try:
        yield
    finally:
        server.should_exit = True
        await task


async def test_pushed_updates_are_kept_and_repeated_until_they_are(
    server: FakeTelegram, make: Make, inbox: Inbox, health: Health
) -> None:
    place = listen()
    channel = make(mode="webhook", public_url=f"http://127.0.0.1:{place.getsockname()[1]}", webhook_secret=SECRET)
    inbox.refusals = [OSError("disk full")]
    async with served(channel, place), listening(channel, inbox):
        await server.async_wait_until(lambda: server.called("setWebhook"))
        said, tapped = server.says(TEACHER, "推来的话"), server.taps_forged(TEACHER, "v1:x", 1)
        await server.async_wait_until(lambda: server.is_confirmed(said) and server.is_confirmed(tapped))
        await server.async_wait_until(lambda: server.tapped[0].answered)
    assert inbox.asked == [[str(said)], [str(said)], [str(tapped)]]
    assert inbox.ids == [said, tapped]
    assert server.called("getUpdates") == []
    assert health.last_good_poll == NOW


@pytest.mark.parametrize(
    ("body", "secret", "status"),
    [
        pytest.param(BODY, SECRET, 200, id="Telegram"),
        pytest.param(BODY, None, 403, id="no secret"),
        pytest.param(BODY, "", 403, id="an empty secret"),
        pytest.param(BODY, SECRET[:-1], 403, id="almost the secret"),
        pytest.param(BODY, SECRET + "1", 403, id="more than the secret"),
        pytest.param(BODY, "密码\ud800", 403, id="a secret of other letters"),
        pytest.param(b"not json", None, 403, id="the secret is asked first"),
        pytest.param(b"{", SECRET, 400, id="half an update"),
        pytest.param(b"\xff\xfe\x00", SECRET, 400, id="no text"),
        pytest.param(b"[" * 100_000, SECRET, 400, id="too deep to read"),
        pytest.param(b"[1]", SECRET, 400, id="no object"),
        pytest.param(BODY + b" " * HOOK_LIMIT, SECRET, 413, id="too large"),
    ],
)
async def test_who_may_push_what(
    server: FakeTelegram, hooked: Telegram, inbox: Inbox, body: bytes, secret: str | None, status: int
) -> None:
    async with listening(hooked, inbox):
        await server.async_wait_until(lambda: server.called("setWebhook"))
        assert await hooked.hook(body, secret) == status
    assert inbox.ids == ([9] if status == 200 else [])


async def test_poison_is_kept_and_confirmed(server: FakeTelegram, hooked: Telegram, inbox: Inbox) -> None:
    async with listening(hooked, inbox):
        await server.async_wait_until(lambda: server.called("setWebhook"))
        assert await hooked.hook(b'{"update_id": 3, "message": 5}', SECRET) == 200
    with pytest.raises((TypeError, AttributeError)):
        hooked.parse(inbox.kept[0].body)


async def test_before_anybody_keeps_updates_telegram_is_asked_to_come_again(hooked: Telegram, inbox: Inbox) -> None:
    assert await hooked.hook(BODY, SECRET) == 503
    async with listening(hooked, inbox):
        await asyncio.sleep(0)
    assert await hooked.hook(BODY, SECRET) == 503


async def test_without_a_secret_nobody_may_push(make: Make, server: FakeTelegram, inbox: Inbox) -> None:
    channel = make(mode="webhook", public_url="https://school.example")
    async with listening(channel, inbox):
        await server.async_wait_until(lambda: server.called("setWebhook"))
        assert [await channel.hook(BODY, guess) for guess in (None, "", "None")] == [403, 403, 403]
        assert await channel.hook(BODY, server.state.webhook.secret) == 200


async def test_the_webhook_is_set_with_its_secret_and_drops_nothing(
    server: FakeTelegram, hooked: Telegram, inbox: Inbox, naps: Naps
) -> None:
    server.fault("getWebhookInfo", status=502)
    server.fault("setWebhook", status=500, times=2)
    async with listening(hooked, inbox):
        await server.async_wait_until(lambda: server.state.webhook.url)
    assert (server.state.webhook.url, server.state.webhook.secret) == (URL, SECRET)
    assert server.state.allowed == ["message", "edited_message", "callback_query", "my_chat_member"]
    assert not any("drop_pending_updates" in call.parameters for call in server.called("setWebhook"))
    assert all(1 <= nap <= 60 for nap in naps.taken)


async def test_a_webhook_somebody_took_down_is_set_again(
    server: FakeTelegram, hooked: Telegram, inbox: Inbox, naps: Naps, health: Health
) -> None:
    async with listening(hooked, inbox):
        await server.async_wait_until(lambda: server.state.webhook.url == URL)
        await naps.until(1)
        assert (health.last_good_poll, health.trouble) == (NOW, None)
        naps.wake()
        await naps.until(2)
        assert len(server.called("setWebhook")) == 1, "set once is enough"
        server.state.webhook.url = ""
        naps.wake()
        await server.async_wait_until(lambda: server.state.webhook.url == URL)


@pytest.mark.parametrize(
    ("info", "trouble"),
    [
        pytest.param({"failed": timedelta(seconds=30), "waiting": 4}, "webhook_failing", id="pushes fail now"),
        pytest.param({"failed": timedelta(seconds=30), "waiting": 0}, None, id="a push failed, but came in the end"),
        pytest.param({"failed": timedelta(hours=3), "waiting": 4}, None, id="pushes failed long ago"),
    ],
)
async def test_failing_pushes_are_a_trouble(
    server: FakeTelegram, hooked: Telegram, inbox: Inbox, naps: Naps, health: Health, info: dict[str, Any], trouble: str
) -> None:
    failed_at = int((NOW - info["failed"]).timestamp())
    told = {"url": URL, "pending_update_count": info["waiting"], "last_error_date": failed_at}
    server.fault("getWebhookInfo", body=json.dumps({"ok": True, "result": told}).encode())
    async with listening(hooked, inbox):
        await naps.until(1)
        assert health.trouble == trouble


async def test_an_answer_that_tells_nothing_of_the_webhook_is_a_trouble(
    server: FakeTelegram, hooked: Telegram, inbox: Inbox, naps: Naps, health: Health
) -> None:
    server.fault("getWebhookInfo", body=b'{"ok": true, "result": true}', times=2)
    async with listening(hooked, inbox):
        await server.async_wait_until(lambda: server.state.webhook.url == URL)
    assert health.counts == {"unreachable": 2}
