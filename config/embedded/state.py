"""What a run must remember across commands: its processes, and whether its services are kept or disposable."""

import json
from dataclasses import asdict
from pathlib import Path

from config.embedded.process import Process


class State:
    """A small JSON file, replaced whole at each change, so that a crash leaves the old or the new one."""

    def __init__(self, path: Path) -> None:
        """Name the file."""
        self.path = path

    def read(self, key: str) -> object:
        """The value of `key`; None where it was never written."""
        return self._all().get(key)

    def write(self, **values: object) -> None:
        """Write these values beside the others."""
        text = json.dumps(self._all() | values, indent=1, ensure_ascii=False)
        new = self.path.with_suffix(".new")
        new.write_text(text, encoding="utf-8")
        new.replace(self.path)

    def processes(self) -> dict[str, Process]:
        """The processes that were recorded, by name, the oldest first."""
        recorded = self.read("processes")
        return (
            {name: Process(**each) for name, each in recorded.items()} if isinstance(recorded, dict) else {}
        )

    def add_process(self, name: str, process: Process) -> None:
        """Record a process under its name."""
        self.write(
            processes={each: asdict(known) for each, known in (self.processes() | {name: process}).items()}
        )

    def forget(self) -> None:
        """Remove the file."""
        self.path.unlink(missing_ok=True)

    def _all(self) -> dict[str, object]:
        try:
            values = json.loads(self.path.read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
        return values if isinstance(values, dict) else {}
