"""Who is who: units, persons, their roles, their addresses on the channels, and the pairs of mentor and teacher."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    UniqueConstraint,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    union_all,
    update,
)
from sqlmodel import Field, Session, SQLModel, col, select

from models.base import id_field, plain_rows

ROLES = ("teacher", "mentor", "leader", "supervisor", "office")
LEFT_ALONE = timedelta(days=60)  # an address unused for so long, while she uses another, is one she has put away


class Unit(SQLModel, table=True):
    """A school or a group in it (教研组); units form a tree."""

    __tablename__ = "unit"
    id: UUID = id_field()
    name: str = Field(index=True)
    parent_id: UUID | None = Field(default=None, foreign_key="unit.id")


class UnitBranch(SQLModel, table=True):
    """One unit lies in another or is it: the closure of the tree, so that a scope is one equality join."""

    __tablename__ = "unit_branch"
    ancestor_id: UUID = Field(foreign_key="unit.id", primary_key=True)
    unit_id: UUID = Field(foreign_key="unit.id", primary_key=True, index=True)


class Person(SQLModel, table=True):
    """One human being, known from the roster, whether she has joined or not."""

    __tablename__ = "person"
    id: UUID = id_field()
    name: str
    staff_no: str | None = Field(default=None, unique=True)
    subject: str = ""
    classes: list[str] = Field(default_factory=list, sa_type=JSON)
    language: str = "zh_Hans"
    zone: str = "Asia/Shanghai"
    joined_at: datetime | None = None
    left_at: datetime | None = None
    unreachable_since: datetime | None = None
    # When she may be contacted, in her own wall time: days "01234" (0 = Monday), "16:30" to "21:00".
    may_contact: bool = True
    contact_days: str = "01234"
    contact_from: str = "16:30"
    contact_until: str = "21:00"
    weekly_budget: int = 3
    strength: str = "usual"  # 轻 light, 常 usual, 勤 keen: how often silence is met again; see models.rules.cadence
    quiet_about: list[str] = Field(default_factory=list, sa_type=JSON)  # what she switched off; models.rules.subjects
    paused_until: datetime | None = None
    is_hushed: bool = False  # she left several cards without a word; her next one lets the planner look again
    # The weekly digest of supervisors and mentors: weekday 0 = Monday, every so many weeks; 0 weeks is off.
    digest_day: int = 4
    digest_every: int = 1
    # The next instant at which the planner wants to look at her prompts; None when nothing waits.
    next_contact_at: datetime | None = Field(default=None, index=True)


class Membership(SQLModel, table=True):
    """A role of one person in one unit; one person may hold several."""

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("person_id", "unit_id", "role"),
        CheckConstraint("role IN ('teacher','mentor','leader','supervisor','office')", name="role_known"),
    )
    id: UUID = id_field()
    person_id: UUID = Field(foreign_key="person.id", index=True)
    unit_id: UUID = Field(foreign_key="unit.id", index=True)
    role: str


class Pairing(SQLModel, table=True):
    """师徒: one mentor and one teacher, from a day through a day, both inclusive and local; see `pairing_holds`."""

    __tablename__ = "pairing"
    id: UUID = id_field()
    mentor_id: UUID = Field(foreign_key="person.id", index=True)
    teacher_id: UUID = Field(foreign_key="person.id", index=True)
    since: date | None = None
    until: date | None = None


class Address(SQLModel, table=True):
    """Where a person can be reached on one channel; a stranger's address has no person yet."""

    __tablename__ = "address"
    __table_args__ = (UniqueConstraint("channel", "external_id"),)
    id: UUID = id_field()
    channel: str
    external_id: str
    person_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    language: str | None = None  # what the channel said of a stranger's language
    made_at: datetime
    last_heard_at: datetime | None = None
    wrong_codes: int = 0  # wrong codes typed since `wrong_since`, so that nobody guesses one
    wrong_since: datetime | None = None
    odd_at: datetime | None = None  # when a sticker or a place was last answered: once a day is enough
    # The labels and data of the last card's buttons, so that a label or a number typed instead of tapped is understood.
    card: list[list[str]] = Field(default_factory=list, sa_type=JSON)
    closed_at: datetime | None = None  # blocked or gone; nothing is sent until she writes again


class Invite(SQLModel, table=True):
    """邀请码: personal, single use; kind join comes from the office, kind link joins a second channel."""

    __tablename__ = "invite"
    id: UUID = id_field()
    code: str = Field(unique=True)
    kind: str = "join"
    person_id: UUID = Field(foreign_key="person.id", index=True)
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    tries: int = 0


class Absence(SQLModel, table=True):
    """Days, inclusive and local, on which a person is away and is not prompted."""

    __tablename__ = "absence"
    id: UUID = id_field()
    person_id: UUID = Field(foreign_key="person.id", index=True)
    first_day: date
    last_day: date
    made_at: datetime
    cancelled_at: datetime | None = None


# The statements of every turn and every plan are built once, for building one costs more than running it.
_ASKED: Any = bindparam("person")
_TODAY: Any = bindparam("today")
_ABSENCES = (
    select(Absence)
    .where(col(Absence.person_id) == _ASKED, col(Absence.cancelled_at).is_(None), col(Absence.last_day) >= _TODAY)
    .order_by(col(Absence.first_day))
)


def absences_of(session: Session, person_id: UUID, today: date) -> list[Absence]:
    """List the absences that have not ended before `today` (her local day) and were not cancelled."""
    return list(session.scalars(_ABSENCES, {"person": person_id, "today": today}))


def roles_of(session: Session, person_id: UUID) -> set[str]:
    """Name every role the person holds anywhere."""
    return set(session.exec(select(Membership.role).where(Membership.person_id == person_id)))


def pairing_holds(today: Any) -> ColumnElement[bool]:
    """Say in SQL whether a pairing counts on a local day: a date, or a parameter; an empty end is no bound.

    The same rule as `models.rules.privacy.Pair.holds`. Whoever asks is the person whose day it is.
    """
    return and_(
        or_(col(Pairing.since).is_(None), col(Pairing.since) <= today),
        or_(col(Pairing.until).is_(None), col(Pairing.until) >= today),
    )


def active_pairings(session: Session, person_id: UUID, today: date) -> list[Pairing]:
    """List the pairs that the person belongs to, on either side, and that count on `today`."""
    query = select(Pairing).where(
        (Pairing.mentor_id == person_id) | (Pairing.teacher_id == person_id), pairing_holds(today)
    )
    return list(session.exec(query))


# Who may be named by an audience.
_GROUP_ROLES = ("teacher", "mentor", "leader")


def _in_group(role: Any) -> ColumnElement[bool]:
    """Write each role out: the list of an IN is filled in anew at every run."""
    return or_(*(role == one for one in _GROUP_ROLES))


_OWN = SQLModel.metadata.tables["membership"].alias("own_membership")
_MENTORS = select(Pairing.mentor_id).where(Pairing.teacher_id == _ASKED, pairing_holds(_TODAY))
_MATES = (
    select(Membership.person_id)
    .join(_OWN, _OWN.c.unit_id == Membership.unit_id)
    .where(_OWN.c.person_id == _ASKED, _in_group(_OWN.c.role), _in_group(col(Membership.role)))
)
_SUPERVISORS = (
    select(Membership.person_id)
    .join(UnitBranch, col(UnitBranch.ancestor_id) == Membership.unit_id)
    .join(_OWN, _OWN.c.unit_id == UnitBranch.unit_id)
    .where(Membership.role == "supervisor", _OWN.c.person_id == _ASKED)
)
_IN_POST = (Person.id != _ASKED, col(Person.left_at).is_(None))
_CIRCLES = {
    "pair": (col(Person.id).in_(_MENTORS),),
    "group": (col(Person.id).in_(_MATES), *_IN_POST),
    "supervisor": (col(Person.id).in_(_SUPERVISORS), *_IN_POST),
}
_PERSONS_OF = {circle: select(Person).where(*held).order_by(Person.name) for circle, held in _CIRCLES.items()}
_NAMES = union_all(*(select(literal(circle), Person.name).where(*held) for circle, held in _CIRCLES.items()))


def _circle(session: Session, circle: str, person_id: UUID, today: date | None = None) -> list[Person]:
    return list(session.scalars(_PERSONS_OF[circle], {"person": person_id, "today": today}))


def names_around(session: Session, person_id: UUID, today: date) -> dict[str, list[str]]:
    """Name her mentors (pair), group mates (group) and supervisors, by name; an audience of nobody is left out."""
    names: dict[str, list[str]] = {}
    for circle, name in plain_rows(session, _NAMES, {"person": person_id, "today": today}):
        names.setdefault(circle, []).append(name)
    return {circle: sorted(names[circle]) for circle in _CIRCLES if circle in names}


def mentors_of(session: Session, person_id: UUID, today: date) -> list[Person]:
    """List her mentors (师傅), by name."""
    return _circle(session, "pair", person_id, today)


def apprentices_of(session: Session, person_id: UUID, today: date) -> list[Person]:
    """List the teachers she mentors (徒弟), by name."""
    query = (
        select(Person)
        .join(Pairing, col(Pairing.teacher_id) == Person.id)
        .where(Pairing.mentor_id == person_id, pairing_holds(today))
    )
    return list(session.exec(query.order_by(Person.name)))


def groups_of(session: Session, person_id: UUID) -> list[Unit]:
    """List the units in which she is a teacher, mentor or leader: the groups that 本组 means."""
    query = (
        select(Unit)
        .join(Membership, col(Membership.unit_id) == Unit.id)
        .where(Membership.person_id == person_id, col(Membership.role).in_(_GROUP_ROLES))
    )
    return list(session.exec(query.order_by(Unit.name).distinct()))


def group_mates_of(session: Session, person_id: UUID) -> list[Person]:
    """List everybody else in her groups, by name."""
    return _circle(session, "group", person_id)


def supervisors_of(session: Session, person_id: UUID) -> list[Person]:
    """List the supervisors (主管) of her units and of the units above them, by name."""
    return _circle(session, "supervisor", person_id)


_OPEN_ADDRESSES = (
    select(Address)
    .where(col(Address.person_id) == _ASKED, col(Address.closed_at).is_(None))
    .order_by(col(Address.last_heard_at).desc().nulls_last())
)


def address_of(
    session: Session, person_id: UUID, silent: Collection[str] = (), among: Collection[str] | None = None
) -> Address | None:
    """Choose where to reach her: the open address she was heard on last, of all channels or `among` some.

    One of the `silent` channels, which ring nobody, is chosen only when she has no other, or has left the others alone.
    """
    every = session.scalars(_OPEN_ADDRESSES, {"person": person_id})
    found = [one for one in every if among is None or one.channel in among]
    last = found[0] if found else None
    if last is None or last.channel not in silent:
        return last
    return next((one for one in found if one.channel not in silent and _is_in_use(one, last)), last)


def _is_in_use(address: Address, last: Address) -> bool:
    heard_at, newest = address.last_heard_at, last.last_heard_at
    return heard_at is None or newest is None or newest - heard_at < LEFT_ALONE


_REACH = select(
    func.max(col(Address.last_heard_at)), func.sum(case((col(Address.closed_at).is_(None), 1), else_=0))
).where(col(Address.person_id) == _ASKED)


def reach_of(session: Session, person_id: UUID) -> tuple[datetime | None, bool]:
    """Tell when she was last heard, on whatever channel, and whether any address of hers is open."""
    heard_at, is_open = session.execute(_REACH, {"person": person_id}).one()
    return heard_at, bool(is_open)


def channels_of(session: Session, person_id: UUID) -> list[str]:
    """Name the channels on which she can be reached."""
    query = select(Address.channel).where(Address.person_id == person_id, col(Address.closed_at).is_(None))
    return sorted(set(session.exec(query)))


def office_people(session: Session) -> list[Person]:
    """List everyone in the office role who has joined."""
    office = select(Membership.person_id).where(Membership.role == "office")
    query = select(Person).where(
        col(Person.id).in_(office), col(Person.joined_at).is_not(None), col(Person.left_at).is_(None)
    )
    return list(session.exec(query.order_by(Person.name)))


_ADDRESSES = select(Address).where(
    Address.channel == bindparam("channel"), col(Address.external_id).in_(bindparam("names", expanding=True))
)
_ADDRESSES_IN_ANY_CASE = select(Address).where(
    Address.channel == bindparam("channel"),
    func.lower(col(Address.external_id)).in_(bindparam("lower", expanding=True)),
)
_LOCKED = (
    select(Person).where(col(Person.id).in_(bindparam("ids", expanding=True))).order_by(col(Person.id))
).with_for_update()  # SQLite has one writer and leaves the lock out
_address = SQLModel.metadata.tables["address"]
_HEARD = update(_address).where(_address.c.id == bindparam("row")).values(last_heard_at=bindparam("at"), closed_at=None)
_DUE = (
    select(Person)
    .where(col(Person.next_contact_at) <= bindparam("now"))
    .order_by(col(Person.next_contact_at))
    .limit(bindparam("at_most"))
).with_for_update(skip_locked=True)


def addresses_named(
    session: Session, channel: str, external_ids: Sequence[str], tells_case: bool = True
) -> list[Address]:
    """Find the addresses of one channel by the names the platform gives them, however it spells them.

    Names are kept as they were spelled last, so that the search without case, which reads every address of the channel,
    is only for who is new or spelled anew.
    """
    found = list(session.scalars(_ADDRESSES, {"channel": channel, "names": list(external_ids)}))
    rest = set(external_ids) - {address.external_id for address in found}
    if tells_case or not rest:
        return found
    lower = [name.lower() for name in rest]
    return [*found, *session.scalars(_ADDRESSES_IN_ANY_CASE, {"channel": channel, "lower": lower})]


def persons_locked(session: Session, ids: Sequence[UUID]) -> list[Person]:
    """Read persons for a turn; where several workers write, each person is locked, in the order of ids."""
    return list(session.scalars(_LOCKED, {"ids": list(ids)}))


def note_heard(session: Session, heard: dict[UUID, datetime]) -> None:
    """Write down when addresses were last heard, all in one statement; an address that speaks is open again."""
    if heard:
        session.connection().execute(_HEARD, [{"row": id, "at": at} for id, at in heard.items()])


def persons_due(session: Session, now: datetime, at_most: int) -> list[Person]:
    """List the persons whose next contact is due, the longest due first."""
    return list(session.scalars(_DUE, {"now": now, "at_most": at_most}))


def close_address(session: Session, address_id: UUID, now: datetime) -> None:
    """Stop writing to an address; without another open one its person counts as unreachable."""
    address = session.get_one(Address, address_id)
    address.closed_at = now
    session.add(address)
    session.flush()
    if address.person_id is not None and address_of(session, address.person_id) is None:
        person = session.get_one(Person, address.person_id)
        person.unreachable_since = person.unreachable_since or now
        person.next_contact_at = None
        session.add(person)


def move_address(session: Session, address_id: UUID, external_id: str) -> None:
    """Follow a chat to its new name at the platform."""
    address = session.get_one(Address, address_id)
    address.external_id = external_id
    session.add(address)


def all_ids(session: Session) -> list[UUID]:
    """List the ids of everyone."""
    return list(session.exec(select(Person.id)))
