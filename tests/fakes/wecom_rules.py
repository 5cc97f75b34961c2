"""What WeCom takes and refuses in a message of an app: every limit in its own measure, and the code of each refusal."""

import re
from typing import Any

# developer.work.weixin.qq.com/document/path/90236; bytes are of UTF-8, characters are 字.
TEXT_BYTES = 2048
TASK_ID = re.compile(r"[0-9A-Za-z_\-@]{1,128}")
TEXTCARD_TAGS = re.compile(r'<br>|<div class="(gray|normal|highlight)">|</div>')
CARD_KINDS = ("text_notice", "news_notice", "button_interaction", "vote_interaction", "multiple_interaction")


class Refusal(Exception):
    """An error code with its words."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(f"{code} {words}")
        self.code = code
        self.words = words


def need(condition: object, code: int, words: str) -> None:
    """Refuse unless."""
    if not condition:
        raise Refusal(code, words)


def check_message(message: dict[str, Any], agent_id: int, has_callback: bool, media: dict[str, Any]) -> None:
    """Refuse a message that WeCom would not take."""
    need(type(message.get("agentid")) is int, 40056, "invalid agentid")
    need(message["agentid"] == agent_id, 301002, "no permission of this agent")
    need(isinstance(message.get("touser"), str) and message["touser"], 40063, "touser is empty")
    need(len(message["touser"].split("|")) <= 1000, 40032, "too many users")
    need(0 < int(message.get("duplicate_check_interval", 1800)) <= 14_400, 40058, "duplicate_check_interval")
    kind = message.get("msgtype")
    need(kind in ("text", "markdown", "file", "template_card", "textcard"), 40008, "invalid message type")
    body = message.get(kind)
    need(isinstance(body, dict), 44004, f"empty {kind}")
    if kind == "file":
        need(body.get("media_id") in media, 40007, "invalid media_id")
    elif kind == "template_card":
        _card(body, has_callback)
    elif kind == "textcard":
        _textcard(body)
    else:
        _words(body)


def _words(body: dict[str, Any]) -> None:
    need(isinstance(body.get("content"), str) and body["content"].strip(), 44004, "empty content")


def _textcard(card: dict[str, Any]) -> None:
    """Refuse what WeCom would refuse, cut off, or read as a tag that nobody meant."""
    need(set(card) <= {"title", "description", "url", "btntxt"}, 40058, "an unknown part")
    for part, limit in (("title", 128), ("description", 512)):
        need(isinstance(card.get(part), str) and _seen(card[part]), 40063, f"{part} is empty")
        _at_most(card[part], limit, part)
        need(len(card[part].encode("utf-16-le")) <= 2 * limit, 40058, f"{part} is too long where an emoji counts two")
    _at_most(card.get("btntxt", "详情"), 4, "btntxt")
    need(_seen(card.get("btntxt", "详情")), 40063, "btntxt is empty")
    url = card.get("url")
    need(isinstance(url, str) and re.fullmatch(r"https?://[^\s/]+\S*", url), 40058, "url")
    need(len(str(url).encode()) <= 2048, 40058, "url is too long")
    need(not re.search("[<>]", card["title"]), 40058, "a tag in the title")
    need(not re.search("[<>]", TEXTCARD_TAGS.sub("", card["description"])), 40058, "an unknown tag")


def _seen(words: str) -> str:
    """Give what of some words can be seen."""
    return re.sub("[\u200b\u200c]", "", words).strip()


def _card(card: dict[str, Any], has_callback: bool) -> None:
    kind = card.get("card_type")
    need(kind in CARD_KINDS, 40058, "card_type")
    title = card.get("main_title", {})
    _at_most(title.get("title", ""), 36, "main_title.title")
    _at_most(title.get("desc", ""), 44, "main_title.desc")
    _at_most(card.get("sub_title_text", ""), 160, "sub_title_text")
    _at_most(card.get("source", {}).get("desc", ""), 20, "source.desc")
    if kind in ("button_interaction", "vote_interaction", "multiple_interaction"):
        need(has_callback, 43012, "no callback url")
        need(TASK_ID.fullmatch(str(card.get("task_id", ""))), 42014, "invalid task_id")
        need(title.get("title"), 40058, "main_title.title is missing")
    else:
        need(card.get("card_action", {}).get("type") in (1, 2), 40058, "card_action is missing")
    if kind == "button_interaction":
        _buttons(card.get("button_list"))


def _buttons(buttons: Any) -> None:
    need(isinstance(buttons, list) and 1 <= len(buttons) <= 6, 40058, "button_list")
    keys = [button.get("key") for button in buttons]
    need(len(set(keys)) == len(keys), 40058, "button key is not unique")
    for button in buttons:
        need(button.get("text"), 40058, "button text is missing")
        _at_most(button["text"], 10, "button text")
        need(isinstance(button.get("key"), str) and 0 < len(button["key"].encode()) <= 1024, 40058, "button key")
        need(button.get("style", 1) in (1, 2, 3, 4), 40058, "button style")


def check_menu(menu: dict[str, Any]) -> None:
    """Refuse a menu of the wrong shape: three buttons, five below each, names in bytes."""
    buttons = menu.get("button")
    need(isinstance(buttons, list) and 1 <= len(buttons) <= 3, 40016, "button count")
    for button in buttons:
        need(0 < len(button["name"].encode()) <= 16, 40018, "button name")
        subs = button.get("sub_button", [])
        need(len(subs) <= 5, 40023, "sub_button count")
        for sub in subs or [button]:
            need(0 < len(sub["name"].encode()) <= 40, 40018, "sub_button name")
            need(sub.get("type") == "click" and 0 < len(sub.get("key", "").encode()) <= 128, 40019, "button key")


def _at_most(text: Any, limit: int, what: str) -> None:
    need(isinstance(text, str) and len(text) <= limit, 40058, f"{what} is too long")
