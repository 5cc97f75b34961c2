"""导出: every row about one person, table by table, as she may have it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_
from sqlmodel import Session, SQLModel, col, select

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
    Delivery,
    Digest,
    Entry,
    EntryVersion,
    Inbound,
    Invite,
    Lesson,
    LessonMove,
    Membership,
    Observation,
    Outbound,
    Pairing,
    Person,
    Prompt,
    Question,
    Quote,
    Reminder,
    SchoolDay,
    Training,
)
from models.conversations import bring_up
from models.inbound import sent_from

Rows = dict[str, list[dict[str, Any]]]
"""By table name: rows as JSON knows them, days and instants as ISO text, ids as text."""

# Tables that know nobody: the tree of units, the school's year and bells, and marks of the house itself. Any other
# table must be in `_hers`.
ABOUT_NOBODY = frozenset({"unit", "unit_branch", "mark", "term", "bell_table", "school_state"})


def everything_of(session: Session, viewer_id: UUID) -> Rows:
    """Collect every row about the viewer, and nothing that others have not given to her yet."""
    bring_up(session)
    return {
        str(table.__tablename__): [_row(record, viewer_id) for record in session.scalars(_of(table, condition))]
        for table, condition in _hers(session, viewer_id).items()
    }


def exported_tables(session: Session, viewer_id: UUID) -> set[str]:
    """Name the tables that an export looks into."""
    return {str(table.__tablename__) for table in _hers(session, viewer_id)}


def _of(table: type[SQLModel], condition: ColumnElement[bool]) -> Any:
    return select(table).where(condition).order_by(col(table.id))  # type: ignore[attr-defined]


def _hers(session: Session, viewer_id: UUID) -> Mapping[type[SQLModel], ColumnElement[bool]]:
    """Say of each table which of its rows are about the viewer and may be hers to take.

    What she removed is on its way out. A colleague's question is hers once it was asked, a prompt once it was said
    or when it is about her own action.
    """
    actions = select(col(Action.id)).where(Action.person_id == viewer_id)
    entries = select(col(Entry.id)).where(Entry.person_id == viewer_id, col(Entry.removed_at).is_(None))
    messages = select(col(Outbound.id)).where(Outbound.person_id == viewer_id)
    addresses = select(col(Address.id)).where(Address.person_id == viewer_id)
    attended = select(col(Attendance.training_id)).where(Attendance.person_id == viewer_id)
    lessons = select(col(Lesson.id)).where(Lesson.teacher_id == viewer_id)
    received = select(col(Observation.id)).where(Observation.teacher_id == viewer_id, Observation.feedback == "sent")
    return {
        Person: col(Person.id) == viewer_id,
        Membership: col(Membership.person_id) == viewer_id,
        Pairing: or_(col(Pairing.mentor_id) == viewer_id, col(Pairing.teacher_id) == viewer_id),
        Address: col(Address.person_id) == viewer_id,
        Account: col(Account.person_id) == viewer_id,
        Invite: col(Invite.person_id) == viewer_id,
        Absence: col(Absence.person_id) == viewer_id,
        Training: or_(col(Training.named_by) == viewer_id, col(Training.id).in_(attended)),
        Attendance: col(Attendance.person_id) == viewer_id,
        Entry: col(Entry.id).in_(entries),
        EntryVersion: col(EntryVersion.entry_id).in_(entries),
        Attachment: and_(
            col(Attachment.removed_at).is_(None),
            or_(col(Attachment.person_id) == viewer_id, col(Attachment.observation_id).in_(received)),
        ),
        Action: col(Action.person_id) == viewer_id,
        CheckIn: and_(col(CheckIn.person_id) == viewer_id, col(CheckIn.removed_at).is_(None)),
        Observation: or_(col(Observation.observer_id) == viewer_id, col(Observation.teacher_id) == viewer_id),
        Lesson: col(Lesson.teacher_id) == viewer_id,
        LessonMove: or_(col(LessonMove.person_id) == viewer_id, col(LessonMove.lesson_id).in_(lessons)),
        SchoolDay: col(SchoolDay.person_id) == viewer_id,
        Question: or_(
            col(Question.asker_id) == viewer_id,
            and_(col(Question.person_id) == viewer_id, col(Question.asked_at).is_not(None)),
        ),
        Reminder: col(Reminder.person_id) == viewer_id,
        Digest: col(Digest.person_id) == viewer_id,
        Prompt: and_(
            col(Prompt.person_id) == viewer_id,
            or_(col(Prompt.state) == "queued", col(Prompt.about_id).in_(actions)),
        ),
        Conversation: col(Conversation.owner_id) == viewer_id,
        Inbound: _sent_from(session, viewer_id),
        Outbound: col(Outbound.person_id) == viewer_id,
        Delivery: col(Delivery.outbound_id).in_(messages),
        # What she was shown; where her own words went would tell who looked at them.
        Quote: col(Quote.outbound_id).in_(messages),
        ChatLine: col(ChatLine.address_id).in_(addresses),
        AuditEvent: col(AuditEvent.person_id) == viewer_id,
    }


def _sent_from(session: Session, viewer_id: UUID) -> ColumnElement[bool]:
    """Say which raw updates came from one of her chats."""
    chats = session.scalars(select(Address).where(Address.person_id == viewer_id))
    mine = [sent_from(one.channel, one.external_id) for one in chats]
    return or_(*mine) if mine else false()


def _row(record: SQLModel, viewer_id: UUID) -> dict[str, Any]:
    return {name: _plain(value) for name, value in {**record.model_dump(), **_withheld(record, viewer_id)}.items()}


def _withheld(record: SQLModel, viewer_id: UUID) -> dict[str, Any]:
    """Blank what is not hers: feedback that was not sent to her, and the secret of an invitation."""
    if isinstance(record, Invite):
        return {"code": ""}
    if isinstance(record, Observation) and record.observer_id != viewer_id and record.feedback != "sent":
        return {"strength": "", "watched": "", "suggestion": "", "feedback": "none"}
    return {}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, UUID) else value
