"""A bitmap index: of what a column says, one bit an offer in order of (price, id), so that 64 are looked at as one word.

Names are encoded by equality and numbers by range (C.-Y. Chan, Y. Ioannidis: Bitmap index design and evaluation, SIGMOD
1998); a number has bitmaps at some cuts only, and what lies between two is compared with the bound itself.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Bits = NDArray[np.uint8]
"""Bit i of byte b, counted from the left, stands for offer 8 b + i; zeros fill up the last word of 8 bytes."""

Bitmap = tuple[Bits, float]
"""Some of the offers, and their share of all."""

_MOST_BYTES = 2**26
"""Names whose bitmaps need more are forgotten: of a million offers there are 536, each made again in half a millisecond."""

_SAMPLE, _CUTS = 4096, 128
"""From about how many cells the cuts of a number are read, and about how many it has at most."""

_PLAIN = 4096
"""So many bytes are unpacked as they are; of more, only the words in which there is anything."""


@dataclass(eq=False, slots=True)
class EqualityIndex:
    """For each name in a column the offers that have it, made when somebody first asks for it."""

    cells: Ints
    codes: Mapping[str, int]
    made: dict[str, Bitmap] = field(default_factory=dict)

    def having(self, names: Iterable[str]) -> list[Bitmap]:
        """The bitmaps of those of the names that are known."""
        return [self.made.get(name) or self._make(name) for name in names if name in self.codes]

    def same_as(self, other: "EqualityIndex") -> bool:
        """Whether both are of the same cells."""
        return self.cells is other.cells

    def _make(self, name: str) -> Bitmap:
        found = _bitmap(self.cells == self.codes[name])
        if len(self.made) * len(found[0]) > _MOST_BYTES:
            self.made.clear()
        self.made[name] = found
        return found


@dataclass(eq=False, slots=True)
class RangeIndex:
    """For some cuts through a number the offers that have so much, each made when a bound first needs it.

    `cells` are by offer, or by centre where `centre`, the position of each offer's centre, is given.
    """

    cells: Ints
    centre: Ints | None = None
    cuts: list[int] = field(default_factory=list)
    made: dict[int, Bitmap] = field(default_factory=dict)

    def reaching(self, bound: int) -> tuple[Bitmap, bool] | None:
        """The offers that reach the highest cut that is not above the bound, and whether all of them reach the bound.

        No other does. None where no offer does.
        """
        cuts = self.cuts or self._cut()
        if bound > cuts[-1]:
            return None
        cut = cuts[max(0, bisect_right(cuts, bound) - 1)]
        return self.made.get(cut) or self._make(cut), cut >= bound

    def reached(self, rows: Ints, bound: int) -> Ints:
        """Those of the offers at `rows` that reach the bound."""
        found: Ints = rows[self.cells[rows if self.centre is None else self.centre[rows]] >= bound]
        return found

    def same_as(self, other: "RangeIndex") -> bool:
        """Whether both are of the same cells."""
        if self.centre is None:
            return self.cells is other.cells
        return self.centre is other.centre and np.array_equal(self.cells, other.cells)

    def _make(self, cut: int) -> Bitmap:
        mask = self.cells >= cut
        found = self.made[cut] = _bitmap(mask if self.centre is None else mask[self.centre])
        return found

    def _cut(self) -> list[int]:
        """The least cell, the greatest, and of those in a sample all, or some where they are too many."""
        sample = np.unique(self.cells[:: len(self.cells) // _SAMPLE + 1])
        some = sample[:: len(sample) // _CUTS + 1].tolist()
        self.cuts = sorted({int(self.cells.min()), *some, int(self.cells.max())})
        return self.cuts


def positions(bits: Bits, begin: int) -> Ints:
    """The offers whose bits are set, of whole words of which the first is at the byte `begin` of a bitmap."""
    if len(bits) <= _PLAIN:
        near = _set(bits)
        return near + 8 * begin if begin else near
    words = bits.view(np.uint64)
    some = words.nonzero()[0]
    inside = _set(words[some].view(np.uint8))
    found: Ints = 8 * begin + (some[inside >> 6] << 6) + (inside & 63)
    return found


def _set(bits: Bits) -> Ints:
    found: Ints = np.unpackbits(bits).view(np.bool_).nonzero()[0]
    return found


def _bitmap(mask: Mask) -> Bitmap:
    bits = np.packbits(mask)
    return np.pad(bits, (0, -len(bits) % 8)), np.count_nonzero(mask) / len(mask)
