"""What is to be said becomes rows of the outbox: rendered, split to the platform's measure, with signed buttons."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from html import escape
from typing import Any
from uuid import UUID

import regex

from bot.buttons import CARD, OPEN, RUN, Signer
from bot.channels import Abilities, Link
from bot.conversation import Form, Tap
from bot.render import Words, plain
from models.quotes import Source
from models.rules.calendar import Calendar

SHORT = 14  # half-width columns; labels no longer than this share a row


@dataclass
class Part:
    """One message to be: light HTML, rows of buttons, perhaps a document or a link; held back when `after` says so."""

    html: str
    buttons: list[list[dict[str, str]]] = field(default_factory=list)
    form: Form | None = None
    after: float = 0.0  # seconds
    key: str | None = None
    link: Link | None = None
    quotes: frozenset[Source] = frozenset()  # whose words it shows
    is_mixed: bool = False  # it shows something else besides, so that it cannot be taken back

    def takes(self, other: "Part") -> bool:
        """Say whether `other` can stand in the same message below this."""
        is_full = self.buttons or self.form or self.link
        return not (is_full or other.form or self.key or other.key or self.after or other.after)


def joined(parts: Sequence[Part]) -> list[Part]:
    """Put into one message what is said in one breath."""
    whole: list[Part] = []
    for part in parts:
        if not part.html and not part.form and not part.buttons and not part.link:
            continue
        if whole and whole[-1].takes(part):
            last = whole[-1]
            whole[-1] = replace(part, html=f"{last.html}\n\n{part.html}", quotes=last.quotes | part.quotes)
        else:
            whole.append(part)
    return whole


def laid_out(buttons: Sequence[dict[str, str]], in_row: int) -> list[list[dict[str, str]]]:
    """Put short labels side by side and long ones below each other."""
    rows: list[list[dict[str, str]]] = []
    for button in buttons:
        is_short = _columns(button["label"]) <= SHORT
        if rows and is_short and len(rows[-1]) < in_row and _columns(rows[-1][-1]["label"]) <= SHORT:
            rows[-1].append(button)
        else:
            rows.append([button])
    return rows


def _columns(label: str) -> int:
    return sum(2 if ord(character) > 0x2E7F else 1 for character in label)


class Voice:
    """Speaks to one address: knows its language, its person, and how its buttons are signed."""

    def __init__(
        self,
        words: Words,
        signer: Signer,
        abilities: Abilities,
        address: str,
        language: str,
        calendar: Calendar | None = None,
    ) -> None:
        self.words = words
        self.signer = signer
        self.abilities = abilities
        self.address = address
        self.language = language
        self.calendar = calendar  # of her school: messages show the week of a day, buttons stay short

    def say(self, template: str, block: str, facts: Mapping[str, Any]) -> str:
        """Render a block in her language."""
        return self.words.say(self.language, template, block, facts, self.calendar)

    def label(self, template: str, block: str, facts: Mapping[str, Any]) -> str:
        """Render a block as the words of a button."""
        return self.words.label(self.language, template, block, facts)

    def still_label(self, template: str, block: str) -> str | None:
        """Give the words of a button that needs no facts, if it was rendered before."""
        return self.words.still_label(self.language, template, block)

    def button(self, verb: str, row: UUID | None, name: str, option: str, label: str) -> dict[str, str]:
        """Make one signed button."""
        return {"label": label, "data": self.signer.data(self.address, verb, row, name, option)}

    def taps(self, template: str, taps: Sequence[Tap], facts: Mapping[str, Any]) -> list[list[dict[str, str]]]:
        """Make the buttons of a card."""
        made = [self._tap(template, tap, facts) for tap in taps]
        return laid_out(made, self.abilities.buttons_in_row)

    def _tap(self, template: str, tap: Tap, facts: Mapping[str, Any]) -> dict[str, str]:
        handler = tap.handler or template
        block = tap.block or f"tap__{tap.option}"
        label = tap.label if tap.label is not None else self.label(template, block, {**facts, **tap.facts})
        verb = {"open": OPEN, "cmd": RUN}.get(tap.option, CARD)
        return self.button(verb, tap.row, handler, tap.option, label)


def body_of(
    html: str, buttons: list[list[dict[str, str]]], form: Form | None, language: str, link: Link | None = None
) -> dict[str, Any]:
    """Write the body of an outbox row."""
    body: dict[str, Any] = {"html": html, "plain": plain(html), "buttons": buttons}
    body |= {"link": {"label": link.label, "url": link.url}} if link else {}
    if form is not None:
        body["form"] = {"kind": form.kind, "person_id": str(form.person_id), "language": language}
        body["form"] |= {"row": str(form.row)} if form.row else {}
    return body


def fitted(part: Part, abilities: Abilities, say: Callable[[str, dict[str, Any]], str], first: int = 1) -> Part:
    """Fit the buttons of a part to a platform: what it cannot show becomes numbered lines to answer by number.

    The words that work everywhere (跳过, 返回 …) need no number: they are typed as they are. A number means the place
    among the choices, as `point.match` and the memory of the last card read it; `first` is the first number here.
    """
    buttons = [button for row in part.buttons for button in row]
    choices = [button for button in buttons if not button.get("is_word")]
    is_long = [len(button["label"]) > abilities.label_limit for button in buttons]
    has_room = abilities.has_buttons and len(buttons) <= abilities.buttons_at_most
    if not buttons or (has_room and not any(is_long)):
        return part
    # A word has no number to stand for it.
    has_room = has_room and not any(
        long and button.get("is_word") for long, button in zip(is_long, buttons, strict=True)
    )
    lines = [f"{number}. {escape(button['label'], quote=False)}" for number, button in enumerate(choices, first)]
    words = [button["label"] for button in buttons if button.get("is_word")]
    how = ([say("by_number", {})] if lines else []) + ([say("or_say", {"words": words})] if words else [])
    html = "\n".join([part.html, "", *lines, *how])
    return replace(part, html=html, buttons=_numbers(buttons, abilities, first) if has_room else [])


def _numbers(buttons: Sequence[dict[str, str]], abilities: Abilities, first: int) -> list[list[dict[str, str]]]:
    """Label by its number each choice whose words would be cut off."""
    shown, number = [], first - 1
    for button in buttons:
        number += not button.get("is_word")
        is_long = len(button["label"]) > abilities.label_limit
        shown.append({**button, "label": str(number)} if is_long and not button.get("is_word") else button)
    return laid_out(shown, abilities.buttons_in_row)


def rows_for(
    part: Part, abilities: Abilities, base: dict[str, Any], now: datetime, language: str, words: Words, first: int = 1
) -> list[dict[str, Any]]:
    """Write the outbox rows of one part: as many as the platform's measure asks for, buttons and link on the last."""
    part = fitted(part, abilities, lambda block, facts: words.say(language, "common", block, facts), first)
    # Where a link cannot be shown its address stands below the words.
    room = abilities.text_limit - (measure(f"\n{part.link.url}", abilities.unit) if part.link else 0)
    *before, last = split(part.html, room, abilities.unit) or [""]
    bodies = [body_of(piece, [], None, language) for piece in before]
    bodies.append(body_of(last, part.buttons, part.form, language, part.link))
    quotes = _quotes(part, base) if part.quotes else {}
    return [
        base | quotes | {"key": None if place else part.key, "body": body, "not_before": now, "made_at": now}
        for place, body in enumerate(bodies)
    ]


def _quotes(part: Part, base: dict[str, Any]) -> dict[str, Any]:
    """Write down whose words a message shows to somebody else."""
    others = sorted(source for source in part.quotes if source.person_id != base["person_id"])
    is_mixed = part.is_mixed or len({source.person_id for source in others}) > 1
    rows = [source._asdict() | {"is_mixed": is_mixed} for source in others]
    return {"quotes": rows} if rows else {}


def measure(text: str, unit: str) -> int:
    """Count a text as a platform does: utf16 units, bytes (UTF-8), or characters."""
    if unit == "utf16":
        return len(text.encode("utf-16-le", "surrogatepass")) // 2
    return len(text.encode("utf-8", "replace")) if unit == "bytes" else len(text)


def split(html: str, limit: int, unit: str) -> list[str]:
    """Cut light HTML on paragraphs, else on lines, else between graphemes, so that each piece fits its measure."""
    if measure(plain(html), unit) <= limit:
        return [html] if plain(html).strip() else []
    pieces: list[str] = []
    for line in _fitting(html, limit, unit):
        if pieces and measure(plain(f"{pieces[-1]}\n{line}"), unit) <= limit:
            pieces[-1] = f"{pieces[-1]}\n{line}"
        else:
            pieces.append(line)
    return [piece.strip("\n") for piece in pieces if plain(piece).strip()]  # no platform takes a blank message


def _fitting(html: str, limit: int, unit: str) -> list[str]:
    """Give paragraphs that fit whole, the lines of those that do not, and slices of lines that are too long."""
    fitting: list[str] = []
    for paragraph in html.split("\n\n"):
        if measure(plain(paragraph), unit) <= limit:
            fitting += [paragraph, ""]
            continue
        for line in paragraph.split("\n"):
            # A line that must be cut loses its tags, so that no tag is left open.
            fitting += [line] if measure(plain(line), unit) <= limit else _slices(plain(line), limit, unit)
        fitting.append("")
    return fitting


def _slices(text: str, limit: int, unit: str) -> list[str]:
    slices: list[str] = []
    current: list[str] = []
    used = 0
    for grapheme in regex.findall(r"\X", text):
        for piece in [grapheme] if measure(grapheme, unit) <= limit else list(grapheme):
            size = measure(piece, unit)
            if used + size > limit:
                slices.append("".join(current))
                current, used = [], 0
            current.append(piece)
            used += size
    return [escape(piece, quote=False) for piece in (*slices, "".join(current)) if piece]
