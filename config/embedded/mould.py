"""The cluster with its schema made, kept once so that every later run begins with a copy: migrating takes longer."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOT_OF_THE_SCHEMA = {"tests", "demo", "docs"}
KINDS = {".py", ".sql", ".yaml"}


class Mould:
    """A stopped cluster whose database of the regional role is migrated, for just the code that is there now."""

    def __init__(self, root: Path, run: Path) -> None:
        """Name the project and the folder that keeps it."""
        self.root = root
        self.run = run
        self.of = self._code()

    def pour(self, data: Path) -> bool:
        """Copy it to `data`; False where it is missing or was made by other code."""
        kept = self._kept(data)
        with self._alone():
            if not kept.exists():
                return False
            _copy(kept, data, lasting=False)
        return True

    def take(self, data: Path) -> None:
        """Keep the stopped cluster `data` in the place of all before; nothing where the code changed meanwhile."""
        if self.of != self._code():
            return
        with self._alone():
            for old in self.run.glob("mould-*"):
                shutil.rmtree(old)
            _copy(data, self._kept(data), lasting=True)

    def _kept(self, data: Path) -> Path:
        return self.run / f"mould-{data.name}-{self.of}"

    def _code(self) -> str:
        """A digest of all that may decide on the schema, rather too much than too little."""
        digest = hashlib.sha256((self.root / "requirements.lock").read_bytes())
        for package in sorted(self.root.glob("*/__init__.py")):
            if package.parent.name not in NOT_OF_THE_SCHEMA:
                for file in sorted(each for each in package.parent.rglob("*.*") if each.suffix in KINDS):
                    digest.update(str(file.relative_to(self.root)).encode() + b"\0" + file.read_bytes())
        return digest.hexdigest()[:16]

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else copies or replaces it meanwhile."""
        self.run.mkdir(parents=True, exist_ok=True)
        with (self.run / "mould.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _copy(folder: Path, target: Path, *, lasting: bool) -> None:
    """A copy of the same owner, which may be the services' account; what is broken off leaves nothing that looks whole."""
    unfinished = target.with_name(f"{target.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    subprocess.run(["/bin/cp", "-pR", str(folder), str(unfinished)], check=True)  # noqa: S603 - our own two folders
    if lasting:
        os.sync()  # a power cut too
    unfinished.rename(target)
