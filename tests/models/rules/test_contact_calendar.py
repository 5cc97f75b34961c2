"""When the bot may speak, at every edge of the school's calendar and of her silence."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from models.rules.calendar import AFTERNOON, EXAM, MORNING, REST, SCHOOL, Calendar, DayMark, TermSpan
from models.rules.contact import (
    APPOINTMENT,
    DIGEST,
    LAST_QUESTION,
    ORDINARY,
    PERSONAL,
    UNSAID,
    Chance,
    Due,
    Habits,
    first_chance,
    plan,
)
from models.rules.silence import counts_from

ZONE = "Asia/Shanghai"
AUTUMN = TermSpan("上", date(2026, 8, 31), 21)  # to 24 January 2027
SPRING = TermSpan("下", date(2027, 3, 1), 19)


def at(day: str, clock: str = "16:30") -> datetime:
    """Return a local time as an instant; a year is 2026 unless it is said."""
    whole = day if len(day) > 5 else f"2026-{day}"
    wall = datetime.combine(date.fromisoformat(whole), time.fromisoformat(clock), ZoneInfo(ZONE))
    return wall.astimezone(UTC)


def rest(name: str, first: date, days: int) -> dict[date, DayMark]:
    return {first + timedelta(days=ahead): DayMark(REST, name) for ahead in range(days)}


NATIONAL = rest("国庆节", date(2026, 10, 1), 7) | {date(2026, 10, 10): DayMark(SCHOOL, "国庆节")}
YEAR = Calendar((AUTUMN, SPRING), official=NATIONAL, known_years=frozenset({2026}))
EXAMS = {date(2026, 11, 11) + timedelta(days=n): DayMark(EXAM, "期中考试") for n in range(3)}  # Wednesday to Friday
EXAM_TERM = Calendar((AUTUMN,), own=EXAMS)
LOUD_EXAMS = Calendar((AUTUMN,), own=EXAMS, is_quiet_in_exams=False)
WEEK_1_OFF = Calendar((AUTUMN,), own=rest("台风", date(2026, 8, 31), 4))
ENDLESS = Calendar((TermSpan("上", date(2026, 8, 31)),))
CLOSED = Calendar(own={date(2026, 9, 16): DayMark(REST, "停电")})
SATURDAY = Habits(weekdays=frozenset(range(6)))


def chance(now: datetime, calendar: Calendar, manner: str = ORDINARY, hers: Habits | None = None) -> Chance:
    return first_chance(Due(UUID(int=1), "x", now, None, manner), hers or Habits(), (), now, calendar)


def told(found: Chance) -> list[tuple[str, str]]:
    return [(reason.code, reason.name) for reason in found.reasons]


QUIET = ("quiet_hours", "")


@pytest.mark.parametrize(
    ("now", "calendar", "expected", "why"),
    [
        pytest.param(at("08-31"), WEEK_1_OFF, at("09-04"), [("closed", "台风"), QUIET],
                     id="week 1 may begin with days off"),
        pytest.param(at("09-30", "21:00"), YEAR, at("10-08"), [("holiday", "国庆节"), QUIET],
                     id="a holiday is one cause from its eve to its end"),
        pytest.param(at("10-09", "21:00"), YEAR, at("10-12"), [QUIET],
                     id="a made-up Saturday is not hers if she said Monday to Friday"),
        pytest.param(at("12-31", "21:00"), YEAR, at("2027-01-04"),
                     [("weekend", ""), ("doubtful", "元旦"), QUIET], id="the year turns into one without its list"),
        pytest.param(at("2027-01-22", "21:00"), YEAR, at("2027-03-01"),
                     [("vacation", ""), ("weekend", ""), QUIET], id="a vacation with its weekends is one cause"),
        pytest.param(at("2028-06-01", "20:00"), ENDLESS, at("2028-06-01", "20:00"), [], id="a term without end goes on"),
        pytest.param(at("09-16", "00:00"), CLOSED, at("09-17"), [("closed", "停电"), QUIET], id="midnight opens a day"),
        pytest.param(at("09-15", "23:59"), CLOSED, at("09-17"), [("closed", "停电"), QUIET], id="24:00 ends one"),
        pytest.param(at("09-15", "20:59"), CLOSED, at("09-15", "20:59"), [], id="the evening before is hers"),
        pytest.param(at("11-10", "21:00"), EXAM_TERM, at("11-16"), [("exam", "期中考试"), ("weekend", ""), QUIET],
                     id="an exam runs into a weekend"),
        pytest.param(at("11-11", "17:00"), LOUD_EXAMS, at("11-11", "17:00"), [], id="a school may not mind"),
    ],
)  # fmt: skip
def test_an_ordinary_message_at_the_edges_of_the_calendar(now, calendar, expected, why):
    found = chance(now, calendar)
    assert (found.at, sorted(told(found))) == (expected, sorted(why))


def test_a_made_up_saturday_is_hers_if_she_chose_saturdays():
    assert chance(at("10-10", "17:00"), YEAR, hers=SATURDAY).at == at("10-10", "17:00")
    assert chance(at("10-17", "17:00"), YEAR, hers=SATURDAY).at == at("10-19"), "an ordinary Saturday rests"


@pytest.mark.parametrize(
    ("manner", "holiday", "exam", "vacation"),
    [
        (ORDINARY, at("10-08"), at("11-16"), at("2027-03-01")),
        (LAST_QUESTION, at("10-08"), at("11-16"), at("2027-03-01")),
        (PERSONAL, at("10-08"), at("11-11", "17:00"), at("2027-03-01")),
        (DIGEST, at("10-08", "06:30"), at("11-11", "17:00"), at("2027-03-01", "06:30")),
        (APPOINTMENT, at("10-01", "17:00"), at("11-11", "17:00"), at("2027-02-01", "17:00")),
        (UNSAID, at("10-01", "17:00"), at("11-11", "17:00"), at("2027-02-01", "17:00")),
    ],
)
def test_what_each_manner_waits_out(manner, holiday, exam, vacation):
    assert chance(at("10-01", "17:00"), YEAR, manner).at == holiday
    assert chance(at("11-11", "17:00"), EXAM_TERM, manner).at == exam
    assert chance(at("2027-02-01", "17:00"), YEAR, manner).at == vacation


def half(day: date, closed: str) -> Calendar:
    return Calendar((AUTUMN,), own={day: DayMark(SCHOOL, "校运会", closed=closed)})


FRIDAY_PM, FRIDAY_AM = half(date(2026, 9, 18), AFTERNOON), half(date(2026, 9, 18), MORNING)
ALL_DAY = Habits(start=time(7), end=time(21))


@pytest.mark.parametrize(
    ("now", "calendar", "expected", "why"),
    [
        pytest.param(at("09-18", "17:00"), FRIDAY_PM, at("09-21", "07:00"),
                     ["afternoon_off", "weekend", "quiet_hours"], id="a closed afternoon runs into the weekend"),
        pytest.param(at("09-18", "11:59"), FRIDAY_PM, at("09-18", "11:59"), [], id="its morning is a school morning"),
        pytest.param(at("09-18", "12:00"), FRIDAY_PM, at("09-21", "07:00"),
                     ["afternoon_off", "weekend", "quiet_hours"], id="noon opens the afternoon"),
        pytest.param(at("09-18", "08:00"), FRIDAY_AM, at("09-18", "12:00"), ["morning_off"], id="noon ends the morning"),
        pytest.param(at("09-18", "00:00"), FRIDAY_AM, at("09-18", "12:00"), ["morning_off"], id="midnight begins it"),
        pytest.param(at("09-17", "22:00"), FRIDAY_AM, at("09-18", "12:00"), ["morning_off", "quiet_hours"],
                     id="the evening before is not closed"),
    ],
)  # fmt: skip
def test_a_closed_half_is_quiet_and_the_other_half_is_not(now, calendar, expected, why):
    found = chance(now, calendar, hers=ALL_DAY)
    assert (found.at, sorted(reason.code for reason in found.reasons)) == (expected, sorted(why))
    assert all(reason.name == "校运会" for reason in found.reasons if reason.code.endswith("_off"))


@pytest.mark.parametrize(
    ("manner", "expected"),
    [
        (ORDINARY, at("09-21")), (LAST_QUESTION, at("09-21")), (PERSONAL, at("09-21")), (DIGEST, at("09-21", "06:30")),
        (APPOINTMENT, at("09-18", "17:00")), (UNSAID, at("09-18", "17:00")),
    ],
)  # fmt: skip
def test_what_each_manner_waits_out_on_a_closed_afternoon(manner, expected):
    assert chance(at("09-18", "17:00"), FRIDAY_PM, manner).at == expected


def test_what_falls_due_in_a_vacation_merges_on_the_first_school_day_within_the_budget():
    days = [at("2027-01-29"), at("2027-02-08"), at("2027-03-01", "08:00"), at("2027-03-01", "18:00")]
    dues = [Due(UUID(int=n), "x", due_at) for n, due_at in enumerate(days)]
    first = plan(dues, Habits(weekly_budget=1), [], days[0], YEAR)
    assert (first.at, len(first.together)) == (at("2027-03-01"), 3)
    rest_of_it = plan(dues[3:], Habits(weekly_budget=1), [first.at], first.at, YEAR)
    assert (rest_of_it.at, rest_of_it.reasons[0].code) == (at("2027-03-08"), "not_due")


def test_the_cause_worth_naming_is_not_the_hour_of_the_day():
    named = chance(at("09-30", "21:00"), YEAR).main_reason
    assert named is not None and named.name == "国庆节"
    quiet, now = chance(at("09-16", "12:00"), YEAR).main_reason, chance(at("09-16", "17:00"), YEAR).main_reason
    assert quiet is not None and quiet.code == "quiet_hours" and now is None


# Silence

MON = date(2026, 9, 14)


def said(*days: int) -> list[datetime]:
    """Give cards at 17:00, so many days after Monday 14 September."""
    return [at((MON + timedelta(days=ahead)).isoformat(), "17:00") for ahead in days]


def after(spoken: list[datetime], now: datetime, manner: str = ORDINARY, **habits: object) -> Chance:
    hers = Habits(heard_at=at("09-13", "20:00"), **habits)  # type: ignore[arg-type]
    return first_chance(Due(UUID(int=1), "x", now, None, manner), hers, spoken, now, YEAR)


@pytest.mark.parametrize(
    ("spoken", "now", "expected", "why"),
    [
        pytest.param(said(0, 1), at("09-18"), at("09-18"), [], id="two without a word change nothing"),
        pytest.param(said(0, 1, 2), at("09-17"), at("09-17"), [], id="the third may still be answered: a day must pass"),
        pytest.param(said(0, 1, 2), at("09-18"), at("09-21"), ["held_back", "quiet_hours"], id="then one a week"),
        pytest.param(said(0, 1, 2), at("09-21"), at("09-21"), [], id="the week's first card may come"),
        pytest.param(said(0, 1, 2, 7), at("09-24"), at("09-28"), ["held_back", "quiet_hours"],
                     id="and no second"),
        pytest.param(said(0, 1, 2, 7, 14), at("10-12"), None, ["silent"], id="after five nothing more"),
    ],
)  # fmt: skip
def test_cards_without_a_word_slow_the_ordinary_ones_down(spoken, now, expected, why):
    hers = {"weekly_budget": 5}
    found = after(spoken, now, **hers)
    assert found.at == expected
    assert [reason.code for reason in found.reasons] == why


def test_the_last_question_is_still_asked_and_colleagues_words_still_come():
    five = said(0, 1, 2, 7, 14)
    assert after(five, at("09-29"), LAST_QUESTION).at == at("10-08"), "the week's card was said; then comes a holiday"
    assert after(five, at("09-29"), PERSONAL).at == at("09-29")


def test_any_word_begins_anew():
    hers = Habits(heard_at=at("10-11", "09:00"))
    due = Due(UUID(int=1), "x", at("10-12"))
    assert first_chance(due, hers, said(0, 1, 2, 7, 14), at("10-12"), YEAR).at == at("10-12")


def test_of_one_who_was_never_heard_silence_is_not_judged():
    due = Due(UUID(int=1), "x", at("10-12"))
    assert first_chance(due, Habits(), said(0, 1, 2, 7, 14), at("10-12"), YEAR).at == at("10-12")


@pytest.mark.parametrize(
    ("card", "away", "from_then"),
    [
        pytest.param(at("09-15", "17:00"), (), at("09-17", "00:00"), id="one whole day"),
        pytest.param(at("09-18", "17:00"), (), at("09-20", "00:00"), id="a Saturday counts"),
        pytest.param(at("09-30", "17:00"), (), at("10-09", "00:00"), id="a holiday does not"),
        pytest.param(at("2027-01-24", "17:00"), (), at("2027-03-02", "00:00"), id="nor does a vacation"),
        pytest.param(at("09-15", "17:00"), ((date(2026, 9, 16), date(2026, 9, 18)),), at("09-20", "00:00"),
                     id="nor does leave"),
    ],
)  # fmt: skip
def test_when_a_card_counts_as_left_unanswered(card, away, from_then):
    assert counts_from(card, ZONE, YEAR, away) == from_then


def test_a_break_without_end_does_not_hold_us_for_ever():
    never = Calendar(own=rest("停课", date(2026, 9, 1), 1000))
    assert counts_from(at("09-15"), ZONE, never, ()) > at("2027-09-01")
