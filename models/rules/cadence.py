"""Say when the bot follows up, and how long each thing is still worth saying.

These instants are wishes: the contact planner moves each to the person's own hours and school days.
All instants are aware UTC; every step in days keeps the local time of day over a clock change.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from models.rules.calendar import LONGEST_BREAK, WEEKDAYS, Calendar, SchoolDays, next_school_day
from models.rules.contact import Habits
from models.rules.silence import Away, day_counts
from models.rules.wall_time import instant, local_day, same_time_later

# The rhythm of one action, as teachers know it from the conversation scripts: asked on the 14th, once more with
# the cards of the 16th, one closing question on the 23rd, put away a week later. Nobody is asked a fourth time.
TOUCH_AGAIN_AFTER = 2  # school days after the first asking
CLOSE_AFTER = 9  # days after the first asking; only those count on which she was there
PUT_AWAY_AFTER = 7  # days after the closing question, counted alike


@dataclass(frozen=True)
class Strength:
    """How much the bot reminds a person."""

    touches: tuple[int, ...]  # school days after the first asking at which silence is met again
    weekly_budget: int  # bot-started cards a week; a person may set it lower, and a school may cap it


# 轻, 常, 勤. Nobody gets more than five cards a week: in a trial of text messages to parents 2.9 in a hundred more
# opted out at five a week than at three (https://direct.mit.edu/view-large/3086525).
STRENGTHS = {
    "light": Strength((), 2),
    "usual": Strength((TOUCH_AGAIN_AFTER,), 3),
    "keen": Strength((1, 4), 5),
}
USUAL = "usual"

EVENING = time(20, 0)
SOON = timedelta(minutes=30)
# Time to leave the classroom before anyone asks how it was.
BREATH = timedelta(minutes=5)

# How long after its due time each kind is still worth sending; None: it does not grow old.
LATE: dict[str, timedelta | None] = {
    # Each follow-up plans the next one: if a long leave could drop one, an action would be forgotten without a word.
    "follow_up": None,
    "follow_up_again": None,
    "follow_up_closing": None,
    "observation_feedback": timedelta(days=3),
    "digest": timedelta(days=3),
    # What people wrote waits out the longest vacation of ten weeks and the month after it.
    "question": timedelta(days=100),
    "answer": timedelta(days=100),
    "personal": timedelta(days=100),
    "gather": None,
    "training_note": timedelta(days=7),
    "rhythm": timedelta(days=14),
}

# A fresh impression: two school days, so that a training on a Saturday is still asked about on Monday.
FRESH_FOR = 2

# A reminder of a lesson serves until so long before the lesson, however late it was sent.
BEFORE_LESSON: dict[str, timedelta] = {
    "observation_evening": SOON,
    "observation_soon": timedelta(0),
}


def expires_at(
    kind: str,
    due_at: datetime,
    lesson_at: datetime | None = None,
    calendar: Calendar = WEEKDAYS,
    zone: str = "Asia/Shanghai",
) -> datetime | None:
    """Return from when on a message is no longer worth sending, or None when it never grows old.

    Raise KeyError for an unknown kind, and ValueError for a reminder of a lesson without the lesson's time.
    """
    if kind in BEFORE_LESSON:
        if lesson_at is None:
            raise ValueError(f"{kind} needs the time of the lesson")
        return lesson_at - BEFORE_LESSON[kind]
    lasts = LATE[kind]
    if lasts is None:
        return None
    if kind == "training_note":
        return min(second_touch_at(due_at, zone, calendar, FRESH_FOR), due_at + lasts)
    return due_at + lasts


def follow_up_at(try_on: date, habits: Habits) -> datetime:
    """Return when to ask how it went: on the day chosen for trying, when her hours begin."""
    return instant(try_on, habits.start, habits.zone)


def second_touch_at(
    asked_at: datetime, zone: str = "Asia/Shanghai", days: SchoolDays = WEEKDAYS, after: int = TOUCH_AGAIN_AFTER
) -> datetime:
    """Return when silence is met once more: at the same time two school days later, or as many as her strength says.

    A calendar that ends before them counts plain days.
    """
    asked_on = day = local_day(asked_at, zone)
    for _ in range(after):
        day = next_school_day(day, days) or day + timedelta(days=1)
    return same_time_later(asked_at, (day - asked_on).days, zone)


def every_day(_day: date) -> bool:
    """Count every day."""
    return True


def days_present(calendar: Calendar, away: Away) -> Callable[[date], bool]:
    """Make the count of days on which somebody could have answered: no leave, no vacation, no holiday."""
    return lambda day: day_counts(day, calendar, away)


def closing_at(asked_at: datetime, zone: str = "Asia/Shanghai", counts: Callable[[date], bool] = every_day) -> datetime:
    """Return when to ask whether to let the action rest: nine days that count after the first asking."""
    return counted_later(asked_at, CLOSE_AFTER, zone, counts)


def wait_after_silence(
    closing_asked_at: datetime, zone: str = "Asia/Shanghai", counts: Callable[[date], bool] = every_day
) -> datetime:
    """Return until when an answer to the closing question is awaited before the action is put away."""
    return counted_later(closing_asked_at, PUT_AWAY_AFTER, zone, counts)


def counted_later(moment: datetime, days: int, zone: str, counts: Callable[[date], bool]) -> datetime:
    """Return the same local time so many days later, passing over days that do not count; a year of them ends it."""
    began, ahead, left = local_day(moment, zone), 0, days
    while left and ahead < days + LONGEST_BREAK:
        ahead += 1
        left -= counts(began + timedelta(days=ahead))
    return same_time_later(moment, ahead, zone)


def weekly_at(weekday: int, at: time, zone: str, after: datetime) -> datetime:
    """Return the first instant after `after` at which the clocks show this time on this weekday (0 = Monday)."""
    today = local_day(after, zone)
    this_week = today + timedelta(days=(weekday - today.weekday()) % 7)
    found = instant(this_week, at, zone)
    return found if found > after else instant(this_week + timedelta(days=7), at, zone)


def feedback_after(end_of_period: datetime) -> datetime:
    """Return when to ask the observer for feedback: five minutes after the lesson."""
    return end_of_period + BREATH


def evening_before(lesson_at: datetime, zone: str = "Asia/Shanghai") -> datetime:
    """Return 20:00 of the day before a lesson."""
    return instant(local_day(lesson_at, zone) - timedelta(days=1), EVENING, zone)


def half_hour_before(lesson_at: datetime) -> datetime:
    """Return the instant thirty minutes before a lesson."""
    return lesson_at - SOON
