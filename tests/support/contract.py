"""The committed contract, read once: it is a megabyte, and libyaml takes a third of the time."""

import re
from collections.abc import Collection
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


def part_of(document: dict[str, Any], operations: Collection[str]) -> dict[str, Any]:
    """The document as far as it speaks of some operations: their paths, and every schema that these lead to."""
    paths = {
        path: kept
        for path, words in document["paths"].items()
        if (kept := {verb: each for verb, each in words.items() if each.get("operationId") in operations})
    }
    schemas, wanted = document["components"]["schemas"], _schemas_in(paths)
    found: dict[str, Any] = {}
    while wanted:
        found |= {name: schemas[name] for name in wanted}
        wanted = _schemas_in([schemas[name] for name in wanted]) - found.keys()
    return {**document, "paths": paths, "components": {**document["components"], "schemas": found}}


def _schemas_in(part: object) -> set[str]:
    return {*re.findall(r"#/components/schemas/(\w+)", repr(part))}
