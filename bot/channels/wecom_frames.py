"""The frames of WeCom's AI bot (智能机器人) on its long connection: JSON in and out; no network here."""

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from bot.channels.wecom_api import written

# developer.work.weixin.qq.com/document/path/101463
SUBSCRIBE, PING = "aibot_subscribe", "ping"
SAID, HAPPENED = "aibot_msg_callback", "aibot_event_callback"
RESPOND, WELCOME, UPDATE, PUSH = (
    "aibot_respond_msg", "aibot_respond_welcome_msg", "aibot_respond_update_msg", "aibot_send_msg",
)  # fmt: skip
UPLOAD_INIT, UPLOAD_CHUNK, UPLOAD_FINISH = (
    "aibot_upload_media_init", "aibot_upload_media_chunk", "aibot_upload_media_finish",
)  # fmt: skip
REPLACED = "disconnected_event"
GROUP = "-"  # stands before the chatid of a group; a userid begins with a letter or a digit


class BadFrame(Exception):
    """A frame that cannot be read; `reason` is counted, nothing of it is logged."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Frame:
    """One frame as WeCom sends it: a callback has a `cmd`, an acknowledgement has a `code` instead."""

    cmd: str
    req_id: str
    body: dict[str, Any] = field(default_factory=dict)
    code: int | None = None

    @property
    def is_callback(self) -> bool:
        """Say whether somebody said or did something."""
        return self.cmd in (SAID, HAPPENED)

    @property
    def event(self) -> str:
        """Name the event, or give an empty text."""
        return event_of(self.body) if self.cmd == HAPPENED else ""

    @property
    def chat(self) -> str:
        """Name the chat it came from as we address it; empty when it names none."""
        return chat_of(self.body)


def read(raw: str | bytes) -> Frame:
    """Read one frame, with raw control characters in it or not; raise BadFrame."""
    if not isinstance(raw, str):
        raise BadFrame("binary")
    try:
        document = json.loads(raw, strict=False)
    except (ValueError, RecursionError):
        raise BadFrame("not_json") from None
    if not isinstance(document, dict):
        raise BadFrame("no_frame")
    headers, body, cmd, code = (document.get(name) for name in ("headers", "body", "cmd", "errcode"))
    req_id = headers.get("req_id") if isinstance(headers, dict) else None
    body = body if isinstance(body, dict) else {}
    if isinstance(cmd, str) and cmd:
        return Frame(cmd, req_id if isinstance(req_id, str) else "", body)
    if not isinstance(req_id, str) or type(code) is not int:
        raise BadFrame("no_frame")
    return Frame("", req_id, body, code)


def write(cmd: str, req_id: str, body: dict[str, Any] | None = None) -> str:
    """Write one frame."""
    document: dict[str, Any] = {"cmd": cmd, "headers": {"req_id": req_id}}
    return written(document if body is None else {**document, "body": body}).decode()


def new_req_id(cmd: str) -> str:
    """Name a request of our own."""
    return f"{cmd}-{uuid4().hex}"


def event_of(body: dict[str, Any]) -> str:
    """Name the event of a body, or give an empty text."""
    event = body.get("event")
    kind = event.get("eventtype") if isinstance(event, dict) else None
    return kind if isinstance(kind, str) else ""


def chat_of(body: dict[str, Any]) -> str:
    """Name the chat: the userid as it was received, or a group's chatid behind its sign."""
    if body.get("chattype") == "group":
        chat_id = body.get("chatid")
        return f"{GROUP}{chat_id}" if _is_name(chat_id) else ""
    sender = body.get("from")
    userid = sender.get("userid") if isinstance(sender, dict) else None
    return str(userid) if _is_name(userid) else ""


def _is_name(found: Any) -> bool:
    """Say whether something may name a chat: PostgreSQL has no place for a NUL in a name."""
    return isinstance(found, str) and found != "" and "\x00" not in found


def same(chat: str) -> str:
    """Name a chat as it is compared: WeCom does not tell userids by case."""
    return chat if is_group(chat) else chat.casefold()


def is_group(chat: str) -> bool:
    """Say whether a chat as we address it is a group's."""
    return chat.startswith(GROUP)


# What we say


def stream(id: str, words: str) -> dict[str, Any]:
    """Answer with words, all at once: one stream that is finished."""
    return {"msgtype": "stream", "stream": {"id": id, "finish": True, "content": words}}


def push(chat: str, message: dict[str, Any]) -> dict[str, Any]:
    """Address a message; without chat_type WeCom would take a userid for a group first."""
    return {"chatid": chat.removeprefix(GROUP), "chat_type": 2 if is_group(chat) else 1, **message}


def markdown_message(words: str) -> dict[str, Any]:
    """Write words for a push, where plain text is refused (40008)."""
    return {"msgtype": "markdown", "markdown": {"content": words}}


def card_message(card: dict[str, Any]) -> dict[str, Any]:
    """Write a card."""
    return {"msgtype": "template_card", "template_card": card}


def file_message(media_id: str) -> dict[str, Any]:
    """Write a file that is up."""
    return {"msgtype": "file", "file": {"media_id": media_id}}


def text_message(words: str) -> dict[str, Any]:
    """Write plain words, which only a welcome may be."""
    return {"msgtype": "text", "text": {"content": words}}
