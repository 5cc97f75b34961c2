"""退出: take a person's words out of every table, and say what stays of each and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, and_, cast, delete, func, or_, select, true, union_all, update
from sqlmodel import Session, SQLModel, col

from models import (
    Absence,
    Account,
    Action,
    Address,
    Attachment,
    Attendance,
    AuditEvent,
    ChatLine,
    CheckIn,
    Conversation,
    Digest,
    Entry,
    EntryVersion,
    Inbound,
    Invite,
    Membership,
    Observation,
    Outbound,
    Pairing,
    Person,
    Prompt,
    Question,
    Reminder,
    SchoolDay,
    Training,
)
from models.conversations import bring_up
from models.inbound import sent_from
from models.observations import LIVE

# What happens to the rows of each table that know a person. A table that is not named here fails a test.
TREATMENT = {
    "absence": "deleted",
    "account": "deleted",
    "action": "deleted",
    "address": "unbound; the channel's own number of the chat stays, so that the farewell finds its way",
    "attachment": "marked erase; the row goes when its file is gone",
    "attendance": "deleted",
    "audit_event": "stays: ids and acts, never words",
    "chat_line": "deleted, and lines in other chats that name her",
    "check_in": "deleted",
    "conversation": "deleted; her name goes from what others have open",
    "delivery": "stays: when a message went, never its words",
    "digest": "deleted",
    "entry": "deleted",
    "entry_version": "deleted",
    "inbound": "emptied; the key stays, so that a repeat is known",
    "invite": "deleted",
    "lesson": "stays in the school's timetable, of a person without a name",
    "lesson_move": "stays, for the class whose lesson was moved",
    "membership": "deleted",
    "observation": "stays as a lesson held, for the other side, without her words; what is to come is cancelled",
    "outbound": "emptied and not sent",
    "pairing": "deleted",
    "person": "stays as a number without a name, so that what others keep can refer to it",
    "prompt": "deleted; what others were to hear about her is dropped",
    "question": "stays with the words of the other side; hers go",
    "quote": "stays until its message is taken back or forgotten: ids, never words",
    "reminder": "deleted",
    "school_day": "stays: it is the school's; who said it goes",
    "training": "deleted if she named it herself",
}
UNNAMED = "—"  # stands where her name stood in what others have open


@dataclass(frozen=True)
class Erased:
    """What an erasure means for others: visits that will not take place, and persons whose prompts changed."""

    cancelled: tuple[tuple[UUID, Observation], ...]  # (the other side, the visit)
    replan: frozenset[UUID]


def erase(session: Session, person: Person, now: datetime) -> Erased:
    """Erase one person; the caller commits, and then the files marked erase are deleted from the disk.

    1. Drop what waits to be said to her and about her, while her records can still be found.
    2. Take her words out of what others keep, and cancel what was agreed with her.
    3. Delete her records, the children before what they refer to.
    4. Empty what came in and what goes out, unbind her addresses, and forget her name.
    """
    name, addresses = person.name, _addresses(session, person.id)
    replan = _drop_prompts(session, person.id)
    _forget_in_open_talks(session, person, addresses)
    cancelled = _clear_observations(session, person.id, now)
    _clear_questions(session, person.id, now)
    _mark_files(session, person.id, now)
    _delete_records(session, person.id)
    _empty_messages(session, name, addresses, now)
    _forget_person(session, person, addresses, now)
    return Erased(cancelled, replan | {other for other, _ in cancelled})


def own_things(person_id: UUID) -> Any:
    """Select the ids of everything of hers that a prompt or a conversation may be about."""
    tables: Sequence[type[SQLModel]] = (Entry, Action, CheckIn, Absence, Digest, Invite, Reminder)
    own = [select(table.id).where(table.person_id == person_id) for table in tables]  # type: ignore[attr-defined]
    both = (
        select(col(Observation.id)).where(_takes_part(person_id)),
        select(col(Question.id)).where(or_(col(Question.asker_id) == person_id, col(Question.person_id) == person_id)),
        select(col(Person.id)).where(col(Person.id) == person_id),
    )
    return union_all(*own, *both)


def _takes_part(person_id: UUID) -> ColumnElement[bool]:
    return or_(col(Observation.observer_id) == person_id, col(Observation.teacher_id) == person_id)


def _addresses(session: Session, person_id: UUID) -> list[Address]:
    return list(session.scalars(select(Address).where(col(Address.person_id) == person_id)))


def _drop_prompts(session: Session, person_id: UUID) -> frozenset[UUID]:
    """Delete hers; empty what was or is to be said to others about her things, and return who waited for it."""
    session.execute(delete(Prompt).where(col(Prompt.person_id) == person_id))
    about = or_(col(Prompt.about_id).in_(own_things(person_id)), _mentions(Prompt.facts, str(person_id)))
    waiting = and_(about, col(Prompt.state).in_(("waiting", "held")))
    others = frozenset(session.scalars(select(col(Prompt.person_id)).where(waiting)))
    session.execute(update(Prompt).where(waiting).values(state="dropped", why="erased"))
    session.execute(update(Prompt).where(about).values(facts={}))
    return others


def _mentions(column: Any, words: str) -> ColumnElement[bool]:
    return cast(column, Text).contains(words, autoescape=True)


def _forget_in_open_talks(session: Session, person: Person, addresses: list[Address]) -> None:
    """Delete her conversations and those about her things; take her name out of what others are asked."""
    bring_up(session)
    owners = [person.id, *(address.id for address in addresses)]
    hers = or_(col(Conversation.owner_id).in_(owners), col(Conversation.about_id).in_(own_things(person.id)))
    session.execute(delete(Conversation).where(hers))
    if person.name:
        for talk in session.scalars(select(Conversation).where(_mentions(Conversation.facts, person.name))):
            talk.facts = _without(talk.facts, person.name)


def _without(value: Any, name: str) -> Any:
    """Replace a name wherever it stands in facts; keys stay."""
    if isinstance(value, str):
        return value.replace(name, UNNAMED)
    if isinstance(value, list):
        return [_without(item, name) for item in value]
    return {key: _without(item, name) for key, item in value.items()} if isinstance(value, dict) else value


def _clear_observations(session: Session, person_id: UUID, now: datetime) -> tuple[tuple[UUID, Observation], ...]:
    """Take her words out of every visit, and cancel those that are still to come."""
    cancelled = []
    for visit in session.scalars(select(Observation).where(_takes_part(person_id))):
        if visit.teacher_id == person_id:
            visit.focus = visit.answer = ""
        if visit.observer_id == person_id:
            visit.strength = visit.watched = visit.suggestion = ""
        visit.why = None
        if visit.state in LIVE:
            other = visit.observer_id if visit.teacher_id == person_id else visit.teacher_id
            visit.state, visit.version = "cancelled", visit.version + 1
            cancelled += [(other, visit)] if visit.ends_at > now else []
    return tuple(cancelled)


def _clear_questions(session: Session, person_id: UUID, now: datetime) -> None:
    asked, was_asked = col(Question.asker_id) == person_id, col(Question.person_id) == person_id
    session.execute(update(Question).where(asked).values(text=""))
    session.execute(update(Question).where(was_asked).values(answer=""))
    open_still = and_(or_(asked, was_asked), col(Question.state).in_(("waiting", "asked")))
    session.execute(update(Question).where(open_still).values(state="dropped"))


def _mark_files(session: Session, person_id: UUID, now: datetime) -> None:
    """Leave of each file only what is needed to delete it: a commit must come before the disk is touched."""
    hers = col(Attachment.person_id) == person_id
    session.execute(delete(Attachment).where(hers, col(Attachment.state) == "erased"))
    blank = {"entry_id": None, "observation_id": None, "name": "", "file_id": "", "why": None, "next_try_at": None}
    session.execute(update(Attachment).where(hers).values(state="erase", removed_at=now, **blank))


def _delete_records(session: Session, person_id: UUID) -> None:
    entries = select(col(Entry.id)).where(col(Entry.person_id) == person_id)
    trainings = select(col(Training.id)).where(col(Training.named_by) == person_id)
    session.execute(delete(EntryVersion).where(col(EntryVersion.entry_id).in_(entries)))
    # Nothing of others should refer to these; if something does, it must not keep her words alive.
    session.execute(update(Action).where(col(Action.entry_id).in_(entries)).values(entry_id=None))
    session.execute(update(Attachment).where(col(Attachment.entry_id).in_(entries)).values(entry_id=None))
    for record in (Entry, Action, CheckIn):
        session.execute(update(record).where(col(record.training_id).in_(trainings)).values(training_id=None))
    session.execute(delete(Attendance).where(col(Attendance.training_id).in_(trainings)))
    own: tuple[Any, ...] = (
        CheckIn, Action, Entry, Digest, Absence, Account, Invite, Attendance, Membership, Reminder,
    )  # fmt: skip
    for table in own:
        session.execute(delete(table).where(table.person_id == person_id))
    in_pair = or_(col(Pairing.mentor_id) == person_id, col(Pairing.teacher_id) == person_id)
    session.execute(delete(Pairing).where(in_pair))
    session.execute(delete(Training).where(col(Training.named_by) == person_id))
    session.execute(update(SchoolDay).where(col(SchoolDay.person_id) == person_id).values(person_id=None))


def _empty_messages(session: Session, name: str, addresses: list[Address], now: datetime) -> None:
    """Empty what she sent and what was to reach her, and what was to tell others of her by name."""
    ids = [address.id for address in addresses]
    for address in addresses:
        sent = sent_from(address.channel, address.external_id)
        session.execute(update(Inbound).where(sent).values(body=None, error=None))
        session.execute(
            update(Inbound).where(sent, col(Inbound.state) == "waiting").values(state="done", handled_at=now)
        )
    to_her = col(Outbound.address_id).in_(ids)
    # Replies to others leave within a second and are theirs; a card still waiting that names her is not sent.
    of_her = and_(col(Outbound.urgency) > 0, _mentions(Outbound.body, name)) if name else to_her
    for mine in (to_her, of_her):
        waits = and_(mine, col(Outbound.state).in_(("waiting", "held")))
        session.execute(update(Outbound).where(waits).values(state="failed", done_at=now, key=None, body=None))
    session.execute(update(Outbound).where(to_her).values(body=None))
    lines = (
        or_(col(ChatLine.address_id).in_(ids), _mentions(ChatLine.body, name))
        if name
        else col(ChatLine.address_id).in_(ids)
    )
    session.execute(delete(ChatLine).where(lines))


def _forget_person(session: Session, person: Person, addresses: list[Address], now: datetime) -> None:
    for address in addresses:
        address.person_id, address.language = None, person.language
    person.name, person.staff_no, person.subject, person.classes = "", None, "", []
    person.may_contact, person.paused_until, person.next_contact_at = False, None, None
    person.unreachable_since, person.left_at = None, now
    session.add(AuditEvent(at=now, what="erased", person_id=person.id))


def what_goes(session: Session, person_id: UUID) -> dict[str, int]:
    """Count her own records that an erasure would take: entries, actions, rows of record forms, files."""
    counted: dict[str, tuple[Any, ColumnElement[bool]]] = {
        "entries": (Entry, col(Entry.removed_at).is_(None)),
        "actions": (Action, true()),
        "rows": (CheckIn, col(CheckIn.removed_at).is_(None)),
        "files": (Attachment, col(Attachment.removed_at).is_(None)),
    }
    return {
        name: session.execute(select(func.count(table.id)).where(table.person_id == person_id, alive)).scalar_one()
        for name, (table, alive) in counted.items()
    }
