"""What comes again: read as a rule and a local time, and found again on the days the school works."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.calendar import REST, WEEKDAYS, Calendar, DayMark
from models.rules.recurrences import EVERY_SCHOOL_DAY, Recurrence, next_after, read_recurrence
from models.rules.unread import NoRecurrence, NoTime, TwoTimes
from models.rules.wall_time import instant
from tests.models.rules.said_dates import YEAR

SHANGHAI = "Asia/Shanghai"
NAMES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def weekly(*days: str) -> str:
    """Return the rule of some weekdays."""
    return f"FREQ=WEEKLY;BYDAY={','.join(days)}"


@pytest.mark.parametrize(
    ("said", "rule", "at"),
    [
        ("每周一早上7点", weekly("MO"), time(7)), ("每週一早上7點", weekly("MO"), time(7)), ("每个周一上午十点", weekly("MO"), time(10)),
        ("每星期三下午两点半", weekly("WE"), time(14, 30)), ("每周周四15:30", weekly("TH"), time(15, 30)),
        ("逢周五下午4点", weekly("FR"), time(16)), ("每周一三五上午十点", weekly("MO", "WE", "FR"), time(10)),
        ("每周一、三、五 08:00", weekly("MO", "WE", "FR"), time(8)), ("每周二和周四晚上8点", weekly("TU", "TH"), time(20)),
        ("每周一到周四15:30", weekly("MO", "TU", "WE", "TH"), time(15, 30)), ("每周六上午9点", weekly("SA"), time(9)),
        ("每周日晚上8点", weekly("SU"), time(20)), ("每周二十点", weekly("TU"), time(10)), ("每周五三点", weekly("FR"), time(15)),
        ("每个工作日下午5点", EVERY_SCHOOL_DAY, time(17)), ("每個工作日下午5點", EVERY_SCHOOL_DAY, time(17)),
        ("工作日17:00", EVERY_SCHOOL_DAY, time(17)), ("每天晚上9点", EVERY_SCHOOL_DAY, time(21)), ("每晚9点", EVERY_SCHOOL_DAY, time(21)),
        ("每天早上7点吧", EVERY_SCHOOL_DAY, time(7)), ("每天0点", EVERY_SCHOOL_DAY, time(0)),
        ("every Monday at 7am", weekly("MO"), time(7)), ("7am every Monday", weekly("MO"), time(7)),
        ("every Mon and Thu at 15:30", weekly("MO", "TH"), time(15, 30)), ("on weekdays at 7:30am", EVERY_SCHOOL_DAY, time(7, 30)),
        ("every weekday at 17:00", EVERY_SCHOOL_DAY, time(17)), ("every day at noon", EVERY_SCHOOL_DAY, time(12)),
        ("every morning at 7", EVERY_SCHOOL_DAY, time(7)), ("daily at 8pm", EVERY_SCHOOL_DAY, time(20)),
    ],
)  # fmt: skip
def test_what_comes_again_in_words(said, rule, at):
    assert read_recurrence(said) == Recurrence(rule, at)


@pytest.mark.parametrize(
    "said",
    [
        "", "随便", "周一早上7点", "每", "每周", "每周早上7点", "每月1号早上7点", "每两周周一早上7点", "隔周周一7点", "每周八早上7点",
        "每周一三五点", "每周一早上7点或8点", "每周一第三节课后", "每周末7点半", "每周一25:00", "每年元旦早上7点", "every",
        "every other Monday at 7am", "each and every one", "每天7点和19点", "不是每周一早上7点", "每周一二十点", "每周一、二十一点",
    ],
)  # fmt: skip
def test_what_is_not_wholly_understood_is_not_understood(said):
    with pytest.raises(NoRecurrence):
        read_recurrence(said)


@pytest.mark.parametrize("said", ["每周一", "每天", "every weekday", "每个工作日", "每天24:00", "每天晚上12点"])
def test_a_time_that_is_missing_is_asked_for(said):
    with pytest.raises(NoTime):
        read_recurrence(said)


@pytest.mark.parametrize(
    ("said", "times"), [("每天8点", (time(8), time(20))), ("every Monday at 7", (time(7), time(19))), ("每周五9:05", (time(9, 5), time(21, 5)))]
)  # fmt: skip
def test_two_likely_times_are_asked_about(said, times):
    with pytest.raises(TwoTimes) as two:
        read_recurrence(said)
    assert two.value.times == times


# When it comes


def coming(
    rule: str, at: time, after: str, count: int = 3, calendar: Calendar = YEAR, zone: str = SHANGHAI
) -> list[str]:
    """List the next times it comes, by the local clock."""
    found, now = [], datetime.fromisoformat(after).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    for _ in range(count):
        now = next_after(Recurrence(rule, at), now, zone, calendar)
        found.append(f"{now.astimezone(ZoneInfo(zone)):%m-%d %H:%M}")
    return found


@pytest.mark.parametrize(
    ("rule", "at", "after", "found"),
    [
        pytest.param(weekly("MO"), time(7), "2026-11-16 06:59", ["11-16 07:00", "11-23 07:00", "11-30 07:00"], id="today"),
        pytest.param(weekly("MO"), time(7), "2026-11-16 07:00", ["11-23 07:00", "11-30 07:00", "12-07 07:00"], id="now is over"),
        pytest.param(weekly("FR"), time(7), "2026-09-18 12:00", ["10-09 07:00", "10-16 07:00", "10-23 07:00"],
                     id="two holidays are skipped"),
        pytest.param(weekly("SA"), time(9), "2026-09-24 12:00", ["10-10 09:00", "10-17 09:00", "10-24 09:00"],
                     id="a named Saturday comes, but not in a holiday"),
        pytest.param(EVERY_SCHOOL_DAY, time(17), "2026-10-08 18:00", ["10-09 17:00", "10-10 17:00", "10-12 17:00"],
                     id="a make-up Saturday is a school day"),
        pytest.param(EVERY_SCHOOL_DAY, time(17), "2026-11-26 18:00", ["11-30 17:00", "12-01 17:00", "12-02 17:00"],
                     id="a day closed by the school"),
        pytest.param(weekly("MO"), time(7), "2027-01-11 08:00", ["03-01 07:00", "03-08 07:00", "03-15 07:00"], id="a vacation"),
        pytest.param(weekly("SU"), time(20), "2027-01-11 08:00", ["01-17 20:00", "03-07 20:00", "03-14 20:00"],
                     id="a named Sunday rests in the vacation"),
    ],
)  # fmt: skip
def test_it_comes_on_the_days_of_the_school(rule, at, after, found):
    assert coming(rule, at, after) == found


@pytest.mark.parametrize(
    ("at", "after", "found"),
    [
        pytest.param(
            time(7), "2026-03-20 12:00", ["03-27 07:00", "04-03 07:00", "04-10 07:00"], id="7:00 stays 7:00 in spring"
        ),
        pytest.param(time(7), "2026-10-20 12:00", ["10-23 07:00", "10-30 07:00", "11-06 07:00"], id="and in autumn"),
    ],
)
def test_the_wall_clock_is_kept_when_clocks_change(at, after, found):
    assert coming(weekly("FR"), at, after, calendar=WEEKDAYS, zone="Europe/Berlin") == found


def test_a_time_inside_the_gap_comes_after_it():
    assert coming(weekly("SU"), time(2, 30), "2026-03-28 12:00", 2, WEEKDAYS, "Europe/Berlin") == [
        "03-29 03:00",
        "04-05 02:30",
    ]


def test_in_a_school_that_never_works_nothing_comes():
    closed = {date(2026, 11, 1) + timedelta(days=ahead): DayMark(REST) for ahead in range(500)}
    assert (
        next_after(
            Recurrence(EVERY_SCHOOL_DAY, time(7)), datetime(2026, 11, 18, tzinfo=UTC), SHANGHAI, Calendar(own=closed)
        )
        is None
    )


instants = st.datetimes(datetime(2026, 8, 1), datetime(2028, 12, 31), timezones=st.just(UTC))


@given(
    st.sets(st.integers(0, 6), min_size=1),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    instants,
    st.sampled_from([SHANGHAI, "Europe/Berlin", "America/New_York"]),
)
def test_it_comes_as_if_every_day_were_looked_at(days, at, after, zone):
    rule = weekly(*(NAMES[day] for day in sorted(days)))
    first = after.astimezone(ZoneInfo(zone)).date()
    each = (first + timedelta(days=ahead) for ahead in range(401))
    fitting = (day for day in each if day.weekday() in days and (YEAR(day) or YEAR.look(day).why == "weekend"))
    expected = next((found for day in fitting if (found := instant(day, at, zone)) > after), None)
    assert next_after(Recurrence(rule, at), after, zone, YEAR) == expected


@given(st.sets(st.integers(0, 6), min_size=1), st.integers(0, 23), st.sampled_from(["0", "15", "30", "45"]))
def test_what_is_said_again_is_read_again(days, hour, minute):
    named = "、".join("一二三四五六日"[day] for day in sorted(days))
    expected = Recurrence(weekly(*(NAMES[day] for day in sorted(days))), time(hour, int(minute)))
    for prefix in ("每周", "每週", "每星期"):
        assert read_recurrence(f"{prefix}{named} {hour:02}:{minute:0>2}") == expected
    english = " and ".join(
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")[day] for day in sorted(days)
    )
    assert read_recurrence(f"every {english} at {hour:02}:{minute:0>2}") == expected
