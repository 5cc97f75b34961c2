"""What the AI bot is told becomes a Message; whatever is strange is set aside or counted, and nothing is lost twice."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels import File, Message
from bot.channels.wecom_bot_marks import Marks
from bot.channels.wecom_bot_media import unpack
from bot.channels.wecom_bot_parse import DONE, envelope, files_of, parse
from bot.channels.wecom_frames import BadFrame, Frame, push, read, write

LI = "LiLaoshi"


def said(kind: str, content, **more):
    """Write the body of a message."""
    return {
        "msgid": "m-0001", "create_time": 1760000002, "aibotid": "BOT1", "chattype": "single",
        "from": {"userid": LI}, "msgtype": kind, kind: content,
    } | more  # fmt: skip


def happened(kind: str, **details):
    """Write the body of an event."""
    event = {"eventtype": kind, kind: details} if details else {"eventtype": kind}
    return said("event", event, msgid="e-0001")


def message(kind: str, **parts) -> Message:
    at = datetime.fromtimestamp(1760000002, UTC)
    return Message(**({"kind": kind, "address": LI, "message_id": "m-0001", "sent_at": at} | parts))


MEDIUM = {"url": "https://files.example/a?x=1&y=2", "aeskey": "abc"}
TEXT = {"msgtype": "text", "text": {"content": "板书"}}
IMAGE = {"msgtype": "image", "image": MEDIUM}
PHOTO = File("photo", "abc https://files.example/a?x=1&y=2")
MESSAGES = {
    "words": (said("text", {"content": "帮助"}), message("text", text="帮助")),
    "words with control characters": (said("text", {"content": "一\x01\n二"}), message("text", text="一\n二")),
    "a quotation is not what she says": (
        said("text", {"content": "好"}, quote={"msgtype": "text", "text": {"content": "别人的话"}}),
        message("text", text="好"),
    ),
    "voice, already written down": (said("voice", {"content": "今天很好"}), message("text", text="今天很好")),
    "a picture": (said("image", MEDIUM), message("files", files=(PHOTO,))),
    "words and pictures": (
        said("mixed", {"msg_item": [TEXT, IMAGE, IMAGE]}), message("files", text="板书", files=(PHOTO, PHOTO)),
    ),
    "mixed, but only words": (said("mixed", {"msg_item": [TEXT, {"msgtype": "hologram"}]}), message("text", text="板书")),
    "a document": (said("file", MEDIUM), message("files", files=(File("file", PHOTO.file_id),))),
    "a video": (said("video", MEDIUM), message("files", files=(File("video", PHOTO.file_id, mime="video/mp4"),))),
    "a kind of tomorrow": (said("hologram", {}), message("oddity", oddity="unknown")),
    "no time": (said("text", {"content": "好"}, create_time="soon"), message("text", text="好", sent_at=None)),
    "in a group, with the bot's name": (
        said("text", {"content": "@知行\u2005写笔记"}, chattype="group", chatid="wrGROUP"),
        message("text", text="写笔记", address="-wrGROUP", is_group=True, is_called=True),
    ),
    "the chat opened": (happened("enter_chat"), message("start", message_id="e-0001")),
    "a tap": (
        happened("template_card_event", card_type="button_interaction", event_key="1.a.b.c", task_id="t"),
        message("button", button="1.a.b.c", message_id="e-0001"),
    ),
    "a tap on a mark": (
        happened("template_card_event", event_key=DONE, task_id="t"), message("nothing", message_id="e-0001"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), MESSAGES.values(), ids=MESSAGES)
def test_what_is_said_and_done_is_read(body, expected) -> None:
    assert parse(json.loads(json.dumps(body))) == expected


@pytest.mark.parametrize("body", [happened("feedback_event", id="x"), happened("dance"),
                                  {"msgtype": "event", "event": {"eventtype": "dance"}}, {"event": None}], ids=str)  # fmt: skip
def test_what_is_not_for_us_is_nothing(body) -> None:
    assert parse(body).kind == "nothing"


BROKEN = {
    "empty": {},
    "nobody": said("text", {"content": "x"}) | {"from": None},
    "a group without a name": said("text", {"content": "x"}, chattype="group"),
    "no words": said("text", {}),
    "words that are a number": said("text", {"content": 5}),
    "no key": said("image", {"url": "https://x"}),
    "mixed without items": said("mixed", {"msg_item": "x"}),
    "a tap on nothing": happened("template_card_event", task_id="t"),
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_what_is_broken_raises_and_still_has_an_envelope(body) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse(body)
    assert files_of(body) == ()
    kept = envelope(Frame("aibot_msg_callback", "cb-1", body))
    assert kept.platform_id and kept.sender


NAMES = ("msgid", "msgtype", "chattype", "chatid", "from", "userid", "text", "content", "image", "url", "aeskey", "mixed",
         "msg_item", "event", "eventtype", "template_card_event", "event_key", "task_id", "create_time", "voice")  # fmt: skip
WORDS = (
    "text",
    "image",
    "mixed",
    "voice",
    "event",
    "single",
    "group",
    "enter_chat",
    "template_card_event",
    "done",
    "",
    "课",
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=8))
def test_whatever_stands_in_a_body_it_is_read_or_set_aside(body) -> None:
    for cmd in ("aibot_msg_callback", "aibot_event_callback"):
        frame = Frame(cmd, "cb-1", body)
        assert envelope(frame).platform_id
        if frame.event == "template_card_event":
            Marks("已收到").update(body)
    try:
        message = parse(body)
    except ValueError:
        return
    assert message.kind in ("text", "button", "files", "start", "oddity", "nothing")


class TestEnvelopes:
    def test_the_same_message_has_the_same_key_and_the_chat_for_order(self) -> None:
        one = envelope(Frame("aibot_msg_callback", "cb-1", said("text", {"content": "一"})))
        two = envelope(Frame("aibot_msg_callback", "cb-2", said("text", {"content": "一"})))
        assert (one.platform_id, one.sender) == (two.platform_id, two.sender) == ("message:m-0001", LI)

    def test_two_things_without_an_id_are_two(self) -> None:
        bodies = ({"msgtype": "text", "text": {"content": words}} for words in "一二")
        keys = {envelope(Frame("aibot_msg_callback", "cb", body)).platform_id for body in bodies}
        assert len(keys) == 2

    def test_an_opened_chat_is_told_once_in_all(self) -> None:
        days = [happened("enter_chat") | {"msgid": f"e-{day}"} for day in range(3)]
        assert {envelope(Frame("aibot_event_callback", "x", body)).platform_id for body in days} == {
            f"entered:{LI.casefold()}"
        }


class TestFrames:
    def test_raw_control_characters_are_read(self) -> None:
        raw = '{"cmd":"aibot_msg_callback","headers":{"req_id":"c"},"body":{"text":{"content":"一\x01\n二"}}}'
        assert read(raw).body["text"]["content"] == "一\x01\n二"

    def test_what_we_write_is_read_by_anybody(self) -> None:
        frame = json.loads(write("ping", "p"))
        assert frame == {"cmd": "ping", "headers": {"req_id": "p"}}
        assert json.loads(write("x", "y", {"content": "课\ud800"}))["body"]["content"] == "课?"

    @pytest.mark.parametrize("raw", ['{"errcode":"0","headers":{"req_id":"x"}}', '{"errcode":true,"headers":{"req_id":"x"}}',
                                     '{"errcode":0}', '"x"', "null"], ids=str)  # fmt: skip
    def test_what_is_no_frame_is_said_to_be_none(self, raw) -> None:
        with pytest.raises(BadFrame):
            read(raw)

    @pytest.mark.parametrize(("chat", "chatid", "kind"), [(LI, LI, 1), ("-wrG", "wrG", 2)])
    def test_a_push_always_says_what_kind_of_chat_it_is_for(self, chat, chatid, kind) -> None:
        assert push(chat, {"msgtype": "x"}) == {"chatid": chatid, "chat_type": kind, "msgtype": "x"}

    def test_a_file_is_named_by_its_key_and_address(self) -> None:
        assert unpack(PHOTO.file_id) == (MEDIUM["url"], MEDIUM["aeskey"])
