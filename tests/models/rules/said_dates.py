"""A school whose year the date tests know: the autumn term of 2026 with its holidays, a midterm, and the next spring."""

from datetime import date, timedelta

from models.rules.calendar import EXAM, REST, SCHOOL, Calendar, DayMark, TermSpan
from models.rules.school_clock import SchoolClock

AUTUMN = TermSpan("2026 秋", date(2026, 8, 31), weeks=20, first_day=date(2026, 9, 1))
SPRING = TermSpan("2027 春", date(2027, 3, 1), weeks=18)


def stretch(first: date, days: int, kind: str, name: str) -> dict[date, DayMark]:
    """Mark some days in a row."""
    return {first + timedelta(days=ahead): DayMark(kind, name) for ahead in range(days)}


OFFICIAL = {
    **stretch(date(2026, 9, 25), 3, REST, "中秋"),
    **stretch(date(2026, 10, 1), 7, REST, "国庆节"),
    **stretch(date(2026, 9, 20), 1, SCHOOL, "国庆节"),
    **stretch(date(2026, 10, 10), 1, SCHOOL, "国庆节"),
}
OWN = {
    **stretch(date(2026, 11, 24), 2, EXAM, "期中考试"),
    **stretch(date(2027, 1, 12), 3, EXAM, "期末考试"),
    **stretch(date(2026, 12, 11), 1, SCHOOL, "運動會"),
    **stretch(date(2026, 11, 27), 1, REST, "停课"),
}
YEAR = Calendar((AUTUMN, SPRING), OWN, OFFICIAL, frozenset({2026}))
SCHOOL_CLOCK = SchoolClock(YEAR)
# It rained on the first day: the school entered its second day anew, and left the old one standing.
PUT_OFF = SchoolClock(
    Calendar(
        (AUTUMN,),
        {**stretch(date(2026, 11, 19), 2, SCHOOL, "运动会"), **stretch(date(2026, 11, 27), 1, SCHOOL, "运动会第二天")},
    )
)
