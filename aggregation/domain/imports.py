"""Offers as a CSV file: every row is read, and every wrong cell is told with its line and column."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from aggregation.domain.faults import Fault, FaultCode
from aggregation.domain.offers import PRICE_PLACES, REPEATED, OfferDraft, OfferTerm, OfferUnit
from aggregation.domain.pools import PoolKind
from kernel.domain import imports
from kernel.domain.imports import csv_rows
from kernel.quantities import plain_decimal
from kernel.text import Vocabulary, token

MOST_BYTES = 5 * 2**20
MOST_ROWS = 10_000
KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
LARGEST_NUMBER = Decimal(10) ** 12
LARGEST_COUNT = 2**31 - 1
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(slots=True)
class OfferFile:
    """What a file says: how many rows, the faults of those that say no draft, the drafts by pointer, and the first pointer of each key."""

    rows: int
    faults: list[imports.Fault]
    drafts: dict[str, OfferDraft] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)


class _CellError(ValueError):
    """A cell that its column does not take."""

    def __init__(self, code: FaultCode, **params: object) -> None:
        super().__init__(code)
        self.code, self.params = code, params


def _key(text: str) -> str:
    if text.startswith(FORMULA_STARTS):
        raise _CellError(FaultCode.FORMULA)
    if not KEY.fullmatch(text):
        raise _CellError(FaultCode.NOT_A_KEY)
    return text


def _text(text: str) -> str:
    if text.startswith(FORMULA_STARTS):
        raise _CellError(FaultCode.FORMULA)
    return text


def _number(text: str) -> Decimal:
    number = plain_decimal(text, 0)
    if number is None or abs(number) >= LARGEST_NUMBER:
        raise _CellError(FaultCode.NOT_A_NUMBER, value=text)
    if number < 0:
        raise _CellError(FaultCode.NEGATIVE)
    return number


def _whole(least: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        number = _number(text)
        if number != number.to_integral_value():
            raise _CellError(FaultCode.NOT_WHOLE, value=text)
        if number < least:
            raise _CellError(FaultCode.TOO_SMALL, least=least)
        if number > LARGEST_COUNT:
            raise _CellError(FaultCode.TOO_LARGE, most=LARGEST_COUNT)
        return int(number)

    return read


def _decimal(places: int) -> Callable[[str], Decimal]:
    def read(text: str) -> Decimal:
        number = _number(text)
        if number != round(number, places):
            raise _CellError(FaultCode.TOO_PRECISE, places=places)
        return number

    return read


def _one_of(vocabulary: type[Vocabulary]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in vocabulary.codes():
            raise _CellError(FaultCode.NOT_A_CHOICE, choices=", ".join(vocabulary.codes()))
        return text

    return read


def _flag(text: str) -> bool:
    if text not in ("0", "1"):
        raise _CellError(FaultCode.NOT_A_CHOICE, choices="0, 1")
    return text == "1"


READERS: Mapping[str, Callable[[str], object]] = {
    "offer": _key, "pool": _key, "centre": _key, "kind": _one_of(PoolKind), "accelerator": _text,
    "domestic": _flag, "accelerators": _whole(0), "accelerator_memory_gib": _decimal(6), "vcpus": _whole(0),
    "memory_gib": _decimal(6), "fp64_tflops": _decimal(6), "fp32_tflops": _decimal(6),
    "fp16_tflops": _decimal(6), "unit": _one_of(OfferUnit), "term": _one_of(OfferTerm),
    "min_hours": _whole(1), "price_cny_hour": _decimal(PRICE_PLACES), "available": _whole(0),
}  # fmt: skip
REQUIRED = ("offer", "pool", "unit", "min_hours", "price_cny_hour", "available")


def read_offers(text: str) -> OfferFile:
    """Read the whole file; no row is passed over in silence, each is a draft or has at least one fault."""
    rows, torn = csv_rows(text)
    file = OfferFile(len(rows), torn)
    for pointer, cells in rows:
        if wrong := _faults_of_header(cells):
            file.faults += [placed("/lines/1", each) for each in wrong]
            break
        _read_row(file, pointer, cells)
    return file


def placed(pointer: str, fault: Fault) -> imports.Fault:
    """The fault of a column, in the row that the pointer leads to."""
    return imports.Fault(f"{pointer}/{token(fault.column)}", fault.code.value, fault.text)


def _faults_of_header(header: Iterable[str]) -> list[Fault]:
    named = list(header)
    found = [Fault.of(FaultCode.MISSING_COLUMN, name) for name in REQUIRED if name not in named]
    return found + [Fault.of(FaultCode.UNKNOWN_COLUMN, name[:80]) for name in named if name not in READERS]


def _read_row(file: OfferFile, pointer: str, cells: Mapping[str, str]) -> None:
    values: dict[str, object] = {}
    found = []
    for column, cell in cells.items():
        text = cell.strip(" ")
        if text:
            try:
                values[column] = READERS[column](text)
            except _CellError as bad:
                found.append(Fault.of(bad.code, column, **bad.params))
        elif column in REQUIRED:
            found.append(Fault.of(FaultCode.MISSING, column))
    key = values.get("offer")
    if isinstance(key, str) and (first := file.keys.setdefault(key, pointer)) != pointer:
        found.append(Fault.of(FaultCode.DUPLICATE, "offer", line=first.rpartition("/")[2]))
    if found:
        file.faults += [placed(pointer, fault) for fault in found]
        return
    stated = {column: values[column] for column in REPEATED if column in values}
    own = {name: values[name] for name in ("pool", "unit", "min_hours", "price_cny_hour", "available")}
    term = values.get("term", OfferTerm.ON_DEMAND.value)
    file.drafts[pointer] = OfferDraft(key=key, term=term, stated=stated, **own)  # type: ignore[arg-type] # read by column
