"""The committed contract, read once: it is a megabyte, and libyaml takes a third of the time."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

CONTRACT = Path(__file__).parents[2] / "docs" / "openapi.yaml"


@cache
def contract() -> dict[str, Any]:
    """The OpenAPI document in docs/openapi.yaml; nobody changes what is returned."""
    return read(CONTRACT.read_text(encoding="utf-8"))


def read(text: str) -> dict[str, Any]:
    """An OpenAPI document in YAML."""
    document: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return document
