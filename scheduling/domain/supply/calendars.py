"""What is booked ahead of many resources, as columns: what is free of each throughout a window."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, compress

import numpy as np

from scheduling.domain.supply.extras import Booked, Steps
from scheduling.domain.supply.offers import Ints

PARTS = ("offer", "span", "store")
_ALWAYS = 2**62


@dataclass(frozen=True, eq=False)
class Calendars:
    """Of each row of `booked` what it grants at a time and what nobody has without end; and all steps, one row after another.

    A step has `level` booked from its instant `at` on to `end`, in µs since the epoch; those of a row begin at `first`
    with what is booked before all of them: nothing.
    """

    keys: tuple[str, ...]
    most: Ints
    free: Ints
    first: Ints
    at: Ints
    end: Ints
    level: Ints

    @classmethod
    def of(cls, booked: Sequence[Booked]) -> "Calendars":
        """The columns of so many rows."""
        steps: list[Steps] = [((-_ALWAYS, 0), *row.levels) for row in booked]
        ends = [[*(at for at, _ in each[1:]), _ALWAYS] for each in steps]
        lengths = np.array([len(each) for each in steps], dtype=np.int64)
        flat = np.array(list(chain.from_iterable(steps)), dtype=np.int64).reshape(-1, 2)
        return cls(
            keys=tuple(row.key for row in booked),
            most=np.array([row.most for row in booked], dtype=np.int64),
            free=np.array([row.free for row in booked], dtype=np.int64),
            first=np.cumsum(lengths) - lengths,
            at=flat[:, 0],
            end=np.array(list(chain.from_iterable(ends)), dtype=np.int64),
            level=flat[:, 1],
        )

    def changed(self, put: Sequence[Booked], dropped: Iterable[str]) -> "Calendars":
        """The columns with the rows `put`, new or in place of those of the same keys, and without the keys `dropped`."""
        stays = np.ones(len(self.keys), dtype=np.bool_)
        touched = (*dropped, *(row.key for row in put))
        stays[[self._places[key] for key in touched if key in self._places]] = False
        steps = np.repeat(stays, self.lengths)
        new = Calendars.of(put)
        lengths = np.concatenate([self.lengths[stays], new.lengths])
        return Calendars(
            keys=(*compress(self.keys, stays.tolist()), *new.keys),
            most=np.concatenate([self.most[stays], new.most]),
            free=np.concatenate([self.free[stays], new.free]),
            first=np.cumsum(lengths) - lengths,
            at=np.concatenate([self.at[steps], new.at]),
            end=np.concatenate([self.end[steps], new.end]),
            level=np.concatenate([self.level[steps], new.level]),
        )

    @cached_property
    def _places(self) -> dict[str, int]:
        return {key: at for at, key in enumerate(self.keys)}

    @cached_property
    def lengths(self) -> Ints:
        """How many steps each row has."""
        return np.diff(self.first, append=len(self.at))

    def within(self, start: int, end: int) -> Ints:
        """What is free of each row throughout [start, end)."""
        return self._left(np.where((self.at < end) & (self.end > start), self.level, 0))

    @cached_property
    def always(self) -> Ints:
        """What is free of each row at every instant."""
        return self._left(self.level)

    def _left(self, level: Ints) -> Ints:
        if not self.keys:
            return self.free
        return np.maximum(0, np.minimum(self.most, self.free - np.maximum.reduceat(level, self.first)))

    @property
    def ever(self) -> Ints:
        """What each row grants where nothing is booked ahead."""
        return np.maximum(0, np.minimum(self.most, self.free))


def calendars_of(rows: Iterable[Booked]) -> dict[str, Calendars]:
    """The columns of offers, of spans and of storage, by part."""
    found: dict[str, list[Booked]] = {part: [] for part in PARTS}
    for row in rows:
        found[row.part].append(row)
    return {part: Calendars.of(those) for part, those in found.items()}


def changed_calendars(
    known: Mapping[str, Calendars], put: Iterable[Booked], dropped: Iterable[str]
) -> Mapping[str, Calendars]:
    """The columns with rows that are new or changed, and without the rows of some ids, at the cost of copying numbers."""
    new, ids = list(put), list(dropped)
    if not new and not ids:
        return known
    return {
        part: mine.changed(
            [row for row in new if row.part == part],
            [key for of, _, key in (each.partition("|") for each in ids) if of == part],
        )
        for part, mine in known.items()
    }
