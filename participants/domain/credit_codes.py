"""Unified social credit codes (GB 32100-2015): what is refused, and what is taken but looked at."""

from stdnum.cn import uscc
from stdnum.exceptions import InvalidChecksum, ValidationError

from kernel.text import Vocabulary
from participants.errors import MalformedCreditCode


class CodeCheck(Vocabulary):
    """What the check digit says; some codes really issued fail it, so a person looks (SCHEME §10)."""

    PASSED = "passed", "校验通过", "Passed"
    REVIEW = "review", "待人工核对", "To be reviewed"


def read_credit_code(text: str, *, pointer: str = "/code") -> tuple[str, CodeCheck]:
    """The code in its compact form, and whether its check digit passed.

    Raises MalformedCreditCode at `pointer` for a wrong length or a character outside the alphabet.
    """
    try:
        return uscc.validate(text), CodeCheck.PASSED
    except InvalidChecksum:
        return uscc.compact(text), CodeCheck.REVIEW
    except ValidationError as error:
        raise MalformedCreditCode(pointer=pointer, written=text) from error
