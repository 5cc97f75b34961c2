"""Buttons as WeCom's interactive card, within the smaller limits of the app and of the AI bot."""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from bot.channels import Button, Parcel
from bot.channels.wecom_text import cut
from bot.speech import measure

# The smaller of developer.work.weixin.qq.com/document/path/90236 (app) and /101032 (AI bot); all count characters.
TITLE_LIMIT = 26
WORDS_LIMIT = 112
BUTTONS_AT_MOST = 6
LABEL_LIMIT = 10
KEY_LIMIT = 1024  # bytes of what comes back
TWIN = "#"  # stands in no data of ours
_SENTENCE = re.compile(r"^.*?[。！？!?：:](?=\S)")


@dataclass(frozen=True)
class Card:
    """A template card; when it is not whole the words go before it as a message of their own."""

    body: dict[str, Any]
    is_whole: bool

    @property
    def task_id(self) -> str:
        """Give the name by which a tap on it and its change are known."""
        return str(self.body["task_id"])


def card_of(parcel: Parcel) -> Card | None:
    """Make the card of a parcel's buttons; None when there are none, or more than a card can show."""
    buttons = buttons_of(parcel)
    if not buttons or len(buttons) > BUTTONS_AT_MOST or not all(map(_fits, buttons)):
        return None
    title, words, is_whole = _worded(parcel.plain.strip())
    body: dict[str, Any] = {
        "card_type": "button_interaction",
        "task_id": task_id(parcel),
        "main_title": {"title": title or buttons[0].label},
        "button_list": [
            {"text": button.label, "style": 1, "key": key} for button, key in zip(buttons, _keys(buttons), strict=True)
        ],
    }
    if words:
        body["sub_title_text"] = words
    return Card(body, is_whole)


def buttons_of(parcel: Parcel) -> list[Button]:
    """List the buttons of a parcel, without their rows."""
    return [button for row in parcel.buttons for button in row]


def _keys(buttons: list[Button]) -> list[str]:
    """Name the buttons: WeCom takes no name twice on one card, though two of ours may ask for the same."""
    keys: list[str] = []
    for button in buttons:
        keys.append(button.data if button.data not in keys else f"{button.data}{TWIN}{len(keys)}")
    return keys


def data_of(key: str) -> str:
    """Give the data of the button whose name came back."""
    return key.partition(TWIN)[0]


def task_id(parcel: Parcel) -> str:
    """Name a card: the same for every try, and another one in a store that was begun anew.

    WeCom allows letters, digits, _, - and @, and no name twice in one app.
    """
    said = "\n".join((parcel.address, parcel.plain, *(button.data for button in buttons_of(parcel))))
    key = re.sub(r"[^0-9A-Za-z_-]", "-", parcel.key)[:64]
    return f"{key}@{sha256(said.encode('utf-8', 'replace')).hexdigest()[:16]}"


def with_labels(parcel: Parcel) -> str:
    """Write the words with the labels below: whoever sees no buttons types what she wants."""
    return "\n".join([parcel.plain, "", *(f"· {button.label}" for button in buttons_of(parcel))])


def _fits(button: Button) -> bool:
    fits_label = 0 < len(button.label) <= LABEL_LIMIT
    return fits_label and 0 < measure(button.data, "bytes") <= KEY_LIMIT


def _worded(text: str) -> tuple[str, str, bool]:
    """Give title, words and whether these are all: the first line or sentence is the title when it fits."""
    first, _, rest = text.partition("\n")
    sentence = _SENTENCE.match(first)
    if _count(first) > TITLE_LIMIT and sentence:
        first, rest = sentence[0], text[sentence.end() :]
    if _count(first) <= TITLE_LIMIT and _count(rest.strip()) <= WORDS_LIMIT:
        return first.strip(), rest.strip(), True
    if _count(text) <= WORDS_LIMIT:
        return cut(first, TITLE_LIMIT, "utf16"), text, True
    # The words stand above in full; what is asked usually stands last.
    return cut(text.rpartition("\n")[2].strip(), TITLE_LIMIT, "utf16"), "", False


def _count(text: str) -> int:
    """Count characters as the stricter reader does: an emoji is two."""
    return measure(text, "utf16")
