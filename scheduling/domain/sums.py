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
    if bounds == Bounds(latency=bounds.latency):
        most = math.inf if bounds.latency is None else bounds.latency
        if order is Order.LATENCY and reach.distances.exact("latency"):
            latency = reach.distances.ahead("latency")[target]
            return None if latency > most else (int(latency), None)
        if order is Order.KM and (least := reach.distances.by_km()) is not None:
            return _least_km(reach, target, least, most)
    path = reach.best(target, order, bounds)
    return None if path is None else (path.latency, path.metres)


def _least_km(
    reach: Reach, target: int, least: tuple[list[float], list[float]], most: float
) -> tuple[int, int] | None:
    metres, latency = least[0][target], least[1][target]
    if latency <= most:
        return int(latency), int(metres)
    if reach.distances.exact("latency") and reach.distances.ahead("latency")[target] > most:
        return None
    return _searched(reach, target, least[0], most)


def _searched(reach: Reach, target: int, metres: list[float], most: float) -> tuple[int, int] | None:
    """Label-setting A* from the target back to the source, steered by distances that every target shares.

    A label is (least metres of all, least latency of all, metres so far, latency so far, site); labels leave the
    queue in that order, so the first at the source is best, and one that is no faster than an earlier one at its
    site is beaten by it.
    """
    source, hop, net = reach.source, reach.hop, reach.network
    latency = reach.distances.ahead("latency")
    fastest = [math.inf] * len(hop)
    queue: list[tuple[float, float, int, int, int]] = [(metres[target], latency[target], 0, 0, target)]
    while queue:
        _, _, length, delay, site = heapq.heappop(queue)
        if site == source:
            return delay, length
        if delay >= fastest[site]:
            continue
        fastest[site] = delay
        here = delay + (0 if site == target else hop[site])
        for other, span in reach.arcs(site):
            onward = here + net.latency[span]
            pause = 0 if other == source else hop[other]
            all_delay = onward + pause + latency[other]
            if all_delay <= most and onward < fastest[other]:
                new_length = length + net.metres[span]
                heapq.heappush(queue, (new_length + metres[other], all_delay, new_length, onward, other))
    return None
