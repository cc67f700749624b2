"""What the best path sums to, without the path: most bundles are ranked and counted, few are written."""

import heapq
import math

from scheduling.domain.paths import Bounds, Order, Reach

Sums = tuple[int, int | None]
"""(latency in µs one way, metres); metres are None where only the path itself would tell."""


def best_sums(reach: Reach, target: int, order: Order, bounds: Bounds) -> Sums | None:
    """The sums of `reach.best(target, order, bounds)`, or None where there is no such path.

    Under no bound but latency they are read from one-to-all distances; else the path is found and measured.
    """
    if not reach.distances.reaches(target):
        return None
    if bounds.of_latency_alone:
        most = math.inf if bounds.latency is None else bounds.latency
        if order is Order.LATENCY and reach.distances.exact("latency"):
            latency = reach.distances.ahead("latency")[target]
            return None if latency > most else (int(latency), None)
        if order is Order.KM and (least := reach.distances.by_km(most)) is not None:
            if (both := least.both[target]) < math.inf:
                metres, latency = divmod(int(both), least.base)
                if latency <= most:
                    return latency, metres
            return searched(reach, target, most)
    path = reach.best(target, order, bounds)
    return None if path is None else (path.latency, path.metres)


def searched(reach: Reach, target: int, most: float) -> tuple[int, int] | None:
    """(latency, metres) of the path of least km within `most` µs, where the path of least km is slower.

    Label-setting A* from the target back to the source, steered by distances that every target shares. A label is
    (least metres of all, least latency of all, metres so far, latency so far, site); labels leave the queue in that
    order, so the first at the source is best, and one that is no faster than an earlier one at its site is beaten by it.
    Raises TooHardError.
    """
    latency, by_km = reach.distances.ahead("latency"), reach.distances.by_km(most)
    metres = reach.distances.ahead("metres").__getitem__ if by_km is None else by_km.metres
    if reach.distances.exact("latency") and latency[target] > most:
        return None
    source, hop, net = reach.source, reach.hop, reach.network
    fastest: dict[int, int] = {}
    queue: list[tuple[float, float, int, int, int]] = [(metres(target), latency[target], 0, 0, target)]
    while queue:
        _, _, length, delay, site = heapq.heappop(queue)
        if site == source:
            return delay, length
        if delay >= fastest.get(site, math.inf):
            continue
        fastest[site] = delay
        reach.effort.spend(0, 2)
        here = delay + (0 if site == target else hop[site])
        for other, span in reach.arcs(site):
            onward = here + net.latency[span]
            pause = 0 if other == source else hop[other]
            all_delay = onward + pause + latency[other]
            if all_delay <= most and onward < fastest.get(other, math.inf):
                new_length = length + net.metres[span]
                heapq.heappush(queue, (new_length + metres(other), all_delay, new_length, onward, other))
    return None
