"""Files that somebody sent to WeCom's AI bot: had at once, for their address lives five minutes, and decrypted."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import httpx
import structlog

from bot.channels import File
from bot.channels.wecom_api import hush
from bot.channels.wecom_crypto import BLOCK, NotGenuine, open_file
from bot.errors import FetchFailed

log = structlog.get_logger("wecom")

HELD_AT_MOST = 6  # files in memory until their row asks for them; beyond that the row fetches for itself
HELD_FOR = timedelta(minutes=10)
DOWNLOAD_TIME = 120.0  # seconds
AT_ONCE = 3
PASSING = {408, 425, 429}  # refusals that may pass; and every 5xx


def pack(url: str, aes_key: str) -> str:
    """Name a file by where it is and by its key; both are secrets."""
    return f"{aes_key} {url}"


def unpack(file_id: str) -> tuple[str, str]:
    """Give address and key."""
    aes_key, _, url = file_id.partition(" ")
    return url, aes_key


class Media:
    """Downloads, the first ones before anybody asks for them."""

    def __init__(self, limit: int, now: Callable[[], datetime], httpx_kwargs: dict[str, Any] | None = None) -> None:
        hush()
        timeout = httpx.Timeout(10.0, connect=5.0)
        self._line = httpx.AsyncClient(timeout=timeout, follow_redirects=False, **(httpx_kwargs or {}))
        self._limit = limit
        self._now = now
        self._early: dict[str, tuple[datetime, asyncio.Task[bytes]]] = {}
        self._room = asyncio.Semaphore(AT_ONCE)

    def begin(self, files: Iterable[File]) -> None:
        """Start to fetch what was just sent, while its address still lives."""
        self._forget_old()
        for file in files:
            if len(self._early) < HELD_AT_MOST and file.file_id not in self._early:
                task = asyncio.create_task(self._early_bytes(file.file_id))
                task.add_done_callback(lambda done: done.cancelled() or done.exception())  # told to whoever fetches
                self._early[file.file_id] = (self._now(), task)

    async def fetch(self, file_id: str, at_most: int) -> bytes:
        """Give the bytes of a file; raise FetchFailed."""
        _, task = self._early.pop(file_id, (None, None))
        content = await (task or self._bytes(file_id, at_most))
        if len(content) > at_most:
            raise FetchFailed("too_large")
        return content

    async def _early_bytes(self, file_id: str) -> bytes:
        async with self._room:
            return await self._bytes(file_id, self._limit)

    async def _bytes(self, file_id: str, at_most: int) -> bytes:
        url, aes_key = unpack(file_id)
        sealed = await self._download(url, at_most + BLOCK)
        try:
            return await asyncio.to_thread(open_file, sealed, aes_key)
        except NotGenuine:
            raise FetchFailed("gone") from None

    async def _download(self, url: str, at_most: int) -> bytes:
        content = bytearray()
        try:
            async with asyncio.timeout(DOWNLOAD_TIME), self._line.stream("GET", url) as answer:
                if answer.status_code != 200:
                    passes = answer.status_code >= 500 or answer.status_code in PASSING
                    raise FetchFailed("unreachable" if passes else "gone")
                async for piece in answer.aiter_bytes():
                    content += piece
                    if len(content) > at_most:
                        raise FetchFailed("too_large")
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise FetchFailed("gone") from None
        except (httpx.HTTPError, TimeoutError):
            raise FetchFailed("unreachable") from None  # nothing is chained: an error's words may hold the address
        return bytes(content)

    def _forget_old(self) -> None:
        for file_id, (since, task) in list(self._early.items()):
            if self._now() - since > HELD_FOR:
                del self._early[file_id]
                task.cancel()

    async def close(self) -> None:
        """Let go of the network."""
        for _, task in self._early.values():
            task.cancel()
        await self._line.aclose()
