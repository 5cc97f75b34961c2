"""The school's clock: its year and its bells together, as one value that is handed to whoever asks for a time."""

from dataclasses import dataclass
from datetime import date, datetime

from models.rules.bells import DEFAULT_BOOK, Bell, BellBook, lesson_ends_at, lesson_starts_at
from models.rules.calendar import WEEKDAYS, Calendar


@dataclass(frozen=True)
class SchoolClock:
    """What a school's time is like; the default one belongs to a school that entered nothing yet."""

    calendar: Calendar = WEEKDAYS
    bells: BellBook = DEFAULT_BOOK
    most_a_week: int = 21  # bot-started cards for one person at most, whatever she chose herself

    def periods(self, day: date, stage: str = "") -> tuple[Bell, ...]:
        """Give the lessons' times of a day in a part of the school."""
        return self.bells.on(day, stage)

    def last_period(self, day: date, stage: str = "") -> int:
        """Give the number of the last lesson of a day."""
        return len(self.periods(day, stage))

    def last_lesson(self, day: date, stage: str = "") -> int:
        """Give the number of the last lesson before everybody goes home: of the morning, where the afternoon is closed."""
        last = self.last_period(day, stage)
        held = [period for period in range(1, last + 1) if self.is_open(day, period, stage)]
        return held[-1] if held else last

    def is_open(self, day: date, period: int, stage: str = "") -> bool:
        """Say whether lessons are held when this one rings: on no rest day, in no exam, in no closed half."""
        bells = self.periods(day, stage)
        rings = bells[min(max(period, 1), len(bells)) - 1].start
        return self.calendar.has_lessons_at(day, rings)

    def starts_at(self, day: date, period: int, zone: str, stage: str = "") -> datetime:
        """Return the UTC instant at which a lesson begins; raise NoSuchPeriod beyond the table."""
        return lesson_starts_at(day, period, zone, self.periods(day, stage))

    def ends_at(self, day: date, period: int, zone: str, stage: str = "") -> datetime:
        """Return the UTC instant at which a lesson ends; raise NoSuchPeriod beyond the table."""
        return lesson_ends_at(day, period, zone, self.periods(day, stage))


NO_SCHOOL_CLOCK = SchoolClock()
