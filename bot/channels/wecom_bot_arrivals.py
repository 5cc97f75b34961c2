"""Callbacks of WeCom's AI bot that wait to be kept: WeCom does not ask whether they were, and sends none again."""

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import Awaitable, Callable

import structlog

from bot.channels.wecom_frames import Frame

log = structlog.get_logger("wecom")

AT_ONCE = 50  # callbacks that share a commit
LONGEST_PAUSE = 30  # seconds between two tries to keep
LAST_KEEPING = 2.0  # seconds to keep what came before we were told to stop


class Arrivals:
    """What came and is not kept yet, in order; `keep` raises anything, `heed` hears what was kept."""

    def __init__(self, keep: Callable[[list[Frame]], Awaitable[None]], heed: Callable[[Frame], None]) -> None:
        self._keep = keep
        self._heed = heed
        self._frames: deque[Frame] = deque()
        self._bell = asyncio.Event()

    def __len__(self) -> int:
        """Count what waits."""
        return len(self._frames)

    def take(self, frame: Frame) -> None:
        """Hold a callback until it is kept."""
        self._frames.append(frame)
        self._bell.set()

    async def run(self) -> None:
        """Keep what comes until cancelled; what could not be kept is tried again, for ever."""
        failures = 0
        while True:
            await self._bell.wait()
            self._bell.clear()
            while self._frames:
                failures = 0 if await self._keep_some() else failures + 1
                if failures:
                    await asyncio.sleep(random.uniform(0.5, 1) * min(LONGEST_PAUSE, 2**failures))

    async def keep_the_rest(self) -> None:
        """Keep what still waits, as far as that is possible in a moment."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_KEEPING):
                while self._frames and await self._keep_some():
                    continue
        if self._frames:
            log.error("wecom_bot_left_unkept", count=len(self._frames))

    async def _keep_some(self) -> bool:
        """Have what waits committed and then heed it; say whether that went well."""
        frames = [self._frames[place] for place in range(min(AT_ONCE, len(self._frames)))]
        try:
            await self._keep(frames)
        except Exception as error:  # noqa: BLE001 - whatever it is, we try again: WeCom will not repeat it
            log.error("wecom_bot_not_kept", waiting=len(self._frames), error=type(error).__name__)
            return False
        for frame in frames:
            self._frames.popleft()
            self._heed(frame)
        return True
