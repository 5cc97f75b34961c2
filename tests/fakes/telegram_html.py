"""Read Telegram's HTML as its servers do: strictly, and counted in UTF-16 units."""

import re
from dataclasses import dataclass, field
from typing import Any

ENTITY_OF_TAG = {
    "b": "bold", "strong": "bold",
    "i": "italic", "em": "italic",
    "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough",
    "code": "code", "pre": "pre", "a": "text_link", "blockquote": "blockquote",
    "tg-spoiler": "spoiler", "span": "spoiler",
    "tg-emoji": "custom_emoji", "tg-time": "date_time",
}  # fmt: skip
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]+)|#([0-9]+)|([a-zA-Z]+));?")
START = re.compile(r"<([^\s>]*)")
ATTRIBUTE = re.compile(r"""\s+([^\s=>"']+)(?:\s*=\s*("[^"]*"|'[^']*'|[\w.-]+))?(?=[\s>])""")
END = re.compile(r"</([^\s>]*)\s*(>?)")
# Telegram drops these from any text: carriage return, line separators and directional overrides.
DROPPED = re.compile("[\r\u2028-\u202e]")
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


class CannotParse(Exception):
    """The HTML is not what Telegram accepts."""


@dataclass
class Shown:
    """What a reader sees: the text without tags, and where the tags were."""

    text: str
    entities: list[dict[str, Any]] = field(default_factory=list)


def units(text: str) -> int:
    """Count UTF-16 code units, Telegram's own measure."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def tidy(text: str) -> str:
    """Clean a text as Telegram does before it stores it."""
    return CONTROL.sub(" ", DROPPED.sub("", text))


def read_html(html: str) -> Shown:
    """Return what is shown, or raise CannotParse in Telegram's words."""
    reader = _Reader(html)
    while reader.at < len(html):
        reader.step()
    if reader.open:
        raise CannotParse(f'Can\'t find end tag corresponding to start tag "{reader.open[-1][0]}"')
    return Shown("".join(reader.shown), sorted(reader.entities, key=lambda entity: entity["offset"]))


def strip(shown: Shown) -> Shown:
    """Cut the white space around a text and move its entities along."""
    text = shown.text.strip()
    lead = units(shown.text) - units(shown.text.lstrip())
    kept = []
    for entity in shown.entities:
        start = max(entity["offset"] - lead, 0)
        end = min(entity["offset"] + entity["length"] - lead, units(text))
        if end > start:
            kept.append({**entity, "offset": start, "length": end - start})
    return Shown(text, kept)


def _decode(text: str) -> str:
    return REFERENCE.sub(lambda found: _character(found) or found[0], text)


def _character(found: re.Match[str]) -> str | None:
    """Return the character meant; an unknown name such as &nbsp; stays as it is written."""
    if found[3]:
        return NAMED.get(found[3])
    code = int(found[1], 16) if found[1] else int(found[2])
    return chr(code) if 0 < code < 0x10FFFF and not 0xD800 <= code < 0xE000 else None


def _seconds(unix: str) -> int:
    if not unix.isdecimal():
        raise CannotParse('Tag "tg-time" must have attribute "unix" with a number')
    return int(unix)


class _Reader:
    """One pass over the HTML."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.at = 0
        self.length = 0  # UTF-16 units shown so far
        self.shown: list[str] = []
        self.open: list[tuple[str, int, dict[str, str]]] = []
        self.entities: list[dict[str, Any]] = []

    def step(self) -> None:
        if self.html.startswith("</", self.at):
            self._end_tag()
        elif self.html[self.at] == "<":
            self._start_tag()
        else:
            stop = self.html.find("<", self.at)
            stop = len(self.html) if stop < 0 else stop
            self._show(_decode(self.html[self.at : stop]))
            self.at = stop

    def _show(self, text: str) -> None:
        self.shown.append(text)
        self.length += units(text)

    def _bytes(self) -> int:
        return len(self.html[: self.at].encode("utf-8", "surrogatepass"))

    def _start_tag(self) -> None:
        name_found = START.match(self.html, self.at)
        assert name_found is not None
        name = name_found[1].lower()
        if name_found.end() == len(self.html):
            raise CannotParse(f"Unclosed start tag at byte offset {self._bytes()}")
        if name not in ENTITY_OF_TAG:
            raise CannotParse(f'Unsupported start tag "{name}" at byte offset {self._bytes()}')
        attributes, stop = self._attributes(name, name_found.end())
        if name == "span" and attributes.get("class") != "tg-spoiler":
            raise CannotParse(f'Tag "span" must have class "tg-spoiler" at byte offset {self._bytes()}')
        self.open.append((name, self.length, attributes))
        self.at = stop

    def _attributes(self, name: str, at: int) -> tuple[dict[str, str], int]:
        found: dict[str, str] = {}
        while attribute := ATTRIBUTE.match(self.html, at):
            found[attribute[1].lower()] = _decode((attribute[2] or "").strip("\"'"))
            at = attribute.end()
        rest = self.html[at:].lstrip()
        if not rest.startswith(">"):
            fault = "Unclosed start tag" if ">" not in rest else f'Bad attribute in the tag "{name}"'
            raise CannotParse(f"{fault} at byte offset {self._bytes()}")
        return found, self.html.index(">", at) + 1

    def _end_tag(self) -> None:
        found = END.match(self.html, self.at)
        if not self.open or found is None:
            raise CannotParse(f"Unexpected end tag at byte offset {self._bytes()}")
        if not found[2]:
            raise CannotParse(f"Unclosed end tag at byte offset {self._bytes()}")
        name, start, attributes = self.open.pop()
        if found[1] and found[1].lower() != name:
            raise CannotParse(
                f'Unmatched end tag at byte offset {self._bytes()}, expected "</{name}>", found "</{found[1].lower()}>"'
            )
        self._close(name, start, attributes)
        self.at = found.end()

    def _close(self, name: str, start: int, attributes: dict[str, str]) -> None:
        if self.length == start:
            return
        entity: dict[str, Any] = {
            "type": ENTITY_OF_TAG[name],
            "offset": start,
            "length": self.length - start,
        }
        if name == "a":
            entity["url"] = attributes.get("href", "")
        if name == "blockquote" and "expandable" in attributes:
            entity["type"] = "expandable_blockquote"
        if name == "tg-emoji":
            entity["custom_emoji_id"] = attributes.get("emoji-id", "")
        if name == "tg-time":
            entity["unix_time"] = _seconds(attributes.get("unix", ""))
        self.entities.append(entity)
