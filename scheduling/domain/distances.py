"""One-to-all least sums of one metric at a time: exact bounds that steer and cut every path search."""

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from scheduling.domain.network import LOSS_SCALE, Network

_EXACT = 2**53
"""Below this a double holds every integer, so SciPy's sums of integers are exact."""

LOG_SCALE = 10**12
"""Losses become integer log-survivals rounded towards feasible: they only prune, they never decide."""


class Distances:
    """Least sums over the spans of a network with `bandwidth` Mbps free.

    Metrics are `metres`, `latency` (µs, with the pass through every site that is left but the source), `jitter` (µs), `hops`
    and `survival` (−ln(1 − loss) × 10¹², a little too small). Values are whole numbers or infinity, held as floats.
    """

    def __init__(self, network: Network, source: int, bandwidth: int) -> None:
        self._network, self._source = network, source
        ends = np.array(network.ends, dtype=np.int64).reshape(-1, 2)
        usable = np.flatnonzero(np.array(network.free, dtype=np.int64) >= bandwidth)
        self._left = np.concatenate([ends[usable, 0], ends[usable, 1]])
        self._entered = np.concatenate([ends[usable, 1], ends[usable, 0]])
        self._span = np.concatenate([usable, usable])
        self._matrices: dict[str, csr_matrix[np.float64] | None] = {}
        self._ahead: dict[str, list[float]] = {}
        self._back: dict[tuple[str, int], list[float]] = {}

    @cached_property
    def _pause(self) -> NDArray[np.int64]:
        pause = np.array(self._network.hop, dtype=np.int64)
        # The source is never an intermediate site.
        pause[self._source] = 0
        return pause

    def exact(self, metric: str) -> bool:
        """Whether the sums of this metric are the least ones; else all are 0, which still bounds them."""
        return self._matrix(metric) is not None

    def ahead(self, metric: str) -> list[float]:
        """The least sum from the source to each of n sites."""
        if metric not in self._ahead:
            self._ahead[metric] = self._run(metric, self._source, forward=True)
        return self._ahead[metric]

    def back(self, metric: str, target: int) -> list[float]:
        """The least sum from each of n sites to the target."""
        key = (metric, target)
        if key not in self._back:
            self._back[key] = self._run(metric, target, forward=False)
        return self._back[key]

    def _run(self, metric: str, site: int, *, forward: bool) -> list[float]:
        matrix = self._matrix(metric)
        if matrix is None:
            return [0.0] * len(self._network.hop)
        found: list[float] = dijkstra(matrix if forward else matrix.T.tocsr(), indices=[site])[0].tolist()
        return found

    def _matrix(self, metric: str) -> "csr_matrix[np.float64] | None":
        """Site × site weights, None where sums could pass what a double holds exactly."""
        if metric not in self._matrices:
            weights = self._weights(metric)[self._span]
            if metric == "latency":
                weights = weights + self._pause[self._left]
            # SciPy adds parallel entries up, so only the least of parallel spans goes in.
            order = np.lexsort((weights, self._entered, self._left))
            left, entered, weights = self._left[order], self._entered[order], weights[order]
            first = np.ones(len(order), dtype=np.bool_)
            first[1:] = (left[1:] != left[:-1]) | (entered[1:] != entered[:-1])
            size = len(self._network.hop)
            self._matrices[metric] = (
                None
                if int(weights[first].sum()) >= _EXACT
                else csr_matrix(
                    (weights[first].astype(np.float64), (left[first], entered[first])), shape=(size, size)
                )
            )
        return self._matrices[metric]

    def _weights(self, metric: str) -> NDArray[np.int64]:
        net = self._network
        match metric:
            case "hops":
                return np.ones(len(net.ids), dtype=np.int64)
            case "survival":
                return np.array([log_weight(loss) for loss in net.loss], dtype=np.int64)
            case _:
                return np.array(getattr(net, metric), dtype=np.int64)


def log_weight(loss: int) -> int:
    """−ln(1 − loss) × 10¹², a little too small; loss in 10⁻⁹, and total loss is beyond every limit."""
    if loss >= LOSS_SCALE:
        return 100 * LOG_SCALE
    return int(-math.log1p(-loss / LOSS_SCALE) * LOG_SCALE * (1 - 1e-9))


def log_limit(loss: float) -> float:
    """The same of a bound, a little too large, so that pruning by it never drops a feasible path."""
    return math.inf if loss >= 1 else -math.log1p(-loss) * LOG_SCALE * (1 + 1e-9) + 1
