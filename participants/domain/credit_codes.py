"""Codes of legal entities: social credit codes (GB 32100-2015), and organisation codes (GB 11714) where there is none."""

from kernel.organisation_codes import read_organisation_code
from kernel.states import StateTable
from kernel.text import Vocabulary
from participants.errors import MalformedCreditCode

ORGANISATION_CODE = 9  # characters, the check character with them


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
    code = read_organisation_code(text)
    if code is None:
        raise MalformedCreditCode(pointer=pointer, written=text)
    return code.compact, CodeCheck.PASSED if code.passed else CodeCheck.REVIEW


def legal_entity(code: str) -> str:
    """The nine characters that name the legal entity: the code itself, or the 9th to 17th of a social credit code."""
    return code[:17][-ORGANISATION_CODE:]
