"""Who may see which canary: judged from the rows by the pure rule, never by the queries that are under test."""

import json
import re
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import Session, select

from models import Action, CheckIn, Entry, Membership, Observation, Pairing, Person, Question, Quote, Unit
from models.rules import privacy

TOKEN = re.compile(r"qv\d{5}zx")
FEEDBACK = ("strength", "watched", "suggestion")


def school_of(session: Session, today: date) -> privacy.School:
    """Take a snapshot of who stands where on a day."""
    pairs = session.exec(select(Pairing))
    return privacy.School(
        today=today,
        pairs=frozenset(privacy.Pair(one.mentor_id, one.teacher_id, one.since, one.until) for one in pairs),
        posts=frozenset(privacy.Post(m.person_id, m.unit_id, m.role) for m in session.exec(select(Membership))),
        parents={unit.id: unit.parent_id for unit in session.exec(select(Unit))},
        left=frozenset(person.id for person in session.exec(select(Person)) if person.left_at is not None),
    )


def may_see(session: Session, viewer: UUID, today: date, token: str) -> bool:
    """Say whether any record that holds this token is one that the viewer may read now."""
    school = school_of(session, today)
    return (
        any(
            _may_read(school, row, viewer, token)
            for table in (Entry, Action, CheckIn)
            for row in session.exec(select(table))
        )
        or any(_is_told(question, viewer, token) for question in session.exec(select(Question)))
        or any(_is_in_view(visit, viewer, token) for visit in session.exec(select(Observation)))
    )


def _may_read(school: privacy.School, row: Any, viewer: UUID, token: str) -> bool:
    if not holds(row, token):
        return False
    piece = privacy.Piece(frozenset(row.audience), is_removed=getattr(row, "removed_at", None) is not None)
    return privacy.may_read(piece, privacy.relation(school, row.person_id, viewer))


def is_noted(session: Session, outbound_id: int, token: str) -> bool:
    """Say whether a message that shows a token of something shared is noted to do so; of anything else nothing is."""
    holders = [row for table in (Entry, Action, CheckIn) for row in session.exec(select(table)) if holds(row, token)]
    said = [row for table in (Question, Observation) for row in session.exec(select(table)) if holds(row, token)]
    noted = {one.item_id for one in session.exec(select(Quote).where(Quote.outbound_id == outbound_id))}
    return not holders or any(row.id in noted for row in (*holders, *said))


def holds(row: Any, token: str) -> bool:
    """Say whether any column of a row holds the token."""
    return token in json.dumps(row.model_dump(), ensure_ascii=False, default=str)


def _is_told(question: Question, viewer: UUID, token: str) -> bool:
    """A question is its asker's, and hers who was asked once it was put; an answer goes to the asker once given."""
    was_put = viewer == question.person_id and question.state in ("asked", "answered", "seen")
    if token in question.text:
        return viewer == question.asker_id or was_put
    return (
        token in question.answer
        and (viewer == question.person_id or question.state == "answered")
        and viewer
        in (
            question.person_id,
            question.asker_id,
        )
    )


def _is_in_view(visit: Observation, viewer: UUID, token: str) -> bool:
    """A booking is known to its two sides; feedback is the observer's alone until it is sent."""
    if viewer not in (visit.observer_id, visit.teacher_id):
        return False
    if token in visit.focus or token in visit.answer:
        return True
    hers = viewer == visit.observer_id or visit.feedback == "sent"
    return hers and any(token in getattr(visit, part) for part in FEEDBACK)
