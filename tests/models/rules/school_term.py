"""The autumn term of 2026 at a made-up school of 200 teachers, played with the planner and the calendar alone.

What falls due is drawn from a seed: trainings and notes after them, actions and their follow-ups, lessons observed,
colleagues' words, supervisors' questions, digests. Some teachers never answer, some are on leave, and each has hours,
weekdays and a strength of her own. No store, no clock, no chat: only rules.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from uuid import UUID

from models.rules import cadence, silence
from models.rules.calendar import EXAM, REST, SCHOOL, Calendar, DayMark, TermSpan
from models.rules.contact import (
    APPOINTMENT,
    DIGEST,
    LAST_QUESTION,
    ORDINARY,
    PERSONAL,
    Chance,
    Due,
    Habits,
    first_chance,
    plan,
)
from models.rules.wall_time import instant, local_day

ZONE = "Asia/Shanghai"
MONDAY, WEEKS, TEACHERS = date(2026, 8, 31), 21, 200
LAST_DAY = MONDAY + timedelta(weeks=WEEKS, days=-1)


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]


OFF = {day: DayMark(REST, "中秋节") for day in _days(date(2026, 9, 25), date(2026, 9, 27))} | {
    day: DayMark(REST, "国庆节") for day in _days(date(2026, 10, 1), date(2026, 10, 7))
}
MADE_UP = {date(2026, 9, 20): DayMark(SCHOOL, "国庆节"), date(2026, 10, 10): DayMark(SCHOOL, "国庆节")}
EXAMS = {day: DayMark(EXAM, "期中考试") for day in _days(date(2026, 11, 11), date(2026, 11, 13))}
CALENDAR = Calendar(
    terms=(TermSpan("2026 秋", MONDAY, WEEKS),), own=EXAMS, official=OFF | MADE_UP, known_years=frozenset({2026})
)
OPENS, CLOSES = (instant(day, time(0), ZONE) for day in (MONDAY, LAST_DAY + timedelta(days=1)))


@dataclass(frozen=True)
class Item:
    """One thing that falls due, and what it leads to when it is said."""

    due: Due
    action: int | None = None  # of which action it asks
    touch: int = 0
    asked_at: datetime | None = None  # when its action was first asked about, or her word before the silence


@dataclass(frozen=True)
class Card:
    """What was said to one teacher at one instant."""

    at: datetime
    items: tuple[Item, ...]

    @property
    def is_ordinary(self) -> bool:
        """Say whether the card took of the weekly budget."""
        return any(item.due.manner in (ORDINARY, LAST_QUESTION) for item in self.items)


@dataclass
class Teacher:
    """One teacher with her term."""

    number: int
    habits: Habits
    strength: str
    answers: float  # how likely she answers a card within a day
    arriving: list[Item] = field(default_factory=list)
    waiting: list[Item] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    spoken: list[datetime] = field(default_factory=list)  # the cards that count
    dropped: list[tuple[Item, datetime]] = field(default_factory=list)
    let_go: list[Item] = field(default_factory=list)  # no longer wanted when its moment came
    whys: dict[UUID, Chance] = field(default_factory=dict)  # asked at the instant it fell due
    heard: list[datetime] = field(default_factory=list)
    given: set[int] = field(default_factory=set)  # actions she told about
    was_asked_to_be_quiet: set[datetime] = field(default_factory=set)

    def habits_at(self, now: datetime) -> Habits:
        """Give her habits with her last word until an instant."""
        return replace(self.habits, heard_at=max((at for at in self.heard if at <= now), default=OPENS))


class School:
    """The term of all teachers, from one seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._number = 0
        self.teachers = [self._teacher(number) for number in range(TEACHERS)]

    def play(self) -> None:
        """Play the term of every teacher."""
        for teacher in self.teachers:
            self._play(teacher)

    # Who they are

    def _teacher(self, number: int) -> Teacher:
        draw = self._random
        start, end = draw.choice([((16, 30), (21, 0))] * 6 + [((12, 0), (13, 30))] * 2 + [((19, 0), (21, 30))] * 2)
        weekdays = draw.choice([range(5)] * 7 + [(0, 1, 2, 3), (1, 3, 4), (0, 1, 2, 3, 4, 5)])
        strength = draw.choice(["light"] * 2 + ["usual"] * 6 + ["keen"] * 2)
        budget = min(cadence.STRENGTHS[strength].weekly_budget, draw.choice([5, 5, 5, 2, 1]))
        habits = Habits(ZONE, frozenset(weekdays), time(*start), time(*end), budget, away=self._leaves())
        teacher = Teacher(number, habits, strength, draw.choice([0.0] + [0.4] * 3 + [0.7] * 4 + [0.95] * 2))
        self._fill(teacher)
        return teacher

    def _leaves(self) -> tuple[tuple[date, date], ...]:
        first = MONDAY + timedelta(days=self._random.randrange(WEEKS * 7))
        days = self._random.choice([0] * 7 + [2, 9, 40])
        return ((first, first + timedelta(days=days - 1)),) if days else ()

    # What falls due

    def _fill(self, teacher: Teacher) -> None:
        for week in range(WEEKS):
            self._fill_week(teacher, MONDAY + timedelta(weeks=week))
        if teacher.number < 20:
            for week in range(WEEKS):
                self._add(teacher, "digest", self._at(MONDAY + timedelta(weeks=week, days=4), 16, 30), DIGEST)
        teacher.arriving.sort(key=lambda item: (item.due.due_at, item.due.id))

    def _fill_week(self, teacher: Teacher, monday: date) -> None:
        chances = {self._training: 0.3, self._action: 0.25, self._visit: 0.15, self._words: 0.3, self._question: 0.1}
        for make, chance in chances.items():
            if self._random.random() < chance:
                make(teacher, monday + timedelta(days=self._random.randrange(7)))

    def _training(self, teacher: Teacher, day: date) -> None:
        self._add(teacher, "training_note", self._at(day, self._random.choice([11, 16, 17])), ORDINARY)

    def _action(self, teacher: Teacher, day: date) -> None:
        due_at = cadence.follow_up_at(day, teacher.habits)
        self._add(teacher, "follow_up", due_at, ORDINARY, action=self._number)

    def _visit(self, teacher: Teacher, day: date) -> None:
        lesson = self._at(day, self._random.choice([8, 9, 10, 14, 15]), 5)
        self._add(teacher, "personal", lesson - timedelta(days=2), PERSONAL)
        if CALENDAR(day):
            self._add(teacher, "observation_evening", cadence.evening_before(lesson), APPOINTMENT, lesson)
            self._add(teacher, "observation_soon", cadence.half_hour_before(lesson), APPOINTMENT, lesson)
            ended = lesson + timedelta(minutes=40)
            self._add(teacher, "observation_feedback", cadence.feedback_after(ended), ORDINARY)

    def _words(self, teacher: Teacher, day: date) -> None:
        self._add(teacher, "answer", self._at(day, self._random.randrange(24), self._random.randrange(60)), PERSONAL)

    def _question(self, teacher: Teacher, day: date) -> None:
        self._add(teacher, "question", self._at(day, self._random.choice([0, 12, 23])), ORDINARY)

    def _at(self, day: date, hour: int, minute: int = 0) -> datetime:
        return instant(day, time(hour, minute), ZONE)

    def _add(
        self, teacher: Teacher, kind: str, due_at: datetime, manner: str, lesson: datetime | None = None, **more: int
    ) -> None:
        if due_at < OPENS:
            return
        expires = cadence.expires_at(kind, due_at, lesson, CALENDAR, ZONE)
        teacher.arriving.append(Item(self._due(kind, due_at, expires, manner), **more))

    def _due(self, kind: str, due_at: datetime, expires: datetime | None, manner: str) -> Due:
        self._number += 1
        return Due(UUID(int=self._number), kind, due_at, expires, manner)

    # How the term goes

    def _play(self, teacher: Teacher) -> None:
        now = OPENS
        while now < CLOSES:
            self._arrive(teacher, now)
            later = self._speak(teacher, now)
            coming = [item.due.due_at for item in teacher.arriving[:1]]
            words = [at for at in teacher.heard if at > now]
            now = min([later, *coming, *words], default=CLOSES)

    def _arrive(self, teacher: Teacher, now: datetime) -> None:
        while teacher.arriving and teacher.arriving[0].due.due_at <= now:
            item = teacher.arriving.pop(0)
            teacher.waiting.append(item)
            hers = teacher.habits_at(item.due.due_at)
            teacher.whys[item.due.id] = first_chance(item.due, hers, teacher.spoken, item.due.due_at, CALENDAR)

    def _speak(self, teacher: Teacher, now: datetime) -> datetime:
        """Drop and say what the planner wants, and return when to look again."""
        while True:
            dues, hers = [item.due for item in teacher.waiting], teacher.habits_at(now)
            planned = plan(dues, hers, teacher.spoken, now, CALENDAR)
            self._drop(teacher, planned.too_late, now)
            if planned.at != now:
                return planned.next_contact_at or CLOSES
            self._say(teacher, planned.together, now)

    def _drop(self, teacher: Teacher, ids: tuple[UUID, ...], now: datetime) -> None:
        teacher.dropped += [(item, now) for item in teacher.waiting if item.due.id in ids]
        teacher.waiting = [item for item in teacher.waiting if item.due.id not in ids]

    def _say(self, teacher: Teacher, ids: tuple[UUID, ...], now: datetime) -> None:
        said = tuple(item for item in teacher.waiting if item.due.id in ids)
        teacher.waiting = [item for item in teacher.waiting if item.due.id not in ids]
        teacher.let_go += [item for item in said if not self._is_wanted(teacher, item, now)]
        said = tuple(item for item in said if item not in teacher.let_go)
        if not said:
            return
        teacher.cards.append(Card(now, said))
        teacher.spoken += [now] if teacher.cards[-1].is_ordinary else []
        if self._random.random() < teacher.answers:
            teacher.heard.append(now + timedelta(minutes=self._random.randrange(1, 24 * 60)))
            teacher.given |= {item.action for item in said if item.action is not None}
        for item in said:
            self._follow(teacher, item, now)
        self._note_silence(teacher, now)

    def _is_wanted(self, teacher: Teacher, item: Item, now: datetime) -> bool:
        """Ask again at sending time: is the action still open, does the silence last?"""
        if item.due.manner == LAST_QUESTION:
            return teacher.habits_at(now).heard_at == item.asked_at
        return item.action is None or item.action not in teacher.given

    def _follow(self, teacher: Teacher, item: Item, now: datetime) -> None:
        """Plan the next link of the chain about an action, as its handler does."""
        if item.action is None or item.action in teacher.given or item.due.kind == "follow_up_closing":
            return
        asked, touches = item.asked_at or now, cadence.STRENGTHS[teacher.strength].touches
        if item.touch < len(touches):
            kind = "follow_up_again"
            due_at = cadence.second_touch_at(asked, ZONE, CALENDAR, touches[item.touch])
        else:
            kind = "follow_up_closing"
            due_at = cadence.closing_at(asked, ZONE, cadence.days_present(CALENDAR, teacher.habits.away))
        due = self._due(kind, max(due_at, now + timedelta(days=1)), None, ORDINARY)
        self._arrive_later(teacher, Item(due, item.action, item.touch + 1, asked))

    def _note_silence(self, teacher: Teacher, now: datetime) -> None:
        hers = teacher.habits_at(now)
        assert hers.heard_at is not None
        is_long = len(silence.unanswered(teacher.spoken, hers.heard_at)) >= silence.ASKS_AT
        if is_long and hers.heard_at not in teacher.was_asked_to_be_quiet:
            teacher.was_asked_to_be_quiet.add(hers.heard_at)
            due_at = silence.counts_from(now, ZONE, CALENDAR, hers.away)
            self._arrive_later(
                teacher, Item(self._due("quiet_question", due_at, None, LAST_QUESTION), asked_at=hers.heard_at)
            )

    def _arrive_later(self, teacher: Teacher, item: Item) -> None:
        teacher.arriving.append(item)
        teacher.arriving.sort(key=lambda one: (one.due.due_at, one.due.id))


def local(at: datetime) -> datetime:
    """Show an instant as the clocks of China do: always eight hours ahead."""
    return at.astimezone(UTC).replace(tzinfo=None) + timedelta(hours=8)


def week_of(at: datetime) -> int:
    """Count the week of the term, from 1."""
    return (local_day(at, ZONE) - MONDAY).days // 7 + 1
