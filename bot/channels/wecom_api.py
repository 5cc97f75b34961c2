"""WeCom's HTTP API: one access token for all, JSON as bytes of our own making, media up and down."""

import asyncio
import json
import logging
import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

import httpx
import structlog

from bot.channels.wecom_errors import NEVER_LEFT, STALE_TOKEN, Declined, NoAnswer, WecomError
from bot.errors import FetchFailed

log = structlog.get_logger("wecom")

EARLY = 300  # seconds before its end that a token is renewed
JITTER = 60  # seconds, so that two hosts do not renew together
GRUDGE = timedelta(seconds=30)  # a refused token is not asked for again sooner: too many refusals block for an hour
TIMEOUT = httpx.Timeout(10.0, connect=5.0)
UPLOAD_TIME = 60.0  # seconds for one file
DOWNLOAD_TIME = 120.0
T = TypeVar("T")


class Api:
    """Calls of one app. The token is had once, by whoever needs it first; everybody else waits for that."""

    def __init__(
        self,
        corp_id: str,
        secret: str,
        base_url: str,
        now: Callable[[], datetime],
        httpx_kwargs: dict[str, Any] | None = None,
    ) -> None:
        hush()
        self._who = {"corpid": corp_id, "corpsecret": secret}
        self._now = now
        self._line = httpx.AsyncClient(
            base_url=base_url, timeout=TIMEOUT, follow_redirects=False, limits=httpx.Limits(max_connections=64),
            **(httpx_kwargs or {}),
        )  # fmt: skip
        self._renewing = asyncio.Lock()
        self._token = ""
        self._ends: datetime | None = None
        self._refused: tuple[datetime, WecomError] | None = None

    # Calls

    async def get(self, path: str, **query: str) -> dict[str, Any]:
        """Ask; raise WecomError."""
        return await self._with_token(lambda token: self._ask("GET", path, {"access_token": token, **query}))

    async def post(self, path: str, content: bytes, **query: str) -> dict[str, Any]:
        """Send a JSON document as it is written; raise WecomError."""
        kind = {"content-type": "application/json; charset=utf-8"}
        return await self._with_token(
            lambda token: self._ask("POST", path, {"access_token": token, **query}, content=content, headers=kind)
        )

    async def upload(self, kind: str, name: str, content: bytes) -> str:
        """Lay a file into WeCom's store for three days and return its media id; raise WecomError.

        httpx writes the name as raw UTF-8: WeCom does not read the encoded form (filename*=).
        """
        files = {"media": (name, content, "application/octet-stream")}
        answer = await self._with_token(
            lambda token: self._ask(
                "POST", "/cgi-bin/media/upload", {"access_token": token, "type": kind}, files=files, timeout=UPLOAD_TIME
            )
        )
        if not isinstance(answer.get("media_id"), str):
            raise NoAnswer
        return str(answer["media_id"])

    async def download(self, media_id: str, at_most: int) -> bytes:
        """Fetch what somebody sent; raise WecomError or FetchFailed."""
        return await self._with_token(lambda token: self._fetch(media_id, token, at_most))

    async def close(self) -> None:
        """Let go of the network."""
        await self._line.aclose()

    async def _with_token(self, call: Callable[[str], Awaitable[T]]) -> T:
        """Call with the token; when WeCom takes it no more, once again with a new one."""
        token = await self._current()
        try:
            return await call(token)
        except Declined as error:
            if error.code not in STALE_TOKEN:
                raise
        self._drop(token)
        return await call(await self._current())

    async def _ask(self, method: str, path: str, query: dict[str, str], **more: Any) -> dict[str, Any]:
        try:
            answer = await self._line.request(method, path, params=query, **more)
        except NEVER_LEFT:
            raise NoAnswer(never_left=True) from None
        except httpx.HTTPError:
            raise NoAnswer from None
        return answer_of(answer.status_code, answer.content)

    async def _fetch(self, media_id: str, token: str, at_most: int) -> bytes:
        query = {"access_token": token, "media_id": media_id}
        try:
            download = self._line.stream("GET", "/cgi-bin/media/get", params=query)
            async with asyncio.timeout(DOWNLOAD_TIME), download as answer:
                content = await _body(answer, at_most)
                kind = answer.headers.get("content-type", "")
        except (httpx.HTTPError, TimeoutError):
            raise NoAnswer from None
        if answer.status_code != 200 or "json" in kind or (kind.startswith("text/") and content[:1] == b"{"):
            answer_of(answer.status_code, content)  # an error comes as JSON
            raise NoAnswer
        return content

    # The token

    async def _current(self) -> str:
        if self._is_fresh():
            return self._token
        async with self._renewing:
            if not self._is_fresh():  # whoever held the lock may have renewed it
                await self._renew()
            return self._token

    def _is_fresh(self) -> bool:
        return bool(self._token) and self._ends is not None and self._now() < self._ends

    def _drop(self, failed: str) -> None:
        """Forget a token that failed, unless somebody has renewed it meanwhile."""
        if self._token == failed:
            self._token = ""

    async def _renew(self) -> None:
        if self._refused is not None and self._now() < self._refused[0]:
            raise self._refused[1]
        try:
            answer = await self._ask("GET", "/cgi-bin/gettoken", self._who)
            token, lasts = answer["access_token"], int(answer["expires_in"])
        except (KeyError, TypeError, ValueError):
            raise NoAnswer(never_left=True) from None
        except NoAnswer:
            raise NoAnswer(never_left=True) from None  # the message itself has not left
        except Declined as error:
            self._refused = (self._now() + GRUDGE, error)
            raise
        self._refused = None
        self._token = str(token)
        self._ends = self._now() + timedelta(seconds=max(lasts - EARLY - random.uniform(0, JITTER), lasts / 2))
        log.info("wecom_token_renewed")


def written(document: dict[str, Any]) -> bytes:
    """Write JSON as WeCom wants it: raw UTF-8, always in the same order; escapes like \\u4e00 may be refused (40033)."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def answer_of(status: int, content: bytes) -> dict[str, Any]:
    """Read an answer; raise Declined by its code, and NoAnswer when it is none of WeCom's."""
    try:
        answer = json.loads(content.decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError):
        raise NoAnswer from None
    if status != 200 or not isinstance(answer, dict) or type(answer.get("errcode", 0)) is not int:
        raise NoAnswer
    if answer.get("errcode", 0) != 0:
        raise Declined(answer["errcode"], str(answer.get("errmsg", "")))
    return answer


async def _body(answer: httpx.Response, at_most: int) -> bytes:
    content = bytearray()
    async for piece in answer.aiter_bytes():
        content += piece
        if len(content) > at_most:
            raise FetchFailed("too_large")
    return bytes(content)


def hush() -> None:
    """Keep httpx from logging addresses: they hold the token and the secret."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
