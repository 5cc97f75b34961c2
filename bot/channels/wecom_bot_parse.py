"""Read what WeCom's AI bot is told: a callback becomes an Envelope, then our Message; no network here."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from bot.channels import Envelope, File, Message
from bot.channels.storable import storable
from bot.channels.wecom_api import written
from bot.channels.wecom_bot_media import pack
from bot.channels.wecom_cards import data_of
from bot.channels.wecom_frames import Frame, chat_of, event_of, same
from bot.render import clean

DONE = "done"  # the key of a button that is only a mark
ENTERED, TAPPED = "enter_chat", "template_card_event"
# In a group the bot is named first; a name may hold blanks, then only its first word is known for one.
_AT = re.compile(r"^\s*@\S+[\s\u2005\u3000]+")


def envelope(frame: Frame) -> Envelope:
    """Put a callback into an envelope, however strange it is; never raise."""
    mended = replace(frame, body=storable(frame.body))
    return Envelope(_platform_id(mended), mended.chat or "?", mended.body)


def _platform_id(frame: Frame) -> str:
    if frame.event == ENTERED and frame.chat:
        # Told once a day; once is a welcome, each day would be a nuisance.
        return f"entered:{same(frame.chat)}"
    msgid = frame.body.get("msgid")
    if isinstance(msgid, str) and msgid and "\x00" not in msgid:
        return f"{'event' if frame.event else 'message'}:{msgid}"
    return "unnamed:" + sha256(written({"req_id": frame.req_id, "body": frame.body})).hexdigest()[:32]


def parse(body: dict[str, Any]) -> Message:
    """Read the body of one callback; raise ValueError on what cannot be read."""
    if "event" in body and event_of(body) not in _EVENTS:
        return Message("nothing", chat_of(body))  # an opinion, or something new: not for us
    chat, kind = chat_of(body), body.get("msgtype")
    if not chat:
        raise ValueError("from")
    is_group = body.get("chattype") == "group"
    read = _EVENTS[event_of(body)] if "event" in body else _MESSAGES.get(str(kind), _unknown)
    message = read(body)
    return Message(
        kind=message.kind,
        address=chat,
        message_id=str(body.get("msgid") or ""),
        text=_AT.sub("", message.text) if is_group else message.text,
        button=message.button,
        files=message.files,
        oddity=message.oddity,
        is_group=is_group,
        is_called=is_group and "event" not in body,  # this bot hears only what names it
        sent_at=_sent_at(body),
    )


def files_of(body: dict[str, Any]) -> tuple[File, ...]:
    """List the files of a callback; none when it cannot be read."""
    try:
        return parse(body).files
    except ValueError:
        return ()


def _sent_at(body: dict[str, Any]) -> datetime | None:
    seconds = body.get("create_time")
    is_time = type(seconds) is int and 0 < seconds < 1 << 36
    return datetime.fromtimestamp(seconds, UTC) if is_time and seconds is not None else None


def _part(body: dict[str, Any], *names: str) -> Any:
    found: Any = body
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _string(body: dict[str, Any], *names: str) -> str:
    """Give a text that must be there."""
    found = _part(body, *names)
    if not isinstance(found, str):
        raise ValueError(".".join(names))
    return found


def _words(kind: str) -> Callable[[dict[str, Any]], Message]:
    return lambda body: Message("text", "", text=clean(_string(body, kind, "content")))


def _file(kind: str, ours: str, mime: str, item: dict[str, Any]) -> File:
    return File(ours, pack(_string(item, kind, "url"), _string(item, kind, "aeskey")), mime=mime)


def _medium(kind: str, ours: str, mime: str = "") -> Callable[[dict[str, Any]], Message]:
    return lambda body: Message("files", "", files=(_file(kind, ours, mime, body),))


def _mixed(body: dict[str, Any]) -> Message:
    """Read words and pictures sent together: the words become the caption."""
    items = _part(body, "mixed", "msg_item")
    if not isinstance(items, list):
        raise ValueError("mixed.msg_item")
    words = [clean(_string(item, "text", "content")) for item in items if _part(item, "msgtype") == "text"]
    files = tuple(_file("image", "photo", "", item) for item in items if _part(item, "msgtype") == "image")
    text = "\n".join(word for word in words if word.strip())
    return Message("files" if files else "text", "", text=text, files=files)


def _unknown(_body: dict[str, Any]) -> Message:
    return Message("oddity", "", oddity="unknown")


def _tap(body: dict[str, Any]) -> Message:
    key = _string(body, "event", TAPPED, "event_key")
    return Message("nothing", "") if key == DONE else Message("button", "", button=data_of(key))


_MESSAGES: dict[str, Callable[[dict[str, Any]], Message]] = {
    "text": _words("text"),
    "voice": _words("voice"),  # it comes as the words that were heard, without the sound
    "mixed": _mixed,
    "image": _medium("image", "photo"),
    "file": _medium("file", "file"),
    "video": _medium("video", "video", "video/mp4"),
}
_EVENTS: dict[str, Callable[[dict[str, Any]], Message]] = {
    ENTERED: lambda _body: Message("start", ""),
    TAPPED: _tap,
}
