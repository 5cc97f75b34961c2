"""Write the layout of the 培训成果转化记录表, a .docx for each language: python -m tests.tools.make_record_form."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from docx import Document
from docx.document import Document as Doc
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.table import Table, _Cell, _Row
from docx.text.run import Run

FORMS = Path(__file__).resolve().parents[2] / "templates" / "forms"
MADE = datetime(2026, 9, 1, tzinfo=UTC)  # a fixed day, so that making it again changes little
FIELDS = ("row.number", "row.day", "row.training", "row.insight", "row.effect", "row.obstacle", "row.remedy")
MARGINS = {"top": 60, "left": 90, "bottom": 60, "right": 90}  # twentieths of a point
HEAD_FILL = "F2F2F2"  # pale enough to print and to copy
WIDTHS = (1.3, 3.5, 3.5, 4.4, 4.6, 4.2, 4.2)  # cm of a landscape page of A4


@dataclass(frozen=True)
class Labels:
    """What one language writes on the form, and in which fonts: Latin text, Chinese text, title."""

    latin: str
    chinese: str
    title_font: str
    title: str
    head: str
    columns: tuple[str, ...]


LABELS = {
    "zh_Hans": Labels(
        "Times New Roman",
        "宋体",
        "黑体",
        "培训成果转化记录表",
        "学校：{{ school }}　　　姓名：{{ name }}　　　学科：{{ subject }}",
        ("序号", "日期", "培训", "培训心得体会", "应用成果", "出现的问题", "解决方法措施"),
    ),
    "zh_Hant": Labels(
        "Times New Roman",
        "PMingLiU",
        "Microsoft JhengHei",
        "研習成果轉化記錄表",
        "學校：{{ school }}　　　姓名：{{ name }}　　　學科：{{ subject }}",
        ("序號", "日期", "研習", "研習心得體會", "應用成果", "出現的問題", "解決方法措施"),
    ),
    "en": Labels(
        "Calibri",
        "宋体",
        "黑体",
        "Record of what came of trainings",
        "School: {{ school }}      Name: {{ name }}      Subject: {{ subject }}",
        ("No.", "Day", "Training", "Insight", "What came of it", "What was difficult", "What to do about it"),
    ),
}


def main() -> None:
    """Write the form of each language."""
    for language, labels in LABELS.items():
        folder = FORMS / language
        folder.mkdir(parents=True, exist_ok=True)
        record_form(labels).save(str(folder / "record.docx"))


def record_form(labels: Labels) -> Doc:
    """Lay out one form: title, whose it is, and a table whose row is repeated by docxtpl."""
    document = Document()
    _lay_page(document)
    _set_style(document, labels.latin, labels.chinese)
    document.core_properties.author, document.core_properties.title = "知行", labels.title
    document.core_properties.created = document.core_properties.modified = MADE
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _write(title.add_run(labels.title), labels.latin, labels.title_font, 16, is_bold=True)
    head = document.add_paragraph()
    _write(head.add_run(labels.head), labels.latin, labels.chinese, 11)
    _table(document, labels.columns, labels.latin, labels.chinese)
    return document


def _lay_page(document: Doc) -> None:
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Cm(29.7), Cm(21.0)
    section.left_margin = section.right_margin = Cm(2.0)
    section.top_margin = section.bottom_margin = Cm(2.0)


def _set_style(document: Doc, latin: str, east_asian: str) -> None:
    style = document.styles["Normal"]
    style.font.name, style.font.size = latin, Pt(10.5)
    style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), east_asian)


def _write(run: Run, latin: str, east_asian: str, size: float, is_bold: bool = False) -> None:
    run.font.name, run.font.size, run.bold = latin, Pt(size), is_bold
    # Word takes the font of Chinese characters from an attribute of its own.
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), east_asian)


def _table(document: Doc, columns: tuple[str, ...], latin: str, east_asian: str) -> None:
    table = document.add_table(rows=4, cols=len(columns))
    table.style, table.alignment, table.autofit = document.styles["Table Grid"], WD_TABLE_ALIGNMENT.CENTER, False
    for cell, label in zip(table.rows[0].cells, columns, strict=True):
        _fill(cell, label, latin, east_asian, is_bold=True)
    _fill(table.rows[1].cells[0], "{%tr for row in rows %}", latin, east_asian)
    for cell, field in zip(table.rows[2].cells, FIELDS, strict=True):
        _fill(cell, f"{{{{ {field} }}}}", latin, east_asian)
    _fill(table.rows[3].cells[0], "{%tr endfor %}", latin, east_asian)
    table.rows[2].cells[0].paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
    _repeat_on_each_page(table.rows[0])
    _set_widths(table)
    _set_margins(table)
    for cell in table.rows[0].cells:
        cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
        _shade(cell)


def _fill(cell: _Cell, words: str, latin: str, east_asian: str, is_bold: bool = False) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER if is_bold else WD_ALIGN_PARAGRAPH.LEFT
    _write(paragraph.add_run(words), latin, east_asian, 10.5, is_bold)


def _repeat_on_each_page(row: _Row) -> None:
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)


def _set_margins(table: Table) -> None:
    """Keep the words off the lines: without this the first line of a cell touches its upper edge."""
    margins = OxmlElement("w:tblCellMar")
    for side, size in MARGINS.items():
        mark = OxmlElement(f"w:{side}")
        mark.set(qn("w:w"), str(size))
        mark.set(qn("w:type"), "dxa")
        margins.append(mark)
    look = table._tbl.tblPr.find(qn("w:tblLook"))
    look.addprevious(margins)  # the schema wants it there


def _shade(cell: _Cell) -> None:
    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", HEAD_FILL)):
        shade.set(qn(f"w:{name}"), value)
    valign = cell._tc.get_or_add_tcPr().find(qn("w:vAlign"))
    valign.addprevious(shade)  # the schema wants it there


def _set_widths(table: Table) -> None:
    # LibreOffice and WPS heed the widths of the grid, Word those of the cells.
    for column, width in zip(table.columns, WIDTHS, strict=True):
        column.width = Cm(width)
    for row in table.rows:
        for cell, width in zip(row.cells, WIDTHS, strict=True):
            cell.width = Cm(width)


if __name__ == "__main__":
    main()
