"""A folder of CSV files as a supply, and a supply as such a folder."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scheduling.domain.supply.changes import PARTS
from scheduling.domain.supply.extras import TERM_TARIFFS
from scheduling.domain.supply.supply import Supply
from scheduling.domain.supply.supply_files import (
    TERMS_FILE,
    FileError,
    SupplyFiles,
    file_names,
    read_supply,
    write_supply,
)

MARKINGS = "markings.csv"


def load_supply(folder: Path) -> SupplyFiles:
    """Read `sites.csv` … `offers.csv` in UTF-8, and `term_tariffs.csv` if it is there.

    Raises FileError with file, line, column and reason.
    """
    names = [*file_names(), *([TERMS_FILE] if (folder / TERMS_FILE).exists() else [])]
    return read_supply({name: _lines(folder / name) for name in names})


def save_supply(supply: Supply, folder: Path) -> None:
    """Write the files into a folder, made where it is missing; raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / TERMS_FILE).unlink(missing_ok=True)  # of another supply, which had prices by term
    for name, text in write_supply(supply):
        (folder / name).write_text(text, encoding="utf-8", newline="")


def save_markings(told: Mapping[str, Mapping[str, Mapping[str, Any]]], folder: Path) -> None:
    """Write which rows of the files are invented into `markings.csv` beside them: file, row id, marking.

    `told` is what is told of rows, by table and row id. No file of these has a place for it, and no hash holds it.
    """
    with (folder / MARKINGS).open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("file", "row", "marking"))
        for name in (*PARTS, TERM_TARIFFS.name):
            marks = [(key, each["marking"]) for key, each in told[name].items() if "marking" in each]
            rows.writerows((f"{name}.csv", key, marking) for key, marking in sorted(marks))


def _lines(path: Path) -> io.StringIO:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FileError(
            path.name, 0, "", f"the file cannot be read 无法读取文件: {error.strerror}"
        ) from error
    try:
        return io.StringIO(data.decode("utf-8"), newline="")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise FileError(path.name, line, "", "not UTF-8 不是 UTF-8 编码") from error
