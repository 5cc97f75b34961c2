"""校历 in chat: one sentence of the office changes a day (明天停课), after it was told whom that moves; one tap undoes it."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.answers import choice
from bot.conversation import Answers, Conversation, Outcome, PromptKind, Question, Say, Tap
from bot.errors import Refused
from bot.planning import moved_by, replan_everyone
from bot.school import as_mark, note_edit, school_clock, visits_between
from handlers.school_closed import closed, closed_buttons, gone, open_again
from models import AuditEvent, Person, Prompt, SchoolDay
from models.closed_days import DAY_CLOSED, DAY_OPEN, LESSON_GONE, closed_prompts, open_prompts
from models.people import roles_of
from models.rules.calendar import REST, SCHOOL, Calendar, DayMark
from models.rules.day_edits import DayEdit, read_edit
from models.rules.day_marks import Marks, RestsAnyway, marks_of, with_marks
from models.rules.school_clock import SchoolClock
from models.rules.spans import LongSpan, PastSpan
from models.rules.unread import ImpossibleDay, NoSuchWeek, PastDay, TwoDays, UnknownName
from models.rules.wall_time import local_day
from models.school import OWN, own_marks

EDITED = "school_day"
WEEKDAYS = {"mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4}
UNSETTLED = "unsettled"


def facts(session: Session, viewer: Person, now: datetime, _about: UUID | None, rest: str) -> dict[str, Any]:
    """Read the sentence and find whom it moves; raise Refused for everybody but the office.

    What cannot be read, or stands already, is `said` at once: the name of a block, and no question.
    """
    clock, today = school_clock(session), local_day(now, viewer.zone)
    if "office" not in roles_of(session, viewer.id):
        raise Refused("office_only", **_looked_at(rest, today, clock))
    try:
        edit = read_edit(rest, today, clock)
        marks = marks_of(edit, clock.calendar)
    except ValueError as unread:
        return _why_unread(unread)
    shown = _shown(edit, marks, clock.calendar)
    if all(clock.calendar.own.get(day) == mark for day, mark in marks.items()):
        return {**shown, "said": "already"}
    after = with_marks(clock.calendar, marks)
    return {
        **shown,
        "said": None,
        "count": len(marks),
        "moved": len(moved_by(session, after, now)),
        "visits": len(visits_between(session, marks, clock.calendar, after)),
    }


def _why_unread(unread: ValueError) -> dict[str, Any]:
    """Choose the block that says why a sentence was not read, with its facts."""
    match unread:
        case ImpossibleDay():
            return {"said": "no_such_day", "month": unread.month, "day": unread.day}
        case PastSpan():
            return {"said": "is_past", "past": unread.last.isoformat()}
        case PastDay():
            return {"said": "is_past", "past": unread.day.isoformat()}
        case NoSuchWeek():
            return {"said": "no_such_week", "week": unread.week, "last": unread.last}
        case TwoDays():
            return {"said": "two_days", "days": [day.isoformat() for day in unread.days]}
        case UnknownName():
            return {"said": "unknown_name", "holiday": unread.name}
        case RestsAnyway():
            return {"said": "rests_anyway", "rest": unread.day.isoformat()}
        case LongSpan():
            return {"said": "too_many_days"}
        case _:
            return {"said": "not_read"}


def _looked_at(rest: str, today: date, clock: SchoolClock) -> dict[str, Any]:
    """Tell somebody else what the calendar says of the day she spoke of, as far as she spoke of one."""
    try:
        day = read_edit(rest, today, clock).first
    except ValueError:
        day = today
    seen = clock.calendar.look(day)
    return {"day": day.isoformat(), "is_school": seen.is_school, "occasion": seen.name, "closed": seen.closed}


def _shown(edit: DayEdit, marks: Marks, calendar: Calendar) -> dict[str, Any]:
    mark = marks.get(edit.first)
    week, last = calendar.week_of(edit.first), calendar.week_of(edit.last)
    return {
        "kind": edit.kind,
        "first": edit.first.isoformat(),
        "last": edit.last.isoformat(),
        "week": week.number if week else None,
        "last_week": last.number if last else None,
        "occasion": edit.name,
        "follows": edit.follows,
        "half": edit.half,
        "is_whole": mark is not None and mark.kind == REST,  # the other half was closed before
    }


def lessons_are_open(answers: Answers) -> bool:
    """Say whether nobody knows yet whose lessons are held: on one worked Saturday or Sunday."""
    told = answers.facts
    if told["said"]:
        return False
    is_one = told["first"] == told["last"]
    return told["kind"] == SCHOOL and told["follows"] is None and is_one and _is_weekend(told["first"])


def _is_weekend(day: str) -> bool:
    return date.fromisoformat(day).weekday() > 4


def finish(session: Session, answers: Answers, person: Person, now: datetime) -> Outcome:
    """Mark the days, have everyone planned anew, and tell those whose visit falls on a closed day."""
    if "office" not in roles_of(session, person.id):
        raise Refused("gone")
    told = answers.facts
    if told["said"]:
        return Outcome([Say(told["said"], told)])
    chosen = WEEKDAYS.get(answers["follows"]) if lessons_are_open(answers) else told["follows"]
    first, last = date.fromisoformat(told["first"]), date.fromisoformat(told["last"])
    before = school_clock(session).calendar
    marks = marks_of(DayEdit(told["kind"], first, last, told["occasion"], chosen, told["half"]), before)
    was = own_marks(session, marks)
    event = AuditEvent(
        at=now,
        what=EDITED,
        person_id=person.id,
        facts={"was": [_kept(was.get(day), day) for day in marks], "now": [_told(day, marks[day]) for day in marks]},
    )
    _write(session, marks, person.id, now)
    prompts = _told_of_visits(session, marks, before, event.id, now)
    replan_everyone(session, now)
    say = Say("done", {**told, "follows": chosen, "told": len(prompts)}, (Tap("undo", event.id),))
    return Outcome([say], keep=[event, *prompts])


def _told_of_visits(
    session: Session, days: Iterable[date], before: Calendar, edit_id: UUID, now: datetime
) -> list[Prompt]:
    after, days = school_clock(session).calendar, list(days)
    lost, given_back = visits_between(session, days, before, after), visits_between(session, days, after, before)
    return closed_prompts(lost, edit_id, now) + open_prompts(session, given_back, edit_id, now)


def _told(day: date, mark: DayMark | None) -> list[Any]:
    if mark is None:
        return [day.isoformat(), None, "", None]
    return [day.isoformat(), mark.kind, mark.name, mark.follows, *([mark.closed] if mark.closed else [])]


def _kept(row: SchoolDay | None, day: date) -> list[Any]:
    return _told(day, as_mark(row) if row else None)


def _write(session: Session, marks: Marks, person_id: UUID, now: datetime) -> None:
    rows = own_marks(session, marks)
    for day, mark in marks.items():
        row = rows.get(day)
        if mark is None:
            if row is not None:
                session.delete(row)
            continue
        row = row or SchoolDay(day=day, source=OWN, kind=mark.kind, made_at=now)
        row.kind, row.name, row.follows, row.closed = mark.kind, mark.name, mark.follows, mark.closed
        row.person_id = person_id
        session.add(row)
    session.flush()
    note_edit(session)


def undo(session: Session, person: Person, row: UUID | None, now: datetime) -> Outcome:
    """Say of the days what was said before, unless somebody has said something else since."""
    event = session.get(AuditEvent, row) if row else None
    if event is None or event.what != EDITED or "office" not in roles_of(session, person.id):
        return Outcome([Say("gone")])
    days = [date.fromisoformat(day) for day, *_mark in event.facts["was"]]
    rows = own_marks(session, days)
    stands = [_kept(rows.get(day), day) for day in days]
    spoken = {"first": days[0].isoformat(), "last": days[-1].isoformat()}
    if stands == event.facts["was"]:
        return Outcome([Say("undone", spoken)])
    if stands != event.facts["now"]:
        return Outcome([Say("changed_since", spoken)])
    before = school_clock(session).calendar
    _write(session, dict(_marks(event.facts["was"])), person.id, now)
    prompts = _told_of_visits(session, days, before, event.id, now)
    replan_everyone(session, now)
    return Outcome([Say("undone", spoken)], keep=[*prompts])


def _marks(kept: Iterable[list[Any]]) -> Iterable[tuple[date, DayMark | None]]:
    for day, kind, *more in kept:
        yield date.fromisoformat(day), DayMark(kind, *more) if kind else None


conversation = Conversation(
    name="school_day",
    questions=(
        Question("follows", choice(*WEEKDAYS, UNSETTLED), when=lessons_are_open),
        Question("right", choice("yes"), when=lambda answers: not answers.facts["said"], is_step=False),
    ),
    finish=finish,
    facts=facts,
    taps={"undo": undo},
    prompts=(
        PromptKind(DAY_CLOSED, closed, closed_buttons, budgeted=False),
        PromptKind(LESSON_GONE, gone, closed_buttons, budgeted=False),
        PromptKind(DAY_OPEN, open_again, closed_buttons, budgeted=False),
    ),
    keeps_draft=False,
    takes_rest=True,
)
