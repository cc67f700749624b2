"""What is booked ahead of many resources, as columns: what is free of each throughout a window."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from scheduling.domain.extras import Booked, Steps
from scheduling.domain.offers import Ints

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

    def within(self, start: int, end: int) -> Ints:
        """What is free of each row throughout [start, end)."""
        if not self.keys:
            return self.free
        there = (self.at < end) & (self.end > start)
        booked = np.maximum.reduceat(np.where(there, self.level, 0), self.first)
        return np.maximum(0, np.minimum(self.most, self.free - booked))

    @property
    def ever(self) -> Ints:
        """What each row grants where nothing is booked ahead."""
        return np.maximum(0, np.minimum(self.most, self.free))
