"""Schools and their groups: the tree, and the closure that makes a scope one equality join."""

from uuid import UUID

from sqlmodel import Session, col, select

from models.people import Membership, Person, Unit, UnitBranch

IN_GROUP = ("teacher", "mentor", "leader")


def schools(session: Session) -> list[Unit]:
    """List the roots of the tree, by name."""
    return list(session.exec(select(Unit).where(col(Unit.parent_id).is_(None)).order_by(col(Unit.name))))


def school_of(session: Session, person_id: UUID) -> str:
    """Name the school a person belongs to: the root above her first unit, or nothing."""
    query = (
        select(Unit)
        .join(UnitBranch, col(UnitBranch.ancestor_id) == col(Unit.id))
        .join(Membership, col(Membership.unit_id) == col(UnitBranch.unit_id))
        .where(Membership.person_id == person_id, col(Unit.parent_id).is_(None))
    )
    root = session.exec(query.order_by(col(Unit.name))).first()
    return root.name if root else ""


def all_units(session: Session) -> list[Unit]:
    """List every unit, by name."""
    return list(session.exec(select(Unit).order_by(col(Unit.name))))


def unit_under(session: Session, name: str, parent_id: UUID | None) -> Unit:
    """Get the unit of that name below `parent_id` (None: a school), and make it when there is none."""
    query = select(Unit).where(col(Unit.name) == name, col(Unit.parent_id) == parent_id)
    return session.exec(query).first() or _add_unit(session, name, parent_id)


def units_below(session: Session, unit_id: UUID) -> list[Unit]:
    """List a unit and every unit below it, by name."""
    query = select(Unit).join(UnitBranch, col(UnitBranch.unit_id) == col(Unit.id))
    return list(session.exec(query.where(col(UnitBranch.ancestor_id) == unit_id).order_by(col(Unit.name))))


def people_below(session: Session, unit_id: UUID, roles: tuple[str, ...] = IN_GROUP) -> list[Person]:
    """List who holds one of the roles in a unit or below it and has not left, by name."""
    query = (
        select(Person)
        .join(Membership, col(Membership.person_id) == col(Person.id))
        .join(UnitBranch, col(UnitBranch.unit_id) == col(Membership.unit_id))
        .where(
            col(UnitBranch.ancestor_id) == unit_id, col(Membership.role).in_(roles), col(Person.left_at).is_(None)
        )
    )  # fmt: skip
    # Distinct by id: PostgreSQL cannot compare rows that hold JSON.
    people = {person.id: person for person in session.exec(query)}
    return sorted(people.values(), key=lambda person: (person.name, person.id))


def _add_unit(session: Session, name: str, parent_id: UUID | None) -> Unit:
    unit = Unit(name=name, parent_id=parent_id)
    session.add(unit)
    session.flush()
    above = select(UnitBranch.ancestor_id).where(col(UnitBranch.unit_id) == parent_id)
    for ancestor in (unit.id, *session.exec(above)):
        session.add(UnitBranch(ancestor_id=ancestor, unit_id=unit.id))
    session.flush()
    return unit
