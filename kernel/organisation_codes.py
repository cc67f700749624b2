"""Codes of Chinese organisations: which of the two standards one is in, and whether its check character passes."""

import re
import unicodedata
from dataclasses import dataclass

from stdnum.cn import uscc
from stdnum.exceptions import InvalidChecksum, ValidationError

from kernel.text import Vocabulary

NINE = re.compile(r"[0-9A-Z]{8}[0-9X]")
WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)  # GB 11714-1997: W(i) of the positions 1 to 8


class CodeKind(Vocabulary):
    """The standard that a code is written in."""

    CREDIT = "credit", "统一社会信用代码", "Unified social credit code (GB 32100-2015)"
    ORGANISATION = "organisation", "组织机构代码", "Organisation code (GB 11714-1997)"


@dataclass(frozen=True, slots=True)
class OrganisationCode:
    """A code in its compact form: capitals, no spaces, no hyphen.

    Some codes really issued fail their check character (SCHEME §10): where it did not pass, a person looks.
    """

    compact: str
    kind: CodeKind
    passed: bool


def read_organisation_code(text: str) -> OrganisationCode | None:
    """The code that `text` writes, in either standard; None where its length or a character is wrong."""
    compact = uscc.compact(unicodedata.normalize("NFKC", text))
    if NINE.fullmatch(compact):
        own = compact[-1] == check_character(compact[:-1])
        return OrganisationCode(compact, CodeKind.ORGANISATION, passed=own)
    try:
        uscc.validate(compact)
    except InvalidChecksum:
        return OrganisationCode(compact, CodeKind.CREDIT, passed=False)
    except ValidationError:
        return None
    return OrganisationCode(compact, CodeKind.CREDIT, passed=True)


def check_character(body: str) -> str:
    """The ninth character that GB 11714 gives the first eight; letters count from A = 10, X stands for ten."""
    total = sum(weight * int(character, 36) for weight, character in zip(WEIGHTS, body, strict=True))
    return "0123456789X"[-total % 11]
