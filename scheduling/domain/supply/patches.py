"""A large table with a few rows changed, at the cost of the few."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

R = TypeVar("R")

_SMALL = 16
"""A patch stays one while it is less than a sixteenth of its table; then all is written out once."""


class Patch(Mapping[str, R]):
    """The rows of `base` without those that are over, and with the new ones."""

    def __init__(self, base: Mapping[str, R], new: Mapping[str, R], over: frozenset[str]) -> None:
        """Keep the three; `over` are keys of `base`, those of `new` among them where they take the place of one."""
        self.base, self.new, self.over = base, new, over

    def __getitem__(self, key: str) -> R:
        """The row of a key."""
        if key in self.new:
            return self.new[key]
        if key in self.over:
            raise KeyError(key)
        return self.base[key]

    def __iter__(self) -> Iterator[str]:
        """The keys that stayed, then the new ones."""
        yield from (key for key in self.base if key not in self.over)
        yield from self.new

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.base) - len(self.over) + len(self.new)


def patched(rows: Mapping[str, R], put: Mapping[str, R], dropped: Iterable[str]) -> Mapping[str, R]:
    """The table with the rows `put` (new, or in place of those of the same key) and without those `dropped`."""
    base, new, over = (rows.base, rows.new, rows.over) if isinstance(rows, Patch) else (rows, {}, frozenset())
    touched = {*put, *dropped}
    new = {key: row for key, row in new.items() if key not in touched} | dict(put)
    over = over.union(key for key in touched if key in base)
    found = Patch(base, new, over)
    return dict(found) if (len(new) + len(over)) * _SMALL > len(base) else found
