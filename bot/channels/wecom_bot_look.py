"""Look at the line of WeCom's AI bot once, as the doctor does."""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from bot.channels.wecom_frames import SUBSCRIBE, BadFrame, new_req_id, read, write
from bot.channels.wecom_socket import Lost, opened

PATIENCE = 10.0  # seconds to wait for WeCom's word


@dataclass(frozen=True)
class BotLook:
    """What was seen; `trouble` is empty, unreachable, silent or refused; `is_taken` when we were let in."""

    trouble: str = ""
    is_taken: bool = False
    code: int = 0


async def look_at_line(url: str, who: tuple[str, str] | None, **connect_kwargs: Any) -> BotLook:
    """Open the line and, with BotID and Secret, subscribe; then leave."""
    try:
        line = await opened(url, **connect_kwargs)
    except Lost:
        return BotLook("unreachable")
    try:
        return await _let_in(line, *who) if who is not None else BotLook()
    finally:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):
                await line.close()


async def _let_in(line: ClientConnection, bot_id: str, secret: str) -> BotLook:
    req_id = new_req_id(SUBSCRIBE)
    try:
        async with asyncio.timeout(PATIENCE):
            await line.send(write(SUBSCRIBE, req_id, {"bot_id": bot_id, "secret": secret}))
            while True:
                with contextlib.suppress(BadFrame):
                    frame = read(await line.recv())
                    if frame.req_id == req_id and frame.code is not None:
                        return BotLook("refused", code=frame.code) if frame.code else BotLook(is_taken=True)
    except (TimeoutError, ConnectionClosed):
        return BotLook("silent")
