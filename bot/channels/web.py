"""The web chat as a channel: posts of the page become updates, what we send becomes lines that its stream shows."""

import asyncio
import contextlib
import math
import os
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote
from uuid import UUID

from bot.channels import Abilities, Envelope, File, Keep, Message, Parcel
from bot.clock import Clock
from bot.errors import FetchFailed
from bot.writer import INBOX, OUTBOX, Writer
from models import ChatLine
from models.chat_lines import (
    WEB,
    drop_line,
    is_made_for,
    keep_line,
    line_keys_among,
    line_of,
    lines_after,
    person_of_chat,
)

FILE_LIMIT = 20_000_000  # bytes of one photo, voice message or document
SHOWN = 200  # lines that a freshly opened page shows
SWEEP_EVERY = 600.0  # seconds between two looks for files whose lines were erased
KINDS = ("text", "button", "start", "files")


class NotTaken(Exception):
    """A file was not taken; `reason` is too_large, kind_not_taken or empty."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Line:
    """One line as the page shows it; `id` is where a broken stream takes up again."""

    id: int
    chat: str
    view: dict[str, Any]


class Web:
    """The web chat: every line is a row, so a reload, a second tab and a restart show the same history.

    A post is kept twice before it is answered: as a line (for the page) and as an update (for the inbox). Its key is
    the page's own UUID, so a post that is sent again has no effect. `stop()` ends the streams, which would otherwise
    hold up the server's shutdown for ever.
    """

    name = WEB
    abilities = Abilities(
        text_limit=20_000,
        unit="characters",
        file_limit=FILE_LIMIT,
        per_chat=0.0,
        overall=0.0,
        per_group=0.0,
        recognises_repeats=True,
        is_page=True,
        unsay_within=math.inf,
    )

    def __init__(self, writer: Writer, files: Path, clock: Clock, look_every: float = 15.0) -> None:
        """Keep files below `files`; streams look for lines of other processes every `look_every` seconds."""
        self._writer = writer
        self._incoming = files / "incoming"
        self._outgoing = files / "outgoing"
        self._clock = clock
        self._look_every = look_every
        self._keep: Keep | None = None
        self._stopped = asyncio.Event()
        self._bells: dict[asyncio.Event, frozenset[str]] = {}
        self._storing = asyncio.Lock()  # between a file and the line that names it, nothing is swept

    # What a channel does

    def parse(self, body: dict[str, Any]) -> Message:
        """Read one post of the page; raise ValueError or KeyError on what the page never sends."""
        if body["kind"] not in KINDS:
            raise ValueError("unknown kind")
        return Message(
            kind=body["kind"],
            address=body["chat"],
            message_id=body["id"],
            text=body.get("text", ""),
            button=body.get("button", ""),
            files=tuple(File(**file) for file in body.get("files", ())),
            language=body.get("language"),
        )

    async def listen(self, keep: Keep) -> None:
        """Take posts until cancelled."""
        self._keep = keep
        try:
            while not self._stopped.is_set():
                await self.sweep()
                await _happens(self._stopped, SWEEP_EVERY)
        finally:
            self._keep = None

    async def send(self, parcel: Parcel) -> tuple[str, ...]:
        """Put a line into the chat and wake the pages that show it; the same parcel again has no effect."""
        key = f"out:{parcel.key}"
        body: dict[str, Any] = {"html": parcel.html}
        if parcel.buttons:
            body["buttons"] = [[[button.label, button.data] for button in row] for row in parcel.buttons]
        if parcel.link:
            body["link"] = [parcel.link.label, parcel.link.url]
        async with self._storing:
            if parcel.file_name:
                await asyncio.to_thread(_write, self._outgoing / _file_name(key), parcel.file_bytes)
                size = len(parcel.file_bytes)
                body["files"] = [{"kind": "file", "name": parcel.file_name, "size": size, "file_id": _file_name(key)}]
            await self._keep_line(parcel.address, key, True, body, OUTBOX)
        return (key,)

    async def unsay(self, address: str, platform_id: str) -> None:
        """Delete a line and the taps on it, at any time, also from open pages; its file goes with the next sweep."""
        now = self._clock.now()
        if await self._writer.write(lambda session: drop_line(session, address, platform_id, now), OUTBOX):
            self._ring(address)

    async def fetch(self, file_id: str, at_most: int) -> bytes:
        """Read what the page uploaded; raise FetchFailed."""
        path = self._path(self._incoming, file_id)
        if path is None:
            raise FetchFailed("gone")
        if path.stat().st_size > at_most:
            raise FetchFailed("too_large")
        return await asyncio.to_thread(path.read_bytes)

    def stop(self) -> None:
        """End every stream."""
        self._stopped.set()
        self._ring(None)

    async def close(self) -> None:
        """End every stream; there is no network of its own to let go of."""
        self.stop()

    # What the page does

    @property
    def is_listening(self) -> bool:
        """Say whether posts can be taken."""
        return self._keep is not None

    async def is_known(self, chat: str) -> bool:
        """Say whether somebody we know speaks in this chat."""
        return await self._writer.read(lambda session: person_of_chat(session, chat)) is not None

    async def is_meant(self, chat: str, token: str) -> bool:
        """Say whether a link was made for the very person who speaks in this chat; it is only read, never used up."""
        return await self._writer.read(lambda session: is_made_for(session, chat, token))

    async def take(self, chat: str, post: UUID, said: dict[str, Any], shown: str | None) -> None:
        """Keep one post: `said` is what it means, `shown` what the chat shows of it (None: nothing)."""
        key = f"{chat}:{post}"
        if shown is not None:
            tapped = {"button": said["button"]} if said.get("button") else {}
            await self._keep_line(chat, f"in:{key}", False, {"text": shown} | tapped, INBOX)
        await self._keep_update(chat, key, said | {"id": str(post)})

    async def take_file(self, chat: str, post: UUID, name: str, mime: str, pieces: AsyncIterator[bytes]) -> None:
        """Keep one uploaded file on disk, show it, and keep the update that names it; raise NotTaken."""
        key = f"{chat}:{post}"
        async with self._storing:
            path = self._incoming / _file_name(f"in:{key}")
            size = await _store(path, pieces)
            kind = await asyncio.to_thread(kind_of, path, mime)
            if kind is None:
                path.unlink()
                raise NotTaken("kind_not_taken")
            file = {"kind": kind, "file_id": path.name, "name": name, "size": size, "mime": mime}
            await self._keep_line(chat, f"in:{key}", False, {"files": [file]}, INBOX)
        await self._keep_update(chat, key, {"kind": "files", "files": [file], "id": str(post)})

    async def lines(self, chats: Collection[str], after: int) -> AsyncIterator[Line | None]:
        """Give the lines after `after` and then each as it comes; None when nothing came for a while."""
        bell = asyncio.Event()
        self._bells[bell] = frozenset(chats)
        try:
            while not self._stopped.is_set():
                bell.clear()
                for line in await self._lines(chats, after):
                    yield line
                    after = line.id
                if not await _happens(bell, self._look_every):
                    yield None
        finally:
            del self._bells[bell]

    async def file_of(self, chat: str, line_id: int, number: int) -> tuple[Path, dict[str, Any]] | None:
        """Find the file of one line of this chat; None when it is not hers or gone."""
        line = await self._writer.read(lambda session: line_of(session, chat, line_id))
        files = line.body.get("files", []) if line else []
        if line is None or not 0 <= number < len(files):
            return None
        path = self._path(self._outgoing if line.is_ours else self._incoming, files[number]["file_id"])
        return (path, files[number]) if path else None

    async def sweep(self) -> int:
        """Delete files whose line is gone (its person was erased, or it was never kept); return how many."""
        async with self._storing:
            places = (self._incoming, self._outgoing)
            stored = [path for place in places if place.is_dir() for path in place.iterdir()]
            keys = {unquote(path.name) for path in stored}
            named = await self._writer.read(lambda session: line_keys_among(session, keys))
            orphans = [path for path in stored if unquote(path.name) not in named]
            for path in orphans:
                with contextlib.suppress(PermissionError):  # Windows, while it is being read: the next sweep takes it
                    path.unlink(missing_ok=True)
        return len(orphans)

    async def _lines(self, chats: Collection[str], after: int) -> list[Line]:
        found = await self._writer.read(lambda session: lines_after(session, chats, after, SHOWN))
        return [Line(line.id or 0, chat, _view(chat, line)) for chat, line in found]

    async def _keep_line(self, chat: str, key: str, is_ours: bool, body: dict[str, Any], urgency: int) -> None:
        now = self._clock.now()
        if await self._writer.write(lambda session: keep_line(session, chat, key, is_ours, body, now), urgency):
            self._ring(chat)

    async def _keep_update(self, chat: str, key: str, said: dict[str, Any]) -> None:
        if self._keep is None:
            raise RuntimeError("the web chat does not listen yet")
        await self._keep(self.name, [Envelope(platform_id=key, sender=chat, body=said | {"chat": chat})])

    def _ring(self, chat: str | None) -> None:
        for bell, chats in self._bells.items():
            if chat is None or chat in chats:
                bell.set()

    @staticmethod
    def _path(folder: Path, file_id: str) -> Path | None:
        path = folder / Path(file_id).name
        return path if path.name == file_id and path.is_file() else None


def _view(chat: str, line: ChatLine) -> dict[str, Any]:
    """Show one line to the page: no file names of ours, and the page's own id of what it posted.

    A line that was taken back is named by its id under `gone`.
    """
    files = [{name: file[name] for name in ("kind", "name", "size")} for file in line.body.get("files", ())]
    shown = {"id": line.id, "chat": chat, "ours": line.is_ours, "at": line.at.isoformat(), "files": files}
    shown |= {name: line.body[name] for name in ("html", "text", "buttons", "link", "gone") if name in line.body}
    return shown if line.is_ours else shown | {"post": line.key.rpartition(":")[2]}


async def _happens(event: asyncio.Event, within: float) -> bool:
    try:
        async with asyncio.timeout(within):
            await event.wait()
    except TimeoutError:
        return False
    return True


def _file_name(key: str) -> str:
    """Name the file of a line after the line, so that a file without its line can be found and deleted."""
    return quote(key, safe="")


def _write(path: Path, content: bytes) -> None:
    """Write a whole file that a crash cannot leave in halves."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


async def _store(path: Path, pieces: AsyncIterator[bytes]) -> int:
    """Gather an upload of at most FILE_LIMIT bytes and write it; return its size, or raise NotTaken."""
    content = bytearray()
    async for piece in pieces:
        content += piece
        if len(content) > FILE_LIMIT:
            raise NotTaken("too_large")
    if not content:
        raise NotTaken("empty")
    await asyncio.to_thread(_write, path, bytes(content))
    return len(content)


# The first bytes of the kinds we take, and where they stand.
MARKS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "photo"),
    (0, b"\x89PNG\r\n\x1a\n", "photo"),
    (0, b"GIF8", "photo"),
    (8, b"WEBP", "photo"),
    (4, b"ftyphei", "photo"),
    (4, b"ftypmif1", "photo"),
    (0, b"OggS", "voice"),
    (0, b"ID3", "voice"),
    (0, b"\xff\xfb", "voice"),
    (0, b"\xff\xf3", "voice"),
    (8, b"WAVE", "voice"),
    (4, b"ftypM4A", "voice"),
    (0, b"#!AMR", "voice"),
    (0, b"%PDF-", "file"),
)
# Browsers record voice in containers that may also hold a film; there the page's word decides.
CONTAINERS = ((0, b"\x1aE\xdf\xa3"), (4, b"ftyp"))


def kind_of(path: Path, mime: str) -> str | None:
    """Tell photo, voice or file (PDF, Word) by the bytes; None for anything else, whatever it is called."""
    content = path.read_bytes()
    for at, mark, kind in MARKS:
        if content.startswith(mark, at):
            return kind
    if mime.startswith("audio/") and any(content.startswith(mark, at) for at, mark in CONTAINERS):
        return "voice"
    # The names inside a zip are not compressed, so a Word document shows itself without being unpacked.
    return "file" if content.startswith(b"PK\x03\x04") and b"word/document.xml" in content else None
