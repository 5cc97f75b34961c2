"""Bring the store to its newest shape: a copy first, all steps in one transaction, never on a foreign database."""

import sqlite3
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from models.snapshot import (
    APPLICATION_ID,
    BUSY_TIMEOUT,
    VERSION_TABLE,
    DatabaseRefused,
    check_is_ours,
    copy_database,
    is_empty,
)

MIGRATIONS = Path(__file__).parent / "migrations"
VERSIONS = MIGRATIONS / "versions"
# Any number that only we use: two processes that start together migrate one after the other (PostgreSQL).
ADVISORY_LOCK = 0x7A687831

WAIT, WAITS = 0.1, 100  # seconds between two tries to change the journal, and how many: ten seconds in all

Standing = Literal["new", "current", "behind"]


@dataclass(frozen=True)
class Upgrade:
    """What a migration did: from which step (None: from nothing) to which, and where the copy from before lies."""

    before: str | None
    after: str
    backup: Path | None = None

    @property
    def changed(self) -> bool:
        """Say whether any step was taken."""
        return self.before != self.after


def newest() -> str:
    """Name the newest step that this version of the program knows."""
    return str(ScriptDirectory(str(MIGRATIONS)).get_current_head())


def standing(url: str, thorough: bool = False) -> Standing:
    """Say how the store stands to this program; raise DatabaseRefused when it is damaged, foreign or newer than we are.

    Reading the whole file takes time in proportion to its size, so that `thorough` is for doctor and migrate.
    """
    path = sqlite_path(url)
    if path is not None:
        check_is_ours(path, thorough)
        if is_empty(path):
            return "new"
    engine = migration_engine(url, only_looks=True)
    try:
        with engine.connect() as connection:
            step = _step_of(connection)
    except OperationalError as error:
        # Without the driver's words: they may hold the address and the user.
        raise DatabaseRefused("连不上数据库。请检查数据库服务是否在运行、地址和密码是否正确。") from error
    finally:
        engine.dispose()
    return "new" if step is None else "current" if step == newest() else "behind"


def upgrade(url: str, backup_dir: Path, now: datetime) -> Upgrade:
    """Take every step that is missing.

    1. Refuse a damaged, foreign or newer database.
    2. On SQLite, copy the file when anything would change; `now` (UTC) names the copy.
    3. Take the steps in one transaction, so that a kill in the middle leaves the store as it was.
    """
    before = standing(url, thorough=True)
    path = sqlite_path(url)
    copy = None
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if before == "behind":
            copy = backup_dir / f"before-{newest()}-{now:%Y%m%dT%H%M%SZ}.db"
            copy_database(path, copy)
    engine = migration_engine(url)
    try:
        with engine.begin() as connection:
            return Upgrade(_take_steps(connection), newest(), copy)
    finally:
        engine.dispose()


def sqlite_path(url: str) -> Path | None:
    """Give the file of a SQLite store, or None for a server."""
    parts = make_url(url)
    return Path(parts.database or "") if parts.get_backend_name() == "sqlite" else None


def migration_engine(url: str, only_looks: bool = False) -> Engine:
    """Open the store for changing its shape: on SQLite with foreign keys off, which only works outside a transaction.

    With them on, Alembic's copying of a parent table would delete the rows of its children. One that only looks
    neither changes the file nor waits for whoever writes.
    """
    if sqlite_path(url) is None:
        return create_engine(url)
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT})
    pragmas = ("query_only=ON",) if only_looks else ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=OFF")

    @event.listens_for(engine, "connect")
    def _set_pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in pragmas:
            _set(connection, pragma)

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN" if only_looks else "BEGIN IMMEDIATE")

    return engine


def _set(connection: sqlite3.Connection, pragma: str) -> None:
    """Set a pragma; a change of the journal's mode does not wait for another process by itself, so we do."""
    for tries in range(WAITS):
        try:
            connection.execute(f"PRAGMA {pragma}")
            return
        except sqlite3.OperationalError:
            if tries == WAITS - 1:
                raise
            time.sleep(WAIT)


def alembic_config(connection: Connection) -> Config:
    """Tell Alembic where the steps lie, and on which connection to take them."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def write_type(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write SQLModel's own column types as plain SQLAlchemy, so that old steps do not depend on SQLModel."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, AutoString):
        return "sa.String()"
    return False


def _step_of(connection: Connection) -> str | None:
    """Read at which step the store stands: None when it is empty."""
    step = MigrationContext.configure(connection).get_current_revision()
    if step is None and set(inspect(connection).get_table_names()) - {VERSION_TABLE}:
        raise DatabaseRefused("这个数据库里已有别的程序的表，没有动它。请检查设置里的数据库地址。")
    known = {script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}
    if step is not None and step not in known:
        raise DatabaseRefused(f"数据库是更新版本的知行留下的（{step}），没有动它。请先把程序更新到新版。")
    return step


def _take_steps(connection: Connection) -> str | None:
    """Upgrade within the open transaction and return where we came from."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": ADVISORY_LOCK})
    before = _step_of(connection)
    if before == newest():
        return before
    command.upgrade(alembic_config(connection), "head")
    if connection.dialect.name == "sqlite":
        orphan = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if orphan is not None:
            raise DatabaseRefused(f"升级后 {orphan[0]} 里有一行指向不存在的 {orphan[2]}，已全部撤回，什么都没有改。")
        connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
    return before
