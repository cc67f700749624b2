"""The packages and sources of the house, as the laws read them."""

import ast
from collections.abc import Iterator
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

from django.conf import settings

ROOT = Path(__file__).resolve().parents[2]
FLOORS: list[str] = list(settings.FLOORS)
BUILT = [floor for floor in FLOORS if (ROOT / floor / "__init__.py").exists()]
PRODUCT = ["config", *BUILT]
WRITTEN = [*PRODUCT, "demo", "tests"]


def sources(*packages: str, root: Path = ROOT) -> Iterator[Path]:
    """Every Python file of the named packages that people write; migrations are made by Django."""
    for package in packages:
        for path in sorted((root / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


@lru_cache(1)
def tree(path: Path) -> ast.Module:
    """The file, parsed; the last one is kept for the law that asks next."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@lru_cache(1)
def nodes(path: Path) -> list[ast.AST]:
    """All that stands in the file."""
    return list(ast.walk(tree(path)))


def place(path: Path, node: ast.AST | None = None) -> str:
    """Where something stands, as people click on it."""
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else Path(path.name)
    return f"{shown}:{getattr(node, 'lineno', 1)}"


def import_every_floor() -> None:
    """Import every module of the floors, so that each error, event and vocabulary is known."""
    for floor in BUILT:
        for module in walk_packages([str(ROOT / floor)], f"{floor}."):
            if ".migrations" not in module.name and ".commands." not in module.name:
                import_module(module.name)
