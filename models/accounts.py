"""Accounts that the office knows before anybody speaks: on some platforms a chat's name says which member it is."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, Session, SQLModel, col, select

from models.base import id_field
from models.people import Address, Person


class Account(SQLModel, table=True):
    """One member's account on one channel, from the office's list; compared without case, kept as it was written."""

    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("channel", "key"),)
    id: UUID = id_field()
    person_id: UUID = Field(foreign_key="person.id", index=True)
    channel: str
    key: str  # casefolded
    spelling: str


def listed_at(session: Session, address: Address) -> Person | None:
    """Find whom the office's list names for a chat; None when it names nobody, or somebody who left."""
    query = (
        select(Person)
        .join(Account, col(Account.person_id) == Person.id)
        .where(Account.channel == address.channel, Account.key == address.external_id.casefold())
        .where(col(Person.left_at).is_(None))
    )
    return session.exec(query).first()


def unlist(session: Session, address: Address) -> None:
    """Take a chat off the list: whoever speaks there says that it is not hers."""
    query = select(Account).where(Account.channel == address.channel, Account.key == address.external_id.casefold())
    for account in session.exec(query):
        session.delete(account)


def list_account(session: Session, person_id: UUID, channels: Iterable[str], spelling: str) -> bool:
    """Put a person on the list with one account for several channels; say whether anything changed."""
    held = {one.channel: one for one in session.exec(select(Account).where(Account.person_id == person_id))}
    changed = False
    for channel in channels:
        account = held.get(channel)
        if account is not None and account.spelling == spelling:
            continue
        account = account or Account(person_id=person_id, channel=channel, key="", spelling="")
        account.key, account.spelling = spelling.casefold(), spelling
        session.add(account)
        changed = True
    return changed


def take_off(session: Session, person_id: UUID, channels: Iterable[str]) -> None:
    """Take a person off the list of these channels."""
    query = select(Account).where(Account.person_id == person_id, col(Account.channel).in_(list(channels)))
    for account in session.exec(query):
        session.delete(account)
    session.flush()


def holder_of(session: Session, channels: Iterable[str], spelling: str) -> UUID | None:
    """Find whose account it is on the list."""
    query = select(Account.person_id).where(
        col(Account.channel).in_(list(channels)), Account.key == spelling.casefold()
    )
    return session.exec(query).first()


def listed_channels(session: Session) -> dict[UUID, set[str]]:
    """List the channels on which each person has a listed account."""
    found: dict[UUID, set[str]] = {}
    for person_id, channel in session.exec(select(Account.person_id, Account.channel)):
        found.setdefault(person_id, set()).add(channel)
    return found
