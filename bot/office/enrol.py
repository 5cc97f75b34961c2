"""Carry out what a roster plans: persons, roles and pairs, all rows or none."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.config import Settings
from bot.errors import BadRows
from bot.office.report import Report, few, refused
from bot.office.roster import COLUMNS, Enrolment, Plan, Whom, check
from bot.office.sheets import read_sheet
from models import AuditEvent, Person, Unit
from models.accounts import holder_of, list_account, take_off
from models.enrolment import enrolled, roles_in_units, set_mentors, set_roles
from models.store import Store
from models.units import people_below, schools, unit_under

TITLES = {"name": "姓名", "staff_no": "工号", "subject": "学科", "classes": "班级", "language": "语言", "zone": "时区"}
MEMBER_CHANNELS = ("wecom_app", "wecom_aibot")  # there a chat's name is the member's userid, whichever door it came by
DEFAULT_SCHOOL = str(Settings.model_fields["school"].default)


@dataclass
class Changes:
    """What was done, in words for the clerk and in numbers."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    paired: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Say whether anything was done at all."""
        return bool(self.new or self.changed or self.paired)

    def counts(self) -> dict[str, int]:
        """Count by kind."""
        return {"new": len(self.new), "changed": len(self.changed), "paired": len(self.paired)}


def roster(store: Store, settings: Settings, path: Path, now: datetime, apply: bool) -> Report:
    """Import a roster; without `apply` it is carried out and taken back, so that the answer is exact."""
    try:
        sheet = read_sheet(path, COLUMNS)
        with store.writing() as session:
            plan = check(sheet, enrolled(session))
            changes = carry_out(session, plan, settings, now)
            has_office = bool(_office(session))
            if not apply:
                session.rollback()
    except BadRows as error:
        return refused("名单没有导入：", error)
    return Report(tuple(_lines(plan, changes, has_office, apply)), facts=changes.counts())


def carry_out(session: Session, plan: Plan, settings: Settings, now: datetime) -> Changes:
    """Write the plan into the store within the session's transaction.

    1. Units, so that roles have a place.
    2. Persons, so that pairs have both sides.
    3. Roles and pairs; what the file has no column for stays as it is.
    """
    changes = Changes()
    today = now.astimezone(ZoneInfo(settings.timezone)).date()
    places = [_places_of(session, one, settings, changes) for one in plan.people]
    people = [_person(session, one, plan.columns, settings, changes, now) for one in plan.people]
    session.flush()
    if "account" in plan.columns:
        for one, person in zip(plan.people, people, strict=True):
            if _list(session, person, one.wanted.account) and one.known is not None:
                changes.changed.append(f"{person.name}：企业微信账号 {one.wanted.account}")
    mentors = {_id_of(whom, people) for one in plan.people for whom in one.mentors}
    for one, person, (school, groups) in zip(plan.people, people, places, strict=True):
        held = roles_in_units(session, person.id)
        roles = _roles(one, plan.columns, held, school, person.id in mentors)
        wanted = {
            (unit.id, role) for role, of_school in roles for unit in ([school] if of_school else groups or [school])
        }
        if set_roles(session, person.id, wanted) and one.known is not None:
            changes.changed.append(f"{person.name}：角色或教研组")
    if "mentors" in plan.columns:
        for one, person in zip(plan.people, people, strict=True):
            _pair(session, person, {_id_of(whom, people) for whom in one.mentors}, today, changes)
    _make_outside_mentors(session, plan)
    if changes:
        session.add(AuditEvent(at=now, what="imported", facts={"kind": "roster", **changes.counts()}))
    session.flush()
    return changes


def _places_of(session: Session, one: Enrolment, settings: Settings, changes: Changes) -> tuple[Unit, list[Unit]]:
    """Get or make the school and the groups of a row."""
    school = _school(session, one.wanted.school, settings, changes)
    return school, [unit_under(session, name, school.id) for name in one.wanted.groups]


def _school(session: Session, name: str, settings: Settings, changes: Changes) -> Unit:
    """Get or make a school; without a column for it, the only one we have, under the name that is set."""
    roots = schools(session)
    if name or len(roots) != 1:
        return unit_under(session, name or settings.school, None)
    school = roots[0]
    if settings.school not in (DEFAULT_SCHOOL, school.name):
        changes.changed.append(f"学校名称：{school.name} → {settings.school}")
        school.name = settings.school
    return school


def _person(
    session: Session, one: Enrolment, columns: frozenset[str], settings: Settings, changes: Changes, now: datetime
) -> Person:
    wanted = one.wanted
    if one.known is None:
        person = Person(
            name=wanted.name, staff_no=wanted.staff_no, subject=wanted.subject, classes=list(wanted.classes),
            language=wanted.language or settings.language, zone=wanted.zone or settings.timezone,
            weekly_budget=settings.weekly_budget,
        )  # fmt: skip
        session.add(person)
        changes.new.append(f"{wanted.name}（{'、'.join(wanted.groups) or '全校'}）")
        return person
    person = session.get_one(Person, one.known.id)
    _update(person, one, columns, changes, now)
    return person


def _update(person: Person, one: Enrolment, columns: frozenset[str], changes: Changes, now: datetime) -> None:
    """Write what the file says over what we know; an empty staff number, language or time zone says nothing."""
    wanted = one.wanted
    said: dict[str, Any] = {"name": wanted.name, "subject": wanted.subject, "classes": list(wanted.classes)}
    if wanted.staff_no:
        said["staff_no"] = wanted.staff_no
    # Once she has joined, the language is hers to choose.
    if wanted.language and person.joined_at is None:
        said["language"] = wanted.language
    if wanted.zone:
        said["zone"] = wanted.zone
    for name, value in said.items():
        before = getattr(person, name)
        if name in columns and before != value:
            setattr(person, name, value)
            changes.changed.append(f"{wanted.name}：{TITLES[name]} {_shown(before)} → {_shown(value)}")
    if "zone" in columns and wanted.zone and person.next_contact_at is not None:
        person.next_contact_at = now  # her hours come at other instants: the planner looks again
    if person.left_at is not None:
        person.left_at = None
        changes.changed.append(f"{wanted.name}：回到名单")


def _list(session: Session, person: Person, account: str) -> bool:
    """Note whose account it is, so that who speaks there needs no code; say whether anything changed.

    An empty cell says nothing. The newest file is right: an account that was somebody else's is hers from now on.
    """
    if not account:
        return False
    holder = holder_of(session, MEMBER_CHANNELS, account)
    if holder is not None and holder != person.id:
        take_off(session, holder, MEMBER_CHANNELS)
    return list_account(session, person.id, MEMBER_CHANNELS, account)


def _shown(value: Any) -> str:
    return ("、".join(value) if isinstance(value, list) else str(value or "")) or "空"


def _roles(
    one: Enrolment, columns: frozenset[str], held: set[tuple[UUID, str]], school: Unit, is_mentor: bool
) -> set[tuple[str, bool]]:
    """Give her roles, each with whether it is for the whole school.

    Who is somebody's 师傅 is a mentor in her own groups. Without a column for roles she keeps those she holds, in the
    groups that the file names; without one for 师傅 she stays a mentor.
    """
    kept = {(role, unit_id == school.id) for unit_id, role in held}
    roles = set(one.wanted.roles) if "roles" in columns or not kept else kept | _teacher_unless(kept)
    stays_mentor = "mentors" not in columns and any(role == "mentor" for role, _of_school in kept)
    return roles | ({("mentor", False)} if is_mentor or stays_mentor else set())


def _teacher_unless(kept: set[tuple[str, bool]]) -> set[tuple[str, bool]]:
    """A row with a group and no role is a teacher's, unless she already holds a role in a group."""
    return set() if any(not of_school for _role, of_school in kept) else {("teacher", False)}


def _id_of(whom: Whom, people: list[Person]) -> UUID:
    return people[whom].id if isinstance(whom, int) else whom


def _pair(session: Session, person: Person, mentors: set[UUID], today: date, changes: Changes) -> None:
    gained, lost = set_mentors(session, person.id, mentors, today)
    changes.paired += [f"{session.get_one(Person, one).name} 带 {person.name}" for one in sorted(gained)]
    changes.paired += [f"{session.get_one(Person, one).name} 不再带 {person.name}" for one in sorted(lost)]


def _make_outside_mentors(session: Session, plan: Plan) -> None:
    """Give mentors who are known but not in this file the role where they work."""
    for mentor_id in sorted({whom for one in plan.people for whom in one.mentors if isinstance(whom, UUID)}):
        held = roles_in_units(session, mentor_id)
        units = {unit_id for unit_id, role in held if role in ("teacher", "leader")}
        set_roles(session, mentor_id, held | {(unit_id, "mentor") for unit_id in units})


def _office(session: Session) -> Iterable[Person]:
    return [person for school in schools(session) for person in people_below(session, school.id, ("office",))]


def _lines(plan: Plan, changes: Changes, has_office: bool, apply: bool) -> list[str]:
    lines = [
        "名单已导入。" if apply else "名单可以导入（这是预览，还没有写入）。",
        f"共 {len(plan.people)} 人：新增 {len(changes.new)}，修改 {len(changes.changed)}，师徒 {len(changes.paired)}。",
    ]
    for title, entries in (("新增", changes.new), ("修改", changes.changed), ("师徒", changes.paired)):
        lines += few(f"  {title}：{entry}" for entry in entries)
    lines += [f"  注意：{notice}" for notice in plan.notices]
    if plan.not_in_file:
        lines += ["这些人知行里有、这份名单里没有，都没有动：" + "、".join(one.name for one in plan.not_in_file)]
    if not has_office:
        lines += ["还没有办公室人员：请给负责的人在“角色”里写上“办公室”，知行有事会告诉这位。"]
    if not apply:
        lines += ["确认无误后，加上 --apply 再运行一次。" if changes else "和知行里的一样，没有要改的。"]
    return lines
