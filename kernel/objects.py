"""Objects of JSON documents."""

import json
from collections.abc import Iterable, Iterator
from typing import Any


class RepeatedKeyError(ValueError):
    """An object in which a key is given twice: whichever value was meant."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"the key {key!r} is there twice")


def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these members, for `json.loads(object_pairs_hook=…)`. Raises RepeatedKeyError."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise RepeatedKeyError(name)
        found[name] = value
    return found


def canonical_json(document: Any) -> str:
    """The document as JSON with sorted keys and no spaces: the text whose UTF-8 bytes are hashed and signed."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def walk(data: Any) -> Iterator[tuple[list[str | int], Any]]:
    """Every value of a JSON document in its order, the document first, with the names and places that lead to it.

    The path is the walker's own and good until the next step: to keep one for each value would cost depth × width.
    """
    path: list[str | int] = []
    yield path, data
    ways = [_inner(data)]
    path.append("")
    while ways:
        for path[-1], value in ways[-1]:
            yield path, value
            if isinstance(value, dict | list):
                ways.append(_inner(value))
                path.append("")
                break
        else:
            ways.pop()
            path.pop()


def _inner(value: Any) -> Iterator[tuple[str | int, Any]]:
    """What is directly within a value, by name or place."""
    parts: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)
    return iter(parts)
