"""What a bot may ask of Telegram: its parameters read and checked, refused in Telegram's words."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.telegram_html import CannotParse, Shown, read_html, strip, tidy, units
from tests.fakes.telegram_state import Button, Refusal

MOST_TEXT, MOST_CAPTION, MOST_BUTTONS, MOST_IN_ROW, MOST_DATA_BYTES = 4096, 1024, 100, 8, 64
ACTIONS = {"callback_data", "url", "web_app", "copy_text", "switch_inline_query", "switch_inline_query_current_chat"}


@dataclass(frozen=True)
class Upload:
    """A file that came in a multipart body."""

    name: str
    content: bytes


@dataclass
class Request:
    """One call's parameters, from whatever body they came."""

    fields: Mapping[str, Any]
    uploads: Mapping[str, Upload] = field(default_factory=dict)

    def text(self, name: str, default: str = "") -> str:
        """Return a string."""
        value = self.fields.get(name, default)
        return value if isinstance(value, str) else json.dumps(value)

    def number(self, name: str, default: int | None = None) -> int:
        """Return a whole number, or refuse."""
        value = self.fields.get(name, default)
        try:
            return int(str(value))
        except ValueError:
            raise Refusal(400, f"Bad Request: invalid {name} specified") from None

    def flag(self, name: str) -> bool:
        """Return a truth value."""
        return str(self.fields.get(name, "")).lower() in ("true", "1", "yes")

    def tree(self, name: str, default: Any = None) -> Any:
        """Return a JSON structure, also when it came as a string."""
        value = self.fields.get(name)
        if value in (None, ""):
            return default
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise Refusal(400, f"Bad Request: can't parse {name} JSON object") from None

    def chat_id(self) -> int:
        """Return the chat meant; names of channels are not known here."""
        if self.fields.get("chat_id") in (None, ""):
            raise Refusal(400, "Bad Request: chat_id is empty")
        try:
            return int(str(self.fields["chat_id"]))
        except ValueError:
            raise Refusal(400, "Bad Request: chat not found") from None

    def upload(self, name: str) -> Upload | str:
        """Return the file sent under this name, or the file_id given instead."""
        value = str(self.fields.get(name, ""))
        key = value.removeprefix("attach://") if value.startswith("attach://") else name
        if key in self.uploads:
            return self.uploads[key]
        if not value:
            raise Refusal(400, f"Bad Request: there is no {name} in the request")
        return value


def shown_text(request: Request) -> Shown:
    """Return a message's text as it is shown, 1 to 4096 units after parsing."""
    shown = _shown(request, "text")
    if not shown.text:
        raise Refusal(400, "Bad Request: message text is empty")
    if units(shown.text) > MOST_TEXT:
        raise Refusal(400, "Bad Request: message is too long")
    return shown


def shown_caption(request: Request) -> Shown:
    """Return a caption as it is shown, up to 1024 units after parsing."""
    shown = _shown(request, "caption")
    if units(shown.text) > MOST_CAPTION:
        raise Refusal(400, "Bad Request: message caption is too long")
    return shown


def _shown(request: Request, name: str) -> Shown:
    written, mode = tidy(request.text(name)), request.text("parse_mode")
    if mode.lower() not in ("", "html"):
        # The house speaks HTML; the other dialects exist at Telegram, not here.
        raise Refusal(400, "Bad Request: unsupported parse_mode")
    if not mode:
        return strip(Shown(written, list(request.tree("entities", []))))
    try:
        return strip(read_html(written))
    except CannotParse as fault:
        raise Refusal(400, f"Bad Request: can't parse entities: {fault}") from fault


def keyboard(request: Request) -> dict[str, Any] | None:
    """Return the reply markup after checking it as Telegram does."""
    markup = request.tree("reply_markup")
    if not markup:
        return None
    if not isinstance(markup, dict):
        raise Refusal(400, "Bad Request: object expected as reply markup")
    rows = markup.get("inline_keyboard") or markup.get("keyboard") or []
    if sum(len(row) for row in rows) > MOST_BUTTONS or any(len(row) > MOST_IN_ROW for row in rows):
        raise Refusal(400, "Bad Request: REPLY_MARKUP_TOO_LONG")
    for row in markup.get("inline_keyboard", []):
        for button in row:
            _check_inline(button)
    return markup


def _check_inline(button: dict[str, Any]) -> None:
    words = "Bad Request: can't parse inline keyboard button: "
    if not isinstance(button.get("text"), str) or not button["text"].strip():
        raise Refusal(400, words + 'Field "text" must be of type String and not empty')
    if len(ACTIONS & button.keys()) != 1:
        raise Refusal(400, words + "Text buttons are unallowed in the inline keyboard")
    if "callback_data" in button and not 1 <= len(str(button["callback_data"]).encode()) <= MOST_DATA_BYTES:
        raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")
    if "url" in button and not re.match(r"(https?://[^/\s]*\.[^/\s]|tg://.)", button["url"]):
        raise Refusal(400, f"Bad Request: inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")


def buttons_of(markup: dict[str, Any] | None) -> tuple[tuple[Button, ...], ...]:
    """Return the buttons of an inline or a reply keyboard."""
    rows = (markup or {}).get("inline_keyboard") or (markup or {}).get("keyboard") or []
    return tuple(tuple(_button(button) for button in row) for row in rows)


def _button(button: dict[str, Any] | str) -> Button:
    if isinstance(button, str):
        return Button(button)
    return Button(button["text"], button.get("callback_data"), button.get("url"))
