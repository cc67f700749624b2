"""The code's form: one way to write it, and every slip of the pen is caught (INVARIANTS D5)."""

import random
import unicodedata
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identifiers.domain.codes import BODIES, Code, check_character
from identifiers.errors import MalformedCode
from tests.attacks.codes import slips, spellings

PREFIX = "86.320000"
SYMBOLS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
# golden vectors, never to change: the check character by the recursion of ISO 7064, done here once more
GOLDEN = {
    (PREFIX, 0): "86.320000/000000000000C",
    (PREFIX, 1): "86.320000/000000000001A",
    (PREFIX, 31): "86.320000/00000000000ZG",
    (PREFIX, 32): "86.320000/0000000000108",
    (PREFIX, BODIES - 1): "86.320000/ZZZZZZZZZZZZ1",
    ("86", 0): "86/0000000000004",
    ("86", 123456789): "86/0000003NQK8ND",
}


def iso7064_mod_37_2(text: str) -> str:
    """The recursive method of ISO 7064 §8, written from the standard and not from the library."""
    p = 0
    for symbol in text:
        p = (p + SYMBOLS.index(symbol)) * 2 % 37
    return SYMBOLS[(1 - p) % 37]


@pytest.mark.parametrize(("given_", "written"), GOLDEN.items(), ids=str)
def test_golden_vectors_hold_for_ever(given_: tuple[str, int], written: str) -> None:
    code = Code.of_number(*given_)
    assert str(code) == written
    digits = given_[0].replace(".", "")
    assert iso7064_mod_37_2(digits + written.partition("/")[2][:-1]) == written[-1]


def codes() -> st.SearchStrategy[Code]:
    """Any code that an issuer could issue."""
    numbers = st.integers(0, BODIES - 1)
    prefixes = st.sampled_from(["86", PREFIX, "86.110000", "86.320000.000001"])
    return st.builds(Code.of_number, prefixes, numbers).flatmap(
        lambda code: st.just(code) if code else st.nothing()
    )


@given(codes())
def test_what_is_written_reads_back_as_the_same_code(code: Code) -> None:
    assert Code.parse(str(code)) == code


@given(codes(), st.randoms())
def test_every_spelling_of_people_and_scanners_is_one_code(code: Code, chance: random.Random) -> None:
    alike = {"0": "0Oo", "1": "1IiLl"}
    suffix = "".join(chance.choice(alike.get(c, c + c.lower())) for c in code.suffix)
    text = f"{code.prefix}/{suffix}"
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
    assert unicodedata.normalize("NFKC", wide) == text
    for spelling in (text, f"  {text}\n", quote(text, safe=""), wide):
        assert Code.parse(spelling) == code


def test_every_wrong_symbol_and_every_adjacent_swap_is_caught() -> None:
    tried, missed = slips(200, "suite")
    assert tried["slips"] > 90_000
    assert missed == []


def test_a_spelling_is_read_as_its_code_and_a_look_alike_of_another_script_is_refused() -> None:
    tried, wrong = spellings(400, "suite")
    assert min(tried["read"], tried["refused"]) > 100
    assert wrong == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "86.320000",
        "86.320000/",
        "86.320000/0000000000000",  # wrong check
        "86.320000/00000000000",  # short
        "86.320000/00000000000040",  # long
        "86.32000/0000000000004",  # prefix of five digits
        "87.320000/000000000000C",  # another country
        "86.320000/000000000000U",  # U is not in the alphabet
        "86.320000/000000000000*",  # an issuer never issues this check
        "86.320000/000000000000C/..",
        "86.320000\x00/000000000000C",
        "٨٦.320000/000000000000C",  # digits of another script do not become ours
        "8" * 201,
    ],
)
def test_what_is_no_code_is_refused_and_says_why(text: str) -> None:
    with pytest.raises(MalformedCode) as refusal:
        Code.parse(text)
    assert refusal.value.text.zh
    assert refusal.value.text.en


def test_an_issuer_skips_numbers_whose_check_is_outside_the_alphabet() -> None:
    skipped = [n for n in range(3700) if Code.of_number(PREFIX, n) is None]
    assert 400 < len(skipped) < 600, "five of 37 check characters are I, L, O, U and *"
    for n in range(3700):
        code = Code.of_number(PREFIX, n)
        if code is not None:
            assert check_character(PREFIX, code.suffix[:-1]) == code.suffix[-1]
