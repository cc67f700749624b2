"""The particulars that a kind of document declares in the profile: typed fields, read one by one and refused together."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from kernel.divisions import lies_in
from kernel.instants import read_day
from kernel.text import Text, Vocabulary, token
from participants.domain.credit_codes import read_code
from participants.errors import MalformedCreditCode, UnusableDocument

LONGEST = 200
MASK = "***"
DIVISION = re.compile(r"[0-9]{6}")
NATION = "100000"  # 全国


class ParticularType(Vocabulary):
    """What a particular is."""

    TEXT = "text", f"文字，最多 {LONGEST} 字", f"text of {LONGEST} characters at most"
    CODE = "code", "统一社会信用代码或组织机构代码", "a social credit code or organisation code"
    DATE = "date", "日期（YYYY-MM-DD）", "a date (YYYY-MM-DD)"
    YEAR = "year", "年份（整数）", "a year (an integer)"
    LEVEL = "level", "级别（1–5 的整数）", "a level (an integer from 1 to 5)"
    DIVISIONS = (
        "divisions",
        "行政区划代码列表（GB/T 2260，6 位；100000 为全国）",
        "a list of division codes (GB/T 2260, 6 digits; 100000 is the nation)",
    )


@dataclass(frozen=True, slots=True)
class Particular:
    """One declared field of a kind of document."""

    type: ParticularType
    label: Text
    required: bool = True
    personal: bool = False


def read_particulars(declared: Mapping[str, Particular], given: Any) -> dict[str, Any]:
    """The particulars as JSON, each of its declared type. Raises UnusableDocument, once, for all that are not."""
    if not isinstance(given, dict):
        raise _refused({"": Text("须为 JSON 对象", "must be a JSON object")})
    known = ", ".join(declared) or "–"
    other = Text(f"该类材料没有此项；可填：{known}", f"not a particular of this kind; these are: {known}")
    wrong = {name: other for name in given if name not in declared}
    found = {}
    for name, field in declared.items():
        value = given.get(name)
        if value in (None, "", []) and not field.required:
            continue
        found[name] = _read(field, value)
        if found[name] is None:
            label, form = field.label, field.type.label
            wrong[name] = Text(f"{label.zh}，须为{form.zh}", f"{label.en}, which must be {form.en}")
    if wrong:
        raise _refused(wrong)
    return found


def masked(declared: Mapping[str, Particular], facts: Mapping[str, Any]) -> dict[str, Any]:
    """The particulars for those who may not open the file: what is personal is there, and not readable."""
    personal = {name for name, field in declared.items() if field.personal}
    return {name: MASK if name in personal else value for name, value in facts.items()}


def covers(division: str, city: str) -> bool:
    """Whether a division of GB/T 2260 contains a place: its province, its city, or itself."""
    return division == NATION or lies_in(city, division)


def _read(field: Particular, value: Any) -> Any:
    """The value as it is kept; None where it is none of the field's type."""
    kept: Any = None
    match field.type:
        case ParticularType.TEXT if isinstance(value, str) and 0 < len(value) <= LONGEST:
            kept = value
        case ParticularType.CODE if isinstance(value, str):
            with suppress(MalformedCreditCode):
                kept = read_code(value)[0]
        case ParticularType.DATE if isinstance(value, str):
            with suppress(ValueError):
                kept = read_day(value).isoformat()
        case ParticularType.YEAR if type(value) is int and 1990 <= value <= 9999:  # noqa: PLR2004 - years
            kept = value
        case ParticularType.LEVEL if type(value) is int and 1 <= value <= 5:  # noqa: PLR2004 - five levels
            kept = value
        case ParticularType.DIVISIONS if isinstance(value, list) and all(
            isinstance(each, str) and DIVISION.fullmatch(each) for each in value
        ):
            kept = sorted(set(value)) or None
    return kept


def _refused(wrong: Mapping[str, Text]) -> UnusableDocument:
    """One refusal of all that is wrong, by name (none: the particulars as a whole); it points at the first."""
    first = next(iter(wrong))
    said = [(f"{name}: " if name else "", why) for name, why in wrong.items()]
    return UnusableDocument(
        pointer=f"/particulars/{token(first)}" if first else "/particulars",
        reason_zh="；".join(name + why.zh for name, why in said) + "。",
        reason_en="; ".join(name + why.en for name, why in said) + ".",
    )
