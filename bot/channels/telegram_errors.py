"""What Telegram's refusals and broken lines mean for a message, for the poll and for the office."""

from datetime import timedelta

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    TelegramError,
)

from bot.errors import SendFailed

SOON = timedelta(seconds=5)  # after a line that could not be had
BLOCKED_PATH = timedelta(seconds=30)  # when something between us and Telegram answers in its place
NEW_TOKEN = timedelta(seconds=60)  # how often to look whether a refused token is taken again
# Errors of httpx before the first byte of a request has left.
NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)
# A chat that will take no message any more; Telegram's words after "Bad Request: ", compared in lower case.
CLOSED = ("chat not found", "deactivated", "peer_id_invalid", "chat was deleted", "user not found")


class NotTelegram(NetworkError):
    """An answer that is not Telegram's: a server in trouble, a firewall's page, half a body."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status} without a usable answer")
        self.status = status


class Flood(TelegramError):
    """Too many messages; Telegram says how long to wait."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__("Too many requests")
        self.wait = wait


def send_failed(error: TelegramError) -> SendFailed:
    """Say what an error means for the message that was being sent.

    A request that may have arrived is unknown, also after a 5xx: the server may have stumbled behind the message.
    """
    match error:
        case Flood():
            return SendFailed("flood", wait=error.wait)
        case Forbidden():
            return SendFailed("forbidden", permanent=True)
        case ChatMigrated():
            return SendFailed("migrated", moved_to=str(error.new_chat_id))
        case InvalidToken():
            return SendFailed("token_refused", wait=NEW_TOKEN, for_all=True)
        case BadRequest():
            return _not_taken(error.message.lower())
        case NotTelegram() if 300 <= error.status < 500:
            return SendFailed("unreachable", wait=BLOCKED_PATH, for_all=True)
    if isinstance(error.__cause__, NEVER_LEFT):
        return SendFailed("unreachable", wait=SOON)
    return SendFailed("unknown", is_unknown=True, wait=SOON)


def _not_taken(words: str) -> SendFailed:
    if any(sign in words for sign in CLOSED):
        return SendFailed("chat_closed", permanent=True)
    return SendFailed("unfit", is_unfit=True)


def is_unreadable_html(error: BadRequest) -> bool:
    """Say whether Telegram stumbled over the tags of a text."""
    return "can't parse entities" in error.message.lower()


def is_unfit_address(error: BadRequest) -> bool:
    """Say whether Telegram takes no button with this address, one of the school's own network, say."""
    words = error.message.lower()
    return "button_url_invalid" in words or "keyboard button url" in words


def is_gone(error: TelegramError) -> bool:
    """Say whether a message that was to be deleted is not there any more."""
    return isinstance(error, BadRequest) and "message to delete not found" in error.message.lower()


def wait_of(error: TelegramError) -> timedelta:
    """Give how long Telegram asks us to wait; zero when it does not."""
    return error.wait if isinstance(error, Flood) else timedelta()


def trouble_of(error: TelegramError) -> str:
    """Name what keeps us from listening: second_poller, token_refused or unreachable."""
    if isinstance(error, Conflict):
        return "second_poller"
    return "token_refused" if isinstance(error, InvalidToken) else "unreachable"
