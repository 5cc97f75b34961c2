"""Who is on the roster: the snapshot an import is checked against, and how roles and pairs are set."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import Session, col, select

from models.people import Membership, Pairing, Person, Unit


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
    query = select(Pairing).where(col(Pairing.teacher_id) == person_id, col(Pairing.until).is_(None))
    held = {one.mentor_id: one for one in session.exec(query)}
    gained, lost = wanted - held.keys(), held.keys() - wanted
    for mentor_id in lost:
        held[mentor_id].until = today
    session.add_all([Pairing(mentor_id=one, teacher_id=person_id, since=today) for one in sorted(gained)])
    return gained, set(lost)


def end_pairs(session: Session, person_id: UUID, today: date) -> None:
    """End every pair that a person belongs to, on either side."""
    query = select(Pairing).where(
        (col(Pairing.teacher_id) == person_id) | (col(Pairing.mentor_id) == person_id), col(Pairing.until).is_(None)
    )
    for pairing in session.exec(query):
        pairing.until = today
