"""Invite codes: made without look-alikes, read kindly, guarded against guessing."""

import re
import secrets
import unicodedata
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import combinations, product
from uuid import UUID

from sqlmodel import Session, col, select

from models.people import Address, Invite, Membership, Unit

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # without 0 O 1 I L, which people misread
LENGTH = 6
JOIN_FOR = timedelta(days=30)
LINK_FOR = timedelta(minutes=10)
LINK_TRIES = 5  # how often a link code may be opened before it dies
WRONG_CODES = 5  # wrong codes from one address before we pause
PAUSE = timedelta(hours=1)  # counted from the first of them

# What a typed character may have been on paper; only at most two of six are ever doubted.
LOOK_ALIKES = {
    "0": "QD", "O": "QD", "Q": "D", "D": "Q", "1": "J7T", "I": "J7T", "L": "J7T",
    "8": "B", "B": "8", "5": "S", "S": "5", "2": "Z", "Z": "2", "U": "V", "V": "U",
}  # fmt: skip
DOUBTED_AT_MOST = 2


def new_code(session: Session) -> str:
    """Make a code that no invite has ever had."""
    while True:
        code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        if find_invite(session, code) is None:
            return code


def new_invite(session: Session, person_id: UUID, now: datetime, kind: str = "join") -> Invite:
    """Make an invite for one person, and end the older ones of its kind that she has not used."""
    for older in open_invites(session, person_id, kind, now):
        older.expires_at = now
    lasts = LINK_FOR if kind == "link" else JOIN_FOR
    return Invite(code=new_code(session), kind=kind, person_id=person_id, made_at=now, expires_at=now + lasts)


def open_invites(session: Session, person_id: UUID, kind: str, now: datetime) -> list[Invite]:
    """List the invites of one person that can still be used."""
    query = select(Invite).where(
        Invite.person_id == person_id, Invite.kind == kind, col(Invite.used_at).is_(None), Invite.expires_at > now
    )
    return list(session.exec(query))


def find_invite(session: Session, code: str) -> Invite | None:
    """Find the invite of exactly this code, whatever its state."""
    return session.exec(select(Invite).where(Invite.code == code)).first()


def state_of(invite: Invite, now: datetime) -> str:
    """Say how an invite stands: live, used, expired, or worn (a link code tried too often)."""
    if invite.used_at is not None:
        return "used"
    if invite.expires_at <= now:
        return "expired"
    return "worn" if invite.kind == "link" and invite.tries >= LINK_TRIES else "live"


def read_code(typed: str) -> str | None:
    """Return the six capital letters and digits in what was typed (full-width, spaced, in a link), or None.

    Letters that no code has, such as O, are kept: they are what a look-alike is found by.
    """
    text = unicodedata.normalize("NFKC", typed).upper()
    close = re.sub(r"[\s\-–—·.。,，、_\u200b-\u200f\ufeff「」『』\"'“”]", "", text)
    if re.fullmatch(f"[A-Z0-9]{{{LENGTH}}}", close):
        return close
    words = re.findall(f"(?<![A-Z0-9])[A-Z0-9]{{{LENGTH}}}(?![A-Z0-9])", text)
    return words[-1] if words else None


def misread_invite(session: Session, code: str, now: datetime) -> Invite | None:
    """Find the one invite that `code` may be a misreading of; None when there is none or more than one.

    Only live join codes: a link code is read from a screen a minute ago, and opens somebody's account.
    """
    query = select(Invite).where(
        col(Invite.code).in_(list(_readings(code))),
        Invite.kind == "join",
        col(Invite.used_at).is_(None),
        Invite.expires_at > now,
    )
    found = list(session.exec(query.limit(2)))
    return found[0] if len(found) == 1 else None


def _readings(code: str) -> Iterator[str]:
    doubtful = [place for place, letter in enumerate(code) if letter in LOOK_ALIKES]
    for count in range(1, DOUBTED_AT_MOST + 1):
        for places in combinations(doubtful, count):
            for letters in product(*(LOOK_ALIKES[code[place]] for place in places)):
                yield _replaced(code, dict(zip(places, letters, strict=True)))


def _replaced(code: str, letters: dict[int, str]) -> str:
    return "".join(letters.get(place, letter) for place, letter in enumerate(code))


def note_wrong_code(address: Address, now: datetime) -> None:
    """Count one wrong code typed at this address; an hour after the first the count begins anew."""
    if address.wrong_since is None or now >= address.wrong_since + PAUSE:
        address.wrong_codes, address.wrong_since = 0, now
    address.wrong_codes += 1


def paused_until(address: Address, now: datetime) -> datetime | None:
    """Return until when no code is read from this address, or None."""
    if address.wrong_since is None or address.wrong_codes < WRONG_CODES:
        return None
    until = address.wrong_since + PAUSE
    return until if now < until else None


def units_of(session: Session, person_id: UUID) -> list[str]:
    """Name the units in which a person holds any role: it tells two people of one name apart."""
    query = select(Unit.name).join(Membership, col(Membership.unit_id) == Unit.id)
    return sorted(set(session.exec(query.where(Membership.person_id == person_id))))
