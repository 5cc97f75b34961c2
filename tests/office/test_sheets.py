"""Files of rows: what a clerk really saves is read, and what cannot be read is named with its line."""

import io
import zipfile
from datetime import date, datetime, time

import pytest
from openpyxl import Workbook

from bot.errors import BadRows
from bot.office.sheets import MOST_ROWS, Column, read_sheet, split_values, tidy

COLUMNS = (
    Column("name", ("姓名", "name"), needed=True),
    Column("group", ("教研组", "group"), needed=True),
    Column("staff_no", ("工号", "staff no")),
)
TEXT = "姓名,教研组,工号\n安老师,数学组,007\n柏老师,语文组,\n"


@pytest.fixture
def saved(tmp_path):
    """Save a file, or a workbook of rows, and give its path."""

    def save(body, name="roster.csv"):
        path = tmp_path / name
        path.write_bytes(body if isinstance(body, bytes) else body.encode())
        return path

    return save


@pytest.fixture
def workbook(tmp_path):
    def save(*rows, merge=(), name="roster.xlsx"):
        book = Workbook()
        for row in rows:
            book.active.append(row)
        for area in merge:
            book.active.merge_cells(area)
        book.save(tmp_path / name)
        return tmp_path / name

    return save


def faults_of(path):
    with pytest.raises(BadRows) as error:
        read_sheet(path, COLUMNS)
    return error.value.faults


@pytest.mark.parametrize(
    "body",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("gb18030"),
        TEXT.encode("utf-16"),
        TEXT.replace(",", "\t").encode("utf-16"),
        TEXT.replace(",", ";").encode(),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("007", '"=""007"""').encode(),
        TEXT.replace("007", "'007").encode(),
        TEXT.replace("姓名", "Name").replace("教研组", "GROUP").replace("工号", "Staff No.").encode(),
        ("青禾小学教师名单,,\n2026年9月,,\n" + TEXT).encode(),
        TEXT.replace("安老师", " 安　老师 ").encode(),
        TEXT.replace("007", "００７").encode(),
        TEXT.replace("教研组", "教研组（必填）*").encode(),
    ],
    ids=[
        "UTF-8", "with a mark", "GB18030", "UTF-16", "Excel's Unicode text", "semicolons", "Windows lines",
        "leading zeros by formula", "leading zeros by apostrophe", "English headings", "a title above",
        "padded names", "full-width digits", "decorated headings",
    ],
)  # fmt: skip
def test_what_a_clerk_saves_is_read(saved, body):
    sheet = read_sheet(saved(body), COLUMNS)
    assert [(row["name"], row["group"], row["staff_no"]) for row in sheet.rows] == [
        ("安老师", "数学组", "007"),
        ("柏老师", "语文组", ""),
    ]


def test_lines_are_counted_as_the_editor_shows_them(saved):
    sheet = read_sheet(saved('姓名,教研组\n\n"安老师","数学\n组"\n,,\n柏老师,语文组\n'), COLUMNS)
    assert [row.line for row in sheet.rows] == [3, 6]


def test_a_column_that_is_not_there_is_empty_and_a_strange_one_is_named(saved):
    sheet = read_sheet(saved("姓名,教研组,电话\n安老师,数学组,1\n"), COLUMNS)
    assert sheet.rows[0]["staff_no"] == "" and sheet.columns == {"name", "group"} and sheet.unused == ("电话",)


@pytest.mark.parametrize(
    ("body", "line", "word"),
    [
        (b"", 0, "没有内容"),
        (b"\n,,\n\n", 0, "没有内容"),
        ("姓名,教研组\n".encode(), 0, "只有表头"),
        ("姓名,科组\n安老师,数学组\n".encode(), 0, "教研组"),
        ("姓名,教研组,姓名\n安老师,数学组,x\n".encode(), 1, "两次"),
        ("姓名,教研组\n安老师,数学组,x\n".encode(), 2, "多出"),
        (f"姓名,教研组\n{'安' * 301},数学组\n".encode(), 2, "太长"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", 0, "不是表格"),
        (bytes(range(256)) * 10, 0, "不是表格"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"x" * 500, 0, "旧版"),
        (b"PK\x03\x04 broken", 0, "打不开"),
        ("姓名,教研组\n".encode() + b"\x81\xff\xff\n", 2, "编码"),
        ("姓名,教研组\n".encode("gb18030") + b"\x81\xff\xff\n", 2, "读不出来"),
        (f'姓名,教研组\n"{"安" * 200_000}"\n'.encode(), 2, "引号"),
        ("<html><body>登录</body></html>".encode(), 0, "缺少"),
    ],
    ids=[
        "nothing", "only blanks", "only headings", "a missing column", "a column twice", "too many cells",
        "a very long cell", "a picture", "random bytes", "an old workbook", "a torn workbook", "a strange line",
        "no known encoding", "an open quote", "a web page",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named(saved, body, line, word):
    faults = faults_of(saved(body))
    assert faults[0][0] == line and word in faults[0][1]


def test_a_file_of_two_encodings_names_the_odd_lines(saved):
    lines = ["姓名,教研组", "安老师,数学组", "柏老师,语文组", "蔡老师,英语组", "戴老师,美术组"]
    body = [line.encode("gb18030" if at == 2 else "utf-8") for at, line in enumerate(lines)]
    assert [line for line, _ in faults_of(saved(b"\n".join(body)))] == [3]
    body = [line.encode("utf-8" if at in (1, 3) else "gb18030") for at, line in enumerate(lines)]
    assert [line for line, _ in faults_of(saved(b"\n".join(body)))] == [2, 4]


def test_all_faults_are_named_at_once(saved):
    faults = faults_of(saved(f"姓名,教研组\n安老师,数学组,x\n柏老师,语文组\n{'安' * 301},数学组\n"))
    assert [line for line, _ in faults] == [2, 4]


def test_a_missing_file_is_named(tmp_path):
    assert "找不到" in faults_of(tmp_path / "no.csv")[0][1]


def test_a_hundred_thousand_rows_are_refused_early(saved):
    assert str(MOST_ROWS) in faults_of(saved("姓名,教研组\n" + "安老师,数学组\n" * 100_000))[0][1]


def test_a_very_large_file_is_refused_unread(tmp_path):
    with (tmp_path / "big.csv").open("wb") as file:
        file.truncate(20_000_001)
    assert "太大" in faults_of(tmp_path / "big.csv")[0][1]


def test_a_workbook_is_read_by_its_content(workbook):
    path = workbook(["姓名", "教研组", "工号"], ["安老师", "数学组", 7], ["柏老师", "语文组", None], name="roster.csv")
    rows = read_sheet(path, COLUMNS).rows
    assert [(row.line, row["name"], row["staff_no"]) for row in rows] == [(2, "安老师", "7"), (3, "柏老师", "")]


def test_days_and_times_of_a_workbook_are_written_out(workbook):
    path = workbook(["姓名", "教研组"], [date(2026, 9, 30), time(14, 0)], [datetime(2026, 9, 30, 14, 5), 2.5])
    rows = read_sheet(path, COLUMNS).rows
    assert [row[name] for row in rows for name in ("name", "group")] == [
        "2026-09-30",
        "14:00",
        "2026-09-30 14:05",
        "2.5",
    ]


def test_merged_groups_are_filled_and_a_merged_title_is_no_harm(workbook):
    path = workbook(
        ["青禾小学教师名单"], ["姓名", "工号", "教研组"], ["安老师", 1, "数学组"], ["柏老师", 2],
        ["蔡老师", 3, "语文组"],
        merge=["A1:C1", "C3:C4"],
    )  # fmt: skip
    assert [row["group"] for row in read_sheet(path, COLUMNS).rows] == ["数学组", "数学组", "语文组"]


def test_too_many_merged_cells_are_refused(workbook, tmp_path):
    # Merged by hand: openpyxl would make every one of the cells first.
    with zipfile.ZipFile(workbook(["姓名", "教研组"], ["安老师", "数学组"], merge=["A9:B9"])) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(tmp_path / "merged.xlsx", "w") as archive:
        for name, body in parts.items():
            archive.writestr(name, body.replace(b'"A9:B9"', b'"B2:B200000"'))
    assert "合并" in faults_of(tmp_path / "merged.xlsx")[0][1]


def test_formulas_and_error_values_are_refused_with_their_line(workbook):
    assert faults_of(workbook(["姓名", "教研组"], ["安老师", "数学组"], ["=A2", "数学组"]))[0][0] == 3
    assert "#N/A" in faults_of(workbook(["姓名", "教研组"], ["安老师", "#N/A"]))[0][1]


def test_rows_far_below_are_found_with_their_number(workbook, tmp_path):
    book = Workbook()
    book.active.append(["姓名", "教研组"])
    book.active.cell(30_000, 1, "安老师")
    book.active.cell(30_000, 2, "数学组")
    book.save(tmp_path / "far.xlsx")
    assert read_sheet(tmp_path / "far.xlsx", COLUMNS).rows[0].line == 30_000


def packed(**members):
    with zipfile.ZipFile(file := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name.replace("__", "/") + ".xml", body)
    return file.getvalue()


@pytest.mark.parametrize(
    "body",
    [
        packed(xl__worksheets__sheet1=b"0" * 40_000_000),
        packed(xl__worksheets__sheet1=b"0" * 60_000_000),
        packed(**{f"m{number}": b"x" for number in range(201)}),
        packed(xl__workbook=b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'),
        packed(xl__workbook='<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x><x/>'.encode("utf-16")),
    ],
    ids=["a bomb by ratio", "a bomb by size", "many members", "an entity", "an entity in UTF-16"],
)
def test_dangerous_workbooks_are_not_unpacked(saved, body):
    assert "不该有" in faults_of(saved(body, "roster.xlsx"))[0][1]


@pytest.mark.parametrize("keep", [100, 700, 2000, 4000])
def test_a_torn_workbook_is_a_kind_refusal(workbook, keep):
    path = workbook(["姓名", "教研组"], ["安老师", "数学组"])
    path.write_bytes(path.read_bytes()[:keep])
    assert "打不开" in faults_of(path)[0][1]


def test_a_zip_that_is_no_workbook_is_a_kind_refusal(saved):
    assert "打不开" in faults_of(saved(packed(hello=b"<x/>"), "roster.xlsx"))[0][1]


def test_values_are_taken_apart():
    assert split_values("三（1）班、三（2）班，四(1)班; 五班") == ["三（1）班", "三（2）班", "四(1)班", "五班"]


def test_what_cannot_be_seen_goes():
    assert tidy("\u202e王\u200b　 芳\ufeff\x07") == "王芳" and tidy("Ann  Lee") == "Ann Lee"
