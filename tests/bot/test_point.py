"""Which choice is meant by what was typed."""

import pytest

from bot.point import Shown, fold, match

SHOWN = [
    Shown("go", "明白，继续"),
    Shown("who", "谁能看到我有没有写？"),
    Shown("language", "语言 Language"),
    Shown("week", "1 周后 · 9月22日（周二）"),
    Shown("weeks", "2 周后 · 9月29日（周二）"),
]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("２", "who"),
        ("2、", "who"),
        ("2号", "who"),
        ("002", "who"),
        ("0002", None),  # a number has three digits at most
        ("0", None),
        ("5", "weeks"),
        ("6", None),
        ("明白", "go"),
        ("继续", "go"),
        ("继续。", "go"),
        ("language", "language"),
        ("语", "language"),
        ("9月29日（周二）", "weeks"),
        ("9月29日", None),  # only part of a clause: the reader of days takes it
        ("周后", None),  # a clause of two
        ("续", None),
        ("", None),
        ("99", None),
    ],
)
def test_a_choice_is_its_number_its_beginning_or_a_clause_of_it(typed: str, meant: str | None) -> None:
    assert match(fold(typed), SHOWN) == meant
