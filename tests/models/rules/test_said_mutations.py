"""A phrase with a word lost, doubled or moved is read as what it then says, or not at all: never as another day.

What it then says comes from a table of everything that can be said of each day and minute, made by saying, not by
reading. It is Wednesday, 18 November 2026, 10:00 in Shanghai.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.rules.bells import DEFAULT_BELLS
from models.rules.moments import read_moment
from models.rules.wall_time import instant
from tests.models.rules.said_dates import AUTUMN, SCHOOL_CLOCK

SHANGHAI = "Asia/Shanghai"
TODAY, NOW = date(2026, 11, 18), datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
MONDAY = TODAY - timedelta(days=TODAY.weekday())
WEEKDAYS = "一二三四五六日"
DIGITS = "零一二三四五六七八九十"


def numbers(number: int) -> list[str]:
    """Say a number in figures and in words."""
    tens, ones = divmod(number, 10)
    if tens > 9:
        return [f"{number}"]
    words = ("" if tens < 2 else DIGITS[tens]) + ("十" if tens else "") + (DIGITS[ones] if ones or not tens else "")
    return [f"{number}", words, *(["两"] if number == 2 else [])]


def tight(words: str) -> str:
    """Leave out spaces, save between two figures."""
    kept = [
        sign
        for place, sign in enumerate(words)
        if sign != " " or (words[place - 1 : place].isdigit() and words[place + 1 : place + 2].isdigit())
    ]
    return "".join(kept).replace("（", "(").replace("）", ")").lower()


def said_of(day: date) -> list[str]:
    """Say a day in every way; of two days that are called the same, the nearer one is meant."""
    weekday, ahead = WEEKDAYS[day.weekday()], (day - TODAY).days
    month_and_day = [
        f"{month}月{number}{end}"
        for month in numbers(day.month)
        for number in numbers(day.day)
        for end in ("日", "号", "")
    ]
    dated = [f"{day.year}年{day.month}月{day.day}日", f"{day:%Y-%m-%d}", *month_and_day, *english(day)]
    said = [*dated, f"{day.month}/{day.day}", f"周{weekday}", f"{day:%A}", f"{day:%a}"]
    said += [f"{one}({claim})" for one in dated for claim in (f"周{weekday}", f"第{week_of(day)}周周{weekday}")]
    said += [f"{one}{claim}" for one in dated for claim in (f"周{weekday}", f"第{week_of(day)}周周{weekday}")]
    said += [f"{claim}{one}" for one in dated for claim in (f"{day:%a}", f"{day:%A}")]
    said += [f"{one}{claim}" for one in dated for claim in (f"{day:%a}", f"{day:%A}")]
    of_the_month = [f"{number}{end}" for number in numbers(day.day) for end in ("日", "号")]
    claims = (f"周{weekday}", f"第{week_of(day)}周周{weekday}")
    said += [f"{one}{claim}" for one in of_the_month for claim in ("", *claims, *(f"({claim})" for claim in claims))]
    said += [f"{number}天{end}" for number in numbers(ahead) for end in ("后", "以后")]
    said += [f"in {ahead} days", f"in {ahead} day", f"{ahead} days later"]
    said += by_the_week(day) + by_the_month(day) + by_name(day)
    return [*said, *(one.replace("周日", "周天") for one in said if "周日" in one)]


def english(day: date) -> list[str]:
    """Say a day of a month in English, with and without its year."""
    return [
        one
        for month in (f"{day:%b}", f"{day:%B}")
        for one in (f"{day.day}{month}", f"{month}{day.day}", f"{day.day}{month}{day.year}")
    ]


def week_of(day: date) -> int:
    """Count the week of the term."""
    return (day - AUTUMN.monday).days // 7 + 1


def by_the_week(day: date) -> list[str]:
    """Say a day by its week."""
    weekday, ahead = WEEKDAYS[day.weekday()], (day - MONDAY).days // 7
    words = {0: ("本周", "这周"), 1: ("下周", "下个周"), 2: ("下下周", "下下个周")}.get(ahead, ())
    said = [f"{one}{weekday}" for one in words]
    said += [f"{word} {day:%A}" for word in {0: ("this",), 1: ("next",)}.get(ahead, ())]
    if AUTUMN.holds(day):
        said += [f"第{number}周{of}周{weekday}" for number in numbers(week_of(day)) for of in ("", "的")]
    if (day - TODAY).days % 7 == 0:
        weeks = (day - TODAY).days // 7
        said += [f"{number}{unit}后" for number in numbers(weeks) for unit in ("周", "个周", "个星期", "星期")]
        said += [f"in {weeks} weeks", f"in {weeks} week"]
    return said


def by_the_month(day: date) -> list[str]:
    """Say a day by its month."""
    months = (day.year - TODAY.year) * 12 + day.month - TODAY.month
    words = {0: ("本月", "这个月"), 1: ("下月", "下个月")}.get(months, ())
    said = [f"{one}{number}号" for one in words for number in numbers(day.day)]
    if day.day == monthrange(day.year, day.month)[1]:
        said += [
            f"{one}底"
            for one in (*words, *(f"{number}月" for number in numbers(day.month)), *(["月"] if not months else []))
        ]
    return said


def by_name(day: date) -> list[str]:
    """Say a day by what the calendar says of it."""
    near = {0: ("今天", "today"), 1: ("明天", "tomorrow"), 2: ("后天",), 3: ("大后天",)}
    said = list(near.get((day - TODAY).days, ()))
    before = (date(2026, 11, 24) - day).days
    if 1 <= before <= 6:
        said += [f"{exam}前{number}天" for exam in ("期中", "期中考试") for number in numbers(before)]
        said += ["期中前", "期中考试前"] if before == 1 else []
    said += ["期中第一天", "期中考试第一天"] if before == 0 else []
    return said + (["元旦"] if (day.month, day.day) == (1, 1) else [])


UNITS = (("day", 1), ("days", 1), ("week", 7), ("weeks", 7))


@cache
def days() -> dict[str, date]:
    """Give the day that is meant by each way of saying one."""
    table: dict[str, date] = {}
    for ahead in range(800):
        day = TODAY + timedelta(days=ahead)
        for said in said_of(day):
            table.setdefault(tight(said), day)
    for count in range(1000):
        table |= {tight(f"in {count} {unit}"): TODAY + timedelta(days=days * count) for unit, days in UNITS}
    return table


HALVES = {
    "凌晨": (0, 5),
    "早上": (5, 11),
    "上午": (6, 12),
    "中午": (11, 14),
    "下午": (12, 19),
    "傍晚": (16, 19),
    "晚上": (17, 23),
    "晚": (17, 23),
}


@cache
def times() -> dict[str, set[time]]:
    """Give the likely times that are meant by each way of saying one."""
    table: dict[str, set[time]] = {}
    for minutes in range(24 * 60):
        at = time(*divmod(minutes, 60))
        for said in said_of_time(at):
            table.setdefault(tight(said), set()).add(at)
    return table


def said_of_time(at: time) -> list[str]:
    """Say a time in every way, without a half where it is likely at school."""
    twelve = (at.hour - 1) % 12 + 1
    ends = {0: ("点", "点整", "点钟"), 30: ("点半", "点30", "点30分", "点三十分")}.get(
        at.minute, (f"点{at.minute:02}",)
    )
    halves = [half for half, (first, last) in HALVES.items() if first <= at.hour <= last]
    bare = [""] if 5 <= at.hour <= 21 else []
    said = [f"{half}{number}{end}" for half in halves + bare for number in numbers(twelve) for end in ends]
    said += [
        f"{half}{number}{end}"
        for half in [*halves, ""]
        for number in numbers(at.hour)
        for end in ends
        if at.hour > 12 or at.hour == 0
    ]
    exact = [f"{at:%H:%M}", f"{twelve}:{at.minute:02}{at:%p}", *([f"{twelve}{at:%p}"] if at.minute == 0 else [])]
    exact += [f"{half}{hour:02}:{at.minute:02}" for half in halves for hour in (at.hour, twelve)]
    exact += [f"{twelve:02}:{at.minute:02}{at:%p}"]
    exact += [f"{half}{twelve}:{at.minute:02}" for half in halves + bare if half or twelve < 10]
    return [*said, *exact, *(f"at {one}" for one in exact), *([f"at {twelve}"] if at.minute == 0 and bare else [])]


@cache
def bells() -> dict[str, time]:
    """Give the time that is meant by each way of naming a lesson."""
    table = {"放学前": DEFAULT_BELLS[-1].start, "放学": DEFAULT_BELLS[-1].end, "放学后": DEFAULT_BELLS[-1].end}
    for period, bell in enumerate(DEFAULT_BELLS, start=1):
        for lesson in (
            f"{nth}{number}{end}" for nth in ("第", "") for number in numbers(period) for end in ("节", "节课")
        ):
            table |= {lesson: bell.start, f"{lesson}前": bell.start, f"{lesson}后": bell.end}
            table |= {f"{lesson}{end}": bell.end for end in ("下课", "下课后")}
    return table


def meant(said: str) -> set[tuple[datetime, bool]]:
    """Return every moment that the words may mean, and whether it has a time."""
    words = tight(said)
    by = words.removesuffix("前")
    whole = {words, by, *(by.removesuffix(half) for half in HALVES)}
    found = {(instant(days()[one], time(0), SHANGHAI), False) for one in whole if one in days()}
    for place in range(len(words)):
        for left, right in ((words[:place], words[place:]), (words[place:], words[:place])):
            found |= {(at, True) for at in together(left.strip().removeprefix("on"), right.strip())}
    return found | from_now(words)


def together(day: str, clock: str) -> set[datetime]:
    """Return the moments that a day and a time may mean together, where either may follow the other."""
    day = day if day in days() else day.removesuffix("前") or day  # 08:30周五前
    if day and day not in days():
        return set()
    at = (
        times().get(clock, set())
        | times().get(clock.removesuffix("前"), set())
        | ({bells()[clock]} if clock in bells() else set())
    )
    if day:
        return {found for one in at if (found := instant(days()[day], one, SHANGHAI)) > NOW}
    return {
        min(found for ahead in (0, 1) if (found := instant(TODAY + timedelta(days=ahead), one, SHANGHAI)) > NOW)
        for one in at
    }


def from_now(words: str) -> set[tuple[datetime, bool]]:
    """Return the moment that lies so far from now."""
    return {(NOW + timedelta(minutes=lengths()[words]), True)} if words in lengths() else set()


@cache
def lengths() -> dict[str, int]:
    """Give the minutes that are meant by each way of saying how far from now."""
    table = {f"半{unit}后": 30 for unit in ("小时", "个小时")}
    for count in range(1, 1000):
        for number in numbers(count):
            table |= {f"{number}分{end}": count for end in ("后", "钟后", "钟以后")}
            table |= {f"{number}{unit}后": 60 * count for unit in ("小时", "个小时")}
            table |= {f"{number}个半小时后": 60 * count + 30}
    return table


PHRASES = [
    "下 周 三 下午 两 点 半", "12 月 25 日 上午 10 点", "第 13 周 周 三 早上 8 点", "3 天 后 下午 4 点", "明天 晚上 8 点", "后天 上午 10 点",
    "25 号 下午 3 点 半", "下 个 月 15 号", "今天 晚上 8 点 半", "一 个 半 小时 后", "15 分 钟 后", "下 周 一 第 三 节 课 后", "明天 放学 前",
    "期中 考试 前 三 天", "本 月 底", "12 月 底", "两 周 后", "11 月 20 日 （ 周 五 ）", "11 月 20 日 （ 第 12 周 周 五 ） 15:30", "周 五 前",
    "下 下 周 一", "大 后天 中午 12 点", "十二 月 二十五 号 上午 十 点", "2026-12-01_ 08:30", "next_ Wednesday_ at_ 3 pm", "in_ 2_ weeks",
    "Fri_ 20_ Nov_ 08:30", "5_ December_ 9:30 am", "tomorrow_ at_ 15:30", "12 / 5 下午 3 点", "周 三 下午 三 点 前", "周 二 十 点",
]  # fmt: skip


@st.composite
def mutated(draw) -> str:
    """Lose, double or move one to three words of a phrase, or put in one of another phrase."""
    words = draw(st.sampled_from(PHRASES)).split()
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(words) - 1))
        change = draw(st.sampled_from(("lose", "double", "swap", "strange")))
        if change == "lose" and len(words) > 1:
            del words[place]
        elif change == "double":
            words.insert(place, words[place])
        elif change == "swap" and place:
            words[place - 1], words[place] = words[place], words[place - 1]
        else:
            words.insert(place, draw(st.sampled_from(draw(st.sampled_from(PHRASES)).split())))
    return "".join(words).replace("_", " ")


def told(said: str) -> tuple[datetime, bool] | None:
    """Return what is read, None when it is not."""
    try:
        found = read_moment(said, NOW, SHANGHAI, SCHOOL_CLOCK)
    except ValueError:
        return None
    return found.at, found.has_time


@pytest.mark.parametrize("phrase", PHRASES)
def test_the_table_knows_the_phrases_themselves(phrase):
    said = phrase.replace(" ", "").replace("_", " ")
    assert meant(said) == {told(said)}


@pytest.mark.parametrize("phrase", PHRASES)
def test_one_word_lost_or_doubled_never_makes_another_day(phrase):
    words = phrase.split()
    for place in range(len(words)):
        for some in (words[:place] + words[place + 1 :], words[: place + 1] + words[place:]):
            said = "".join(some).replace("_", " ")
            assert told(said) is None or meant(said) == {told(said)}, said


@settings(max_examples=400, derandomize=True)
@given(mutated())
def test_words_lost_doubled_and_moved_never_make_another_day(said):
    found = told(said)
    assert found is None or found in meant(said), f"{said}: {found} is not among {meant(said)}"


@settings(max_examples=300, derandomize=True)
@given(
    st.lists(
        st.sampled_from(
            [
                "每",
                "下",
                "本",
                "周",
                "周三",
                "三",
                "日",
                "月",
                "5",
                "12",
                "号",
                "天",
                "后",
                "前",
                "点",
                "半",
                "第",
                "节",
                "课",
                "上午",
                "晚上",
                "明天",
                "小时",
                "个",
                "期中",
                "放学",
                "at",
                "pm",
                "或",
                "到",
                "。",
            ]
        ),
        max_size=7,
    )
)
def test_words_of_the_school_in_any_order_never_make_another_day(words):
    said = "".join(words)
    found = told(said)
    assert found is None or found in meant(said.replace("。", "")), f"{said}: {found} is not among {meant(said)}"
