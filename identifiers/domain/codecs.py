"""Forms of codes as data: each part with its pattern and its label, read into values and written from them.

A part that nobody has explained is `known=False`: it is kept as it stands and said to be unknown, never guessed at.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote

from stdnum.iso7064 import mod_37_2

from identifiers.errors import MalformedCode, UnwritableCode
from kernel.text import Text

LONGEST_TEXT = 200
CASES: Mapping[str, Callable[[str], str]] = {"keep": str, "upper": str.upper, "lower": str.lower}


def plain_text(text: str) -> str:
    """The text as it was meant: percent-encoding undone once, full width and the like folded (NFKC), no blanks around.

    Raises MalformedCode for what is too long or, folded, still not ASCII.
    """
    if len(text) > LONGEST_TEXT:
        raise MalformedCode(reason_zh="过长", reason_en="too long")
    plain = unicodedata.normalize("NFKC", unquote(text)).strip()
    if not plain.isascii():
        raise MalformedCode(
            reason_zh="含有标识中不使用的字符", reason_en="it holds characters that no code is written in"
        )
    return plain


@dataclass(frozen=True, slots=True)
class Part:
    """One part: `pattern` in canonical spelling, `written` as people may spell it, `lead` literally before it."""

    name: str
    label: Text
    pattern: str
    written: str = ""
    lead: str = ""
    case: str = "keep"
    known: bool = True
    optional: bool = False
    dictionary: str = ""
    suffix: str = ""  # what completes the value to a code of the dictionary

    @property
    def spelling(self) -> str:
        """The regular expression of what may be written."""
        group = f"{re.escape(self.lead)}(?P<{self.name}>{self.written or self.pattern})"
        return f"(?:{group})?" if self.optional else group


@dataclass(frozen=True, slots=True)
class Check:
    """A check character in one part over others, its punctuation left out."""

    method: str
    over: tuple[str, ...]
    part: str


@dataclass(frozen=True)
class Codec:
    """A version of a form of codes. `decode(encode(values)) == values`, and `encode` gives the canonical spelling."""

    name: str
    title: Text
    version: str
    status: str
    source: str
    parts: tuple[Part, ...]
    look_alikes: Mapping[str, str]
    check: Check | None = None

    @cached_property
    def _spelling(self) -> "re.Pattern[str]":
        # letters of a part may come in any case only where the part has one
        whole = "".join(
            part.spelling if part.case == "keep" else f"(?i:{part.spelling})" for part in self.parts
        )
        return re.compile(whole, re.ASCII)

    def decode(self, text: str) -> dict[str, str]:
        """Part → value in canonical spelling, optional parts only where they are there. Raises MalformedCode."""
        match = self._spelling.fullmatch(plain_text(text))
        if match is None:
            raise MalformedCode(
                reason_zh=f"不符合 {self.name} 形式", reason_en=f"it is not of the form {self.name}"
            )
        values = {}
        for part in self.parts:
            if (raw := match[part.name]) is not None:
                values[part.name] = self._canonical(part, raw)
        self._verify(values)
        return values

    def encode(self, values: Mapping[str, str]) -> str:
        """The code of these values. Raises UnwritableCode, naming the part, for what the form cannot say."""
        known = {part.name: part for part in self.parts}
        for name in values:
            if name not in known:
                names = ", ".join(known)
                raise UnwritableCode(
                    pointer=f"/values/{name}",
                    reason_zh=f"形式 {self.name} 没有 {name}；可用：{names}。",
                    reason_en=f"The form {self.name} has no {name}; its parts are {names}.",
                )
        written = ""
        for part in self.parts:
            value = values.get(part.name)
            if value is None and part.optional:
                continue
            if value is None or not re.fullmatch(part.pattern, value, re.ASCII):
                raise UnwritableCode(
                    pointer=f"/values/{part.name}",
                    reason_zh=f"{part.label.zh} {part.name} 应符合 {part.pattern}。",
                    reason_en=f"{part.name} must match {part.pattern}.",
                )
            written += part.lead + value
        if self.check and values[self.check.part] != self._check_character(values):
            raise UnwritableCode(
                pointer=f"/values/{self.check.part}",
                reason_zh="校验字符不符。",
                reason_en="The check character does not fit.",
            )
        read = self.decode(written)
        for name in known:
            if read.get(name) != values.get(name):
                raise UnwritableCode(
                    pointer=f"/values/{name}",
                    reason_zh=f"{name} 写入后会被读成另一部分。",
                    reason_en=f"Once written, {name} would be read as something else.",
                )
        return written

    def _canonical(self, part: Part, raw: str) -> str:
        value = CASES[part.case](raw)
        if part.written:
            value = value.translate({ord(seen): meant for seen, meant in self.look_alikes.items()})
        if not re.fullmatch(part.pattern, value, re.ASCII):
            raise MalformedCode(
                reason_zh=f"{part.label.zh}含有不使用的字符",
                reason_en=f"its {part.name} holds a symbol that is not used",
            )
        return value

    def _verify(self, values: Mapping[str, str]) -> None:
        if self.check and values[self.check.part] != self._check_character(values):
            raise MalformedCode(
                reason_zh="校验字符不符，请核对抄写",
                reason_en="the check character does not match, so a symbol was misread",
            )

    def _check_character(self, values: Mapping[str, str]) -> str:
        assert self.check is not None  # noqa: S101 - asked by the callers
        text = "".join(values[name] for name in self.check.over)
        return CHECKS[self.check.method]("".join(filter(str.isalnum, text)))


CHECKS: Mapping[str, Callable[[str], str]] = {
    "iso7064-mod-37-2": lambda text: str(mod_37_2.calc_check_digit(text))
}
