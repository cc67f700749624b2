"""Routes of a line: one path, or a 1+1 pair that shares no span, no SRLG name and no site between."""

import heapq
import math
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import count

from scheduling.domain.routing.detours import parted
from scheduling.domain.routing.path_orders import KM, LATENCY, Order
from scheduling.domain.routing.paths import EMPTY_PATH, NOTHING, Avoid, Bounds, Path, Reach

Score = tuple[int, int, int, int, int]

_TRIED = 8
"""Of what two paths share, how much is tried for its detour: each takes a search, and the ends of a shared stretch tell little."""


@dataclass(frozen=True, slots=True)
class Route:
    """What a line runs on. `latencies` is (latency,) or (worse, better) in µs one way, optical.

    metres and hops are of both paths; jitter and loss the worse; spans the ids from the source. `begins` says for each path
    at which of two sources it begins; latencies count what the second lies farther off.
    """

    spans: tuple[str, ...]
    protection_spans: tuple[str, ...] | None
    latencies: tuple[int, ...]
    metres: int
    hops: int
    worse_hops: int
    jitter: int
    loss: Fraction
    begins: tuple[int, ...] = (0, 0)

    @property
    def latency(self) -> int:
        """The worse latency."""
        return self.latencies[0]


@dataclass(frozen=True, slots=True)
class _Way:
    """A path of a pair: at which of the sources it begins, and its latency in µs one way with what that lies farther off."""

    path: Path
    at: int
    latency: int

    @property
    def rank(self) -> tuple[int, int, tuple[int, ...]]:
        """Which of the two is written first."""
        return self.latency, self.path.hops, self.path.spans


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
    return best_pair((reach,), target, order, bounds) if reach.distances.twice(target) else None


def best_pair(
    reaches: tuple[Reach, ...], target: int, order: Order, bounds: Bounds, lag_us: int = 0
) -> Route | None:
    """The first feasible pair in that order from one source, or with a path from each of two, or None.

    Two are of one network. The second lies `lag_us` farther off than the first, which bounds and order count; neither path
    runs through the source of the other.
    """
    return _written(reaches, _PairSearch(reaches, target, order, bounds, lag_us).run())


def pair_at_hand(
    reaches: tuple[Reach, ...], target: int, order: Order, bounds: Bounds, lag_us: int = 0
) -> Route | None:
    """A feasible pair that is soon found, near the best in that order; where none is, there may be one all the same."""
    return _written(reaches, _PairSearch(reaches, target, order, bounds, lag_us).at_hand())


def _written(reaches: tuple[Reach, ...], found: "tuple[_Way, _Way] | None") -> Route | None:
    """A pair as a route, the path of lower latency first."""
    if found is None:
        return None
    first, second = found
    route = _route(reaches[0].network.ids, first.path, second.path)
    return replace(route, latencies=(second.latency, first.latency), begins=(first.at, second.at))


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
    """What one path of the pair must keep to: what it avoids, its most metres (None: any), and the source it begins at."""

    avoid: Avoid = NOTHING
    metres: int | None = None
    at: int = 0


_Clash = tuple[_Side, _Side]
"""What settles a clash of two paths: a rule for the one, or else a rule for the other."""


class _PairSearch:
    """Conflict-based search: each side takes its best path; where the two clash, one side or the other must yield.

    A state's score (of its two best paths) never exceeds that of a pair it still allows, and every pair that
    ranks before the answer is allowed by a state in the queue: exact. Disjoint pairs under shared risk groups are NP-hard,
    so hard networks cost time, up to the effort of a question (paths.py), and never a worse answer. After Sharon, Stern, Felner, Sturtevant,
    "Conflict-based search for optimal multi-agent pathfinding" (Artificial Intelligence 219, 2015).
    """

    def __init__(
        self, reaches: tuple[Reach, ...], target: int, order: Order, bounds: Bounds, lag_us: int
    ) -> None:
        self.reaches, self.target, self.order = reaches, target, order
        self.lags = (0, lag_us)
        most = None if bounds.latency is None else bounds.latency - lag_us
        self.bounds: tuple[Bounds, ...] = (bounds, replace(bounds, latency=most))
        self.paths: dict[_Side, Path | None] = {}
        self.order_of = count()

    def run(self) -> tuple[_Way, _Way] | None:
        """(the path of lower latency, the other), or None where no pair is feasible."""
        last = len(self.reaches) - 1
        if any(
            self.reaches[at].best(self.target, self.order, self.bounds[at]) is None
            for at in {0, last}
            if self.reaches[at].source != self.target
        ):
            return None
        if self._alone and self._together() is None:
            return None
        if (hand := self.at_hand()) is not None:
            self._tighten(hand)
        sides = [self._start(0, last), self._start(last, 0)]
        queue: list[tuple[Score, int, _Side, _Side]] = []
        seen: set[frozenset[_Side]] = set()
        best: tuple[Score, tuple[tuple[int, ...], tuple[int, ...]]] | None = None
        found: tuple[_Way, _Way] | None = None
        self._push(queue, seen, *sides)
        while queue and (best is None or queue[0][0] <= best[0]):
            score, _, left, right = heapq.heappop(queue)
            self.reaches[0].effort.spend(0)
            ways = self._way(left), self._way(right)
            if ways[0] is None or ways[1] is None:
                continue
            clash = self._clash(ways[0].path, ways[1].path)
            if clash is None:
                pair = _in_rank(ways[0], ways[1])
                ids = (pair[0].path.spans, pair[1].path.spans)
                if best is None or (score, ids) < best:
                    best, found = (score, ids), pair
            else:
                self._push(queue, seen, _both(left, clash[0]), right)
                self._push(queue, seen, left, _both(right, clash[1]))
        return found

    def at_hand(self) -> tuple[_Way, _Way] | None:
        """Two that are good together, else the best path of one side and the best that it leaves the other."""
        last = len(self.reaches) - 1
        first = self._way(self._start(last, 0))
        if first is None:
            return None
        if self._alone and (pair := self._together(wary=True)) is not None and self._serves(*pair):
            return _in_rank(*(_Way(path, 0, path.latency) for path in pair))
        srlg, path = self.reaches[0].network.srlg, first.path
        risks = frozenset().union(*(srlg[span] for span in path.spans))
        beside = _Side(Avoid(frozenset(path.spans), path.between, risks))
        second = self._way(_both(self._start(0, last), beside))
        if second is None or self._clash(path, second.path) is not None:
            return None
        return _in_rank(first, second)

    @property
    def _alone(self) -> bool:
        """Whether both paths are from one source, and the sums from there are known: then those worth the least together are."""
        reach = self.reaches[0]
        if len(self.reaches) > 1 or reach.source == self.target or not self.order.of_way:
            return False
        return reach.distances.exact(self.order)

    def _together(self, *, wary: bool = False) -> tuple[Path, Path] | None:
        """Two paths that share neither site nor span, worth the least together, where they may keep the bound on the order."""
        bounds, most = self.bounds[0], math.inf
        if self.order == KM and bounds.metres is not None:
            most = bounds.metres
        if self.order == LATENCY and bounds.latency is not None:
            most = 2 * bounds.latency
        return parted(self.reaches[0], self.target, self.order, most=most, wary=wary)

    def _serves(self, one: Path, other: Path) -> bool:
        """Whether two paths that share neither site nor span keep the bounds, and share no risk."""
        each = replace(self.bounds[0], metres=None)
        return each.admit(one) and each.admit(other) and self._clash(one, other) is None

    def _tighten(self, hand: tuple[_Way, _Way]) -> None:
        """Nothing that comes after a pair at hand need be looked at."""
        one, other = hand
        self.paths.clear()
        if self.order == KM:
            most = one.path.metres + other.path.metres
            self.bounds = tuple(replace(each, metres=most) for each in self.bounds)
        else:
            self.bounds = tuple(
                replace(each, latency=other.latency - lag)
                for each, lag in zip(self.bounds, self.lags, strict=True)
            )

    def _start(self, at: int, other: int) -> _Side:
        """A path from one source keeps off the other one, which its target alone may be."""
        there = {self.reaches[other].source} - {self.target} if other != at else set()
        return _Side(Avoid(sites=frozenset(there)) if there else NOTHING, self._room(other), at)

    def _room(self, other: int) -> int | None:
        """The most metres for one path where the other takes the least there are."""
        most = self.bounds[0].metres
        return None if most is None else most - int(self.reaches[other].distances.ahead(KM)[self.target])

    def _way(self, side: _Side) -> _Way | None:
        path = self._path(side)
        return None if path is None else _Way(path, side.at, path.latency + self.lags[side.at])

    def _path(self, side: _Side) -> Path | None:
        if side not in self.paths:
            bounds = replace(self.bounds[side.at], metres=side.metres)
            reach = self.reaches[side.at]
            if side.avoid == NOTHING and reach.source != self.target:
                path = reach.best(self.target, self.order, bounds)
            else:
                path = reach.search(self.target, self.order, bounds, side.avoid)
            # A search prunes as it grows, and the empty path does not grow.
            self.paths[side] = path if path is None or path.spans or bounds.admit(path) else None
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
        first, second = self._way(left), self._way(right)
        if first is None or second is None:
            return
        metres = first.path.metres + second.path.metres
        hops = first.path.hops + second.path.hops
        worse, better = max(first.latency, second.latency), min(first.latency, second.latency)
        score = (self.order.worth(metres, worse), worse, better, hops, metres)
        heapq.heappush(queue, (score, next(self.order_of), left, right))

    def _clash(self, first: Path, second: Path) -> _Clash | None:
        """What to settle next: of some shared things the one that is dearest to avoid, so that bounds rise fast."""
        net, most = self.reaches[0].network, self.bounds[0].metres
        risks = [frozenset().union(*(net.srlg[span] for span in path.spans)) for path in (first, second)]
        shared = [
            *(Avoid(sites=frozenset({site})) for site in self._in_order(first) if site in second.between),
            *(Avoid(srlg=frozenset({name})) for name in sorted(risks[0] & risks[1])),
            *(Avoid(spans=frozenset({span})) for span in first.spans if span in second.spans),
        ]
        if shared:
            step = -(-len(shared) // _TRIED)
            rule = _Side(self._dearest(shared[step // 2 :: step]))
            return rule, rule
        if most is not None and first.metres + second.metres > most:
            # Of a pair that fits, the one has at most `half` metres, or the other less than what that leaves.
            half = first.metres - (first.metres + second.metres - most + 1) // 2
            return _Side(metres=half), _Side(metres=most - half - 1)
        return None

    def _in_order(self, path: Path) -> list[int]:
        """The sites between, from the target back to the source."""
        site, found = self.target, []
        for span in reversed(path.spans[1:]):
            a, b = self.reaches[0].network.ends[span]
            site = b if site == a else a
            found.append(site)
        return found

    def _dearest(self, shared: list[Avoid]) -> Avoid:
        """What has the longest detour; one without any tells that there is no pair, and spares the rest."""
        dearest, most = shared[0], -math.inf
        for each in shared:
            if (detour := self._detour(each)) > most:
                dearest, most = each, detour
            if detour == math.inf:
                break
        return dearest

    def _detour(self, avoid: Avoid) -> float:
        """How long the best path without it is: metres or µs; infinity where there is none."""
        path = self._path(_Side(avoid, self._room(len(self.reaches) - 1)))
        if path is None:
            return math.inf
        return self.order.worth(path.metres, path.latency)


def _in_rank(one: _Way, other: _Way) -> tuple[_Way, _Way]:
    return (one, other) if one.rank <= other.rank else (other, one)


def _both(side: _Side, rule: _Side) -> _Side:
    avoid, more = side.avoid, rule.avoid
    rooms = [metres for metres in (side.metres, rule.metres) if metres is not None]
    return _Side(
        Avoid(avoid.spans | more.spans, avoid.sites | more.sites, avoid.srlg | more.srlg),
        min(rooms, default=None),
        side.at,
    )
