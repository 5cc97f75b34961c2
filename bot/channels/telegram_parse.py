"""Read Telegram's updates: raw JSON becomes an Envelope, then our Message; nothing here touches the network."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

import telegram
from telegram import Update

from bot.channels import Envelope, File, Message
from bot.channels.storable import storable
from bot.render import clean, language_of

FILE_LIMIT = 20_000_000  # bytes; a bot may fetch no more (core.telegram.org/bots/api#getfile)
NAME_LIMIT = 120  # characters of a file's name; its end is kept, for the suffix stands there
# What people send that is neither words nor a file to keep. A venue also carries a location, an animation a document.
ODDITIES = (
    "sticker", "animation", "venue", "location", "contact", "poll", "dice", "game", "story", "paid_media", "checklist",
    "invoice", "giveaway", "giveaway_winners",
)  # fmt: skip
REACH = {"kicked": "blocked", "left": "blocked", "member": "unblocked", "administrator": "unblocked"}
START = re.compile(r"/start(?:@\w+)?(?:\s+(?P<payload>.*))?", re.DOTALL)
ADDRESSED = re.compile(r"^(/\w+)@\w+")  # a command with the bot's own name, as menus write it in groups


def envelope(update: Any) -> Envelope:
    """Put any update into an envelope, however broken it is; never raise."""
    body = storable(update if isinstance(update, dict) else {"unreadable": update})
    return Envelope(_platform_id(body), _sender(body), body)


def update_id(update: Any) -> int | None:
    """Give the number of an update, or None when it has none."""
    found = update.get("update_id") if isinstance(update, dict) else None
    return found if type(found) is int else None


def tap_id(update: Any) -> str | None:
    """Give the id under which the tap in an update wants to be answered, or None when it holds no tap."""
    tap = update.get("callback_query") if isinstance(update, dict) else None
    found = tap.get("id") if isinstance(tap, dict) else None
    return found if isinstance(found, str) else None


def parse(body: dict[str, Any]) -> Message:
    """Read one update; raise whatever python-telegram-bot raises on what it cannot read."""
    update = Update.de_json(body)
    message = update.message or update.edited_message
    if message is not None:
        return _words_or_files(message, is_edit=update.message is None)
    if update.callback_query is not None:
        return _tap(update.callback_query)
    if update.my_chat_member is not None:
        return _reach(update.my_chat_member)
    return Message("nothing", _sender(body))


# Envelopes


def _platform_id(body: dict[str, Any]) -> str:
    number = update_id(body)
    if number is not None:
        return str(number)
    return "unnumbered:" + sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:32]


def _sender(body: dict[str, Any]) -> str:
    """Find the chat an update came from, else the person, else "?"."""
    for part in body.values():
        if isinstance(part, dict):
            tapped = part.get("message")
            around = tapped.get("chat") if isinstance(tapped, dict) else None
            for place in (part.get("chat"), around, part.get("from")):
                if isinstance(place, dict) and type(place.get("id")) is int:
                    return str(place["id"])
    return "?"


# Messages


def _words_or_files(message: telegram.Message, is_edit: bool) -> Message:
    read = Message(
        kind="nothing",
        address=str(message.chat.id),
        message_id=str(message.message_id),
        text=clean(message.text or message.caption or ""),
        is_group=message.chat.type != "private",
        language=_language(message.from_user),
        sent_at=message.date,
    )
    if message.chat.type == "channel" or message.from_user is None or message.from_user.is_bot:
        return replace(read, text="")
    oddity = _oddity(message)
    if oddity:
        return read if is_edit else replace(read, kind="oddity", oddity=oddity)
    read = replace(read, files=_files(message))
    if not read.files and message.text is None:
        return read
    if is_edit:
        return replace(read, kind="edit")
    return replace(read, kind="files") if read.files else _text(read)


def _text(read: Message) -> Message:
    """Tell the payload of a Start button from words; in a group nobody starts a bot."""
    started = None if read.is_group else START.fullmatch(read.text.strip())
    if started:
        return replace(read, kind="start", text=(started["payload"] or "").strip())
    return replace(read, kind="text", text=ADDRESSED.sub(r"\1", read.text))


def _oddity(message: telegram.Message) -> str:
    """Name what we cannot keep; what python-telegram-bot does not know either is "unknown"."""
    known = next((name for name in ODDITIES if getattr(message, name)), "")
    if known or message.text is not None or _files(message):
        return known
    return "unknown" if message.api_kwargs else ""


def _files(message: telegram.Message) -> tuple[File, ...]:
    """Give the one file of a message; the pieces of an album come as messages of their own."""
    live = message.live_photo
    sizes = message.photo or (live.photo if live else ())
    if sizes:
        return (_photo(sizes),)
    kinds = (
        ("voice", message.voice),
        ("voice", message.audio),
        ("video", message.video or message.video_note or live),
        ("file", message.document),
    )
    return tuple(_file(kind, medium) for kind, medium in kinds if medium is not None)


def _photo(sizes: Sequence[telegram.PhotoSize]) -> File:
    """Take the largest size that a bot may fetch, else the smallest there is."""
    by_size = sorted(sizes, key=lambda size: size.width * size.height)
    fit = [size for size in by_size if (size.file_size or 0) <= FILE_LIMIT] or by_size[:1]
    return File("photo", fit[-1].file_id, "", fit[-1].file_size, "image/jpeg")


def _file(kind: str, medium: Any) -> File:
    name = clean(getattr(medium, "file_name", None) or "").replace("\n", " ")
    return File(kind, medium.file_id, name[-NAME_LIMIT:], medium.file_size, getattr(medium, "mime_type", None) or "")


# Taps and blocks


def _tap(query: telegram.CallbackQuery) -> Message:
    """Read a tap; the message may be too old for Telegram to show, or be missing."""
    chat = query.message.chat if query.message else None
    return Message(
        kind="nothing" if query.data is None else "button",
        address=str(chat.id if chat else query.from_user.id),
        message_id=str(query.message.message_id) if query.message else "",
        button=query.data or "",
        is_group=chat is not None and chat.type != "private",
        language=_language(query.from_user),
    )


def _reach(change: telegram.ChatMemberUpdated) -> Message:
    """Read whether a person blocked or unblocked the bot, or a group threw it out or took it in."""
    kind = REACH.get(change.new_chat_member.status, "nothing")
    return Message(
        kind="nothing" if change.chat.type == "channel" else kind,
        address=str(change.chat.id),
        is_group=change.chat.type != "private",
        language=_language(change.from_user),
        sent_at=change.date,
    )


def _language(user: telegram.User | None) -> str | None:
    """Give the language of a person's client when it is one of ours."""
    return language_of(user.language_code if user else None, "") or None
