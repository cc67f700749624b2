"""What the best path sums to, without the path: most bundles are ranked and counted, few are written."""

import heapq
import math

from scheduling.domain.routing.path_orders import KM, LATENCY, Order
from scheduling.domain.routing.paths import Bounds, Reach

Sums = tuple[int, int | None]
"""(latency in µs one way, metres); metres are None where only the path itself would tell."""


def best_sums(reach: Reach, target: int, order: Order, bounds: Bounds) -> Sums | None:
    """The sums of `reach.best(target, order, bounds)`, or None where there is no such path.

    Under no bound but latency they are read from one-to-all distances; else the path is found and measured.
    """
    distances = reach.distances
    if not distances.reaches(target):
        return None
    if bounds.of_latency_alone and distances.exact(LATENCY):
        most = math.inf if bounds.latency is None else bounds.latency
        if (latency := distances.ahead(LATENCY)[target]) > most:
            return None
        if order == LATENCY:
            return int(latency), None
        if order == KM and (least := distances.by_km(most)) is not None:
            metres, delay = divmod(int(least.both[target]), least.order.metre)
            return (delay, metres) if delay <= most else searched(reach, target, order, most)
        if order != KM and distances.exact(order):
            return searched(reach, target, order, most)
    path = reach.best(target, order, bounds)
    return None if path is None else (path.latency, path.metres)


def searched(reach: Reach, target: int, order: Order, most: float) -> tuple[int, int]:
    """(latency, metres) of the path of least worth within `most` µs, where there is one.

    Label-setting A* from the target back to the source, steered by distances that every target shares. A label is
    (least worth of all, least latency of all, metres so far, latency so far, site); labels leave the queue in that
    order, so the first at the source is best, and one that is no faster than an earlier one at its site is beaten by it.
    Raises TooHardError.
    """
    distances = reach.distances
    by_km = distances.by_km(most) if order == KM else None
    least = distances.ahead(order).__getitem__ if by_km is None else by_km.metres
    latency, source, hop, net = distances.ahead(LATENCY), reach.source, reach.hop, reach.network
    metre, us, *_ = order
    fastest: dict[int, int] = {}
    queue: list[tuple[int, float, int, int, int]] = [(int(least(target)), latency[target], 0, 0, target)]
    while True:
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
            entered = onward + (0 if other == source else hop[other])
            all_delay = entered + latency[other]
            if all_delay <= most and onward < fastest.get(other, math.inf):
                new_length = length + net.metres[span]
                worth = metre * new_length + us * entered + int(least(other))
                heapq.heappush(queue, (worth, all_delay, new_length, onward, other))
