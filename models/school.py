"""The school's clock as rows: terms, marked days, bell tables, lessons and what was moved (调课)."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, UniqueConstraint, bindparam, or_
from sqlmodel import Field, Session, SQLModel, col, select

from models.base import empty_list, id_field, new_id
from models.people import Person

OFFICIAL, OWN = "official", "school"  # where a marked day comes from


class Term(SQLModel, table=True):
    """学期: the weeks of one term."""

    __tablename__ = "term"
    id: UUID = id_field()
    name: str = Field(unique=True)
    monday: date  # of week 1
    weeks: int | None = None
    first_day: date | None = None
    last_day: date | None = None


class SchoolDay(SQLModel, table=True):
    """What somebody said of one day: the official list, or the school itself, whose word counts more."""

    __tablename__ = "school_day"
    __table_args__ = (
        UniqueConstraint("day", "source"),
        CheckConstraint("kind IN ('school','rest','exam')", name="kind_known"),
        CheckConstraint("closed IN ('','am','pm')", name="half_known"),
    )
    id: UUID = id_field()
    day: date
    source: str = OWN
    kind: str
    name: str = ""
    follows: int | None = None  # weekday, 0 = Monday, whose lessons are held
    closed: str = ""  # the half of a school day that is closed: am, pm
    person_id: UUID | None = Field(default=None, foreign_key="person.id")  # who said so, in chat
    made_at: datetime


class BellTable(SQLModel, table=True):
    """作息时间表: one for each part of the school and season; `bells` are [start, end] by the local clock."""

    __tablename__ = "bell_table"
    id: UUID = id_field()
    stage: str = ""
    season_first: str | None = None  # MM-DD; None: all year
    season_last: str | None = None
    bells: list[list[str]] = Field(default_factory=empty_list, sa_type=JSON)


class Lesson(SQLModel, table=True):
    """One lesson of the weekly timetable (日课表)."""

    __tablename__ = "lesson"
    id: UUID = id_field()
    term_id: UUID | None = Field(default=None, foreign_key="term.id", index=True)
    teacher_id: UUID = Field(foreign_key="person.id", index=True)
    class_name: str = Field(index=True)
    subject: str = ""
    weekday: int  # 0 = Monday
    period: int
    weeks: str = "all"  # all, odd, even
    stage: str = ""


class LessonMove(SQLModel, table=True):
    """调课: one lesson of one day is held at another time; `trade_id` names the move it was swapped with."""

    __tablename__ = "lesson_move"
    id: UUID = id_field()
    lesson_id: UUID = Field(foreign_key="lesson.id", index=True)
    person_id: UUID = Field(foreign_key="person.id")  # who moved it
    from_day: date = Field(index=True)
    from_period: int
    to_day: date = Field(index=True)
    to_period: int
    trade_id: UUID | None = None
    made_at: datetime
    undone_at: datetime | None = None


class SchoolState(SQLModel, table=True):
    """What is known of the school's clock as a whole; one row. `token` changes with every edit, for whoever keeps it."""

    __tablename__ = "school_state"
    id: int = Field(default=1, primary_key=True)
    token: UUID = Field(default_factory=new_id)
    known_years: list[int] = Field(default_factory=empty_list, sa_type=JSON)  # years with an official list
    is_quiet_in_exams: bool = True
    most_a_week: int = 21  # bot-started cards for one person at most, whatever she chose herself


def school_state(session: Session) -> SchoolState:
    """Give the one row about the school's clock, made when it is first asked for."""
    state = session.get(SchoolState, 1)
    if state is None:
        state = SchoolState()
        session.add(state)
        session.flush()
    return state


def note_edit(session: Session) -> UUID:
    """Give the school's clock a new token, for it was edited in this transaction."""
    state = school_state(session)
    state.token = new_id()
    session.add(state)
    session.flush()
    return state.token


def all_terms(session: Session) -> list[Term]:
    """List the terms by their weeks."""
    return list(session.exec(select(Term).order_by(col(Term.monday))))


def has_lessons_of(session: Session, term_id: UUID) -> bool:
    """Say whether a timetable was entered for a term."""
    return session.exec(select(Lesson.id).where(col(Lesson.term_id) == term_id)).first() is not None


def marked_days(session: Session) -> list[SchoolDay]:
    """List every day of which something was said."""
    return list(session.exec(select(SchoolDay).order_by(col(SchoolDay.day))))


def bell_tables(session: Session) -> list[BellTable]:
    """List the bell tables, by the part of the school and the season."""
    return list(session.exec(select(BellTable).order_by(col(BellTable.stage), col(BellTable.season_first))))


_TOKEN = select(SchoolState.token).where(SchoolState.id == 1)
_LESSONS: Any = (
    select(Lesson, Term)
    .join(Term, col(Term.id) == Lesson.term_id, isouter=True)
    .order_by(col(Lesson.weekday), col(Lesson.period))
)
_HER_LESSONS = _LESSONS.where(col(Lesson.teacher_id).in_(bindparam("teachers", expanding=True)))


def clock_token(session: Session) -> UUID | None:
    """Give the mark of the latest edit, or None while nothing was ever entered."""
    return session.scalars(_TOKEN).first()


def lessons_of(session: Session, teacher_ids: Iterable[UUID]) -> list[tuple[Lesson, Term | None]]:
    """List the weekly lessons of some teachers. A timetable hangs on the staff-room wall: every colleague may see it."""
    found = session.execute(_HER_LESSONS, {"teachers": list(teacher_ids)})
    return [(lesson, term) for lesson, term in found]


def timetabled_people(session: Session) -> list[Person]:
    """List who has lessons in the timetable and is still at the school, by name."""
    teaching = select(Lesson.teacher_id)
    query = select(Person).where(col(Person.id).in_(teaching), col(Person.left_at).is_(None))
    return list(session.exec(query.order_by(Person.name)))


def teachers_of_class(session: Session, class_name: str) -> list[UUID]:
    """List who teaches a class."""
    return list(session.exec(select(Lesson.teacher_id).where(Lesson.class_name == class_name).distinct()))


def with_ids(session: Session, lesson_ids: Iterable[UUID]) -> list[Lesson]:
    """Get lessons by their ids, as far as the timetable still has them."""
    return list(session.exec(select(Lesson).where(col(Lesson.id).in_(list(lesson_ids)))))


def all_lessons(session: Session) -> list[tuple[Lesson, Term | None]]:
    """List every weekly lesson of the school."""
    return [(lesson, term) for lesson, term in session.execute(_LESSONS)]


def moves_between(
    session: Session, first: date, last: date, lesson_ids: Iterable[UUID] | None = None
) -> list[LessonMove]:
    """List the moves that stand and touch the days from `first` to `last`, the earliest made first."""
    query = select(LessonMove).where(
        col(LessonMove.undone_at).is_(None),
        or_(
            col(LessonMove.from_day).between(first, last),
            col(LessonMove.to_day).between(first, last),
        ),
    )
    if lesson_ids is not None:
        query = query.where(col(LessonMove.lesson_id).in_(list(lesson_ids)))
    return list(session.exec(query.order_by(col(LessonMove.made_at))))


def moves_of(session: Session, lesson_id: UUID) -> list[LessonMove]:
    """List every move of one lesson, also those taken back."""
    return list(session.exec(select(LessonMove).where(col(LessonMove.lesson_id) == lesson_id)))


def own_marks(session: Session, days: Iterable[date]) -> dict[date, SchoolDay]:
    """Give what the school itself said of some days."""
    query = select(SchoolDay).where(col(SchoolDay.source) == OWN, col(SchoolDay.day).in_(list(days)))
    return {row.day: row for row in session.exec(query)}
