"""The committed contract, read once: it is a megabyte, and libyaml takes a third of the time."""

import copy
import re
from collections.abc import Collection, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

CONTRACT = Path(__file__).parents[2] / "docs" / "openapi.yaml"
OF_ANY_ANSWER = {
    *("Allow", "Cache-Control", "Content-Length", "Content-Type", "Cross-Origin-Opener-Policy", "Pragma"),
    *("Referrer-Policy", "Vary", "X-Accel-Buffering", "X-Content-Type-Options", "X-Frame-Options"),
}
"""Headers that the contract need not name: HTTP's own, and what a browser is told."""


@cache
def contract() -> dict[str, Any]:
    """The OpenAPI document in docs/openapi.yaml; nobody changes what is returned."""
    return read(CONTRACT.read_text(encoding="utf-8"))


def read(text: str) -> dict[str, Any]:
    """An OpenAPI document in YAML."""
    document: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return document


@cache
def answers() -> dict[str, dict[int, set[str]]]:
    """Operation → the statuses that it may answer with, and the headers that are named for each."""
    document = contract()
    shared = document["components"]["responses"]
    return {
        words["operationId"]: {
            int(status): set((shared[told["$ref"].rsplit("/", 1)[1]] if "$ref" in told else told)["headers"])
            for status, told in words["responses"].items()
        }
        for methods in document["paths"].values()
        for words in methods.values()
    }


def undeclared(operation: str, status: int, headers: Iterable[str]) -> list[str]:
    """What of an answer is not in the contract: its status, or headers beside those that any answer may have."""
    told = answers()[operation].get(status)
    if told is None:
        return [f"status {status} is not in the contract"]
    return [f"{name} is not in the contract" for name in headers if name not in told | OF_ANY_ANSWER]


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


def schema(name: str) -> dict[str, Any]:
    """A component of the contract that stands by itself, with all that it refers to."""
    return {"$ref": f"#/components/schemas/{name}", "components": contract()["components"]}


def misfits(name: str, document: object) -> list[str]:
    """Where a document is not as the contract says of the component: wrong types, members missing, members never named."""
    validator = Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": _closed()})
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


@cache
def _closed() -> dict[str, Any]:
    """The components, whose objects have the members that are named and no others."""
    components: dict[str, Any] = copy.deepcopy(contract()["components"])
    for each in components["schemas"].values():
        if "properties" in each:
            each.setdefault("additionalProperties", False)
    return components
