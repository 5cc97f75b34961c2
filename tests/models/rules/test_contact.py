"""When the bot may speak, situation by situation."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from models.rules.calendar import REST, SCHOOL, Calendar, DayMark, TermSpan
from models.rules.contact import APPOINTMENT, DIGEST, ORDINARY, PERSONAL, Due, Habits, Plan, Reason, first_chance, plan

MON, TUE, WED, THU, FRI, SAT, SUN = range(5, 12)  # October 2026 by its days; the 5th is a Monday
NEXT_MON = 12
SUNDAY = date(2026, 10, 4)


def at(day: int, clock: str, month: int = 10, zone: str = "Asia/Shanghai") -> datetime:
    """Return a local time of 2026 as an instant."""
    wall = datetime.combine(date(2026, month, day), time.fromisoformat(clock), ZoneInfo(zone))
    return wall.astimezone(UTC)


def due(when: datetime, manner: str = ORDINARY, expires: datetime | None = None, number: int = 1) -> Due:
    return Due(UUID(int=number), "follow_up", when, expires, manner)


def next_contact(item: Due, now: datetime, spoken=(), days=None, **habits) -> Plan:
    return plan([item], Habits(**habits), spoken, now, *([days] if days else []))


def codes(planned: Plan) -> list[str]:
    return [reason.code for reason in planned.reasons]


HERS = "within her hours she is spoken to at once"

ORDINARY_CASES = [
    pytest.param(at(MON, "17:00"), {}, at(MON, "17:00"), [], id=HERS),
    pytest.param(at(MON, "16:30"), {}, at(MON, "16:30"), [], id="the first minute of her hours is hers"),
    pytest.param(at(MON, "16:29"), {}, at(MON, "16:30"), ["quiet_hours"], id="a minute early waits a minute"),
    pytest.param(at(MON, "20:59"), {}, at(MON, "20:59"), [], id="the last minute of her hours is hers"),
    pytest.param(at(MON, "21:00"), {}, at(TUE, "16:30"), ["quiet_hours"], id="the end of her hours is quiet"),
    pytest.param(at(TUE, "00:00"), {}, at(TUE, "16:30"), ["quiet_hours"], id="midnight belongs to the new day"),
    pytest.param(at(FRI, "21:00"), {}, at(NEXT_MON, "16:30"), ["weekend", "quiet_hours"],
                 id="after Friday evening comes Monday"),
    pytest.param(at(SAT, "17:00"), {}, at(NEXT_MON, "16:30"), ["weekend", "quiet_hours"], id="a weekend is one rest"),
    pytest.param(at(SUN, "17:00"), {"weekdays": frozenset({6})}, None, ["weekend", "quiet_hours"],
                 id="a chosen Sunday stays a rest day, and nothing else is left"),
    pytest.param(at(THU, "20:30"), {"weekdays": frozenset({0, 1, 2})}, at(NEXT_MON, "16:30"),
                 ["quiet_hours"], id="a weekday she did not choose is quiet all day"),
    pytest.param(at(MON, "17:00"), {"weekdays": frozenset()}, None, ["quiet_hours"], id="no weekday at all means never"),
    pytest.param(at(MON, "17:00"), {"weekly_budget": 0}, None, ["budget"], id="no budget at all means never"),
    pytest.param(at(MON, "17:00"), {"may_contact": False}, None, ["do_not_contact"], id="do not contact me is kept"),
    pytest.param(at(MON, "17:00"), {"quiet_about": frozenset({"follow_up"})}, None, ["switched_off"],
                 id="what she switched off waits as long as it is off"),
    pytest.param(at(MON, "17:00"), {"quiet_about": frozenset({"visit", "unheard of"})}, at(MON, "17:00"), [],
                 id="another subject that is off changes nothing"),
    pytest.param(at(MON, "17:00"), {"reachable": False}, None, ["unreachable"], id="who blocked the bot is left alone"),
    pytest.param(at(MON, "17:00"), {"paused_until": at(WED, "18:00")}, at(WED, "18:00"), ["paused"],
                 id="a pause ends within her hours"),
    pytest.param(at(MON, "17:00"), {"paused_until": at(WED, "22:00")}, at(THU, "16:30"), ["paused", "quiet_hours"],
                 id="a pause ends at night"),
    pytest.param(at(MON, "17:00"), {"paused_until": at(MON, "17:00")}, at(MON, "17:00"), [],
                 id="a pause is over at its end"),
    pytest.param(at(MON, "17:00"), {"away": ((date(2026, 10, 5), date(2026, 10, 6)),)}, at(WED, "16:30"),
                 ["away", "quiet_hours"], id="the last day of an absence counts as absent"),
    pytest.param(at(MON, "17:00"), {"away": ((date(2026, 10, 6), date(2026, 10, 7)),)}, at(MON, "17:00"), [],
                 id="the evening before an absence is hers"),
    pytest.param(at(MON, "17:00"),
                 {"away": ((date(2026, 10, 1), date(2026, 10, 5)), (date(2026, 10, 5), date(2026, 10, 7)))},
                 at(THU, "16:30"), ["away", "quiet_hours"], id="two absences may touch"),
    pytest.param(at(FRI, "17:00"), {"away": ((date(2026, 10, 9), date(2026, 10, 9)),)}, at(NEXT_MON, "16:30"),
                 ["away", "weekend", "quiet_hours"], id="an absence may end in a weekend"),
]  # fmt: skip


@pytest.mark.parametrize(("now", "habits", "expected", "why"), ORDINARY_CASES)
def test_an_ordinary_message_waits_for_her(now, habits, expected, why):
    planned = next_contact(due(now), now, **habits)
    assert (planned.at, codes(planned)) == (expected, why)
    assert planned.together == ((UUID(int=1),) if expected else ())


@pytest.mark.parametrize(
    ("spoken", "now", "expected", "why"),
    [
        pytest.param([at(MON, "17:00"), at(TUE, "17:00")], at(WED, "17:00"), at(WED, "17:00"), [], id="the third is free"),
        pytest.param([at(MON, "17:00"), at(TUE, "17:00"), at(WED, "17:00")], at(THU, "17:00"), at(NEXT_MON, "16:30"),
                     ["budget", "quiet_hours"], id="the fourth waits for Monday"),
        pytest.param([at(MON, "17:00"), at(TUE, "17:00"), at(SUN, "23:59")], at(SUN, "23:59"), at(NEXT_MON, "16:30"),
                     ["budget", "quiet_hours"], id="Sunday night belongs to the old week"),
        pytest.param([at(MON, "00:00")] * 3, at(MON, "17:00"), at(NEXT_MON, "16:30"), ["budget", "quiet_hours"],
                     id="the first minute of Monday belongs to the new week"),
        pytest.param([at(4, "23:59")] * 3, at(MON, "17:00"), at(MON, "17:00"), [], id="last week's messages are forgotten"),
    ],
)  # fmt: skip
def test_the_weekly_budget_turns_on_monday(spoken, now, expected, why):
    planned = next_contact(due(now), now, spoken)
    assert (planned.at, codes(planned)) == (expected, why)


def test_the_week_turns_by_her_clock_not_by_utc():
    spoken = [datetime(2026, 10, 4, 17, tzinfo=UTC)] * 3  # Monday 01:00 in Shanghai, Sunday in Berlin
    now = datetime(2026, 10, 5, 15, tzinfo=UTC)
    assert next_contact(due(now), now, spoken).at == at(NEXT_MON, "16:30")
    assert next_contact(due(now), now, spoken, zone="Europe/Berlin").at == now


def test_the_budget_may_turn_with_the_year():
    spoken = [datetime(2026, 12, day, 9, tzinfo=UTC) for day in (28, 29, 30)]  # ISO week 53 of 2026
    now = datetime(2027, 1, 1, 9, tzinfo=UTC)  # Friday of the same ISO week
    assert next_contact(due(now), now, spoken).at == datetime(2027, 1, 4, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "window", "now", "expected"),
    [
        pytest.param("Europe/Berlin", ("02:30", "05:00"), datetime(2026, 3, 28, 23, tzinfo=UTC),
                     datetime(2026, 3, 29, 1, tzinfo=UTC), id="Berlin: a start that does not exist moves to 03:00"),
        pytest.param("Europe/Berlin", ("02:30", "05:00"), datetime(2026, 10, 24, 23, tzinfo=UTC),
                     datetime(2026, 10, 25, 0, 30, tzinfo=UTC), id="Berlin: of two 02:30 the first"),
        pytest.param("America/New_York", ("02:15", "06:00"), datetime(2026, 3, 8, 5, tzinfo=UTC),
                     datetime(2026, 3, 8, 7, tzinfo=UTC), id="New York: a start that does not exist moves to 03:00"),
        pytest.param("America/New_York", ("01:15", "06:00"), datetime(2026, 11, 1, 4, tzinfo=UTC),
                     datetime(2026, 11, 1, 5, 15, tzinfo=UTC), id="New York: of two 01:15 the first"),
        pytest.param("Europe/Berlin", ("02:10", "02:50"), datetime(2026, 3, 28, 23, tzinfo=UTC),
                     datetime(2026, 3, 30, 0, 10, tzinfo=UTC), id="Berlin: hours wholly in the gap wait a day"),
        pytest.param("Europe/Berlin", ("16:30", "21:00"), datetime(2026, 10, 24, 19, tzinfo=UTC),
                     datetime(2026, 10, 25, 15, 30, tzinfo=UTC), id="Berlin: 16:30 stays 16:30 over the change"),
    ],
)  # fmt: skip
def test_her_hours_follow_the_clocks(zone, window, now, expected):
    start, end = map(time.fromisoformat, window)
    sundays = [now.date() + timedelta(days=ahead) for ahead in range(-1, 3)]
    every_day = {
        "weekdays": frozenset(range(7)),
        "days": Calendar(own={day: DayMark(SCHOOL) for day in sundays}),
    }
    assert next_contact(due(now), now, zone=zone, start=start, end=end, **every_day).at == expected


def test_a_schools_calendar_closes_and_opens_days():
    golden_week = Calendar(official={date(2026, 10, day): DayMark(REST, "国庆节") for day in range(1, 9)})
    planned = next_contact(due(at(MON, "17:00")), at(MON, "17:00"), days=golden_week)
    assert planned.at == at(FRI, "16:30")
    assert planned.reasons == (
        Reason("holiday", at(FRI, "00:00"), "国庆节"),
        Reason("quiet_hours", at(FRI, "16:30")),
    )


def test_a_long_vacation_is_waited_out_and_an_endless_one_is_never():
    first, then = TermSpan("上", date(2026, 8, 31), last_day=SUNDAY), TermSpan("下", date(2027, 8, 30))
    summer = next_contact(due(at(MON, "17:00")), at(MON, "17:00"), days=Calendar((first, then)))
    closed = {SUNDAY + timedelta(days=ahead): DayMark(REST, "停课") for ahead in range(1, 500)}
    endless = next_contact(due(at(MON, "17:00")), at(MON, "17:00"), days=Calendar(own=closed))
    assert summer.at == datetime(2027, 8, 30, 8, 30, tzinfo=UTC)
    assert codes(summer) == ["vacation", "quiet_hours"]
    assert (endless.at, endless.reasons, endless.next_contact_at) == (None, (Reason("closed", None, "停课"),), None)


def test_what_is_not_due_waits_for_its_time():
    planned = next_contact(due(at(TUE, "12:00")), at(MON, "17:00"))
    assert planned.at == at(TUE, "16:30")
    assert planned.reasons == (Reason("not_due", at(TUE, "12:00")), Reason("quiet_hours", at(TUE, "16:30")))


SPENT = [at(MON, "17:00"), at(MON, "18:00"), at(MON, "19:00")]


@pytest.mark.parametrize(
    ("manner", "now", "habits", "expected", "why"),
    [
        pytest.param(PERSONAL, at(TUE, "17:00"), {}, at(TUE, "17:00"), [], id="a reply does not ask for the budget"),
        pytest.param(PERSONAL, at(TUE, "22:00"), {}, at(WED, "16:30"), ["quiet_hours"], id="a reply waits for her hours"),
        pytest.param(PERSONAL, at(SAT, "17:00"), {}, at(NEXT_MON, "16:30"), ["weekend", "quiet_hours"],
                     id="a reply waits for a school day"),
        pytest.param(PERSONAL, at(TUE, "17:00"), {"weekdays": frozenset({3})}, at(THU, "16:30"), ["quiet_hours"],
                     id="a reply waits for her weekdays"),
        pytest.param(PERSONAL, at(TUE, "17:00"), {"may_contact": False}, None, ["do_not_contact"],
                     id="a reply is never pushed on her who wants none"),
        pytest.param(PERSONAL, at(TUE, "17:00"), {"paused_until": at(WED, "17:00")}, at(WED, "17:00"), ["paused"],
                     id="a reply waits for the end of a pause"),
        pytest.param(PERSONAL, at(TUE, "17:00"), {"away": ((date(2026, 10, 6), date(2026, 10, 6)),)}, at(WED, "16:30"),
                     ["away", "quiet_hours"], id="a reply waits for the end of an absence"),
        pytest.param(APPOINTMENT, at(SUN, "10:00"), {}, at(SUN, "10:00"), [], id="an appointment may fall on a Sunday"),
        pytest.param(APPOINTMENT, at(TUE, "05:00"), {}, at(TUE, "06:30"), ["quiet_hours"], id="nobody is woken"),
        pytest.param(APPOINTMENT, at(TUE, "06:30"), {}, at(TUE, "06:30"), [], id="06:30 is day"),
        pytest.param(APPOINTMENT, at(TUE, "21:59"), {}, at(TUE, "21:59"), [], id="21:59 is still day"),
        pytest.param(APPOINTMENT, at(TUE, "22:00"), {}, at(WED, "06:30"), ["quiet_hours"], id="22:00 is night"),
        pytest.param(APPOINTMENT, at(TUE, "12:00"), {"may_contact": False}, at(TUE, "12:00"), [],
                     id="she agreed to the appointment, so she is reminded"),
        pytest.param(APPOINTMENT, at(TUE, "12:00"), {"paused_until": at(FRI, "12:00")}, at(TUE, "12:00"), [],
                     id="a pause does not silence what she agreed to"),
        pytest.param(APPOINTMENT, at(TUE, "12:00"), {"away": ((date(2026, 10, 6), date(2026, 10, 7)),)},
                     at(THU, "06:30"), ["away", "quiet_hours"], id="an absence silences an appointment"),
        pytest.param(APPOINTMENT, at(TUE, "12:00"), {"reachable": False}, None, ["unreachable"],
                     id="an appointment cannot reach who blocked the bot"),
        pytest.param(DIGEST, at(TUE, "15:00"), {}, at(TUE, "15:00"), [], id="a digest comes by day, not by her hours"),
        pytest.param(DIGEST, at(TUE, "15:00"), {"weekdays": frozenset({4})}, at(TUE, "15:00"), [],
                     id="a digest keeps its own weekday"),
        pytest.param(DIGEST, at(FRI, "23:00"), {}, at(NEXT_MON, "06:30"), ["weekend", "quiet_hours"],
                     id="a digest does not disturb a weekend"),
        pytest.param(DIGEST, at(TUE, "15:00"), {"may_contact": False}, None, ["do_not_contact"], id="nor a silent person"),
        pytest.param(DIGEST, at(TUE, "15:00"), {"paused_until": at(TUE, "15:30")}, at(TUE, "15:30"), ["paused"],
                     id="a digest waits for the end of a pause"),
        pytest.param(DIGEST, at(TUE, "15:00"), {"away": ((date(2026, 10, 6), date(2026, 10, 6)),)}, at(WED, "06:30"),
                     ["away", "quiet_hours"], id="a digest waits for the end of an absence"),
    ],
)  # fmt: skip
def test_each_manner_has_its_own_obstacles(manner, now, habits, expected, why):
    planned = next_contact(due(now, manner), now, SPENT, **habits)
    assert (planned.at, codes(planned)) == (expected, why)


@pytest.mark.parametrize(
    ("back_at", "expected"),
    [
        pytest.param(at(TUE, "21:59"), at(TUE, "21:59"), id="two hours late and still her time: now"),
        pytest.param(at(TUE, "22:30"), at(WED, "20:00"), id="two hours late and no longer her time: tomorrow"),
        pytest.param(at(WED, "03:00"), at(WED, "20:00"), id="never at night"),
        pytest.param(at(SAT, "20:30"), at(NEXT_MON, "20:00"), id="days late: with the next allowed hours"),
    ],
)
def test_a_server_that_slept_speaks_late_only_within_her_hours(back_at, expected):
    assert next_contact(due(at(TUE, "20:00")), back_at, start=time(20), end=time(22, 30)).at == expected


def test_several_things_become_one_card_in_the_order_in_which_they_fell_due():
    items = [
        due(at(TUE, "09:00"), number=3),
        due(at(MON, "09:00"), PERSONAL, number=9),
        due(at(TUE, "09:00"), number=2),
        due(at(TUE, "09:00"), DIGEST, number=4),
    ]
    planned = plan(items, Habits(), [], at(TUE, "17:00"))
    assert planned.at == at(TUE, "17:00")
    assert [id.int for id in planned.together] == [9, 2, 3, 4]


def test_what_falls_due_until_the_chosen_instant_goes_along_and_what_is_due_soon_does_not():
    items = [
        due(at(TUE, "08:00"), number=1),
        due(at(TUE, "16:30"), number=2),
        due(at(TUE, "16:31"), number=3),
    ]
    planned = plan(items, Habits(), [], at(TUE, "08:00"))
    assert planned.at == at(TUE, "16:30")
    assert [id.int for id in planned.together] == [1, 2]


def test_an_appointment_does_not_drag_ordinary_things_along():
    items = [due(at(SUN, "09:00"), number=1), due(at(SUN, "09:30"), APPOINTMENT, number=2)]
    planned = plan(items, Habits(), [], at(SUN, "09:00"))
    assert (planned.at, planned.together) == (at(SUN, "09:30"), (UUID(int=2),))
    assert planned.reasons == (Reason("not_due", at(SUN, "09:30")),)


def test_a_spent_budget_lets_a_reply_pass_and_holds_the_rest():
    items = [due(at(TUE, "09:00"), number=1), due(at(TUE, "09:00"), PERSONAL, number=2)]
    assert plan(items, Habits(), SPENT, at(TUE, "17:00")).together == (UUID(int=2),)


@pytest.mark.parametrize(
    ("now", "expires", "spoken_at", "dropped", "look_again"),
    [
        pytest.param(
            at(MON, "21:30"), at(TUE, "16:31"), at(TUE, "16:30"), False, None, id="allowed just before it expires"
        ),
        pytest.param(
            at(MON, "21:30"), at(TUE, "16:30"), None, False, at(TUE, "16:30"), id="expires as her hours begin"
        ),
        pytest.param(at(MON, "21:30"), at(TUE, "03:00"), None, False, at(TUE, "03:00"), id="expires in the night"),
        pytest.param(at(TUE, "02:59"), at(TUE, "03:00"), None, False, at(TUE, "03:00"), id="not yet expired"),
        pytest.param(at(TUE, "03:00"), at(TUE, "03:00"), None, True, None, id="dropped exactly when it expires"),
        pytest.param(at(TUE, "17:00"), at(TUE, "03:00"), None, True, None, id="dropped later, if we slept"),
    ],
)
def test_a_message_expires_in_the_open(now, expires, spoken_at, dropped, look_again):
    planned = next_contact(due(at(MON, "21:00"), expires=expires), now)
    assert planned.at == spoken_at
    assert planned.too_late == ((UUID(int=1),) if dropped else ())
    assert planned.look_again == look_again
    assert planned.next_contact_at == (spoken_at or look_again)
    assert bool(planned.reasons) is not dropped


def test_an_expiry_is_looked_at_even_before_something_else_is_said():
    items = [due(at(MON, "21:00"), expires=at(TUE, "03:00"), number=1), due(at(TUE, "09:00"), number=2)]
    planned = plan(items, Habits(), [], at(MON, "22:00"))
    assert (planned.at, planned.together) == (at(TUE, "16:30"), (UUID(int=2),))
    assert planned.next_contact_at == planned.look_again == at(TUE, "03:00")


def test_a_message_that_may_never_be_said_still_expires():
    planned = next_contact(due(at(MON, "17:00"), expires=at(FRI, "17:00")), at(MON, "17:00"), may_contact=False)
    assert (planned.at, planned.next_contact_at) == (None, at(FRI, "17:00"))


def test_an_evening_reminder_past_bedtime_comes_at_dawn_if_the_lesson_is_still_ahead():
    first_lesson, early_watch = at(WED, "07:50"), at(WED, "06:00")
    assert next_contact(due(at(TUE, "20:00"), APPOINTMENT, first_lesson), at(TUE, "23:00")).at == at(WED, "06:30")
    assert next_contact(due(at(TUE, "20:00"), APPOINTMENT, early_watch), at(TUE, "23:00")).at is None


def test_nothing_waiting_needs_no_contact():
    assert plan([], Habits(), [], at(MON, "17:00")) == Plan(None, (), (), (), None)


def test_why_only_now_is_answered_from_the_time_it_was_due():
    chance = first_chance(due(at(FRI, "21:10")), Habits(), [], at(FRI, "21:10"))
    assert chance.at == at(NEXT_MON, "16:30")
    assert chance.reasons == (Reason("weekend", at(NEXT_MON, "00:00")), Reason("quiet_hours", chance.at))


@pytest.mark.parametrize("end", [time(16, 30), time(1)], ids=["empty hours", "hours over midnight"])
def test_hours_must_end_after_they_start(end):
    with pytest.raises(ValueError, match="16:30"):
        Habits(start=time(16, 30), end=end)


def test_a_local_time_without_a_zone_is_refused():
    with pytest.raises(TypeError):
        plan([due(at(MON, "17:00"))], Habits(), [], at(MON, "17:00").replace(tzinfo=None) + timedelta(days=1))
