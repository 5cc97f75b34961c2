"""The XML of callbacks: what the platform writes is read, and what an attacker writes is refused without harm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.wecom_xml import LIMIT, BadXml, read_inner, read_outer

BILLION_LAUGHS = (
    '<!DOCTYPE xml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
    "<xml><Encrypt>&c;</Encrypt></xml>"
)
EXTERNAL = '<!DOCTYPE xml [<!ENTITY x SYSTEM "file:///etc/passwd">]><xml><Encrypt>&x;</Encrypt></xml>'


def test_the_outer_document_is_read() -> None:
    read = read_outer(b"<xml><ToUserName><![CDATA[ww1]]></ToUserName><AgentID>7</AgentID><Encrypt>QQ==</Encrypt></xml>")
    assert read == {"ToUserName": "ww1", "AgentID": "7", "Encrypt": "QQ=="}


def test_choices_are_lists_even_when_there_is_one() -> None:
    one = "<SelectedItem><QuestionKey>mood</QuestionKey><OptionIds><OptionId>a</OptionId></OptionIds></SelectedItem>"
    two = "<SelectedItem><QuestionKey>m</QuestionKey><OptionIds><OptionId>a</OptionId><OptionId>c</OptionId></OptionIds></SelectedItem>"
    single = read_inner(f"<xml><SelectedItems>{one}</SelectedItems></xml>")
    assert single["SelectedItems"] == {"SelectedItem": [{"QuestionKey": "mood", "OptionIds": {"OptionId": ["a"]}}]}
    several = read_inner(f"<xml><SelectedItems>{one}{two}</SelectedItems></xml>")
    assert [item["OptionIds"]["OptionId"] for item in several["SelectedItems"]["SelectedItem"]] == [["a"], ["a", "c"]]


@pytest.mark.parametrize(
    "document",
    [
        BILLION_LAUGHS.encode(),
        EXTERNAL.encode(),
        b"<!DOCTYPE xml><xml><Encrypt>QQ==</Encrypt></xml>",
        b'<!DOCTYPE xml SYSTEM "http://127.0.0.1:9/x.dtd"><xml><Encrypt>QQ==</Encrypt></xml>',
        b"<xml><Encrypt>&undefined;</Encrypt></xml>",
        b"",
        b"{}",
        b"<xml>",
        b"<xml>only words</xml>",
        b"<xml><Encrypt>\xff\xfe</Encrypt></xml>",
        b"<xml><Encrypt>\x00</Encrypt></xml>",
        '<?xml version="1.0" encoding="utf-16"?><xml><a>b</a>'.encode("utf-16"),
        b"<xml>" + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</xml>",
        b"<xml><Encrypt>" + b"A" * LIMIT + b"</Encrypt></xml>",
    ],
    ids=["billion laughs", "external entity", "bare DTD", "remote DTD", "unknown entity", "nothing", "JSON", "unclosed",
         "no elements", "no UTF-8", "a zero byte", "UTF-16", "nested a hundred thousand deep", "too large"],
)  # fmt: skip
def test_what_must_not_be_read_is_refused(document: bytes) -> None:
    with pytest.raises(BadXml):
        read_outer(document)


def test_control_characters_of_a_phone_do_not_cost_the_message() -> None:
    assert read_inner("<xml><Content><![CDATA[一\x00\x01\x0b二\ufffe]]></Content></xml>") == {"Content": "一二"}


def test_the_end_of_a_section_inside_words_survives() -> None:
    assert read_inner("<xml><Content>a[b]]&gt;c &lt;/Content&gt;</Content></xml>")["Content"] == "a[b]]>c </Content>"


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda t: f"<xml>{t}</xml>".encode())))
def test_nothing_but_a_document_or_a_refusal_comes_out(content: bytes) -> None:
    try:
        assert isinstance(read_outer(content), dict)
    except BadXml:
        return
