"""Open the store: SQLite in the data folder, or PostgreSQL; every writing transaction begins IMMEDIATE."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic_core import from_json, to_json
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

BUSY_TIMEOUT = 30.0  # seconds a writer waits for another process before it gives up

# What a disk or another process does to SQLite; its other operational errors are mistakes in what was asked of it.
TROUBLES = {
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN,
}  # fmt: skip


def is_store_trouble(error: BaseException) -> bool:
    """Say whether the store itself failed (locked, full, gone), and not what was to be done with it."""
    if not isinstance(error, OperationalError):
        return False
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code is None or code & 0xFF in TROUBLES


class Store:
    """One database: `writing()` and `reading()` give sessions; on SQLite a reading one cannot write."""

    def __init__(self, url: str) -> None:
        self.url: URL = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.writer = _open_sqlite(self.url, writes=True) if self.is_sqlite else _open_server(self.url)
        self.reader = _open_sqlite(self.url, writes=False) if self.is_sqlite else self.writer

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give a session whose whole block is one transaction: committed at the end, rolled back on any error."""
        with Session(self.writer, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session for reading a consistent snapshot; keep it short, and never across a network call."""
        with Session(self.reader, expire_on_commit=False) as session:
            yield session

    def close(self) -> None:
        """Close every connection; on SQLite this folds the write-ahead log into the file."""
        self.reader.dispose()
        self.writer.dispose()


def _dumps(value: Any) -> str:
    """Write JSON with Chinese left readable, so that a search for a word finds it; pydantic's is four times faster."""
    return to_json(value).decode()


_JSON: dict[str, Any] = {"json_serializer": _dumps, "json_deserializer": from_json}


def _open_server(url: URL) -> Engine:
    return create_engine(url, **_JSON, pool_pre_ping=True, pool_size=8)


def _open_sqlite(url: URL, writes: bool) -> Engine:
    engine = create_engine(url, **_JSON, connect_args={"timeout": BUSY_TIMEOUT})

    @event.listens_for(engine, "connect")
    def _set_pragmas(connection: Any, _record: Any) -> None:
        # Without this the driver begins its own transactions, and a read that turns into a write fails at once.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(f"PRAGMA query_only={'OFF' if writes else 'ON'}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
