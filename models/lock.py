"""One process at a time: a lock that the operating system or the database server lets go when its holder dies."""

import sqlite3
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from models.store import Store


class Taken(Exception):
    """Another process holds the lock."""


class Lock:
    """Hold the lock `name`: beside a SQLite store a locked file, on PostgreSQL an advisory lock of one connection."""

    def __init__(self, store: Store, name: str) -> None:
        self._store = store
        self._name = name
        self._file: sqlite3.Connection | None = None
        self._connection: Connection | None = None

    def take(self) -> None:
        """Take the lock or raise Taken; it is held until `release`, or until the process ends."""
        if self._store.is_sqlite:
            self._take_file()
        else:
            self._take_on_server()

    def _take_file(self) -> None:
        path = Path(str(self._store.url.database)).with_suffix(f".{self._name}.lock")
        path.parent.mkdir(parents=True, exist_ok=True)
        # SQLite's own file locks work alike on Linux, macOS and Windows, and end with the process.
        self._file = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            self._file.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            self._file.close()
            self._file = None
            raise Taken(self._name) from None

    def _take_on_server(self) -> None:
        self._connection = self._store.writer.connect()
        query = text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))")
        if not self._connection.execute(query, {"name": f"zhixing:{self._name}"}).scalar_one():
            self._connection.close()
            self._connection = None
            raise Taken(self._name)
        self._connection.commit()

    def release(self) -> None:
        """Let the lock go."""
        if self._file is not None:
            self._file.close()
            self._file = None
        if self._connection is not None:
            # Unlocked in so many words: of a closed session the server may learn only after the next one asks.
            with suppress(DBAPIError):  # a session that was cut holds nothing any more
                self._connection.execute(text("SELECT pg_advisory_unlock_all()"))
            self._connection.invalidate()
            self._connection.close()
            self._connection = None

    def __enter__(self) -> "Lock":
        self.take()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: Any, trace: TracebackType | None) -> None:
        self.release()
