"""Fetch the bytes of photos, voice and files after the commit that named them, and erase them with their entry."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from uuid import UUID

import structlog
from sqlmodel import Session

from bot.channels import Channel
from bot.errors import FetchFailed, later
from bot.writer import TICKS, Writer
from models import Attachment, attachments

IDLE = 30.0  # seconds between two looks when nobody rings
TRIES = 6
log = structlog.get_logger("attachments")


class Attachments:
    """The loop that fetches what is wanted and deletes what is to be erased."""

    def __init__(
        self, writer: Writer, channels: Mapping[str, Channel], folder: Path, now: Callable[[], datetime]
    ) -> None:
        self.writer = writer
        self.channels = channels
        self.folder = folder
        self._now = now
        self._bell = asyncio.Event()

    def ring(self) -> None:
        """Wake the loop."""
        self._bell.set()

    async def run(self) -> None:
        """Fetch and erase until cancelled."""
        while True:
            self._bell.clear()
            if not await self.step():
                try:
                    async with asyncio.timeout(IDLE):
                        await self._bell.wait()
                except TimeoutError:
                    continue

    async def step(self) -> bool:
        """Fetch a few attachments and erase a few; return whether there was anything to do."""
        now = self._now()
        wanted = await self.writer.read(lambda session: attachments.wanted(session, now))
        wanted = [one for one in wanted if one.channel in self.channels]
        for one in wanted:
            await self._fetch(one)
        return bool(await self._erase()) or bool(wanted)

    async def _fetch(self, wanted: Attachment) -> None:
        channel = self.channels[wanted.channel]
        try:
            content = await channel.fetch(wanted.file_id, channel.abilities.file_limit)
            name = await asyncio.to_thread(self._store, wanted.id, content)
            # The platform's name has served; where it holds a key, nobody needs that key any more.
            change = {"state": "kept", "stored_as": name, "size": len(content), "file_id": ""}
        except FetchFailed as failed:
            change = self._after_failure(wanted, failed)
            log.info("not_fetched", attachment=str(wanted.id), reason=failed.reason)
        await self.writer.write(lambda session: attachments.change(session, wanted.id, change), TICKS)

    def _after_failure(self, wanted: Attachment, failed: FetchFailed) -> dict[str, object]:
        attempts = wanted.attempts + 1
        if failed.permanent or attempts >= TRIES:
            return {"state": "refused" if failed.reason == "too_large" else "failed", "why": failed.reason}
        return {"attempts": attempts, "next_try_at": later(self._now(), attempts)}

    def _store(self, id: UUID, content: bytes) -> str:
        """Write the bytes aside and put them in place whole, so that a crash leaves no half file."""
        self.folder.mkdir(parents=True, exist_ok=True)
        name = id.hex
        aside = self.folder / f"{name}.part"
        aside.write_bytes(content)
        aside.replace(self.folder / name)
        return name

    async def _erase(self) -> int:
        doomed = await self.writer.read(attachments.to_erase)
        for one in doomed:
            # Also where no name was noted: the bytes may have come while the row was being given up.
            name = one.stored_as or one.id.hex
            await asyncio.to_thread((self.folder / name).unlink, missing_ok=True)
        if doomed:
            ids = [one.id for one in doomed]
            await self.writer.write(lambda session: _forget(session, ids), TICKS)
        return len(doomed)


def _forget(session: Session, ids: list[UUID]) -> None:
    attachments.delete_rows(session, ids)
