"""Text files of rows: find the encoding and the delimiter, and say which line is wrong."""

import csv
import io
import re
from collections.abc import Iterator

from bot.errors import BadRows

DELIMITERS = ",\t;|"
# A line of Chinese in UTF-8 has three-byte characters; in GB18030 such bytes are very rare.
CHINESE_IN_UTF8 = re.compile(rb"[\xe4-\xe9][\x80-\xbf]{2}")


def grid_of_csv(body: bytes) -> Iterator[tuple[int, list[str]]]:
    """Give each row with the line on which it begins."""
    text = _decoded(body)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    line = 1
    try:
        for cells in reader:
            yield line, [_value(cell) for cell in cells]
            line = reader.line_num + 1
    except csv.Error as error:
        raise BadRows([(line, f"从这一行起读不下去，多半是引号没有成对（{error}）。")]) from error


def _decoded(body: bytes) -> str:
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decoded_as(body, "utf-16")
    if b"\x00" in body:
        raise BadRows([(0, "这不是表格文件。请用 .xlsx 或 CSV。")])
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        _refuse_mixture(body)
        return _decoded_as(body, "gb18030")


def _decoded_as(body: bytes, encoding: str) -> str:
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        raise BadRows([(line, "这里的文字读不出来。请用 Excel 或 WPS 另存为“CSV UTF-8”，或直接用 .xlsx。")]) from error


def _refuse_mixture(body: bytes) -> None:
    """Raise BadRows when some lines are UTF-8 and others are not: decoded as one, names would be garbled."""
    lines = list(enumerate(body.splitlines(), start=1))
    in_utf8 = [line for line, text in lines if CHINESE_IN_UTF8.search(text) and _is_utf8(text)]
    others = [line for line, text in lines if not _is_utf8(text)]
    if in_utf8 and others:
        few = min(others, in_utf8, key=len)
        raise BadRows([(line, "这一行的编码和别的行不一样，请重新输入这一行，或用 .xlsx。") for line in few])


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _delimiter(text: str) -> str:
    """Take the delimiter that the first lines have most of."""
    head = "".join(text.splitlines(keepends=True)[:10])
    return max(DELIMITERS, key=head.count)


def _value(cell: str) -> str:
    """Take ="007" and '007, with which spreadsheets keep leading zeros, as 007."""
    found = re.fullmatch(r'="(.*)"|\'(\S.*)', cell.strip())
    return (found[1] or found[2] or "") if found else cell
