"""Days and times in a teacher's words. It is Wednesday, 18 November 2026, 10:00 in Shanghai, unless said otherwise."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models.rules.asked_reminders import asked_for, is_asking
from models.rules.bells import NoSuchPeriod
from models.rules.calendar import SCHOOL, Calendar, DayMark
from models.rules.clock_times import half_in, times_in
from models.rules.moments import read_moment
from models.rules.recurrences import read_recurrence
from models.rules.school_clock import SchoolClock
from models.rules.unread import ImpossibleDay, NoDay, NoMoment, PastDay, PastMoment, RestDay, TwoMoments
from models.rules.wall_time import instant
from tests.models.rules.said_dates import SCHOOL_CLOCK

SHANGHAI = "Asia/Shanghai"
NOW = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)


def at(text: str, zone: str = SHANGHAI) -> datetime:
    """Return an instant from local words such as 2026-11-18 10:00."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def read(said: str, now: str = "2026-11-18 10:00", zone: str = SHANGHAI):
    """Read a moment as it is said at a local time."""
    return read_moment(said, at(now, zone), zone, SCHOOL_CLOCK)


def shown(said: str, now: str = "2026-11-18 10:00", zone: str = SHANGHAI) -> str:
    """Return what is read, as a local day and, if it was said, a local time."""
    found = read(said, now, zone)
    local = found.at.astimezone(ZoneInfo(zone))
    assert local.date() == found.day
    return f"{local:%Y-%m-%d %H:%M}" if found.has_time else f"{local:%Y-%m-%d}"


# The forty phrases that were tried on every library we found


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("明天下午3点", "2026-11-19 15:00"), ("明天", "2026-11-19"), ("后天上午", "2026-11-20"), ("大后天", "2026-11-21"),
        ("下周三", "2026-11-25"), ("下周三下午两点半", "2026-11-25 14:30"), ("这周五", "2026-11-20"), ("周五", "2026-11-20"),
        ("本周日晚上8点", "2026-11-22 20:00"), ("下下周一", "2026-11-30"), ("星期六上午九点", "2026-11-21 09:00"),
        ("下个星期二", "2026-11-24"), ("礼拜天", "2026-11-22"), ("3月5号", "2027-03-05"), ("12月25日", "2026-12-25"),
        ("十二月二十五号上午十点", "2026-12-25 10:00"), ("2027年1月15日", "2027-01-15"),
        ("2026-12-01 08:30", "2026-12-01 08:30"), ("12/5", "2026-12-05"), ("25号", "2026-11-25"), ("两周后", "2026-12-02"),
        ("三天后", "2026-11-21"), ("3天以后下午4点", "2026-11-21 16:00"), ("半小时后", "2026-11-18 10:30"),
        ("两个小时后", "2026-11-18 12:00"), ("15分钟后", "2026-11-18 10:15"), ("一个半小时后", "2026-11-18 11:30"),
        ("下个月15号", "2026-12-15"), ("月底", "2026-11-30"), ("本月底", "2026-11-30"), ("今晚8点", "2026-11-18 20:00"),
        ("今天晚上七点半", "2026-11-18 19:30"), ("下午三点一刻", "2026-11-18 15:15"), ("明早7点", "2026-11-19 07:00"),
        ("中午12点", "2026-11-18 12:00"), ("周五前", "2026-11-20"), ("提醒我明天早上7点半交教案", "2026-11-19 07:30"),
        ("下週三下午兩點", "2026-11-25 14:00"), ("後天上午10點", "2026-11-20 10:00"), ("禮拜五晚上八點", "2026-11-20 20:00"),
    ],
)  # fmt: skip
def test_the_forty_phrases(said, meant):
    assert shown(said) == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        # What only the school's clock knows
        ("第13周周三早上8点", "2026-11-25 08:00"), ("第13週週三早上8點", "2026-11-25 08:00"),
        ("下周一第三节课后", "2026-11-23 11:00"), ("下週一第三節課後", "2026-11-23 11:00"), ("下周一第三节", "2026-11-23 10:20"),
        ("周五第一节课前", "2026-11-20 08:20"), ("明天下午第一节课后", "2026-11-19 14:40"), ("第六节下课后", "2026-11-18 15:30"),
        ("放学前", "2026-11-18 16:30"), ("明天放学前", "2026-11-19 16:30"), ("明天放學前", "2026-11-19 16:30"),
        ("放学", "2026-11-18 17:10"), ("周五放学后", "2026-11-20 17:10"), ("after school on Friday", "2026-11-20 17:10"),
        ("after 3rd period on Monday", "2026-11-23 11:00"), ("before period 1 tomorrow", "2026-11-19 08:20"),
        ("Monday after the 3rd period", "2026-11-23 11:00"), ("period 5 tomorrow", "2026-11-19 14:00"),
        ("元旦", "2027-01-01"), ("期中考试前三天", "2026-11-21"), ("期中前", "2026-11-23"), ("月底前", "2026-11-30"),
        ("by the end of the month", "2026-11-30"), ("before the midterm", "2026-11-23"),
        ("3 days before the midterms", "2026-11-21"), ("week 13 Wednesday", "2026-11-25"),
        ("week 13 Wednesday 8:30am", "2026-11-25 08:30"), ("12月5日上午9点", "2026-12-05 09:00"),
        # Times
        ("下周三3pm", "2026-11-25 15:00"), ("15:30", "2026-11-18 15:30"), ("周五 15:30", "2026-11-20 15:30"),
        ("周五，15:30", "2026-11-20 15:30"), ("明天08:05", "2026-11-19 08:05"), ("明天十五点", "2026-11-19 15:00"),
        ("明天下午15点", "2026-11-19 15:00"), ("明天下午3點45分", "2026-11-19 15:45"), ("明天下午三点四十五", "2026-11-19 15:45"),
        ("明天上午八点零五分", "2026-11-19 08:05"), ("明天下午3点整", "2026-11-19 15:00"), ("明天下午三点钟", "2026-11-19 15:00"),
        ("明天的下午3点", "2026-11-19 15:00"), ("下午3点前", "2026-11-18 15:00"), ("明天中午1点", "2026-11-19 13:00"),
        ("明天中午12点半", "2026-11-19 12:30"), ("凌晨1点", "2026-11-19 01:00"), ("周二十点", "2026-11-24 10:00"),
        ("傍晚6点", "2026-11-18 18:00"), ("明天3点", "2026-11-19 15:00"), ("12点", "2026-11-18 12:00"),
        ("一刻钟后", "2026-11-18 10:15"), ("2小时20分钟后", "2026-11-18 12:20"), ("两个半小时后", "2026-11-18 12:30"),
        ("半個鐘頭後", "2026-11-18 10:30"),
        # English
        ("tomorrow at 3pm", "2026-11-19 15:00"), ("3pm tomorrow", "2026-11-19 15:00"), ("Friday 3:30 pm", "2026-11-20 15:30"),
        ("7 p.m. on Friday", "2026-11-20 19:00"), ("next Wednesday at 14:30", "2026-11-25 14:30"), ("noon", "2026-11-18 12:00"),
        ("tonight at 8", "2026-11-18 20:00"), ("this evening at 7", "2026-11-18 19:00"), ("Friday afternoon", "2026-11-20"),
        ("tomorrow morning at 7:30", "2026-11-19 07:30"), ("7 o’clock in the evening", "2026-11-18 19:00"),
        ("by 3pm on Friday", "2026-11-20 15:00"), ("12am", "2026-11-19 00:00"), ("12pm", "2026-11-18 12:00"),
        ("in 15 minutes", "2026-11-18 10:15"), ("in half an hour", "2026-11-18 10:30"), ("20 mins later", "2026-11-18 10:20"),
        ("in an hour and a half", "2026-11-18 11:30"), ("two hours from now", "2026-11-18 12:00"),
        ("Remind me tomorrow at 7:30am to hand in the plan", "2026-11-19 07:30"),
        ("remind me to print the sheets by Friday 8am", "2026-11-20 08:00"),
        # What we show is what we read
        ("11月20日（周五）", "2026-11-20"), ("11月20日（週五）15:30", "2026-11-20 15:30"), ("Fri 20 Nov 08:30", "2026-11-20 08:30"),
        ("11月20日（第12周周五）", "2026-11-20"), ("11月20日（第12周周五）08:30", "2026-11-20 08:30"),
        ("Fri 20 Nov (week 12)", "2026-11-20"), ("Fri 20 Nov (week 12) 08:30", "2026-11-20 08:30"),
        ("2027年1月4日（周一）09:00", "2027-01-04 09:00"), ("Mon 4 Jan 2027 09:00", "2027-01-04 09:00"),
    ],
)  # fmt: skip
def test_a_moment_in_words(said, meant):
    assert shown(said) == meant


@pytest.mark.parametrize(
    ("said", "now", "meant"),
    [
        pytest.param("早上7点", "2026-11-18 10:00", "2026-11-19 07:00", id="a time that is over today is tomorrow's"),
        pytest.param("早上7点", "2026-11-18 06:59", "2026-11-18 07:00", id="one that is not, is today's"),
        pytest.param("早上7点", "2026-11-18 07:00", "2026-11-19 07:00", id="now is over"),
        pytest.param("今天8点", "2026-11-18 10:00", "2026-11-18 20:00", id="of two readings the one that is over goes"),
        pytest.param("今晚12点", "2026-11-18 10:00", "2026-11-19 00:00", id="tonight at twelve is the end of the day"),
        pytest.param("晚上12点", "2026-11-18 23:30", "2026-11-19 00:00", id="the next midnight"),
        pytest.param("明天24点", "2026-11-18 10:00", "2026-11-20 00:00", id="24:00 begins the next day"),
        pytest.param("12月31日24:00", "2026-11-18 10:00", "2027-01-01 00:00", id="and the next year"),
        pytest.param("明天0点", "2026-11-18 10:00", "2026-11-19 00:00", id="0:00 begins the day itself"),
        pytest.param("今晚8点", "2026-11-18 00:10", "2026-11-18 20:00", id="after midnight, tonight is still to come"),
        pytest.param("明早7点", "2026-12-31 23:59", "2027-01-01 07:00", id="year end"),
        pytest.param("半小时后", "2026-12-31 23:45", "2027-01-01 00:15", id="half an hour over the year's end"),
        pytest.param("2月29日上午9点", "2028-01-05 10:00", "2028-02-29 09:00", id="leap day"),
        pytest.param("月底下午3点", "2028-02-10 10:00", "2028-02-29 15:00", id="the end of a leap February"),
        pytest.param(
            "第1周周一早上8点", "2026-08-20 10:00", "2026-08-31 08:00", id="week 1, before the term has begun"
        ),
        pytest.param("放学前", "2026-11-18 16:29", "2026-11-18 16:30", id="the last lesson is about to begin"),
        pytest.param("周六放学前", "2026-10-09 10:00", "2026-10-10 16:30", id="a make-up Saturday has its bells"),
    ],
)
def test_a_moment_at_an_edge(said, now, meant):
    assert shown(said, now) == meant


@pytest.mark.parametrize(
    ("said", "now", "zone", "meant"),
    [
        pytest.param("明天凌晨2点半", "2026-03-28 10:00", "Europe/Berlin", "2026-03-29 03:00", id="a time that is skipped"),
        pytest.param("明天凌晨2点半", "2026-10-24 10:00", "Europe/Berlin", "2026-10-25 02:30", id="the first of two"),
        pytest.param("in 2 hours", "2026-03-29 01:30", "Europe/Berlin", "2026-03-29 04:30", id="hours are real ones"),
        pytest.param("明天中午12点", "2026-11-18 23:30", "America/New_York", "2026-11-19 12:00", id="her day, not ours"),
        pytest.param("tomorrow", "2026-09-05 10:00", "America/Santiago", "2026-09-06", id="a day without its midnight"),
    ],
)  # fmt: skip
def test_a_moment_where_clocks_change(said, now, zone, meant):
    found = read(said, now, zone)
    local = found.at.astimezone(ZoneInfo(zone))
    assert f"{local:%Y-%m-%d %H:%M}".startswith(meant)
    assert found.day == local.date()


def test_a_repeated_time_is_the_first_one():
    found = read("明天凌晨2点半", "2026-10-24 10:00", "Europe/Berlin")
    assert found.at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


# Asked about instead


@pytest.mark.parametrize(
    ("said", "now", "readings"),
    [
        pytest.param("明天8点", "2026-11-18 10:00", ["2026-11-19 08:00", "2026-11-19 20:00"], id="morning or evening"),
        pytest.param("8点", "2026-11-18 19:00", ["2026-11-18 20:00", "2026-11-19 08:00"], id="8点 in the evening"),
        pytest.param("10点", "2026-11-18 20:00", ["2026-11-18 22:00", "2026-11-19 10:00"], id="10点 in the evening"),
        pytest.param("明天8:30", "2026-11-18 10:00", ["2026-11-19 08:30", "2026-11-19 20:30"], id="8:30 of one digit"),
        pytest.param("周五晚上12点", "2026-11-18 10:00", ["2026-11-20 00:00", "2026-11-21 00:00"], id="which midnight"),
        pytest.param("Friday midnight", "2026-11-18 10:00", ["2026-11-20 00:00", "2026-11-21 00:00"], id="the same"),
        pytest.param("tomorrow at 7", "2026-11-18 10:00", ["2026-11-19 07:00", "2026-11-19 19:00"], id="at 7"),
        pytest.param(
            "提醒我明天8点交教案", "2026-11-18 10:00", ["2026-11-19 08:00", "2026-11-19 20:00"], id="in a wish"
        ),
    ],
)
def test_two_likely_readings_are_none(said, now, readings):
    with pytest.raises(TwoMoments) as two:
        read(said, now)
    assert list(two.value.moments) == [at(one) for one in readings]


@pytest.mark.parametrize(
    ("said", "now", "over"),
    [
        ("今天上午8点", "2026-11-18 10:00", "2026-11-18 08:00"), ("15分钟前", "2026-11-18 10:00", "2026-11-18 09:45"),
        ("放学前", "2026-11-18 16:30", "2026-11-18 16:30"), ("第一节课后", "2026-11-18 10:00", "2026-11-18 09:00"),
        ("今天早上", "2026-11-18 11:00", "2026-11-18 11:00"), ("half an hour ago", "2026-11-18 10:00", "2026-11-18 09:30"),
        ("2026-11-18 09:59", "2026-11-18 10:00", "2026-11-18 09:59"), ("今天0点", "2026-11-18 10:00", "2026-11-18 00:00"),
    ],
)  # fmt: skip
def test_a_moment_that_is_over_is_told_as_such(said, now, over):
    with pytest.raises(PastMoment) as past:
        read(said, now)
    assert past.value.at == at(over)


def test_a_day_that_is_over_or_cannot_be_is_told_with_its_time_too():
    with pytest.raises(PastDay):
        read("昨天下午3点")
    with pytest.raises(ImpossibleDay):
        read("11月31日下午3点")


def test_a_lesson_on_a_day_of_rest_tells_why():
    with pytest.raises(RestDay) as rest:
        read("10月2日第三节课后", "2026-09-18 10:00")
    assert (rest.value.day, rest.value.why, rest.value.name) == (date(2026, 10, 2), "holiday", "国庆节")
    with pytest.raises(RestDay) as rest:
        read("周六放学前")
    assert (rest.value.why, rest.value.name) == ("weekend", "")


def test_a_lesson_that_the_bells_do_not_have_tells_the_last():
    with pytest.raises(NoSuchPeriod) as none:
        read("明天第9节课后")
    assert (none.value.period, none.value.last) == (9, 8)


@pytest.mark.parametrize(
    "said",
    [
        "", "好", "随便", "上午", "晚上", "下周", "周末", "周末晚上8点", "明天25点", "明天下午3点75分", "凌晨8点", "晚上2点",
        "8am in the evening", "13am", "周三三", "明天下午3点4", "10月12点", "10月1 2日", "10月128点", "周五周六",
        "周五下午3点或4点", "下午3点到5点", "每天早上7点", "半小时", "第0节课后", "11月20日（周四）08:30",
        "11月20日（第9周周五）", "提醒我交教案", "提醒我周五或周六交", "提醒我周五之后交", "提醒我下午3点到5点开会", "remind me",
        "明天下午3点下午4点", "下午明天3点", "明天3", "24:30", "周五前后", "30分", "1小时半", "10日后", "周三后下午3点", "3点点",
        "明天后天", "下周三半小时后", "两天半后", "今年", "第13周", "周八8点", "tomorrow 7", "at", "7 on Friday at 8pm",
    ],
)  # fmt: skip
def test_what_is_not_wholly_understood_is_not_understood(said):
    with pytest.raises(NoDay):
        read(said)


# A wish to be reminded: when, and what


@pytest.mark.parametrize(
    ("said", "meant", "what"),
    [
        ("提醒我明天早上7点半交教案", "2026-11-19 07:30", "交教案"), ("请提醒我半小时后关投影", "2026-11-18 10:30", "关投影"),
        ("明天早上7点提醒我交周三的教案", "2026-11-19 07:00", "交周三的教案"), ("提醒我明天交周三的教案", "2026-11-19", "交周三的教案"),
        ("提醒我放学前收作业", "2026-11-18 16:30", "收作业"), ("提醒我周五前，交第3单元教案", "2026-11-20", "交第3单元教案"),
        ("Remind me Friday 3pm to print Sheet B", "2026-11-20 15:00", "print Sheet B"),
        ("remind me to print Sheet B Friday at 3pm", "2026-11-20 15:00", "print Sheet B"), ("提醒我明早7点", "2026-11-19 07:00", ""),
    ],
)  # fmt: skip
def test_a_wish_is_parted_into_when_and_what(said, meant, what):
    assert is_asking(said)
    found, words = asked_for(said, read)
    local = found.at.astimezone(ZoneInfo(SHANGHAI))
    assert ((f"{local:%Y-%m-%d %H:%M}" if found.has_time else f"{local:%Y-%m-%d}"), words) == (meant, what)


def test_a_wish_may_come_again_and_again():
    for said in ("每周一早上7点提醒我交周报", "提醒我每周一早上7点交周报"):
        found, what = asked_for(said, read_recurrence)
        assert (found.rule, found.at, what) == ("FREQ=WEEKLY;BYDAY=MO", time(7), "交周报")


@pytest.mark.parametrize("said", ["明天早上7点", "remind me to print the sheets", "提醒我交教案"])
def test_what_names_no_when_is_not_given_one(said):
    with pytest.raises(NoMoment):
        asked_for(said, read)


def test_a_moment_alone_is_no_wish():
    assert not is_asking("明天早上7点")


# Said, then read: the same moment

instants = st.datetimes(datetime(2026, 9, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
zones = st.sampled_from([SHANGHAI, "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
HALF_OF = {
    **dict.fromkeys(range(6), "凌晨"), **dict.fromkeys(range(6, 9), "早上"), **dict.fromkeys(range(9, 12), "上午"),
    12: "中午", **dict.fromkeys(range(13, 18), "下午"), **dict.fromkeys(range(18, 24), "晚上"),
}  # fmt: skip
DIGITS = "零一二三四五六七八九"


def spoken(number: int) -> str:
    """Say a number up to 99 in Chinese."""
    tens, ones = divmod(number, 10)
    return ("" if tens < 2 else DIGITS[tens]) + ("十" if tens else "") + (DIGITS[ones] if ones or not tens else "")


def clocks(at: time) -> list[str]:
    """Say a time in every way that leaves no doubt."""
    half, hour = HALF_OF[at.hour], at.hour if at.hour <= 12 else at.hour - 12
    minutes = {0: "", 30: "半", 15: "一刻"}.get(at.minute, f"{at.minute:02}分")
    spoken_minutes = {0: "", 30: "半"}.get(at.minute, ("零" if at.minute < 10 else "") + spoken(at.minute) + "分")
    english = f"{(at.hour - 1) % 12 + 1}:{at.minute:02}{'am' if at.hour < 12 else 'pm'}"
    return [
        f"{at:%H:%M}", f"{half}{hour}点{minutes}", f"{half}{spoken(hour)}点{spoken_minutes}", f" {english}", f" at {english}",
    ]  # fmt: skip


def days_said(day: date, today: date) -> list[str]:
    """Say a day in every way that leaves no doubt."""
    ahead = (day - today).days
    weekday = "一二三四五六日"[day.weekday()]
    weeks = (day - timedelta(days=day.weekday()) - today + timedelta(days=today.weekday())).days // 7
    near = {0: "今天", 1: "明天", 2: "后天", 3: "大后天"}
    said = [
        f"{day:%Y-%m-%d}", f"{day.year}年{day.month}月{day.day}日", f"{day.year}年{day.month}月{day.day}號（週{weekday}）",
        f"{day:%A} {day.day} {day:%B} {day.year}", f"{ahead}天后",
    ]  # fmt: skip
    said += [near[ahead]] if ahead in near else []
    said += [{0: "本周", 1: "下周", 2: "下下周"}[weeks] + weekday] if 0 <= weeks <= 2 else []
    said += [f"周{weekday}", f"{day:%A}"] if ahead < 7 else []
    said += [f"{day.month}月{day.day}日", f"{spoken(day.month)}月{spoken(day.day)}号", f"{day.month}/{day.day}",
             f"{day.day} {day:%b}"] if ahead < 365 else []  # fmt: skip
    week = SCHOOL_CLOCK.calendar.week_of(day)
    if week and ahead < 365:
        said += [
            f"{day.month}月{day.day}日（第{week.number}周周{weekday}）",
            f"{day:%a} {day.day} {day:%b} (week {week.number})",
        ]
    return said


@given(instants, zones, st.integers(0, 400), st.times(), st.data())
def test_what_is_said_is_read_as_the_same_moment(now, zone, ahead, clock, data):
    today = now.astimezone(ZoneInfo(zone)).date()
    day, clock = today + timedelta(days=ahead), clock.replace(second=0, microsecond=0)
    meant = instant(day, clock, zone)
    assume(meant > now)
    day_said, clock_said = data.draw(st.sampled_from(days_said(day, today))), data.draw(st.sampled_from(clocks(clock)))
    said = f"{day_said}{' ' if day_said[-1].isdigit() else ''}{clock_said}"
    found = read_moment(said, now, zone, SCHOOL_CLOCK)
    assert (found.at, found.has_time) == (meant, True)


@given(instants, st.integers(0, 400), st.data())
def test_a_day_that_is_said_is_read_as_the_same_day(now, ahead, data):
    today = now.astimezone(ZoneInfo(SHANGHAI)).date()
    day = today + timedelta(days=ahead)
    said = data.draw(st.sampled_from(days_said(day, today)))
    found = read_moment(said, now, SHANGHAI, SCHOOL_CLOCK)
    assert (found.day, found.has_time, found.at) == (day, False, instant(day, time(0), SHANGHAI))


@given(instants, zones, st.integers(0, 300))
def test_minutes_from_now_are_real_ones(now, zone, minutes):
    for said in (f"{minutes}分钟后", f"{minutes} minutes later", f"in {minutes} minutes"):
        if minutes:
            assert read_moment(said, now, zone).at == now + timedelta(minutes=minutes)


@given(st.text(max_size=30), instants, zones)
def test_no_text_upsets_the_reader(said, now, zone):
    try:
        found = read_moment(said, now, zone, SCHOOL_CLOCK)
    except ValueError:
        return
    assert found.at > now or not found.has_time
    assert found.day >= now.astimezone(ZoneInfo(zone)).date()


def test_every_time_names_one_minute_of_the_day_or_two():
    for hour in range(25):
        for words in (f"{hour}点", f"{hour}:15", f"{hour:02}:15", f"下午{hour}点", f"晚上{hour}点", f"{hour}am"):
            times = times_in(words)
            assert len(times) <= 2
            assert all(0 <= one <= 1440 and one // 60 % 12 == hour % 12 for one in times)
    assert times_in("四点四十") == (1000,)
    assert (half_in("傍晚").name, half_in("傍晚时"), half_in("")) == ("dusk", None, None)


@pytest.mark.parametrize("unit", ["一", "周三", "明天 ", "提醒我", "remind me to at "])
def test_a_whole_page_is_no_phrase(unit):
    with pytest.raises(NoMoment):
        read(unit * 2_000)
    with pytest.raises(NoMoment):
        asked_for(unit * 2_000, read)


@pytest.mark.parametrize(
    ("closed", "said", "expected"),
    [
        ("pm", "10月9日放学前", "2026-10-09T03:10:00"), ("pm", "10月9日放学后", "2026-10-09T03:50:00"),
        ("am", "10月9日放学前", "2026-10-09T08:30:00"), ("", "10月9日放学前", "2026-10-09T08:30:00"),
    ],
)  # fmt: skip
def test_where_the_afternoon_is_closed_school_ends_at_noon(closed, said, expected):
    friday = date(2026, 10, 9)
    school = SchoolClock(Calendar(own={friday: DayMark(SCHOOL, closed=closed)}))
    found = read_moment(said, datetime(2026, 10, 7, 2, tzinfo=UTC), "Asia/Shanghai", school)
    assert found.at == datetime.fromisoformat(f"{expected}+00:00")
