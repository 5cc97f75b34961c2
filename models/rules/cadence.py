"""Say when the bot follows up, and how long each thing is still worth saying.

These instants are wishes: the contact planner moves each to the person's own hours and school days.
All instants are aware UTC; every step in days keeps the local time of day over a clock change.
"""

from datetime import date, datetime, time, timedelta

from models.rules.calendar import WEEKDAYS, SchoolDays, next_school_day
from models.rules.contact import Habits
from models.rules.wall_time import instant, local_day, same_time_later

# The rhythm of one action, as teachers know it from the conversation scripts: asked on the 14th, once more with
# the cards of the 16th, one closing question on the 23rd, put away a week later. Nobody is asked a fourth time.
TOUCH_AGAIN_AFTER = 2  # school days after the first asking
CLOSE_AFTER = 9  # days after the first asking
PUT_AWAY_AFTER = 7  # days after the closing question

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
    "question": timedelta(days=14),
    "answer": timedelta(days=30),
    "personal": timedelta(days=30),
    "gather": None,
    "training_note": timedelta(days=2),
    "rhythm": timedelta(days=14),
}

# A reminder of a lesson serves until so long before the lesson, however late it was sent.
BEFORE_LESSON: dict[str, timedelta] = {
    "observation_evening": SOON,
    "observation_soon": timedelta(0),
}


def expires_at(kind: str, due_at: datetime, lesson_at: datetime | None = None) -> datetime | None:
    """Return from when on a message is no longer worth sending, or None when it never grows old.

    Raise KeyError for an unknown kind, and ValueError for a reminder of a lesson without the lesson's time.
    """
    if kind not in BEFORE_LESSON:
        lasts = LATE[kind]
        return None if lasts is None else due_at + lasts
    if lesson_at is None:
        raise ValueError(f"{kind} needs the time of the lesson")
    return lesson_at - BEFORE_LESSON[kind]


def follow_up_at(try_on: date, habits: Habits) -> datetime:
    """Return when to ask how it went: on the day chosen for trying, when her hours begin."""
    return instant(try_on, habits.start, habits.zone)


def second_touch_at(asked_at: datetime, zone: str = "Asia/Shanghai", days: SchoolDays = WEEKDAYS) -> datetime:
    """Return when silence is met once more: at the same time two school days later.

    A calendar that ends before them counts plain days.
    """
    asked_on = day = local_day(asked_at, zone)
    for _ in range(TOUCH_AGAIN_AFTER):
        day = next_school_day(day, days) or day + timedelta(days=1)
    return same_time_later(asked_at, (day - asked_on).days, zone)


def closing_at(asked_at: datetime, zone: str = "Asia/Shanghai") -> datetime:
    """Return when to ask whether to let the action rest: nine days after the first asking."""
    return same_time_later(asked_at, CLOSE_AFTER, zone)


def wait_after_silence(closing_asked_at: datetime, zone: str = "Asia/Shanghai") -> datetime:
    """Return until when an answer to the closing question is awaited before the action is put away."""
    return same_time_later(closing_asked_at, PUT_AWAY_AFTER, zone)


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
