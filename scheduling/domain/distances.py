"""One-to-all least sums of one metric at a time: exact bounds that steer and cut every path search."""

import math
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import cast

import numpy as np
import scipy  # its parts are loaded when they are first named
from numpy.typing import NDArray

from scheduling.domain.blocks import Blocks
from scheduling.domain.contraction import Contracted, Sums, contraction
from scheduling.domain.network import LOSS_SCALE, Network

_EXACT = 2**53
"""Below this a double holds every integer, so SciPy's sums of integers are exact."""

_INT64 = 2**62

LOG_SCALE = 10**12
"""Losses become integer log-survivals rounded towards feasible: they only prune, they never decide."""

_REMEMBERED = 16
"""Sets of usable spans remembered for each network; demands ask for few different bandwidths, and few bookings change which do."""

_LARGE = 2_000
"""Sites from which on a network is contracted: of fewer, a plain search is as fast."""

_PLAIN = 1
"""Questions for a metric that a plain search answers; who asks again will ask often enough to pay for a contraction."""


class Usable:
    """The spans of a network that have enough free: arcs and matrices, whoever asks from wherever.

    Metrics are `metres`, `latency` (µs, with the pass through the site that is left), `jitter` (µs), `hops`,
    `survival` (−ln(1 − loss) × 10¹², a little too small), and `km`: metres first, latency second, as one number
    metres × `base` + latency.
    """

    def __init__(self, network: Network, enough: NDArray[np.bool_]) -> None:
        """`enough` says it of each span."""
        self.network, self._enough = network, enough.tobytes()
        ends = np.array(network.ends, dtype=np.int64).reshape(-1, 2)
        usable = np.flatnonzero(enough)
        self._left = np.concatenate([ends[usable, 0], ends[usable, 1]])
        self._entered = np.concatenate([ends[usable, 1], ends[usable, 0]])
        self._span = np.concatenate([usable, usable])
        self._pause = np.array(network.hop, dtype=np.int64)
        self._matrices: dict[str, scipy.sparse.csr_matrix[np.float64] | None] = {}
        self._transposed: dict[str, scipy.sparse.csr_matrix[np.float64]] = {}
        self._contracted: dict[tuple[str, bool], Contracted] = {}
        self._asked: Counter[tuple[str, bool]] = Counter()
        self._arcs: dict[int, list[tuple[int, int]]] = {}
        # No simple path is slower than all spans one after the other, so latency never carries into metres.
        self.base = _total(self._weights("latency")[self._span] + self._pause[self._left]) + 1

    @cached_property
    def parts(self) -> NDArray[np.int32]:
        """For each site the number of the connected part that it is in."""
        ones = np.ones(len(self._left))
        size = len(self.network.hop)
        links = scipy.sparse.csr_matrix((ones, (self._left, self._entered)), shape=(size, size))
        labels: NDArray[np.int32] = scipy.sparse.csgraph.connected_components(links, directed=False)[1]
        return labels

    @cached_property
    def blocks(self) -> Blocks:
        """Which sites two paths join that share nothing."""
        return Blocks(len(self.network.hop), self.arcs)

    def metres_within(self, most: float) -> float:
        """More than a path of at most `most` µs can be long, as a sum of the metric `km`."""
        return math.inf if math.isinf(most) else (max(most, 0) * self._metres_a_microsecond + 1) * self.base

    @cached_property
    def _metres_a_microsecond(self) -> float:
        metres, latency = (self._weights(metric)[self._span] for metric in ("metres", "latency"))
        at_once = bool(np.any(metres[latency == 0]))
        return math.inf if at_once else math.ceil(np.max(metres / np.maximum(latency, 1), initial=0))

    def arcs(self, site: int) -> list[tuple[int, int]]:
        """The usable spans that meet at a site, as (neighbour, span)."""
        if site not in self._arcs:
            self._arcs[site] = [arc for arc in self.network.arcs[site] if self._enough[arc[1]]]
        return self._arcs[site]

    def matrix(self, metric: str) -> "scipy.sparse.csr_matrix[np.float64] | None":
        """Site × site weights, None where sums could pass what a double holds exactly."""
        if metric not in self._matrices:
            self._matrices[metric] = self._built(metric)
        return self._matrices[metric]

    def sums(self, metric: str, site: int, most: float = math.inf, *, back: bool = False) -> "Sums | None":
        """The least sum from a site to each, or `back` from each to it; infinity above `most`. None as of the matrix.

        Of a large network it is asked on a contraction, unless nobody has asked before.
        """
        matrix = self.matrix(metric)
        if matrix is None:
            return None
        key = (metric, back)
        self._asked[key] += 1
        if matrix.shape[0] >= _LARGE and self._asked[key] > _PLAIN:
            if key not in self._contracted:
                self._contracted[key] = self._laid(matrix, back=back)
            return self._contracted[key].least(site, most)
        if back and metric not in self._transposed:
            self._transposed[metric] = matrix.T.tocsr()
        ways = self._transposed[metric] if back else matrix
        found: Sums = scipy.sparse.csgraph.dijkstra(ways, indices=[site], limit=most)[0]
        return found

    def _laid(self, matrix: "scipy.sparse.csr_matrix[np.float64]", *, back: bool) -> Contracted:
        arcs = matrix.tocoo()
        left, entered = arcs.row.astype(np.int64), arcs.col.astype(np.int64)
        size = matrix.shape[0]
        shape = contraction(size, (left * size + entered).tobytes())
        return Contracted(shape, *((entered, left) if back else (left, entered)), arcs.data)

    def _built(self, metric: str) -> "scipy.sparse.csr_matrix[np.float64] | None":
        if metric == "km":
            metres = self._weights("metres")[self._span]
            if _total(metres) * self.base >= _INT64:
                return None
            weights = metres * self.base + self._weights("latency")[self._span] + self._pause[self._left]
        else:
            weights = self._weights(metric)[self._span]
            if metric == "latency":
                weights = weights + self._pause[self._left]
        # SciPy adds parallel entries up, so only the least of parallel spans goes in.
        order = np.lexsort((weights, self._entered, self._left))
        left, entered, weights = self._left[order], self._entered[order], weights[order]
        first = np.ones(len(order), dtype=np.bool_)
        first[1:] = (left[1:] != left[:-1]) | (entered[1:] != entered[:-1])
        if metric != "km" and _total(weights[first]) >= _EXACT:
            return None
        size = len(self.network.hop)
        return scipy.sparse.csr_matrix(
            (weights[first].astype(np.float64), (left[first], entered[first])), shape=(size, size)
        )

    def _weights(self, metric: str) -> NDArray[np.int64]:
        net = self.network
        match metric:
            case "hops":
                return np.ones(len(net.ids), dtype=np.int64)
            case "survival":
                return np.array([log_weight(loss) for loss in net.loss], dtype=np.int64)
            case _:
                return np.array(getattr(net, metric), dtype=np.int64)


def usable_spans(network: Network, bandwidth: int) -> Usable:
    """The spans with `bandwidth` Mbps free, remembered: whatever is asked for and free, the same spans are worked out once."""
    enough = network.free >= bandwidth
    key = np.packbits(enough).tobytes()
    found = network.derived.get(key)
    if found is None:
        if len(network.derived) >= _REMEMBERED:
            network.derived.clear()
        found = network.derived[key] = Usable(network, enough)
    return found


class Distances:
    """Least sums over the spans of a network with `bandwidth` Mbps free, from one source or to one target.

    Metrics as in Usable; the source is never an intermediate site, so its own pass costs nothing. Values are whole
    numbers or infinity, held as floats.
    """

    def __init__(self, usable: Usable, source: int) -> None:
        self._usable, self._source = usable, source
        self._pause = usable.network.hop[source]
        self._least: dict[str, Sums] = {}
        self._ahead: dict[str, Sequence[float]] = {}
        self._back: dict[tuple[str, int], Sequence[float]] = {}
        self._by_km: dict[float, KmSums | None] = {}

    def exact(self, metric: str) -> bool:
        """Whether the sums of this metric are the least ones; else all are 0, which still bounds them."""
        return self._usable.matrix(metric) is not None

    def reaches(self, target: int) -> bool:
        """Whether there is any path from the source to the target."""
        parts = self._usable.parts
        return bool(parts[self._source] == parts[target])

    def twice(self, target: int) -> bool:
        """Whether there are two paths from the source to the target, not the source itself, that share neither site nor span."""
        return self._usable.blocks.joined_twice(self._source, target)

    def reached(self, targets: NDArray[np.int64]) -> NDArray[np.bool_]:
        """The same of many targets."""
        parts = self._usable.parts
        found: NDArray[np.bool_] = parts[targets] == parts[self._source]
        return found

    def least(self, metric: str) -> Sums:
        """The least sum from the source to each of n sites."""
        if metric not in self._least:
            found = self._run(metric)
            self._least[metric] = np.zeros(len(self._usable.network.hop)) if found is None else found
        return self._least[metric]

    def ahead(self, metric: str) -> Sequence[float]:
        """The same, to be read one by one."""
        if metric not in self._ahead:
            self._ahead[metric] = one_by_one(self.least(metric))
        return self._ahead[metric]

    def by_km(self, most: float) -> "KmSums | None":
        """Sums of the path of least km, then least latency, to each of n sites.

        Sites that no path reaches within `most` µs may be at infinity too. None where a double could not hold the two
        together.
        """
        if most not in self._by_km:
            for bound, sums in self._by_km.items():
                if bound > most and sums is not None:
                    return sums
            found = self._run("km", self._usable.metres_within(most))
            exact = found is not None and np.max(found, where=np.isfinite(found), initial=0) < _EXACT
            self._by_km[most] = KmSums(found, self._usable.base) if found is not None and exact else None
        return self._by_km[most]

    def known_by_km(self, target: int) -> "KmSums | None":
        """The same of a run that was asked for before and reached the target."""
        known = (sums for sums in self._by_km.values() if sums is not None)
        return next((sums for sums in known if math.isfinite(sums.both[target])), None)

    def back(self, metric: str, target: int) -> Sequence[float]:
        """The least sum from each of n sites to the target, to be read one by one."""
        key = (metric, target)
        if key not in self._back:
            found = self._usable.sums(metric, target, back=True)
            if found is None:
                found = np.zeros(len(self._usable.network.hop))
            elif metric == "latency" and target != self._source:
                found[self._source] -= self._pause
            self._back[key] = one_by_one(found)
        return self._back[key]

    def _run(self, metric: str, most: float = math.inf) -> "Sums | None":
        """From the source to each site within `most`: it is left at the start alone, so its pass comes off every sum."""
        found = self._usable.sums(metric, self._source, most + self._pause)
        if found is not None and metric in ("latency", "km"):
            found -= self._pause
            found[self._source] = 0
        return found


class KmSums:
    """For each of n sites metres × `base` + µs of a path; infinity where there is none."""

    def __init__(self, sums: Sums, base: int) -> None:
        self._sums, self.base = sums, base
        self.both = one_by_one(sums)

    def at(self, targets: NDArray[np.int64]) -> tuple[Sums, Sums]:
        """(metres, latency) to each target; infinity for none."""
        found = self._sums[targets]
        reached = np.isfinite(found)
        parts = np.divmod(np.where(reached, found, 0), self.base)
        metres, latency = (np.where(reached, part, math.inf) for part in parts)
        return metres, latency

    def metres(self, target: int) -> float:
        """The metres to one target; infinity for none."""
        both = self.both[target]
        return both // self.base if math.isfinite(both) else both


def one_by_one(sums: Sums) -> Sequence[float]:
    """The sums as floats of Python's, each made when it is read: a search reads few of them."""
    return cast("Sequence[float]", memoryview(sums))  # type: ignore[arg-type] # NumPy's stubs do not say it


def _total(weights: NDArray[np.int64]) -> int:
    """At least the sum, without overflow."""
    return math.ceil(float(np.sum(weights, dtype=np.float64)) * (1 + 1e-9))


def log_weight(loss: int) -> int:
    """−ln(1 − loss) × 10¹², a little too small; loss in 10⁻⁹, and total loss is beyond every limit."""
    if loss >= LOSS_SCALE:
        return 100 * LOG_SCALE
    return int(-math.log1p(-loss / LOSS_SCALE) * LOG_SCALE * (1 - 1e-9))


def log_limit(loss: float) -> float:
    """The same of a bound, a little too large, so that pruning by it never drops a feasible path."""
    return math.inf if loss >= 1 else -math.log1p(-loss) * LOG_SCALE * (1 + 1e-9) + 1
