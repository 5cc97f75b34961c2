"""Whatever anybody posts, and whatever WeCom may come to send: a refusal, an envelope or a message, never a fault."""

from datetime import UTC, datetime
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels import Message
from bot.channels.wecom_callback import Door, TurnedAway
from bot.channels.wecom_parse import envelope, parse
from tests.fakes.wecom_caller import callback, document, query_of, seal
from tests.fakes.wecom_world import AES_KEY, AGENT, CORP, TOKEN

NOW = datetime(2026, 9, 28, 12, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
NAMES = st.sampled_from(
    ["ToUserName", "FromUserName", "CreateTime", "MsgType", "Event", "EventKey", "MsgId", "AgentID", "AgentId", "Content",
     "MediaId", "TaskId", "ResponseCode", "SelectedItems"]
)  # fmt: skip
WORDS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        [CORP, str(AGENT), "text", "image", "event", "click", "template_card_event", "enter_agent", "1760000000"]
    ),
)
PARTS = st.recursive(
    WORDS, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=4))
)
BODIES = st.dictionaries(NAMES, PARTS, max_size=8)
QUERIES = st.dictionaries(st.sampled_from(["msg_signature", "timestamp", "nonce", "echostr"]), st.text(max_size=60))


@cache
def door() -> Door:
    return Door(CORP, AGENT, TOKEN, AES_KEY, 600)


def opened(query: dict[str, str], body: bytes) -> str:
    """Post to the door; return what became of it."""
    try:
        return door().take(query, body, NOW).platform_id
    except TurnedAway as error:
        return error.reason


@given(QUERIES, st.one_of(st.binary(max_size=400), st.text(max_size=400).map(str.encode)))
def test_a_strangers_post_is_turned_away(query, body) -> None:
    assert opened(query, body) in ("xml", "signature")


@given(QUERIES)
def test_a_strangers_question_is_turned_away(query) -> None:
    with pytest.raises(TurnedAway, match="signature"):
        door().echo(query)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_whatever_is_genuinely_sealed_gets_an_envelope_or_a_reason(text) -> None:
    assert opened(*callback(text, AT)).partition(":")[0] in ("unreadable", "event", "agent", "receiver")


@given(st.binary(min_size=1, max_size=200))
def test_what_is_signed_but_no_cipher_is_turned_away(noise) -> None:
    sealed = noise.hex()
    body = document({"Encrypt": sealed}).encode()
    assert opened(query_of(sealed, AT), body) in ("cipher", "padding", "length", "receiver", "text")


@given(BODIES)
def test_any_document_has_an_envelope_and_is_read_or_raises_as_the_inbox_expects(body) -> None:
    kept = envelope(body)
    assert kept.platform_id and kept.sender
    try:
        message = parse(kept.body)
    except ValueError:
        return
    assert isinstance(message, Message)
    assert message.kind in ("text", "button", "files", "start", "oddity", "blocked", "nothing")


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=200))
def test_words_come_through_as_they_were_typed(words) -> None:
    parts = {
        "ToUserName": CORP,
        "FromUserName": "Zhang",
        "CreateTime": AT,
        "MsgType": "text",
        "Content": words,
        "MsgId": 7,
    }
    sealed = seal(document(parts))
    found = door().take(query_of(sealed, AT), document({"Encrypt": sealed}).encode(), NOW)
    allowed = "".join(one for one in words if one not in "\ufffe\uffff")
    assert found.body["Content"] == allowed
