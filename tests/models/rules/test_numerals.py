"""Numbers and letters as people type them."""

import pytest

from models.rules.numerals import compact, folded, joined, number


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("0", 0), ("12", 12), ("2026", 2026), ("零", 0), ("两", 2), ("九", 9), ("十", 10), ("十二", 12), ("二十", 20),
        ("三十一", 31), ("二〇二六", 2026), ("a", 1), ("an", 1), ("one", 1), ("ten", 10),
    ],
)  # fmt: skip
def test_a_number_in_either_script(said, value):
    assert number(said) == value


@pytest.mark.parametrize("said", ["", "十十", "十二三", "零十", "百", "eleven", "1a", "①"])
def test_what_is_no_number_is_refused(said):
    with pytest.raises(ValueError):
        number(said)


def test_widths_scripts_and_spaces_are_folded():
    assert folded("　２０２６ 年１０月　９號（週五） ") == "2026 年10月 9号(周五)"
    assert compact("Next  Monday") == "nextmonday"
    assert joined("下周 三 3 5 号 at 7") == "下周三3 5号at7"  # two numbers never become one
