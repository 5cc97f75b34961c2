"""WeCom's AI bot on a phone: its letters are obeyed by the platform's rules, its callbacks are read as frames."""

import json
import re
from datetime import datetime
from itertools import count
from typing import Any

from bot.channels import Envelope, File, Message, Parcel
from bot.channels.wecom_aibot import ABILITIES
from bot.channels.wecom_bot_letters import Letter, letters
from bot.channels.wecom_bot_parse import envelope, parse
from bot.channels.wecom_cards import data_of
from bot.channels.wecom_frames import HAPPENED, PUSH, RESPOND, SAID, push, read
from tests.fakes.wecom_bot_world import BOT, BotWorld, Callback
from tests.phones import Key, NotOnThisPhone, Screen, whole

APART = 10.0  # seconds between two messages, so that no rule about pace is met
LINK = re.compile(r"\[([^\[\]]+)\]\((https?://[^\s()]+)\)")
MEDIA = {"photo": "image", "video": "video", "file": "file"}


class BotPhone:
    """Members who speak with the bot, each in a chat of her own."""

    channel = "wecom_aibot"
    abilities = ABILITIES

    def __init__(self) -> None:
        seconds = count(1)
        self._world = BotWorld(lambda: next(seconds) * APART)

    def address(self, who: str) -> str:
        """Give a userid as it is received."""
        return who.capitalize()

    def show(self, parcel: Parcel) -> Screen:
        """Say a parcel, its words as the answer to a callback where it is one; fail on what WeCom refuses."""
        self._world.writers.add(parcel.address)
        screens = [self._said(parcel, letter) for letter in letters(parcel, has_cards=True)]
        assert screens, "a parcel of which nothing is sent"
        return whole(screens)

    def _said(self, parcel: Parcel, letter: Letter) -> Screen:
        req_id, medium = self._world.next("req"), self._world.next("media")
        if letter.kind == "file":
            self._world.media[medium] = (parcel.file_name, parcel.file_bytes, self._world.now())
        if parcel.is_reply and letter.kind == "words":
            self._world.callbacks[req_id] = Callback(parcel.address, "said", self._world.now())
            self._world.obey(RESPOND, req_id, letter.as_reply(req_id))
        else:
            self._world.obey(PUSH, req_id, push(parcel.address, letter.as_push(medium)))
        shown = self._world.shown[-1]
        words = "" if letter.kind == "file" else shown.words.replace("**", "")
        keys = tuple(Key(b["text"], data_of(b["key"])) for b in shown.body.get("button_list", []))
        return Screen(LINK.sub(r"\1", words), keys, tuple(LINK.findall(words)))

    def parse(self, body: dict[str, Any]) -> Message:
        """Read the body of a callback."""
        return parse(body)

    def frame(self, message: Message, id: str, now: datetime) -> Envelope:
        """Write a callback's frame as WeCom does."""
        if message.language or message.sent_at:
            raise NotOnThisPhone("a language, or when it was sent")
        body = {"msgid": message.message_id or id, "aibotid": BOT, "create_time": int(now.timestamp())}
        body |= {"from": {"userid": self.address(message.address)}, "chattype": "single"}
        body |= {"chattype": "group", "chatid": "wr-office"} if message.is_group else {}
        said = _said(message)
        frame = {"cmd": HAPPENED if "event" in said else SAID, "headers": {"req_id": f"r-{id}"}, "body": body | said}
        return envelope(read(json.dumps(frame, ensure_ascii=False)))


def _said(message: Message) -> dict[str, Any]:
    if message.kind == "text" or (message.kind == "start" and message.text):
        words = message.text if message.kind == "text" else f"/start {message.text}"  # no link carries a code here
        words = f"@知行 {words}" if message.is_group else words
        return {"msgtype": "text", "text": {"content": words}}
    if message.kind == "start":
        return {"msgtype": "event", "event": {"eventtype": "enter_chat"}}
    if message.kind == "button":
        tap = {"card_type": "button_interaction", "event_key": message.button, "task_id": "t@1"}
        return {"msgtype": "event", "event": {"eventtype": "template_card_event", "template_card_event": tap}}
    if message.kind == "files":
        return _files(message)
    if message.kind == "oddity":
        return {"msgtype": "location", "location": {"name": "学校"}}
    raise NotOnThisPhone(message.kind)


def _files(message: Message) -> dict[str, Any]:
    (file,) = message.files
    if file.kind not in MEDIA or (file.size or 0) > ABILITIES.file_limit or (message.text and file.kind != "photo"):
        raise NotOnThisPhone("a sound, a caption, or a file whose size is told")
    kind = MEDIA[file.kind]
    if not message.text:
        return {"msgtype": kind, kind: _medium(file)}
    items = [{"msgtype": "text", "text": {"content": message.text}}, {"msgtype": "image", "image": _medium(file)}]
    return {"msgtype": "mixed", "mixed": {"msg_item": items}}


def _medium(file: File) -> dict[str, str]:
    return {"url": f"https://files.test/{file.file_id}", "aeskey": "k" * 43}
