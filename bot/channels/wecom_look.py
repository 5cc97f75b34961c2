"""Look at WeCom's app once, as the doctor does: what WeCom says of it, and whether our own door opens from outside."""

import time
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

import httpx

from bot.channels.wecom_app import CALLBACK_PATH, WecomApp
from bot.channels.wecom_errors import WecomError, trouble_of

PROMPT = 1.0  # seconds that the console waits for its echo
PATIENCE = 10.0


@dataclass(frozen=True)
class Look:
    """What was seen; `trouble` is empty when WeCom took our call, `door` is open, slow, wrong, silent or unknown."""

    name: str = ""
    trouble: str = ""
    is_closed: bool = False
    door: str = "unknown"
    url: str = ""


async def look(app: WecomApp, public_url: str | None, httpx_kwargs: dict[str, Any] | None = None) -> Look:
    """Ask WeCom about the app, and knock at our own door with a riddle that only we can answer."""
    url = f"{public_url}{CALLBACK_PATH}" if public_url else ""
    door = await _knock(app, url, httpx_kwargs or {}) if url and app.keys.receives else "unknown"
    try:
        about = await app.about()
    except WecomError as error:
        return Look(trouble=trouble_of(error), door=door, url=url)
    return Look(str(about.get("name", "")), "", about.get("close") == 1, door, url)


async def _knock(app: WecomApp, url: str, httpx_kwargs: dict[str, Any]) -> str:
    word = token_hex(8)
    start = time.monotonic()
    try:
        async with httpx.AsyncClient(timeout=PATIENCE, follow_redirects=False, **httpx_kwargs) as line:
            answer = await line.get(url, params=app.riddle(word))
    except httpx.HTTPError:
        return "silent"
    if answer.status_code != 200 or answer.content != word.encode():
        return "silent" if answer.status_code >= 500 else "wrong"
    return "open" if time.monotonic() - start < PROMPT else "slow"
