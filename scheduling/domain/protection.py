"""Routes of a line: one path, or a 1+1 pair that shares no span, no SRLG name and no site between."""

import heapq
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import count
from math import inf

from scheduling.domain.paths import EMPTY_PATH, NOTHING, Avoid, Bounds, Order, Path, Reach

Score = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Route:
    """What a line runs on. `latencies` is (latency,) or (worse, better) in µs one way, optical.

    metres and hops are of both paths; jitter and loss the worse; spans the ids from the source.
    """

    spans: tuple[str, ...]
    protection_spans: tuple[str, ...] | None
    latencies: tuple[int, ...]
    metres: int
    hops: int
    worse_hops: int
    jitter: int
    loss: Fraction

    @property
    def latency(self) -> int:
        """The worse latency."""
        return self.latencies[0]


def best_route(
    reach: Reach | None, target: int | None, order: Order, bounds: Bounds, *, pair: bool
) -> Route | None:
    """The first feasible route in that order, or None.

    `reach` is None for a provider without spans at the source; `target` None is the source itself: the empty path.
    For a pair KM is (km of both, worse latency, better latency, hops of both, ids) and LATENCY is
    (worse latency, better latency, hops of both, km of both, ids); `bounds.metres` holds for both together.
    """
    if target is None:
        return _route((), EMPTY_PATH, EMPTY_PATH if pair else None) if bounds.admit(EMPTY_PATH) else None
    if reach is None:
        return None
    if not pair:
        path = reach.best(target, order, bounds)
        return None if path is None else _route(reach.network.ids, path, None)
    found = _PairSearch(reach, target, order, bounds).run()
    return None if found is None else _route(reach.network.ids, *found)


def _route(ids: tuple[str, ...], first: Path, second: Path | None) -> Route:
    spans = tuple(ids[span] for span in first.spans)
    if second is None:
        return Route(
            spans, None, (first.latency,), first.metres, first.hops, first.hops, first.jitter, first.loss
        )
    return Route(
        spans=spans,
        protection_spans=tuple(ids[span] for span in second.spans),
        latencies=(second.latency, first.latency),
        metres=first.metres + second.metres,
        hops=first.hops + second.hops,
        worse_hops=max(first.hops, second.hops),
        jitter=max(first.jitter, second.jitter),
        loss=max(first.loss, second.loss),
    )


@dataclass(frozen=True, slots=True)
class _Side:
    """What one path of the pair must keep to: what it avoids, and its most metres (None: any)."""

    avoid: Avoid = NOTHING
    metres: int | None = None


_Clash = tuple[_Side, _Side]
"""What settles a clash of two paths: a rule for the one, or else a rule for the other."""


class _PairSearch:
    """Conflict-based search: each side takes its best path; where the two clash, one side or the other must yield.

    A state's score (of its two best paths) never exceeds that of a pair it still allows, and every pair that
    ranks before the answer is allowed by a state in the queue: exact, without a cap. Disjoint pairs under shared
    risk groups are NP-hard, so hard networks cost time, never the answer. After Sharon, Stern, Felner, Sturtevant,
    "Conflict-based search for optimal multi-agent pathfinding" (Artificial Intelligence 219, 2015).
    """

    def __init__(self, reach: Reach, target: int, order: Order, bounds: Bounds) -> None:
        self.reach, self.target, self.order, self.bounds = reach, target, order, bounds
        self.paths: dict[_Side, Path | None] = {}
        self.order_of = count()

    def run(self) -> tuple[Path, Path] | None:
        """(the path of lower latency, the other), or None where no pair is feasible."""
        if self.reach.best(self.target, self.order, self.bounds) is None:
            return None
        start = _Side(metres=self._room())
        queue: list[tuple[Score, int, _Side, _Side]] = []
        seen: set[frozenset[_Side]] = set()
        best: tuple[Score, tuple[tuple[int, ...], tuple[int, ...]]] | None = None
        found: tuple[Path, Path] | None = None
        self._push(queue, seen, start, start)
        while queue and (best is None or queue[0][0] <= best[0]):
            score, _, left, right = heapq.heappop(queue)
            first, second = self.paths[left], self.paths[right]
            if first is None or second is None:
                continue
            clash = self._clash(first, second)
            if clash is None:
                pair = sorted((first, second), key=lambda path: (path.latency, path.hops, path.spans))
                ids = (pair[0].spans, pair[1].spans)
                if best is None or (score, ids) < best:
                    best, found = (score, ids), (pair[0], pair[1])
            else:
                self._push(queue, seen, _both(left, clash[0]), right)
                self._push(queue, seen, left, _both(right, clash[1]))
        return found

    def _room(self) -> int | None:
        """The most metres for one path where the other takes the least there are."""
        if self.bounds.metres is None:
            return None
        return self.bounds.metres - int(self.reach.distances.ahead("metres")[self.target])

    def _path(self, side: _Side) -> Path | None:
        if side not in self.paths:
            bounds = replace(self.bounds, metres=side.metres)
            self.paths[side] = self.reach.search(self.target, self.order, bounds, side.avoid)
        return self.paths[side]

    def _push(
        self,
        queue: list[tuple[Score, int, _Side, _Side]],
        seen: set[frozenset[_Side]],
        left: _Side,
        right: _Side,
    ) -> None:
        """Queue a state once; which side is called left does not matter."""
        state = frozenset((left, right))
        if state in seen:
            return
        seen.add(state)
        first, second = self._path(left), self._path(right)
        if first is None or second is None:
            return
        metres, hops = first.metres + second.metres, first.hops + second.hops
        latencies = (max(first.latency, second.latency), min(first.latency, second.latency))
        score = (metres, *latencies, hops) if self.order is Order.KM else (*latencies, hops, metres)
        heapq.heappush(queue, (score, next(self.order_of), left, right))

    def _clash(self, first: Path, second: Path) -> _Clash | None:
        """What to settle next: the shared thing that is dearest to avoid, so that bounds rise fast."""
        net = self.reach.network
        risks = [frozenset().union(*(net.srlg[span] for span in path.spans)) for path in (first, second)]
        shared = [
            *(Avoid(sites=frozenset({site})) for site in first.between & second.between),
            *(Avoid(srlg=frozenset({name})) for name in sorted(risks[0] & risks[1])),
            *(Avoid(spans=frozenset({span})) for span in first.spans if span in second.spans),
        ]
        if shared:
            rule = _Side(max(shared, key=self._detour), self._room())
            return rule, rule
        if self.bounds.metres is not None and first.metres + second.metres > self.bounds.metres:
            # Of a pair that fits, the one has at most `most` metres, or the other less than what that leaves.
            most = first.metres - (first.metres + second.metres - self.bounds.metres + 1) // 2
            return _Side(metres=most), _Side(metres=self.bounds.metres - most - 1)
        return None

    def _detour(self, avoid: Avoid) -> float:
        """How long the best path without it is: metres or µs; infinity where there is none."""
        path = self._path(_Side(avoid, self._room()))
        if path is None:
            return inf
        return path.metres if self.order is Order.KM else path.latency


def _both(side: _Side, rule: _Side) -> _Side:
    avoid, more = side.avoid, rule.avoid
    rooms = [metres for metres in (side.metres, rule.metres) if metres is not None]
    return _Side(
        Avoid(avoid.spans | more.spans, avoid.sites | more.sites, avoid.srlg | more.srlg),
        min(rooms, default=None),
    )
