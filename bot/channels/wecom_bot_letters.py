"""A parcel as WeCom's AI bot takes it: its file, its words in Markdown, its buttons as a card."""

from dataclasses import dataclass, replace
from typing import Any

from bot.channels import Parcel
from bot.channels.wecom_cards import Card, buttons_of, card_of, with_labels
from bot.channels.wecom_frames import card_message, file_message, markdown_message, stream, text_message
from bot.channels.wecom_text import literal, markdown, pieces, size

WORDS_LIMIT = 20_480  # bytes of one message (developer.work.weixin.qq.com/document/path/101463)
WELCOME_LIMIT = 2_048


@dataclass(frozen=True)
class Letter:
    """One message; `kind` is file, words or card. That of a file lacks its media id until the file is up."""

    kind: str
    words: str = ""
    card: Card | None = None

    def as_push(self, media_id: str = "") -> dict[str, Any]:
        """Write it as a message of our own accord."""
        if self.card is not None:
            return card_message(self.card.body)
        return file_message(media_id) if self.kind == "file" else markdown_message(self.words)

    def as_reply(self, stream_id: str) -> dict[str, Any]:
        """Write it as the answer to a callback; the same id at a second try replaces the first."""
        return stream(stream_id, self.words) if self.card is None else card_message(self.card.body)


def letters(parcel: Parcel, has_cards: bool) -> list[Letter]:
    """Write the messages of a parcel in their order."""
    card = card_of(parcel) if has_cards else None
    found = [Letter("file")] if parcel.file_name else []
    if card is None and buttons_of(parcel):
        found += _words(literal(with_labels(parcel)) + _link(parcel, has_cards))
    elif card is None or not card.is_whole or parcel.link:
        found += _words(markdown(parcel.html) + _link(parcel, has_cards))
    return found if card is None else [*found, Letter("card", card=card)]


def in_words(parcel: Parcel, card: Card) -> list[Letter]:
    """Write the buttons of a card that was not taken as words; what it left out was said before it."""
    is_said = parcel.link or not card.is_whole
    return _words(literal(with_labels(replace(parcel, plain="") if is_said else parcel)))


def _link(parcel: Parcel, has_marks: bool) -> str:
    """Write the link below the words; as its bare address for people who see no Markdown."""
    if parcel.link is None:
        return ""
    if not has_marks:
        return f"\n{parcel.link.url}"
    label = literal(parcel.link.label).translate(_BRACKETS)
    return f"\n\n[{label}]({parcel.link.url.translate(_ROUND)})"


_BRACKETS = str.maketrans("[]", "［］")
_ROUND = {ord("("): "%28", ord(")"): "%29"}


def as_welcome(parcel: Parcel) -> dict[str, Any] | None:
    """Write a parcel as the one message that welcomes somebody; None when it is more than that.

    Its buttons are words: who taps without ever having written cannot be answered.
    """
    parcel = parcel.with_address()
    words = with_labels(parcel) if buttons_of(parcel) else parcel.plain
    return None if parcel.file_name or size(words) > WELCOME_LIMIT else text_message(words)


def _words(marked: str) -> list[Letter]:
    text = marked.strip()
    return [
        Letter("words", piece) for piece in (pieces(text, WORDS_LIMIT) if size(text) > WORDS_LIMIT else [text]) if piece
    ]
