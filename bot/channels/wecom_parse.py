"""Read what WeCom's app sends us: a decrypted document becomes an Envelope, then our Message; no network here."""

from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from bot.channels import Envelope, File, Message
from bot.channels.wecom_cards import data_of
from bot.render import clean

# Events that mean that the app sleeps, or soon will, because nobody uses it (document/path/90240).
IDLE = ("inactive_alert", "close_inactive_agent", "low_active_alert", "low_active")
AWAKE = ("reopen_inactive_agent", "active_restored")
TAPS = ("template_card_event", "template_card_menu_event")
# Events have no id of their own, and two different ones may fall into one second.
_MARKS = ("FromUserName", "CreateTime", "Event", "EventKey", "TaskId", "ResponseCode", "ChangeType", "UserID", "JobId")


def envelope(body: dict[str, Any]) -> Envelope:
    """Put a document into an envelope, however strange it is; never raise."""
    sender = body.get("FromUserName")
    return Envelope(_platform_id(body), sender.casefold() if isinstance(sender, str) and sender else "?", body)


def unreadable(text: str) -> Envelope:
    """Put genuine words that are no document into an envelope, for the inbox to set aside."""
    return Envelope("unreadable:" + _digest(text), "?", {"unreadable": text})


def _platform_id(body: dict[str, Any]) -> str:
    number = body.get("MsgId")
    if isinstance(number, str) and number:
        return f"message:{number}"
    if body.get("Event") == "enter_agent":
        # Told each time somebody opens the chat; once is a welcome, each time would be a nuisance.
        return f"entered:{str(body.get('FromUserName')).casefold()}"
    return "event:" + _digest("\n".join(str(body.get(mark, "")) for mark in _MARKS))


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def event_of(body: dict[str, Any]) -> str:
    """Name the event, or give an empty text for a message."""
    found = body.get("Event") if body.get("MsgType") == "event" else None
    return found if isinstance(found, str) else ""


def parse(body: dict[str, Any]) -> Message:
    """Read one document; raise ValueError on what cannot be read."""
    sender, kind = _text(body, "FromUserName"), _text(body, "MsgType")
    read = _EVENTS.get(event_of(body), _nothing) if kind == "event" else _MESSAGES.get(kind, _unknown)
    message = read(body)
    return Message(
        kind=message.kind,
        # WeCom does not tell userids by case; ours are told by bytes.
        address=sender.casefold(),
        message_id=str(body.get("MsgId") or ""),
        text=message.text,
        button=message.button,
        files=message.files,
        oddity=message.oddity,
        sent_at=_sent_at(body),
    )


def _text(body: dict[str, Any], name: str) -> str:
    """Give a part that must be there, once and with words."""
    found = body.get(name)
    if not isinstance(found, str) or not found:
        raise ValueError(name)
    return found


def _sent_at(body: dict[str, Any]) -> datetime | None:
    seconds = str(body.get("CreateTime") or "")
    return datetime.fromtimestamp(int(seconds), UTC) if seconds.isdecimal() and len(seconds) < 12 else None


def _words(body: dict[str, Any]) -> Message:
    content = body.get("Content")
    if not isinstance(content, str):
        raise ValueError("Content")
    return Message("text", "", text=clean(content))


def _medium(kind: str, mime: str) -> Callable[[dict[str, Any]], Message]:
    def read(body: dict[str, Any]) -> Message:
        return Message("files", "", files=(File(kind, _text(body, "MediaId"), mime=mime),))

    return read


def _oddity(name: str) -> Callable[[dict[str, Any]], Message]:
    return lambda _body: Message("oddity", "", oddity=name)


def _unknown(_body: dict[str, Any]) -> Message:
    return Message("oddity", "", oddity="unknown")


def _nothing(_body: dict[str, Any]) -> Message:
    return Message("nothing", "")


def _tap(body: dict[str, Any]) -> Message:
    return Message("button", "", button=data_of(_text(body, "EventKey")))


_MESSAGES: dict[str, Callable[[dict[str, Any]], Message]] = {
    "text": _words,
    "image": _medium("photo", "image/jpeg"),
    "voice": _medium("voice", "audio/amr"),
    "video": _medium("video", "video/mp4"),
    "location": _oddity("location"),
    "link": _oddity("link"),
}
_EVENTS: dict[str, Callable[[dict[str, Any]], Message]] = {
    "subscribe": lambda _body: Message("start", ""),
    "enter_agent": lambda _body: Message("start", ""),
    "unsubscribe": lambda _body: Message("blocked", ""),
    "click": lambda body: Message("text", "", text=clean(_text(body, "EventKey"))),
    **dict.fromkeys(TAPS, _tap),
}
