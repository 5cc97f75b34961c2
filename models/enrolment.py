"""Who is on the roster: the snapshot an import is checked against, how roles and pairs are set, who has joined."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, or_, update
from sqlmodel import Session, col, select

from models.messages import ChatLine, Outbound
from models.observations import Observation, called_off, coming_observations
from models.people import Address, Invite, Membership, Pairing, Person, Unit
from models.prompts import Prompt, drop_about


@dataclass(frozen=True)
class Enrolled:
    """One person as the roster knows her; her groups are the units below a school in which she holds any role."""

    id: UUID
    name: str
    staff_no: str | None
    subject: str
    groups: frozenset[str]
    has_left: bool = False


def enrolled(session: Session) -> list[Enrolled]:
    """List every person the store knows, also those who left, by name."""
    groups = defaultdict(set)
    query = select(Membership.person_id, Unit.name).join(Unit, col(Unit.id) == col(Membership.unit_id))
    for person_id, name in session.exec(query.where(col(Unit.parent_id).is_not(None))):
        groups[person_id].add(name)
    people = session.exec(select(Person).order_by(col(Person.name), col(Person.id)))
    return [
        Enrolled(one.id, one.name, one.staff_no, one.subject, frozenset(groups[one.id]), one.left_at is not None)
        for one in people
    ]


def roles_in_units(session: Session, person_id: UUID) -> set[tuple[UUID, str]]:
    """Give every role of a person with the unit she holds it in."""
    query = select(Membership.unit_id, Membership.role).where(col(Membership.person_id) == person_id)
    return {(unit_id, role) for unit_id, role in session.exec(query)}


def set_roles(session: Session, person_id: UUID, wanted: set[tuple[UUID, str]]) -> bool:
    """Make the roles of a person exactly these; say whether anything changed."""
    query = select(Membership).where(col(Membership.person_id) == person_id)
    held = {(one.unit_id, one.role): one for one in session.exec(query)}
    for key in held.keys() - wanted:
        session.delete(held[key])
    for unit_id, role in sorted(wanted - held.keys()):
        session.add(Membership(person_id=person_id, unit_id=unit_id, role=role))
    return held.keys() != wanted


def set_mentors(session: Session, person_id: UUID, wanted: set[UUID], today: date) -> tuple[set[UUID], set[UUID]]:
    """Pair a teacher with exactly these mentors from `today` (local); return whom she gained and whom she lost."""
    query = select(Pairing).where(col(Pairing.teacher_id) == person_id, _not_over(today))
    held = {one.mentor_id: one for one in session.exec(query)}
    gained, lost = wanted - held.keys(), held.keys() - wanted
    for mentor_id in lost:
        held[mentor_id].until = today - timedelta(days=1)  # the last day that counts
    session.add_all([Pairing(mentor_id=one, teacher_id=person_id, since=today) for one in sorted(gained)])
    return gained, set(lost)


def end_pairs(session: Session, person_id: UUID, today: date) -> None:
    """End every pair that a person belongs to, on either side: from `today` (local) on none of them counts."""
    query = select(Pairing).where(
        (col(Pairing.teacher_id) == person_id) | (col(Pairing.mentor_id) == person_id), _not_over(today)
    )
    for pairing in session.exec(query):
        pairing.until = today - timedelta(days=1)


def _not_over(today: date) -> ColumnElement[bool]:
    return or_(col(Pairing.until).is_(None), col(Pairing.until) >= today)


@dataclass(frozen=True)
class Standing:
    """How one person on the roster stands to the bot; nothing of what she wrote."""

    id: UUID
    name: str
    staff_no: str | None
    groups: tuple[str, ...]
    joined_at: datetime | None
    unreachable_since: datetime | None
    channels: tuple[str, ...]
    code: str | None
    code_until: datetime | None


def standings(session: Session, now: datetime) -> list[Standing]:
    """List everybody who has not left, by group and name, with her channels and the code she may still use."""
    channels = defaultdict(set)
    for person_id, channel in session.exec(select(Address.person_id, Address.channel)):
        channels[person_id].add(channel)
    query = select(Invite).where(Invite.kind == "join", col(Invite.used_at).is_(None), Invite.expires_at > now)
    codes = {one.person_id: one for one in session.exec(query.order_by(col(Invite.made_at)))}
    people = {one.id: one for one in session.exec(select(Person).where(col(Person.left_at).is_(None)))}
    found = [
        Standing(
            one.id, one.name, one.staff_no, tuple(sorted(one.groups)),
            people[one.id].joined_at, people[one.id].unreachable_since, tuple(sorted(channels[one.id])),
            codes[one.id].code if one.id in codes else None, codes[one.id].expires_at if one.id in codes else None,
        )
        for one in enrolled(session)
        if one.id in people
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.groups, one.name, one.id))


def unbind(session: Session, person_id: UUID, channel: str, now: datetime) -> int:
    """Take a person's addresses on one channel away from her, with everything on its way there; return how many.

    A lost phone must show nothing more: neither what is still to be sent nor the lines of the web chat.
    """
    query = select(Address).where(Address.person_id == person_id, Address.channel == channel)
    addresses = list(session.exec(query))
    ids = [address.id for address in addresses]
    for address in addresses:
        address.person_id = None
    waits = col(Outbound.address_id).in_(ids), col(Outbound.state).in_(("waiting", "claimed", "held"))
    session.execute(update(Outbound).where(*waits).values(state="failed", done_at=now, key=None, body=None))
    session.execute(delete(ChatLine).where(col(ChatLine.address_id).in_(ids)))
    return len(addresses)


def leave(session: Session, person_id: UUID, now: datetime, today: date) -> set[UUID]:
    """Note that a person left the school: her pairs end `today` (local), and nothing more is said to her.

    Her visits to come are off; return those who were to meet her, to be planned for: they are told.
    """
    person = session.get_one(Person, person_id)
    person.left_at, person.next_contact_at = now, None
    end_pairs(session, person_id, today)
    waits = col(Prompt.person_id) == person_id, col(Prompt.state) == "waiting"
    session.execute(update(Prompt).where(*waits).values(state="dropped", why="not_wanted"))
    invites = col(Invite.person_id) == person_id, col(Invite.used_at).is_(None), col(Invite.expires_at) > now
    session.execute(update(Invite).where(*invites).values(expires_at=now))
    return {_call_off(session, visit, person_id, now) for visit in coming_observations(session, person_id, now)}


def _call_off(session: Session, visit: Observation, person_id: UUID, now: datetime) -> UUID:
    visit.state, visit.version = "cancelled", visit.version + 1
    drop_about(session, visit.id)
    other = visit.observer_id if visit.teacher_id == person_id else visit.teacher_id
    session.add(called_off(visit, other, now))
    return other
