"""Excel files of rows: checked before they are unpacked, read without formulas, merged cells filled."""

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from openpyxl import load_workbook
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.exceptions import InvalidFileException

from bot.errors import BadRows

MOST_MEMBERS = 200
MOST_SHEETS = 100
MOST_UNPACKED = 50_000_000  # bytes
MOST_RATIO = 100  # unpacked to packed; honest sheets stay below 30
MOST_COLUMNS = 100
MOST_MERGED = 100_000  # cells
UNREADABLE = "这个 .xlsx 文件打不开，可能没有下载完整。请用 Excel 或 WPS 打开后重新保存。"
DANGEROUS = "这个 .xlsx 文件里有不该有的内容，没有读它。请用 Excel 或 WPS 新建一个表，把内容复制过去。"


def grid_of_workbook(body: bytes) -> Iterator[tuple[int, list[str]]]:
    """Give each row of the first sheet with its number."""
    return ((line, cells) for _title, line, cells in _walk(body, slice(1)))


def grids_of_workbook(body: bytes) -> Iterator[tuple[str, int, list[str]]]:
    """Give each row of every sheet that is not hidden, with the sheet's title and the row's number in it."""
    return _walk(body, slice(MOST_SHEETS))


def _walk(body: bytes, which: slice) -> Iterator[tuple[str, int, list[str]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            _check_archive(archive)
            book = load_workbook(io.BytesIO(body), read_only=True, data_only=False, keep_links=False)
            seen = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or [book.worksheets[0]]
            for sheet in seen[which]:
                # The size that the file claims may be wrong either way.
                sheet.reset_dimensions()
                merged = _merged_cells(archive.read(sheet._worksheet_path))
                yield from ((str(sheet.title), line, cells) for line, cells in _rows(sheet, merged))
            book.close()
    except DefusedXmlException as error:
        raise BadRows([(0, DANGEROUS)]) from error
    except (
        zipfile.BadZipFile, InvalidFileException, ParseError, KeyError, IndexError, ValueError, TypeError,
        AttributeError, EOFError, OSError, NotImplementedError, RuntimeError, SyntaxError,
    ) as error:  # fmt: skip
        # All of these have been seen from broken files: openpyxl does not wrap what its readers raise.
        raise BadRows([(0, UNREADABLE)]) from error


def _check_archive(archive: zipfile.ZipFile) -> None:
    """Refuse bombs, and XML that declares a document type, before anything is unpacked into memory."""
    members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if len(members) > MOST_MEMBERS or unpacked > MOST_UNPACKED or unpacked > MOST_RATIO * max(packed, 10_000):
        raise BadRows([(0, DANGEROUS)])
    for member in members:
        if member.filename.endswith((".xml", ".rels")):
            with archive.open(member) as part:
                if re.search(rb"<\x00?!\x00?D\x00?O\x00?C\x00?T\x00?Y\x00?P\x00?E", part.read(4096)):
                    raise BadRows([(0, DANGEROUS)])


def _merged_cells(sheet_xml: bytes) -> dict[tuple[int, int], tuple[int, int]]:
    """Map every cell hidden by a merged range, as (row, column), to the one that shows the value."""
    hidden: dict[tuple[int, int], tuple[int, int]] = {}
    for found in re.finditer(rb'<(?:\w+:)?mergeCell\b[^>]*?\bref="([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})"', sheet_xml):
        left, top, right, bottom = range_boundaries(found[1].decode())
        if len(hidden) + (right - left + 1) * (bottom - top + 1) > MOST_MERGED:
            raise BadRows([(0, "合并的单元格太多，请取消合并后再试。")])
        cells = ((row, column) for row in range(top, bottom + 1) for column in range(left, right + 1))
        hidden.update({cell: (top, left) for cell in cells if cell[0] > top and left == right})
    return hidden


def _rows(sheet: Any, merged: dict[tuple[int, int], tuple[int, int]]) -> Iterator[tuple[int, list[str]]]:
    """Give the rows; a cell merged with the one above it (教研组 down a block) has that one's value."""
    shown = dict.fromkeys(merged.values(), "")
    width = max((column for _row, column in merged), default=0)
    for line, row in enumerate(sheet.iter_rows(), start=1):
        cells = [_text(line, cell) for cell in row[:MOST_COLUMNS]]
        cells += [""] * (width - len(cells))
        for column, text in enumerate(cells, start=1):
            if (line, column) in shown:
                shown[line, column] = text
            elif (line, column) in merged:
                cells[column - 1] = shown[merged[line, column]]
        yield line, cells


def _text(line: int, cell: Any) -> str:
    """Give what a cell shows; refuse formulas and error values, which would be guesses."""
    kind = getattr(cell, "data_type", "n")  # an empty cell has none
    if kind == "f":
        raise BadRows([(line, f"{cell.coordinate} 是公式。请复制整张表，“选择性粘贴”成数值再导入。")])
    if kind == "e":
        raise BadRows([(line, f"{cell.coordinate} 是一个错误值（{cell.value}），请改好。")])
    return _written(cell.value)


def _written(value: Any) -> str:
    """Write a cell's value as a person would type it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if value.time() == time.min else f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
