"""Raw updates of Telegram, continued: what is not for us, envelopes, and taps."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels import Message
from bot.channels.telegram_parse import envelope, parse, tap_id, update_id
from tests.channels.test_telegram_parse import (
    EDITS,
    FILES,
    NOTHING,
    ODDITIES,
    REACH,
    SENT,
    TAPS,
    WORDS,
    raw,
    tap,
    update,
)


@pytest.mark.parametrize(("body", "expected"), [*WORDS, *FILES, *ODDITIES, *EDITS, *TAPS, *REACH, *NOTHING])
def test_an_update_is_read(body: dict[str, Any], expected: Message) -> None:
    before = copy.deepcopy(body)
    assert parse(body) == expected
    assert body == before, "reading changed the update"


@pytest.mark.parametrize(("body", "expected"), [*WORDS, *FILES, *ODDITIES, *EDITS, *TAPS, *REACH, *NOTHING])
def test_the_envelope_names_the_same_chat(body: dict[str, Any], expected: Message) -> None:
    kept = envelope(body)
    assert (kept.platform_id, kept.sender, kept.body) == (str(body["update_id"]), expected.address, body)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            {"update_id": 1, "message": {"message_id": 1, "date": SENT, "chat": {"id": 501}}}, id="no chat type"
        ),
        pytest.param({"message": raw(text="ok")}, id="no number"),
        pytest.param(update(text=5), id="a text that is none"),
        pytest.param({"update_id": 1, "message": "words"}, id="a message that is none"),
        pytest.param({"update_id": 1, "callback_query": {"id": "1", "data": "x"}}, id="a tap of nobody"),
        pytest.param({"unreadable": [1]}, id="not even an object"),
    ],
)
def test_poison_raises_when_read_but_fits_into_an_envelope(body: dict[str, Any]) -> None:
    with pytest.raises((TypeError, KeyError, AttributeError, ValueError)):
        parse(body)
    assert envelope(body).body == body


@pytest.mark.parametrize(
    ("given_update", "sender"),
    [
        pytest.param({"update_id": 1, "message": {"chat": {"id": 501}}}, "501", id="a chat without its type"),
        pytest.param({"update_id": 1, "message": {"chat": {"id": "501"}}}, "?", id="a chat whose id is words"),
        pytest.param({"update_id": 1, "message": {"chat": 501}}, "?", id="a chat that is a number"),
        pytest.param({"update_id": 1, "message": {"chat": {}, "from": {"id": 7}}}, "7", id="only the person"),
        pytest.param({"update_id": 1, "callback_query": {"message": 3, "from": {"id": 7}}}, "7", id="a tap on nothing"),
        pytest.param({"update_id": 1, "message": None}, "?", id="no message"),
        pytest.param({"update_id": 1, "message": {"chat": {"id": True}}}, "?", id="a chat whose id is a truth"),
    ],
)
def test_the_chat_is_found_leniently(given_update: dict[str, Any], sender: str) -> None:
    assert envelope(given_update).sender == sender


@pytest.mark.parametrize("odd", [None, 5, "words", [1, 2], {"message": raw(text="ok")}, {"update_id": "1"}])
def test_an_update_without_a_number_gets_a_key_of_its_own_and_keeps_it(odd: Any) -> None:
    assert update_id(odd) is None
    assert envelope(odd).platform_id == envelope(copy.deepcopy(odd)).platform_id
    assert envelope(odd).platform_id != envelope([odd]).platform_id


def test_half_an_emoji_is_mended_so_that_it_can_be_stored() -> None:
    body = json.loads('{"update_id": 1, "message": {"text": "好\\ud83d", "chat": {"id": 5}}}')
    kept = envelope(body)
    assert kept.body["message"]["text"] == "好?"
    assert (kept.platform_id, kept.sender) == ("1", "5")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(tap(), "4382bfdwdsb323b2d9", id="a tap"),
        pytest.param(update(text="ok"), None, id="words"),
        pytest.param({"callback_query": {"id": 5}}, None, id="a tap whose id is no text"),
        pytest.param({"callback_query": "x"}, None, id="a tap that is none"),
        pytest.param("x", None, id="no update"),
    ],
)
def test_the_id_of_a_tap(body: Any, expected: str | None) -> None:
    assert tap_id(body) == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["update_id", "message", "chat", "from", "id", "callback_query"]), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=60)
@given(JSON)
def test_any_json_fits_into_an_envelope_that_can_be_written(found: Any) -> None:
    kept = envelope(found)
    assert json.dumps(kept.body, ensure_ascii=False).encode()
    assert kept.platform_id and kept.sender
