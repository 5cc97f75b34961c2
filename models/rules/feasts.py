"""Say which days of a year may be days off before its official list is out.

The State Council names the days off of a year in the autumn before it; until then only the feasts themselves are
known. Around each of them lie days that have been days off, or school days made up for one, in other years.
"""

from datetime import date, timedelta

# The lunar feasts on the common calendar: 春节, 端午, 中秋. After the last year only the fixed feasts are known.
_LUNAR: dict[int, tuple[tuple[int, int], tuple[int, int], tuple[int, int]]] = {
    2027: ((2, 6), (6, 9), (9, 15)),
    2028: ((1, 26), (5, 28), (10, 3)),
    2029: ((2, 13), (6, 16), (9, 22)),
    2030: ((2, 3), (6, 5), (9, 12)),
    2031: ((1, 23), (6, 24), (10, 1)),
    2032: ((2, 11), (6, 12), (9, 19)),
    2033: ((1, 31), (6, 1), (9, 8)),
    2034: ((2, 19), (6, 20), (9, 27)),
    2035: ((2, 8), (6, 10), (9, 16)),
    2036: ((1, 28), (5, 30), (10, 4)),
    2037: ((2, 15), (6, 18), (9, 24)),
    2038: ((2, 4), (6, 7), (9, 13)),
    2039: ((1, 24), (5, 27), (10, 2)),
    2040: ((2, 12), (6, 14), (9, 20)),
}

# Days before and after each feast that were days off in some year of 2014-2026 (the official lists of those years).
_AROUND_SPRING = (2, 8)
_AROUND_SHORT = (2, 2)


def doubtful_feast(day: date) -> str | None:
    """Name the feast (its Chinese name) for which this day may be a day off, or None."""
    return next((name for name, first, last in _stretches(day.year) if first <= day <= last), None)


def _stretches(year: int) -> list[tuple[str, date, date]]:
    fixed = [
        ("元旦", date(year, 1, 1), date(year, 1, 3)),
        ("元旦", date(year, 12, 30), date(year, 12, 31)),
        ("清明", date(year, 4, 3), date(year, 4, 6)),
        ("劳动节", date(year, 5, 1), date(year, 5, 5)),
        ("国庆节", date(year, 10, 1), date(year, 10, 8)),
    ]
    if year not in _LUNAR:
        return fixed
    spring, boat, autumn = (date(year, *feast) for feast in _LUNAR[year])
    return [
        *fixed,
        ("春节", *_around(spring, _AROUND_SPRING)),
        ("端午", *_around(boat, _AROUND_SHORT)),
        ("中秋", *_around(autumn, _AROUND_SHORT)),
    ]


def _around(day: date, reach: tuple[int, int]) -> tuple[date, date]:
    before, after = reach
    return day - timedelta(days=before), day + timedelta(days=after)
