"""WeCom as one app can see it, without any network: members, tokens, messages, cards, media, and what it forgets."""

import hashlib
import json
import re
import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fakes import PATIENCE
from tests.fakes.wecom_rules import TEXT_BYTES, check_menu, check_message, need

CORP, AGENT = "wwabcdef0123456789", 1000002
SECRET, TOKEN, AES_KEY = "SECRET-OF-THE-TESTS", "TokenOfTheTests01", "TeacherLogTestKey0000000000000000000000AAAA"
ESCAPED = re.compile(rb"(?<!\\)(?:\\\\)*\\u")  # an escaped letter, not a backslash before a u
MINUTE, HOUR, DAY = 60, 3600, 86400
CARD_LIFE, MEDIA_LIFE = 72 * HOUR, 3 * DAY


@dataclass
class Sent:
    """One message that reached a member."""

    to: str
    kind: str
    body: dict[str, Any]
    at: float
    id: str
    response_code: str = ""
    was_cut: bool = False
    marked: str = ""  # what a tap left on the card
    is_recalled: bool = False

    @property
    def words(self) -> str:
        """Give the words of a text or a card as the member reads them, without what has no width."""
        card = self.body
        title = f"{card.get('main_title', {}).get('title', '')}\n{card.get('sub_title_text', '')}"
        if self.kind == "textcard":
            title = f"{card['title']}\n{card['description']}".replace("<br>", "\n")
        return str(card.get("content", title)).replace("\u200b", "").replace("\u200c", "").strip()

    @property
    def buttons(self) -> dict[str, str]:
        """Give label and key of each button."""
        return {button["text"]: button["key"] for button in self.body.get("button_list", [])}


@dataclass
class Medium:
    """A file in WeCom's store."""

    name: str
    kind: str
    content: bytes
    at: float


@dataclass
class World:
    """The corporation behind the API; every lifetime follows `now`, in seconds."""

    now: Callable[[], float]
    members: set[str] = field(default_factory=set)  # as the console spells them
    unlicensed: set[str] = field(default_factory=set)
    has_callback: bool = True
    rotates: bool = False  # a new token ends the old one
    token_life: int = 7200
    tokens: dict[str, float] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)  # to whom, above 30 a minute or 1000 an hour
    repeats: int = 0  # identical requests that were swallowed
    calls: Counter[str] = field(default_factory=Counter)
    media: dict[str, Medium] = field(default_factory=dict)
    menu: dict[str, Any] = field(default_factory=dict)
    robot: list[dict[str, Any]] = field(default_factory=list)  # what the group's robot said
    robot_key: str = "ROBOT-KEY-OF-THE-TESTS"
    is_closed: bool = False
    changed: threading.Condition = field(default_factory=threading.Condition)
    _number: int = 0
    _heard: dict[str, deque[float]] = field(default_factory=dict)
    _seen: dict[str, float] = field(default_factory=dict)
    _task_ids: set[str] = field(default_factory=set)
    _codes: dict[str, tuple[Sent, float]] = field(default_factory=dict)

    def next(self, what: str) -> str:
        """Make an id."""
        self._number += 1
        return f"{what}-{self._number:06}"

    # Tokens

    def give_token(self, corp: str, secret: str) -> dict[str, Any]:
        """Give a token; the same again while it lives, or a new one that ends the old."""
        need(corp == CORP, 40013, "invalid corpid")
        need(secret == SECRET, 40001, "invalid credential")
        if self.rotates:
            self.tokens.clear()
        live = [token for token, ends in self.tokens.items() if ends > self.now()]
        token = live[0] if live else self.next("token")
        self.tokens.setdefault(token, self.now() + self.token_life)
        return {"access_token": token, "expires_in": int(self.tokens[token] - self.now())}

    def check_token(self, token: str) -> None:
        """Refuse a token that is not ours, or is over."""
        need(token in self.tokens, 40014, "invalid access_token")
        need(self.tokens[token] > self.now(), 42001, "access_token expired")

    # Messages

    def send(self, content: bytes) -> dict[str, Any]:
        """Take one message."""
        need(not ESCAPED.search(content), 40033, "invalid charset")
        message = json.loads(content)
        check_message(message, AGENT, self.has_callback, self._living_media())
        reached, invalid, unlicensed = self._sorted(message["touser"])
        need(reached or unlicensed, 81013, "all users are invalid")
        answer = {"invaliduser": "|".join(invalid), "unlicenseduser": "|".join(unlicensed), "msgid": self.next("msg")}
        if self._is_repeat(message, content):
            self.repeats += 1
            return answer
        if message["msgtype"] == "template_card":
            answer["response_code"] = self.next("rc")
            task_id = message["template_card"]["task_id"]
            need(task_id not in self._task_ids, 42014, "task_id is used")
            self._task_ids.add(task_id)
        for member in reached:
            self._deliver(member, message, answer)
        return answer

    def _sorted(self, to: str) -> tuple[list[str], list[str], list[str]]:
        known = {member.casefold(): member for member in self.members}
        reached, invalid, unlicensed = [], [], []
        for name in to.split("|"):
            member = known.get(name.casefold())
            if member is None:
                invalid.append(name.lower())
            elif member in self.unlicensed:
                unlicensed.append(name.lower())
            else:
                reached.append(member)
        return reached, invalid, unlicensed

    def _is_repeat(self, message: dict[str, Any], content: bytes) -> bool:
        if message.get("enable_duplicate_check") != 1:
            return False
        mark = hashlib.sha256(content).hexdigest()
        until, self._seen[mark] = self._seen.get(mark, 0.0), self.now() + message.get("duplicate_check_interval", 1800)
        return until > self.now()

    def _deliver(self, member: str, message: dict[str, Any], answer: dict[str, Any]) -> None:
        heard, now = self._heard.setdefault(member, deque()), self.now()
        if sum(at > now - MINUTE for at in heard) >= 30 or sum(at > now - HOUR for at in heard) >= 1000:
            self.dropped.append(member)  # and nobody is told
            return
        heard.append(now)
        kind = message["msgtype"]
        sent = Sent(member, kind, dict(message[kind]), now, answer["msgid"], answer.get("response_code", ""))
        if "content" in sent.body:
            raw = sent.body["content"].encode()
            sent.was_cut = len(raw) > TEXT_BYTES
            sent.body["content"] = raw[:TEXT_BYTES].decode(errors="ignore")
        if sent.response_code:
            self._codes[sent.response_code] = (sent, now + CARD_LIFE)
        with self.changed:
            self.sent.append(sent)
            self.changed.notify_all()

    def recall(self, message_id: str) -> dict[str, Any]:
        """Take a message back, within a day."""
        found = [sent for sent in self.sent if sent.id == message_id and sent.at > self.now() - DAY]
        need(found, 40058, "invalid msgid")
        for sent in found:
            sent.is_recalled = True
        return {}

    # Cards

    def tap(self, sent: Sent) -> str:
        """Give the fresh one-use code that comes with a tap."""
        code = self.next("rc")
        self._codes[code] = (sent, self.now() + CARD_LIFE)
        return code

    def update_card(self, content: bytes) -> dict[str, Any]:
        """Change a card by a code that works once."""
        change = json.loads(content)
        need(change.get("agentid") == AGENT, 301002, "no permission of this agent")
        sent, until = self._codes.pop(change.get("response_code", ""), (None, 0.0))
        need(sent is not None and until > self.now(), 42016, "invalid response_code")
        _, invalid, _ = self._sorted("|".join(change["userids"]))
        with self.changed:
            assert sent is not None
            sent.marked = change["button"]["replace_name"]
            self.changed.notify_all()
        return {"invaliduser": invalid}

    # Media, menu, robot

    def keep_medium(self, kind: str, name: str, content: bytes) -> dict[str, Any]:
        """Lay a file into the store."""
        limits = {"image": 10_000_000, "voice": 2_000_000, "video": 10_000_000, "file": 20_000_000}
        need(kind in limits, 40004, "invalid media type")
        need(len(content) > 5, 40006, "invalid media size")
        need(len(content) <= limits[kind], 45001, "media size out of limit")
        id = self.next("media")
        self.media[id] = Medium(name, kind, content, self.now())
        return {"type": kind, "media_id": id, "created_at": str(int(self.now()))}

    def medium(self, id: str) -> Medium:
        """Find a file that has not been forgotten."""
        found = self._living_media().get(id)
        need(found, 40007, "invalid media_id")
        assert found is not None
        return found

    def _living_media(self) -> dict[str, Medium]:
        return {id: medium for id, medium in self.media.items() if medium.at > self.now() - MEDIA_LIFE}

    def set_menu(self, content: bytes) -> dict[str, Any]:
        """Show a menu."""
        menu = json.loads(content)
        check_menu(menu)
        need(self.has_callback, 46003, "no callback url")
        self.menu = menu
        return {}

    def robot_says(self, key: str, content: bytes) -> dict[str, Any]:
        """Let the robot of a group speak, twenty times a minute."""
        need(key == self.robot_key, 93000, "invalid webhook url")
        message = json.loads(content)
        need(message.get("msgtype") in ("text", "markdown"), 40008, "invalid message type")
        words = message[message["msgtype"]]["content"]
        limit = 2048 if message["msgtype"] == "text" else 4096
        need(len(words.encode()) <= limit, 40058, f"content exceed max length {limit}")
        recent = [one for one in self.robot if one["at"] > self.now() - MINUTE]
        need(len(recent) < 20, 45009, "api freq out of limit")
        self.robot.append({"at": self.now(), "words": words})
        return {}

    # What a test asks

    def to(self, member: str) -> list[Sent]:
        """List what a member was sent."""
        return [sent for sent in self.sent if sent.to == member]

    def wait_for(self, condition: Callable[[], Any], timeout: float = PATIENCE) -> Any:
        """Wait until something was sent so that the condition holds; return its value."""
        with self.changed:
            found = self.changed.wait_for(condition, timeout)
        assert found, f"not within {timeout} s; sent: {[(s.to, s.kind, s.words) for s in self.sent[-5:]]}"
        return found
