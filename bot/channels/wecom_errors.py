"""What WeCom's refusals and broken lines mean for a message, for the channel and for the office."""

import re
from datetime import timedelta
from typing import Any

import httpx

from bot.errors import FetchFailed, SendFailed

# Codes of developer.work.weixin.qq.com/document/path/90313; the words beside them may change, only codes count.
STALE_TOKEN = {40014, 42001, 40001}
BUSY = {-1, 6000, 45033}  # the message may have gone through all the same
RATE = {45009}
TOO_MUCH = timedelta(seconds=60)  # a minute's rule blocks for a minute
SET_UP = timedelta(seconds=60)  # how often to look whether the office has mended the set-up
SOON = timedelta(seconds=5)
TRUSTED_IP = {60020, 301042}
CREDENTIALS = {40001, 40091, 41004, 40013, 40014, 42001}
AGENT = {40056, 41011, 301002, 48002, 50003}
LICENCE = set(range(701001, 701020))
DOMAIN = {50001, 80001, 85005}
CONFIG = TRUSTED_IP | CREDENTIALS | AGENT | LICENCE | DOMAIN
NOBODY = {81013, 60111, 46004, 40003, 60021, 92000, 60011, 43004, 301021}  # this person cannot be reached
NO_CARDS = {43012, 42014, 42016, 42017, 42049, 40058, 40008}  # a card that is not taken is said in words
OLD_MEDIUM = {40007}
TOO_LARGE = {45001, 45002}
# Errors of httpx before the first byte of a request has left.
NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)
_IP = re.compile(r"from ip:\s*([0-9A-Fa-f.:]{3,45})")


class WecomError(Exception):
    """Something between us and a done call."""


class Declined(WecomError):
    """WeCom answered with an error code; its words may hold anything and are never logged."""

    def __init__(self, code: int, words: str = "") -> None:
        super().__init__(str(code))
        self.code = code
        found = _IP.search(words)
        self.ip = found[1].rstrip(".:") if found else ""  # ours, as WeCom sees it


class NoAnswer(WecomError):
    """No answer of WeCom: a broken line, a server in trouble, a stranger's page; `never_left` when nothing was sent."""

    def __init__(self, never_left: bool = False) -> None:
        super().__init__("never left" if never_left else "no answer")
        self.never_left = never_left


def send_failed(error: WecomError) -> SendFailed:
    """Say what an error means for the message that was being sent."""
    if not isinstance(error, Declined):
        return SendFailed("unreachable", wait=SOON) if _never_left(error) else SendFailed("unknown", is_unknown=True)
    if error.code in BUSY:
        return SendFailed(f"busy_{error.code}", is_unknown=True)
    if error.code in RATE:
        return SendFailed("rate", wait=TOO_MUCH, for_all=True)
    if error.code in CONFIG:
        return SendFailed(f"set_up_{error.code}", wait=SET_UP, for_all=True)
    if error.code in NOBODY:
        return SendFailed(f"nobody_{error.code}", permanent=True)
    # Anything else is our own mistake or unknown: final for this message, and seen by its code.
    return SendFailed(f"declined_{error.code}", is_unfit=True)


def fetch_failed(error: WecomError) -> FetchFailed:
    """Say what an error means for an attachment."""
    if isinstance(error, Declined) and error.code not in BUSY | RATE | CONFIG:
        return FetchFailed("gone")
    return FetchFailed("unreachable")


def trouble_of(error: WecomError) -> str:
    """Name what keeps the app from working, for readyz and the log."""
    if not isinstance(error, Declined):
        return "unreachable"
    kinds = {"trusted_ip": TRUSTED_IP, "secret_refused": CREDENTIALS, "agent_refused": AGENT, "busy": BUSY | RATE}
    found = next((name for name, codes in kinds.items() if error.code in codes), f"declined_{error.code}")
    return f"{found} {error.ip}" if found == "trusted_ip" and error.ip else found


def notice_of(error: WecomError) -> tuple[str, dict[str, Any]] | None:
    """Give the alert by which the office learns what only it can mend."""
    if not isinstance(error, Declined) or error.code not in CONFIG:
        return None
    if error.code in TRUSTED_IP:
        return "alert__trusted_ip", {"ip": error.ip}
    return "alert__app_refused", {"code": error.code}


def _never_left(error: WecomError) -> bool:
    return isinstance(error, NoAnswer) and error.never_left
