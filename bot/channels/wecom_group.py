"""A robot in one of WeCom's groups (群机器人 / 消息推送): it only speaks, to everybody, so nothing personal goes here."""

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx

from bot.channels.wecom_api import answer_of, hush, written
from bot.channels.wecom_errors import NEVER_LEFT, RATE, TOO_MUCH, Declined, NoAnswer
from bot.channels.wecom_text import cut
from bot.errors import SendFailed

TEXT_LIMIT = 2048  # bytes (developer.work.weixin.qq.com/document/path/99110)
A_MINUTE = 20  # messages
GONE = {93000, 93004, 93008}  # the address is wrong, the robot was removed or switched off, or left the group
MINUTE = timedelta(minutes=1)


class GroupRobot:
    """Speaks in one group; its key is the whole secret, so no address is ever logged or told."""

    def __init__(
        self, key: str, base_url: str, now: Callable[[], datetime], httpx_kwargs: dict[str, Any] | None = None
    ) -> None:
        hush()
        self._key = key
        self._now = now
        self._line = httpx.AsyncClient(base_url=base_url, timeout=10.0, follow_redirects=False, **(httpx_kwargs or {}))
        self._said: deque[datetime] = deque(maxlen=A_MINUTE)

    async def say(self, words: str) -> None:
        """Say a few words to the group; raise SendFailed."""
        now = self._now()
        if len(self._said) == A_MINUTE and now - self._said[0] < MINUTE:
            raise SendFailed("group_pace", wait=self._said[0] + MINUTE - now)
        self._said.append(now)
        body = written({"msgtype": "text", "text": {"content": cut(words, TEXT_LIMIT)}})
        try:
            answer = await self._line.post("/cgi-bin/webhook/send", params={"key": self._key}, content=body)
            answer_of(answer.status_code, answer.content)
        except NEVER_LEFT:
            raise SendFailed("unreachable") from None
        except Declined as error:
            wait = TOO_MUCH if error.code in RATE else None
            raise SendFailed(f"group_{error.code}", permanent=error.code in GONE, wait=wait) from None
        except (httpx.HTTPError, NoAnswer):
            raise SendFailed("unknown", is_unknown=True) from None

    async def close(self) -> None:
        """Let go of the network."""
        await self._line.aclose()
