"""The CSV files of a supply, five and one of prices by term: read with a reason for each bad row, and written again."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from scheduling.domain.numbers import NumberError, parse_decimal, parse_integer
from scheduling.domain.rows import REQUIRED, TABLES, Cell, Column, Row, Table, Tariff, canonical, row_id
from scheduling.domain.supply.extras import TERM_TARIFFS, Extras, TermTariff
from scheduling.domain.supply.supply import Supply, SupplyError


class FileError(ValueError):
    """A bad row of a supply file: file, line (1 is the header), column and reason in two languages."""

    def __init__(self, file: str, line: int, column: str, reason: str) -> None:
        self.file, self.line, self.column, self.reason = file, line, column, reason
        super().__init__(f"{file}:{line}: {column}: {reason}")


@dataclass(frozen=True, slots=True)
class SupplyFiles:
    """What was read: the supply, and warnings about columns that nobody knows."""

    supply: Supply
    warnings: tuple[str, ...]


@dataclass(slots=True)
class _Reading:
    rows: list[Row] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)


TERMS_FILE = f"{TERM_TARIFFS.name}.csv"
"""The file that is there only where a step has a price for a longer term."""


def file_names() -> tuple[str, ...]:
    """The five files of a supply folder, in the order they are read and hashed."""
    return tuple(f"{table.name}.csv" for table in TABLES)


def read_supply(texts: Mapping[str, Iterable[str]]) -> SupplyFiles:
    """Read the five files, and the one of prices by term if it is there, each as lines of text under its name.

    Raises FileError at the first bad row.
    """
    warnings: list[str] = []
    read = {table.name: _read_table(table, texts[f"{table.name}.csv"], warnings) for table in TABLES}
    rows: list[Any] = [read[table.name].rows for table in TABLES]
    try:
        supply = Supply.build(*rows)
    except SupplyError as error:
        line = read[error.table].lines[error.position]
        raise FileError(f"{error.table}.csv", line, error.column, error.reason) from error
    if TERMS_FILE in texts:
        terms = _read_terms(_read_table(TERM_TARIFFS, texts[TERMS_FILE], warnings), supply.tariffs)
        supply = replace(supply, extras=Extras(term_tariffs=terms))
    return SupplyFiles(supply, tuple(warnings))


def _read_terms(reading: _Reading, tariffs: Mapping[str, Tariff]) -> dict[str, TermTariff]:
    """The rows by id: each for a longer term than the row of its step and zone in `tariffs.csv`."""
    found: dict[str, TermTariff] = {}
    for row, line in zip(reading.rows, reading.lines, strict=True):
        assert isinstance(row, TermTariff)  # noqa: S101 - the table's
        key, first = row_id(TERM_TARIFFS, row), tariffs.get(row_id(TABLES[2], row))
        if key in found:
            raise FileError(TERMS_FILE, line, "min_months", f"duplicate id {key!r} 编号重复")
        if first is None or first.min_months >= row.min_months:
            reason = "tariffs.csv has no such step with a lesser term tariffs.csv 中没有期限更短的同一档位"
            raise FileError(TERMS_FILE, line, "min_months", reason)
        found[key] = row
    return found


def _read_table(table: Table, text: Iterable[str], warnings: list[str]) -> _Reading:
    file = f"{table.name}.csv"
    reader = csv.reader(text, strict=True)
    reading = _Reading()
    try:
        header = _header(table, next(reader, []), warnings)
        for cells in reader:
            if not cells:
                continue
            if len(cells) != len(header):
                reason = f"{len(cells)} cells under {len(header)} columns 单元格数与表头不符"
                raise FileError(file, reader.line_num, header[min(len(cells), len(header) - 1)], reason)
            reading.rows.append(_read_row(table, reader.line_num, dict(zip(header, cells, strict=True))))
            reading.lines.append(reader.line_num)
    except csv.Error as error:
        raise FileError(file, reader.line_num, "", f"not CSV 不是有效的 CSV: {error}") from error
    return reading


def _header(table: Table, cells: list[str], warnings: list[str]) -> list[str]:
    file = f"{table.name}.csv"
    header = [cell.removeprefix("\ufeff") if position == 0 else cell for position, cell in enumerate(cells)]
    known = {column.name for column in table.columns}
    for name in header:
        if header.count(name) > 1:
            raise FileError(file, 1, name, "the column is there twice 列重复")
    for column in table.columns:
        if column.empty is REQUIRED and column.name not in header:
            raise FileError(file, 1, column.name, "the column is missing 缺少该列")
    warnings += [f"{file}: unknown column {name!r} 未知列，已忽略" for name in header if name not in known]
    return header


def _read_row(table: Table, line: int, cells: Mapping[str, str]) -> Row:
    values: dict[str, Any] = {}
    for column in table.columns:
        text = cells.get(column.name, "")
        try:
            values[column.name] = _cell(column, text, cells)
        except NumberError as error:
            raise FileError(f"{table.name}.csv", line, column.name, str(error)) from error
    if values.get("kind") == "commitment" and values["measured_us"] is None:
        reason = "a commitment states its latency here 承诺线路须填写承诺时延"
        raise FileError(f"{table.name}.csv", line, "measured_us", reason)
    row: Row = table.row(**values)
    return row


def _cell(column: Column, text: str, cells: Mapping[str, str]) -> Cell | object:
    if not text:
        if column.name == "km" and cells.get("kind") == "commitment":
            return Decimal(0)
        if column.empty is REQUIRED:
            raise NumberError("必填", "a value is required")
        return column.empty
    if column.pattern and not re.fullmatch(column.pattern, text, re.ASCII):
        raise NumberError(
            f"{text!r} 不在取值范围内：{column.pattern}", f"{text!r} is not one of {column.pattern}"
        )
    match column.kind:
        case "integer":
            return parse_integer(text)
        case "decimal":
            return parse_decimal(text, column.places, signed=column.signed)
        case "names":
            return tuple(name for name in text.split(";") if name)
    return text


def write_supply(supply: Supply) -> Iterator[tuple[str, str]]:
    """The five files as (name, CSV text), rows in order of id; reading them back gives the same hash.

    And that of prices by term where there are any.
    """
    tables: list[tuple[Table, Mapping[str, Row]]] = [(table, getattr(supply, table.name)) for table in TABLES]
    if supply.extras.term_tariffs:
        tables.append((TERM_TARIFFS, supply.extras.term_tariffs))
    for table, rows in tables:
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(column.name for column in table.columns)
        for key in sorted(rows):
            writer.writerow("" if cell is None else cell for cell in canonical(table, rows[key]).values())
        yield f"{table.name}.csv", out.getvalue()
