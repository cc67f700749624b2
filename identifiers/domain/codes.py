"""The compute identifier: `prefix/suffix`, one canonical form, a check character over both (SCHEME §6).

`86.320000/7K3M9QX2ABCDE`: a prefix that the national node delegated, then twelve random symbols of
Crockford's base 32 and one check character, ISO 7064 MOD 37-2 over the prefix's digits and the twelve.
The name says nothing about the resource, so it never has to change; what changes is the descriptor.
"""

import re
from dataclasses import dataclass
from typing import Self

from stdnum.iso7064 import mod_37_2

from identifiers.domain.codecs import plain_text
from identifiers.errors import MalformedCode

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
BODY_LENGTH = 12  # 60 random bits: an issuer that forgot what it issued still does not repeat itself
BODIES = len(ALPHABET) ** BODY_LENGTH
PREFIX = re.compile(r"86(\.[0-9]{6}){0,2}")
SUFFIX = re.compile(rf"[{ALPHABET}]{{{BODY_LENGTH + 1}}}")
LOOK_ALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})


@dataclass(frozen=True, slots=True, order=True)
class Code:
    """One identifier in canonical form; `str(code)` is `prefix/suffix`."""

    prefix: str
    suffix: str

    def __str__(self) -> str:
        """The one way to write it."""
        return f"{self.prefix}/{self.suffix}"

    @classmethod
    def of_number(cls, prefix: str, number: int) -> Self | None:
        """The code whose twelve symbols write `number` (0 ≤ number < 32¹²) under `prefix`.

        None where the check character is not one of the 32: the issuer takes another number.
        """
        body = ""
        for _ in range(BODY_LENGTH):
            number, digit = divmod(number, len(ALPHABET))
            body = ALPHABET[digit] + body
        check = check_character(prefix, body)
        return cls(prefix, body + check) if check in ALPHABET else None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a code as people and scanners write it: case, look-alikes (O, I, L), full width, %2F.

        Raises MalformedCode, naming what is wrong, for anything that is not a code or fails its check.
        """
        prefix, slash, suffix = plain_text(text).upper().partition("/")
        suffix = suffix.translate(LOOK_ALIKES)
        if not slash or not PREFIX.fullmatch(prefix) or not SUFFIX.fullmatch(suffix):
            raise MalformedCode(
                reason_zh="形式应为 前缀/十三位后缀，如 86.320000/0123456789ABC",
                reason_en="the form is prefix/suffix with thirteen symbols, as in 86.320000/0123456789ABC",
            )
        if check_character(prefix, suffix[:-1]) != suffix[-1]:
            raise MalformedCode(
                reason_zh="校验字符不符，请核对抄写",
                reason_en="the check character does not match, so a symbol was misread",
            )
        return cls(prefix, suffix)


def require_prefix(text: str) -> str:
    """The prefix itself, if it is one. Raises MalformedCode at `/prefix`."""
    if PREFIX.fullmatch(text):
        return text
    raise MalformedCode(
        pointer="/prefix",
        reason_zh="前缀应为 86，或 86. 加六位行政区划代码，如 86.320000",
        reason_en="a prefix is 86, or 86. and six digits of a division, as in 86.320000",
    )


def check_character(prefix: str, body: str) -> str:
    """ISO 7064 MOD 37-2 over the prefix without its dots and the body; one of 0–9, A–Z and *."""
    return str(mod_37_2.calc_check_digit(prefix.replace(".", "") + body))
