"""Light HTML as WeCom shows it: plain words or its small Markdown, measured in bytes of UTF-8."""

import re
from html import escape

import regex

from bot.render import plain
from bot.speech import measure, split

ELLIPSIS = "…"
_TAG = re.compile(r"(</?[a-zA-Z][^>]*>)")
# What somebody typed must not become a heading, a quotation, a link or one of WeCom's own tags (<font …>, <@userid>,
# <think>). WeCom knows no way to escape; the full-width forms look the same among Chinese words and mean nothing.
_AT_START = re.compile(r"^(\s*)([#>])", re.MULTILINE)
_WIDE = str.maketrans("*_`~#><", "＊＿｀～＃＞＜")


def size(text: str) -> int:
    """Count bytes of UTF-8, as WeCom measures messages."""
    return measure(text, "bytes")


def cut(text: str, limit: int, unit: str = "bytes") -> str:
    """Shorten a text to a limit, never inside a grapheme; what is missing is shown by an ellipsis."""
    if measure(text, unit) <= limit:
        return text
    room, kept = limit - measure(ELLIPSIS, unit), ""
    for grapheme in regex.findall(r"\X", text):
        if measure(kept + grapheme, unit) > room:
            break
        kept += grapheme
    return kept.rstrip() + ELLIPSIS


def pieces(text: str, limit: int) -> list[str]:
    """Cut words that are too long on paragraphs, lines, or between graphemes; each piece has at most `limit` bytes."""
    return [plain(piece) for piece in split(escape(text, quote=False), limit, "bytes")]


def markdown(html: str) -> str:
    """Turn light HTML into the Markdown that both doors of WeCom understand: bold stays, other tags go."""
    written, is_bold = "", False
    for part in _TAG.split(html):
        if _TAG.fullmatch(part):
            is_bold = {"<b>": True, "</b>": False}.get(part.lower(), is_bold)
        else:
            words = literal(plain(part))
            written += "\n".join(map(_bold, words.split("\n"))) if is_bold else words
    return written


def literal(words: str) -> str:
    """Disarm what Markdown would take for a mark."""
    lines = [_without_pairs(line) for line in words.replace("<", "＜").replace("](", "]（").split("\n")]
    return _AT_START.sub(lambda found: found[1] + found[2].translate(_WIDE), "\n".join(lines))


def _without_pairs(line: str) -> str:
    """Widen a mark that stands more than once in a line; a single one means nothing: 3*4."""
    doubled = {mark for mark in "*_`~" if line.count(mark) > 1}
    return "".join(one.translate(_WIDE) if one in doubled else one for one in line)


def _bold(line: str) -> str:
    """Put the stars close to the words: with a space between they would be shown."""
    words = line.strip()
    return line.replace(words, f"**{words}**", 1) if words else line


def has_marks(html: str) -> bool:
    """Say whether anything in a text is more than plain words."""
    return "<b>" in html
