"""Read a .csv or .xlsx file of the office into rows with line numbers; everything odd is named, nothing is guessed."""

import difflib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.errors import BadRows
from bot.office.csv_text import grid_of_csv
from bot.office.workbook import grid_of_workbook, grids_of_workbook

MOST_BYTES = 20_000_000
MOST_ROWS = 20_000  # no school has more teachers or trainings in one file
LONGEST_CELL = 300  # characters
HEADER_WITHIN = 10  # rows from the top: a title and a note may stand above the headings
WHOLE_FILE = 0  # the "line" of a fault that concerns no single one
OLD_OFFICE = bytes.fromhex("d0cf11e0a1b11ae1")  # .xls, and .xlsx with a password


@dataclass(frozen=True)
class Column:
    """One column we know: its name in the code, what headings it may carry, and whether it must be there."""

    name: str
    headings: tuple[str, ...]
    needed: bool = False

    @property
    def title(self) -> str:
        """Give the heading we would use ourselves."""
        return self.headings[0]


@dataclass(frozen=True)
class Row:
    """One row of the file, its cells by our column names; `line` counts from 1 as the spreadsheet shows it."""

    line: int
    cells: dict[str, str]

    def __getitem__(self, name: str) -> str:
        """Give a cell; a column that the file does not have is empty."""
        return self.cells.get(name, "")


@dataclass(frozen=True)
class Sheet:
    """What a file held: which of our columns, which headings we do not know, and the rows that are not empty."""

    columns: frozenset[str]
    unused: tuple[str, ...]
    rows: list[Row]


@dataclass(frozen=True)
class Grid:
    """The cells of one sheet as they stand there, the empty lines left out; a CSV file is one sheet without a title."""

    title: str
    lines: list[tuple[int, list[str]]]


@dataclass
class Faults:
    """What is wrong with a file, gathered so that the clerk can mend everything at once."""

    found: list[tuple[int, str]] = field(default_factory=list)

    def add(self, line: int, why: str) -> None:
        """Note one fault of one line."""
        self.found.append((line, why))

    def raise_if_any(self) -> None:
        """Raise BadRows with all that was found, in the order of the lines."""
        if self.found:
            raise BadRows(sorted(self.found))


def read_sheet(path: Path, columns: Sequence[Column]) -> Sheet:
    """Read a file by what is in it, whatever its name ends with; raise BadRows for what cannot be read."""
    return sheet_of(list(_filled_lines(path)), columns)


def read_grids(path: Path) -> list[Grid]:
    """Read every sheet of a file as it stands, for whoever finds out what each is; raise BadRows."""
    body = _body(path)
    rows = grids_of_workbook(body) if body.startswith(b"PK") else (("", line, raw) for line, raw in grid_of_csv(body))
    grids: dict[str, Grid] = {}
    for count, (title, line, raw) in enumerate(rows):
        if count > MOST_ROWS:
            raise BadRows([(WHOLE_FILE, f"超过 {MOST_ROWS} 行，请检查是不是选错了文件，或分成几个文件。")])
        if any(tidy(cell) for cell in raw):
            grids.setdefault(title, Grid(title, [])).lines.append((line, raw))
    if not grids:
        raise BadRows([(WHOLE_FILE, "文件里没有内容。")])
    return list(grids.values())


def headings_in(grid: Grid, columns: Sequence[Column]) -> bool:
    """Say whether a sheet has a row of headings with every column that is needed."""
    needed = {column.name for column in columns if column.needed}
    known = {_folded(heading): column.name for column in columns for heading in column.headings}
    return any(needed <= {known.get(_folded(cell)) for cell in cells} for _line, cells in grid.lines[:HEADER_WITHIN])


def sheet_of(filled: list[tuple[int, list[str]]], columns: Sequence[Column]) -> Sheet:
    """Find the headings among tidy lines and give the rows below them; raise BadRows."""
    if not filled:
        raise BadRows([(WHOLE_FILE, "文件里没有内容。")])
    place, places, unused = _find_header(filled, columns)
    width = 1 + max(place for place, text in enumerate(filled[place][1]) if text)
    faults = Faults()
    rows = [_row(line, cells, places, width, faults) for line, cells in filled[place + 1 :]]
    if not rows:
        faults.add(WHOLE_FILE, "只有表头，下面没有内容。")
    faults.raise_if_any()
    return Sheet(frozenset(places), unused, rows)


def split_values(text: str) -> list[str]:
    """Take apart several values in one cell, divided by 、 , ; or their full-width forms."""
    return [part.strip() for part in re.split("[、，,;；\n]", text) if part.strip()]


def tidy(text: str) -> str:
    """Fold widths and blanks, and take out what cannot be seen; blanks between Chinese characters go (王　芳)."""
    seen = "".join(letter for letter in unicodedata.normalize("NFKC", text) if _is_visible(letter))
    return re.sub(r"(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff])", "", " ".join(seen.split()))


def _is_visible(letter: str) -> bool:
    return letter in "\n\t " or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Cn")


def _filled_lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Give the lines that hold anything, as tidy texts."""
    body = _body(path)
    read = grid_of_workbook if body.startswith(b"PK") else grid_of_csv
    count = 0
    for line, raw in read(body):
        cells = [tidy(cell) for cell in raw]
        if not any(cells):
            continue
        count += 1
        if count > MOST_ROWS:
            raise BadRows([(WHOLE_FILE, f"超过 {MOST_ROWS} 行，请检查是不是选错了文件，或分成几个文件。")])
        yield line, cells


def _body(path: Path) -> bytes:
    """Read the file; refuse at once what no table can be."""
    if not path.is_file():
        raise BadRows([(WHOLE_FILE, f"找不到文件：{path}")])
    if path.stat().st_size > MOST_BYTES:
        raise BadRows([(WHOLE_FILE, f"文件太大（超过 {MOST_BYTES // 1_000_000} MB），请检查是不是选错了文件。")])
    body = path.read_bytes()
    if body.startswith(OLD_OFFICE):
        raise BadRows([(WHOLE_FILE, "这是旧版 .xls 文件，或者加了密码。请另存为不带密码的 .xlsx 或 CSV。")])
    return body


def _find_header(
    lines: list[tuple[int, list[str]]], columns: Sequence[Column]
) -> tuple[int, dict[str, int], tuple[str, ...]]:
    """Find the row of headings near the top: the first that has every column we need."""
    best: dict[str, int] = {}
    for place, (line, cells) in enumerate(lines[:HEADER_WITHIN]):
        places = _places(line, cells, columns)
        if all(column.name in places for column in columns if column.needed):
            used = set(places.values())
            return place, places, tuple(text for at, text in enumerate(cells) if text and at not in used)
        best = max(best, places, key=len)
    missing = [column.title for column in columns if column.needed and column.name not in best]
    raise BadRows(
        [
            (
                WHOLE_FILE,
                f"缺少这些列：{'、'.join(missing)}。表头可以用：{_all_titles(columns)}。{_near(lines[0][1], missing)}",
            )
        ]
    )


def _places(line: int, cells: list[str], columns: Sequence[Column]) -> dict[str, int]:
    known = {_folded(heading): column.name for column in columns for heading in column.headings}
    places: dict[str, int] = {}
    for place, text in enumerate(cells):
        name = known.get(_folded(text))
        if name is not None and name in places:
            raise BadRows([(line, f"“{text}”这一列出现了两次，请留下一列。")])
        if name is not None:
            places[name] = place
    return places


def _folded(heading: str) -> str:
    """Fold a heading for comparison: 教研组*, 工号（必填） and Staff No are found as well."""
    return re.sub(r"\(.*?\)|[\s_*:.]", "", tidy(heading)).lower()


def _all_titles(columns: Sequence[Column]) -> str:
    return " ".join(column.title for column in columns)


def _near(headings: list[str], missing: list[str]) -> str:
    pairs = [(near[0], title) for title in missing if (near := difflib.get_close_matches(title, headings, 1, 0.5))]
    return "".join(f"“{heading}”是不是“{title}”？" for heading, title in pairs)


def _row(line: int, cells: list[str], places: dict[str, int], width: int, faults: Faults) -> Row:
    if any(cells[width:]):
        faults.add(line, "这一行比表头多出几格，多半是多了一个逗号。")
    for text in cells:
        if len(text) > LONGEST_CELL:
            faults.add(line, f"有一格太长（超过 {LONGEST_CELL} 字）：{text[:10]}…")
    return Row(line, {name: cells[place] if place < len(cells) else "" for name, place in places.items()})
