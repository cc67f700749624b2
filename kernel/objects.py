"""Objects of JSON documents."""

from typing import Any


class RepeatedKeyError(ValueError):
    """An object in which a key is given twice: whichever value was meant."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"the key {key!r} is there twice")


def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these members, for `json.loads(object_pairs_hook=…)`. Raises RepeatedKeyError."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise RepeatedKeyError(next(name for name in names if names.count(name) > 1))
    return found
