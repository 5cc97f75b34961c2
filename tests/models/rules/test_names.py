"""Pupils' names and signs of exhaustion in a teacher's words; all names are made up."""

import pytest

from models.rules.names import likely_names, masked, sounds_exhausted


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("小组汇报的时候平时不说话的小宇站起来补充了一句", ["小宇"]),
        ("小红和小明，还有小红", ["小红", "小明"]),
        ("阿强帮了小麗", ["阿强", "小麗"]),
        ("请王小明同学先说，李同学补充", ["王小明", "李同学"]),
        ("陳同學和杨一鸣同学", ["陳同學", "杨一鸣"]),
        ("方同学会主动举手", ["方同学"]),
        ("金老师让李明同学上台", ["李明"]),
        ("小宇同学", ["小宇"]),
    ],
)
def test_names_are_found_in_order_and_once(text, names):
    assert likely_names(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "", "小组、小学、小时、小测、小结、小朋友、小步子", "一个小任务，一个小亮点", "小范围讨论，读一小段", "小平台上的小文章",
        "缩小方块", "从小明事理", "阿姨和阿拉伯数字", "高年级同学", "各位同学，全班同学", "周三同学们来了", "马上同学", "许多同学",
        "任何同学", "由于同学们努力", "王老师讲得好", "安静的同学", "hello",
    ],
)  # fmt: skip
def test_ordinary_words_are_not_taken_for_names(text):
    assert likely_names(text) == []


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("小宇站起来，小宇同学笑了", ["小宇"], "一位学生站起来，一位学生笑了"),
        ("王同学问王老师", ["王同学"], "一位学生问王老师"),
        ("李明和李明亮", ["李明", "李明亮"], "一位学生和一位学生"),
        ("小宇同学们", ["小宇"], "一位学生同学们"),
        ("小宇", [], "小宇"),
        ("(a+b)", ["(a+b)"], "一位学生"),
    ],
)
def test_names_are_replaced_with_the_words_given(text, names, expected):
    assert masked(text, names, "一位学生") == expected


def test_the_words_given_are_taken_as_they_are():
    assert masked("小宇", ["小宇"], r"\1 & <b>") == r"\1 & <b>"


def test_what_was_found_is_gone_after_masking():
    text = "小宇和王小明同学、陈同学坐在一起"
    assert likely_names(masked(text, likely_names(text), "一位学生")) == []


@pytest.mark.parametrize(
    "text",
    [
        "真的撑不下去了", "撐不下去", "不想干了", "不想幹了", "我崩溃了", "崩潰", "活着没意思", "活著沒意思", "身心俱疲",
        "我太累了", "I am so exhausted", "I'm falling apart", "I can’t go on", "burnt out", "I want to quit",
        "can't take this anymore",
    ],
)  # fmt: skip
def test_words_of_exhaustion_are_heard(text):
    assert sounds_exhausted(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "今天很顺利", "系统崩溃了", "電腦崩潰", "孩子们睡不着", "break down the task", "the pupils were exhausted", "有点累",
        "想哭的孩子", "exhausted resources",
    ],
)  # fmt: skip
def test_machines_pupils_and_a_long_day_are_not(text):
    assert not sounds_exhausted(text)
