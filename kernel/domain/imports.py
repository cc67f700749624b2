"""Imports of many elements at once: the rows of a CSV, what is wrong with one, and what came of all."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kernel.text import Text


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one element: JSON pointer into the document, `/lines/N/column` in a CSV, stable code, reason."""

    pointer: str
    code: str
    reason: Text


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import read and did (or, dry, would do); with faults it did nothing.

    `withdrawn` rows went off the market, as the import says all that there is of what they priced and not them. `flags` say what of it was assumed, remarked, left out or held back.
    """

    dry_run: bool
    read: int
    created: int
    updated: int
    faults: tuple[Fault, ...]
    flags: tuple[Fault, ...] = ()
    withdrawn: int = 0


def csv_rows(text: str) -> tuple[list[tuple[str, dict[str, str]]], list[Fault]]:
    """The rows of a CSV text with a header as (`/lines/N`, cells by column); line 1 is the header. None at all is a fault."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[str, dict[str, str]]] = []
    faults: list[Fault] = []
    try:
        header = next(reader, [])
        if len(set(header)) != len(header):
            faults.append(Fault("/lines/1", "bad_header", Text("表头有重复列", "a column is there twice")))
        for cells in reader:
            pointer = f"/lines/{reader.line_num}"
            if not cells:
                continue
            if len(cells) != len(header):
                zh = f"{len(cells)} 个单元格，表头为 {len(header)} 列"
                en = f"{len(cells)} cells under {len(header)} columns"
                faults.append(Fault(pointer, "bad_row", Text(zh, en)))
            else:
                rows.append((pointer, dict(zip(header, cells, strict=True))))
    except csv.Error as error:
        zh, en = f"不是有效的 CSV：{error}", f"not CSV: {error}"
        faults.append(Fault(f"/lines/{reader.line_num}", "bad_csv", Text(zh, en)))
    return rows, faults or nothing_read(rows, "/lines/1")


def nothing_read(given: Sequence[Any], pointer: str) -> list[Fault]:
    """A fault where an import brings no element: a file of another kind, or one that was cut off, is no success."""
    if given:
        return []
    zh, en = "未读到任何内容；请核对文件与格式", "nothing was read: check the file and its format"
    return [Fault(pointer, "nothing_read", Text(zh, en))]


def line_of(fault: Fault) -> int:
    """The line of a CSV that a fault stands in."""
    return int(fault.pointer.split("/")[2])
