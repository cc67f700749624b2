"""What a change must pass beside its tests: lint, format, types, import contracts, migrations and the OpenAPI contract."""

import difflib
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

CONTRACT = Path("docs/openapi.yaml")
LINES_SHOWN = 60
EVERY_MODULE = (
    "import importlib, pkgutil, sys; sys.path.insert(0, sys.argv[1]); import client; "
    "[importlib.import_module(each.name) for each in pkgutil.walk_packages(client.__path__, 'client.')]"
)
"""Imports all of the generated client: what nobody calls here may still be wrong."""

CHECKS: dict[str, tuple[str, ...]] = {
    "lint": ("-m", "ruff", "check", "."),
    "format": ("-m", "ruff", "format", "--check", "."),
    "types": ("-m", "mypy", "."),
    "import contracts": ("-c", "from importlinter.cli import lint_imports_command as run; run()"),
    "migrations": ("manage.py", "makemigrations", "--check", "--dry-run"),
}


def run(environment: Mapping[str, str], root: Path) -> bool:
    """Run every check, print a line for each and the words of those that fail; whether all passed."""
    return all(
        [
            *(_passes(name, words, environment, root) for name, words in CHECKS.items()),
            _contract(environment, root),
        ]
    )


def _passes(name: str, words: tuple[str, ...], environment: Mapping[str, str], root: Path) -> bool:
    begin = time.monotonic()
    done = subprocess.run(  # noqa: S603
        [sys.executable, *words],
        cwd=root,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    _report(name, good=done.returncode == 0, seconds=time.monotonic() - begin, words=done.stdout)
    return done.returncode == 0


def _contract(environment: Mapping[str, str], root: Path) -> bool:
    """Whether the API, described without a warning, is the one that the repository promises."""
    with tempfile.TemporaryDirectory() as folder:
        described = Path(folder) / "openapi.yaml"
        write = ("manage.py", "spectacular", "--fail-on-warn", "--file", str(described))
        validate = ("-m", "openapi_spec_validator", str(described))
        client = (
            *("-m", "openapi_python_client", "generate", "--path", str(described)),
            *("--config", "docs/client.yaml", "--meta", "none", "--fail-on-warning"),
            *("--output-path", str(Path(folder) / "client")),
        )
        imported = ("-c", EVERY_MODULE, folder)
        if not (
            _passes("OpenAPI written", write, environment, root)
            and _passes("OpenAPI valid", validate, environment, root)
            and _passes("client generated", client, environment, root)
            and _passes("client imported", imported, environment, root)
        ):
            return False
        now = described.read_text(encoding="utf-8").splitlines()
    promised = (
        (root / CONTRACT).read_text(encoding="utf-8").splitlines() if (root / CONTRACT).exists() else []
    )
    difference = list(difflib.unified_diff(promised, now, str(CONTRACT), "the code 代码", lineterm="", n=2))
    way_out = f"./dev manage spectacular --file {CONTRACT}"
    _report(
        "OpenAPI as promised",
        good=not difference,
        seconds=0,
        words="\n".join([*difference[:LINES_SHOWN], way_out]),
    )
    return not difference


def _report(name: str, *, good: bool, seconds: float, words: str) -> None:
    print(f"{'ok  ' if good else 'FAIL'} {name} ({seconds:.1f} s)", flush=True)
    if not good:
        print(words, flush=True)
