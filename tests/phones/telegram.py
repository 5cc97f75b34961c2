"""Telegram on a phone: our own channel sends to it, and Telegram's rules decide what is shown."""

import asyncio
from datetime import datetime
from functools import cache
from itertools import count
from typing import Any

from bot.channels import Envelope, File, Health, Message, Parcel
from bot.channels.telegram import Telegram
from bot.channels.telegram_parse import envelope
from tests.fakes.telegram_input import Request, buttons_of, keyboard, shown_caption, shown_text
from tests.phones import Key, NotOnThisPhone, Screen, whole

FIRST_CHAT = 7_000_000_001  # larger than 32 bits, as real ones are
LANGUAGES = {"zh_Hans": "zh-hans", "zh_Hant": "zh-hant", "en": "en"}


@cache
def _line() -> "tuple[Telegram, Sent, asyncio.AbstractEventLoop]":
    """Make the one channel of the whole run: its clients are slow to make."""
    sent = Sent()
    channel = Telegram(
        "123456:TESTS", on_health=Health(), now=lambda: None,  # type: ignore[arg-type, return-value]
        httpx_kwargs={"trust_env": False, "verify": False},
    )  # fmt: skip
    channel._call = sent.call  # type: ignore[method-assign, assignment]
    return channel, sent, asyncio.new_event_loop()


class Sent:
    """Takes calls instead of Telegram, and keeps what a reader sees."""

    def __init__(self) -> None:
        self.screens: list[Screen] = []

    async def call(self, method: str, _timeout: float | None = None, **parameters: Any) -> Any:
        """Take one call; raise what Telegram refuses."""
        request = Request(parameters)
        assert request.chat_id() >= FIRST_CHAT
        shown = shown_text(request) if method == "sendMessage" else shown_caption(request)
        shown_keys = [key for row in buttons_of(keyboard(request)) for key in row]
        keys = tuple(Key(key.text, key.data) for key in shown_keys if key.data)
        self.screens.append(Screen(shown.text, keys, tuple((key.text, key.url) for key in shown_keys if key.url)))
        return {"message_id": len(self.screens)}


class TelegramPhone:
    """Private chats with the bot."""

    channel = "telegram"
    abilities = Telegram.abilities

    def __init__(self) -> None:
        self._chats: dict[str, int] = {}
        self._numbers: dict[str, int] = {}
        self._next = count(100_000)

    def address(self, who: str) -> str:
        """Give the number of a chat."""
        return str(self._chats.setdefault(who, FIRST_CHAT + len(self._chats)))

    def show(self, parcel: Parcel) -> Screen:
        """Send through the channel itself; what Telegram refuses fails."""
        channel, sent, loop = _line()
        sent.screens.clear()
        loop.run_until_complete(channel.send(parcel))
        return whole(sent.screens)

    def parse(self, body: dict[str, Any]) -> Message:
        """Read an update."""
        return _line()[0].parse(body)

    def frame(self, message: Message, id: str, now: datetime) -> Envelope:
        """Write an update."""
        chat = int(self.address(message.address))
        language = {"language_code": LANGUAGES.get(message.language, message.language)} if message.language else {}
        who = {"id": chat, "is_bot": False, "first_name": "老师", **language}
        where = (
            {"id": -chat, "type": "group", "title": "办公室"} if message.is_group else {"id": chat, "type": "private"}
        )
        at = int((message.sent_at or now).timestamp())
        body = {"message_id": self._number(message.message_id or id), "date": at, "chat": where, "from": who}
        return envelope({"update_id": self._number(id), **self._update(message, body)})

    def _number(self, name: str) -> int:
        return int(name) if name.isdecimal() else self._numbers.setdefault(name, next(self._next))

    def _update(self, message: Message, body: dict[str, Any]) -> dict[str, Any]:
        text = {"text": f"/start {message.text}".strip() if message.kind == "start" else message.text}
        if message.kind in ("text", "start"):
            return {"message": body | text}
        if message.kind == "edit":
            return {"edited_message": body | {"edit_date": body["date"]} | text}
        if message.kind == "files":
            (file,) = message.files
            caption = {"caption": message.text} if message.text else {}
            return {"message": body | caption | _medium(file)}
        if message.kind == "button":
            card = {name: body[name] for name in ("message_id", "date", "chat")} | {"text": "卡片"}
            tap = {"id": str(body["message_id"]), "from": body["from"], "chat_instance": "1", "data": message.button}
            return {"callback_query": tap | {"message": card}}
        if message.kind == "oddity":
            sticker = {"file_id": "s", "file_unique_id": "s", "width": 1, "height": 1}
            return {
                "message": body | {"sticker": {**sticker, "type": "regular", "is_animated": False, "is_video": False}}
            }
        raise NotOnThisPhone(message.kind)


def _medium(file: File) -> dict[str, Any]:
    medium = {"file_id": file.file_id, "file_unique_id": file.file_id}
    medium |= {"file_size": file.size} if file.size is not None else {}  # type: ignore[dict-item]
    named = medium | {"file_name": file.name, "mime_type": file.mime or "application/octet-stream"}
    return {
        "photo": lambda: {"photo": [medium | {"width": 1280, "height": 960}]},
        "voice": lambda: {"voice": medium | {"duration": 5}},
        "video": lambda: {"video": named | {"duration": 5, "width": 640, "height": 480}},
        "file": lambda: {"document": named},
    }[file.kind]()
