"""Routes of a line: one path, or a 1+1 pair that shares no span, no SRLG name and no site between."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import count
from math import isinf

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
class _Prefix:
    """The beginning of the first path, where it ends, what its partner must keep off, and the best partner so far."""

    spans: tuple[int, ...]
    site: int
    avoid: Avoid
    partner: Path


class _PairSearch:
    """Best-first over beginnings of one path; each carries the best partner that keeps off it, as a lower bound.

    The path with the smaller first span is the one that grows, so each pair is met once. A beginning's score (the
    least it can still become, with its partner) never exceeds that of a pair that grows from it: the partner is
    best among all paths that keep off a part of what the whole path will block. Exact, without a cap; the problem
    is NP-hard in general (shared risk groups), so hard networks cost time, never the answer.
    """

    def __init__(self, reach: Reach, target: int, order: Order, bounds: Bounds) -> None:
        self.reach, self.target, self.order, self.bounds = reach, target, order, bounds
        self.single = replace(bounds, metres=None)
        self.order_of = count()

    def run(self) -> tuple[Path, Path] | None:
        """(the path of lower latency, the other), or None where no pair is feasible."""
        root = self.reach.best(self.target, self.order, self.single)
        if root is None or self._has_cut(root):
            return None
        best: tuple[Score, tuple[tuple[int, ...], tuple[int, ...]]] | None = None
        found: tuple[Path, Path] | None = None
        queue: list[tuple[Score, int, _Prefix]] = []
        self._push(queue, _Prefix((), self.reach.source, NOTHING, root))
        while queue:
            score, _, prefix = heapq.heappop(queue)
            if best is not None and score > best[0]:
                break
            settled = self._settle(prefix)
            if settled is None:
                continue
            if settled is not prefix:
                self._push(queue, settled)
            elif prefix.site == self.target:
                pair = sorted(
                    (self.reach.measure(prefix.spans), prefix.partner),
                    key=lambda path: (path.latency, path.hops, path.spans),
                )
                ids = (pair[0].spans, pair[1].spans)
                if best is None or (score, ids) < best:
                    best, found = (score, ids), (pair[0], pair[1])
            else:
                for grown in self._grow(prefix):
                    self._push(queue, grown)
        return found

    def _has_cut(self, root: Path) -> bool:
        """Whether one span, site or SRLG name lies on every feasible path; it would then lie on this one."""
        net = self.reach.network
        avoids = [Avoid(spans=frozenset({span})) for span in root.spans]
        avoids += [Avoid(sites=frozenset({site})) for site in root.between]
        avoids += [
            Avoid(srlg=frozenset({name})) for name in set().union(*(net.srlg[span] for span in root.spans))
        ]
        return any(self.reach.search(self.target, self.order, self.single, avoid) is None for avoid in avoids)

    def _push(self, queue: list[tuple[Score, int, _Prefix]], prefix: _Prefix) -> None:
        least = self._least(prefix)
        if least is None:
            return
        metres, latency, hops = least
        partner = prefix.partner
        all_metres, all_hops = metres + partner.metres, hops + partner.hops
        worse, better = max(latency, partner.latency), min(latency, partner.latency)
        if self.order is Order.KM:
            score = (all_metres, worse, better, all_hops)
        else:
            score = (worse, better, all_hops, all_metres)
        heapq.heappush(queue, (score, next(self.order_of), prefix))

    def _least(self, prefix: _Prefix) -> tuple[int, int, int] | None:
        """The least metres, latency and hops of a whole path from this beginning; None where a bound forbids it."""
        reach, bounds, target = self.reach, self.single, self.target
        so_far = reach.measure(prefix.spans)
        rest_hops = reach.distances.back("hops", target)[prefix.site]
        if isinf(rest_hops):
            return None
        metres = so_far.metres + int(reach.distances.back("metres", target)[prefix.site])
        latency = so_far.latency + int(reach.distances.back("latency", target)[prefix.site])
        hops = so_far.hops + int(rest_hops)
        least = replace(so_far, metres=metres, latency=latency)
        if not bounds.admit(least) or (bounds.hops is not None and hops > bounds.hops):
            return None
        return metres, latency, hops

    def _settle(self, prefix: _Prefix) -> _Prefix | None:
        """The prefix itself where its partner keeps off it; else the same with the best that does, None if none."""
        net, avoid, partner = self.reach.network, prefix.avoid, prefix.partner
        room = None
        if self.bounds.metres is not None:
            least = self._least(prefix)
            if least is None:
                return None
            room = self.bounds.metres - least[0]
        if (
            partner.spans[0] > avoid.first_after
            and (room is None or partner.metres <= room)
            and avoid.spans.isdisjoint(partner.spans)
            and avoid.sites.isdisjoint(partner.between)
            and all(avoid.srlg.isdisjoint(net.srlg[span]) for span in partner.spans)
        ):
            return prefix
        other = self.reach.search(self.target, self.order, replace(self.single, metres=room), avoid)
        return None if other is None else replace(prefix, partner=other)

    def _grow(self, prefix: _Prefix) -> Iterator[_Prefix]:
        reach, avoid = self.reach, prefix.avoid
        for other, span in reach.arcs(prefix.site):
            if other == reach.source or other in avoid.sites:
                continue
            grown = Avoid(
                spans=avoid.spans | {span},
                sites=avoid.sites if other == self.target else avoid.sites | {other},
                srlg=avoid.srlg | reach.network.srlg[span],
                first_after=avoid.first_after if prefix.spans else span,
            )
            yield _Prefix((*prefix.spans, span), other, grown, prefix.partner)
