"""Words and cards for WeCom: bytes are counted, graphemes stay whole, and nothing typed becomes a mark or a tag."""

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from bot.channels import Button, Parcel
from bot.channels.wecom_cards import (
    BUTTONS_AT_MOST,
    card_of,
    data_of,
    with_labels,
)
from bot.channels.wecom_text import cut, markdown, pieces, size
from bot.render import plain

FAMILY = "👨‍👩‍👧‍👦"  # one grapheme of 25 bytes


def parcel(text: str, *labels: str, key: str = "17", address: str = "zhanglaoshi") -> Parcel:
    rows = tuple((Button(label, f"1.a.{place}"),) for place, label in enumerate(labels))
    return Parcel(address, text, plain(text), rows, key=key)


class TestBytes:
    def test_a_chinese_character_is_three_and_an_emoji_four(self) -> None:
        assert (size("课"), size("😀"), size("a")) == (3, 4, 1)

    def test_what_fits_is_left_alone(self) -> None:
        assert cut("一二三", 9) == "一二三"

    def test_a_cut_shows_itself_and_stays_within_the_limit(self) -> None:
        assert cut("一二三四", 10) == "一二…"

    def test_a_cut_never_breaks_a_grapheme(self) -> None:
        assert cut(f"好{FAMILY}好", 30) == "好…"

    @given(st.text(max_size=300), st.integers(3, 200))
    def test_a_cut_keeps_whole_graphemes(self, text: str, limit: int) -> None:
        short = cut(text, limit)
        assert size(short) <= max(limit, 3)
        kept = short.removesuffix("…") if short != text else text
        graphemes = regex.findall(r"\X", text)
        assert text.startswith(kept)
        assert any("".join(graphemes[:n]).rstrip() == kept.rstrip() for n in range(len(graphemes) + 1))

    def test_long_words_come_in_pieces_that_lose_nothing(self) -> None:
        text = "\n\n".join(f"第{n}段：" + "后排的孩子也说话了😀<b>&" * 30 for n in range(9))
        found = pieces(text, 2048)
        assert len(found) > 4
        assert all(size(piece) <= 2048 for piece in found)
        assert "".join(found).replace("\n", "") == text.replace("\n", "")


class TestMarkdown:
    def test_bold_stays_and_other_tags_go(self) -> None:
        assert markdown("<b>本周</b> <i>小结</i>\n&lt;3 条") == "**本周** 小结\n＜3 条"

    def test_bold_over_two_lines_is_bold_in_each(self) -> None:
        assert markdown("<b>一 \n 二</b>") == "**一** \n **二**"

    def test_what_was_typed_is_no_mark(self) -> None:
        assert markdown("# 标题\n&gt; 引用\n**重** `码` ~~删~~ __下__") == (
            "＃ 标题\n＞ 引用\n＊＊重＊＊ ｀码｀ ～～删～～ ＿＿下＿＿"
        )

    def test_what_was_typed_is_no_tag_and_no_link(self) -> None:
        said = markdown("&lt;@lilaoshi&gt; &lt;think&gt; [点我](http://x.example)")
        assert "<" not in said
        assert "](" not in said

    def test_a_single_mark_is_left_as_it_is(self) -> None:
        assert markdown("3*4=12，三_2班") == "3*4=12，三_2班"


class TestCards:
    def test_a_short_question_stands_on_the_card_alone(self) -> None:
        card = card_of(parcel("试过了吗？\n两周前你说：先问同桌。", "试过了", "还没有"))
        assert card is not None and card.is_whole
        assert card.body["main_title"] == {"title": "试过了吗？"}
        assert card.body["sub_title_text"] == "两周前你说：先问同桌。"
        assert [button["text"] for button in card.body["button_list"]] == ["试过了", "还没有"]
        assert [button["key"] for button in card.body["button_list"]] == ["1.a.0", "1.a.1"]

    def test_a_long_first_line_gives_its_first_sentence_as_title(self) -> None:
        card = card_of(
            parcel("记下了。要不要写一句怎么试？什么时候、在哪个班、做什么都可以写上。", "写一句", "以后再说")
        )
        assert card is not None and card.is_whole
        assert card.body["main_title"]["title"] == "记下了。"
        assert card.body["sub_title_text"].startswith("要不要写一句")

    def test_words_too_long_for_a_card_stand_in_a_message_of_their_own(self) -> None:
        card = card_of(parcel("长" * 300 + "\n哪一条？", "一", "二"))
        assert card is not None and not card.is_whole
        assert card.body["main_title"] == {"title": "哪一条？"}
        assert "sub_title_text" not in card.body

    @pytest.mark.parametrize(("length", "is_whole"), [(112, True), (113, False), (160, False)])
    def test_a_card_holds_what_both_doors_take(self, length: int, is_whole: bool) -> None:
        card = card_of(parcel("哪一条？\n" + "长" * length, "一"))
        assert card is not None and card.is_whole == is_whole

    @given(st.text(max_size=400), st.lists(st.text(min_size=1, max_size=10), min_size=1, max_size=BUTTONS_AT_MOST))
    def test_no_card_is_over_a_limit(self, text: str, labels: list[str]) -> None:
        card = card_of(parcel(text, *labels))
        assert card is not None
        assert 1 <= len(card.body["main_title"]["title"]) <= 26  # at the AI bot; the app takes 36
        assert len(card.body.get("sub_title_text", "")) <= 112  # the app takes 160
        keys = [button["key"] for button in card.body["button_list"]]
        assert len(set(keys)) == len(keys)

    def test_more_than_a_card_shows_is_no_card_but_words(self) -> None:
        seven = parcel("哪一条？", *"一二三四五六七")
        assert card_of(seven) is None
        assert card_of(parcel("哪一条？", "十一个字的标签太长了啊啊")) is None
        assert with_labels(seven).splitlines()[-1] == "· 七"

    def test_every_try_has_the_same_name_and_every_card_its_own(self) -> None:
        names = [card_of(one).task_id for one in (parcel("好", "是"), parcel("好", "是"), parcel("好", "是", key="18"))]
        assert names[0] == names[1] != names[2]
        other = card_of(parcel("好吗", "是"))
        assert other is not None and other.task_id != names[0]
        assert regex.fullmatch(r"[0-9A-Za-z_\-@]{1,128}", names[0])


def test_two_buttons_that_ask_for_the_same_have_two_names_that_lead_back_to_it() -> None:
    same = Button("1 记一笔", "1.o.x"), Button("2 记一笔", "1.o.x"), Button("3 记一笔", "1.o.x")
    card = card_of(Parcel("zhang", "两件事", "两件事", (same,), key="1"))
    assert card is not None
    keys = [button["key"] for button in card.body["button_list"]]
    assert len(set(keys)) == 3 and {data_of(key) for key in keys} == {"1.o.x"}
