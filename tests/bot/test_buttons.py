"""Buttons fit their platform, come back as they were, and cannot be forged."""

import string
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.answers import Moment
from bot.buttons import ANSWER, CARD, LONGEST, LONGEST_OPTION, OPEN, RUN, Forged, Pressed, Signer, code_of
from bot.conversation import Answers, Conversation
from bot.point import offer_key
from handlers import HANDLERS
from tests.bot.toy import NOW

SIGNER = Signer(b"a secret of the tests")
ROW = UUID("0198f0a2-7f3a-7c11-8d2e-3a5b6c7d8e9f")
HERE = "fake:lin"

options = st.text(string.ascii_letters + string.digits + "_-/", min_size=1, max_size=LONGEST_OPTION)
rows = st.uuids() | st.none()


@given(verb=st.sampled_from([ANSWER, OPEN, CARD, RUN]), row=rows, name=st.text(), option=options, address=st.text())
def test_what_was_signed_comes_back_and_fits(verb, row, name, option, address):
    data = SIGNER.data(address, verb, row, name, option)
    expected_row = None if row == UUID(int=0) else row
    assert SIGNER.read(address, data) == Pressed(verb, expected_row, code_of(name), option)
    assert len(data.encode()) <= LONGEST


def test_a_button_has_the_promised_form():
    version, verb, row, code, option, mac = SIGNER.data(HERE, ANSWER, ROW, "mood", "good").split(".")
    assert (version, verb, option) == ("1", "a", "good")
    assert (len(row), len(code), len(mac)) == (22, 4, 10)


@pytest.mark.parametrize(
    "option",
    [
        pytest.param("", id="nothing"),
        pytest.param("x" * (LONGEST_OPTION + 1), id="one too long"),
        pytest.param("a.b", id="a dot"),
        pytest.param("好", id="not ASCII"),
    ],
)
def test_an_option_that_could_not_be_read_back_is_our_mistake(option):
    with pytest.raises(ValueError, match="option"):
        SIGNER.data(HERE, ANSWER, ROW, "mood", option)


@given(data=st.data(), row=rows, option=options)
def test_no_altered_data_is_accepted(data, row, option):
    signed = SIGNER.data(HERE, ANSWER, row, "mood", option)
    place = data.draw(st.integers(0, len(signed) - 1))
    other = data.draw(st.characters() | st.sampled_from([*string.ascii_letters, *string.digits, "-", "_", ".", ""]))
    altered = signed[:place] + other + signed[place + 1 :]
    assume(altered != signed)
    with pytest.raises(Forged):
        SIGNER.read(HERE, altered)


@given(
    made_up=st.text()
    | st.text("0123456789abcdefXYZ._-", max_size=LONGEST)
    | st.from_regex(r"1\.[aocm]\..{22}\..{4}\..+\..{10}")
)
def test_no_made_up_data_is_accepted(made_up):
    with pytest.raises(Forged):
        SIGNER.read(HERE, made_up)


@given(parts=st.permutations(SIGNER.data(HERE, ANSWER, ROW, "mood", "good").split(".")[1:5]))
def test_no_shuffled_data_is_accepted(parts):
    version, *middle, mac = SIGNER.data(HERE, ANSWER, ROW, "mood", "good").split(".")
    assume(parts != middle)
    with pytest.raises(Forged):
        SIGNER.read(HERE, ".".join([version, *parts, mac]))


@pytest.mark.parametrize(
    ("signer", "address"),
    [
        pytest.param(SIGNER, "fake:chen", id="somebody else's button"),
        pytest.param(SIGNER, "other:lin", id="a button of another channel"),
        pytest.param(Signer(b"another school"), HERE, id="a button of another school"),
    ],
)
def test_a_button_works_at_its_own_address_only(signer, address):
    data = SIGNER.data(HERE, ANSWER, ROW, "mood", "good")
    with pytest.raises(Forged):
        signer.read(address, data)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("", id="nothing"),
        pytest.param("hello", id="no dots"),
        pytest.param("......", id="only dots"),
        pytest.param("2.a.AAAAAAAAAAAAAAAAAAAAAA.abcd.good.0123456789", id="another version"),
        pytest.param("1.a.AAAAAAAAAAAAAAAAAAAAAA.abcd.\ud800.0123456789", id="half a surrogate pair in the option"),
        pytest.param("1.a.AAAAAAAAAAAAAAAAAAAAAA.abcd.good.\ud800", id="half a surrogate pair in the MAC"),
        pytest.param("x" * 100_000, id="far too long"),
    ],
)
def test_odd_data_is_forged_and_no_fault(data):
    with pytest.raises(Forged):
        SIGNER.read(HERE, data)


def _shown_options() -> list[tuple[str, str]]:
    """List every fixed option of every question with its question; quick days and lessons too."""
    moment = Moment(NOW, "Asia/Shanghai")
    found = []
    for handler in HANDLERS:
        for question in handler.questions if isinstance(handler, Conversation) else ():
            for key in getattr(question.reader, "keys", ()):
                found.append((f"{handler.name}.{question.name}", key))
            for key, _phrase in getattr(question.reader, "quick", ()):
                found.append((f"{handler.name}.{question.name}", key))
            if hasattr(question.reader, "last"):
                found += [
                    (f"{handler.name}.{question.name}", o.key) for o in question.reader.options(Answers(), moment)
                ]
            found += [(f"{handler.name}.{question.name}", f"_r{code_of(name)}") for name in question.revises]
    return found


def _taps() -> list[tuple[str, str]]:
    return [(handler.name, option) for handler in HANDLERS for option in handler.taps]


@pytest.mark.parametrize(("name", "option"), [*_shown_options(), *_taps()])
def test_every_button_of_the_house_fits(name, option):
    data = SIGNER.data("telegram:-1001234567890", ANSWER, ROW, name.partition(".")[2] or name, option)
    assert len(data.encode()) <= LONGEST


@pytest.mark.parametrize("value", ["2026-09-30", {"day": "2026-09-30", "period": 3}, 7, "很长的字" * 500])
def test_every_offer_fits(value):
    assert len(SIGNER.data(HERE, ANSWER, ROW, "try_on", offer_key(value)).encode()) <= LONGEST


def test_no_two_handlers_and_no_two_questions_of_one_share_a_code():
    names = [handler.name for handler in HANDLERS]
    assert len({code_of(name) for name in [*names, "engine"]}) == len(set(names)) + 1
    for handler in HANDLERS:
        asked = [question.name for question in getattr(handler, "questions", ())]
        assert len({code_of(name) for name in asked}) == len(asked), handler.name
