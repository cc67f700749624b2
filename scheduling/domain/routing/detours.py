"""Two paths that share neither site nor span where the best one bars every other: each takes a part of it."""

import heapq
import math

from scheduling.domain.routing.path_orders import Order
from scheduling.domain.routing.paths import Path, Reach

_State = tuple[int, bool]
"""A site, and whether it was reached against the first path."""

_MOVED = 12
"""The effort of going on from such a state, a little less than that of growing a label."""


def parted(
    reach: Reach, target: int, order: Order, *, most: float = math.inf, wary: bool = False
) -> tuple[Path, Path] | None:
    """Two such paths from the source to the target, worth the least together, or None where none are worth at most that.

    After Suurballe, "Disjoint paths in a network" (Networks 4, 1974): a second way may run against the best path, and the
    spans that it does so on fall out. Bounds are not looked at, nor are risks, unless it is `wary`: then that second way keeps
    off those of the best path, so that the two seldom share one, and may be worth more. Asked only of an order whose sums from
    the source are exact. Raises TooHardError.
    """
    first = reach.least(target, order)
    second = None if first is None else _Against(reach, first, target, order, wary=wary).run(most)
    if first is None or second is None:
        return None
    left = set(first.spans).symmetric_difference(second)
    return _walked(reach, target, left), _walked(reach, target, left)


class _Against:
    """The search for a way beside the first path, which it may run against.

    Where it meets the first path it can only run back along it, until it leaves it again. Worth is counted beyond that of
    the best paths from the source, so that none is below zero; the queue is steered towards the target.
    """

    def __init__(self, reach: Reach, first: Path, target: int, order: Order, *, wary: bool) -> None:
        self.reach, self.target, self.order = reach, target, order
        self.least, self.back = reach.distances.ahead(order), reach.distances.back(order, target)
        self.along, site = dict[int, tuple[int, int]](), reach.source
        for span in first.spans:
            self.along[_beyond(reach, site, span)] = site, span
            site = _beyond(reach, site, span)
        srlg = reach.network.srlg
        self.first = frozenset(first.spans)
        self.risks = frozenset[str]().union(*(srlg[span] for span in first.spans if wary))
        begin: _State = (reach.source, False)
        self.extras: dict[_State, int] = {begin: 0}
        self.came: dict[_State, tuple[_State, int]] = {}
        self.queue: list[tuple[int, int, _State]] = [(0, 0, begin)]

    def run(self, most: float) -> list[int] | None:
        """The spans of the way, or None where there is none with which the two are worth at most that."""
        most -= self.least[self.target]
        while self.queue:
            worth, extra, here = heapq.heappop(self.queue)
            if worth > most:
                return None
            if here[0] == self.target:
                return self._spans(here)
            if extra == self.extras[here]:
                self.reach.effort.spend(0, _MOVED)
                self._go_on(here, extra)
        return None

    def _go_on(self, here: _State, extra: int) -> None:
        net, (metre, us, *_) = self.reach.network, self.order
        site, against = here
        if site in self.along and self.along[site][0] != self.reach.source:
            before, span = self.along[site]
            self._move(here, span, (before, True), extra)
        if not against and site in self.along:
            return
        extra += int(self.least[site]) + us * self.reach.hop[site]
        for other, span in self.reach.arcs(site):
            if other == self.reach.source or span in self.first or not self.risks.isdisjoint(net.srlg[span]):
                continue
            beyond = metre * net.metres[span] + us * net.latency[span] - int(self.least[other])
            self._move(here, span, (other, False), extra + beyond)

    def _move(self, here: _State, span: int, there: _State, extra: int) -> None:
        if extra < self.extras.get(there, math.inf):
            self.extras[there], self.came[there] = extra, (here, span)
            worth = extra + int(self.least[there[0]]) + int(self.back[there[0]])
            heapq.heappush(self.queue, (worth, extra, there))

    def _spans(self, here: _State) -> list[int]:
        found = []
        while here in self.came:
            here, span = self.came[here]
            found.append(span)
        return found


def _walked(reach: Reach, target: int, left: set[int]) -> Path:
    """A path from the source over spans that are left, which are taken out."""
    site, found = reach.source, list[int]()
    while site != target:
        span = min(span for _, span in reach.arcs(site) if span in left)
        left.discard(span)
        found.append(span)
        site = _beyond(reach, site, span)
    return reach.measure(tuple(found))


def _beyond(reach: Reach, site: int, span: int) -> int:
    a, b = reach.network.ends[span]
    return b if site == a else a
