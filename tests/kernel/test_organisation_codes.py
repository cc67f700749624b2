"""Codes of organisations in both standards: what is no code, and what a person looks at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from kernel.organisation_codes import CodeKind, check_character, read_organisation_code

CREDIT, NINE = CodeKind.CREDIT, CodeKind.ORGANISATION
CASES = [
    ("91110000600037341L", "91110000600037341L", CREDIT, True),
    ("91 110000 600037341l", "91110000600037341L", CREDIT, True),
    ("91110000600037341N", "91110000600037341N", CREDIT, False),
    ("60003734-1", "600037341", NINE, True),  # the same enterprise, in the older standard
    ("d2143569-x", "D2143569X", NINE, True),  # the example of GB 11714
    ("Ｄ2143569－Ｘ", "D2143569X", NINE, True),  # typed with a Chinese keyboard
    ("D21435690", "D21435690", NINE, False),
]
NONE = [
    "",
    "12345",
    "60003734",
    "6000373412",
    "60003734A",
    "A1110000600037341L",
    "91110000600037341LL",
    "汉" * 9,
]


@pytest.mark.parametrize(("text", "compact", "kind", "own"), CASES)
def test_a_code_tells_its_standard_and_a_wrong_check_character_is_looked_at(
    text: str,
    compact: str,
    kind: CodeKind,
    own: bool,  # noqa: FBT001 - a column of the table
) -> None:
    code = read_organisation_code(text)
    assert code is not None
    assert (code.compact, code.kind, code.passed) == (compact, kind, own)


@pytest.mark.parametrize("text", NONE)
def test_a_wrong_length_or_character_is_no_code(text: str) -> None:
    assert read_organisation_code(text) is None


@given(
    st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=8, max_size=8), st.sampled_from("0123456789X")
)
def test_exactly_one_ninth_character_passes(body: str, last: str) -> None:
    code = read_organisation_code(body + last)
    assert code is not None
    assert code.passed == (last == check_character(body))


@given(
    st.integers(10_000_000, 99_999_999), st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=9, max_size=9)
)
def test_exactly_one_eighteenth_character_passes(head: int, body: str) -> None:
    own = uscc.calc_check_digit(f"{head}{body}")
    passing = [
        last
        for last in "0123456789ABCDEFGHJKLMNPQRTUWXY"
        if (code := read_organisation_code(f"{head}{body}{last}")) and code.passed
    ]
    assert passing == [own]
