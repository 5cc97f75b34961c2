"""What is said fits the platform: cut where nobody minds, with its buttons laid out and signed."""

import re
from html import escape
from typing import Any
from uuid import UUID

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.buttons import CARD, OPEN, RUN, Signer, code_of
from bot.channels import Abilities, Link, Parcel
from bot.conversation import Form, Tap
from bot.render import Words, plain
from bot.speech import Part, Voice, joined, laid_out, measure, rows_for, split
from models.quotes import Source
from tests.bot.toy import NOW

WORDS = Words()

FAMILY = "👩‍👩‍👧‍👦"


# How a platform counts


@pytest.mark.parametrize(
    ("text", "utf16", "size", "characters"),
    [
        pytest.param("", 0, 0, 0, id="nothing"),
        pytest.param("abc", 3, 3, 3, id="ASCII"),
        pytest.param("知行", 2, 6, 2, id="Chinese"),
        pytest.param("𠮷", 2, 4, 1, id="a character outside the basic plane"),
        pytest.param(FAMILY, 11, 25, 7, id="a family joined from four"),
        pytest.param("e\u0301", 2, 3, 2, id="a letter and its accent"),
        pytest.param("\ud800", 1, 1, 1, id="half a surrogate pair"),
    ],
)
def test_a_text_is_counted_as_the_platform_counts(text, utf16, size, characters):
    assert (measure(text, "utf16"), measure(text, "bytes"), measure(text, "characters")) == (utf16, size, characters)


# Cutting


@pytest.mark.parametrize(
    ("html", "limit", "pieces"),
    [
        pytest.param("", 10, [], id="nothing"),
        pytest.param("<b> </b>", 10, [], id="nothing that is seen"),
        pytest.param("一二   三", 2, ["一二", " 三"], id="no blank piece between two others"),
        pytest.param("短", 10, ["短"], id="what fits stays whole"),
        pytest.param("一二三\n\n四五六", 3, ["一二三", "四五六"], id="between paragraphs"),
        pytest.param("一二\n\n三四\n\n五六七八", 6, ["一二\n\n三四", "五六七八"], id="as many paragraphs as fit"),
        pytest.param("一二三\n四五六\n七", 4, ["一二三", "四五六", "七"], id="between lines of a long paragraph"),
        pytest.param("一二三四五", 2, ["一二", "三四", "五"], id="inside a line that is too long"),
        pytest.param("<b>一二三</b>\n四", 3, ["<b>一二三</b>", "四"], id="tags do not count"),
        pytest.param("<b>一二三</b>", 2, ["一二", "三"], id="a line that is cut loses its tags"),
        pytest.param("&lt;b&gt;", 3, ["&lt;b&gt;"], id="what was escaped counts as it is shown"),
        pytest.param("&lt;b&gt;", 2, ["&lt;b", "&gt;"], id="what was escaped stays escaped when cut"),
        pytest.param("&amp;amp;", 3, ["&amp;am", "p;"], id="what looks like an entity is shown as typed"),
        pytest.param("一" + FAMILY + "二", 11, ["一", FAMILY, "二"], id="around what is one sign"),
        pytest.param(
            "e" + "\u0301" * 4, 3, ["e\u0301\u0301", "\u0301\u0301"], id="inside a sign longer than a message"
        ),
        pytest.param("\n\n一二三\n\n\n四五", 3, ["一二三", "四五"], id="no piece begins or ends with an empty line"),
    ],
)
def test_a_text_is_cut_where_nobody_minds(html, limit, pieces):
    assert split(html, limit, "utf16") == pieces


signs = st.sampled_from(
    ["知", "行", "a", "Z", " ", "。", "<", "&", "&amp;", '"', "𠮷", "🙂", FAMILY, "🇨🇳", "👍🏽", "1️⃣",
     "\u200f", "\u200d", "ع", "한", "क्षि"]
) | st.integers(1, 6).map(lambda number: "e" + "\u0301" * number)  # fmt: skip
runs = st.lists(signs, max_size=16).map("".join)
spans = st.tuples(st.sampled_from(["", "b", "i"]), runs).map(
    lambda span: f"<{span[0]}>{escape(span[1])}</{span[0]}>" if span[0] else escape(span[1])
)
lines = st.lists(spans, max_size=3).map("".join)
htmls = st.lists(st.tuples(lines, st.sampled_from(["\n", "\n\n"])), max_size=5).map(
    lambda told: "".join(line + gap for line, gap in told).strip("\n")
)


def signs_of(text: str) -> list[str]:
    """List what a reader sees as one sign each, without white space."""
    return [sign for sign in regex.findall(r"\X", text) if not sign.isspace()]


def is_balanced(html: str) -> bool:
    """Say whether every tag is closed, in order, and nothing else looks like one."""
    open_tags: list[str] = []
    for closing, name in re.findall(r"<(/?)([a-z]*)>", html):
        if not closing:
            open_tags.append(name)
        elif not open_tags or open_tags.pop() != name:
            return False
    return not open_tags and re.search(r"<(?!/?[bi]>)", html) is None


@settings(max_examples=60)
@given(html=htmls, limit=st.integers(8, 60), unit=st.sampled_from(["utf16", "bytes", "characters"]))
def test_pieces_fit_keep_every_word_and_close_their_tags(html, limit, unit):
    pieces = split(html, limit, unit)
    assert all(measure(plain(piece), unit) <= limit for piece in pieces)
    assert all(is_balanced(piece) for piece in pieces)
    assert all(plain(piece).strip() for piece in pieces)
    assert re.sub(r"\s", "", "".join(map(plain, pieces))) == re.sub(r"\s", "", plain(html))


@settings(max_examples=60)
@given(html=htmls, limit=st.integers(40, 80), unit=st.sampled_from(["utf16", "bytes", "characters"]))
def test_no_cut_goes_through_a_sign(html, limit, unit):
    whole = signs_of(plain(html))
    if all(measure(sign, unit) <= limit for sign in whole):
        assert [sign for piece in split(html, limit, unit) for sign in signs_of(plain(piece))] == whole


@settings(max_examples=60)
@given(words=st.text(), limit=st.integers(4, 40), unit=st.sampled_from(["utf16", "bytes", "characters"]))
def test_any_text_at_all_is_shown_as_typed(words, limit, unit):
    pieces = split(escape(words), limit, unit)
    assert all(measure(plain(piece), unit) <= limit for piece in pieces)
    assert "".join("".join(map(plain, pieces)).split()) == "".join(words.split())


# Messages


def test_what_is_said_in_one_breath_is_one_message():
    buttons = [[{"label": "好", "data": "x"}]]
    assert joined([Part("一"), Part(""), Part("二", buttons), Part("三")]) == [Part("一\n\n二", buttons), Part("三")]


@pytest.mark.parametrize(
    "own",
    [
        pytest.param(Part("二", form=Form("record", UUID(int=1))), id="a document"),
        pytest.param(Part("二", after=2.0, key="jotting:1"), id="what is held back"),
        pytest.param(Part("二", key="k"), id="what may be replaced"),
        pytest.param(Part("二", after=1.0), id="what comes later"),
    ],
)
def test_some_things_need_a_message_of_their_own(own):
    assert joined([Part("一"), own, Part("三")]) == [Part("一"), own, Part("三")]


def test_buttons_without_words_are_kept():
    assert joined([Part("", [[{"label": "好", "data": "x"}]])]) == [Part("", [[{"label": "好", "data": "x"}]])]


@pytest.mark.parametrize(
    ("labels", "in_row", "rows"),
    [
        pytest.param([], 3, [], id="no button"),
        pytest.param(["好", "不", "等"], 3, [["好", "不", "等"]], id="short ones share a row"),
        pytest.param(["好", "不", "等", "嗯"], 3, [["好", "不", "等"], ["嗯"]], id="as many as fit a row"),
        pytest.param(["一二三四五六七八", "好"], 3, [["一二三四五六七八"], ["好"]], id="a long one stands alone"),
        pytest.param(["好", "一二三四五六七八"], 3, [["好"], ["一二三四五六七八"]], id="a long one starts a row"),
        pytest.param(["fourteen chars", "ok"], 3, [["fourteen chars", "ok"]], id="Latin letters are half as wide"),
        pytest.param(["好", "不"], 1, [["好"], ["不"]], id="a platform with one a row"),
    ],
)  # fmt: skip
def test_labels_are_laid_out(labels, in_row, rows):
    laid = laid_out([{"label": label, "data": ""} for label in labels], in_row)
    assert [[button["label"] for button in row] for row in laid] == rows


@pytest.fixture
def voice(toy: Words) -> Voice:
    """Somebody's voice on a platform with three buttons a row."""
    return Voice(toy, Signer(b"a secret of the tests"), Abilities(), "fake:lin", "zh_Hans")


@pytest.mark.parametrize(
    ("tap", "verb", "code", "option", "label"),
    [
        pytest.param(Tap("skip", UUID(int=7)), CARD, "toy", "skip", "跳过", id="a tap of the card's own handler"),
        pytest.param(Tap("open", UUID(int=7), "visit", block="name"), OPEN, "visit", "open", "小样", id="a talk"),
        pytest.param(Tap("cmd", handler="leave", label="去请假"), RUN, "leave", "cmd", "去请假", id="a command"),
        pytest.param(Tap("day", block="offer__day", facts={"day": "2026-09-30"}), CARD, "toy", "day", "9月30日（周三）",
                     id="a label with facts of its own"),
    ],
)  # fmt: skip
def test_a_tap_becomes_a_signed_button(voice: Voice, tap, verb, code, option, label):
    [[button]] = voice.taps("toy", [tap], {})
    pressed = voice.signer.read("fake:lin", button["data"])
    assert (pressed.verb, pressed.row, pressed.code, pressed.option) == (verb, tap.row, code_of(code), option)
    assert button["label"] == label


def test_a_voice_speaks_its_language(voice: Voice):
    assert voice.say("toy", "training", {}) == "哪一场？"
    assert voice.label("toy", "mood__good", {}) == "挺好"


def test_a_long_part_becomes_rows_with_the_buttons_on_the_last():
    buttons = [[{"label": "好", "data": "x"}]]
    part = Part("一二三\n\n四五六", buttons, Form("record", UUID(int=3)), key="k")
    first, second = rows_for(part, Abilities(text_limit=4), {"channel": "fake"}, NOW, "en", WORDS)
    assert (first["key"], first["body"]) == ("k", {"html": "一二三", "plain": "一二三", "buttons": []})
    assert (second["key"], second["body"]["buttons"], second["channel"]) == (None, buttons, "fake")
    assert second["body"]["form"] == {"kind": "record", "person_id": str(UUID(int=3)), "language": "en"}
    assert first["not_before"] == first["made_at"] == NOW


def test_a_document_without_words_is_still_a_row():
    [row] = rows_for(Part("", form=Form("export", UUID(int=3))), Abilities(), {}, NOW, "zh_Hans", WORDS)
    assert (row["body"]["html"], row["body"]["form"]["kind"]) == ("", "export")


LINK = Link("打开", "https://s.example/join/QH7K2D")


def test_a_link_stands_below_what_is_said_in_one_breath_and_takes_nothing_below_it():
    whole = joined([Part("一"), Part("二", link=LINK), Part("三")])
    assert [(part.html, part.link) for part in whole] == [("一\n\n二", LINK), ("三", None)]


def test_a_link_goes_with_the_last_row_and_leaves_room_for_its_address_on_each():
    html = "\n\n".join(["一" * 40] * 6)
    limit = 180
    rows = rows_for(Part(html, link=LINK), Abilities(text_limit=limit, unit="bytes"), {}, NOW, "en", WORDS)
    bodies = [row["body"] for row in rows]
    assert len(bodies) > 1
    assert [body.get("link") for body in bodies] == [None] * (len(bodies) - 1) + [
        {"label": LINK.label, "url": LINK.url}
    ]
    last = Parcel("lin", bodies[-1]["html"], bodies[-1]["plain"], link=LINK).with_address()
    assert last.plain.endswith(f"\n{LINK.url}") and measure(last.plain, "bytes") <= limit


@pytest.mark.parametrize(
    ("html", "plain", "shown"),
    [("<b>A</b> &amp; B", "A & B", ("<b>A</b> &amp; B\nhttps://s.example/?a=1&amp;b", "A & B\nhttps://s.example/?a=1&b")),
     ("", "", ("https://s.example/?a=1&amp;b", "https://s.example/?a=1&b"))],
    ids=["below words", "alone"],
)  # fmt: skip
def test_a_bare_address_is_escaped_where_it_must_be(html, plain, shown):
    parcel = Parcel("lin", html, plain, link=Link("打开", "https://s.example/?a=1&b")).with_address()
    assert (parcel.html, parcel.plain) == shown and parcel.link is None
    assert parcel.with_address() is parcel


# What a platform cannot show as buttons is answered by number


def card(*labels: str, words: tuple[str, ...] = ()) -> Part:
    return Part(
        "Which?",
        [[{"label": label, "data": label}] for label in labels]
        + [[{"label": word, "data": word, "is_word": "1"} for word in words]],
    )


def shown(part: Part, **abilities) -> tuple[str, list[str]]:
    body = rows_for(part, Abilities(**abilities), {}, NOW, "en", WORDS)[0]["body"]
    return body["plain"], [button["label"] for row in body["buttons"] for button in row]


def test_buttons_that_fit_stay_as_they_are():
    assert shown(card("Yes", "No", words=("Skip",)), buttons_at_most=3, label_limit=4) == (
        "Which?",
        ["Yes", "No", "Skip"],
    )


def test_without_buttons_the_choices_are_numbered_lines_and_the_words_are_named():
    text, buttons = shown(card("Yes", "A & B", words=("Skip", "Later")), has_buttons=False)
    assert text == "Which?\n\n1. Yes\n2. A & B\nReply with the number.\nOr type: Skip, Later."
    assert buttons == []


def test_labels_too_long_for_a_button_become_numbers():
    text, buttons = shown(card("Yes", "Something longer", words=("Skip",)), label_limit=4)
    assert "2. Something longer" in text
    assert buttons == ["Yes", "2", "Skip"]


def test_too_many_buttons_become_lines():
    text, buttons = shown(card(*"abcdefg"), buttons_at_most=6)
    assert "7. g" in text
    assert buttons == []


def test_only_words_are_named_without_numbers():
    text, buttons = shown(card(words=("Skip",)), has_buttons=False)
    assert (text, buttons) == ("Which?\n\nOr type: Skip.", [])


def test_a_word_too_long_for_a_button_is_typed_for_no_number_stands_for_it():
    text, buttons = shown(card("Yes", words=("1 Tell me more",)), label_limit=6)
    assert text == "Which?\n\n1. Yes\nReply with the number.\nOr type: 1 Tell me more."
    assert buttons == []


def test_the_numbers_of_one_turn_go_on_over_its_messages():
    part = card("Yes", "No")
    (row,) = rows_for(part, Abilities(has_buttons=False), {}, NOW, "en", WORDS, 4)
    assert "4. Yes\n5. No" in row["body"]["plain"]


# Whose words stand in it

HER, HIM, READER = UUID(int=11), UUID(int=12), UUID(int=13)
OURS = {"channel": "fake", "person_id": READER}


def noted(part: Part, **abilities: Any) -> list[list[tuple[UUID, bool]]]:
    """Tell of each row whose words it is said to show, and whether it is mixed."""
    rows = rows_for(part, Abilities(**abilities), OURS, NOW, "en", WORDS)
    return [[(one["person_id"], one["is_mixed"]) for one in row.get("quotes", ())] for row in rows]


def of(*persons: UUID) -> frozenset[Source]:
    return frozenset(Source(person, UUID(int=1)) for person in persons)


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        pytest.param(Part("一"), [], id="nobody's"),
        pytest.param(Part("一", quotes=of(READER)), [], id="the reader's own"),
        pytest.param(Part("一", quotes=of(HER)), [(HER, False)], id="one writer's"),
        pytest.param(Part("一", quotes=of(HER, READER)), [(HER, False)], id="one writer's and the reader's own"),
        pytest.param(Part("一", quotes=of(HER, HIM)), [(HER, True), (HIM, True)], id="of two"),
        pytest.param(Part("一", quotes=of(HER), is_mixed=True), [(HER, True)], id="on a card with other things"),
    ],
)
def test_a_message_says_whose_words_it_shows(part: Part, expected: list[Any]) -> None:
    assert noted(part) == [expected]


def test_every_piece_of_a_long_message_says_it() -> None:
    assert noted(Part("一二三\n\n四五六", quotes=of(HER)), text_limit=4) == [[(HER, False)]] * 2


def test_what_is_said_in_one_breath_shows_the_words_of_both() -> None:
    (one,) = joined([Part("一", quotes=of(HER)), Part("二", quotes=of(HIM))])
    assert one.quotes == of(HER, HIM)
