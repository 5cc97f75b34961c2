"""When the bot follows up, and how long each thing is worth saying."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from models.rules.cadence import (
    BEFORE_LESSON,
    LATE,
    STRENGTHS,
    closing_at,
    days_present,
    evening_before,
    expires_at,
    feedback_after,
    follow_up_at,
    half_hour_before,
    second_touch_at,
    wait_after_silence,
    weekly_at,
)
from models.rules.calendar import REST, Calendar, DayMark, TermSpan
from models.rules.contact import Habits

BERLIN = "Europe/Berlin"


def at(*parts: int, zone: str = "Asia/Shanghai") -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def test_an_action_is_asked_about_when_her_hours_begin_on_the_day():
    evenings = Habits(start=time(20), end=time(21, 30))
    assert follow_up_at(date(2026, 9, 30), evenings) == at(2026, 9, 30, 20)


@pytest.mark.parametrize(
    ("asked", "again"),
    [
        pytest.param(at(2026, 10, 13, 20), at(2026, 10, 15, 20), id="Tuesday, then Thursday"),
        pytest.param(at(2026, 10, 15, 20), at(2026, 10, 19, 20), id="Thursday, then Monday"),
        pytest.param(at(2026, 10, 17, 20), at(2026, 10, 20, 20), id="Saturday, then Tuesday"),
    ],
)
def test_silence_is_met_once_more_two_school_days_later(asked, again):
    assert second_touch_at(asked) == again


def test_the_schools_calendar_moves_the_second_touch():
    def after_golden_week(day: date) -> bool:
        return day >= date(2026, 10, 8)

    assert second_touch_at(at(2026, 9, 30, 20), days=after_golden_week) == at(2026, 10, 9, 20)
    assert second_touch_at(at(2026, 9, 30, 20), days=lambda day: False) == at(2026, 10, 2, 20)


def test_the_second_touch_keeps_its_hour_over_a_clock_change():
    assert second_touch_at(at(2026, 10, 23, 17, zone=BERLIN), BERLIN) == at(2026, 10, 27, 17, zone=BERLIN)


def test_one_closing_question_then_rest():
    asked = at(2026, 10, 14, 20)
    assert closing_at(asked) == at(2026, 10, 23, 20)
    assert wait_after_silence(closing_at(asked)) == at(2026, 10, 30, 20)
    assert closing_at(at(2026, 10, 20, 17, zone=BERLIN), BERLIN) == at(2026, 10, 29, 17, zone=BERLIN)


@pytest.mark.parametrize(
    ("after", "zone", "expected"),
    [
        pytest.param(at(2026, 10, 7, 12), "Asia/Shanghai", at(2026, 10, 9, 16, 30), id="the coming Friday"),
        pytest.param(at(2026, 10, 9, 16, 29), "Asia/Shanghai", at(2026, 10, 9, 16, 30), id="later on Friday"),
        pytest.param(at(2026, 10, 9, 16, 30), "Asia/Shanghai", at(2026, 10, 16, 16, 30), id="at the time itself"),
        pytest.param(at(2026, 10, 10, 0), "Asia/Shanghai", at(2026, 10, 16, 16, 30), id="Saturday midnight"),
        pytest.param(at(2026, 10, 23, 17, zone=BERLIN), BERLIN, at(2026, 10, 30, 16, 30, zone=BERLIN),
                     id="over a clock change"),
        pytest.param(at(2026, 12, 27, 12), "Asia/Shanghai", at(2027, 1, 1, 16, 30), id="over new year"),
    ],
)  # fmt: skip
def test_the_weekly_page_has_one_time(after, zone, expected):
    assert weekly_at(4, time(16, 30), zone, after) == expected


def test_the_instants_around_a_lesson():
    lesson = at(2026, 10, 9, 8, 20)
    assert evening_before(lesson) == at(2026, 10, 8, 20)
    assert half_hour_before(lesson) == at(2026, 10, 9, 7, 50)
    assert feedback_after(at(2026, 10, 9, 9)) == at(2026, 10, 9, 9, 5)


def test_the_evening_before_is_the_local_one():
    early_in_utc_terms = at(2026, 10, 9, 7, 30)  # still Thursday in UTC
    assert early_in_utc_terms.date() == date(2026, 10, 8)
    assert evening_before(early_in_utc_terms) == at(2026, 10, 8, 20)


@pytest.mark.parametrize(
    ("kind", "days"),
    [
        ("observation_feedback", 3), ("digest", 3),
        ("question", 100), ("answer", 100), ("personal", 100), ("rhythm", 14),
    ],
)  # fmt: skip
def test_how_long_each_kind_is_worth_sending(kind, days):
    due = at(2026, 10, 9, 16, 30)
    assert expires_at(kind, due) == due + timedelta(days=days)


@pytest.mark.parametrize(
    ("ended", "until"),
    [
        pytest.param(at(2026, 10, 14, 16), at(2026, 10, 16, 16), id="Wednesday, until Friday"),
        pytest.param(at(2026, 10, 17, 16), at(2026, 10, 20, 16), id="Saturday, until Tuesday"),
        pytest.param(at(2026, 9, 30, 16), at(2026, 10, 7, 16), id="before a week off: a week is the longest"),
        pytest.param(at(2027, 7, 12, 16), at(2027, 7, 19, 16), id="in a vacation it passes"),
    ],
)
def test_a_training_is_asked_about_while_it_is_fresh(ended: datetime, until: datetime) -> None:
    off = {date(2026, 10, day): DayMark(REST, "国庆节") for day in range(1, 8)}
    year = Calendar((TermSpan("上", date(2026, 8, 31), 45), TermSpan("下", date(2027, 8, 30), 20)), official=off)
    assert expires_at("training_note", ended, calendar=year) == until


def test_leave_and_vacation_are_no_days_of_silence() -> None:
    term = TermSpan("上", date(2026, 8, 31), 21), TermSpan("下", date(2027, 3, 1), 20)
    asked = at(2027, 1, 20, 17)  # the Wednesday before the vacation, which begins on Monday the 25th
    assert closing_at(asked, counts=days_present(Calendar(term), ())) == at(2027, 3, 5, 17)
    away = [(date(2027, 3, 2), date(2027, 3, 9))]
    assert closing_at(asked, counts=days_present(Calendar(term), away)) == at(2027, 3, 13, 17)
    assert wait_after_silence(asked, counts=lambda _day: False) > at(2028, 1, 1), "a break without end ends"


@pytest.mark.parametrize(("strength", "touches"), [("light", []), ("usual", [16]), ("keen", [15, 20])])
def test_each_strength_has_its_touches(strength: str, touches: list[int]) -> None:
    asked = at(2026, 10, 14, 17)  # a Wednesday
    after = STRENGTHS[strength].touches
    assert [second_touch_at(asked, after=days).day for days in after] == touches
    assert STRENGTHS["light"].weekly_budget < STRENGTHS["usual"].weekly_budget < STRENGTHS["keen"].weekly_budget <= 5


def test_what_gathers_does_not_grow_old():
    assert expires_at("gather", at(2026, 10, 9, 16, 30)) is None


@pytest.mark.parametrize(
    ("kind", "until"),
    [
        pytest.param("observation_evening", at(2026, 10, 9, 7, 50), id="the evening reminder, until the next one"),
        pytest.param("observation_soon", at(2026, 10, 9, 8, 20), id="the last reminder, until the lesson"),
    ],
)
def test_a_lesson_is_announced_until_it_is_there(kind, until):
    lesson = at(2026, 10, 9, 8, 20)
    assert expires_at(kind, evening_before(lesson), lesson) == until


def test_a_reminder_needs_its_lesson_and_a_kind_its_line():
    with pytest.raises(ValueError, match="observation_soon"):
        expires_at("observation_soon", at(2026, 10, 9, 8))
    with pytest.raises(KeyError):
        expires_at("gossip", at(2026, 10, 9, 8))
    assert not LATE.keys() & BEFORE_LESSON.keys()


@pytest.mark.parametrize("kind", ["follow_up", "follow_up_again", "follow_up_closing"])
def test_a_long_leave_never_ends_a_follow_up_without_a_word(kind: str) -> None:
    assert expires_at(kind, at(2026, 10, 9, 16, 30)) is None
