"""The Bot API methods of the fake Telegram: each takes the state and a request and returns a result."""

from typing import Any

from tests.fakes import telegram_settings
from tests.fakes.telegram_html import Shown
from tests.fakes.telegram_input import Request, Upload, buttons_of, keyboard, shown_caption, shown_text
from tests.fakes.telegram_state import Refusal, SentMessage, StoredFile, TelegramState

MB = 1024 * 1024
MOST_BYTES = {"photo": 10 * MB, "document": 50 * MB, "voice": 50 * MB}
MOST_DOWNLOAD = 20 * MB
DELETABLE_FOR = 48 * 3600  # seconds
MOST_TOAST = 200
Method = telegram_settings.Method


# Sending.


def send_message(state: TelegramState, request: Request) -> dict[str, Any]:
    """Send a text."""
    chat = state.writable(request.chat_id())
    shown, markup = shown_text(request), keyboard(request)
    return _sent(state, "sendMessage", chat.id, request, shown, markup, text=shown.text, entities=shown.entities)


def send_file(kind: str) -> Method:
    """Return the method that sends a file of this kind."""

    def send(state: TelegramState, request: Request) -> dict[str, Any]:
        chat = state.writable(request.chat_id())
        shown, markup = shown_caption(request), keyboard(request)
        stored = _stored(state, kind, request.upload(kind))
        captioned = {"caption": shown.text, "caption_entities": shown.entities} if shown.text else {}
        media = file_json(kind, stored)
        method = f"send{kind.capitalize()}"
        return _sent(state, method, chat.id, request, shown, markup, stored, **{kind: media}, **captioned)

    return send


def file_json(kind: str, stored: StoredFile) -> Any:
    """Return Telegram's object for a file of this kind."""
    body = stored.as_json()
    if kind == "photo":
        small = {**body, "file_id": body["file_id"], "file_unique_id": body["file_unique_id"] + "s"}
        return [{**small, "width": 90, "height": 67}, {**body, "width": 1280, "height": 960}]
    if kind == "voice":
        return {**body, "duration": 3, "mime_type": "audio/ogg"}
    return {**body, "file_name": stored.name, "mime_type": "application/octet-stream"}


def _stored(state: TelegramState, kind: str, given: Upload | str) -> StoredFile:
    if isinstance(given, str):
        if given not in state.files:
            raise Refusal(400, "Bad Request: wrong file identifier/HTTP URL specified")
        return state.files[given]
    if len(given.content) > MOST_BYTES[kind]:
        raise Refusal(413, "Request Entity Too Large")
    if not given.content:
        raise Refusal(400, "Bad Request: file must be non-empty")
    return state.store_file(f"{kind}s", given.content, given.name)


def _sent(
    state: TelegramState,
    method: str,
    chat_id: int,
    request: Request,
    shown: Shown,
    markup: dict[str, Any] | None,
    stored: StoredFile | None = None,
    **content: Any,
) -> dict[str, Any]:
    reply_to = _reply_to(state, chat_id, request)
    inline = {"reply_markup": markup} if markup and "inline_keyboard" in markup else {}
    message = state.new_message(chat_id, state.bot, **content, **inline)
    state.record(
        SentMessage(
            chat_id,
            message["message_id"],
            method,
            shown.text,
            html=request.text("caption" if stored else "text"),
            buttons=buttons_of(markup),
            document=stored.content if stored else None,
            file_name=stored.name if stored else None,
            parse_mode=request.text("parse_mode") or None,
            reply_to=reply_to,
            at=state.now(),
            parameters=dict(request.fields),
        )
    )
    return message


def _reply_to(state: TelegramState, chat_id: int, request: Request) -> int | None:
    wanted = request.tree("reply_parameters")
    if not wanted:
        return None
    if wanted["message_id"] in state.raw.get(chat_id, {}):
        return int(wanted["message_id"])
    if wanted.get("allow_sending_without_reply"):
        return None
    raise Refusal(400, "Bad Request: message to be replied not found")


def send_chat_action(state: TelegramState, request: Request) -> bool:
    """Show that the bot is busy."""
    state.writable(request.chat_id())
    return True


# Changing what was sent.


def edit_text(state: TelegramState, request: Request) -> dict[str, Any]:
    """Replace the text, and the buttons with it."""
    old = _editable(state, request)
    if old.method != "sendMessage":
        raise Refusal(400, "Bad Request: there is no text in the message to edit")
    shown, markup = shown_text(request), keyboard(request)
    return _edited(state, old, markup, shown, request, text=shown.text, entities=shown.entities)


def edit_caption(state: TelegramState, request: Request) -> dict[str, Any]:
    """Replace the caption of a file, and the buttons with it."""
    old = _editable(state, request)
    if old.method == "sendMessage":
        raise Refusal(400, "Bad Request: there is no caption in the message to edit")
    shown, markup = shown_caption(request), keyboard(request)
    return _edited(state, old, markup, shown, request, caption=shown.text, caption_entities=shown.entities)


def edit_markup(state: TelegramState, request: Request) -> dict[str, Any]:
    """Replace the buttons only."""
    return _edited(state, _editable(state, request), keyboard(request))


def _editable(state: TelegramState, request: Request) -> SentMessage:
    chat = state.writable(request.chat_id())
    message_id = request.number("message_id", 0)
    if message_id not in state.raw.get(chat.id, {}):
        raise Refusal(400, "Bad Request: message to edit not found")
    if message_id not in state.sent.get(chat.id, {}):
        raise Refusal(400, "Bad Request: message can't be edited")
    return state.sent[chat.id][message_id]


def _edited(
    state: TelegramState,
    old: SentMessage,
    markup: dict[str, Any] | None,
    shown: Shown | None = None,
    request: Request | None = None,
    **content: Any,
) -> dict[str, Any]:
    message = state.raw[old.chat_id][old.message_id]
    kept = {name: value for name, value in message.items() if name not in ("reply_markup", "edit_date")}
    new = {**kept, **content, **({"reply_markup": markup} if markup else {})}
    if new == {name: value for name, value in message.items() if name != "edit_date"}:
        raise Refusal(
            400,
            "Bad Request: message is not modified: specified new message content and reply markup are "
            "exactly the same as a current content and reply markup of the message",
        )
    new["edit_date"] = int(state.now())
    state.raw[old.chat_id][old.message_id] = new
    changes: dict[str, Any] = {"buttons": buttons_of(markup), "edited_at": state.now()}
    if shown is not None and request is not None:
        written = request.text("text") or request.text("caption")
        changes |= {"text": shown.text, "html": written, "earlier": (*old.earlier, old.text)}
    state.amend(old.chat_id, old.message_id, **changes)
    return new


def delete_message(state: TelegramState, request: Request) -> bool:
    """Delete a message of either side, up to 48 hours old."""
    chat_id, message_id = request.chat_id(), request.number("message_id", 0)
    message = state.raw.get(chat_id, {}).get(message_id)
    if message is None:
        raise Refusal(400, "Bad Request: message to delete not found")
    if state.now() - message["date"] > DELETABLE_FOR:
        raise Refusal(400, "Bad Request: message can't be deleted")
    del state.raw[chat_id][message_id]
    if message_id in state.sent.get(chat_id, {}):
        state.amend(chat_id, message_id, deleted=True)
    return True


def answer_tap(state: TelegramState, request: Request) -> bool:
    """Answer one press of a button, once and in time."""
    tap = state.taps.get(request.text("callback_query_id"))
    late = tap is not None and state.now() - tap.at > state.answer_within
    if tap is None or tap.answered or late:
        raise Refusal(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
    if len(request.text("text")) > MOST_TOAST:
        raise Refusal(400, "Bad Request: MESSAGE_TOO_LONG")
    tap.answered, tap.toast, tap.alert = True, request.text("text") or None, request.flag("show_alert")
    state.changed.notify_all()
    return True


# Files.


def get_file(state: TelegramState, request: Request) -> dict[str, Any]:
    """Say where a file can be fetched, up to 20 MB."""
    stored = state.files.get(request.text("file_id"))
    if stored is None:
        raise Refusal(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
    if stored.size > MOST_DOWNLOAD:
        raise Refusal(400, "Bad Request: file is too big")
    return {**stored.as_json(), "file_path": stored.path}


# getUpdates waits, so it lives with the server.
METHODS: dict[str, Method] = {
    "sendMessage": send_message,
    "sendDocument": send_file("document"),
    "sendPhoto": send_file("photo"),
    "sendVoice": send_file("voice"),
    "sendChatAction": send_chat_action,
    "editMessageText": edit_text,
    "editMessageCaption": edit_caption,
    "editMessageReplyMarkup": edit_markup,
    "deleteMessage": delete_message,
    "answerCallbackQuery": answer_tap,
    "getFile": get_file,
    **telegram_settings.METHODS,
}
