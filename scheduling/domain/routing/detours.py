"""Two paths that share neither site nor span where the fastest one bars every other: each takes a part of it."""

import heapq
import math

from scheduling.domain.routing.path_orders import LATENCY
from scheduling.domain.routing.paths import Path, Reach

_State = tuple[int, bool]
"""A site, and whether it was reached against the first path."""


def parted(reach: Reach, target: int) -> tuple[Path, Path] | None:
    """Two such paths from the source to the target, near the fastest together, or None where there are none.

    After Suurballe, "Disjoint paths in a network" (Networks 4, 1974): a second way may run against the fastest path, and the
    spans that it does so on fall out. Risk groups and bounds are not looked at. Raises TooHardError.
    """
    first = reach.least(target, LATENCY) if reach.distances.exact(LATENCY) else None
    second = None if first is None else _against(reach, first, target)
    if first is None or second is None:
        return None
    left = set(first.spans).symmetric_difference(second)
    return _walked(reach, target, left), _walked(reach, target, left)


def _against(reach: Reach, first: Path, target: int) -> list[int] | None:
    """The spans of a way beside the first path, which it may run against.

    Where it meets the first path it can only run back along it, until it leaves it again. µs are counted beyond those of
    the fastest paths from the source, so that none are below zero; the queue is steered towards the target.
    """
    net, hop = reach.network, reach.hop
    fastest, back = reach.distances.ahead(LATENCY), reach.distances.back(LATENCY, target)
    along, site = dict[int, tuple[int, int]](), reach.source
    for span in first.spans:
        along[_beyond(reach, site, span)] = site, span
        site = _beyond(reach, site, span)
    begin: _State = (reach.source, False)
    least: dict[_State, float] = {begin: 0.0}
    came: dict[_State, tuple[_State, int]] = {}
    queue: list[tuple[float, float, _State]] = [(0.0, 0.0, begin)]
    while queue:
        _, extra, here = heapq.heappop(queue)
        site, against = here
        if site == target:
            return _spans(came, here)
        if extra > least[here]:
            continue
        reach.effort.spend(0, 2)
        moves = list[tuple[float, _State, int]]()
        if site in along and along[site][0] != reach.source:
            before, span = along[site]
            moves.append((extra, (before, True), span))
        if against or site not in along:
            so_far = extra + hop[site] + fastest[site]
            moves += [
                (so_far + net.latency[span] - fastest[other], (other, False), span)
                for other, span in reach.arcs(site)
                if other != reach.source and span not in first.spans
            ]
        for cost, there, span in moves:
            if cost < least.get(there, math.inf):
                least[there], came[there] = cost, (here, span)
                heapq.heappush(queue, (cost + fastest[there[0]] + back[there[0]], cost, there))
    return None


def _spans(came: dict[_State, tuple[_State, int]], here: _State) -> list[int]:
    found = []
    while here in came:
        here, span = came[here]
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
