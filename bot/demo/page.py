"""The demo's page: three phones, the clock and the quiet panel."""

import asyncio
from collections.abc import Callable
from secrets import token_hex
from typing import Any
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.channels.web import Web
from bot.chat_pages import Talk
from bot.demo.play import PHONES, Part, Play, Scene, Wait
from bot.http import keywords, read_json, refuse_other_sites, show_page
from bot.render import LANGUAGES, Words, plain

WELCOME = UUID(int=0)  # the post that asks for the welcome; one of its kind in each chat
SMALL = 2_000  # bytes of a post that moves the clock or changes the language
# The guide: what a step is called, whose phone it speaks on, and what it does there: move the clock, fill in words of
# its own ("say"), or say the keyword of a handler.
STEPS = (
    ("note", "teacher", "say"),
    ("reflect", "teacher", "reflection"),
    ("act", "teacher", "action"),
    ("follow_up", "teacher", "next"),
    ("record", "teacher", "record"),
    ("observe", "mentor", "next"),
    ("digest", "leader", "friday"),
)
# The handlers that can be opened with one tap on each phone.
CHIPS = {
    "teacher": ("reflection", "action", "open_items", "mine", "record", "observation", "privacy"),
    "mentor": ("observation", "open_items", "digest", "ask"),
    "leader": ("digest", "ask", "open_items", "settings"),
}


class Page:
    """The routes of the demo; `play` moves the clock, `web` carries the chats."""

    def __init__(self, play: Play, web: Web, words: Words) -> None:
        self.play, self.web, self.words = play, web, words
        self._name = token_hex(8)  # of this start: a page that is still open sees that another has begun

    def routes(self) -> list[BaseRoute]:
        """List the routes."""
        talk = Talk(self.web, _chat_of, lambda _request: list(PHONES.values()))
        return [
            Route("/", self.page),
            Route("/demo/state", self.state),
            Route("/demo/clock", self.clock, methods=["POST"]),
            Route("/demo/language", self.language, methods=["POST"]),
            *talk.routes("/demo"),
        ]

    async def greet(self) -> None:
        """Let the bot say its welcome in each chat, so that nobody begins before an empty page."""
        while not self.web.is_listening:
            await asyncio.sleep(0.01)
        for chat in PHONES.values():
            await self.web.take(chat, WELCOME, {"kind": "start", "text": ""}, None)

    async def page(self, _request: Request) -> Response:
        """Show the page, in the language that the three people read."""
        scene = await self.play.scene()
        language = scene.parts[0].person.language
        state = self._shown(scene, language)
        chips = {phone: keywords(self.words, language, handlers) for phone, handlers in CHIPS.items()}
        steps = [self._step(language, *step) for step in STEPS]
        return show_page(
            self.words, "demo.html", language, state=state, chats=PHONES, steps=steps, chips=chips, languages=LANGUAGES
        )

    def _step(self, language: str, name: str, phone: str, what: str) -> dict[str, str]:
        step = {"name": name, "phone": phone, "what": what, "say": ""}
        if what == "say":
            return step | {"say": self.words.label(language, "web", f"step__{name}_say", {})}
        if what in ("next", "friday"):
            return step
        return step | {"what": "say", "say": keywords(self.words, language, (what,))[0]}

    async def state(self, _request: Request) -> Response:
        """Tell the time of the play, and what the bot is waiting for and why."""
        return await self._answer()

    async def clock(self, request: Request) -> Response:
        """Put the clock forward; `moved` is false when nothing waits to be said next."""
        refuse_other_sites(request)
        to = (await read_json(request, SMALL)).get("to")
        try:
            moved = await self.play.move_clock(str(to))
        except (ValueError, OverflowError):
            raise HTTPException(400, "unreadable") from None
        return await self._answer(moved=moved)

    async def language(self, request: Request) -> Response:
        """Change the language of the page and of the three people."""
        refuse_other_sites(request)
        language = (await read_json(request, SMALL)).get("language")
        if language not in LANGUAGES:
            raise HTTPException(400, "unreadable")
        await self.play.set_language(language)
        return await self._answer()

    async def _answer(self, **more: Any) -> Response:
        scene = await self.play.scene()
        return JSONResponse(self._shown(scene, scene.parts[0].person.language) | more)

    def _shown(self, scene: Scene, language: str) -> dict[str, Any]:
        def word(block: str, **facts: Any) -> str:
            return plain(self.words.say(language, "web", block, facts, scene.calendar))

        now_text = word("now", now=scene.now, person=scene.parts[0].person)
        return {
            "play": self._name,
            "now": scene.now.isoformat(timespec="seconds"),
            "now_text": now_text,
            "rows": scene.rows,
            "rows_text": word("rows", rows=scene.rows),
            "people": [_shown_part(part, word, self._kind_word(language)) for part in scene.parts],
        }

    def _kind_word(self, language: str) -> Callable[[str], str]:
        def kind_word(kind: str) -> str:
            block = f"kind__{kind}" if self.words.has(language, "web", f"kind__{kind}") else "kind__other"
            return self.words.label(language, "web", block, {})

        return kind_word


def _shown_part(part: Part, word: Callable[..., str], kind_word: Callable[[str], str]) -> dict[str, Any]:
    person = part.person

    def shown(wait: Wait) -> dict[str, Any]:
        block = "waits" if wait.at else "waits_for_ever"
        reason = word(f"reason__{wait.reason}", cause=wait.name) if wait.reason != "not_due" else ""
        return {
            "kind": wait.kind,
            "about": kind_word(wait.kind),
            "text": word(block, at=wait.at, reason=reason, person=person),
            "at": wait.at.isoformat(timespec="seconds") if wait.at else None,
            "reason": wait.reason,
        }

    return {
        "phone": part.phone,
        "name": person.name,
        "roles": list(part.roles),
        "roles_text": word("part", phone=part.phone, roles=part.roles, subject=person.subject, classes=person.classes),
        "zone": person.zone,
        "waiting": [shown(wait) for wait in part.waiting],
    }


def _chat_of(request: Request) -> str:
    chat = PHONES.get(request.query_params.get("phone", ""))
    if chat is None:
        raise HTTPException(404, "no_such_phone")
    return chat
