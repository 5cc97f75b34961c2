"""学期 in chat: the office says when a term begins and how many weeks it has; first whom that moves, then the change."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.answers import choice
from bot.conversation import Answers, Conversation, Outcome, Question, Say, Tap
from bot.errors import Refused
from bot.planning import moved_by, replan_everyone
from bot.school import as_span, note_edit, school_clock, visits_between
from models import AuditEvent, Person, Prompt, Term
from models.closed_days import closed_prompts, open_prompts
from models.overview import visited_lessons
from models.people import roles_of
from models.rules.calendar import Calendar, TermSpan, overlapping
from models.rules.term_edits import MOST_WEEKS, ManyWeeks, NoWeeks, Overlap, TermEdit, read_term_edit
from models.rules.unread import ImpossibleDay, NoTerm, TwoDays
from models.rules.wall_time import local_day
from models.school import all_terms, has_lessons_of

EDITED = "school_term"
Row = dict[str, Any]  # a term as JSON


def facts(session: Session, viewer: Person, now: datetime, _about: UUID | None, rest: str) -> dict[str, Any]:
    """Read the sentence and find whom it moves; raise Refused for everybody but the office.

    What cannot be read, or stands already, is `said` at once: the name of a block, and no question.
    """
    school, today = school_clock(session), local_day(now, viewer.zone)
    if "office" not in roles_of(session, viewer.id):
        term = school.calendar.term_near(today)
        raise Refused("office_only", term=_shown(term) if term else None)
    try:
        edit = read_term_edit(rest, today, school)
    except ValueError as unread:
        return _why_unread(unread)
    told = {"said": None, "term": _shown(edit.span), "was": _shown(edit.was) if edit.was else None}
    if edit.span == edit.was:
        return {**told, "said": "already"}
    after = _after(school.calendar, edit)
    lost = visits_between(session, _visited(session, today), school.calendar, after)
    return {**told, "moved": len(moved_by(session, after, now)), "visits": len(lost)}


def _why_unread(unread: ValueError) -> dict[str, Any]:
    """Choose the block that says why a sentence was not read, with its facts."""
    match unread:
        case ImpossibleDay():
            return {"said": "no_such_day", "month": unread.month, "day": unread.day}
        case TwoDays():
            return {"said": "two_days", "days": [day.isoformat() for day in unread.days]}
        case Overlap():
            return {"said": "overlaps", "other": _shown(unread.other)}
        case NoWeeks():
            return {"said": "no_weeks"}
        case ManyWeeks():
            return {"said": "too_many_weeks", "most": MOST_WEEKS}
        case NoTerm():
            return {"said": "no_term"}
        case _:
            return {"said": "not_read"}


def _row(span: TermSpan) -> Row:
    return {
        "name": span.name,
        "monday": span.monday.isoformat(),
        "weeks": span.weeks,
        "first_day": span.first_day.isoformat() if span.first_day else None,
        "last_day": span.last_day.isoformat() if span.last_day else None,
    }


def _shown(span: TermSpan) -> Row:
    return {**_row(span), "begins": span.begins.isoformat(), "ends": span.ends.isoformat() if span.ends else None}


def _span(row: Row) -> TermSpan:
    first, last = (date.fromisoformat(row[name]) if row[name] else None for name in ("first_day", "last_day"))
    return TermSpan(row["name"], date.fromisoformat(row["monday"]), row["weeks"], first, last)


def _after(calendar: Calendar, edit: TermEdit) -> Calendar:
    kept = [term for term in calendar.terms if term != edit.was]
    terms = tuple(sorted([*kept, edit.span], key=lambda term: term.monday))
    return replace(calendar, terms=terms, _seen={})


def _visited(session: Session, today: date) -> list[date]:
    return sorted({day for _teacher, day, _period in visited_lessons(session, today)})


def finish(session: Session, answers: Answers, person: Person, now: datetime) -> Outcome:
    """Write the term, have everyone planned anew, and tell those whose visit has no school day any more."""
    if "office" not in roles_of(session, person.id):
        raise Refused("gone")
    told = answers.facts
    if told["said"]:
        return Outcome([Say(told["said"], told)])
    span, was = _span(told["term"]), _span(told["was"]) if told["was"] else None
    row = _stored(session, was) if was else None
    if was and row is None:
        return Outcome([Say("changed_since", {"term": told["was"]})])
    if met := _met(session, span, row):
        return Outcome([Say("overlaps", {"other": _shown(met)})])
    row = row or Term(name=span.name, monday=span.monday)
    event = AuditEvent(
        at=now, what=EDITED, person_id=person.id,
        facts={"id": str(row.id), "was": _row(was) if was else None, "now": _row(span)},
    )  # fmt: skip
    prompts = _write(session, row, span, event.id, person, now)
    say = Say("done", {"term": told["term"], "told": len(prompts)}, (Tap("undo", event.id),))
    return Outcome([say], keep=[event, *prompts])


def _stored(session: Session, span: TermSpan) -> Term | None:
    return next((row for row in all_terms(session) if as_span(row) == span), None)


def _met(session: Session, span: TermSpan, row: Term | None) -> TermSpan | None:
    """Find another term that shares days with this one, or has its name."""
    others = [as_span(other) for other in all_terms(session) if row is None or other.id != row.id]
    return next((other for other in others if other.name == span.name or overlapping((span, other))), None)


def _write(
    session: Session, row: Term, span: TermSpan | None, edit_id: UUID, person: Person, now: datetime
) -> list[Prompt]:
    """Make the term what is said, or take it out; plan to tell the visits that this takes from their lessons."""
    before, days = school_clock(session).calendar, _visited(session, local_day(now, person.zone))
    if span is None:
        session.delete(row)
    else:
        row.name, row.monday, row.weeks = span.name, span.monday, span.weeks
        row.first_day, row.last_day = span.first_day, span.last_day
        session.add(row)
    session.flush()
    note_edit(session)
    replan_everyone(session, now)
    after = school_clock(session).calendar
    lost, given_back = visits_between(session, days, before, after), visits_between(session, days, after, before)
    return closed_prompts(lost, edit_id, now) + open_prompts(session, given_back, edit_id, now)


def undo(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """Make the term what it was, unless somebody has said something else since, or lessons hang on it."""
    event = session.get(AuditEvent, row) if row else None
    if event is None or event.what != EDITED or "office" not in roles_of(session, person.id):
        return Outcome([Say("gone")])
    told, was = event.facts["now"], _span(event.facts["was"]) if event.facts["was"] else None
    term = session.get(Term, UUID(event.facts["id"]))
    stands = _row(as_span(term)) if term else None
    if stands == event.facts["was"]:
        return Outcome([Say("undone", {"term": told})])
    in_use = was is None and has_lessons_of(session, UUID(event.facts["id"]))
    if term is None or stands != told or in_use or (was and _met(session, was, term)):
        return Outcome([Say("changed_since", {"term": told})])
    prompts = _write(session, term, was, event.id, person, now)
    return Outcome([Say("undone", {"term": told})], keep=[*prompts])


conversation = Conversation(
    name="school_term",
    questions=(Question("right", choice("yes"), when=lambda answers: not answers.facts["said"], is_step=False),),
    finish=finish,
    facts=facts,
    taps={"undo": undo},
    keeps_draft=False,
    takes_rest=True,
)
