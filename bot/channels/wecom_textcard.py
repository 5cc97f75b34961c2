"""A link as the textcard of WeCom's app: a title, some lines, and one button that opens the address."""

import re
from dataclasses import dataclass
from typing import Any

from bot.channels import Parcel
from bot.channels.wecom_text import cut
from bot.speech import measure

# developer.work.weixin.qq.com/document/path/90236; characters, but for the address.
TITLE_LIMIT = 128
WORDS_LIMIT = 512
URL_LIMIT = 2048  # bytes
BUTTON_LIMIT = 4
BREAK = "<br>"
_ADDRESS = re.compile(r"https?://\S+")
# What somebody typed must become neither a tag nor, should WeCom read them, an entity; see wecom_text.
_ENTITY = re.compile(r"&(?=#?\w+;)")
_WIDE = str.maketrans("<>", "＜＞")


@dataclass(frozen=True)
class Textcard:
    """A textcard; when it is not whole the words go before it as a message of their own."""

    body: dict[str, Any]
    is_whole: bool


def textcard_of(parcel: Parcel, mark: str) -> Textcard | None:
    """Make the textcard of a parcel's link; None without a link, or where no textcard can hold it.

    `mark` ends its words, without being seen.
    """
    link = parcel.link
    # A textcard has one button, which opens: choices beside it need a card of their own.
    if link is None or parcel.buttons or not _is_fit(link.url):
        return None
    label = _disarmed(link.label)
    title, words, is_whole = _worded(_disarmed(parcel.plain.strip()) or label, label, WORDS_LIMIT - _count(mark))
    body = {"title": title, "description": words + mark, "url": link.url}
    # A label that is cut to four characters says less than WeCom's own (详情).
    body |= {"btntxt": label} if _count(label) <= BUTTON_LIMIT else {}
    return Textcard(body, is_whole)


def _is_fit(url: str) -> bool:
    return bool(_ADDRESS.fullmatch(url)) and measure(url, "bytes") <= URL_LIMIT


def _disarmed(words: str) -> str:
    return _ENTITY.sub("＆", words.translate(_WIDE))


def _worded(text: str, label: str, room: int) -> tuple[str, str, bool]:
    """Give title, words and whether these are all: the first line is the title when it fits, else what the link is called."""
    first, _, rest = text.partition("\n")
    rest = rest.strip()
    if rest and _count(first) <= TITLE_LIMIT and _count(_lines(rest)) <= room:
        return first.strip(), _lines(rest), True
    title = cut(label, TITLE_LIMIT, "utf16")
    if _count(_lines(text)) <= room:
        return title, _lines(text), True
    # The words stand above in full; what the link is for usually stands last.
    return title, cut(text.rpartition("\n")[2].strip(), room, "utf16"), False


def _lines(words: str) -> str:
    return words.replace("\n", BREAK)


def _count(text: str) -> int:
    """Count characters as the stricter reader does: an emoji is two."""
    return measure(text, "utf16")
