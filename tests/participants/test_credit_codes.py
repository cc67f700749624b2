"""Social credit codes: what is refused, and what a person looks at."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from participants.domain.credit_codes import CodeCheck, read_credit_code
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
]
REFUSED = [
    "",
    "12345",
    "A1110000600037341L",
    "9111000060003IOZSV",
    "91110000600037341LL",
]


@pytest.mark.parametrize(("text", "code", "check"), CASES)
def test_a_wrong_check_digit_is_looked_at_and_not_refused(text: str, code: str, check: CodeCheck) -> None:
    assert read_credit_code(text) == (code, check)


@pytest.mark.parametrize("text", REFUSED)
def test_a_wrong_length_or_alphabet_is_refused_and_the_field_named(text: str) -> None:
    with pytest.raises(MalformedCreditCode) as caught:
        read_credit_code(text, pointer="/affiliates/0")
    assert caught.value.pointer == "/affiliates/0"


@given(
    st.integers(10_000_000, 99_999_999), st.text(ALPHABET, min_size=9, max_size=9), st.sampled_from(ALPHABET)
)
def test_every_well_formed_code_is_taken_and_passes_only_with_its_own_check_digit(
    head: int, body: str, last: str
) -> None:
    text = f"{head}{body}{last}"
    own = last == uscc.calc_check_digit(text[:17])
    assert read_credit_code(text) == (text, CodeCheck.PASSED if own else CodeCheck.REVIEW)


def test_codes_of_the_public_lists_fare_as_known() -> None:
    if not VECTORS.exists():
        pytest.skip("the shared vectors are not here")
    with VECTORS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["expected"] in ("invalid_length", "invalid_format"):
                with pytest.raises(MalformedCreditCode):
                    read_credit_code(row["code"])
            else:
                good = row["expected"].startswith("valid")
                assert read_credit_code(row["code"])[1] == (CodeCheck.PASSED if good else CodeCheck.REVIEW)
