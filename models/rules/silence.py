"""Tell silence from absence: how many cards she left without a word, and when each of them counts as left so.

After three the bot holds back to one card a week; after five it asks one last question and is then quiet until she
writes. A day of leave, vacation or holiday is no day on which she kept silent: a card counts as left unanswered only
when one whole day has passed since on which she was there. Any word of hers, and any tap, begins anew.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from models.rules.calendar import LONGEST_BREAK, WEEKEND, Calendar
from models.rules.wall_time import MIDNIGHT, instant, local_day

HOLDS_BACK_AT = 3  # cards without a word, then one a week
ASKS_AT = 5  # cards without a word, then the last question
WHEN_HOLDING_BACK = 1  # cards a week

Away = Iterable[tuple[date, date]]  # absences, first and last local day
ONE_DAY = timedelta(days=1)


def unanswered(spoken: Sequence[datetime], heard_at: datetime | None) -> list[datetime]:
    """List the cards since her last word, the earliest first; of one who was never heard nothing is said."""
    return [] if heard_at is None else sorted(at for at in spoken if at > heard_at)


def day_counts(day: date, calendar: Calendar, away: Away) -> bool:
    """Say whether she could be expected to answer on a day: no leave, no vacation, no holiday; a weekend counts."""
    if any(first <= day <= last for first, last in away):
        return False
    view = calendar.look(day)
    return view.is_school or view.why == WEEKEND


def counts_from(card_at: datetime, zone: str, calendar: Calendar, away: Away) -> datetime:
    """Return from when on a card counts as left unanswered: when the first day that counts after it is over."""
    day = next_counted(local_day(card_at, zone), calendar, away)
    return instant(day + ONE_DAY, MIDNIGHT, zone)


def next_counted(day: date, calendar: Calendar, away: Away) -> date:
    """Return the first day after this one that counts; a break without end counts from its first year on."""
    days = (day + ahead * ONE_DAY for ahead in range(1, LONGEST_BREAK))
    return next((later for later in days if day_counts(later, calendar, away)), day + LONGEST_BREAK * ONE_DAY)
