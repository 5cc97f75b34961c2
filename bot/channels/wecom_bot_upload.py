"""Lay a file into WeCom's store through the long connection, in pieces."""

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable
from hashlib import md5
from typing import Any

from bot.channels.wecom_errors import NoAnswer
from bot.channels.wecom_frames import UPLOAD_CHUNK, UPLOAD_FINISH, UPLOAD_INIT
from bot.channels.wecom_text import cut
from bot.errors import SendFailed

# developer.work.weixin.qq.com/document/path/101463
PIECE = 512 * 1024  # bytes, before base64
IN_FLIGHT = 4
FILE_LIMIT = 20_000_000  # bytes
NAME_LIMIT = 200  # bytes; the store takes 256
Ask = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]


async def upload(ask: Ask, name: str, content: bytes) -> str:
    """Send a file and return its media id, which lives three days; raise WecomError or SendFailed."""
    if len(content) > FILE_LIMIT:
        raise SendFailed("file_too_large", is_unfit=True)
    pieces = [content[start : start + PIECE] for start in range(0, len(content), PIECE)]
    begin = {
        "type": "file", "filename": short_name(name), "total_size": len(content), "total_chunks": len(pieces),
        "md5": md5(content, usedforsecurity=False).hexdigest(),
    }  # fmt: skip
    upload_id = _named(await ask(UPLOAD_INIT, begin), "upload_id")
    room = asyncio.Semaphore(IN_FLIGHT)

    async def send(place: int, piece: bytes) -> None:
        async with room:
            body = {"upload_id": upload_id, "chunk_index": place, "base64_data": b64encode(piece).decode()}
            await ask(UPLOAD_CHUNK, body)

    sending = [asyncio.create_task(send(place, piece)) for place, piece in enumerate(pieces)]
    try:
        await asyncio.gather(*sending)
    finally:
        for task in sending:
            task.cancel()
    return _named(await ask(UPLOAD_FINISH, {"upload_id": upload_id}), "media_id")


def short_name(name: str) -> str:
    """Shorten a name, but not its ending: by that a phone knows how to open the file."""
    stem, dot, ending = name.rpartition(".")
    return (
        f"{cut(stem, NAME_LIMIT - len(ending.encode()) - 1)}{dot}{ending}"
        if dot and len(ending) < 10
        else cut(name, NAME_LIMIT)
    )


def _named(answer: dict[str, Any], name: str) -> str:
    found = answer.get(name)
    if not isinstance(found, str) or not found:
        raise NoAnswer
    return found
