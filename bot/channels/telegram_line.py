"""The line to Telegram: raw calls of the Bot API and downloads, hushed about addresses and words."""

import asyncio
import json
import logging
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx
from telegram import Bot
from telegram.error import BadRequest
from telegram.request import HTTPXRequest

from bot.channels.telegram_errors import SOON, Flood, NotTelegram
from bot.errors import FetchFailed

DOWNLOAD_TIME = 120.0  # seconds for one attachment


class Line:
    """Calls methods raw: an answer that the library cannot parse must not make a sent message look failed."""

    def __init__(self, token: str, base_url: str, base_file_url: str, httpx_kwargs: dict[str, Any]) -> None:
        _hush()
        self._wire = Wire(
            connection_pool_size=64,
            read_timeout=20.0,
            write_timeout=10.0,
            connect_timeout=10.0,
            pool_timeout=5.0,
            httpx_kwargs=httpx_kwargs,
        )
        self._bot = Bot(token, base_url, base_file_url, self._wire, self._wire)
        self._files_url = base_file_url + token
        self._downloads = httpx.AsyncClient(timeout=20.0, **httpx_kwargs)

    async def call(self, method: str, read_timeout: float | None = None, **parameters: Any) -> Any:
        """Call a method of the Bot API and return its raw result; `read_timeout` is in seconds; raise TelegramError."""
        # Telegram does not care about case; with a capital the library does not recommend its own typed method.
        name = method[0].upper() + method[1:]
        if read_timeout is None:
            return await self._bot.do_api_request(name, parameters)
        return await self._bot.do_api_request(name, parameters, read_timeout=read_timeout)

    async def download(self, path: str, at_most: int) -> bytes:
        """Download a file of at most so many bytes; raise FetchFailed. Its address holds the token: tell it nobody."""
        try:
            download = self._downloads.stream("GET", f"{self._files_url}/{quote(path)}")
            async with asyncio.timeout(DOWNLOAD_TIME), download as answer:
                return await _read(answer, at_most)
        except (httpx.HTTPError, TimeoutError):
            raise FetchFailed("unreachable") from None

    async def close(self) -> None:
        """Let go of all connections."""
        await self._wire.shutdown()
        await self._downloads.aclose()


class Wire(HTTPXRequest):
    """Lets through only what Telegram itself answered.

    python-telegram-bot would take a firewall's 403 page for "blocked by the user", stumble over an answer without a
    result, and log a body it cannot read, though it may hold what people wrote.
    """

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """Send one request; raise NotTelegram when what comes back is no answer of Telegram, and Flood on a 429."""
        status, body = await super().do_request(*args, **kwargs)
        if status == 413:
            raise BadRequest("Request entity too large")
        answer = _answer(status, body)
        if status == 429:
            raise Flood(_patience(answer))
        return status, body


def _answer(status: int, body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise NotTelegram(status) from None
    wanted = "result" if status < 300 else "description"
    if not isinstance(answer, dict) or wanted not in answer:
        raise NotTelegram(status)
    return answer


def _patience(answer: dict[str, Any]) -> timedelta:
    """Read how long to wait; the library's own error for this warns of its coming change at every use."""
    parameters = answer.get("parameters")
    seconds = parameters.get("retry_after") if isinstance(parameters, dict) else None
    return timedelta(seconds=seconds) if isinstance(seconds, int) else SOON


async def _read(answer: httpx.Response, at_most: int) -> bytes:
    """Read a download, but never more than `at_most` bytes."""
    if answer.status_code == 404:
        raise FetchFailed("gone")
    if answer.status_code != 200:
        raise FetchFailed("unreachable")
    content = bytearray()
    async for piece in answer.aiter_bytes():
        content += piece
        if len(content) > at_most:
            raise FetchFailed("too_large")
    return bytes(content)


def _hush() -> None:
    """Keep the libraries from logging addresses, which hold the token, and what people wrote."""
    for name in ("httpx", "httpcore", "telegram"):
        logging.getLogger(name).setLevel(logging.WARNING)
