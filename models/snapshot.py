"""Tell a sound SQLite file of ours from a damaged or foreign one, and copy it while it is in use."""

import sqlite3
from contextlib import closing
from pathlib import Path

# "zhx1" in ASCII, written into the file's header by the first migration (https://www.sqlite.org/fileformat.html#application_id).
APPLICATION_ID = 0x7A687831
HEADER = b"SQLite format 3\x00"
BUSY_TIMEOUT = 30.0  # seconds to wait for a writer
PAGES_A_STEP = 1000  # pages copied between two chances for the writer
VERSION_TABLE = "alembic_version"


class DatabaseRefused(Exception):
    """We leave this database alone; the message is a sentence for the office and says why."""


def is_empty(path: Path) -> bool:
    """Say whether there is no database yet: no file, or one of zero bytes."""
    return not path.exists() or path.stat().st_size == 0


def check_is_ours(path: Path, thorough: bool = True) -> None:
    """Raise DatabaseRefused unless `path` is empty or a database of ours; with `thorough`, also look at every page."""
    if is_empty(path):
        return
    with path.open("rb") as file:
        if file.read(len(HEADER)) != HEADER:
            raise DatabaseRefused(f"{path} 不是 SQLite 数据库，没有动它。请检查设置，或从备份恢复。")
    try:
        with closing(_look_at(path)) as connection:
            _check_owner(path, connection)
            fault = _fault(connection) if thorough else None
    except sqlite3.Error as error:
        raise DatabaseRefused(f"{path} 打不开（{error}），没有动它。请从备份恢复。") from error
    if fault is not None:
        raise DatabaseRefused(f"{path} 已损坏（{fault}），没有动它。请从备份恢复。")


def keeps_a_log(path: Path) -> bool:
    """Say whether SQLite writes a log ahead (WAL) for this file, as we want it; some disks cannot do that."""
    with path.open("rb") as file:
        # Bytes 18 and 19 of the header are 2 then (https://www.sqlite.org/fileformat.html, 1.3.3).
        return file.read(20)[18:] == b"\x02\x02"


def copy_database(source: Path, target: Path) -> None:
    """Copy a database that may be in use, every committed row included, and make sure that the copy is sound."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with (
        closing(sqlite3.connect(source, timeout=BUSY_TIMEOUT)) as original,
        closing(sqlite3.connect(target)) as copy,
    ):
        # One read transaction for the whole copy: otherwise every write in between would start it over.
        original.execute("BEGIN")
        original.backup(copy, pages=PAGES_A_STEP, sleep=0)
        original.rollback()
        # A copy kept as a file must stand alone, without a write-ahead log beside it.
        copy.execute("PRAGMA journal_mode=DELETE")
        fault = _fault(copy)
    if fault is not None:
        target.unlink()
        raise DatabaseRefused(f"{source} 的副本没有通过检查（{fault}），没有留下。")


def _look_at(path: Path) -> sqlite3.Connection:
    """Open for reading only; without a log beside it, also without leaving any file behind."""
    has_log = path.with_name(path.name + "-wal").exists()
    uri = f"{path.resolve().as_uri()}?{'mode=ro' if has_log else 'immutable=1'}"
    return sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT)


def _check_owner(path: Path, connection: sqlite3.Connection) -> None:
    """Raise DatabaseRefused when the tables in it are somebody else's."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    owner = connection.execute("PRAGMA application_id").fetchone()[0]
    if owner not in (0, APPLICATION_ID) or (tables and VERSION_TABLE not in tables):
        raise DatabaseRefused(f"{path} 是别的程序的数据库，没有动它。请检查设置里的数据文件夹和数据库地址。")


def _fault(connection: sqlite3.Connection) -> str | None:
    """Give the first thing that SQLite finds wrong, or None."""
    found = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
    if found != "ok":
        return found
    orphan = connection.execute("PRAGMA foreign_key_check").fetchone()
    return None if orphan is None else f"{orphan[0]} 里有一行指向不存在的 {orphan[2]}"
