"""Codes of legal entities: social credit codes (GB 32100-2015), and organisation codes (GB 11714) where there is none."""

import unicodedata

from stdnum.cn import uscc
from stdnum.exceptions import InvalidChecksum, ValidationError

from kernel.states import StateTable
from kernel.text import Vocabulary
from participants.errors import MalformedCreditCode

ORGANISATION_CODE = 9  # characters, the check character with them
WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)  # GB 11714-1997: W(i) of the positions 1 to 8
MODULUS = 11


class CodeCheck(Vocabulary):
    """What is known of a code; some really issued fail their check digit, so a person looks (SCHEME §10)."""

    PASSED = "passed", "校验通过", "Passed"
    REVIEW = "review", "待人工核对", "To be reviewed"
    CONFIRMED = "confirmed", "人工核对属实", "Confirmed by a reviewer"
    REFUSED = "refused", "人工核对不符", "Refused by a reviewer"


S = CodeCheck
REVIEW = StateTable(
    states=CodeCheck,
    initial=S.REVIEW,
    acts={
        "confirm_code": (frozenset({S.REVIEW}), S.CONFIRMED),
        "refuse_code": (frozenset({S.REVIEW}), S.REFUSED),
    },
)
CERTIFIABLE = (S.PASSED, S.CONFIRMED)


def read_code(text: str, *, pointer: str = "/code") -> tuple[str, CodeCheck]:
    """The code of 18 or 9 characters in its compact form, and whether its check character passed.

    Raises MalformedCreditCode at `pointer` for a wrong length or a character outside the alphabet.
    """
    compact = unicodedata.normalize("NFKC", uscc.compact(text)).replace("-", "").upper()
    if len(compact) == ORGANISATION_CODE and is_organisation_code(compact):
        passed = compact[-1] == check_character(compact[:-1])
        return compact, CodeCheck.PASSED if passed else CodeCheck.REVIEW
    try:
        return uscc.validate(text), CodeCheck.PASSED
    except InvalidChecksum:
        return uscc.compact(text), CodeCheck.REVIEW
    except ValidationError as error:
        raise MalformedCreditCode(pointer=pointer, written=text) from error


def is_organisation_code(code: str) -> bool:
    """Whether the text has the form of an organisation code: eight digits or capitals, then a digit or X."""
    body, check = code[:-1], code[-1:]
    return body.isascii() and body.isalnum() and check in "0123456789X"


def check_character(body: str) -> str:
    """The check character of eight characters: C9 = 11 - MOD(Σ C(i) × W(i), 11), 10 is X and 11 is 0.

    Letters count from A = 10 (GB 11714-1997).
    """
    total = sum(int(character, 36) * weight for character, weight in zip(body, WEIGHTS, strict=True))
    return "0123456789X0"[MODULUS - total % MODULUS]


def legal_entity(code: str) -> str:
    """The nine characters that name the legal entity: the code itself, or the 9th to 17th of a social credit code."""
    return code[:17][-ORGANISATION_CODE:]
