"""A parcel as WeCom's app takes it: one, two or three messages, written once so that every try is the same bytes."""

import re
from dataclasses import dataclass, replace
from typing import Any

from bot.channels import Parcel
from bot.channels.wecom_api import written
from bot.channels.wecom_cards import Card, buttons_of, card_of, with_labels
from bot.channels.wecom_errors import DOMAIN, NO_CARDS
from bot.channels.wecom_text import has_marks, markdown, pieces, size
from bot.channels.wecom_textcard import textcard_of

WORDS_LIMIT = 2048  # bytes of a text or Markdown message (developer.work.weixin.qq.com/document/path/90236)
MARK_BITS = 16
MARK = 3 * MARK_BITS  # bytes that the invisible mark takes
ROOM = WORDS_LIMIT - MARK
LONGEST_MEMORY = 14_400  # seconds for which WeCom can recognise a repeat
REPLY_MEMORY = 1_800
_ZERO_ONE = "\u200b\u200c"  # no width, no meaning


@dataclass(frozen=True)
class Letter:
    """One call of message/send; that of a file lacks its media id until the file is up."""

    kind: str  # file, text, markdown, template_card, textcard
    document: dict[str, Any]
    card: Card | None = None
    is_whole: bool = True  # a card that says all; else its words are letters before it

    @property
    def refusals(self) -> set[int]:
        """Give the codes at which it is said in words instead: a card, or a link whose address WeCom does not like."""
        return {"template_card": NO_CARDS, "textcard": NO_CARDS | DOMAIN}.get(self.kind, set())

    @property
    def content(self) -> bytes:
        """Write it as bytes, the same at every try."""
        return written(self.document)

    def with_medium(self, media_id: str) -> "Letter":
        """Name the file that is up."""
        return replace(self, document={**self.document, "file": {"media_id": media_id}})


@dataclass(frozen=True)
class Writing:
    """How letters of one app are written; `plain_only` for people who read in WeChat, which shows only plain text.

    That WeChat shows textcards is not said anywhere, only that it shows no cards and no Markdown: there a link is its
    bare address, which opens at a touch in any text.
    """

    agent_id: int
    plain_only: bool = False
    has_cards: bool = True

    def letters(self, parcel: Parcel) -> list[Letter]:
        """Write the messages of a parcel in their order: its file, its words, its buttons or its link."""
        letters = [self._letter(parcel, "file", {"media_id": ""})] if parcel.file_name else []
        opening = None if self.plain_only else self._opening(parcel)
        if opening is not None:
            return letters + ([] if opening.is_whole else self._words(parcel)) + [opening]
        has_address, parcel = parcel.link is not None, parcel.with_address()
        card = card_of(parcel) if self.has_cards and not self.plain_only else None
        if card is None or not card.is_whole:
            words = (
                with_labels(parcel) if buttons_of(parcel) and card is None else parcel.plain if has_address else None
            )
            letters += self._words(parcel, words, has_address)
        if card is not None:
            letters.append(self._letter(parcel, "template_card", card.body, card, card.is_whole))
        return letters

    def _opening(self, parcel: Parcel) -> Letter | None:
        found = textcard_of(parcel, _mark(parcel.key))
        return self._letter(parcel, "textcard", found.body, is_whole=found.is_whole) if found else None

    def in_words(self, parcel: Parcel, letter: Letter) -> list[Letter]:
        """Write in words the buttons or the link of a card that was not taken; what it left out was said before it."""
        rest = parcel if letter.is_whole else replace(parcel, plain="", html="")
        if letter.card is not None:
            return self._words(parcel, with_labels(rest.with_address()))
        return self._words(parcel, rest.with_address().plain, has_address=True)

    def _words(self, parcel: Parcel, words: str | None = None, has_address: bool = False) -> list[Letter]:
        if words is None and parcel.is_reply and not self.plain_only and has_marks(parcel.html):
            marked = markdown(parcel.html)
            # A prompt may be read in WeChat's plug-in, which shows no Markdown; who just wrote reads it here.
            if size(marked) <= ROOM:
                return [self._letter(parcel, "markdown", {"content": marked + _mark(parcel.key)})]
        said = (parcel.plain if words is None else words).strip()
        found = pieces(said, ROOM) if size(said) > ROOM else [said] if said else []
        return [self._letter(parcel, "text", {"content": _marked(piece, parcel.key, has_address)}) for piece in found]

    def _letter(
        self, parcel: Parcel, kind: str, body: dict[str, Any], card: Card | None = None, is_whole: bool = True
    ) -> Letter:
        document = {
            "touser": parcel.address,
            "msgtype": kind,
            "agentid": self.agent_id,
            kind: body,
            "enable_duplicate_check": 1,
            "duplicate_check_interval": REPLY_MEMORY if parcel.is_reply else LONGEST_MEMORY,
        }
        return Letter(kind, document, card, is_whole)


def _marked(words: str, key: str, has_address: bool) -> str:
    """Mark a message; behind an address the mark might be taken for a part of it."""
    return _mark(key) + words if has_address else words + _mark(key)


def _mark(key: str) -> str:
    """Tell two messages with the same words apart, invisibly.

    WeCom drops a message that equals an earlier one: a try once more shall be dropped, but not the second "记下了" of an
    evening. The tail of the parcel's key is the same for every try, and another for every message.
    """
    number = int(re.sub(r"\D", "", key)[-9:] or 0) % (1 << MARK_BITS)
    return "".join(_ZERO_ONE[int(bit)] for bit in f"{number:0{MARK_BITS}b}") if key else ""
