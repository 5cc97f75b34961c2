"""What an import of bells and lessons does to the visits that were arranged before."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from bot.school import school_clock
from models import Lesson, Observation, Person, Prompt
from models.observations import visits_on_days
from models.overview import visited_lessons
from models.prompts import waiting_about
from models.rules.bells import NoSuchPeriod
from models.rules.school_clock import SchoolClock
from models.rules.timetable import Moved, WeeklyLesson, lessons_on

BY_THE_BELL = ("observation_soon", "observation_feedback")  # due at the bell; the evening before stays the evening


def lost_visits(
    session: Session, weeks: Sequence[Iterable[WeeklyLesson]], moves: Sequence[Moved], school: SchoolClock, today: date
) -> list[Observation]:
    """List the visits whose lesson is in the first of two weekly timetables, and not in the second one."""
    before, after = weeks
    slots = visited_lessons(session, today)
    lost = [
        slot for slot in slots if _is_held(slot, before, moves, school) and not _is_held(slot, after, moves, school)
    ]
    visits = visits_on_days(session, {day for _teacher, day, _period in lost})
    return [visit for visit in visits if (visit.teacher_id, visit.day, visit.period) in lost]


def _is_held(
    slot: tuple[UUID, date, int], week: Iterable[WeeklyLesson], moves: Sequence[Moved], school: SchoolClock
) -> bool:
    teacher, day, period = slot
    held = lessons_on(day, week, moves, school)
    return any((one.lesson.teacher_id, one.period) == (teacher, period) for one in held)


def ring_anew(session: Session, now: datetime) -> None:
    """Give the visits to come the times of the bells as they are now, and their reminders too."""
    slots = visited_lessons(session, now.date())
    for visit in visits_on_days(session, {day for _teacher, day, _period in slots}):
        times = _times(session, visit)
        if visit.starts_at <= now or times is None or times == (visit.starts_at, visit.ends_at):
            continue
        for prompt in waiting_about(session, visit.id):
            _shift(prompt, times[0] - visit.starts_at)
        visit.starts_at, visit.ends_at = times
        session.add(visit)


def _times(session: Session, visit: Observation) -> tuple[datetime, datetime] | None:
    lesson = session.get(Lesson, visit.lesson_id) if visit.lesson_id else None
    at = (visit.day, visit.period, session.get_one(Person, visit.teacher_id).zone, lesson.stage if lesson else "")
    school = school_clock(session)
    try:
        return school.starts_at(*at), school.ends_at(*at)
    except NoSuchPeriod:
        return None


def _shift(prompt: Prompt, by: timedelta) -> None:
    if prompt.kind in BY_THE_BELL:
        prompt.due_at += by
    if prompt.expires_at is not None:
        prompt.expires_at += by
