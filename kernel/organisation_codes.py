"""Codes of Chinese organisations: which of the two standards one is in, and what its check character says."""

import re
from dataclasses import dataclass

from stdnum.cn import uscc
from stdnum.exceptions import InvalidChecksum, ValidationError

from kernel.text import Vocabulary

NINE = re.compile(r"[0-9A-Z]{8}[0-9X]")
WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)  # GB 11714-1997


class CodeKind(Vocabulary):
    """The standard that a code is written in."""

    CREDIT = "credit", "统一社会信用代码", "Unified social credit code (GB 32100-2015)"
    ORGANISATION = "organisation", "组织机构代码", "Organisation code (GB 11714-1997)"


class CodeCheck(Vocabulary):
    """What the check character says; some codes really issued fail it, so a person looks (SCHEME §10)."""

    PASSED = "passed", "校验通过", "Passed"
    REVIEW = "review", "待人工核对", "To be reviewed"


@dataclass(frozen=True, slots=True)
class OrganisationCode:
    """A code in its compact form: capitals, no spaces, no hyphen."""

    compact: str
    kind: CodeKind
    check: CodeCheck


def read_organisation_code(text: str) -> OrganisationCode | None:
    """The code that `text` writes, of either kind; None where its length or a character is wrong."""
    compact = uscc.compact(text)
    if NINE.fullmatch(compact):
        own = compact[8] == check_character(compact[:8])
        return OrganisationCode(compact, CodeKind.ORGANISATION, CodeCheck.PASSED if own else CodeCheck.REVIEW)
    try:
        uscc.validate(compact)
    except InvalidChecksum:
        return OrganisationCode(compact, CodeKind.CREDIT, CodeCheck.REVIEW)
    except ValidationError:
        return None
    return OrganisationCode(compact, CodeKind.CREDIT, CodeCheck.PASSED)


def check_character(body: str) -> str:
    """The ninth character that GB 11714 gives the first eight."""
    total = sum(weight * int(character, 36) for weight, character in zip(WEIGHTS, body, strict=True))
    return "0123456789X"[-total % 11]
