"""Raw updates as Telegram sends them in, the Message or Envelope we read from them out."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.channels import File, Message

SENT = 1_790_600_400  # Unix seconds
SENT_AT = datetime.fromtimestamp(SENT, UTC)
TEACHER = {
    "id": 501,
    "is_bot": False,
    "first_name": "林",
    "last_name": "小满",
    "username": "lin",
    "language_code": "zh-hans",
}
BOT = {"id": 100000001, "is_bot": True, "first_name": "知行", "username": "zhixing_test_bot"}
PRIVATE = {"id": 501, "first_name": "林", "last_name": "小满", "username": "lin", "type": "private"}
GROUP = {"id": -1001, "title": "语文教研组", "type": "supergroup"}
CHANNEL = {"id": -1002, "title": "学校通知", "type": "channel"}
MB = 1_000_000
RIGHTS = """can_be_edited is_anonymous can_manage_chat can_delete_messages can_manage_video_chats can_restrict_members
can_promote_members can_change_info can_invite_users can_post_stories can_edit_stories can_delete_stories"""


def raw(**fields: Any) -> dict[str, Any]:
    """Give a message of the teacher in her private chat, with other fields where given."""
    message = {"message_id": 77, "from": TEACHER, "chat": PRIVATE, "date": SENT} | fields
    return {name: value for name, value in message.items() if value is not None}


def update(kind: str = "message", **fields: Any) -> dict[str, Any]:
    return {"update_id": 700_000_001, kind: raw(**fields)}


def size(name: str, width: int, height: int, of: int | None) -> dict[str, Any]:
    told = {} if of is None else {"file_size": of}
    return {"file_id": name, "file_unique_id": f"u-{name}", "width": width, "height": height} | told


def medium(name: str, **fields: Any) -> dict[str, Any]:
    return {"file_id": name, "file_unique_id": f"u-{name}", "file_size": 2048} | fields


def read(kind: str, **fields: Any) -> Message:
    """Give the Message of the teacher's private chat, with other fields where given."""
    usual = {"address": "501", "message_id": "77", "language": "zh_Hans", "sent_at": SENT_AT}
    return Message(kind=kind, **(usual | fields))


def tap(**fields: Any) -> dict[str, Any]:
    query = {"id": "4382bfdwdsb323b2d9", "from": TEACHER, "chat_instance": "-3", "data": "v1:abc"} | fields
    return {"update_id": 700_000_002, "callback_query": {name: v for name, v in query.items() if v is not None}}


def membership(status: str, chat: dict[str, Any] = PRIVATE) -> dict[str, Any]:
    rights = dict.fromkeys(RIGHTS.split(), True)
    extra = {"kicked": {"until_date": 0}, "administrator": rights}.get(status, {})
    change = {
        "chat": chat, "from": TEACHER, "date": SENT, "old_chat_member": {"user": BOT, "status": "left"},
        "new_chat_member": {"user": BOT, "status": status} | extra,
    }  # fmt: skip
    return {"update_id": 700_000_003, "my_chat_member": change}


SMALL, LARGE = size("small", 90, 67, 1500), size("large", 1280, 960, 180_000)
BOARD = File("photo", "large", "", 180_000, "image/jpeg")
COMMAND = [{"type": "bot_command", "offset": 0, "length": 6}]
STICKER = medium("s", type="regular", width=512, height=512, is_animated=False, is_video=False, emoji="👍")
PLACE = {"latitude": 30.25, "longitude": 120.17}
GIF = medium("g", width=320, height=240, duration=2)
POLL = {
    "id": "1", "question": "?", "options": [], "total_voter_count": 0, "is_closed": False, "is_anonymous": True,
    "type": "regular", "allows_multiple_answers": False, "allows_revoting": True, "members_only": False,
}  # fmt: skip

WORDS = [
    pytest.param(update(text="今天的分组讨论很热闹"), read("text", text="今天的分组讨论很热闹"), id="words"),
    pytest.param(
        update(text="a\u202eb\x07\r\nc\u2066"), read("text", text="ab\nc"), id="words lose what must not stand in them"
    ),
    pytest.param(update(text="\u2066\x07"), read("text", text=""), id="nothing left is still a text"),
    pytest.param(
        update(text="ok", **{"from": TEACHER | {"language_code": "zh-TW"}}),
        read("text", text="ok", language="zh_Hant"),
        id="a client in traditional Chinese",
    ),
    pytest.param(
        update(text="ok", **{"from": TEACHER | {"language_code": "en-GB"}}),
        read("text", text="ok", language="en"),
        id="a client in English",
    ),
    pytest.param(
        update(text="ok", **{"from": TEACHER | {"language_code": "de"}}),
        read("text", text="ok", language=None),
        id="a client in a language we do not speak",
    ),
    pytest.param(
        update(text="ok", **{"from": {"id": 501, "is_bot": False, "first_name": "林"}}),
        read("text", text="ok", language=None),
        id="a client that tells no language",
    ),
    pytest.param(
        update(text="/start", entities=COMMAND), read("start", text=""), id="Start without a payload is a start"
    ),
    pytest.param(update(text="/start  K7P2XM \n"), read("start", text="K7P2XM"), id="Start with an invitation"),
    pytest.param(update(text="/start@zhixing_test_bot K7"), read("start", text="K7"), id="Start with the bot's name"),
    pytest.param(update(text="/started"), read("text", text="/started"), id="a word that begins like Start"),
    pytest.param(
        update(text="/note@zhixing_test_bot 板书"), read("text", text="/note 板书"), id="a command with the bot's name"
    ),
    pytest.param(update(text="写给 a@b.c"), read("text", text="写给 a@b.c"), id="an address inside words"),
    pytest.param(
        update(text="@all 明天交", chat=GROUP),
        read("text", text="@all 明天交", address="-1001", is_group=True),
        id="words in a group",
    ),
    pytest.param(
        update(text="/start K7", chat=GROUP | {"type": "group"}),
        read("text", text="/start K7", address="-1001", is_group=True),
        id="Start in a group stays words",
    ),
    pytest.param(
        update(text="转发的话", forward_origin={"type": "hidden_user", "date": 1, "sender_user_name": "某"}),
        read("text", text="转发的话"),
        id="forwarded words",
    ),
    pytest.param(
        update(text="对的", reply_to_message=raw(text="明天记得", **{"from": BOT})),
        read("text", text="对的"),
        id="a reply is its own words",
    ),
    pytest.param(update(text="新", something_new={"a": 1}), read("text", text="新"), id="words with an unknown field"),
]

FILES = [
    pytest.param(update(photo=[SMALL, LARGE]), read("files", files=(BOARD,)), id="a photo in its largest size"),
    pytest.param(
        update(photo=[LARGE, SMALL], caption="板书\x07", media_group_id="9"),
        read("files", files=(BOARD,), text="板书"),
        id="a piece of an album with the caption",
    ),
    pytest.param(
        update(photo=[SMALL, LARGE | {"file_size": 20 * MB + 1}]),
        read("files", files=(File("photo", "small", "", 1500, "image/jpeg"),)),
        id="a size too large to fetch is passed over",
    ),
    pytest.param(
        update(photo=[LARGE | {"file_size": 30 * MB}, SMALL | {"file_size": 25 * MB}]),
        read("files", files=(File("photo", "small", "", 25 * MB, "image/jpeg"),)),
        id="all sizes too large: the smallest, for the engine to refuse",
    ),
    pytest.param(
        update(photo=[size("a", 10, 10, None)]),
        read("files", files=(File("photo", "a", "", None, "image/jpeg"),)),
        id="a photo of untold size",
    ),
    pytest.param(
        update(live_photo=medium("film", width=1, height=1, duration=3, photo=[SMALL, LARGE])),
        read("files", files=(BOARD,)),
        id="a live photo is a photo",
    ),
    pytest.param(
        update(live_photo=medium("film", width=1, height=1, duration=3, mime_type="video/mp4")),
        read("files", files=(File("video", "film", "", 2048, "video/mp4"),)),
        id="a live photo without its photo is a film",
    ),
    pytest.param(
        update(voice=medium("v", duration=3, mime_type="audio/ogg")),
        read("files", files=(File("voice", "v", "", 2048, "audio/ogg"),)),
        id="a voice message",
    ),
    pytest.param(
        update(audio=medium("a", duration=60, file_name="评课.m4a", mime_type="audio/mp4")),
        read("files", files=(File("voice", "a", "评课.m4a", 2048, "audio/mp4"),)),
        id="a recording sent as music",
    ),
    pytest.param(
        update(video=medium("m", width=1, height=1, duration=3)),
        read("files", files=(File("video", "m", "", 2048, ""),)),
        id="a video",
    ),
    pytest.param(
        update(video_note=medium("n", length=240, duration=3)),
        read("files", files=(File("video", "n", "", 2048, ""),)),
        id="a round video",
    ),
    pytest.param(
        update(document=medium("d", file_name="教案\u202e\n三.docx", mime_type="application/msword"), caption="请看"),
        read("files", text="请看", files=(File("file", "d", "教案 三.docx", 2048, "application/msword"),)),
        id="a document with a name",
    ),
    pytest.param(
        update(document={"file_id": "d", "file_unique_id": "u", "file_name": "x" * 200 + ".pdf"}),
        read("files", files=(File("file", "d", "x" * 116 + ".pdf", None, ""),)),
        id="a long name keeps its suffix",
    ),
    pytest.param(
        update(photo=[LARGE], chat=GROUP),
        read("files", files=(BOARD,), address="-1001", is_group=True),
        id="a photo in a group",
    ),
]

ODDITIES = [
    pytest.param(update(sticker=STICKER), read("oddity", oddity="sticker"), id="a sticker"),
    pytest.param(
        update(animation=GIF, document=GIF), read("oddity", oddity="animation"), id="a GIF, though it has a document"
    ),
    pytest.param(update(location=PLACE), read("oddity", oddity="location"), id="a place"),
    pytest.param(
        update(venue={"location": PLACE, "title": "学校", "address": "路"}, location=PLACE),
        read("oddity", oddity="venue"),
        id="a venue, though it has a place",
    ),
    pytest.param(
        update(contact={"phone_number": "+8600000000000", "first_name": "师"}),
        read("oddity", oddity="contact"),
        id="a contact card",
    ),
    pytest.param(update(poll=POLL), read("oddity", oddity="poll"), id="a poll"),
    pytest.param(update(dice={"emoji": "🎲", "value": 3}), read("oddity", oddity="dice"), id="a dice"),
    pytest.param(update(story={"chat": CHANNEL, "id": 5}), read("oddity", oddity="story"), id="a story"),
    pytest.param(
        update(rich_message={"blocks": []}), read("oddity", oddity="unknown"), id="what Telegram invented since"
    ),
]

EDITS = [
    pytest.param(
        update("edited_message", text="改过的话", edit_date=SENT + 9), read("edit", text="改过的话"), id="edited words"
    ),
    pytest.param(
        update("edited_message", text="/start K7", edit_date=SENT + 9),
        read("edit", text="/start K7"),
        id="an edit into Start starts nothing",
    ),
    pytest.param(
        update("edited_message", photo=[LARGE], caption="新说明", edit_date=SENT + 9),
        read("edit", text="新说明", files=(BOARD,)),
        id="an edited caption",
    ),
    pytest.param(
        update("edited_message", location=PLACE, edit_date=SENT + 9), read("nothing"), id="a place that moves along"
    ),
    pytest.param(
        update("edited_message", text="改", chat=GROUP),
        read("edit", text="改", address="-1001", is_group=True),
        id="an edit in a group",
    ),
]

TAPS = [
    pytest.param(
        tap(message=raw(message_id=80, text="哪一天？", **{"from": BOT})),
        read("button", message_id="80", button="v1:abc", sent_at=None),
        id="a tap",
    ),
    pytest.param(
        tap(message={"chat": PRIVATE, "message_id": 80, "date": 0}),
        read("button", message_id="80", button="v1:abc", sent_at=None),
        id="a tap on a message too old to show",
    ),
    pytest.param(
        tap(inline_message_id="i1"),
        read("button", message_id="", button="v1:abc", sent_at=None),
        id="a tap without a message: the person's chat",
    ),
    pytest.param(
        tap(message=raw(message_id=80, chat=GROUP, text="?", **{"from": BOT})),
        read("button", address="-1001", message_id="80", button="v1:abc", is_group=True, sent_at=None),
        id="a tap in a group",
    ),
    pytest.param(
        tap(message=raw(message_id=80, text="?", **{"from": BOT}), data=None, game_short_name="g"),
        read("nothing", message_id="80", sent_at=None),
        id="a tap on a game",
    ),
    pytest.param(
        tap(message=raw(message_id=80, text="?", **{"from": BOT}), data="'; DROP TABLE\x00"),
        read("button", message_id="80", button="'; DROP TABLE\x00", sent_at=None),
        id="forged data is passed on for the signature to refuse",
    ),
]

REACH = [
    pytest.param(membership("kicked"), read("blocked", message_id=""), id="blocked"),
    pytest.param(membership("member"), read("unblocked", message_id=""), id="unblocked"),
    pytest.param(
        membership("left", GROUP),
        read("blocked", message_id="", address="-1001", is_group=True),
        id="thrown out of a group",
    ),
    pytest.param(
        membership("administrator", GROUP),
        read("unblocked", message_id="", address="-1001", is_group=True),
        id="made to look after a group",
    ),
    pytest.param(
        membership("kicked", CHANNEL),
        read("nothing", message_id="", address="-1002", is_group=True),
        id="a channel does not matter",
    ),
]

NOTHING = [
    pytest.param(
        update(text="我是机器", **{"from": BOT}), read("nothing", language=None), id="what a bot says, ours too"
    ),
    pytest.param(
        update(text="公告", chat=CHANNEL, **{"from": None}),
        read("nothing", address="-1002", is_group=True, language=None),
        id="a message of nobody",
    ),
    pytest.param(
        update(text="公告", chat=CHANNEL), read("nothing", address="-1002", is_group=True), id="words in a channel"
    ),
    pytest.param(
        update(chat=GROUP, migrate_to_chat_id=-1009),
        read("nothing", address="-1001", is_group=True),
        id="a group that moves away",
    ),
    pytest.param(
        update(chat=GROUP, migrate_from_chat_id=-1009),
        read("nothing", address="-1001", is_group=True),
        id="a group that moved here",
    ),
    pytest.param(
        update(chat=GROUP, new_chat_members=[TEACHER]),
        read("nothing", address="-1001", is_group=True),
        id="somebody joins a group",
    ),
    pytest.param(update(pinned_message=raw(text="记得")), read("nothing"), id="something is pinned"),
    pytest.param(
        {"update_id": 5, "channel_post": {"message_id": 1, "date": SENT, "chat": CHANNEL, "text": "通知"}},
        Message("nothing", "-1002"),
        id="a channel's post",
    ),
    pytest.param(
        {"update_id": 5, "business_message": raw(text="生意", business_connection_id="b")},
        Message("nothing", "501"),
        id="a business message",
    ),
    pytest.param(
        {"update_id": 5, "hologram": {"from": {"id": 501}}}, Message("nothing", "501"), id="a kind yet to be invented"
    ),
    pytest.param({"update_id": 5}, Message("nothing", "?"), id="an empty update"),
]
