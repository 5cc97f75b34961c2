"""WeCom's app on a phone: its letters are checked by WeCom's rules, its callbacks are written and read as XML."""

import json
import re
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.channels import Envelope, Message, Parcel
from bot.channels.wecom_app import ABILITIES
from bot.channels.wecom_cards import data_of
from bot.channels.wecom_letters import Letter, Writing
from bot.channels.wecom_parse import envelope, parse
from bot.channels.wecom_xml import read_inner
from tests.fakes.wecom_caller import document
from tests.fakes.wecom_rules import TEXT_BYTES, check_message
from tests.fakes.wecom_world import AGENT, CORP, ESCAPED
from tests.phones import Key, NotOnThisPhone, Screen, whole

NO_WIDTH = re.compile("[\u200b\u200c]")
BARE = re.compile(r"https?://\S+")  # what opens at a touch in any text; whatever follows it closely belongs to it
MEDIA = {"photo": "image", "voice": "voice", "video": "video"}


class AppPhone:
    """Members who speak with the app; in WeChat's plug-in they are shown nothing but plain text."""

    channel = "wecom_app"

    def __init__(self, plain_only: bool = False) -> None:
        self.abilities = replace(ABILITIES, has_buttons=not plain_only)
        self._writing = Writing(AGENT, plain_only)
        self._is_plain = plain_only
        self._seen: set[bytes] = set()
        self._cards: set[str] = set()

    def address(self, who: str) -> str:
        """Give a userid as we keep it."""
        return who

    def show(self, parcel: Parcel) -> Screen:
        """Write the letters of a parcel, and show each; fail on what WeCom refuses, cuts off or takes for a repeat."""
        screens = [self._shown(letter) for letter in self._writing.letters(parcel)]
        assert screens, "a parcel of which nothing is sent"
        return whole(screens)

    def _shown(self, letter: Letter) -> Screen:
        medium = f"media-{len(self._seen)}"
        letter = letter.with_medium(medium) if letter.kind == "file" else letter
        content = letter.content
        assert not ESCAPED.search(content) and content not in self._seen
        self._seen.add(content)
        message = json.loads(content)
        check_message(message, AGENT, has_callback=True, media={medium: None})
        body = message[message["msgtype"]]
        if letter.kind == "template_card":
            return self._card(body)
        if letter.kind == "textcard":
            return self._textcard(body)
        words = body.get("content", "")
        assert len(words.encode()) <= TEXT_BYTES, "WeCom would cut this off"
        assert not self._is_plain or letter.kind in ("text", "file"), "the plug-in shows only plain text"
        marked = words.replace("**", "") if letter.kind == "markdown" else words
        return Screen(NO_WIDTH.sub("", marked), links=tuple(("", url) for url in BARE.findall(marked)))

    def _textcard(self, card: dict[str, Any]) -> Screen:
        assert not self._is_plain, "nobody says that the plug-in shows it"
        words = NO_WIDTH.sub("", f"{card['title']}\n{card['description']}".replace("<br>", "\n"))
        return Screen(words, links=((card.get("btntxt", "详情"), card["url"]),))

    def _card(self, card: dict[str, Any]) -> Screen:
        assert not self._is_plain and card["task_id"] not in self._cards
        self._cards.add(card["task_id"])
        words = "\n".join(filter(None, (card["main_title"]["title"], card.get("sub_title_text"))))
        return Screen(words, tuple(Key(button["text"], data_of(button["key"])) for button in card["button_list"]))

    def parse(self, body: dict[str, Any]) -> Message:
        """Read a document."""
        return parse(body)

    def frame(self, message: Message, id: str, now: datetime) -> Envelope:
        """Write a callback's inner document as WeCom does, with the member's userid as the console spells it."""
        if message.is_group or message.language or message.sent_at:
            raise NotOnThisPhone("a group, a language, or when it was sent")
        at = int(now.timestamp())
        head = {"ToUserName": CORP, "FromUserName": message.address.capitalize(), "CreateTime": at}
        parts = {**head, **_parts(message, id), "AgentID": AGENT}
        return envelope(read_inner(document(parts)))


def _parts(message: Message, id: str) -> dict[str, Any]:
    number = message.message_id or id
    if message.kind == "text" or (message.kind == "start" and message.text):
        words = message.text if message.kind == "text" else f"/start {message.text}"  # no link carries a code here
        return {"MsgType": "text", "Content": words, "MsgId": number}
    if message.kind == "start":
        return {"MsgType": "event", "Event": "subscribe", "EventKey": ""}
    if message.kind == "button":
        card = {"TaskId": "t@1", "CardType": "button_interaction", "ResponseCode": f"code-{id}"}
        return {"MsgType": "event", "Event": "template_card_event", "EventKey": message.button, **card}
    if message.kind == "files":
        (file,) = message.files
        if file.kind not in MEDIA or message.text or (file.size or 0) > 20_000_000:
            raise NotOnThisPhone("a document, a caption, or a file whose size is told")
        return {"MsgType": MEDIA[file.kind], "MediaId": file.file_id, "MsgId": number}
    if message.kind == "oddity":
        place = {"Location_X": "31.2", "Location_Y": "121.4", "Scale": "15", "Label": "学校"}
        return {"MsgType": "location", **place, "MsgId": number}
    raise NotOnThisPhone(message.kind)
