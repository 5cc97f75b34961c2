"""Serve pages, chats and health over HTTP; everything it needs is handed in."""

import hmac
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from socket import SOCK_STREAM, getaddrinfo, socket
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    Response,
)
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.errors import ConfigError
from bot.render import LANGUAGES, TEMPLATES, Words, language_of

STATIC = TEMPLATES / "web" / "static"
LANGUAGE_COOKIE = "zhixing_language"
SAFE_HEADERS = {
    "content-security-policy": (
        "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "geolocation=(), camera=(), microphone=()",
}
Ready = Callable[[], Awaitable[tuple[bool, dict[str, Any]]]]


def make_app(ready: Ready, metrics: Callable[[], bytes], routes: Sequence[BaseRoute], token: str = "") -> Starlette:
    """Put the site together: health, metrics (loopback, or with `token`), static files and the given routes."""

    async def healthz(_request: Request) -> Response:
        return PlainTextResponse("ok")

    async def readyz(_request: Request) -> Response:
        is_ready, checks = await ready()
        return JSONResponse(checks, status_code=200 if is_ready else 503)

    async def show_metrics(request: Request) -> Response:
        if not _may_measure(request, token):
            raise HTTPException(403)
        return Response(metrics(), media_type="text/plain; version=0.0.4; charset=utf-8")

    fixed = [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", show_metrics)]
    static = Mount("/static", StaticFiles(directory=STATIC))
    return Starlette(
        routes=[*fixed, static, *routes],
        middleware=[Middleware(SafeHeaders)],
        exception_handlers={HTTPException: _say_status},
    )


class Server(uvicorn.Server):
    """An HTTP server that lives beside other tasks: the signals stay ours, and streams cannot hold up the end."""

    def __init__(self, app: ASGIApp, host: str, port: int, port_setting: str = "ZHIXING_HTTP_PORT") -> None:
        """Serve `app`; `port_setting` is where a clerk would change the port."""
        self._port_setting = port_setting
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                timeout_graceful_shutdown=3,  # seconds
            )
        )

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Begin to listen; raise ConfigError when that cannot be, instead of leaving the process on the spot."""
        if not _is_ours(self.config.host):
            raise ConfigError("ZHIXING_HTTP_HOST", f"这台电脑没有 {self.config.host} 这个地址；不确定就用 127.0.0.1")
        try:
            await super().startup(sockets)
        except SystemExit:
            raise ConfigError(
                self._port_setting, f"{self.config.port} 这个端口用不了（多半已被占用），换一个试试"
            ) from None

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: uvicorn would raise them again after serving and so cut off our own last steps."""
        yield


def _is_ours(host: str) -> bool:
    """Say whether this machine may listen at an address, at whatever port."""
    try:
        family, kind, protocol, _, address = getaddrinfo(host, 0, type=SOCK_STREAM)[0]
        with socket(family, kind, protocol) as probe:
            probe.bind(address)
    except OSError:
        return False
    return True


class SafeHeaders:
    """Adds the headers that keep a page to its own scripts, and posts from other sites out."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer back with the headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name for name, _ in message["headers"]}
                extra = [(n.encode(), v.encode()) for n, v in SAFE_HEADERS.items() if n.encode() not in present]
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        await self.app(scope, receive, with_headers)


async def _say_status(_request: Request, error: Exception) -> Response:
    """Answer a refusal with its reason; the page has the words for it."""
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, status_code=error.status_code, headers=error.headers)


def _may_measure(request: Request, token: str) -> bool:
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if token:
        return hmac.compare_digest(given.encode(), token.encode())
    # Behind a proxy everybody comes from loopback; a forwarded request is not ours.
    is_near = request.client is not None and request.client.host in ("127.0.0.1", "::1")
    return is_near and "x-forwarded-for" not in request.headers


def refuse_other_sites(request: Request) -> None:
    """Raise when another site's page sent this post."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise HTTPException(403, "other_site")


def page_language(request: Request, otherwise: str) -> str:
    """Choose the language of a page: what was chosen on it, else what the browser asks for."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return str(chosen)
    wanted = request.headers.get("accept-language", "").split(",")[0].split(";")[0]
    return language_of(wanted, otherwise)


def show_page(words: Words, name: str, language: str, **facts: Any) -> HTMLResponse:
    """Render a page of templates/web; its words are the blocks of templates/<language>/web.j2."""

    def word(block: str, **more: Any) -> str:
        return words.label(language, "web", block, more)

    html = words.page(name, language, word=word, **facts)
    response = HTMLResponse(html, headers={"cache-control": "no-store"})
    return response


def keywords(words: Words, language: str, handlers: Sequence[str]) -> list[str]:
    """Name the words that open some handlers, as a person would type them."""
    return [words.label(language, name, "keyword", {}).split("|")[0].strip() for name in handlers]


async def read_json(request: Request, at_most: int) -> dict[str, Any]:
    """Read a JSON object of at most so many bytes, or raise what to answer."""
    # A form of another site can be posted without asking; a JSON body cannot.
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise HTTPException(415, "json_please")
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > at_most:
            raise HTTPException(413, "too_large")
    try:
        posted = json.loads(content)
    except (ValueError, RecursionError):
        raise HTTPException(400, "unreadable") from None
    if not isinstance(posted, dict):
        raise HTTPException(400, "unreadable")
    return posted
