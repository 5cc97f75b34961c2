"""Documents: the record form and the archive hold everything of hers, safely, and nothing of anybody else."""

import json
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID
from zipfile import ZipFile

import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import SQLModel

from bot.forms import Forms, visible
from models import (
    Action,
    Attachment,
    Attendance,
    CheckIn,
    Entry,
    Observation,
    Prompt,
    Question,
    Training,
)
from models.exports import ABOUT_NOBODY, everything_of, exported_tables
from tests.world import World

AT = datetime(2026, 9, 15, 9, 0, tzinfo=UTC)


@pytest.fixture
def forms(world: World, tmp_path: Path) -> Forms:
    """The maker of documents over the store of the small school."""
    return Forms(world.store, world.words, tmp_path, world.clock.now)


def form(world: World, kind: str, who: str = "lin", language: str = "zh_Hans") -> dict[str, Any]:
    """What the outbox hands over."""
    return {"kind": kind, "person_id": str(world.id[who]), "language": language}


def row(world: World, who: str = "lin", training: Training | None = None, **cells: str) -> CheckIn:
    """One row of somebody's record form."""
    action = Action(person_id=world.id[who], class_name="三2班", moment="talk", deed="先默看评价单", made_at=AT)
    world.add(action)
    check_in = CheckIn(
        action_id=action.id, person_id=world.id[who], training_id=training.id if training else None,
        result="partly", happened_on=AT.date(), written_at=AT, **cells,
    )  # fmt: skip
    world.add(check_in)
    return check_in


def cells(content: bytes) -> list[list[str]]:
    """Read the table of a Word document."""
    return [[cell.text for cell in line.cells] for line in Document(BytesIO(content)).tables[0].rows]


def texts(content: bytes) -> dict[str, bytes]:
    """Read an archive."""
    with ZipFile(BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_record_form_has_the_four_columns_of_the_ministrys_form(world: World, forms: Forms) -> None:
    training = Training(title="大单元教学设计", starts_at=AT, ends_at=AT)
    world.add(training)
    row(
        world,
        training=training,
        insight="先写评价任务",
        effect="三组汇报快了",
        obstacle="unclear",
        remedy="改成三条图示",
    )
    name, content = forms.make(form(world, "record"))
    assert name == "培训成果转化记录表-林晓.docx"
    assert cells(content) == [
        ["序号", "日期", "培训", "培训心得体会", "应用成果", "出现的问题", "解决方法措施"],
        ["1", "2026年9月15日（周二）", "大单元教学设计", "先写评价任务", "三组汇报快了", "学生没听懂", "改成三条图示"],
    ]
    head = "\n".join(paragraph.text for paragraph in Document(BytesIO(content)).paragraphs)
    assert "青禾小学" in head and "林晓" in head and "语文" in head


@pytest.mark.parametrize(
    ("language", "label"), [("zh_Hans", "培训心得体会"), ("zh_Hant", "研習心得體會"), ("en", "Insight")]
)
def test_the_record_form_speaks_each_language(world: World, forms: Forms, language: str, label: str) -> None:
    row(world, effect="photo")
    _, content = forms.make(form(world, "record", language=language))
    table = cells(content)
    assert label in table[0] and table[1][4] not in ("", "photo")


def test_chinese_characters_have_a_font_of_their_own(world: World, forms: Forms) -> None:
    row(world, effect="好")
    _, content = forms.make(form(world, "record"))
    xml = texts(content)["word/document.xml"].decode()
    assert 'w:eastAsia="宋体"' in xml


@pytest.mark.parametrize(
    "words",
    [
        "<b>粗</b> & 3 < 5",
        "=1+1",
        "{{ 7 * 7 }} {% if x %}",
        "第一行\n第二行\n\n第四行",
        "a\tb",
        "𠮷 👩‍🏫",
        "'\" &amp; &#60;",
    ],
)
def test_her_words_survive_in_the_document(world: World, forms: Forms, words: str) -> None:
    row(world, effect=words)
    _, content = forms.make(form(world, "record"))
    assert cells(content)[1][4] == words


def test_what_no_document_can_hold_is_replaced_visibly(world: World, forms: Forms) -> None:
    row(world, effect="响\x07铃\x00和\x0b")
    _, content = forms.make(form(world, "record"))
    assert cells(content)[1][4] == "响\ufffd铃\ufffd和\ufffd"
    assert visible("\ud83d单") == "\ufffd单"


@settings(max_examples=40)
@given(st.text(st.characters(codec=None, exclude_characters="\r_"), max_size=60))
def test_any_words_can_be_read_back_from_a_document(words: str) -> None:
    from bot.forms import _filled
    from bot.render import TEMPLATES

    line = {
        "number": 1,
        "day": "",
        "training": "",
        "insight": visible(words),
        "effect": "",
        "obstacle": "",
        "remedy": "",
    }
    context = {"school": "", "name": "", "subject": "", "rows": [line]}
    content = _filled(TEMPLATES / "forms" / "zh_Hans" / "record.docx", context)
    assert cells(content)[1][3] == visible(words)


def test_a_school_may_lay_out_its_own_form(world: World, forms: Forms, tmp_path: Path) -> None:
    row(world, effect="看得见的变化")
    own = Document()
    own.add_paragraph("我校的表 {{ name }} {% for row in rows %}{{ row.effect }}{% endfor %}")
    (tmp_path / "forms").mkdir()
    own.save(str(tmp_path / "forms" / "record.docx"))
    _, content = forms.make(form(world, "record"))
    assert Document(BytesIO(content)).paragraphs[0].text == "我校的表 林晓 看得见的变化"


@pytest.mark.parametrize(
    "words", ["{{ rows.__class__.__mro__ }}{{ ''.__class__.__base__.__subclasses__() }}", "{% for %}"]
)
def test_a_form_that_reaches_too_far_or_is_broken_gives_way_to_ours(
    world: World, forms: Forms, tmp_path: Path, words: str
) -> None:
    row(world, effect="看得见的变化")
    own = Document()
    own.add_paragraph(words)
    (tmp_path / "forms").mkdir()
    own.save(str(tmp_path / "forms" / "record.docx"))
    _, content = forms.make(form(world, "record"))
    assert cells(content)[1][4] == "看得见的变化"


def test_a_file_that_is_no_document_gives_way_to_ours(world: World, forms: Forms, tmp_path: Path) -> None:
    row(world, effect="看得见的变化")
    (tmp_path / "forms").mkdir()
    (tmp_path / "forms" / "record.docx").write_bytes(b"not a zip")
    _, content = forms.make(form(world, "record"))
    assert cells(content)[1][4] == "看得见的变化"


def test_the_record_form_holds_only_her_own_rows(world: World, forms: Forms) -> None:
    row(world, "zhou", effect="别人的")
    removed = row(world, effect="拿掉的")
    with world.store.writing() as session:
        session.get_one(CheckIn, removed.id).removed_at = AT
    _, content = forms.make(form(world, "record"))
    assert len(cells(content)) == 1


def _knows_somebody(table: Any, known: set[str]) -> bool:
    names = {"person_id", "owner_id", "sender", "asker_id", "named_by"}
    targets = {key.column.table.name for key in table.foreign_keys}
    return bool(names & set(table.columns.keys())) or bool(targets & known)


def test_every_table_that_knows_a_person_is_known_to_the_export(world: World) -> None:
    tables = SQLModel.metadata.tables
    known = {"person"}
    for _ in tables:
        known |= {name for name, table in tables.items() if _knows_somebody(table, known)}
    with world.store.reading() as session:
        exported = exported_tables(session, world.id["lin"])
    assert known - ABOUT_NOBODY == exported
    assert set(tables) == exported | ABOUT_NOBODY


def test_the_archive_holds_what_she_wrote_and_did(world: World, forms: Forms, tmp_path: Path) -> None:
    training = Training(title="课堂评价工作坊", starts_at=AT, ends_at=AT, hours=2)
    world.add(training, Attendance(training_id=training.id, person_id=world.id["lin"]))
    photo = Attachment(
        person_id=world.id["lin"], kind="photo", channel="fake", file_id="f", state="kept", stored_as="ab12", made_at=AT
    )
    parts = {"pieces": [{"text": "板书拍下来了  <b>", "files": [str(photo.id)]}]}
    world.add(
        Entry(kind="jotting", person_id=world.id["lin"], training_id=training.id, parts=parts, written_at=AT), photo
    )
    row(world, effect="三组快了", obstacle="time")
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "ab12").write_bytes(b"\xff\xd8photo")
    name, content = forms.make(form(world, "export"))
    found = texts(content)
    assert name.startswith("知行-林晓-2026-09-16") and name.endswith(".zip")
    assert "板书拍下来了  <b>" in found["我写的.txt"].decode("utf-8-sig")
    assert "三组快了" in found["行动和记录表.txt"].decode("utf-8-sig")
    assert "时间不够" in found["行动和记录表.txt"].decode("utf-8-sig")
    assert found["照片语音和文件/001-photo.jpg"] == b"\xff\xd8photo"
    assert json.loads(found["json/entry.json"])[0]["parts"] == parts
    assert {f"json/{table}.json" for table in SQLModel.metadata.tables if table not in ABOUT_NOBODY} <= set(found)


@pytest.mark.parametrize("language", ["zh_Hans", "zh_Hant", "en"])
def test_the_archive_of_somebody_with_a_bit_of_everything_reads_in_each_language(
    world: World, forms: Forms, language: str
) -> None:
    _fill(world)
    found = texts(forms.make(form(world, "export", language=language))[1])
    readable = [name for name in found if name.endswith(".txt")]
    assert len(readable) == 6 and all(found[name].strip() for name in readable)


def _fill(world: World) -> dict[str, UUID]:
    lin, chen = world.id["lin"], world.id["chen"]
    sent = Observation(
        person_id=chen, observer_id=chen, teacher_id=lin, day=AT.date(), period=2, starts_at=AT, ends_at=AT,
        suggestion="先数三下", strength="站得近", feedback="sent", state="held", made_at=AT, focus="等待",
    )  # fmt: skip
    draft = Observation(
        person_id=chen, observer_id=chen, teacher_id=lin, day=AT.date(), period=3, starts_at=AT, ends_at=AT,
        suggestion="还没想好怎么说", feedback="draft", state="held", made_at=AT,
    )  # fmt: skip
    asked = Question(
        asker_id=chen, person_id=lin, text="最卡的一步？", ask_at=AT, asked_at=AT, state="asked", made_at=AT
    )
    planned = Question(asker_id=chen, person_id=lin, text="两周后想问的", ask_at=AT + timedelta(days=9), made_at=AT)
    world.add(sent, draft, asked, planned)
    world.add(Entry(kind="reflection", person_id=lin, parts={"happened": "小组汇报"}, written_at=AT, to_pair=True))
    world.add(
        Entry(kind="jotting", person_id=lin, parts={"pieces": [{"text": "拿掉的话"}]}, written_at=AT, removed_at=AT)
    )
    world.add(
        Entry(kind="jotting", person_id=world.id["zhou"], parts={"pieces": [{"text": "周宁的话"}]}, written_at=AT)
    )
    world.add(
        Prompt(
            key="q",
            person_id=lin,
            kind="question",
            about_id=planned.id,
            facts={"text": "两周后想问的"},
            due_at=AT,
            made_at=AT,
        )
    )
    row(world, effect="好")
    return {"draft": draft.id, "planned": planned.id}


def test_what_was_not_given_to_her_yet_is_not_in_her_archive(world: World, forms: Forms) -> None:
    ids = _fill(world)
    everything = b"\n".join(texts(forms.make(form(world, "export"))[1]).values()).decode("utf-8", "replace")
    assert "先数三下" in everything and "最卡的一步" in everything
    for words in ("还没想好怎么说", "两周后想问的", "拿掉的话", "周宁的话"):
        assert words not in everything
    with world.store.reading() as session:
        rows = everything_of(session, world.id["lin"])
    [draft] = [one for one in rows["observation"] if one["id"] == str(ids["draft"])]
    assert (draft["suggestion"], draft["feedback"]) == ("", "none")


def test_a_file_too_large_for_one_message_is_named_instead(
    world: World, forms: Forms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.forms.MOST_FILES", 10)
    (tmp_path / "files").mkdir()
    for name, size in (("aa", 8), ("bb", 8)):
        (tmp_path / "files" / name).write_bytes(b"x" * size)
        world.add(
            Attachment(
                person_id=world.id["lin"],
                kind="voice",
                channel="fake",
                file_id=name,
                state="kept",
                stored_as=name,
                made_at=AT,
            )
        )
    found = texts(forms.make(form(world, "export"))[1])
    assert [name for name in found if name.startswith("照片")] == ["照片语音和文件/001-voice.ogg"]
    assert "002-voice.ogg" in found["先看这里.txt"].decode("utf-8-sig")


def test_an_unknown_form_is_our_mistake(world: World, forms: Forms) -> None:
    with pytest.raises(KeyError):
        forms.make(form(world, "certificate"))


@pytest.mark.parametrize("language", ["zh_Hans", "zh_Hant", "en"])
def test_the_columns_are_as_wide_as_what_they_hold(world: World, forms: Forms, language: str) -> None:
    row(world, effect="好")
    _, content = forms.make(form(world, "record", language=language))
    table = Document(BytesIO(content)).tables[0]
    # The grid is what LibreOffice and WPS heed: with equal columns the number takes as much room as the words.
    number, *others = [column.width for column in table.columns]
    assert all(width > 2 * number for width in others)
    assert [cell.width for cell in table.rows[1].cells] == [number, *others]
