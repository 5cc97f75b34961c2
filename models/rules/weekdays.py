"""Read weekdays from words: 周一到周四, 周一三五, 工作日, Mon-Thu."""

import re

CHINESE_DAYS = "一二三四五六日"
ENGLISH_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

TO = "(?:到|至|-|~|–|—|to|through)"

# Words that stand for several days at once.
SPANS: dict[str, set[int]] = {
    "(?:工作日|平日|平时|上班日|上课日|weekdays?)": set(range(5)),
    "(?:每天|天天|everyday|daily)": set(range(7)),
    "(?:周末|weekends?)": {5, 6},
    # The bot is silent then anyway; saying so changes nothing.
    "(?:节假日|假期|节日|holidays?)": set(),
}

_WEEK = "(?:周|星期|礼拜)"
_CHINESE = f"[{CHINESE_DAYS}天]"
_ENGLISH = f"(?:{'|'.join(ENGLISH_DAYS)})(?:s?days?|nesdays?|rsdays?|urdays?|rs|s)?"
_NAMED = "|".join(
    (
        f"{_WEEK}{_CHINESE}{TO}{_WEEK}?{_CHINESE}",
        f"{_ENGLISH}{TO}{_ENGLISH}",
        f"{_WEEK}{_CHINESE}(?:、?{_CHINESE})*",
        _ENGLISH,
    )
)
_ONE = "|".join((*SPANS, _NAMED))

# One weekday on its own, in either language; and one or several by their names, without 工作日 and the like.
ONE_CHINESE_DAY = f"{_WEEK}{_CHINESE}"
ENGLISH_DAY = f"(?:{'|'.join(ENGLISH_DAYS)})(?:sday|nesday|rsday|urday|day|rs|s)?"  # the longest first
NAMED_DAYS = f"(?:{_NAMED})(?:(?:、|,|/|和|跟|与|及|and|&)*(?:{_NAMED}))*"

# One or several of them, as one group of a larger form; a comma ends the group, for it begins a new thought.
DAYS = f"(?P<days>(?:{_ONE})(?:(?:、|/|和|跟|与|及|and|&)?(?:{_ONE}))*)"

# What excludes them, after and before.
NOT = "(?:不要|不行|不用|不方便|不打扰|不可以|不|别|除外|以外)"
BUT = "(?:不要|别|除了|除|exceptfor|except|butnot|not|no)"


def days_in(said: str) -> set[int]:
    """Return the weekdays (0 = Monday) that a text in the form of DAYS names; folded and without spaces."""
    return {day for one in re.findall(_ONE, said) for day in _days_of(one)}


def _days_of(one: str) -> set[int]:
    for form, span in SPANS.items():
        if re.fullmatch(form, one):
            return span
    days = [place_of(name) for name in re.findall(f"{_CHINESE}|{'|'.join(ENGLISH_DAYS)}", one)]
    if re.search(TO, one):
        first, last = days
        return {day % 7 for day in range(first, last + 1 if first <= last else last + 8)}
    return set(days)


def weekday_in(said: str) -> int:
    """Return the place in the week (0 = Monday) of 周三, 礼拜天, wed or Wednesday, already folded."""
    return place_of(said[:3] if said.isascii() else said[-1])


def place_of(name: str) -> int:
    """Return the place in the week (0 = Monday) of 一 to 六, 日, 天, or mon to sun."""
    return ENGLISH_DAYS.index(name) if name in ENGLISH_DAYS else CHINESE_DAYS.index(name.replace("天", "日"))
