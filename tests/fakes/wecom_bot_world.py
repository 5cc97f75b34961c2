"""WeCom as one AI bot can see it, without any network: who may be written to, windows, cards, uploads, limits."""

import hashlib
import re
import threading
from base64 import b64decode
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fakes import PATIENCE
from tests.fakes.wecom_rules import TASK_ID, Refusal, need

BOT, SECRET = "BOT-OF-THE-TESTS", "BOT-SECRET-OF-THE-TESTS"
# developer.work.weixin.qq.com/document/path/101463 and /101032
WORDS_BYTES, TEXT_BYTES, PIECE_BYTES = 20_480, 2_048, 512 * 1024
PROMPTLY, STREAM, REPLY, UPLOAD, MEDIUM, MINUTE, HOUR = 5, 360, 86_400, 1_800, 259_200, 60, 3_600
REPLIES = {"stream", "markdown", "template_card", "file", "image", "voice", "video"}
PUSHES = REPLIES - {"stream"}
FOLDED = re.compile(r"</?think>")


@dataclass
class Shown:
    """One message as somebody reads it."""

    to: str
    kind: str
    body: dict[str, Any]
    at: float
    way: str  # reply, welcome, push
    req_id: str

    @property
    def words(self) -> str:
        """Give the words of a message or a card."""
        title = f"{self.body.get('main_title', {}).get('title', '')}\n{self.body.get('sub_title_text', '')}"
        return str(self.body.get("content", title)).strip()

    @property
    def buttons(self) -> dict[str, str]:
        """Give label and key of each button."""
        return {button["text"]: button["key"] for button in self.body.get("button_list", [])}


@dataclass
class Callback:
    """Something that was told to the bot, and what may still be answered to it."""

    chat: str
    kind: str  # said, enter_chat, template_card_event …
    at: float
    task_id: str = ""
    answered_by: str = ""  # stream or card: one of them, not both
    stream: Shown | None = None
    is_over: bool = False


@dataclass
class Upload:
    """A file on its way up."""

    begin: dict[str, Any]
    at: float
    pieces: dict[int, bytes] = field(default_factory=dict)


@dataclass
class BotWorld:
    """The corporation behind the line; every lifetime follows `now`, in seconds."""

    now: Callable[[], float]
    writers: set[str] = field(default_factory=set)  # who has written to the bot, or whose group has
    shown: list[Shown] = field(default_factory=list)
    callbacks: dict[str, Callback] = field(default_factory=dict)  # by req_id
    media: dict[str, tuple[str, bytes, float]] = field(default_factory=dict)
    most_in_flight: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)
    _uploads: dict[str, Upload] = field(default_factory=dict)
    _task_ids: set[str] = field(default_factory=set)
    _heard: dict[str, deque[float]] = field(default_factory=dict)
    _number: int = 0

    def next(self, what: str) -> str:
        """Make an id."""
        self._number += 1
        return f"{what}-{self._number:06}"

    def obey(self, cmd: str, req_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Do what a frame asks and give what its acknowledgement brings; raise Refusal."""
        works: dict[str, Callable[[str, dict[str, Any]], dict[str, Any]]] = {
            "aibot_respond_msg": self._respond, "aibot_respond_welcome_msg": self._welcome,
            "aibot_respond_update_msg": self._update, "aibot_send_msg": self._push,
            "aibot_upload_media_init": self._begin_upload, "aibot_upload_media_chunk": self._take_piece,
            "aibot_upload_media_finish": self._finish_upload,
        }  # fmt: skip
        need(cmd in works, 40058, "unknown cmd")
        return works[cmd](req_id, body)

    # Answers to callbacks

    def _callback(self, req_id: str, *kinds: str) -> Callback:
        callback = self.callbacks.get(req_id)
        need(callback is not None and callback.kind in kinds, 846605, "invalid req_id")
        assert callback is not None
        return callback

    def _respond(self, req_id: str, body: dict[str, Any]) -> dict[str, Any]:
        callback = self._callback(req_id, "said")
        need(callback.at > self.now() - REPLY, 846605, "invalid req_id")
        kind = self._checked(body, REPLIES)
        way = "card" if kind == "template_card" else "stream"
        need(callback.answered_by in ("", way), 846605, "a stream and a card on one req_id")
        if kind == "stream":
            return self._stream(req_id, callback, body["stream"])
        need(not callback.answered_by, 846605, "answered before")
        self._show(callback.chat, kind, body[kind], "reply", req_id)
        callback.answered_by = way
        return {}

    def _stream(self, req_id: str, callback: Callback, stream: dict[str, Any]) -> dict[str, Any]:
        """Show a stream, or replace what it showed; a repeat of its end changes nothing."""
        need(callback.at > self.now() - STREAM, 846608, "stream expired")
        shown = callback.stream
        if shown is None:
            callback.stream = self._show(callback.chat, "stream", stream, "reply", req_id)
        else:
            need(shown.body["id"] == stream["id"], 846605, "another stream on one req_id")
            if not callback.is_over:
                shown.body = stream
        callback.answered_by, callback.is_over = "stream", bool(stream.get("finish"))
        return {}

    def _welcome(self, req_id: str, body: dict[str, Any]) -> dict[str, Any]:
        callback = self._callback(req_id, "enter_chat")
        need(callback.at > self.now() - PROMPTLY and not callback.is_over, 846605, "too late, or welcomed before")
        kind = self._checked(body, {"text", "template_card"})
        callback.is_over = True
        self._show(callback.chat, kind, body[kind], "welcome", req_id)
        return {}

    def _update(self, req_id: str, body: dict[str, Any]) -> dict[str, Any]:
        callback = self._callback(req_id, "template_card_event")
        need(callback.at > self.now() - PROMPTLY and not callback.is_over, 846605, "too late, or updated before")
        need(body.get("response_type") == "update_template_card", 40058, "response_type")
        card = body.get("template_card", {})
        need(card.get("task_id") == callback.task_id, 42049, "another task_id")
        _check_card(card)
        callback.is_over = True
        with self.changed:
            for shown in self.shown:
                if shown.body.get("task_id") == callback.task_id:
                    shown.body = card
            self.changed.notify_all()
        return {}

    def _push(self, req_id: str, body: dict[str, Any]) -> dict[str, Any]:
        chat, kind = body.get("chatid"), body.get("chat_type")
        need(kind in (1, 2), 93006, "invalid chatid")  # without it a userid is taken for a group
        name = f"-{chat}" if kind == 2 else chat
        need(name in self.writers, 93006, "invalid chatid")
        message = self._checked(body, PUSHES)
        self._show(str(name), message, body[message], "push", req_id)
        return {}

    # What all messages must be

    def _checked(self, body: dict[str, Any], kinds: set[str]) -> str:
        kind = body.get("msgtype")
        need(isinstance(kind, str) and kind in kinds, 40008, "invalid message type")
        content = body.get(kind)
        need(isinstance(content, dict), 40058, f"empty {kind}")
        if kind in ("stream", "markdown", "text"):
            limit, words = TEXT_BYTES if kind == "text" else WORDS_BYTES, content.get("content")
            need(isinstance(words, str) and words.strip() and len(words.encode()) <= limit, 40058, "content")
            need(kind != "stream" or isinstance(content.get("id"), str), 40058, "stream.id")
            need(not FOLDED.search(words), 40058, "somebody's words would be folded away")
        elif kind == "template_card":
            _check_card(content)
            need(content["task_id"] not in self._task_ids, 42049, "task_id is used")
        else:
            name, _, at = self.media.get(content.get("media_id"), ("", b"", 0.0))
            need(name and at > self.now() - MEDIUM, 40007, "invalid media_id")
        return str(kind)

    def _show(self, chat: str, kind: str, body: dict[str, Any], way: str, req_id: str) -> Shown:
        heard, now = self._heard.setdefault(chat, deque()), self.now()
        need(sum(at > now - MINUTE for at in heard) < 30, 45009, "api freq out of limit")
        need(sum(at > now - HOUR for at in heard) < 1000, 45009, "api freq out of limit")
        heard.append(now)
        if kind == "template_card":
            self._task_ids.add(body["task_id"])
        shown = Shown(chat, kind, dict(body), now, way, req_id)
        with self.changed:
            self.shown.append(shown)
            self.changed.notify_all()
        return shown

    # Uploads

    def _begin_upload(self, _req_id: str, body: dict[str, Any]) -> dict[str, Any]:
        need(body.get("type") in ("file", "image", "voice", "video"), 40004, "invalid media type")
        need(isinstance(body.get("filename"), str) and 0 < len(body["filename"].encode()) <= 256, 40058, "filename")
        need(5 < body.get("total_size", 0) <= 20_000_000 and 0 < body.get("total_chunks", 0) <= 100, 40058, "size")
        id = self.next("upload")
        self._uploads[id] = Upload(body, self.now())
        return {"upload_id": id}

    def _upload(self, body: dict[str, Any]) -> Upload:
        found = self._uploads.get(body.get("upload_id", ""))
        need(found is not None and found.at > self.now() - UPLOAD, 40058, "invalid upload_id")
        assert found is not None
        return found

    def _take_piece(self, _req_id: str, body: dict[str, Any]) -> dict[str, Any]:
        upload, place = self._upload(body), body.get("chunk_index")
        need(type(place) is int and 0 <= place < upload.begin["total_chunks"], 40058, "chunk_index")
        piece = b64decode(body.get("base64_data", ""), validate=True)
        need(0 < len(piece) <= PIECE_BYTES, 40058, "chunk size")
        upload.pieces[int(str(place))] = piece
        return {}

    def _finish_upload(self, _req_id: str, body: dict[str, Any]) -> dict[str, Any]:
        upload = self._upload(body)
        need(len(upload.pieces) == upload.begin["total_chunks"], 40058, "missing chunk")
        content = b"".join(piece for _, piece in sorted(upload.pieces.items()))
        need(len(content) == upload.begin["total_size"], 40058, "total_size")
        digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
        need(upload.begin.get("md5", digest) == digest, 40058, "md5")
        id = self.next("media")
        self.media[id] = (upload.begin["filename"], content, self.now())
        return {"type": upload.begin["type"], "media_id": id, "created_at": str(int(self.now()))}

    # What a test asks

    def to(self, chat: str) -> list[Shown]:
        """List what somebody was shown."""
        return [shown for shown in self.shown if shown.to == chat]

    def wait_for(self, condition: Callable[[], Any], timeout: float = PATIENCE) -> Any:
        """Wait until something was shown or changed so that the condition holds; return its value."""
        with self.changed:
            found = self.changed.wait_for(condition, timeout)
        assert found, f"not within {timeout} s; shown: {[(s.to, s.kind, s.way, s.words) for s in self.shown[-5:]]}"
        return found


def _check_card(card: dict[str, Any]) -> None:
    need(card.get("card_type") == "button_interaction", 42049, "card_type")
    need(TASK_ID.fullmatch(str(card.get("task_id", ""))), 42049, "task_id")
    title, buttons = card.get("main_title", {}), card.get("button_list", [])
    for text, limit in ((title.get("title"), 26), (title.get("desc", ""), 30), (card.get("sub_title_text", ""), 112)):
        need(isinstance(text, str) and len(text) <= limit, 42049, "words")
    need(title.get("title") and 1 <= len(buttons) <= 6, 42049, "title or buttons")
    need(len({button.get("key") for button in buttons}) == len(buttons), 42049, "keys")
    for button in buttons:
        need(0 < len(button.get("text", "")) <= 10 and 0 < len(button.get("key", "").encode()) <= 1024, 42049, "button")


__all__ = ["BOT", "SECRET", "BotWorld", "Callback", "Refusal", "Shown"]
