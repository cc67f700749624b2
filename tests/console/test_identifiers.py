"""Identifier lookup: any spelling, every state, what is wrong with a code, and tombstones."""

import uuid
from typing import Any
from urllib.parse import quote

import pytest

from console.pages.identifiers import ATTRIBUTES, MEANINGS
from identifiers.domain.lifecycle import WITHOUT_CODE, IdentifierKind, IdentifierState
from identifiers.models import Descriptor, Identifier
from identifiers.selectors.profiles import descriptor_profile
from kernel.clock import SHANGHAI
from tests.aggregation.supply import identify
from tests.console.browser import look
from tests.support.cast import World

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert('甲')</script>\"&"


@pytest.fixture
def row(world: World) -> Any:
    """A centre's identifier, filed."""
    filed = identify(world.ada, IdentifierKind.CENTRE, uuid.uuid4())
    return Identifier.objects.get(code=filed.code)


def asked(code: str, language: str = "en") -> tuple[Any, Any]:
    return look(f"/identifiers?code={quote(code, safe='')}", language)


def test_without_a_code_there_is_a_form_and_no_complaint() -> None:
    for path in ("/identifiers", "/identifiers?code=", "/identifiers?code=%20"):
        answer, page = look(path)
        assert answer.status_code == 200
        assert page.all("form") == [{"action": "/identifiers", "method": "get", "role": "search"}]
        assert not [each for _, each in page.elements if each.get("role") == "alert"]


def test_a_code_shows_its_resource_its_state_and_its_filing(row: Any) -> None:
    for language, words in [
        (
            "en",
            (
                "Active",
                "Compute centre",
                "Division code",
                "Design racks",
                "version 1",
                "Filed at the national node",
            ),
        ),
        ("zh", ("有效", "算力中心", "行政区划代码", "设计机架数", "第 1 版", "备案")),
    ]:
        answer, page = asked(row.code, language)
        assert answer.status_code == 200
        for said in (*words, row.code, "F-1", "320509", "1200"):
            assert said in page.words
    assert f"{row.filed_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}" in page.words


def test_any_spelling_leads_to_the_same_code(row: Any) -> None:
    wide = "".join(chr(ord(each) + 0xFEE0) if each.isalnum() else each for each in row.code)
    misread = row.code.partition("/")[2].replace("0", "o").replace("1", "l")
    for text in (row.code.lower(), f"  {row.code} ", wide, f"86.320000/{misread}"):
        answer, page = asked(text)
        assert answer.status_code == 200, text
        assert row.code in page.words


def test_a_misread_code_says_what_is_wrong_and_keeps_what_was_typed(row: Any) -> None:
    last = "0" if row.code[-1] != "0" else "1"
    answer, page = asked(row.code[:-1] + last)
    assert answer.status_code == 400
    assert "a symbol was misread" in page.text
    (field,) = page.all("input")
    assert field["value"] == row.code[:-1] + last
    assert field["aria-invalid"] == "true"
    assert "wrong" in field["aria-describedby"].split()
    assert "校验字符不符" in asked(row.code[:-1] + last, "zh")[1].text


@pytest.mark.parametrize("code", [HOSTILE, "\x00", "x" * 5000, "%2F%2F", "86.320000/", "😀/😀"], ids=ascii)
def test_what_is_no_code_is_refused_and_shown_as_text(code: str) -> None:
    answer, page = asked(code)
    assert answer.status_code == 400
    assert page.all("script") == []
    assert page.all("input")[0]["value"] == code


def test_a_code_that_was_never_issued_is_not_found(row: Any) -> None:
    code = row.code
    Identifier.objects.filter(pk=row.pk).update(code="86.320000/other")
    answer, page = asked(code)
    assert answer.status_code == 404
    assert "was never issued" in page.text


def test_a_tombstone_says_that_it_is_one_and_tells_no_more(row: Any) -> None:
    Identifier.objects.filter(pk=row.pk).update(state=IdentifierState.RETIRED)
    answer, page = asked(row.code)
    assert answer.status_code == 200
    assert "Retired" in page.words
    assert "never given to another" in page.words
    assert "示范" not in page.text
    assert "1200" not in page.text
    assert [each for each in page.all("section") if "retired" in each["class"]]


def test_every_state_that_has_a_code_has_its_meaning() -> None:
    assert set(MEANINGS) == set(IdentifierState) - set(WITHOUT_CODE)


def test_every_attribute_of_the_profile_has_its_name() -> None:
    assert set(ATTRIBUTES) == {name for kind in descriptor_profile().kinds.values() for name in kind}


def test_hostile_attributes_are_text_and_unknown_ones_keep_their_name(row: Any) -> None:
    newest = Descriptor.objects.get(identifier=row)
    Descriptor(
        identifier=row, version=2, profile=newest.profile, attributes={"name": HOSTILE, "<b>hue</b>": "red"}
    ).save()
    answer, page = asked(row.code)
    assert HOSTILE in page.text
    assert "<b>hue</b>" in page.text
    assert "<script" not in answer.content.decode()


def test_a_lookup_is_one_query(row: Any, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        asked(row.code)
