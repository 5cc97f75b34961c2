"""The fake Telegram takes and refuses messages as the real one does."""

import pytest
from telegram import Bot, ReplyParameters
from telegram.error import BadRequest, ChatMigrated, Forbidden

from tests.fakes.conftest import GROUP, TEACHER, choices
from tests.fakes.telegram_server import FakeTelegram

pytestmark = [
    pytest.mark.asyncio,
    pytest.mark.filterwarnings("ignore:Please use:telegram.warnings.PTBUserWarning"),
    pytest.mark.filterwarnings("ignore:Deprecated since version v22.2"),
]


async def test_a_sent_message_keeps_what_was_written_and_what_is_shown(server: FakeTelegram, bot: Bot) -> None:
    html = "<b>周五</b>：&lt;听课&gt;&#39;"
    sent = await bot.send_message(TEACHER, html, parse_mode="HTML", reply_markup=choices(("好", "v1:ok")))
    kept = server.last(TEACHER)
    assert (sent.text, sent.entities[0].type) == ("周五：<听课>'", "bold")
    assert (kept.message_id, kept.method, kept.text, kept.html) == (
        sent.message_id,
        "sendMessage",
        "周五：<听课>'",
        html,
    )
    assert kept.labels == ["好"] and kept.button("v1:ok") is not None


@pytest.mark.parametrize(
    ("text", "mode", "refusal"),
    [
        pytest.param("", None, "message text is empty", id="an empty text"),
        pytest.param("<b> </b>", "HTML", "message text is empty", id="nothing shown between the tags"),
        pytest.param("<b>x", "HTML", "can't find end tag corresponding to start tag", id="an open tag"),
        pytest.param("<i>x</b>", "HTML", "unmatched end tag at byte offset 4", id="crossed tags"),
        pytest.param("三<h1>x</h1>", "HTML", 'unsupported start tag "h1" at byte offset 3', id="an unknown tag"),
        pytest.param("3 < 4", "HTML", 'unsupported start tag "" at byte offset 2', id="a bare less-than"),
        pytest.param("3 <4", "HTML", "unclosed start tag", id="a less-than at the end"),
        pytest.param("x</b>", "HTML", "unexpected end tag", id="an end without a start"),
        pytest.param("字" * 4097, None, "message is too long", id="one sign too many"),
        pytest.param("😀" * 2049, None, "message is too long", id="emoji count twice"),
    ],
)
async def test_refused_texts(server: FakeTelegram, bot: Bot, text: str, mode: str | None, refusal: str) -> None:
    with pytest.raises(BadRequest, match=f"(?i){refusal}"):
        await bot.send_message(TEACHER, text, parse_mode=mode)
    assert server.sent(TEACHER) == []
    assert [call.status for call in server.refused] == [400]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("<b>" + "字" * 4096 + "</b>", "字" * 4096, id="tags do not count"),
        pytest.param("&nbsp;&amp;nbsp;", "&nbsp;&nbsp;", id="other named references stay as written"),
        pytest.param("<blockquote expandable>一\n二</blockquote>\n", "一\n二", id="a folded quotation"),
        pytest.param("a\u202eb\x07c", "ab c", id="overrides and bells are removed"),
    ],
)
async def test_accepted_texts(server: FakeTelegram, bot: Bot, text: str, shown: str) -> None:
    assert (await bot.send_message(TEACHER, text, parse_mode="HTML")).text == shown


@pytest.mark.parametrize("data", ["x" * 65, "字" * 22])
async def test_callback_data_is_counted_in_bytes(server: FakeTelegram, bot: Bot, data: str) -> None:
    with pytest.raises(BadRequest, match="(?i)button_data_invalid"):
        await bot.send_message(TEACHER, "好吗？", reply_markup=choices(("好", data)))


async def test_a_keyboard_has_at_most_a_hundred_buttons(server: FakeTelegram, bot: Bot) -> None:
    await bot.send_message(TEACHER, "选", reply_markup=choices(*[("甲", "a")] * 100))
    with pytest.raises(BadRequest, match="(?i)reply_markup_too_long"):
        await bot.send_message(TEACHER, "选", reply_markup=choices(*[("甲", "a")] * 101))


async def test_who_may_not_be_written_to(server: FakeTelegram, bot: Bot) -> None:
    with pytest.raises(Forbidden, match="initiate conversation"):
        await bot.send_message(999, "你好")
    server.blocks(TEACHER)
    with pytest.raises(Forbidden, match="blocked by the user"):
        await bot.send_message(TEACHER, "你好")
    server.starts(TEACHER)
    assert await bot.send_message(TEACHER, "你好")
    server.says_in_group(GROUP, TEACHER, "大家好")
    server.group_moves(GROUP, -1002)
    with pytest.raises(ChatMigrated):
        await bot.send_message(GROUP, "大家好")


async def test_files_go_both_ways(server: FakeTelegram, bot: Bot) -> None:
    await bot.send_document(TEACHER, b"PK\x03\x04", "<b>表</b>", filename="记录表.docx", parse_mode="HTML")
    await bot.send_photo(TEACHER, b"jpg")
    await bot.send_voice(TEACHER, b"ogg")
    document, photo, voice = server.sent(TEACHER)
    assert (document.document, document.file_name, document.text) == (b"PK\x03\x04", "记录表.docx", "表")
    assert (photo.document, photo.method, voice.method) == (b"jpg", "sendPhoto", "sendVoice")

    server.sends_photo(TEACHER, b"board")
    [update] = await bot.get_updates()
    file = await bot.get_file(update.message.photo[-1].file_id)
    assert bytes(await file.download_as_bytearray()) == b"board"
    assert await bot.send_photo(TEACHER, update.message.photo[-1].file_id)


async def test_a_file_over_twenty_megabytes_cannot_be_fetched(server: FakeTelegram, bot: Bot) -> None:
    server.sends_document(TEACHER, "录像.mp4", b"x", size=20 * 1024 * 1024 + 1)
    [update] = await bot.get_updates()
    with pytest.raises(BadRequest, match="(?i)file is too big"):
        await bot.get_file(update.message.document.file_id)


async def test_editing_and_deleting(server: FakeTelegram, bot: Bot) -> None:
    sent = await bot.send_message(TEACHER, "一", reply_markup=choices(("好", "yes")))
    where = {"chat_id": TEACHER, "message_id": sent.message_id}
    await bot.edit_message_text("<b>二</b>", parse_mode="HTML", reply_markup=choices(("好", "yes")), **where)
    with pytest.raises(BadRequest, match="(?i)message is not modified"):
        await bot.edit_message_text("<b>二</b>", parse_mode="HTML", reply_markup=choices(("好", "yes")), **where)
    await bot.edit_message_reply_markup(**where)
    kept = server.last(TEACHER)
    assert (kept.text, kept.earlier, kept.buttons) == ("二", ("一",), ())

    assert await bot.delete_message(**where)
    assert server.sent(TEACHER)[0].deleted
    with pytest.raises(BadRequest, match="(?i)message to edit not found"):
        await bot.edit_message_text("三", **where)


async def test_a_reply_to_nothing_is_refused(server: FakeTelegram, bot: Bot) -> None:
    with pytest.raises(BadRequest, match="(?i)message to be replied not found"):
        await bot.send_message(TEACHER, "答", reply_parameters=ReplyParameters(77))
    said = server.message_of(server.says(TEACHER, "问"))
    await bot.send_message(TEACHER, "答", reply_parameters=ReplyParameters(said))
    assert server.last(TEACHER).reply_to == said


async def test_commands_and_descriptions_are_kept_by_language(server: FakeTelegram, bot: Bot) -> None:
    await bot.set_my_commands([("help", "帮助")], language_code="zh")
    await bot.set_my_description("聊一次，表全有。")
    assert [c.command for c in await bot.get_my_commands(language_code="zh")] == ["help"]
    assert await bot.get_my_commands() == ()
    assert (await bot.get_my_description()).description == "聊一次，表全有。"
    with pytest.raises(BadRequest, match="(?i)bot_command_invalid"):
        await bot.set_my_commands([("Help", "帮助")])
