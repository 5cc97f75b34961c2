"""How the bot presents itself and where its updates go, as the fake Telegram keeps it."""

import re
from collections.abc import Callable
from typing import Any

from tests.fakes.telegram_input import Request
from tests.fakes.telegram_state import Refusal, TelegramState, Webhook

COMMAND = re.compile(r"[a-z0-9_]{1,32}")
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
Method = Callable[[TelegramState, Request], Any]


def get_me(state: TelegramState, request: Request) -> dict[str, Any]:
    """Say who the bot is."""
    return state.bot


def get_chat(state: TelegramState, request: Request) -> dict[str, Any]:
    """Say what is known of a chat."""
    chat = state.writable(request.chat_id())
    return {**chat.as_json(), "accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": {}}


def set_commands(state: TelegramState, request: Request) -> bool:
    """Keep the commands of one scope and language."""
    commands = request.tree("commands", [])
    if len(commands) > 100:
        raise Refusal(400, "Bad Request: BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        if not COMMAND.fullmatch(command.get("command", "")):
            raise Refusal(400, "Bad Request: BOT_COMMAND_INVALID")
        if not 1 <= len(command.get("description", "")) <= 256:
            raise Refusal(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
    state.settings[_commands_key(request)] = commands
    return True


def get_commands(state: TelegramState, request: Request) -> list[dict[str, str]]:
    """Return the commands of one scope and language."""
    commands: list[dict[str, str]] = state.settings.get(_commands_key(request), [])
    return commands


def delete_commands(state: TelegramState, request: Request) -> bool:
    """Forget the commands of one scope and language."""
    state.settings.pop(_commands_key(request), None)
    return True


def _commands_key(request: Request) -> str:
    scope = request.tree("scope", {"type": "default"})
    return f"commands/{scope['type']}/{scope.get('chat_id', '')}/{request.text('language_code')}"


def set_words(name: str, most: int) -> Method:
    """Return the method that keeps a description by language."""

    def keep(state: TelegramState, request: Request) -> bool:
        if len(request.text(name)) > most:
            raise Refusal(400, "Bad Request: DESCRIPTION_TOO_LONG")
        state.settings[f"{name}/{request.text('language_code')}"] = request.text(name)
        return True

    return keep


def get_words(name: str) -> Method:
    """Return the method that tells a description by language."""

    def tell(state: TelegramState, request: Request) -> dict[str, str]:
        return {name: state.settings.get(f"{name}/{request.text('language_code')}", "")}

    return tell


def set_menu(state: TelegramState, request: Request) -> bool:
    """Keep the menu button."""
    state.settings["menu_button"] = request.tree("menu_button", {"type": "default"})
    return True


def set_webhook(state: TelegramState, request: Request) -> bool:
    """Push updates to this address from now on; plain http is taken on loopback."""
    url, secret = request.text("url"), request.text("secret_token") or None
    if url and not re.match(r"https://|http://127\.0\.0\.1[:/]", url):
        raise Refusal(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
    if secret and not SECRET.fullmatch(secret):
        raise Refusal(400, "Bad Request: secret token contains unallowed characters")
    state.webhook = Webhook(url, secret, request.number("max_connections", 40))
    remember_allowed(state, request)
    _drop_if_asked(state, request)
    state.poll_ticket += 1  # ends a long poll that is under way
    return True


def delete_webhook(state: TelegramState, request: Request) -> bool:
    """Go back to long polling."""
    state.webhook = Webhook()
    _drop_if_asked(state, request)
    return True


def _drop_if_asked(state: TelegramState, request: Request) -> None:
    if request.flag("drop_pending_updates"):
        state.drop_waiting()


def remember_allowed(state: TelegramState, request: Request) -> None:
    """Keep the kinds of updates asked for until the next explicit list."""
    if "allowed_updates" in request.fields:
        state.allowed = list(request.tree("allowed_updates", []))


def webhook_info(state: TelegramState, request: Request) -> dict[str, Any]:
    """Say how the pushing goes."""
    hook = state.webhook
    info: dict[str, Any] = {
        "url": hook.url, "has_custom_certificate": False, "pending_update_count": len(state.waiting),
        "max_connections": hook.max_connections, "allowed_updates": state.allowed,
    }  # fmt: skip
    if hook.last_error_at is not None:
        info |= {"last_error_date": int(hook.last_error_at), "last_error_message": hook.last_error}
    return info


METHODS: dict[str, Method] = {
    "getMe": get_me,
    "getChat": get_chat,
    "setMyCommands": set_commands,
    "getMyCommands": get_commands,
    "deleteMyCommands": delete_commands,
    "setMyDescription": set_words("description", 512),
    "getMyDescription": get_words("description"),
    "setMyShortDescription": set_words("short_description", 120),
    "getMyShortDescription": get_words("short_description"),
    "setChatMenuButton": set_menu,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": webhook_info,
}
