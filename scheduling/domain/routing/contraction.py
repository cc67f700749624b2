"""One-to-all least sums, most sites passed over: a network is contracted once, and each metric laid on it.

A site with few neighbours is taken out, and arcs as long as the way through it join its neighbours. What is left, the
core, is searched by Dijkstra's method; then the sites taken out get their sums from the neighbours they had, the last
first, a whole round at a time. Who is taken out depends on who is joined to whom alone, so it is the same for every
metric. After Dibbelt, Strasser and Wagner, "Customizable Contraction Hierarchies" (2016), and Delling, Goldberg,
Nowatzyk and Werneck, "PHAST" (2013); here contraction ends where it no longer pays. Sums of whole numbers that a double
holds are those of a plain search.
"""

import heapq
import math
from copy import copy
from functools import lru_cache
from itertools import permutations

import numpy as np
import scipy  # its parts are loaded when they are first named
from numpy.typing import NDArray

Sums = NDArray[np.float64]
"""A least sum for each of n sites: whole numbers or infinity."""

Positions = NDArray[np.int64]

_NEIGHBOURS = 4
"""A site with more stays in the core: in its place there would be more arcs than it had."""

_PAIRS = tuple(permutations(range(_NEIGHBOURS), 2))

_LEAST_SHARE = 0.02
"""A round that would take out less than this of the sites that are left is not worth a step of every sweep."""


class Contraction:
    """Which of `size` sites are taken out, in which rounds; `arcs` are left × size + entered, rising, there and back.

    Sites are numbered anew: first the core, then those taken out, the last round first. Arcs too: from each site taken out up
    to the neighbours that it had then (`_NEIGHBOURS` rows; where it had fewer, arcs without end), as many down to it, those
    within the core.
    """

    def __init__(self, size: int, arcs: Positions) -> None:
        """Take out in rounds."""
        rounds, within = _rounds(size, arcs)
        rounds.reverse()
        taken = np.concatenate([np.array([], dtype=np.int64), *(sites for sites, _ in rounds)])
        stays = np.ones(size, dtype=np.bool_)
        stays[taken] = False
        self.size, self.core = size, size - len(taken)
        self.place = np.empty(size, dtype=np.int64)
        self.place[np.concatenate([np.flatnonzero(stays), taken])] = np.arange(size)
        near = np.hstack([np.empty((_NEIGHBOURS, 0), dtype=np.int64), *(each for _, each in rounds)])
        self.had = near >= 0
        self.upper = np.where(self.had, self.place[near], 0)
        self.bounds = np.cumsum([0, *(len(sites) for sites, _ in rounds)]).tolist()
        self.core_left, self.core_entered = (self.place[ends] for ends in np.divmod(within, size))
        self._number()
        self.triangles = self._triangles()

    def arcs(self, left: Positions, entered: Positions) -> Positions:
        """The numbers of arcs between neighbours, as placed."""
        found: Positions = self._numbers[np.searchsorted(self._keys, left * self.size + entered)]
        return found

    def _number(self) -> None:
        row, at = np.nonzero(self.had)
        low, high, number = at + self.core, self.upper[row, at], row * self.had.shape[1] + at
        self.outside = 2 * self.had.size
        self.count = self.outside + len(self.core_left)
        left = np.concatenate([low, high, self.core_left])
        entered = np.concatenate([high, low, self.core_entered])
        order = np.argsort(keys := left * self.size + entered)
        self._keys = keys[order]
        self._numbers = np.concatenate([number, number + self.had.size, np.arange(self.outside, self.count)])[
            order
        ]

    def _triangles(self) -> list[Positions]:
        """For each round from the first: arcs (over, in, out), where in and out lead through a site that it takes out."""
        width, found = self.had.shape[1], []
        for low, high in zip(self.bounds[-2::-1], self.bounds[:0:-1], strict=True):
            parts = []
            for one, other in _PAIRS:
                at = np.flatnonzero(self.had[one, low:high] & self.had[other, low:high]) + low
                over = self.arcs(self.upper[one, at], self.upper[other, at])
                parts.append(np.stack([over, self.had.size + one * width + at, other * width + at]))
            found.append(np.hstack(parts))
        return found


@lru_cache(maxsize=16)
def contraction(size: int, arcs: bytes) -> Contraction:
    """The contraction of a network by the bytes of its arcs, remembered: what a span costs, takes and has free changes more often."""
    return Contraction(size, np.frombuffer(arcs, dtype=np.int64))


def _rounds(size: int, keys: Positions) -> tuple[list[tuple[Positions, Positions]], Positions]:
    """The rounds as (sites, `_NEIGHBOURS` rows of their neighbours, −1 for none), and the arcs that are left.

    An arc is left × size + entered; of neighbours one at most is taken out in a round: the one with fewer neighbours, or else
    the one that comes first in an order without a pattern.
    """
    rounds: list[tuple[Positions, Positions]] = []
    left_over = np.ones(size, dtype=np.bool_)
    mixed = np.random.default_rng(0).permutation(size)
    never = size * (_NEIGHBOURS + 1)
    while True:
        left, entered = np.divmod(keys, size)
        first = np.searchsorted(left, np.arange(size + 1))
        degree = np.diff(first)
        few = left_over & (degree <= _NEIGHBOURS)
        rank = np.where(few, degree * size + mixed, never)
        least = np.full(size, never)
        if len(keys):
            least[degree > 0] = np.minimum.reduceat(rank[entered], first[:-1][degree > 0])
        chosen = few & (rank < least)
        sites = np.flatnonzero(chosen)
        if len(sites) <= _LEAST_SHARE * np.count_nonzero(left_over):
            return rounds, keys
        left_over[sites] = False
        mine = np.flatnonzero(chosen[left])
        near = np.full((_NEIGHBOURS, size), -1, dtype=np.int64)
        near[mine - first[left[mine]], left[mine]] = entered[mine]
        rounds.append((sites, near := near[:, sites]))
        ways = [(near[one], near[other]) for one, other in _PAIRS]
        over = [a[both] * size + b[both] for a, b in ways if np.any(both := (a >= 0) & (b >= 0))]
        keys = np.unique(np.concatenate([keys[~(chosen[left] | chosen[entered])], *over]))


class Contracted:
    """The weights of one metric laid on a contraction: arcs from `left` to `entered` (sites; of parallel ones the least counts)."""

    def __init__(self, shape: Contraction, left: Positions, entered: Positions, weights: Sums) -> None:
        """Work out how long the arcs are that stand for a way through sites taken out."""
        lengths = np.full(shape.count, math.inf)
        np.minimum.at(lengths, shape.arcs(shape.place[left], shape.place[entered]), weights)
        for over, inward, outward in shape.triangles:
            np.minimum.at(lengths, over, lengths[inward] + lengths[outward])
        self._shape = shape
        self._up, down = lengths[: shape.outside].reshape(2, *shape.had.shape)
        self._sweep = [
            (
                slice(shape.core + low, shape.core + high),
                shape.upper[:, low:high].copy(),
                down[:, low:high].copy(),
            )
            for low, high in zip(shape.bounds, shape.bounds[1:], strict=False)
        ]
        size = shape.core + 1  # the last stands for a start outside the core
        self._core = scipy.sparse.csr_matrix(
            (lengths[shape.outside :], (shape.core_left, shape.core_entered)), shape=(size, size)
        )

    def least(self, source: int, most: float = math.inf) -> Sums:
        """The least sum from the source to each site; infinity where it is above `most`, or there is no way."""
        shape = self._shape
        sums = np.full(shape.size, math.inf)
        if gates := self._climb(int(shape.place[source]), sums):
            sums[: shape.core] = self._search(gates, most)
        for here, upper, lengths in self._sweep:
            ways = sums.take(upper)
            ways += lengths
            np.minimum(sums[here], ways.min(axis=0), out=sums[here])
        sums[sums > most] = math.inf
        found: Sums = sums[shape.place]
        return found

    def _climb(self, start: int, sums: Sums) -> dict[int, float]:
        """Note the sums of sites taken out that are met on the way up from a start; those of the core's sites where it ends."""
        core, found, waiting = self._shape.core, {start: 0.0}, [-start]
        while waiting and -waiting[0] >= core:
            site = -heapq.heappop(waiting)
            here = sums[site] = found.pop(site)
            ways = zip(
                self._shape.upper[:, site - core].tolist(), self._up[:, site - core].tolist(), strict=True
            )
            for other, length in ways:
                if math.isfinite(length):
                    if other not in found:
                        heapq.heappush(waiting, -other)
                    found[other] = min(found.get(other, math.inf), here + length)
        return found

    def _search(self, gates: dict[int, float], most: float) -> Sums:
        """Sums within the core, where some of its sites are reached with sums already."""
        core, matrix = self._shape.core, copy(self._core)
        matrix.data = np.append(matrix.data, list(gates.values()))
        matrix.indices = np.append(matrix.indices, np.array(list(gates), dtype=np.int32))
        matrix.indptr = np.append(matrix.indptr[:-1], np.int32(len(matrix.data)))
        found: Sums = scipy.sparse.csgraph.dijkstra(matrix, indices=[core], limit=most)[0]
        return found[:core]
