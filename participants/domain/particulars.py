"""The particulars that a kind of document declares in the profile: typed fields, read and refused one by one."""

import re
from collections.abc import Mapping
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

    TEXT = "text", "文字", "text"
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
    """The particulars as JSON, each of its declared type. Raises UnusableDocument at the first that is not."""
    if not isinstance(given, dict):
        raise _wrong("", "须为 JSON 对象", "must be a JSON object")
    for name in given:
        if name not in declared:
            known = ", ".join(declared) or "–"
            raise _wrong(
                f"/{token(name)}",
                f"该类材料没有此项；可填：{known}",
                f"not a particular of this kind; these are: {known}",
            )
    found = {}
    for name, field in declared.items():
        value = given.get(name)
        if value in (None, "", []):
            if field.required:
                raise _wrong(f"/{name}", f"须填写{field.label.zh}", f"{field.label.en} is required")
            continue
        found[name] = _read(name, field, value)
    return found


def masked(declared: Mapping[str, Particular], facts: Mapping[str, Any]) -> dict[str, Any]:
    """The particulars for those who may not open the file: what is personal is there, and not readable."""
    personal = {name for name, field in declared.items() if field.personal}
    return {name: MASK if name in personal else value for name, value in facts.items()}


def covers(division: str, city: str) -> bool:
    """Whether a division of GB/T 2260 contains a place: its province, its city, or itself."""
    return division == NATION or lies_in(city, division)


def _read(name: str, field: Particular, value: Any) -> Any:
    label = field.type.label
    wrong = _wrong(f"/{name}", f"{field.label.zh}须为{label.zh}", f"{field.label.en} must be {label.en}")
    match field.type:
        case ParticularType.TEXT if isinstance(value, str) and len(value) <= LONGEST:
            return value
        case ParticularType.CODE if isinstance(value, str):
            try:
                return read_code(value)[0]
            except MalformedCreditCode:
                raise wrong from None
        case ParticularType.DATE if isinstance(value, str):
            try:
                return read_day(value).isoformat()
            except ValueError:
                raise wrong from None
        case ParticularType.YEAR if type(value) is int and 1990 <= value <= 9999:  # noqa: PLR2004 - years
            return value
        case ParticularType.LEVEL if type(value) is int and 1 <= value <= 5:  # noqa: PLR2004 - five levels
            return value
        case ParticularType.DIVISIONS if isinstance(value, list) and all(
            isinstance(each, str) and DIVISION.fullmatch(each) for each in value
        ):
            return sorted(set(value))
    raise wrong


def _wrong(pointer: str, zh: str, en: str) -> UnusableDocument:
    return UnusableDocument(pointer=f"/particulars{pointer}", reason_zh=f"{zh}。", reason_en=f"{en}.")
