"""A link on WeCom's app: a textcard within every limit, the bare address where none is shown, words when it is refused."""

from collections.abc import AsyncIterator
from html import escape
from typing import Any

import pytest
import pytest_asyncio
import regex
from hypothesis import given
from hypothesis import strategies as st

from bot.channels import Link, Parcel
from bot.channels.wecom_errors import DOMAIN, NO_CARDS
from bot.channels.wecom_letters import Writing
from bot.channels.wecom_textcard import textcard_of
from tests.channels.wecom_house import ZHANG, House, failed, parcel
from tests.fakes.wecom_rules import Refusal, check_message
from tests.fakes.wecom_world import AGENT

URL = "https://zhixing.school.example/join/QH7K2D"
LINK = Link("打开网页", URL)
FAMILY = "👨‍👩‍👧‍👦"  # one grapheme of eleven UTF-16 units
LONG = "后排的孩子也说话了😀。" * 50
WORDS = "在电脑上接着聊\n写长一点、发文档，在网页上方便。\n链接 10 分钟内有效。"


def linked(text: str, link: Link = LINK, *labels: str, **more: Any) -> Parcel:
    return parcel(text, *labels, link=link, **more)


@pytest_asyncio.fixture
async def house() -> AsyncIterator[House]:
    house = House()
    yield house
    await house.channel.close()


class TestCard:
    def test_the_first_line_is_the_title_and_the_label_the_button(self) -> None:
        card = textcard_of(linked(WORDS), "")
        assert card is not None and card.is_whole
        assert card.body == {
            "title": "在电脑上接着聊", "description": "写长一点、发文档，在网页上方便。<br>链接 10 分钟内有效。",
            "url": URL, "btntxt": "打开网页",
        }  # fmt: skip

    def test_one_line_stands_below_what_the_link_is_called(self) -> None:
        card = textcard_of(linked("在电脑上接着聊"), "")
        assert card is not None and (card.body["title"], card.body["description"]) == ("打开网页", "在电脑上接着聊")

    def test_without_words_both_are_what_the_link_is_called(self) -> None:
        card = textcard_of(linked(""), "")
        assert card is not None and (card.body["title"], card.body["description"]) == ("打开网页", "打开网页")

    def test_a_label_too_long_for_the_button_leaves_wecoms_own(self) -> None:
        card = textcard_of(linked(WORDS, Link("Open the page", URL)), "")
        assert card is not None and "btntxt" not in card.body

    @pytest.mark.parametrize("label", ["😀😀", f"好{FAMILY}"], ids=["two emoji", "a family"])
    def test_an_emoji_counts_as_the_stricter_reader_counts(self, label: str) -> None:
        card = textcard_of(linked(WORDS, Link(label, URL)), "")
        assert card is not None and ("btntxt" in card.body) is (label == "😀😀")

    @pytest.mark.parametrize(("over", "is_whole"), [(0, True), (1, False)])
    def test_words_at_the_edge(self, over: int, is_whole: bool) -> None:
        card = textcard_of(linked("题\n" + "长" * (512 + over)), "")
        assert card is not None and card.is_whole is is_whole
        assert len(card.body["description"]) == 512

    @pytest.mark.parametrize(("over", "title"), [(0, "长" * 128), (1, "打开网页")])
    def test_a_title_at_the_edge(self, over: int, title: str) -> None:
        card = textcard_of(linked("长" * (128 + over) + "\n写长一点"), "")
        assert card is not None and card.is_whole and card.body["title"] == title

    def test_what_was_typed_is_neither_tag_nor_entity(self) -> None:
        typed = "<b>题</b> &lt;\n</div><br>3 < 4 & &#60;a&#62; A&B"
        card = textcard_of(linked(escape(typed), Link("<开>", URL)), "")
        assert card is not None
        assert card.body["title"] == "＜b＞题＜/b＞ ＆lt;"
        assert card.body["description"] == "＜/div＞＜br＞3 ＜ 4 & ＆#60;a＆#62; A&B"
        assert card.body["btntxt"] == "＜开＞"

    @pytest.mark.parametrize(
        "url",
        ["zhixing.school.example/join/1", "ftp://school.example/1", "https://school.example/a b",
         "https://school.example/" + "长" * 676],
        ids=["no scheme", "another scheme", "a blank", "2051 bytes"],
    )  # fmt: skip
    def test_an_address_that_fits_no_card_makes_none(self, url: str) -> None:
        assert textcard_of(linked(WORDS, Link("打开网页", url)), "") is None

    def test_an_address_of_2048_bytes_fits(self) -> None:
        assert textcard_of(linked(WORDS, Link("打开网页", "https://s.example/" + "a" * 2030)), "") is not None

    def test_choices_beside_a_link_leave_the_card_to_the_choices(self) -> None:
        assert textcard_of(linked(WORDS, LINK, "好", "不用"), "") is None

    @given(
        st.text(max_size=900), st.text(min_size=1, max_size=200).filter(str.strip), st.booleans(), st.text(max_size=30)
    )
    def test_no_letter_is_over_a_limit_and_no_grapheme_is_cut(
        self, text: str, label: str, is_reply: bool, path: str
    ) -> None:
        link = Link(label, "https://school.example/" + "".join(path.split()))
        one = Parcel("zhang", "", text, key="17", is_reply=is_reply, link=link)
        letters = Writing(AGENT).letters(one)
        for letter in letters:
            check_message(letter.document, AGENT, has_callback=False, media={})
        body = letters[-1].document["textcard"]
        kept = body["description"].rstrip("\u200b\u200c").removesuffix("…")
        if len(letters) > 1:
            last = text.strip().rpartition("\n")[2].strip()
            graphemes = regex.findall(r"\X", last.translate(str.maketrans("<>", "＜＞")))
            starts = {"".join(graphemes[:n]).rstrip() for n in range(len(graphemes) + 1)}
            assert kept.replace("＆", "&") in {start.replace("＆", "&") for start in starts}


class TestSending:
    async def test_a_link_arrives_as_one_textcard_and_the_id_comes_back(self, house: House) -> None:
        ids = await house.channel.send(linked(WORDS))
        (sent,) = house.world.to(ZHANG)
        assert (sent.kind, (sent.id,), sent.words, sent.body["url"]) == ("textcard", ids, WORDS, URL)

    async def test_an_app_that_only_sends_sends_it_too(self) -> None:
        house = House(token="", aes_key="")
        house.world.has_callback = False
        await house.channel.send(linked(WORDS))
        assert [sent.kind for sent in house.world.to(ZHANG)] == ["textcard"]
        await house.channel.close()

    async def test_words_too_long_for_it_come_before_it_in_full(self, house: House) -> None:
        await house.channel.send(linked(f"{LONG}\n在电脑上接着聊。"))
        words, card = house.world.to(ZHANG)
        assert (words.kind, card.kind) == ("text", "textcard")
        assert words.words == f"{LONG}\n在电脑上接着聊。" and card.words == "打开网页\n在电脑上接着聊。"

    async def test_the_same_link_twice_arrives_twice_and_a_try_once_more_once(self, house: House) -> None:
        house.site.fault("send", -1, after=True)
        assert (await failed(house, linked(WORDS, key="1"))).is_unknown
        await house.channel.send(linked(WORDS, key="1"))
        assert len(house.world.to(ZHANG)) == 1 and house.world.repeats == 1
        await house.channel.send(linked(WORDS, key="2"))
        assert [sent.words for sent in house.world.to(ZHANG)] == [WORDS, WORDS]

    async def test_every_textcard_asks_for_the_check_of_repeats(self) -> None:
        (letter,) = Writing(AGENT).letters(linked(WORDS))
        assert (letter.document["enable_duplicate_check"], letter.document["duplicate_check_interval"]) == (1, 1800)

    @pytest.mark.parametrize("code", sorted(NO_CARDS | DOMAIN))
    async def test_a_refused_one_is_said_in_words_with_its_bare_address(self, house: House, code: int) -> None:
        house.site.fault("send", code)
        await house.channel.send(linked(f"<b>在电脑上接着聊</b>\n__写长__的 {FAMILY}"))
        (sent,) = house.world.to(ZHANG)
        assert (sent.kind, sent.words) == ("text", f"在电脑上接着聊\n__写长__的 {FAMILY}\n{URL}")
        assert house.health.trouble is None
        assert sent.body["content"].endswith(URL)  # nothing unseen sticks to the address

    async def test_a_refused_one_behind_its_words_repeats_only_the_address(self, house: House) -> None:
        house.site.fault("send")  # passes, and is only counted: the words
        house.site.fault("send", 40058)
        await house.channel.send(linked(LONG))
        assert [sent.words for sent in house.world.to(ZHANG)] == [LONG, URL]

    async def test_an_error_that_is_not_the_cards_is_no_reason_for_words(self, house: House) -> None:
        house.site.fault("send", 60020, times=None)
        assert (await failed(house, linked(WORDS))).for_all
        assert house.world.to(ZHANG) == []

    async def test_a_file_goes_before_it(self, house: House) -> None:
        await house.channel.send(linked(WORDS, file_name="表.docx", file_bytes=b"document"))
        assert [sent.kind for sent in house.world.to(ZHANG)] == ["file", "textcard"]

    async def test_choices_beside_a_link_come_on_their_card_after_the_address(self, house: House) -> None:
        await house.channel.send(linked(LONG[:300], LINK, "好", "不用"))
        words, card = house.world.to(ZHANG)
        assert words.words == f"{LONG[:300]}\n{URL}"
        assert (card.kind, list(card.buttons)) == ("template_card", ["好", "不用"])


class TestPlain:
    async def test_who_reads_in_wechat_gets_the_bare_address(self) -> None:
        house = House(plain_only=True)
        await house.channel.send(linked(f"<b>{WORDS}</b>"))
        (sent,) = house.world.to(ZHANG)
        assert (sent.kind, sent.words) == ("text", f"{WORDS}\n{URL}")
        assert sent.body["content"].endswith(URL)
        await house.channel.close()

    async def test_the_same_words_twice_still_arrive_twice(self) -> None:
        house = House(plain_only=True)
        for key in ("1", "2"):
            await house.channel.send(linked(WORDS, key=key))
        assert len(house.world.to(ZHANG)) == 2
        await house.channel.close()


GOOD = {"title": "题", "description": "写长一点", "url": URL, "btntxt": "打开网页"}


class TestJudge:
    """The fake WeCom holds textcards to every limit by itself."""

    def judge(self, **changes: Any) -> None:
        body = {name: value for name, value in (GOOD | changes).items() if value is not None}
        message = {"touser": ZHANG, "agentid": AGENT, "msgtype": "textcard", "textcard": body}
        check_message(message, AGENT, has_callback=False, media={})

    @pytest.mark.parametrize(
        "changes",
        [{}, {"btntxt": None}, {"title": "长" * 128}, {"description": "长" * 512}, {"btntxt": "四个字好"},
         {"description": '<div class="gray">一</div><br><div class="highlight">二</div>'}, {"url": "http://10.0.0.5:8080/a"}],
        ids=lambda changes: next(iter(changes), "as it is"),
    )  # fmt: skip
    def test_what_fits_is_taken(self, changes: dict[str, Any]) -> None:
        self.judge(**changes)

    @pytest.mark.parametrize(
        "changes",
        [{"title": "长" * 129}, {"title": ""}, {"title": None}, {"title": "\u200b"}, {"title": "<b>题"}, {"title": "😀" * 65},
         {"description": "长" * 513}, {"description": "\u200b\u200c"}, {"description": None}, {"description": "😀" * 257},
         {"description": "<b>粗</b>"}, {"description": "<br/>"}, {"description": '<div class="red">一</div>'},
         {"url": "school.example/1"}, {"url": "https://s.example/" + "a" * 2031}, {"url": None}, {"url": "https:///a"},
         {"url": "https://s.example/a b"}, {"btntxt": "五个字好吗"}, {"btntxt": " "}, {"button": "开"}],
    )  # fmt: skip
    def test_what_does_not_is_refused(self, changes: dict[str, Any]) -> None:
        with pytest.raises(Refusal):
            self.judge(**changes)
