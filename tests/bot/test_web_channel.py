"""The web chat as a channel: posts become updates once, parcels become lines once, files are told by their bytes."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from bot.channels import Button, Envelope, Link, Parcel
from bot.channels.web import FILE_LIMIT, NotTaken, Web, kind_of
from bot.errors import FetchFailed
from bot.writer import Writer
from models import Address, ChatLine
from models.store import Store
from tests.fakes import PATIENCE
from tests.world import FakeClock

CHAT = "v-lin"
JPEG = b"\xff\xd8\xff\xe0" + bytes(20)
PDF = b"%PDF-1.7\n" + bytes(20)
DOCX = b"PK\x03\x04" + bytes(26) + b"word/document.xml" + bytes(20)


class Kept:
    """An inbox that remembers what it was given."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []

    async def __call__(self, channel: str, envelopes: list[Envelope]) -> None:
        assert channel == "web"
        self.envelopes += envelopes


@pytest.fixture
async def web(store: Store, tmp_path: Path) -> AsyncIterator[Web]:
    writer = Writer(store)
    yield Web(writer, tmp_path / "files", FakeClock(), look_every=0.05)
    writer.close()


@pytest.fixture
async def kept(web: Web) -> AsyncIterator[Kept]:
    kept = Kept()
    listening = asyncio.create_task(web.listen(kept))
    while not web.is_listening:
        await asyncio.sleep(0)
    yield kept
    web.stop()
    await listening


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def lines(store: Store) -> list[ChatLine]:
    with store.reading() as session:
        return list(session.exec(select(ChatLine).order_by(ChatLine.id)))


async def heard(web: Web, chat: str = CHAT, after: int = 0, at_most: int = 100) -> list[dict]:
    """Read a stream until it has nothing more to say."""
    found = []
    async for line in web.lines([chat], after):
        if line is None or len(found) == at_most:
            break
        found.append(line.view)
    return found


async def say(web: Web, text: str, post: UUID | None = None) -> None:
    await web.take(CHAT, post or uuid4(), {"kind": "text", "text": text}, text)


class TestComingIn:
    async def test_words_are_shown_and_kept_for_the_inbox(self, web, kept, store):
        post = uuid4()
        await say(web, "先等三秒", post)
        assert [line.body for line in lines(store)] == [{"text": "先等三秒"}]
        message = web.parse(kept.envelopes[0].body)
        assert (message.kind, message.address, message.text, message.message_id) == (
            "text",
            CHAT,
            "先等三秒",
            str(post),
        )

    async def test_a_post_sent_again_shows_once_and_has_the_same_key(self, web, kept, store):
        post = uuid4()
        await say(web, "一次", post)
        await say(web, "一次", post)
        assert len(lines(store)) == 1
        assert kept.envelopes[0].platform_id == kept.envelopes[1].platform_id

    async def test_the_same_post_id_of_another_chat_is_another_post(self, web, kept, store):
        post = uuid4()
        await say(web, "她的", post)
        await web.take("v-zhou", post, {"kind": "text", "text": "他的"}, "他的")
        assert len(lines(store)) == 2
        assert len({envelope.platform_id for envelope in kept.envelopes}) == 2

    async def test_a_link_is_said_without_a_line(self, web, kept, store):
        await web.take(CHAT, uuid4(), {"kind": "start", "text": "QH7K2X"}, None)
        assert lines(store) == []
        assert web.parse(kept.envelopes[0].body).text == "QH7K2X"

    async def test_a_tap_shows_its_label_and_carries_its_mark(self, web, kept, store):
        await web.take(CHAT, uuid4(), {"kind": "button", "text": "", "button": "1.a.b"}, "做到了")
        assert lines(store)[0].body == {"text": "做到了", "button": "1.a.b"}
        assert web.parse(kept.envelopes[0].body).button == "1.a.b"

    async def test_nothing_is_taken_before_anyone_listens(self, web):
        with pytest.raises(RuntimeError):
            await say(web, "太早")

    @pytest.mark.parametrize("body", [{}, {"kind": "dance", "chat": "c", "id": "1"}, {"kind": "text"}], ids=str)
    async def test_what_the_page_never_sends_is_not_read(self, web, body):
        with pytest.raises((KeyError, ValueError)):
            web.parse(body)


class TestFiles:
    async def test_a_photo_is_kept_shown_and_can_be_fetched(self, web, kept, store):
        await web.take_file(CHAT, uuid4(), "黑板.jpg", "image/jpeg", pieces(JPEG[:3], JPEG[3:]))
        (file,) = web.parse(kept.envelopes[0].body).files
        assert (file.kind, file.name, file.size) == ("photo", "黑板.jpg", len(JPEG))
        assert await web.fetch(file.file_id, FILE_LIMIT) == JPEG

    async def test_what_is_too_large_is_not_stored(self, web, kept, store, tmp_path):
        million = bytes(1_000_000)
        with pytest.raises(NotTaken, match="too_large"):
            await web.take_file(CHAT, uuid4(), "a.jpg", "image/jpeg", pieces(JPEG, *[million] * 21))
        assert lines(store) == []
        assert [p for p in (tmp_path / "files").rglob("*") if p.is_file()] == []

    @pytest.mark.parametrize(
        "content", [b"MZ\x90\x00", b"<svg xmlns='x'>", b"PK\x03\x04xl/workbook.xml", b"plain words"]
    )
    async def test_other_kinds_are_refused_and_leave_nothing(self, web, kept, store, tmp_path, content):
        with pytest.raises(NotTaken, match="kind_not_taken"):
            await web.take_file(CHAT, uuid4(), "photo.jpg", "image/jpeg", pieces(content))
        assert kept.envelopes == []
        assert [p for p in (tmp_path / "files").rglob("*") if p.is_file()] == []

    async def test_an_empty_file_is_refused(self, web, kept):
        with pytest.raises(NotTaken, match="empty"):
            await web.take_file(CHAT, uuid4(), "a.jpg", "image/jpeg", pieces())

    async def test_fetching_keeps_to_its_limit(self, web, kept):
        await web.take_file(CHAT, uuid4(), "a.pdf", "", pieces(PDF))
        (file,) = web.parse(kept.envelopes[0].body).files
        with pytest.raises(FetchFailed, match="too_large"):
            await web.fetch(file.file_id, 5)

    @pytest.mark.parametrize("name", ["../../zhixing.db", "..", "", "nothing", "a/b"])
    async def test_no_name_leads_out_of_the_folder(self, web, kept, name, tmp_path):
        (tmp_path / "zhixing.db").write_bytes(b"secret")
        with pytest.raises(FetchFailed, match="gone"):
            await web.fetch(name, FILE_LIMIT)

    async def test_a_file_belongs_to_its_chat(self, web, kept, store):
        await web.take_file(CHAT, uuid4(), "a.jpg", "", pieces(JPEG))
        line = lines(store)[0].id
        assert await web.file_of(CHAT, line, 0) is not None
        assert await web.file_of("v-zhou", line, 0) is None
        assert await web.file_of(CHAT, line, 1) is None
        assert await web.file_of(CHAT, line, -1) is None

    async def test_files_go_when_their_lines_are_gone(self, web, kept, store):
        await web.take_file(CHAT, uuid4(), "a.jpg", "", pieces(JPEG))
        await web.take_file(CHAT, uuid4(), "b.jpg", "", pieces(JPEG))
        first, second = lines(store)
        assert await web.sweep() == 0
        with store.writing() as session:
            session.delete(session.get(ChatLine, first.id))
        assert await web.sweep() == 1
        assert await web.file_of(CHAT, second.id, 0) is not None


@pytest.mark.parametrize(
    ("content", "mime", "kind"),
    [
        (JPEG, "", "photo"),
        (b"\x89PNG\r\n\x1a\n", "", "photo"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "", "photo"),
        (b"\x00\x00\x00\x18ftypheic", "", "photo"),
        (b"OggS\x00\x02", "", "voice"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "", "voice"),
        (b"\x00\x00\x00\x18ftypM4A ", "", "voice"),
        (b"\x1aE\xdf\xa3webm", "audio/webm;codecs=opus", "voice"),
        (b"\x1aE\xdf\xa3webm", "video/webm", None),
        (b"\x00\x00\x00\x18ftypisom", "audio/mp4", "voice"),
        (b"\x00\x00\x00\x18ftypisom", "video/mp4", None),
        (PDF, "", "file"),
        (DOCX, "image/jpeg", "file"),
        (b"PK\x03\x04", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", None),
    ],
)
def test_kinds_are_told_by_bytes(tmp_path, content, mime, kind):
    path = tmp_path / "upload"
    path.write_bytes(content)
    assert kind_of(path, mime) == kind


class TestGoingOut:
    async def test_a_link_is_shown_with_its_label(self, web):
        await web.send(Parcel(CHAT, "看看", "看看", key="7", link=Link("打开", "https://s.example/a")))
        await web.send(Parcel(CHAT, "好", "好", key="8"))
        first, second = await heard(web)
        assert first["link"] == ["打开", "https://s.example/a"] and "link" not in second

    async def test_a_parcel_becomes_a_line_with_its_buttons(self, web, store):
        (key,) = await web.send(Parcel(CHAT, "<b>好</b>", "好", buttons=((Button("跳过", "x"),),), key="7"))
        (view,) = await heard(web)
        assert key == "out:7"
        assert (view["ours"], view["html"], view["buttons"]) == (True, "<b>好</b>", [[["跳过", "x"]]])

    async def test_a_parcel_sent_again_shows_once(self, web, store):
        for _ in range(2):
            await web.send(Parcel(CHAT, "一次", "一次", key="7"))
        assert len(lines(store)) == 1

    async def test_a_document_can_be_saved_from_its_line(self, web, store):
        await web.send(Parcel(CHAT, "", "", file_name="记录表.docx", file_bytes=DOCX, key="8"))
        (view,) = await heard(web)
        assert view["files"] == [{"kind": "file", "name": "记录表.docx", "size": len(DOCX)}]
        path, _ = await web.file_of(CHAT, view["id"], 0)
        assert path.read_bytes() == DOCX

    async def test_the_first_line_to_somebody_new_makes_her_address(self, web, store):
        await web.send(Parcel("v-new", "你好", "你好", key="9"))
        with store.reading() as session:
            assert session.exec(select(Address).where(Address.external_id == "v-new")).one().person_id is None


class TestStreams:
    async def test_history_comes_first_and_then_each_new_line(self, web, kept):
        await say(web, "早")
        stream = web.lines([CHAT], 0)
        assert (await anext(stream)).view["text"] == "早"
        waiting = asyncio.create_task(anext(stream))
        await web.send(Parcel(CHAT, "晚", "晚", key="1"))
        line = await asyncio.wait_for(waiting, PATIENCE)
        while line is None:
            line = await asyncio.wait_for(anext(stream), PATIENCE)
        assert line.view["html"] == "晚"
        await stream.aclose()

    async def test_a_broken_stream_takes_up_where_it_ended(self, web, kept):
        for text in ("一", "二", "三"):
            await say(web, text)
        first = (await heard(web))[0]
        assert [view["text"] for view in await heard(web, after=first["id"])] == ["二", "三"]

    async def test_a_stream_shows_its_own_chats_only(self, web):
        await web.send(Parcel("v-zhou", "别人的", "别人的", key="1"))
        assert await heard(web) == []

    async def test_lines_of_another_process_are_found_by_looking(self, web, store):
        other = Web(web._writer, Path("elsewhere"), FakeClock())
        stream = web.lines([CHAT], 0)
        assert await anext(stream) is None
        await other.send(Parcel(CHAT, "从别处", "从别处", key="1"))
        line = None
        while line is None:
            line = await asyncio.wait_for(anext(stream), PATIENCE)
        assert line.view["html"] == "从别处"
        await stream.aclose()

    async def test_stopping_ends_streams_that_wait(self, store, tmp_path):
        writer = Writer(store)
        web = Web(writer, tmp_path, FakeClock(), look_every=3600)
        reading = asyncio.create_task(heard(web))
        while not web._bells:
            await asyncio.sleep(0)
        web.stop()
        assert await asyncio.wait_for(reading, PATIENCE) == []
        writer.close()


class TestTakingBack:
    """A line is deleted at any time, from the store, from open pages and from the disk."""

    async def test_the_line_is_gone_and_open_pages_are_told(self, web: Web, store: Store) -> None:
        (key,) = await web.send(Parcel(CHAT, "<b>她的话</b>", "她的话", key="7"))
        await web.send(Parcel(CHAT, "别的", "别的", key="8"))
        page = web.lines([CHAT], 0)
        hers = await anext(page)
        await anext(page)
        assert hers is not None
        await web.unsay(CHAT, key)
        told = await anext(page)
        assert told is not None and told.view["gone"] == hers.id
        assert "她的话" not in str([line.body for line in lines(store)])
        reloaded = web.lines([CHAT], 0)
        assert [(await anext(reloaded)).view.get("html") for _ in range(2)] == ["别的", None]  # type: ignore[union-attr]
        web.stop()

    async def test_twice_or_in_somebody_elses_chat_changes_nothing(self, web: Web, store: Store) -> None:
        (key,) = await web.send(Parcel(CHAT, "一", "一", key="7"))
        await web.unsay("v-wang", key)
        assert [line.body for line in lines(store)] == [{"html": "一"}]
        await web.unsay(CHAT, key)
        await web.unsay(CHAT, key)
        assert [list(line.body) for line in lines(store)] == [["gone"]]

    async def test_the_last_line_of_all_leaves_a_mark_of_another_number(self, web: Web, store: Store) -> None:
        """SQLite gives the highest id again: a page would take the mark for the line that it has already seen."""
        (key,) = await web.send(Parcel(CHAT, "一", "一", key="7"))
        before = lines(store)[0].id
        await web.unsay(CHAT, key)
        assert lines(store)[0].id != before

    async def test_a_tap_on_it_goes_too_for_its_label_may_say_her_words(
        self, web: Web, kept: Kept, store: Store
    ) -> None:
        button = Button("她的话，前几个字", "c.hers")
        (key,) = await web.send(Parcel(CHAT, "<b>她的话</b>", "她的话", buttons=((button,),), key="7"))
        for label, data in ((button.label, button.data), ("别的", "c.other")):
            await web.take(CHAT, uuid4(), {"kind": "button", "text": "", "button": data}, label)
        await web.unsay(CHAT, key)
        assert [line.body.get("text") for line in lines(store) if "gone" not in line.body] == ["别的"]
        assert "她的话" not in str([line.body for line in lines(store)])

    async def test_its_document_goes_with_the_next_sweep(self, web: Web) -> None:
        parcel = Parcel(CHAT, "表", "表", file_name="表.docx", file_bytes=b"PK", key="9")
        (key,) = await web.send(parcel)
        assert await web.sweep() == 0
        await web.unsay(CHAT, key)
        assert await web.sweep() == 1
