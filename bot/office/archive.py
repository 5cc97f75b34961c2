"""One .zip that holds all there is: the database, what teachers sent, the school's own forms and the key."""

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

MANIFEST = "manifest.json"
DATABASE = "zhixing.db"
KEY = "secret.key"
FOLDERS = ("files", "templates")
FORMAT = 1  # grows when an older program could not read the archive
BLOCK = 1 << 20  # bytes read at a time
LONGEST_MANIFEST = 64 << 20  # bytes: some 400,000 attachments


class ArchiveRefused(Exception):
    """This is no backup of ours, or it is damaged; the message is a sentence for the office."""


def write_archive(path: Path, database: Path | None, data_dir: Path, step: str, now: datetime) -> dict[str, Any]:
    """Write everything into `path`, look at it once more, and return what it holds.

    The archive appears under its name only when it is whole; it holds the key, so nobody else may read it.
    """
    part = path.with_name(path.name + ".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            files = [_add(archive, name, source) for name, source in _sources(database, data_dir)]
            manifest = {
                "program": "zhixing", "format": FORMAT, "step": step, "made_at": now.isoformat(),
                "files": [one for one in files if one is not None],
            }  # fmt: skip
            archive.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
        check_archive(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return manifest


def check_archive(path: Path, into: Path | None = None) -> dict[str, Any]:
    """Compare every file with the manifest and return it; with `into`, also unpack them there.

    Raise ArchiveRefused for anything that is not exactly what we wrote.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = _manifest_of(archive)
            for one in manifest["files"]:
                _take_out(archive, one, into)
    except (OSError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise ArchiveRefused(f"{path.name} 打不开，或者已经损坏（{type(error).__name__}）。") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ArchiveRefused(f"{path.name} 不是知行的备份。") from error
    return manifest


def unpacked_size(manifest: dict[str, Any]) -> int:
    """Add up the bytes that an archive needs on disk."""
    return sum(int(one["size"]) for one in manifest["files"])


def _sources(database: Path | None, data_dir: Path) -> Iterator[tuple[str, Path]]:
    if database is not None:
        yield DATABASE, database
    if (data_dir / KEY).is_file():
        yield KEY, data_dir / KEY
    for folder in FOLDERS:
        for path in sorted((data_dir / folder).rglob("*")):
            # What is just being fetched is not yet anybody's.
            if path.is_file() and path.suffix != ".part":
                yield path.relative_to(data_dir).as_posix(), path


def _add(archive: zipfile.ZipFile, name: str, source: Path) -> dict[str, Any] | None:
    """Pack one file; one that was erased meanwhile is left out."""
    digest, size = hashlib.sha256(), 0
    try:
        file = source.open("rb")
    except FileNotFoundError:
        return None
    with file, archive.open(name, "w", force_zip64=True) as member:
        for block in _blocks(file):
            digest.update(block)
            size += len(block)
            member.write(block)
    return {"name": name, "size": size, "sha256": digest.hexdigest()}


def _manifest_of(archive: zipfile.ZipFile) -> dict[str, Any]:
    """Read the manifest and make sure that it and the archive name the same files, and only such as we write."""
    if archive.getinfo(MANIFEST).file_size > LONGEST_MANIFEST:
        raise ArchiveRefused("备份里的清单大得不正常，没有读它。")
    manifest = json.loads(archive.read(MANIFEST))
    if manifest["program"] != "zhixing":
        raise ValueError("not ours")
    if manifest["format"] > FORMAT:
        raise ArchiveRefused("这个备份是更新版本的知行做的，请先把程序更新到新版。")
    named = [one["name"] for one in manifest["files"]]
    if sorted([*named, MANIFEST]) != sorted(archive.namelist()) or not all(map(_is_expected, named)):
        raise ArchiveRefused("备份里的文件和清单对不上，没有读它。")
    return dict(manifest)


def _is_expected(name: str) -> bool:
    parts = PurePosixPath(name).parts
    if name in (DATABASE, KEY):
        return True
    odd = any(part in ("..", ".") or set(part) & set('\\:*?"<>|\x00') for part in parts)
    return len(parts) > 1 and parts[0] in FOLDERS and not odd and name == "/".join(parts)


def _take_out(archive: zipfile.ZipFile, one: dict[str, Any], into: Path | None) -> None:
    """Read one file to its end, writing it below `into`, and compare its size and digest."""
    digest, size = hashlib.sha256(), 0
    target = None if into is None else into.joinpath(*PurePosixPath(one["name"]).parts)
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(one["name"]) as member, open(target or os.devnull, "wb") as file:
        for block in _blocks(member):
            digest.update(block)
            size += len(block)
            if size > one["size"]:
                break
            file.write(block)
    if (size, digest.hexdigest()) != (one["size"], one["sha256"]):
        raise ArchiveRefused(f"备份里的 {one['name']} 已经损坏，没有恢复任何东西。")


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    while block := file.read(BLOCK):
        yield block
