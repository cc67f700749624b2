"""Reading codes: for the floors above, and in any form that is known."""

from dataclasses import dataclass

from identifiers.domain.codecs import Codec, Part
from identifiers.domain.codes import Code
from identifiers.domain.dictionaries import Entry
from identifiers.errors import MalformedCode
from identifiers.selectors.profiles import codec, codecs, dictionary
from kernel.clock import now, shanghai_year


def prefix_of(text: str) -> str:
    """The prefix of a code in its one canonical spelling. Raises MalformedCode for anything else."""
    code = Code.parse(text)
    if str(code) != text:
        raise MalformedCode(reason_zh=f"规范写法为 {code}", reason_en=f"its canonical spelling is {code}")
    return code.prefix


@dataclass(frozen=True, slots=True)
class Said:
    """What one part of a code says; `meaning` where a dictionary explains it, `stands` if it does so this year."""

    part: Part
    value: str
    meaning: Entry | None
    stands: bool


@dataclass(frozen=True, slots=True)
class Decoded:
    """A code as its form reads it."""

    codec: Codec
    canonical: str
    said: tuple[Said, ...]


def decode_code(text: str, *, form: str = "") -> Decoded:
    """What a code says by the named form, or by the first form that reads it. Raises UnknownCodec, MalformedCode."""
    tried = [codec(form)] if form else list(codecs().values())
    refusal: MalformedCode | None = None
    for each in tried:
        try:
            values = each.decode(text)
        except MalformedCode as error:
            refusal = refusal or error
        else:
            there = [part for part in each.parts if part.name in values]
            year = shanghai_year(now()) if any(part.dictionary for part in there) else 0
            said = tuple(_said(part, values[part.name], year) for part in there)
            return Decoded(each, each.encode(values), said)
    if form and refusal:
        raise refusal
    names = ", ".join(each.name for each in tried)
    raise MalformedCode(
        reason_zh=f"它不属于任何已知形式（{names}），或校验字符不符",
        reason_en=f"none of the known forms ({names}) reads it, or its check character does not match",
    )


def _said(part: Part, value: str, year: int) -> Said:
    if not part.dictionary:
        return Said(part, value, None, stands=False)
    words, code = dictionary(part.dictionary), value + part.suffix
    today = words.find(code, year=year)
    former = words.entries.get(code, ())
    return Said(part, value, today or (former[-1] if former else None), stands=today is not None)
