"""The web chat on a screen: its own channel keeps the lines, and the view that its page gets is what is shown."""

import asyncio
import tempfile
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, cast
from uuid import NAMESPACE_URL, uuid5

from bot.channels import Envelope, Message, Parcel
from bot.channels.web import Web
from bot.render import plain
from tests.fakes.telegram_html import read_html
from tests.phones import Key, NotOnThisPhone, Screen


class Lines(Web):
    """The web chat with its lines in the hand instead of in a store."""

    def __init__(self) -> None:
        super().__init__(cast(Any, None), Path(tempfile.gettempdir()), cast(Any, None))
        self.kept: list[dict[str, Any]] = []

    async def _keep_line(self, _chat: str, _key: str, _is_ours: bool, body: dict[str, Any], _urgency: int) -> None:
        self.kept.append(body)


@cache
def _chat() -> tuple[Lines, asyncio.AbstractEventLoop]:
    return Lines(), asyncio.new_event_loop()


class WebPhone:
    """The page of the web chat."""

    channel = "web"
    abilities = Web.abilities

    def address(self, who: str) -> str:
        """Name a chat."""
        return f"v-{who}"

    def show(self, parcel: Parcel) -> Screen:
        """Keep the line of a parcel; its HTML must be whole, for the page trusts it."""
        web, loop = _chat()
        if parcel.file_name:  # the bytes are the channel's own tests' matter
            parcel = replace(parcel, file_name="", file_bytes=b"")
        loop.run_until_complete(web.send(parcel))
        body = web.kept.pop()
        read_html(body["html"])
        keys = tuple(Key(label, data) for row in body.get("buttons", ()) for label, data in row)
        return Screen(plain(body["html"]), keys, (tuple(body["link"]),) if "link" in body else ())

    def parse(self, body: dict[str, Any]) -> Message:
        """Read a post."""
        return _chat()[0].parse(body)

    def frame(self, message: Message, id: str, _now: datetime) -> Envelope:
        """Write a post as the page does, and keep it as the channel does."""
        if message.kind not in ("text", "start", "button", "files") or message.is_group or message.sent_at:
            raise NotOnThisPhone(message.kind)
        if message.files and message.text:
            raise NotOnThisPhone("caption")
        chat, post = self.address(message.address), uuid5(NAMESPACE_URL, message.message_id or id)
        said: dict[str, Any] = {"kind": message.kind, "id": str(post), "chat": chat}
        said |= {"text": message.text} if message.kind in ("text", "start") else {}
        said |= {"button": message.button} if message.button else {}
        said |= {"files": [file.__dict__ for file in message.files]} if message.files else {}
        said |= {"language": message.language} if message.language else {}
        return Envelope(f"{chat}:{uuid5(NAMESPACE_URL, id)}", chat, said)
