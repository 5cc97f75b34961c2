"""The lines of the web chat, kept and read; the page keeps what a messenger's own servers would remember."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from models.invites import find_invite, read_code
from models.messages import ChatLine
from models.people import Address, Person

WEB = "web"  # the name of the web chat among the channels
AT_ONCE = 500  # keys asked for in one query; SQLite takes no more than some thousands


def keep_line(session: Session, chat: str, key: str, is_ours: bool, body: dict[str, Any], now: datetime) -> bool:
    """Keep one line of a web chat, whose address is made when it is new; say whether the line was new."""
    if session.scalars(select(ChatLine.id).where(ChatLine.key == key)).first() is not None:
        return False
    address = session.scalars(select(Address).where(Address.channel == WEB, Address.external_id == chat)).first()
    if address is None:
        address = Address(channel=WEB, external_id=chat, made_at=now)
        session.add(address)
        session.flush()
    session.add(ChatLine(address_id=address.id, key=key, is_ours=is_ours, body=body, at=now))
    return True


def drop_line(session: Session, chat: str, key: str, now: datetime) -> bool:
    """Delete one line of a web chat, if it is there; a line without words tells open pages which one went.

    With it go the lines of those who tapped on it: a label may repeat its words.
    """
    query = select(ChatLine).join(Address, col(ChatLine.address_id) == Address.id)
    query = query.where(Address.channel == WEB, Address.external_id == chat, ChatLine.key == key)
    line = session.scalars(query).first()
    if line is None:
        return False
    gone = [line, *_taps_on(session, line)]
    # First the marks and then the deed: SQLite gives the highest id again once its row is deleted.
    for one in gone:
        mark = ChatLine(address_id=line.address_id, key=f"gone:{one.id}", is_ours=True, body={"gone": one.id}, at=now)
        session.add(mark)
    session.flush()
    for one in gone:
        session.delete(one)
    return True


def _taps_on(session: Session, line: ChatLine) -> list[ChatLine]:
    data = {button[1] for row in line.body.get("buttons", ()) for button in row}
    said = select(ChatLine).where(ChatLine.address_id == line.address_id, col(ChatLine.is_ours).is_(False))
    return [one for one in session.scalars(said.where(col(ChatLine.id) > line.id)) if one.body.get("button") in data]


def lines_after(session: Session, chats: Collection[str], after: int, at_most: int) -> list[tuple[str, ChatLine]]:
    """List the lines of some web chats that follow line `after`, each with its chat; of too many, the latest."""
    query = (
        select(Address.external_id, ChatLine)
        .join(ChatLine, col(ChatLine.address_id) == Address.id)
        .where(Address.channel == WEB, col(Address.external_id).in_(chats), col(ChatLine.id) > after)
    )
    latest = session.execute(query.order_by(col(ChatLine.id).desc()).limit(at_most)).all()
    return [(chat, line) for chat, line in reversed(latest)]


def line_of(session: Session, chat: str, line_id: int) -> ChatLine | None:
    """Get one line of one web chat."""
    query = select(ChatLine).join(Address, col(ChatLine.address_id) == Address.id)
    return session.scalars(
        query.where(Address.channel == WEB, Address.external_id == chat, ChatLine.id == line_id)
    ).first()


def line_keys_among(session: Session, keys: Collection[str]) -> set[str]:
    """Name those of `keys` that belong to a line which still exists."""
    asked, found = sorted(keys), set[str]()
    for start in range(0, len(asked), AT_ONCE):
        some = asked[start : start + AT_ONCE]
        found.update(session.scalars(select(ChatLine.key).where(col(ChatLine.key).in_(some))))
    return found


def person_of_chat(session: Session, chat: str) -> Person | None:
    """Tell who speaks in a web chat; None for a stranger."""
    query = select(Person).join(Address, col(Address.person_id) == Person.id)
    return session.scalars(query.where(Address.channel == WEB, Address.external_id == chat)).first()


def is_made_for(session: Session, chat: str, token: str) -> bool:
    """Say whether the code in a link belongs to the person who speaks in this web chat."""
    person, code = person_of_chat(session, chat), read_code(token)
    invite = find_invite(session, code) if person is not None and code is not None else None
    return invite is not None and person is not None and invite.person_id == person.id
