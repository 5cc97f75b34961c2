"""The lessons of the people concerned, as they are really held: read when first asked for, kept for one turn."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from bot.school import lessons_held, school_clock
from models import Observation, Person
from models.people import absences_of
from models.rules.bells import NoSuchPeriod
from models.rules.school_clock import SchoolClock
from models.rules.timetable import Held
from models.rules.wall_time import local_day
from models.school import lessons_of, teachers_of_class

READ_AT_ONCE = 28  # days


class Timetables:
    """Lays timetables side by side: who holds what, who is busy, and which days are meant for lessons."""

    def __init__(self, session: Session, zone: str, now: datetime) -> None:
        self.session = session
        self.zone = zone
        self.now = now
        self.today = local_day(now, zone)
        self.school = school_clock(session)
        self._held: dict[UUID, dict[date, list[Held]]] = {}
        self._known: dict[UUID, bool] = {}
        self._teachers: dict[str, list[UUID]] = {}
        self._away: dict[UUID, list[tuple[date, date]]] = {}

    def known(self, person_id: UUID) -> bool:
        """Say whether the timetable of this teacher was ever entered."""
        if person_id not in self._known:
            self._known[person_id] = bool(lessons_of(self.session, [person_id]))
        return self._known[person_id]

    def held(self, person_id: UUID, day: date) -> list[Held]:
        """List what she holds on a day, by period."""
        days = self._held.setdefault(person_id, {})
        if day not in days:
            first = self.today + timedelta(days=(day - self.today).days // READ_AT_ONCE * READ_AT_ONCE)
            wanted = (first + timedelta(days=ahead) for ahead in range(READ_AT_ONCE))
            days |= lessons_held(self.session, [person_id], wanted)
        return days[day]

    def at(self, person_id: UUID, day: date, period: int) -> Held | None:
        """Find her lesson at one place of the timetable."""
        return next((held for held in self.held(person_id, day) if held.period == period), None)

    def of_class(self, class_name: str, day: date, period: int) -> Held | None:
        """Find the lesson of a class at one place of the timetable, whoever gives it."""
        if class_name not in self._teachers:
            self._teachers[class_name] = teachers_of_class(self.session, class_name)
        found = (self.at(teacher, day, period) for teacher in self._teachers[class_name])
        return next((held for held in found if held is not None and held.lesson.class_name == class_name), None)

    def stage(self, person_id: UUID, day: date, period: int | None = None) -> str:
        """Name the part of the school whose bells ring for her: of that lesson, else of her first one that day."""
        lessons = self.held(person_id, day)
        meant = [held for held in lessons if held.period == period] or lessons
        return meant[0].lesson.stage if meant else ""

    def starts_at(self, day: date, period: int, stage: str = "") -> datetime:
        """Return the UTC instant at which a lesson begins; raise NoSuchPeriod."""
        return self.school.starts_at(day, period, self.zone, stage)

    def comes(self, held: Held) -> bool:
        """Say whether a lesson is still to begin, and has its place among the bells."""
        try:
            return self.starts_at(held.day, held.period, held.lesson.stage) > self.now
        except NoSuchPeriod:
            return False

    def busy(self, person_id: UUID, day: date, period: int, stage: str = "", but: Held | None = None) -> Held | None:
        """Find a lesson of hers that is held while another rings, even when the two go by different bells."""
        held = (held for held in self.held(person_id, day) if not is_same(held, but))
        return next((one for one in held if self._overlap(one, day, period, stage)), None)

    def _overlap(self, held: Held, day: date, period: int, stage: str) -> bool:
        if held.lesson.stage == stage:
            return held.period == period
        ours, theirs = self.school.periods(day, stage), self.school.periods(day, held.lesson.stage)
        if not (1 <= period <= len(ours) and 1 <= held.period <= len(theirs)):
            return held.period == period
        one, other = ours[period - 1], theirs[held.period - 1]
        return one.start < other.end and other.start < one.end

    def is_away(self, person_id: UUID, day: date) -> bool:
        """Say whether she is on leave that day."""
        if person_id not in self._away:
            absences = absences_of(self.session, person_id, self.today)
            self._away[person_id] = [(absence.first_day, absence.last_day) for absence in absences]
        return any(first <= day <= last for first, last in self._away[person_id])

    def lesson_days(self, since: date, count: int) -> list[date]:
        """List the days within the next `count` that are meant for ordinary lessons: no rest days, no exams."""
        days = (since + timedelta(days=ahead) for ahead in range(count))
        return [day for day in days if self.school.calendar.has_lessons(day)]

    def following(self, first: Held, count: int) -> list[Held]:
        """List the next `count` lessons that the same teacher gives the same class in the same subject."""
        days = self.lesson_days(first.day, READ_AT_ONCE)
        later = [held for day in days for held in self.held(first.lesson.teacher_id, day)]
        same = [
            held
            for held in later
            if (held.lesson.class_name, held.lesson.subject) == (first.lesson.class_name, first.lesson.subject)
            and (held.day, held.period) > (first.day, first.period)
        ]
        return same[:count]


def why_closed(school: SchoolClock, day: date, period: int, stage: str = "") -> dict[str, Any] | None:
    """Say why no lessons are held at a place of the timetable: a rest day, exams, a closed half; None where they are."""
    seen = school.calendar.look(day)
    if not seen.is_school:
        return {"kind": "rest", "occasion": seen.name}
    if seen.is_exam:
        return {"kind": "exam", "exam": seen.name}
    if school.is_open(day, period, stage):
        return None
    return {"kind": "half", "half": seen.closed, "occasion": seen.name}


def is_held(session: Session, visit: Observation, now: datetime) -> bool:
    """Say whether the timetable has a lesson of the visited teacher at the time of a visit."""
    zone = session.get_one(Person, visit.teacher_id).zone
    return Timetables(session, zone, now).at(visit.teacher_id, visit.day, visit.period) is not None


def is_same(one: Held, other: Held | None) -> bool:
    """Say whether two are one lesson of one day: next week's is another, though the same row of the timetable."""
    if other is None:
        return False
    return (one.lesson.id, one.day, one.period) == (other.lesson.id, other.day, other.period)
