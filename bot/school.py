"""Read the school's clock from its rows, and keep it as long as nobody edits it."""

from collections.abc import Iterable
from datetime import date, time
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlmodel import Session

from models import BellTable, Lesson, LessonMove, Observation, Person, SchoolDay, Term
from models import school as rows
from models.observations import visits_on_days
from models.rules.bells import Bell, BellBook, BellPlan
from models.rules.calendar import Calendar, DayMark, TermSpan
from models.rules.school_clock import NO_SCHOOL_CLOCK, SchoolClock
from models.rules.timetable import Held, Moved, WeeklyLesson, lessons_on
from models.rules.wall_time import local_time

_KEY = "school_clock"
_kept: "WeakKeyDictionary[object, tuple[UUID, SchoolClock]]" = WeakKeyDictionary()  # by engine


def school_clock(session: Session) -> SchoolClock:
    """Give the school's clock as it is now; built once and kept until somebody edits it."""
    if _KEY not in session.info:  # asked once in a batch, also where nothing was ever entered
        session.info[_KEY] = rows.clock_token(session)
    token = session.info[_KEY]
    if token is None:
        return NO_SCHOOL_CLOCK
    engine = session.get_bind().engine
    kept = _kept.get(engine)
    if kept is None or kept[0] != token:
        kept = _kept[engine] = (token, _read(session))
    return kept[1]


def note_edit(session: Session) -> None:
    """Say that the school's clock was edited in this transaction: everyone reads it anew from now on."""
    session.info[_KEY] = rows.note_edit(session)


def _read(session: Session) -> SchoolClock:
    state, days = rows.school_state(session), rows.marked_days(session)
    calendar = Calendar(
        terms=tuple(as_span(term) for term in rows.all_terms(session)),
        own={day.day: as_mark(day) for day in days if day.source == rows.OWN},
        official={day.day: as_mark(day) for day in days if day.source == rows.OFFICIAL},
        known_years=frozenset(state.known_years),
        is_quiet_in_exams=state.is_quiet_in_exams,
    )
    bells = BellBook(tuple(as_plan(table) for table in rows.bell_tables(session)))
    return SchoolClock(calendar, bells, state.most_a_week)


def as_span(term: Term) -> TermSpan:
    """Give a term as the rules know it; raise ValueError for one that cannot be."""
    return TermSpan(term.name, term.monday, term.weeks, term.first_day, term.last_day)


def as_mark(day: SchoolDay) -> DayMark:
    """Give a marked day as the rules know it."""
    return DayMark(day.kind, day.name, day.follows, day.closed)


def as_plan(table: BellTable) -> BellPlan:
    """Give a bell table as the rules know it."""
    bells = tuple(Bell(time.fromisoformat(start), time.fromisoformat(end)) for start, end in table.bells)
    season = None
    if table.season_first and table.season_last:
        season = (_month_day(table.season_first), _month_day(table.season_last))
    return BellPlan(bells, table.stage, season)


def _month_day(said: str) -> tuple[int, int]:
    month, day = said.split("-")
    return int(month), int(day)


def as_weekly(lesson: Lesson, term: Term | None) -> WeeklyLesson:
    """Give a lesson as the rules know it, within the days of its term."""
    span = as_span(term) if term else None
    return WeeklyLesson(
        lesson.id, lesson.teacher_id, lesson.class_name, lesson.subject, lesson.weekday, lesson.period, lesson.weeks,
        lesson.stage, span.begins if span else None, span.ends if span else None,
    )  # fmt: skip


def as_moved(move: LessonMove) -> Moved:
    """Give a move as the rules know it."""
    return Moved(move.lesson_id, move.from_day, move.to_day, move.to_period)


def lessons_held(session: Session, teacher_ids: Iterable[UUID], days: Iterable[date]) -> dict[date, list[Held]]:
    """List the lessons that some teachers really hold on some days: the week, the calendar and every move counted."""
    wanted = sorted(days)
    if not wanted:
        return {}
    weekly = [as_weekly(lesson, term) for lesson, term in rows.lessons_of(session, teacher_ids)]
    moves = rows.moves_between(session, wanted[0], wanted[-1], [lesson.id for lesson in weekly])
    school, moved = school_clock(session), [as_moved(move) for move in moves]
    return {day: lessons_on(day, weekly, moved, school) for day in wanted}


def has_its_time(session: Session, visit: Observation, calendar: Calendar) -> bool:
    """Say whether lessons are held when a visit is to begin: no closed day or half, no exams."""
    zone = session.get_one(Person, visit.teacher_id).zone
    return calendar.has_lessons_at(visit.day, local_time(visit.starts_at, zone))


def visits_between(session: Session, days: Iterable[date], before: Calendar, after: Calendar) -> list[Observation]:
    """List the visits on some days that have their lessons in one calendar and not in the other."""
    visits = visits_on_days(session, days)
    return [
        visit for visit in visits if has_its_time(session, visit, before) and not has_its_time(session, visit, after)
    ]
