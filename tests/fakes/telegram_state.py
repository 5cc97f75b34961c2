"""What the fake Telegram knows: chats, messages, files, and the updates nobody has confirmed."""

import heapq
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

FIRST_UPDATE_ID = 700_000_001
# How long Telegram keeps an update for a bot that is away, in seconds.
KEPT = {"callback_query": 150.0, "inline_query": 30.0, "chosen_inline_result": 600.0}
KEPT_OTHERWISE = 24 * 3600.0
# Kinds a bot receives only when it names them in allowed_updates.
ONLY_WHEN_ASKED = {"chat_member", "message_reaction", "message_reaction_count"}


class Refusal(Exception):
    """Telegram's answer is no."""

    def __init__(self, status: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.status, self.description, self.parameters = status, description, parameters

    def body(self) -> dict[str, Any]:
        """Return the JSON that says so."""
        answer: dict[str, Any] = {"ok": False, "error_code": self.status, "description": self.description}
        return {**answer, "parameters": self.parameters} if self.parameters else answer


@dataclass
class Chat:
    """A person or a group, as the bot may see them."""

    id: int
    name: str = "老师"
    language: str | None = "zh-hans"
    may_write: bool = False  # the person has written once, or the bot was added
    closed: str | None = None  # why the bot may not write any more
    moved_to: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return Telegram's Chat."""
        if self.id < 0:
            return {"id": self.id, "type": "supergroup", "title": self.name}
        return {"id": self.id, "type": "private", "first_name": self.name}

    def as_user(self) -> dict[str, Any]:
        """Return Telegram's User."""
        user: dict[str, Any] = {"id": self.id, "is_bot": False, "first_name": self.name}
        return {**user, "language_code": self.language} if self.language else user


@dataclass(frozen=True)
class Button:
    """One button under a message; a reply key has neither data nor url."""

    text: str
    data: str | None = None
    url: str | None = None


@dataclass(frozen=True)
class SentMessage:
    """One message of the bot as it stands now; `earlier` holds the texts it had before edits."""

    chat_id: int
    message_id: int
    method: str
    text: str  # as shown, without tags; the caption of a file
    html: str  # as the bot wrote it
    buttons: tuple[tuple[Button, ...], ...] = ()
    document: bytes | None = None
    file_name: str | None = None
    parse_mode: str | None = None
    reply_to: int | None = None
    at: float = 0.0
    edited_at: float | None = None
    deleted: bool = False
    earlier: tuple[str, ...] = ()
    parameters: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def labels(self) -> list[str]:
        """Return the labels of all buttons, row after row."""
        return [button.text for row in self.buttons for button in row]

    def button(self, label_or_data: str) -> Button | None:
        """Return the button with this label or this data."""
        flat = [button for row in self.buttons for button in row]
        return next((found for found in flat if label_or_data in (found.text, found.data)), None)


@dataclass(frozen=True)
class StoredFile:
    """A file at Telegram; `size` may be claimed without any bytes being there."""

    file_id: str
    path: str
    content: bytes
    size: int
    name: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the fields every kind of file shares."""
        return {"file_id": self.file_id, "file_unique_id": f"u{self.file_id}", "file_size": self.size}


@dataclass(frozen=True)
class Waiting:
    """An update Telegram keeps until it is confirmed."""

    id: int
    update: dict[str, Any]
    chat_id: int | None
    kind: str
    at: float


@dataclass(frozen=True)
class Confirmation:
    """The bot asked from `offset` on: everything below is its own business now."""

    offset: int
    at: float


@dataclass
class Tap:
    """One press of a button and what became of it."""

    id: str
    chat_id: int
    data: str
    at: float
    answered: bool = False
    toast: str | None = None
    alert: bool = False


@dataclass
class Webhook:
    """Where updates are pushed, while `url` is not empty."""

    url: str = ""
    secret: str | None = None
    max_connections: int = 40
    last_error: str | None = None
    last_error_at: float | None = None


class TelegramState:
    """Everything behind one lock; `changed` wakes whoever waits for something to happen."""

    def __init__(self, token: str, now: Callable[[], float] = time.time) -> None:
        self.token, self.now = token, now
        self.changed = threading.Condition(threading.RLock())
        self.on_arrival: Callable[[], None] = lambda: None
        self.bot: dict[str, Any] = {
            "id": int(token.split(":")[0]), "is_bot": True, "first_name": "知行",
            "username": "zhixing_test_bot", "can_join_groups": True,
            "can_read_all_group_messages": True, "supports_inline_queries": False,
        }  # fmt: skip
        self.chats: dict[int, Chat] = {}
        self.raw: dict[int, dict[int, dict[str, Any]]] = {}
        self.sent: dict[int, dict[int, SentMessage]] = {}
        self.files: dict[str, StoredFile] = {}
        self.taps: dict[str, Tap] = {}
        self.waiting: dict[int, Waiting] = {}
        self.known: dict[int, Waiting] = {}
        self.expired: set[int] = set()  # forgotten by Telegram itself, though nobody confirmed them
        self.again: list[Waiting] = []  # handed out once more whatever the offset
        self.handed_out: Counter[int] = Counter()
        self.confirmations: list[Confirmation] = []
        self.accepted: list[int] = []
        self.dropped: list[int] = []
        self.allowed: list[str] = []
        self.webhook = Webhook()
        self.settings: dict[str, Any] = {}
        self.answer_within = 15.0  # seconds a tap may stay unanswered
        self.poll_ticket = 0
        self._next_update, self._next_message = FIRST_UPDATE_ID, 1

    # People and chats.

    def chat(self, chat_id: int) -> Chat:
        """Return this chat, made on first mention."""
        return self.chats.setdefault(chat_id, Chat(chat_id))

    def writable(self, chat_id: int) -> Chat:
        """Return a chat the bot may write to, or refuse as Telegram does."""
        chat = self.chats.get(chat_id)
        if chat is not None and chat.moved_to is not None:
            words = "Bad Request: group chat was upgraded to a supergroup chat"
            raise Refusal(400, words, migrate_to_chat_id=chat.moved_to)
        if chat is not None and chat.closed:
            raise Refusal(403, chat.closed)
        if chat is None or not chat.may_write:
            if chat_id < 0:
                raise Refusal(400, "Bad Request: chat not found")
            raise Refusal(403, "Forbidden: bot can't initiate conversation with a user")
        return chat

    # Messages and files.

    def new_message(self, chat_id: int, author: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """Return a new message object, remembered under its chat."""
        message = {
            "message_id": self._next_message, "date": int(self.now()), "from": author,
            "chat": self.chat(chat_id).as_json(), **fields,
        }  # fmt: skip
        self._next_message += 1
        self.raw.setdefault(chat_id, {})[message["message_id"]] = message
        return message

    def record(self, message: SentMessage) -> None:
        """Keep what the bot has sent."""
        self.sent.setdefault(message.chat_id, {})[message.message_id] = message
        self.changed.notify_all()

    def amend(self, chat_id: int, message_id: int, **changes: Any) -> SentMessage:
        """Change what is kept of a sent message."""
        message = replace(self.sent[chat_id][message_id], **changes)
        self.record(message)
        return message

    def store_file(self, folder: str, content: bytes, name: str | None = None, size: int | None = None) -> StoredFile:
        """Keep a file and return it."""
        number = len(self.files) + 1
        suffix = name.rsplit(".", 1)[1] if name and "." in name else "bin"
        kept = StoredFile(
            f"file-{number}-{folder}", f"{folder}/file_{number}.{suffix}", content,
            len(content) if size is None else size, name,
        )  # fmt: skip
        self.files[kept.file_id] = kept
        return kept

    # Updates.

    def arrive(self, kind: str, payload: dict[str, Any], chat_id: int | None) -> int:
        """Queue one update for the bot, unless it asked not to see this kind."""
        with self.changed:
            update_id = self.next_update_id()
            wanted = kind in self.allowed if self.allowed else kind not in ONLY_WHEN_ASKED
            if wanted:
                self.queue(Waiting(update_id, {"update_id": update_id, kind: payload}, chat_id, kind, self.now()))
            return update_id

    def next_update_id(self) -> int:
        """Return the next number of the row."""
        self._next_update += 1
        return self._next_update - 1

    def queue(self, update: Waiting) -> None:
        """Let one update wait (again)."""
        with self.changed:
            self.waiting[update.id] = update
            self.known[update.id] = update
            self._next_update = max(self._next_update, update.id + 1)
            self.changed.notify_all()
        self.on_arrival()

    def fetch(self, offset: int, limit: int) -> list[dict[str, Any]]:
        """Confirm what is below the offset and return what waits from there on."""
        self.expire()
        if offset < 0:
            first = sorted(self.waiting)[offset:][:1]
            offset = first[0] if first else 0
        if offset > 0:
            self._confirm(offset)
        again, self.again = self.again, []
        batch = [*again, *(self.waiting[waiting] for waiting in heapq.nsmallest(limit, self.waiting))][:limit]
        self.handed_out.update(update.id for update in batch)
        return [update.update for update in batch]

    def _confirm(self, offset: int) -> None:
        if not self.confirmations or offset > self.confirmations[-1].offset:
            self.confirmations.append(Confirmation(offset, self.now()))
        for update_id in [waiting for waiting in self.waiting if waiting < offset]:
            del self.waiting[update_id]
        self.changed.notify_all()

    def accept(self, update_id: int) -> None:
        """Take the webhook's 2xx for this update."""
        with self.changed:
            self.waiting.pop(update_id, None)
            self.accepted.append(update_id)
            self.changed.notify_all()

    def drop_waiting(self) -> None:
        """Throw away everything that waits, as drop_pending_updates does."""
        self.dropped += sorted(self.waiting)
        self.waiting.clear()

    def expire(self) -> None:
        """Forget what waited too long: taps 150 s, messages 24 h."""
        now = self.now()
        old = [w.id for w in self.waiting.values() if now - w.at > KEPT.get(w.kind, KEPT_OTHERWISE)]
        for update_id in old:
            del self.waiting[update_id]
        self.expired.update(old)
