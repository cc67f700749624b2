"""The addresses and keys of the running demo as a file for a shell, so that the README's examples can be copied."""

import contextlib
import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

FILE = "credentials.env"


@contextlib.contextmanager
def credentials_file(folder: Path, values: Mapping[str, str]) -> Iterator[Path]:
    """A file in `folder` that exports each value under its name in capitals; only we may read it, and only for now.

    A name such as `compute-jia` becomes COMPUTE_JIA. The keys it holds die with the demo's database.
    """
    path = folder / FILE
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        for name, value in values.items():
            file.write(f"export {name.upper().replace('-', '_')}={shlex.quote(value)}\n")
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
