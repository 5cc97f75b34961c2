"""Which actions can be done in one lesson, and which are good intentions."""

import pytest

from models.rules.specificity import EMPTY, NO_OBJECT, vagueness


@pytest.mark.parametrize(
    "text",
    [
        "我要多关注后进生", "多提问", "加强课堂管理", "努力", "提高成绩", "注意纪律", "做好课堂管理", "听更多的课", "多表扬，多鼓励",
        "多鼓勵學生", "加強關注", "重視作業", "目前加强管理", "首先要努力", "提前多准备", "多向同事请教", "认真备课",
        "more questions", "try harder", "Be better", "pay attention to weak pupils", "Improve discipline", "focus on weak ones",
    ],
)  # fmt: skip
def test_a_good_intention_names_nothing_one_could_see(text):
    assert vagueness(text) == NO_OBJECT


@pytest.mark.parametrize(
    "text",
    [
        "先请两个平时不说话的孩子各说一句", "每组汇报前默看评价单", "提问后等三秒", "心里数3下再点名", "把评价单发下去",
        "每节课多叫三个后进生回答", "小组讨论前多请人说", "如果有人走神，就多看他一眼", "多说「你再想想」", "下课前多看一眼",
        "小組討論前多請兩個孩子說", "讀完課文多停十秒",
        "ask one more question before group work", "When they finish early, give more examples", "wait three seconds",
    ],
)  # fmt: skip
def test_a_number_a_moment_or_words_make_it_something_to_do(text):
    assert vagueness(text) is None


@pytest.mark.parametrize(
    "text",
    ["用多媒体展示评价单", "让很多学生一起读", "画一个多边形", "記錄學生的注意力", "认读多音字卡", "小组展示许多作品"],
)
def test_a_word_that_only_contains_more_is_no_wish_for_more(text):
    assert vagueness(text) is None


@pytest.mark.parametrize(
    "text", ["", " ", "嗯", "。。。", "不知道", "还没想好呢", "還沒想好", "随便", "I don't know", "not sure yet", "?"]
)
def test_nothing_to_do_is_told_apart(text):
    assert vagueness(text) == EMPTY
