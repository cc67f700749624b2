"""One-to-all least sums in one order at a time: exact bounds that steer and cut every path search."""

import math
from collections.abc import Sequence
from functools import cached_property
from typing import cast

import numpy as np
import scipy  # its parts are loaded when they are first named
from numpy.typing import NDArray

from scheduling.domain.routing.blocks import Blocks
from scheduling.domain.routing.contraction import Contracted, Sums, contraction
from scheduling.domain.routing.network import LOSS_SCALE, Network
from scheduling.domain.routing.path_orders import Order

_EXACT = 2**53
"""Below this a double holds every integer, so SciPy's sums of integers are exact."""

_INT64 = 2**62

LOG_SCALE = 10**12
"""Losses become integer log-survivals rounded towards feasible: they only prune, they never decide."""

_REMEMBERED = 16
"""Sets of usable spans remembered for each network; demands ask for few different bandwidths, and few bookings change which do."""

_ORDERS = 10
"""Orders remembered for each such set: six that any demand may ask for, and what buyers weigh km and latency by."""

_LARGE = 2_000
"""Sites from which on a network is contracted: of fewer, a plain search is as fast."""

_PLAIN = 1
"""Questions for an order that a plain search answers; who asks again will ask often enough to pay for a contraction."""


class _Laid:
    """What spans are worth in an order, as site × site weights, and what answers questions for its sums, ahead and back."""

    def __init__(self, matrix: "scipy.sparse.csr_matrix[np.float64]") -> None:
        self._matrices = {False: matrix}
        self._contracted: dict[bool, Contracted] = {}
        self._asked = {False: 0, True: 0}

    @property
    def matrix(self) -> "scipy.sparse.csr_matrix[np.float64]":
        """Weights from the site that is left to the one that is entered."""
        return self._matrices[False]

    def sums(self, site: int, most: float, *, back: bool) -> Sums:
        """Of a large network it is asked on a contraction, unless nobody has asked before."""
        self._asked[back] += 1
        if self.matrix.shape[0] >= _LARGE and self._asked[back] > _PLAIN:
            if back not in self._contracted:
                self._contracted[back] = self._contract(back=back)
            return self._contracted[back].least(site, most)
        if back not in self._matrices:
            self._matrices[back] = self.matrix.T.tocsr()
        found: Sums = scipy.sparse.csgraph.dijkstra(self._matrices[back], indices=[site], limit=most)[0]
        return found

    def _contract(self, *, back: bool) -> Contracted:
        arcs = self.matrix.tocoo()
        left, entered = arcs.row.astype(np.int64), arcs.col.astype(np.int64)
        size = self.matrix.shape[0]
        shape = contraction(size, (left * size + entered).tobytes())
        return Contracted(shape, *((entered, left) if back else (left, entered)), arcs.data)


class Usable:
    """The spans of a network that have enough free: arcs, and sums of their worth, whoever asks from wherever.

    In its µs the pass through the site that is left counts.
    """

    def __init__(self, network: Network, enough: NDArray[np.bool_]) -> None:
        """`enough` says it of each span."""
        self.network, self._enough = network, enough.tobytes()
        ends = np.array(network.ends, dtype=np.int64).reshape(-1, 2)
        usable = np.flatnonzero(enough)
        left = np.concatenate([ends[usable, 0], ends[usable, 1]])
        entered = np.concatenate([ends[usable, 1], ends[usable, 0]])
        # Parallel arcs stand side by side, from `_first` of each on.
        order = np.lexsort((entered, left))
        self._left, self._entered = left[order], entered[order]
        self._span = np.concatenate([usable, usable])[order]
        first = np.ones(len(order), dtype=np.bool_)
        first[1:] = (self._left[1:] != self._left[:-1]) | (self._entered[1:] != self._entered[:-1])
        self._first = np.flatnonzero(first)
        self._laid: dict[Order, _Laid | None] = {}
        self._columns: dict[str, NDArray[np.int64]] = {}
        self._arcs: dict[int, list[tuple[int, int]]] = {}
        # No simple path is slower than all spans one after the other, so latency never carries into metres.
        self.by_km = Order(metre=_total(self._adds("us")) + 1, us=1)

    def _adds(self, name: str) -> NDArray[np.int64]:
        """What each arc adds to one of the sums that an order counts."""
        if name not in self._columns:
            of_spans = self._of_spans(name)
            column: NDArray[np.int64] = np.array(of_spans, dtype=np.int64)[self._span]
            if name == "us":
                column += np.array(self.network.hop, dtype=np.int64)[self._left]
            self._columns[name] = column
        return self._columns[name]

    def _of_spans(self, name: str) -> Sequence[int]:
        net = self.network
        match name:
            case "metre":
                return net.metres
            case "us":
                return net.latency
            case "jitter":
                return net.jitter
            case "hop":
                return [1] * len(net.ids)
            case _:
                return [log_weight(loss) for loss in net.loss]

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
        """More than a path of at most `most` µs can be long, as a sum of `by_km`."""
        if math.isinf(most) or math.isinf(self._metres_a_microsecond):  # nor is 0 times that a number
            return math.inf
        return (max(most, 0) * self._metres_a_microsecond + 1) * self.by_km.metre

    @cached_property
    def _metres_a_microsecond(self) -> float:
        metres, latency = self._adds("metre"), np.array(self.network.latency, dtype=np.int64)[self._span]
        at_once = bool(np.any(metres[latency == 0]))
        return math.inf if at_once else math.ceil(np.max(metres / np.maximum(latency, 1), initial=0))

    def arcs(self, site: int) -> list[tuple[int, int]]:
        """The usable spans that meet at a site, as (neighbour, span)."""
        if site not in self._arcs:
            self._arcs[site] = [arc for arc in self.network.arcs[site] if self._enough[arc[1]]]
        return self._arcs[site]

    def laid(self, order: Order) -> _Laid | None:
        """An order on these spans, None where a sum could pass what its numbers hold; the last few asked for are remembered."""
        found = self._laid.pop(order) if order in self._laid else self._lay(order)
        self._laid[order] = found
        if len(self._laid) > _ORDERS:
            del self._laid[next(iter(self._laid))]
        return found

    def sums(
        self, order: Order, site: int, most: float = math.inf, *, back: bool = False, once: bool = False
    ) -> "Sums | None":
        """The least sum from a site to each, or `back` from each to it; infinity above `most`. None where a double holds not all of them.

        What is asked for `once` is not remembered.
        """
        laid = self._lay(order) if once else self.laid(order)
        found = None if laid is None else laid.sums(site, most, back=back)
        exact = found is not None and np.max(found, where=np.isfinite(found), initial=0) < _EXACT
        return found if exact else None

    def _lay(self, order: Order) -> _Laid | None:
        parts = [(price, self._adds(name)) for name, price in zip(order._fields, order, strict=True) if price]
        if sum(price * max(1, _total(adds)) for price, adds in parts) >= _INT64:
            return None
        weights = np.zeros(len(self._span), dtype=np.int64)
        for price, adds in parts:
            weights += adds * price
        # SciPy adds parallel entries up, so only the least of parallel spans goes in.
        least = np.minimum.reduceat(weights, self._first) if len(weights) else weights
        ends = self._left[self._first], self._entered[self._first]
        size = len(self.network.hop)
        return _Laid(scipy.sparse.csr_matrix((least.astype(np.float64), ends), shape=(size, size)))


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

    The source is never an intermediate site, so its own pass costs nothing. Values are whole numbers or infinity, held as
    floats.
    """

    def __init__(self, usable: Usable, source: int) -> None:
        self._usable, self._source = usable, source
        self._pause = usable.network.hop[source]
        self._least: dict[Order, Sums] = {}
        self._inexact: set[Order] = set()
        self._ahead: dict[Order, Sequence[float]] = {}
        self._back: dict[tuple[Order, int], Sequence[float]] = {}
        self._by_km: dict[float, KmSums | None] = {}

    def exact(self, order: Order) -> bool:
        """Whether the sums of this order from the source are the least ones; else all are 0, which still bounds them."""
        self.least(order)
        return order not in self._inexact

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

    def least(self, order: Order) -> Sums:
        """The least sum from the source to each of n sites."""
        if order not in self._least:
            found = self._run(order)
            if found is None:
                found = np.zeros(len(self._usable.network.hop))
                self._inexact.add(order)
            self._least[order] = found
        return self._least[order]

    def ahead(self, order: Order) -> Sequence[float]:
        """The same, to be read one by one."""
        if order not in self._ahead:
            self._ahead[order] = one_by_one(self.least(order))
        return self._ahead[order]

    def by_km(self, most: float) -> "KmSums | None":
        """Sums of the path of least km, then least latency, to each of n sites.

        Sites that no path reaches within `most` µs may be at infinity too. None where a double could not hold the two
        together.
        """
        if most not in self._by_km:
            for bound, sums in self._by_km.items():
                if bound > most and sums is not None:
                    return sums
            found = self._run(self._usable.by_km, self._usable.metres_within(most))
            self._by_km[most] = None if found is None else KmSums(found, self._usable.by_km)
        return self._by_km[most]

    def known_by_km(self, target: int) -> "KmSums | None":
        """The same of a run that was asked for before and reached the target."""
        known = (sums for sums in self._by_km.values() if sums is not None)
        return next((sums for sums in known if math.isfinite(sums.both[target])), None)

    def back(self, order: Order, target: int) -> Sequence[float]:
        """The least sum from each of n sites to the target, to be read one by one."""
        key = (order, target)
        if key not in self._back:
            found = self._usable.sums(order, target, back=True)
            if found is None:
                found = np.zeros(len(self._usable.network.hop))
            elif target != self._source:
                found[self._source] -= self._pause_in(order)
            self._back[key] = one_by_one(found)
        return self._back[key]

    def _run(self, order: Order, most: float = math.inf) -> "Sums | None":
        """From the source to each site within `most`: it is left at the start alone, so its pass comes off every sum."""
        pause = self._pause_in(order)
        found = self._usable.sums(order, self._source, most + pause)
        if found is not None and pause:
            found -= pause
            found[self._source] = 0
        return found

    def _pause_in(self, order: Order) -> int:
        """What the pass through the source adds to a sum."""
        return order.us * self._pause


class KmSums:
    """For each of n sites the worth of a path in an order of metres first, then µs; infinity where there is none."""

    def __init__(self, sums: Sums, order: Order) -> None:
        self._sums, self.order = sums, order
        self.both = one_by_one(sums)

    def at(self, targets: NDArray[np.int64]) -> tuple[Sums, Sums]:
        """(metres, latency) to each target; infinity for none."""
        found = self._sums[targets]
        reached = np.isfinite(found)
        parts = np.divmod(np.where(reached, found, 0), self.order.metre)
        metres, latency = (np.where(reached, part, math.inf) for part in parts)
        return metres, latency

    def metres(self, target: int) -> float:
        """The metres to one target; infinity for none."""
        both = self.both[target]
        return both // self.order.metre if math.isfinite(both) else both


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
