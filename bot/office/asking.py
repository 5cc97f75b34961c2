"""Ask the network one thing from a command that waits for it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.config import Settings

Found = TypeVar("Found")


def asked(look: Callable[[Settings], Awaitable[Found]], settings: Settings, patience: float) -> Found:
    """Return what a look finds; raise what it raises, or TimeoutError after `patience` seconds."""

    async def ask() -> Found:
        async with asyncio.timeout(patience):
            return await look(settings)

    return asyncio.run(ask())
