"""The application as .docx in the layout of the public form: A4, Chinese fonts, borders, places for the seals.

Built cell by cell, so what people write is only ever the text of a run: there is no template that it could speak to.
The same form gives the same bytes, so that its hash says something.
"""

import io
import zipfile
from datetime import datetime

from docx import Document
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.styles.style import ParagraphStyle
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from kernel.text import Text
from nodes.domain.applications import ApplicationProfile, Content, Form, FormKind, Sex, value_at

SONG, FANG, HEI = "宋体", "仿宋", "黑体"
COLUMNS_MM = (22, 31, 37, 28, 38)  # the page's 156 mm between the margins
EPOCH = datetime(1980, 1, 1)  # noqa: DTZ001 - the earliest time that a ZIP archive knows has no zone
CELL, BODY, TITLE, ANNEX = Pt(10.5), Pt(12), Pt(18), Pt(16)
ROOM = Pt(2)  # above and below a line of a cell
STATEMENT_NUMBERS = "一二三四五"
JOINT_PLACES = 2  # that the public form prints


def write_form(
    kind: FormKind, content: Content, profile: ApplicationProfile, *, draft: int | None = None
) -> bytes:
    """The filled form as .docx; a draft says in its header that it is one, and which version."""
    form = profile.forms[kind]
    paper = Document()
    section = paper.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(30), Mm(25)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    normal = paper.styles["Normal"]
    assert isinstance(normal, ParagraphStyle)  # noqa: S101 - the library's own template has it
    normal.font.name, normal.font.size = FANG, BODY
    normal.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), FANG)
    normal.paragraph_format.space_after = Pt(0)
    if draft is not None:
        _say(section.header.paragraphs[0], f"草稿（第 {draft} 版），定稿后盖章", size=Pt(9))
    _say(paper.add_paragraph(), form.annex, font=HEI, size=ANNEX)
    title = paper.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title.paragraph_format.space_before = title.paragraph_format.space_after = Pt(12)
    _say(title, form.title, font=HEI, size=TITLE)
    _fill(_grid(paper.add_table(0, len(COLUMNS_MM))), form, content, profile)
    about = paper.core_properties
    about.title, about.author, about.comments = form.title, "", ""
    about.created = about.modified = EPOCH
    made = io.BytesIO()
    paper.save(made)
    return _stilled(made.getvalue())


def _grid(table: Table) -> Table:
    table.style, table.alignment, table.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
    for column, width in zip(table.columns, COLUMNS_MM, strict=True):
        column.width = Mm(width)
    return table


def _fill(table: Table, form: Form, content: Content, profile: ApplicationProfile) -> None:
    for head in form.heads:
        here, value = _row(table, 1, 4)
        _label(here, head.label.zh)
        _value(value, value_at(content, head.at), head.seal)
    first = len(table.rows)
    name, address, code = (entry.label.zh for entry in profile.body)
    for label, at, seal in (
        (name, "name", profile.seal_of_body),
        (address, "address", None),
        (code, "code", None),
    ):
        _, here, value = _row(table, 1, 1, 3)
        _label(here, f"牵头单位{label}")
        _value(value, content["lead"][at], seal)
    blank = {"name": "", "address": "", "code": ""}
    joint = [*content["joint"], *[blank] * (JOINT_PLACES - len(content["joint"]))]
    for number, unit in enumerate(joint, 1):
        named = (f"联合申报单位{number}{name}", unit["name"])
        _pair(table, named, (f"联合申报单位{number}{code}", unit["code"]), profile.seal_of_body)
        _, here, value = _row(table, 1, 1, 3)
        _label(here, f"联合申报单位{number}{address}")
        _value(value, unit["address"])
    _label(_joined(table, first), form.bodies)
    first = len(table.rows)
    contact = content["contact"]
    person, sex, post, phone, email = (entry.label.zh for entry in profile.contact)
    sex_shown = Sex(contact["sex"]).label.zh if contact["sex"] else ""
    _pair(table, (person, contact["name"]), (sex, sex_shown))
    _pair(table, (post, contact["post"]), (phone, contact["phone"]))
    _, here, value = _row(table, 1, 1, 3)
    _label(here, email)
    _value(value, contact["email"])
    _label(_joined(table, first), form.contact)
    here, value = _row(table, 1, 4, split=True)
    _label(here, "申报说明")
    _statements(value, form, content)


def _row(table: Table, *spans: int, split: bool = False) -> list[_Cell]:
    """A further row whose cells span so many columns; unless `split`, it stays on one page."""
    row = table.add_row()  # type: ignore[no-untyped-call] # the library forgot the hint
    row.height = Mm(11)
    if not split:
        row._tr.get_or_add_trPr().append(row._tr.makeelement(qn("w:cantSplit")))  # noqa: SLF001 - no public name
    cells, found, at = row.cells, [], 0
    for cell, width in zip(cells, COLUMNS_MM, strict=True):
        cell.width = Mm(width)
    for span in spans:
        cell = cells[at].merge(cells[at + span - 1])
        cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
        found.append(cell)
        at += span
    return found


def _pair(table: Table, left: tuple[str, str], right: tuple[str, str], seal: Text | None = None) -> None:
    """A row of two labels with their values; the seal goes with the first."""
    _, here, mine, there, yours = _row(table, 1, 1, 1, 1, 1)
    _label(here, left[0])
    _value(mine, left[1], seal)
    _label(there, right[0])
    _value(yours, right[1])


def _joined(table: Table, first: int) -> _Cell:
    """The first column from that row to the last as one cell."""
    cell: _Cell = table.cell(first, 0).merge(table.cell(len(table.rows) - 1, 0))
    for spare in cell.paragraphs[1:]:
        spare._p.getparent().remove(spare._p)  # noqa: SLF001 - merging leaves a blank line of every row
    cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    return cell


def _label(cell: _Cell, text: str) -> None:
    line = _line(cell.paragraphs[0])
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _say(line, text, font=SONG, size=CELL)


def _value(cell: _Cell, text: str, seal: Text | None = None) -> None:
    for number, line in enumerate(text.split("\n")):
        _say(_line(cell.add_paragraph() if number else cell.paragraphs[0]), line, size=CELL)
    if seal:
        place = _line(cell.add_paragraph() if text else cell.paragraphs[0])
        _say(place, seal.zh, size=CELL, underlined=True)


def _line(paragraph: Paragraph) -> Paragraph:
    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = ROOM
    return paragraph


def _statements(cell: _Cell, form: Form, content: Content) -> None:
    cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.TOP
    for number, entry in zip(STATEMENT_NUMBERS, form.statements, strict=True):
        heading = cell.paragraphs[0] if number == STATEMENT_NUMBERS[0] else cell.add_paragraph()
        heading.paragraph_format.space_before = Pt(6)
        heading.paragraph_format.keep_with_next = True
        _say(heading, f"{number}、{entry.label.zh}", font=HEI)
        written = value_at(content, entry.at)
        for line in (written or entry.guidance).split("\n"):
            paragraph = cell.add_paragraph()
            paragraph.paragraph_format.first_line_indent = BODY * 2
            paragraph.paragraph_format.line_spacing = 1.5
            _say(paragraph, line, underlined=not written)  # the printed advice stands until it is answered


def _say(
    paragraph: Paragraph, text: str, *, font: str = FANG, size: Pt = BODY, underlined: bool = False
) -> None:
    run = paragraph.add_run(text)
    run.font.name, run.font.size, run.font.underline = font, size, underlined or None
    run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)  # noqa: SLF001 - no public name


def _stilled(archive: bytes) -> bytes:
    """The same archive without the times at which its members were written."""
    still = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(archive)) as given,
        zipfile.ZipFile(still, "w", zipfile.ZIP_DEFLATED) as kept,
    ):
        for name in given.namelist():
            member = zipfile.ZipInfo(name, EPOCH.timetuple()[:6])
            member.compress_type, member.create_system = zipfile.ZIP_DEFLATED, 0
            kept.writestr(member, given.read(name))
    return still.getvalue()
