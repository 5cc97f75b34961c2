"""What every table shares: ids made in Python, constraint names, and the audience of what people wrote."""

import secrets
import time
from inspect import signature
from typing import Any
from uuid import UUID

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, Session, SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


_latest = 0  # milliseconds and count of the last id


def new_id() -> UUID:
    """Make a UUID that follows all this process made before (RFC 9562, version 7), so indexes grow at one end.

    48 bits of milliseconds, 12 bits that count within one, 62 random bits.
    """
    global _latest
    _latest = max(time.time_ns() // 1_000_000 << 12, _latest + 1)
    return UUID(int=_latest >> 12 << 80 | 0x7 << 76 | (_latest & 0xFFF) << 64 | 0b10 << 62 | secrets.randbits(62))


def empty_list() -> list[Any]:
    """Give a new list."""
    return []


def empty_dict() -> dict[str, Any]:
    """Give a new dict."""
    return {}


for factory in (new_id, empty_list, empty_dict):
    # Pydantic reads the signature of a factory at every row: slowly where it is not written down.
    factory.__signature__ = signature(factory)  # type: ignore[union-attr]


class Audience(SQLModel):
    """Who besides the writer may read a record; none of the three is 仅自己, the default."""

    to_pair: bool = False
    to_group: bool = False
    to_supervisor: bool = False

    def share_with(self, names: "list[str] | tuple[str, ...]") -> None:
        """Set the audience from names among pair, group, supervisor; an empty list makes it private again."""
        self.to_pair, self.to_group, self.to_supervisor = ("pair" in names, "group" in names, "supervisor" in names)

    @property
    def audience(self) -> list[str]:
        """Name who may read it: any of pair, group, supervisor."""
        pairs = (("pair", self.to_pair), ("group", self.to_group), ("supervisor", self.to_supervisor))
        return [name for name, is_shared in pairs if is_shared]


def id_field() -> UUID:
    """Give a table its primary key."""
    return Field(default_factory=new_id, primary_key=True)  # type: ignore[no-any-return]


def plain_rows(session: Session, statement: Any, values: dict[str, Any]) -> Any:
    """Run a select of plain columns on what this session has written so far, without the toll of the ORM."""
    session.flush()
    return session.connection().execute(statement, values)


def inserts(session: Session) -> Any:
    """Choose the dialect whose INSERT knows ON CONFLICT."""
    return sqlite if session.get_bind().dialect.name == "sqlite" else postgresql


def is_sqlite(session: Session) -> bool:
    """Say whether the store is SQLite, where one writer needs no row locks."""
    return session.get_bind().dialect.name == "sqlite"
