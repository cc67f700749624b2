"""Exact least paths under bounds: one tree for all targets first, a label search where a bound bites."""

import heapq
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from scheduling.domain.network import LOSS_SCALE, Network

_LANE = 64
"""Bits for each sum of a composite key: 2²⁴ spans of the largest number the files allow still fit."""

_EXACT = 2**53
"""Below this a double holds every integer, so SciPy's sums of integers are exact."""

_LOG_SCALE = 10**12
"""Losses become integer log-survivals rounded towards feasible: they only prune, they never decide."""


class Order(Enum):
    """What comes first among paths: km for prices per kilometre, latency where the price is flat.

    KM is (km, latency, hops, span ids), LATENCY is (latency, hops, km, span ids).
    """

    KM = "km"
    LATENCY = "latency"


@dataclass(frozen=True, slots=True)
class Bounds:
    """Inclusive bounds on a path, None is no bound; `below_loss` alone is strict."""

    latency: int | None = None
    jitter: int | None = None
    loss: Fraction | None = None
    hops: int | None = None
    metres: int | None = None
    below_loss: Fraction | None = None

    def admit(self, path: "Path") -> bool:
        """Whether the path keeps every bound."""
        return (
            (self.latency is None or path.latency <= self.latency)
            and (self.jitter is None or path.jitter <= self.jitter)
            and (self.hops is None or path.hops <= self.hops)
            and (self.metres is None or path.metres <= self.metres)
            and (self.loss is None or path.loss <= self.loss)
            and (self.below_loss is None or path.loss < self.below_loss)
        )


@dataclass(frozen=True, slots=True)
class Path:
    """A simple path: span positions in order, the sites between, and its sums (metres, µs, µs, share)."""

    spans: tuple[int, ...]
    between: frozenset[int]
    metres: int
    latency: int
    jitter: int
    loss: Fraction

    @property
    def hops(self) -> int:
        """Number of spans."""
        return len(self.spans)


EMPTY_PATH = Path((), frozenset(), 0, 0, 0, Fraction(0))


@dataclass(frozen=True, slots=True)
class Avoid:
    """What a path must keep off: spans, sites, srlg names, and first spans up to a position."""

    spans: frozenset[int] = frozenset()
    sites: frozenset[int] = frozenset()
    srlg: frozenset[str] = frozenset()
    first_after: int = -1


NOTHING = Avoid()


@dataclass(eq=False)
class Reach:
    """Paths of one network from one site with at least `bandwidth` Mbps free; answers are remembered."""

    network: Network
    source: int
    bandwidth: int
    _trees: dict[Order, dict[int, int]] = field(default_factory=dict)
    _lower: dict[tuple[str, int], list[float]] = field(default_factory=dict)
    _best: dict[tuple[int, Order, Bounds], Path | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        free, bandwidth = self.network.free, self.bandwidth
        self.arcs = [[arc for arc in meeting if free[arc[1]] >= bandwidth] for meeting in self.network.arcs]
        # The source is never an intermediate site, so its own pass costs nothing and sums stay plain.
        self.hop = list(self.network.hop)
        self.hop[self.source] = 0

    def best(self, target: int, order: Order, bounds: Bounds) -> Path | None:
        """The first feasible path in that order from the source to `target` (not the source), or None."""
        key = (target, order, bounds)
        if key not in self._best:
            self._best[key] = self._find(target, order, bounds)
        return self._best[key]

    def _find(self, target: int, order: Order, bounds: Bounds) -> Path | None:
        path = self.from_tree(target, order)
        if path is None or bounds.admit(path):
            return path
        if bounds.latency is not None:
            fastest = self.from_tree(target, Order.LATENCY)
            if fastest is None or fastest.latency > bounds.latency:
                return None
        return self.search(target, order, bounds, NOTHING)

    def from_tree(self, target: int, order: Order) -> Path | None:
        """The least path without bounds, from a tree that serves all targets."""
        if order not in self._trees:
            self._trees[order] = self._tree(order)
        tree = self._trees[order]
        return self.measure(_walk(tree, self._other_end, target, self.source)) if target in tree else None

    def _other_end(self, span: int, site: int) -> int:
        a, b = self.network.ends[span]
        return b if site == a else a

    def _tree(self, order: Order) -> dict[int, int]:
        """Dijkstra on whole lexicographic keys; a tie is settled by the span positions from the source.

        Hops grow with every span, so a walk with a loop is always worse than without it, whatever the lengths.
        """
        net, arcs, hop = self.network, self.arcs, self.hop
        latency, metres = net.latency, net.metres
        km_first = order is Order.KM
        least: dict[int, int] = {self.source: 0}
        via: dict[int, int] = {}
        queue = [(0, self.source)]
        done = set()
        while queue:
            here, site = heapq.heappop(queue)
            if site in done:
                continue
            done.add(site)
            pause = hop[site]
            for other, span in arcs[site]:
                if other in done:
                    continue
                key = here + _key(km_first, metres[span], latency[span] + pause)
                known = least.get(other)
                if known is None or key < known:
                    least[other], via[other] = key, span
                    heapq.heappush(queue, (key, other))
                elif key == known and self._earlier(via, site, span, other):
                    via[other] = span
        return via

    def _earlier(self, via: dict[int, int], site: int, span: int, other: int) -> bool:
        new = (*_walk(via, self._other_end, site, self.source), span)
        return new < _walk(via, self._other_end, other, self.source)

    def measure(self, spans: tuple[int, ...]) -> Path:
        """The exact sums of a path that starts at the source."""
        net, site, between = self.network, self.source, []
        metres = latency = jitter = 0
        survival = 1
        lossy = 0
        for span in spans:
            if site != self.source:
                between.append(site)
            latency += self.hop[site] + net.latency[span]
            metres += net.metres[span]
            jitter += net.jitter[span]
            if net.loss[span]:
                survival *= LOSS_SCALE - net.loss[span]
                lossy += 1
            site = self._other_end(span, site)
        loss = 1 - Fraction(survival, LOSS_SCALE**lossy)
        return Path(spans, frozenset(between), metres, latency, jitter, loss)

    def search(self, target: int, order: Order, bounds: Bounds, avoid: Avoid) -> Path | None:
        """Label-setting A* to one target: labels leave the queue in the order asked for, so the first one is best.

        A label falls where an earlier one at its site is no worse in every bounded sum: any way on from it is then
        open to the earlier label too, and comes out before it.
        """
        return _Search(self, target, order, bounds, avoid).run()

    def lower(self, metric: str, target: int) -> list[float]:
        """Least sum of a metric from each site to `target` (n sites; whole numbers or infinity, never above the truth)."""
        key = (metric, target)
        if key not in self._lower:
            self._lower[key] = self._distances(metric, target)
        return self._lower[key]

    def _distances(self, metric: str, target: int) -> list[float]:
        net = self.network
        weights = {
            "metres": net.metres,
            "latency": net.latency,
            "jitter": net.jitter,
            "hops": (1,) * len(net.ids),
            "survival": tuple(_log_weight(loss) for loss in net.loss),
        }[metric]
        # SciPy adds parallel entries up, so only the least of parallel spans goes in.
        least: dict[tuple[int, int], int] = {}
        for site, meeting in enumerate(self.arcs):
            pause = self.hop[site] if metric == "latency" and site != target else 0
            for other, span in meeting:
                weight = weights[span] + pause
                if weight < least.get((other, site), weight + 1):
                    least[other, site] = weight
        size = len(self.arcs)
        if sum(least.values()) >= _EXACT:
            return [0.0] * size
        rows, columns = zip(*least, strict=True) if least else ((), ())
        matrix = csr_matrix(
            (np.array(list(least.values()), dtype=float), (rows, columns)), shape=(size, size)
        )
        return [float(value) for value in dijkstra(matrix, indices=[target])[0]]


_Label = tuple[int, tuple[int, ...], int, int, int, int, int, Fraction]


class _Search:
    """One label search; a label is (key + least rest, spans, site, metres, latency, jitter, log weight, survival)."""

    def __init__(self, reach: Reach, target: int, order: Order, bounds: Bounds, avoid: Avoid) -> None:
        self.reach, self.target, self.bounds, self.avoid = reach, target, bounds, avoid
        self.km_first = order is Order.KM
        losses = [loss for loss in (bounds.loss, bounds.below_loss) if loss is not None]
        self.log_limit = _log_limit(min(losses)) if losses else None
        self.metres = reach.lower("metres", target)
        self.latency = reach.lower("latency", target)
        self.hops = reach.lower("hops", target)
        self.jitter = None if bounds.jitter is None else reach.lower("jitter", target)
        self.log = None if self.log_limit is None else reach.lower("survival", target)

    def run(self) -> Path | None:
        """The spans of the first label that reaches the target."""
        if math.isinf(self.hops[self.reach.source]):
            return None
        settled: dict[int, list[tuple[int | Fraction, ...]]] = {}
        queue: list[_Label] = [(0, (), self.reach.source, 0, 0, 0, 0, Fraction(1))]
        while queue:
            label = heapq.heappop(queue)
            _, spans, site, metres, latency, jitter, _, survival = label
            if site == self.target:
                return self.reach.measure(spans)
            sums = self._bounded(len(spans), metres, latency, jitter, survival)
            earlier = settled.setdefault(site, [])
            if any(all(a <= b for a, b in zip(known, sums, strict=True)) for known in earlier):
                continue
            earlier.append(sums)
            for grown in self._grow(label):
                heapq.heappush(queue, grown)
        return None

    def _bounded(
        self, hops: int, metres: int, latency: int, jitter: int, survival: Fraction
    ) -> tuple[int | Fraction, ...]:
        bounds = self.bounds
        return (
            0 if bounds.metres is None else metres,
            0 if bounds.latency is None else latency,
            0 if bounds.jitter is None else jitter,
            0 if bounds.hops is None else hops,
            0 if self.log_limit is None else -survival,
        )

    def _grow(self, label: _Label) -> Iterator[_Label]:
        _, spans, site, metres, latency, jitter, weight, survival = label
        net, avoid, bounds = self.reach.network, self.avoid, self.bounds
        pause = self.reach.hop[site]
        for other, span in self.reach.arcs[site]:
            if span in avoid.spans or other in avoid.sites or net.srlg[span] & avoid.srlg:
                continue
            if not spans and span <= avoid.first_after:
                continue
            rest_hops = self.hops[other]
            if math.isinf(rest_hops):
                continue
            new_metres = metres + net.metres[span]
            new_latency = latency + pause + net.latency[span]
            new_jitter = jitter + net.jitter[span]
            all_metres = new_metres + int(self.metres[other])
            all_latency = new_latency + int(self.latency[other])
            all_hops = len(spans) + 1 + int(rest_hops)
            if (
                (bounds.latency is not None and all_latency > bounds.latency)
                or (bounds.metres is not None and all_metres > bounds.metres)
                or (bounds.hops is not None and all_hops > bounds.hops)
                or (
                    self.jitter is not None
                    and bounds.jitter is not None
                    and new_jitter + self.jitter[other] > bounds.jitter
                )
            ):
                continue
            new_weight, new_survival = weight, survival
            if self.log is not None and self.log_limit is not None:
                new_weight += _log_weight(net.loss[span])
                if new_weight + self.log[other] > self.log_limit:
                    continue
                if net.loss[span]:
                    new_survival = survival * Fraction(LOSS_SCALE - net.loss[span], LOSS_SCALE)
                if not self._survives(new_survival):
                    continue
            key = _key(self.km_first, all_metres, all_latency, all_hops)
            yield key, (*spans, span), other, new_metres, new_latency, new_jitter, new_weight, new_survival

    def _survives(self, survival: Fraction) -> bool:
        bounds = self.bounds
        return (bounds.loss is None or 1 - survival <= bounds.loss) and (
            bounds.below_loss is None or 1 - survival < bounds.below_loss
        )


def _key(km_first: bool, metres: int, latency: int, hops: int = 1) -> int:  # noqa: FBT001 - the hottest call
    if km_first:
        return (metres << 2 * _LANE) + (latency << _LANE) + hops
    return (latency << 2 * _LANE) + (hops << _LANE) + metres


def _walk(
    via: dict[int, int], other_end: Callable[[int, int], int], site: int, source: int
) -> tuple[int, ...]:
    spans = []
    while site != source:
        span = via[site]
        spans.append(span)
        site = other_end(span, site)
    return tuple(reversed(spans))


def _log_weight(loss: int) -> int:
    """−ln(1 − loss) × 10¹², a little too small; loss in 10⁻⁹, and total loss is beyond every limit."""
    if loss >= LOSS_SCALE:
        return 100 * _LOG_SCALE
    return int(-math.log1p(-loss / LOSS_SCALE) * _LOG_SCALE * (1 - 1e-9))


def _log_limit(loss: Fraction) -> float:
    """The same of a bound, a little too large, so that pruning by it never drops a feasible path."""
    share = float(loss)
    return math.inf if share >= 1 else -math.log1p(-share) * _LOG_SCALE * (1 + 1e-9) + 1
