"""A folder of five CSV files as a supply, and a supply as such a folder."""

import io
from pathlib import Path

from scheduling.domain.supply import Supply
from scheduling.domain.supply_files import FileError, SupplyFiles, file_names, read_supply, write_supply


def load_supply(folder: Path) -> SupplyFiles:
    """Read `sites.csv` … `offers.csv` in UTF-8; raises FileError with file, line, column and reason."""
    return read_supply({name: _lines(folder / name) for name in file_names()})


def save_supply(supply: Supply, folder: Path) -> None:
    """Write the five files into a folder, made where it is missing; raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in write_supply(supply):
        (folder / name).write_text(text, encoding="utf-8", newline="")


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
