"""Reading what a provider sends, element by element, with a reason for each that is wrong."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any

from kernel.domain.imports import Fault
from kernel.objects import distinct
from kernel.text import Text, token
from scheduling.domain.circles.areas import AreaError, read_area
from scheduling.domain.numbers import NumberError, parse_integer, parse_padded, plain
from scheduling.domain.rows import FLAG, REQUIRED, Column

KEY = "[a-z0-9][a-z0-9._-]{0,63}"  # human ids, unique in the node, safe in files and addresses
LONGEST_TEXT = 100
LARGEST = 10_000  # elements of one import
MOST_UNKNOWN = 20  # members of one element that are named


@dataclass(frozen=True, slots=True)
class Element:
    """One element that can be read: where it stands and its values by column."""

    pointer: str
    values: Mapping[str, Any]

    def fault(self, column: str, code: str, zh: str, en: str) -> Fault:
        """A fault of one of its columns."""
        return Fault(f"{self.pointer}/{column}", code, Text(zh, en))


NOTHING_THERE: Mapping[str, Mapping[str, Any]] = {}


def read_elements(
    columns: Sequence[Column],
    given: Iterable[tuple[str, Any]],
    *,
    beside: frozenset[str] = frozenset(),
    there: Mapping[str, Mapping[str, Any]] = NOTHING_THERE,
) -> tuple[list[Element], list[Fault]]:
    """The elements that can be read, and the faults of the others; `given` are (pointer, object) pairs.

    Values may be JSON or the texts of CSV cells; `beside` names members that are allowed and not read. A member that is
    not given at all keeps its value of the row that is `there` under the key in the first column; null and an empty
    cell are given, and stand for what the column says.
    """
    elements: list[Element] = []
    faults: list[Fault] = []
    taken = {column.name for column in columns} | beside
    for pointer, members in given:
        if not isinstance(members, Mapping):
            faults.append(Fault(pointer, "bad_value", Text("须为对象", "an object is expected")))
            continue
        unknown = (name for name in members if name not in taken)
        wrong = [
            Fault(f"{pointer}/{token(name)}", "unknown_field", Text("没有该字段", "no such field"))
            for name in islice(unknown, MOST_UNKNOWN)
        ]
        kept = there.get(str(members.get(columns[0].name)), {})
        values = {name: value for name, value in kept.items() if name not in members}
        for column in columns:
            if column.name in values:
                continue
            try:
                values[column.name] = _value(column, members.get(column.name))
            except NumberError as error:
                wrong.append(Fault(f"{pointer}/{column.name}", "bad_value", error.text))
            except AreaError as error:
                wrong.append(Fault(f"{pointer}/{column.name}", error.code, error.text))
        faults += wrong
        if not wrong:
            elements.append(Element(pointer, values))
    return elements, faults


def keys_in(given: Iterable[tuple[str, Any]], column: str) -> set[str]:
    """The keys that elements give in a column, before they are read; what is no key is left out."""
    told = (str(members.get(column)) for _, members in given if isinstance(members, Mapping))
    return {key for key in told if re.fullmatch(KEY, key, re.ASCII)}


def twice(elements: Iterable[Element], *columns: str) -> list[Fault]:
    """A fault for every element whose columns together repeat those of an earlier one."""
    seen: set[tuple[Any, ...]] = set()
    faults = []
    for element in elements:
        key = tuple(element.values[name] for name in columns)
        if key in seen:
            shown = "|".join(str(part) for part in key)
            faults.append(
                element.fault(columns[0], "duplicate", f"{shown} 在本次提交中重复", f"{shown} is there twice")
            )
        seen.add(key)
    return faults


def _value(column: Column, given: Any) -> Any:
    if column.kind == "area":
        return _area(given)
    text = _text(given, flag=column.pattern == FLAG)
    if not text:
        if column.empty is REQUIRED:
            raise NumberError("必填", "a value is required")
        return column.empty
    if column.pattern and not re.fullmatch(column.pattern, text, re.ASCII):
        raise _misfit(text[:LONGEST_TEXT], column.pattern)
    match column.kind:
        case "integer":
            value = parse_integer(text)
            if column.most is not None and value > column.most:
                raise NumberError(f"至多 {column.most}", f"at most {column.most}")
            return value
        case "decimal":
            return parse_padded(text, column.places, signed=column.signed)
        case "names":
            return tuple(sorted({name.strip() for name in text.split(";") if name.strip()}))
    if len(text) > LONGEST_TEXT or not text.isprintable():
        raise NumberError(f"至多 {LONGEST_TEXT} 个可见字符", f"at most {LONGEST_TEXT} printable characters")
    return text


def _misfit(shown: str, pattern: str) -> NumberError:
    """What a cell must be: one of a list, or of a form."""
    if re.fullmatch(r"\w+(\|\w+)*", pattern):
        known = pattern.replace("|", ", ")
        return NumberError(f"{shown!r} 不在取值范围内：{known}", f"{shown!r} is not one of {known}")
    return NumberError(
        f"{shown!r} 格式不符：须匹配 {pattern}", f"{shown!r} does not match the pattern {pattern}"
    )


def _area(given: Any) -> dict[str, Any] | None:
    """A GeoJSON area, as an object or, in a cell of a CSV, as the text of one."""
    if given is None or given == "":
        return None
    if isinstance(given, str):
        try:
            given = json.loads(given, object_pairs_hook=distinct)
        except (ValueError, RecursionError) as error:
            raise NumberError(f"不是 JSON：{error}", f"not JSON: {error}") from error
    return read_area(given)


def _text(given: Any, *, flag: bool) -> str:
    """A JSON value as the text of a cell; a float never stands for a number of ours."""
    match given:
        case None:
            return ""
        case bool() if flag:
            return "1" if given else "0"
        case bool():
            raise NumberError("不得为 true 或 false", "neither true nor false is a value of it")
        case str():
            return given
        case int():
            return str(given)
        case Decimal():
            return plain(given)
        case list() | tuple() if all(isinstance(part, str) and ";" not in part for part in given):
            return ";".join(given)
    raise NumberError("小数须写成文本，列表须为文本列表", "write decimals as text, lists as texts")


def too_many(given: Sequence[Any], pointer: str) -> list[Fault]:
    """A fault where one import brings more elements than a request may."""
    if len(given) <= LARGEST:
        return []
    zh, en = f"一次至多 {LARGEST} 条，请分批提交", f"at most {LARGEST} at once: send them in parts"
    return [Fault(pointer, "too_many", Text(zh, en))]
