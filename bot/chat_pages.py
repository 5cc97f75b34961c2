"""The routes of a chat page: what it posts, what it hears; and the real web chat with its cookie."""

import asyncio
import hmac
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from secrets import token_urlsafe
from typing import Any
from urllib.parse import quote
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from bot.channels.web import FILE_LIMIT, Line, NotTaken, Web
from bot.http import LANGUAGE_COOKIE, keywords, page_language, read_json, refuse_other_sites, show_page
from bot.render import LANGUAGES, Words

TEXT_LIMIT = 500_000  # bytes of one post of words; longer texts are refused before they are read
POSTS_PER_MINUTE = 60  # of one chat
NEW_CHATS_PER_HOUR = 200  # from one address: a whole staff room may join at once, a guesser of codes may not go on
CHIPS = ("reflection", "action", "open_items", "mine")  # handlers that a tap opens, once somebody is known
COOKIE = "zhixing_chat"
COOKIE_LASTS = 180 * 24 * 3600  # seconds
SHOWN_IN_PAGE = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG", "image/gif": b"GIF8", "image/webp": b"RIFF"}


class Pace:
    """Counts how often each key came within a span of seconds, in memory; a restart forgives."""

    def __init__(self, at_most: int, seconds: float) -> None:
        self.at_most = at_most
        self.seconds = seconds
        self._times: dict[str, deque[float]] = {}

    def count(self, key: str) -> None:
        """Count one more; raise when it is one too many."""
        now = asyncio.get_running_loop().time()
        if len(self._times) > 10_000:
            self._times = {k: times for k, times in self._times.items() if times[-1] > now - self.seconds}
        times = self._times.setdefault(key, deque())
        while times and times[0] <= now - self.seconds:
            times.popleft()
        if len(times) >= self.at_most:
            raise HTTPException(429, "too_fast", headers={"retry-after": str(int(self.seconds))})
        times.append(now)


@dataclass
class Talk:
    """What any chat page asks of the server, below one prefix: say, file, events, and the files of lines.

    `whose` names the chat of a request or raises; `heard` names all the chats that its stream shows.
    """

    web: Web
    whose: Callable[[Request], str]
    heard: Callable[[Request], Collection[str]]
    guard: Callable[[Request], None] = refuse_other_sites
    pace: Pace = field(default_factory=lambda: Pace(POSTS_PER_MINUTE, 60))

    def routes(self, prefix: str) -> list[BaseRoute]:
        """List the routes."""
        return [
            Route(f"{prefix}/say", self.say, methods=["POST"]),
            Route(f"{prefix}/file", self.file, methods=["POST"]),
            Route(f"{prefix}/events", self.events),
            Route(f"{prefix}/lines/{{line:int}}/{{number:int}}", self.line_file),
        ]

    def _posting(self, request: Request) -> str:
        self.guard(request)
        chat = self.whose(request)
        self.pace.count(chat)
        if not self.web.is_listening:
            raise HTTPException(503, "not_yet")
        return chat

    async def say(self, request: Request) -> Response:
        """Keep words, a tap or a link's payload; answered once they are kept."""
        chat = self._posting(request)
        posted = await read_json(request, TEXT_LIMIT)
        kind, text, button = (_words_of(posted, name) for name in ("kind", "text", "button"))
        if kind not in ("text", "button", "start") or len(button) > 200:
            raise HTTPException(400, "unreadable")
        said = {"kind": kind, "text": text, "button": button, "language": page_language(request, "zh_Hans")}
        if kind == "button":
            said["text"] = ""
        await self.web.take(chat, _uuid(posted.get("id")), said, None if kind == "start" else text[:20_000])
        return JSONResponse({})

    async def file(self, request: Request) -> Response:
        """Keep one file, sent as the whole body; its name and id stand in the address."""
        chat = self._posting(request)
        if int(request.headers.get("content-length") or 0) > FILE_LIMIT:
            raise HTTPException(413, "too_large")
        name = _whole(request.query_params.get("name", ""))[-120:]
        mime = request.headers.get("content-type", "")[:80]
        try:
            await self.web.take_file(chat, _uuid(request.query_params.get("id")), name, mime, request.stream())
        except NotTaken as error:
            raise HTTPException(413 if error.reason == "too_large" else 415, error.reason) from None
        return JSONResponse({})

    async def events(self, request: Request) -> Response:
        """Stream the lines, from where a broken stream ended."""
        after = request.headers.get("last-event-id", "")
        lines = self._events(self.heard(request), int(after) if after.isdecimal() else 0)
        return StreamingResponse(lines, media_type="text/event-stream", headers={"cache-control": "no-store"})

    async def _events(self, chats: Collection[str], after: int) -> AsyncIterator[str]:
        yield "retry: 1000\n\n"
        async for line in self.web.lines(chats, after):
            yield _event(line) if line else ": still here\n\n"

    async def line_file(self, request: Request) -> Response:
        """Give the file of a line to the one whose chat it stands in; photos are shown, the rest is saved."""
        found = await self.web.file_of(self.whose(request), *(request.path_params[n] for n in ("line", "number")))
        if found is None:
            raise HTTPException(404, "gone")
        path, file = found
        mime = _photo_type(path)
        disposition = f"{'inline' if mime else 'attachment'}; filename*=UTF-8''{quote(file['name'] or 'file')}"
        headers = {"content-disposition": disposition, "cache-control": "private, max-age=86400"}
        return FileResponse(path, media_type=mime or "application/octet-stream", headers=headers)


def _event(line: Line) -> str:
    return f"id: {line.id}\ndata: {json.dumps(line.view, ensure_ascii=False)}\n\n"


def _photo_type(path: Path) -> str | None:
    with path.open("rb") as file:
        head = file.read(12)
    return next((mime for mime, mark in SHOWN_IN_PAGE.items() if head.startswith(mark) and head[8:12] != b"WAVE"), None)


def _words_of(posted: dict[str, Any], name: str) -> str:
    value = posted.get(name, "")
    if not isinstance(value, str):
        raise HTTPException(400, "unreadable")
    return _whole(value)


def _whole(text: str) -> str:
    """Replace halves of characters, which no database takes."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _uuid(text: Any) -> UUID:
    try:
        return UUID(str(text))
    except ValueError:
        raise HTTPException(400, "unreadable") from None


class Visitors:
    """The real web chat: who somebody is stands in a signed cookie, and only there."""

    def __init__(self, web: Web, words: Words, key: bytes, language: str, is_https: bool) -> None:
        self.web, self.words, self.language, self.is_https = web, words, language, is_https
        self._key = sha256(b"web chat" + key).digest()
        self._new_chats = Pace(NEW_CHATS_PER_HOUR, 3600)

    def routes(self) -> list[BaseRoute]:
        """List the routes of /chat and /join."""
        talk = Talk(self.web, self.whose, lambda request: [self.whose(request)], self.guard)
        return [
            Route("/chat", self.page),
            Route("/join/{token}", self.page),
            Route("/chat/leave", self.leave, methods=["POST"]),
            *talk.routes("/chat"),
        ]

    def whose(self, request: Request) -> str:
        """Name the chat that the cookie proves; raise without one."""
        chat, _, mark = request.cookies.get(COOKIE, "").partition(".")
        if not chat or not hmac.compare_digest(mark.encode(), self._mark("chat", chat).encode()):
            raise HTTPException(401, "come_in_again")
        return chat

    def guard(self, request: Request) -> None:
        """Raise unless a post comes from our own page."""
        refuse_other_sites(request)
        given = request.headers.get("x-csrf-token", "")
        if not hmac.compare_digest(given.encode(), self._mark("csrf", self.whose(request)).encode()):
            raise HTTPException(403, "come_in_again")

    def _mark(self, purpose: str, chat: str) -> str:
        return hmac.new(self._key, f"{purpose}:{chat}".encode(), sha256).hexdigest()

    async def page(self, request: Request) -> Response:
        """Show the chat; somebody new gets a chat of her own, in which a code or the link's payload lets her in."""
        if request.query_params.get("language") in LANGUAGES:
            return _remember_language(request)
        try:
            chat = self.whose(request)
        except HTTPException:
            self._new_chats.count(request.client.host if request.client else "")
            chat = f"v-{token_urlsafe(18)}"
        language = page_language(request, self.language)
        start = request.path_params.get("token", "")[:64]
        is_known = await self.web.is_known(chat)
        if start and is_known and await self.web.is_meant(chat, start):
            return RedirectResponse("/chat", status_code=303)  # she is in already: her link is of no use here
        # At a shared computer a colleague's link must not speak in the chat of whoever sat here before.
        is_taken = bool(start) and is_known
        facts = {"csrf": self._mark("csrf", chat), "start": "" if is_taken else start, "is_taken": is_taken}
        facts["chips"] = keywords(self.words, language, CHIPS) if is_known else []
        response = show_page(self.words, "chat.html", language, languages=LANGUAGES, **facts)
        response.set_cookie(
            COOKIE,
            f"{chat}.{self._mark('chat', chat)}",
            max_age=COOKIE_LASTS,
            httponly=True,
            samesite="lax",
            secure=self.is_https,
        )
        return response

    async def leave(self, request: Request) -> Response:
        """Forget this browser; the person and her words stay."""
        self.guard(request)
        response = JSONResponse({})
        response.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=self.is_https)
        return response


def _remember_language(request: Request) -> Response:
    response = RedirectResponse(request.url.path, status_code=303)
    keep_language(response, request.query_params["language"])
    return response


def keep_language(response: Response, language: str) -> None:
    """Remember the chosen language of pages in this browser for a year."""
    response.set_cookie(LANGUAGE_COOKIE, language, max_age=365 * 24 * 3600, httponly=True, samesite="lax")
