"""What every table shares: ids made in Python, constraint names, and the audience of what people wrote."""

import secrets
import time
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


def new_id() -> UUID:
    """Make a UUID whose order follows the time it was made (RFC 9562, version 7), so indexes grow at one end."""
    milliseconds = time.time_ns() // 1_000_000
    rest = secrets.randbits(74)
    number = (milliseconds & (1 << 48) - 1) << 80 | 0x7 << 76 | (rest >> 62) << 64 | 0b10 << 62 | rest & (1 << 62) - 1
    return UUID(int=number)


def empty_list() -> list[Any]:
    """Give a new list: pydantic reads the signature of a factory at every row, and that of `list` itself slowly."""
    return []


def empty_dict() -> dict[str, Any]:
    """Give a new dict, for the same reason."""
    return {}


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


def inserts(session: Session) -> Any:
    """Choose the dialect whose INSERT knows ON CONFLICT."""
    return sqlite if session.get_bind().dialect.name == "sqlite" else postgresql


def is_sqlite(session: Session) -> bool:
    """Say whether the store is SQLite, where one writer needs no row locks."""
    return session.get_bind().dialect.name == "sqlite"
