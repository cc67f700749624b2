"""The form on paper: the public layout, the same bytes each time, and text that is only ever text."""

import io
import re
import zipfile
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from docx import Document
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nodes.adapters.forms.docx import write_form
from nodes.api.applications import UNPRINTABLE
from nodes.domain.applications import FormKind, blank_content
from nodes.selectors.profiles import application_profile
from tests.nodes.forms import filled

PROFILE = application_profile()
REGION, INDUSTRY = FormKind.NODE_REGION, FormKind.NODE_INDUSTRY
PLAN = Path(__file__).parents[3] / "shared" / "seeds" / "002_364473bd98ec01fe.txt"
WORDS = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def paper(content: dict[str, Any], kind: FormKind = REGION, **options: Any) -> Any:
    return Document(io.BytesIO(write_form(kind, content, PROFILE, **options)))


def rows(content: dict[str, Any], kind: FormKind = REGION) -> list[list[str]]:
    """The text of the table, a merged cell once a row."""
    found = []
    for row in paper(content, kind).tables[0].rows:
        cells = list({id(cell._tc): cell.text for cell in row.cells}.values())  # noqa: SLF001 - the same cell has no public name
        found.append(cells)
    return found


def test_the_region_s_form_has_the_public_layout() -> None:
    table = rows(filled())
    assert [row[-2] if len(row) < 4 else row[1] for row in table] == [
        "申报区域", "申报单位", "牵头单位名称", "牵头单位通讯地址", "牵头单位组织机构代码或统一社会信用代码",
        "联合申报单位1名称", "联合申报单位1通讯地址", "联合申报单位2名称", "联合申报单位2通讯地址",
        "姓名", "职务", "邮箱", "申报说明",
    ]  # fmt: skip
    assert table[0][1] == "示例省\n需加盖省政府公章"
    assert table[5][1:] == [
        "联合申报单位1名称", "示例研究院\n需加盖单位公章", "联合申报单位1组织机构代码或统一社会信用代码", "D2143569-X",
    ]  # fmt: skip
    assert table[9][1:] == ["姓名", "张三", "性别", "女"]
    headings = re.findall(r"^[一二三四五]、.*$", table[-1][1], re.MULTILINE)
    assert headings == ["一、政策环境", "二、区位基础", "三、建设方案", "四、应用推广", "五、保障措施"]


def test_the_industry_s_form_has_its_own_heads_and_basis() -> None:
    table = rows(filled(recommending_unit="某厅"), INDUSTRY)
    assert [row[0] for row in table[:3]] == ["申报行业", "推荐单位", "申报单位"]
    assert "二、行业基础" in table[-1][1]
    assert "区位基础" not in table[-1][1]


@pytest.mark.parametrize("kind", [REGION, INDUSTRY])
def test_every_printed_word_is_the_public_form_s(kind: FormKind) -> None:
    if not PLAN.exists():
        pytest.skip("the published plan is not here")
    published = re.sub(r"<[^>]+>|\s", "", PLAN.read_text(encoding="utf-8")).translate(
        {44: "，", 40: "（", 41: "）"}
    )
    _, region, industry = re.split("附件[23]国家", published)
    public = region if kind is REGION else industry
    for cells in rows(blank_content(), kind):
        for printed in (line for cell in cells for line in cell.split("\n")):
            words = re.sub(r"\s", "", printed)
            assert words in public, words


@pytest.mark.parametrize("kind", [REGION, INDUSTRY])
def test_page_fonts_and_borders(kind: FormKind) -> None:
    document = paper(filled(), kind)
    page = document.sections[0]
    assert (round(page.page_width.mm), round(page.page_height.mm)) == (210, 297)
    assert document.tables[0].style.name == "Table Grid"
    fonts = {
        run.find(f"{WORDS}rPr/{WORDS}rFonts").get(f"{WORDS}eastAsia")
        for run in document.element.body.iter(f"{WORDS}r")
    }
    assert fonts == {"黑体", "宋体", "仿宋"}


def test_a_draft_says_so_and_a_final_one_does_not() -> None:
    assert "草稿（第 3 版）" in paper(filled(), draft=3).sections[0].header.paragraphs[0].text
    assert paper(filled()).sections[0].header.paragraphs[0].text == ""


def test_the_same_form_gives_the_same_bytes_at_any_time() -> None:
    made = write_form(REGION, filled(), PROFILE)
    assert made == write_form(REGION, filled(), PROFILE)
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert {each.date_time for each in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert str(datetime.now().year) not in archive.read("docProps/core.xml").decode()  # noqa: DTZ005


@settings(max_examples=25, deadline=None)
@example("{{ 7 * 7 }}{% for x in y %}${x}<w:p>&amp;]]></w:t><script>")
@example("</w:t></w:r><w:r><w:instrText>DDEAUTO cmd</w:instrText></w:r>")
@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=60).filter(
        lambda text: not UNPRINTABLE.search(text)
    )
)
def test_what_people_write_is_only_ever_text(text: str) -> None:
    text = text.replace("\r", "\n")
    content = filled(applicant=text, lead={"name": text, "address": text, "code": text})
    content["contact"]["post"] = text
    content["statements"]["plan"] = text
    made = write_form(REGION, content, PROFILE)
    table = Document(io.BytesIO(made)).tables[0]
    assert table.cell(3, 2).text == text
    assert tags_of(made) <= tags_of_a_plain_form() | {f"{WORDS}tab", f"{WORDS}noBreakHyphen"}


def tags_of(made: bytes) -> set[str]:
    """What kinds of elements a form is made of."""
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        return {each.tag for each in ET.fromstring(archive.read("word/document.xml")).iter()}  # noqa: S314 - our own


@cache
def tags_of_a_plain_form() -> set[str]:
    """The same of a form with nothing but words in it."""
    return tags_of(write_form(REGION, filled(), PROFILE))
