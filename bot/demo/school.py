"""Found the demo's school: its people, and a few weeks of what happened there."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, SQLModel

from bot.demo.play import PHONES
from bot.demo.story import (
    COLLEAGUES,
    COMING_LESSON,
    ENTRIES,
    HELD_LESSON,
    SCHOOL_DAYS,
    TERM,
    TIMETABLE,
    TRAININGS,
    TRIES,
    Colleague,
    Try,
)
from bot.planning import replan
from bot.school import note_edit
from models import (
    Action,
    Address,
    Attendance,
    CheckIn,
    Digest,
    Entry,
    Lesson,
    Membership,
    Observation,
    Pairing,
    Person,
    Prompt,
    Question,
    SchoolDay,
    Term,
    Training,
    Unit,
    UnitBranch,
)
from models.actions import ENDED
from models.chat_lines import WEB
from models.rules import cadence
from models.rules.bells import lesson_ends_at, lesson_starts_at
from models.rules.contact import APPOINTMENT, ORDINARY
from models.rules.digests import digest_key, last_moment
from models.rules.wall_time import instant

ZONE = "Asia/Shanghai"
# Wednesday 15:40 of week 3, before anyone's contact hours; a made-up Sunday, 中秋 and 国庆 lie ahead.
OPENS = datetime(2026, 9, 16, 7, 40, tzinfo=UTC)
FRIDAY = 4


def seed(session: Session, now: datetime = OPENS) -> None:
    """Fill an empty store with the school, as it stands at `now`; flushes, and leaves the commit to the caller.

    1. Units and people, the pair, the three chats of the demo; the term, its marked days and the timetable.
    2. Trainings and who was there; what people wrote, tried and noted down.
    3. One observation that is over and one agreed for tomorrow, with its reminders.
    4. The digests of last week, so that only the coming one is made; then everyone's next contact.
    """
    school = School(session, now)
    school.found()
    school.set_the_clock()
    school.hold_trainings()
    school.write()
    school.observe()
    school.look_back()
    replan(session, school.people.values(), now)


class School:
    """The seeding, step by step; `people` and `trainings` hold ids by name."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session = session
        self.now = now
        self.people: dict[str, UUID] = {}
        self.trainings: dict[str, UUID] = {}
        self.shared: list[Entry | Action | CheckIn] = []

    def found(self) -> None:
        """Make the units and the people in them."""
        school = Unit(name="青禾小学")
        groups = [Unit(name=name, parent_id=school.id) for name in ("语文组", "数学组")]
        self._keep([school])
        self._keep(groups)
        self._keep(UnitBranch(ancestor_id=unit.id, unit_id=unit.id) for unit in (school, *groups))
        self._keep(UnitBranch(ancestor_id=school.id, unit_id=unit.id) for unit in groups)
        units = {unit.name: unit.id for unit in (school, *groups)}
        for number, colleague in enumerate(COLLEAGUES, 1):
            self._join(number, colleague, units[colleague.group])
        mentor, teacher = self.people["陈静安"], self.people["林晓"]
        self._keep([Pairing(mentor_id=mentor, teacher_id=teacher, since=date(2026, 9, 1))])

    def _join(self, number: int, colleague: Colleague, unit_id: UUID) -> None:
        person = Person(
            name=colleague.name,
            staff_no=f"QH{number:03}",
            subject=colleague.subject,
            classes=list(colleague.classes),
            joined_at=_moment("2026-08-25 16:40"),
        )
        if colleague.hours:
            person.contact_from, person.contact_until = colleague.hours
        self._keep([person])
        self.people[colleague.name] = person.id
        self._keep(Membership(person_id=person.id, unit_id=unit_id, role=role) for role in colleague.roles)
        if colleague.phone:
            chat = PHONES[colleague.phone]
            made = person.joined_at or self.now
            self._keep([Address(channel=WEB, external_id=chat, person_id=person.id, made_at=made, last_heard_at=made)])

    def set_the_clock(self) -> None:
        """Enter the term, the days the school marked, and the timetable of a few teachers."""
        name, monday, weeks = TERM
        term = Term(name=name, monday=date.fromisoformat(monday), weeks=weeks)
        self._keep([term])
        for first, last, kind, called, follows in SCHOOL_DAYS:
            self._keep(
                SchoolDay(day=day, kind=kind, name=called, follows=follows, made_at=self.now)
                for day in _days(date.fromisoformat(first), date.fromisoformat(last))
            )
        for name, classes in TIMETABLE.items():
            subject = self.session.get_one(Person, self.people[name]).subject
            self._keep(
                Lesson(
                    term_id=term.id,
                    teacher_id=self.people[name],
                    class_name=class_name,
                    subject=subject,
                    weekday=weekday,
                    period=period,
                )
                for class_name, week in classes
                for weekday, periods in enumerate(week)
                for period in periods
            )
        note_edit(self.session)

    def hold_trainings(self) -> None:
        """Make the trainings; everyone of the group took part."""
        for title, day, starts, ends, place, speaker, hours, group in TRAININGS:
            training = Training(
                title=title,
                starts_at=_moment(f"{day} {starts}"),
                ends_at=_moment(f"{day} {ends}"),
                place=place,
                speaker=speaker,
                hours=hours,
            )
            self._keep([training])
            self.trainings[title] = training.id
            there = [c.name for c in COLLEAGUES if "office" not in c.roles and group in (None, c.group)]
            self._keep(Attendance(training_id=training.id, person_id=self.people[name]) for name in there)

    def write(self) -> None:
        """Keep entries, actions and rows of record forms; plan to ask about the action that is due today."""
        for who, when, kind, training, audience, parts in ENTRIES:
            entry = Entry(
                kind=kind,
                person_id=self.people[who],
                training_id=self.trainings.get(training),
                parts=parts,
                written_at=_moment(when),
            )
            self._share(entry, audience, _moment(when))
        for one in TRIES:
            self._try(one)

    def _try(self, one: Try) -> None:
        class_name, moment, deed = one.sentence
        action = Action(
            person_id=self.people[one.who],
            training_id=self.trainings[one.training],
            class_name=class_name,
            moment=moment,
            deed=deed,
            sign=one.sign,
            insight=one.insight,
            try_until=date.fromisoformat(one.until),
            made_at=_moment(one.made),
        )
        if one.row:
            action.state, action.ending, action.ended_at = ENDED, one.row["result"], _moment(one.row_on)
        self._share(action, one.audience, action.made_at)
        if one.row:
            self._add_row(one, action)
        else:
            self._ask_about(action, one.who)

    def _add_row(self, one: Try, action: Action) -> None:
        when = _moment(one.row_on)
        row = CheckIn(
            action_id=action.id,
            person_id=action.person_id,
            training_id=action.training_id,
            insight=one.insight,
            happened_on=date.fromisoformat(one.row_on[:10]),
            written_at=when,
            **one.row,
        )
        self._share(row, one.row_audience, when)

    def _ask_about(self, action: Action, who: str) -> None:
        person = self.session.get_one(Person, self.people[who])
        assert action.try_until is not None  # set above
        due = instant(action.try_until, time.fromisoformat(person.contact_from), person.zone)
        prompt = Prompt(
            key=f"action:{action.id}/follow_up:1",
            person_id=person.id,
            kind="follow_up",
            about_id=action.id,
            facts={"round": 1},
            due_at=due,
            expires_at=cadence.expires_at("follow_up", due),
            made_at=self.now,
        )
        self._keep([prompt])

    def observe(self) -> None:
        """Keep a lesson that was observed two weeks ago, and the one agreed for tomorrow with what is said about it."""
        held = self._lesson(date(2026, 9, 3), 3, "2026-09-01 16:50", **HELD_LESSON)
        held.sent_at = _moment("2026-09-03 12:30")
        lesson = self._lesson(date(2026, 9, 17), 2, "2026-09-14 16:50", **COMING_LESSON)
        self._keep([held])
        self._keep([lesson])
        evening = cadence.evening_before(lesson.starts_at, ZONE)
        soon = cadence.half_hour_before(lesson.starts_at)
        after = cadence.feedback_after(lesson.ends_at)
        for side, kind, due, manner in (
            ("observer", "observation_evening", evening, APPOINTMENT),
            ("teacher", "observation_evening", evening, APPOINTMENT),
            ("observer", "observation_soon", soon, APPOINTMENT),
            ("observer", "observation_feedback", after, ORDINARY),
        ):
            prompt = Prompt(
                key=f"observation:{lesson.id}/{lesson.version}:{kind}:{side}",
                person_id=lesson.observer_id if side == "observer" else lesson.teacher_id,
                kind=kind,
                about_id=lesson.id,
                facts={"version": lesson.version},
                due_at=due,
                expires_at=cadence.expires_at(kind, due, lesson.starts_at),
                manner=manner,
                made_at=self.now,
            )
            self._keep([prompt])

    def _lesson(self, day: date, period: int, made: str, **more: Any) -> Observation:
        return Observation(
            person_id=self.people["陈静安"],
            observer_id=self.people["陈静安"],
            teacher_id=self.people["林晓"],
            day=day,
            period=period,
            starts_at=lesson_starts_at(day, period, ZONE),
            ends_at=lesson_ends_at(day, period, ZONE),
            made_at=_moment(made),
            **more,
        )

    def look_back(self) -> None:
        """Keep last Friday's digests as read, and 收到 to what was shared before, so the coming week starts clean."""
        until = last_moment(self.now, FRIDAY, ZONE)
        for name in ("陈静安", "王立群", "孙桥"):
            person_id = self.people[name]
            digest = Digest(
                key=digest_key(person_id, until, ZONE),
                person_id=person_id,
                since=until - timedelta(days=7),
                until=until,
                made_at=until,
                read_at=until + timedelta(minutes=20),
            )
            self._keep([digest])
        for row in self.shared:
            if row.shared_at and row.shared_at <= until:
                self._keep(self._received(row, until + timedelta(minutes=25)))

    def _received(self, row: Entry | Action | CheckIn, when: datetime) -> list[Question]:
        kinds = {Entry: "entry", Action: "action", CheckIn: "check_in"}
        readers = (("王立群", row.to_supervisor), ("陈静安", row.to_pair))
        return [
            Question(
                asker_id=self.people[name],
                person_id=row.person_id,
                kind="received",
                about_kind=kinds[type(row)],
                about_id=row.id,
                ask_at=when,
                asked_at=when,
                answered_at=when,
                answer_kind="seen",
                state="seen",
                made_at=when,
            )
            for name, reads in readers
            if reads
        ]

    def _share(self, row: Entry | Action | CheckIn, audience: str, when: datetime) -> None:
        row.share_with(audience.split())
        row.shared_at = when if audience else None
        self._keep([row])
        if audience:
            self.shared.append(row)

    def _keep(self, rows: Iterable[SQLModel]) -> None:
        self.session.add_all(rows)
        self.session.flush()


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]


def _moment(text: str) -> datetime:
    """Read "2026-09-16 15:40" as the school's wall time."""
    day, at = text.split(" ")
    return instant(date.fromisoformat(day), time.fromisoformat(at), ZONE)
