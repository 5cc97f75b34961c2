"""听课: one lesson observed, from proposal to feedback; the feedback is the observer's alone until sent."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, or_
from sqlmodel import Field, Session, SQLModel, col, select

from models.attachments import Attachment
from models.base import id_field
from models.prompts import Prompt

LIVE = ("proposed", "agreed")


class Observation(SQLModel, table=True):
    """One visit of `observer_id` to a lesson of `teacher_id`; `person_id` is whoever proposed it."""

    __tablename__ = "observation"
    id: UUID = id_field()
    person_id: UUID = Field(foreign_key="person.id")
    observer_id: UUID = Field(foreign_key="person.id", index=True)
    teacher_id: UUID = Field(foreign_key="person.id", index=True)
    day: date
    period: int  # lesson period of the bell table, from 1
    starts_at: datetime = Field(index=True)
    ends_at: datetime
    lesson_kind: str = "ordinary"  # ordinary 家常课, study 研究课, qualifying 合格课
    focus: str = ""  # what the observed teacher asked to have watched
    state: str = "proposed"  # proposed, agreed, declined, cancelled, not_held, held
    version: int = 1  # grows with every move, so an old card and an old reminder are known
    lesson_id: UUID | None = Field(default=None, foreign_key="lesson.id", ondelete="SET NULL", index=True)
    class_name: str = ""  # as the timetable said when it was arranged
    subject: str = ""
    series_id: UUID | None = Field(default=None, index=True)  # 一篇 taught in several lessons: the first one's id
    why: str | None = None
    strength: str = ""
    watched: str = ""
    suggestion: str = ""
    feedback: str = "none"  # none, draft, kept (the observer's own), sent
    sent_at: datetime | None = None
    answer: str = ""
    made_at: datetime


def visible_observations(viewer_id: UUID) -> Select[Any]:
    """Select the observations whose two sides include `viewer_id`; nobody else sees a booking."""
    sides = (col(Observation.observer_id) == viewer_id, col(Observation.teacher_id) == viewer_id)
    return select(Observation).where(or_(*sides))


def feedback_readable_by(viewer_id: UUID) -> Select[Any]:
    """Select the observations whose feedback `viewer_id` may read: the observer's own, the teacher's once sent."""
    return select(Observation).where(
        or_(
            col(Observation.observer_id) == viewer_id,
            and_(col(Observation.teacher_id) == viewer_id, col(Observation.feedback) == "sent"),
        )
    )


def visible_observation(session: Session, viewer_id: UUID, observation_id: UUID) -> Observation | None:
    """Get one observation that `viewer_id` takes part in."""
    return session.scalars(visible_observations(viewer_id).where(col(Observation.id) == observation_id)).first()


def coming_observations(session: Session, viewer_id: UUID, now: datetime) -> list[Observation]:
    """List her observations that are proposed or agreed and not over, the next first."""
    query = visible_observations(viewer_id).where(col(Observation.state).in_(LIVE), col(Observation.ends_at) >= now)
    return list(session.scalars(query.order_by(col(Observation.starts_at))))


def lessons_to_answer(session: Session, viewer_id: UUID, since: datetime, now: datetime) -> list[Observation]:
    """List the lessons over since `since` that she went to hear and has written nothing about yet, the latest first."""
    query = visible_observations(viewer_id).where(
        col(Observation.observer_id) == viewer_id,
        col(Observation.state).in_(("agreed", "held")),
        col(Observation.feedback).in_(("none", "draft")),
        col(Observation.ends_at) >= since,
        col(Observation.ends_at) < now,
    )
    return list(session.scalars(query.order_by(col(Observation.starts_at).desc())))


def proposals_to(session: Session, viewer_id: UUID, now: datetime) -> list[Observation]:
    """List the lessons that somebody proposed to her and that wait for her word, the next first."""
    query = visible_observations(viewer_id).where(
        col(Observation.state) == "proposed", col(Observation.person_id) != viewer_id, col(Observation.starts_at) > now
    )
    found = list(session.scalars(query.order_by(col(Observation.starts_at))))
    first = {one.series_id: one.id for one in reversed(found) if one.series_id}
    return [one for one in found if one.series_id is None or first[one.series_id] == one.id]


def lessons_of_set(session: Session, viewer_id: UUID, observation: Observation) -> list[Observation]:
    """List the lessons that were arranged together (整篇), the first held first; one alone is a set of one."""
    if observation.series_id is None:
        return [observation] if viewer_id in (observation.observer_id, observation.teacher_id) else []
    query = visible_observations(viewer_id).where(col(Observation.series_id) == observation.series_id)
    return list(session.scalars(query.order_by(col(Observation.starts_at))))


def visits_to_lesson(session: Session, viewer_id: UUID, day: date, period: int) -> list[Observation]:
    """List the live visits to one lesson that `viewer_id` teaches."""
    query = visible_observations(viewer_id).where(
        col(Observation.teacher_id) == viewer_id,
        col(Observation.state).in_(LIVE),
        col(Observation.day) == day,
        col(Observation.period) == period,
    )
    return list(session.scalars(query.order_by(col(Observation.made_at))))


def visits_on_days(session: Session, days: Iterable[date]) -> list[Observation]:
    """List every live visit on some days, for whoever closes them: to tell its two sides, never to show it."""
    query = select(Observation).where(col(Observation.state).in_(LIVE), col(Observation.day).in_(list(days)))
    return list(session.exec(query.order_by(col(Observation.starts_at))))


def called_off(visit: Observation, other_id: UUID, now: datetime) -> Prompt:
    """Plan to tell one side that the other is not there any more; the visit is named by its day, not by her name."""
    return Prompt(
        key=f"observation:{visit.id}/visit_off", person_id=other_id, kind="visit_off", about_id=visit.id,
        facts={"day": visit.day.isoformat(), "period": visit.period}, due_at=now, expires_at=visit.starts_at,
        manner="appointment", made_at=now,
    )  # fmt: skip


def taken_lessons(
    session: Session, viewer_id: UUID, persons: list[UUID], now: datetime
) -> list[tuple[UUID, date, int]]:
    """List (person, day, period) of lessons already arranged for her or for the persons she may propose to.

    Only that the lesson is taken, never by whom: a booking is known to its two sides alone.
    """
    concerned = {viewer_id, *persons}
    query = select(Observation).where(
        col(Observation.state).in_(LIVE),
        col(Observation.ends_at) >= now,
        or_(col(Observation.observer_id).in_(concerned), col(Observation.teacher_id).in_(concerned)),
    )
    found = list(session.exec(query))
    both = [(side, seen.day, seen.period) for seen in found for side in (seen.observer_id, seen.teacher_id)]
    return sorted({slot for slot in both if slot[0] in concerned}, key=lambda slot: (slot[1], slot[2], slot[0]))


def same_visit(session: Session, viewer_id: UUID, wished: Observation) -> Observation | None:
    """Find the live booking of the same two people at the same lesson, so that proposing twice is harmless."""
    query = visible_observations(viewer_id).where(
        col(Observation.state).in_(LIVE),
        col(Observation.observer_id) == wished.observer_id,
        col(Observation.teacher_id) == wished.teacher_id,
        col(Observation.day) == wished.day,
        col(Observation.period) == wished.period,
        col(Observation.id) != wished.id,
    )
    return session.scalars(query).first()


def feedback_of(session: Session, viewer_id: UUID, observation_id: UUID) -> Observation | None:
    """Get one observation whose feedback `viewer_id` may read."""
    return session.scalars(feedback_readable_by(viewer_id).where(col(Observation.id) == observation_id)).first()


def enclosures_readable_by(viewer_id: UUID) -> Select[Any]:
    """Select the recordings and pictures that came, or still come, with feedback that `viewer_id` may read."""
    feedback = feedback_readable_by(viewer_id).with_only_columns(col(Observation.id))
    return select(Attachment).where(
        col(Attachment.observation_id).in_(feedback),
        col(Attachment.removed_at).is_(None),
        col(Attachment.state).in_(("wanted", "kept")),
    )


def enclosures(session: Session, viewer_id: UUID, observation_id: UUID) -> list[Attachment]:
    """List the recordings and pictures of one feedback that `viewer_id` may read, in the order they came."""
    query = enclosures_readable_by(viewer_id).where(col(Attachment.observation_id) == observation_id)
    return list(session.scalars(query.order_by(col(Attachment.made_at), col(Attachment.id))))


def enclosure(session: Session, viewer_id: UUID, attachment_id: UUID) -> tuple[Attachment, Observation] | None:
    """Get one recording or picture that came with feedback `viewer_id` may read, and the lesson it is about."""
    found = session.scalars(enclosures_readable_by(viewer_id).where(col(Attachment.id) == attachment_id)).first()
    return (found, session.get_one(Observation, found.observation_id)) if found else None


def lately_held(session: Session, viewer_id: UUID, since: datetime, at_most: int = 2) -> list[Observation]:
    """List the lessons held since `since` in which she took part, on either side, the latest first."""
    query = visible_observations(viewer_id).where(col(Observation.state) == "held", col(Observation.starts_at) >= since)
    return list(session.scalars(query.order_by(col(Observation.starts_at).desc()).limit(at_most)))


def proposal_cards(session: Session, viewer_id: UUID, observation: Observation) -> list[Prompt]:
    """List the cards that ask about the present version of an observation that `viewer_id` takes part in."""
    if viewer_id not in (observation.observer_id, observation.teacher_id):
        return []
    query = select(Prompt).where(col(Prompt.about_id) == observation.id, col(Prompt.kind) == "observation_proposed")
    return [card for card in session.exec(query) if card.facts.get("version") == observation.version]
