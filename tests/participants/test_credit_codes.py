"""Social credit codes: what is refused, and what a person looks at."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from kernel.organisation_codes import check_character
from participants.domain.credit_codes import CodeCheck, legal_entity, read_code
from participants.errors import MalformedCreditCode

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
VECTORS = Path(__file__).parents[3] / "shared" / "data" / "crypto" / "uscc_vectors.csv"

CASES = [
    ("91110000600037341L", "91110000600037341L", CodeCheck.PASSED),
    ("91 110000 600037341L", "91110000600037341L", CodeCheck.PASSED),
    ("91110000600037341l", "91110000600037341L", CodeCheck.PASSED),
    ("９１110000600037341L", "91110000600037341L", CodeCheck.PASSED),  # typed with a Chinese keyboard
    ("91110000600037341N", "91110000600037341N", CodeCheck.REVIEW),
    ("91350211M00013FA1N", "91350211M00013FA1N", CodeCheck.REVIEW),  # really issued
    ("D2143569-X", "D2143569X", CodeCheck.PASSED),  # the example of GB 11714
    ("d2143569x", "D2143569X", CodeCheck.PASSED),
    ("D2143569０", "D21435690", CodeCheck.REVIEW),
    ("60003734-1", "600037341", CodeCheck.PASSED),
]
REFUSED = [
    "",
    "12345",
    "A1110000600037341L",
    "9111000060003IOZSV",
    "91110000600037341LL",
    "D2143569A",  # a letter other than X checks nothing
    "D214 356*X",
    "D2143569é",
]


@pytest.mark.parametrize(("text", "code", "check"), CASES)
def test_a_wrong_check_digit_is_looked_at_and_not_refused(text: str, code: str, check: CodeCheck) -> None:
    assert read_code(text) == (code, check)


@pytest.mark.parametrize("text", REFUSED)
def test_a_wrong_length_or_alphabet_is_refused_and_the_field_named(text: str) -> None:
    with pytest.raises(MalformedCreditCode) as caught:
        read_code(text, pointer="/affiliates/0")
    assert caught.value.pointer == "/affiliates/0"


@given(
    st.integers(10_000_000, 99_999_999), st.text(ALPHABET, min_size=9, max_size=9), st.sampled_from(ALPHABET)
)
def test_every_well_formed_code_is_taken_and_passes_only_with_its_own_check_digit(
    head: int, body: str, last: str
) -> None:
    text = f"{head}{body}{last}"
    own = last == uscc.calc_check_digit(text[:17])
    assert read_code(text) == (text, CodeCheck.PASSED if own else CodeCheck.REVIEW)


LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@given(st.text(LETTERS, min_size=8, max_size=8), st.integers(0, 7), st.sampled_from(LETTERS))
def test_one_wrong_character_of_an_organisation_code_is_looked_at(body: str, at: int, other: str) -> None:
    code = body + check_character(body)
    assert read_code(code) == (code, CodeCheck.PASSED)
    changed = body[:at] + other + code[at + 1 :]
    same = (int(other, 36) - int(body[at], 36)) % 11 == 0  # eleven apart count alike: the standard's own gap
    assert read_code(changed)[1] == (CodeCheck.PASSED if same else CodeCheck.REVIEW)


def test_a_social_credit_code_holds_the_organisation_code_of_its_entity() -> None:
    assert legal_entity("91110000600037341L") == legal_entity("600037341") == "600037341"
    assert legal_entity("") == ""


def test_codes_of_the_public_lists_fare_as_known() -> None:
    if not VECTORS.exists():
        pytest.skip("the shared vectors are not here")
    with VECTORS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["expected"] in ("invalid_length", "invalid_format"):
                with pytest.raises(MalformedCreditCode):
                    read_code(row["code"])
            else:
                good = row["expected"].startswith("valid")
                code, check = read_code(row["code"])
                assert check == (CodeCheck.PASSED if good else CodeCheck.REVIEW)
                if good:  # really issued: what stands inside passes GB 11714 too
                    assert read_code(legal_entity(code))[1] == CodeCheck.PASSED
