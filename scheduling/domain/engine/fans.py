"""The lines of one product to many sites at once, read from one-to-all distances; else each by itself."""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from scheduling.domain.engine.lines import LineChoice, Lines, Product
from scheduling.domain.engine.starts import Start
from scheduling.domain.engine.sums import searched
from scheduling.domain.engine.tariffs import ChargeGroup
from scheduling.domain.routing.path_orders import KM, LATENCY, Order
from scheduling.domain.routing.paths import Reach
from scheduling.domain.routing.protection import Route

Choice = LineChoice | str
Places = NDArray[np.int64]
"""Positions in the list of sites that is asked for."""


def fan(lines: Lines, product: Product, sites: Sequence[str]) -> list[Choice]:
    """The line of least cost to each site, or the reason that there is none: what `lines.choose` says, faster.

    Where two routes are asked for, a bound other than latency, or sums that a double does not hold, each line is worked
    out by itself; so is the line from a site to itself, one whose rows differ in delay or in the bandwidth that they hold, and
    one that a price for latency might lead by a way that is longer than the shortest.
    """
    if lines.pair or lines.bounded:
        return [lines.choose(product, site) for site in sites]
    key = product, tuple(sites)
    if key not in lines.fans:
        ways = [_from(lines, product, start, sites) for start in lines.starts(product)]
        lines.fans[key] = (
            ways[0] if len(ways) == 1 else [lines.best(each) for each in zip(*ways, strict=True)]
        )
    return lines.fans[key]


def fastest(lines: Lines, product: Product, start: Start, sites: Sequence[str]) -> list[int | None]:
    """The least latency (optical, µs) to each site without the bound on it: what `lines.fastest` says, faster."""
    spread = None if lines.pair or lines.bounded else _spread(lines, product, start, sites)
    if spread is None:
        return [lines.fastest(product, start, site) for site in sites]
    least: list[int] = np.where(spread.reached, spread.latency, -1).astype(np.int64).tolist()
    return [
        None if us < 0 and site != start.sites[0] else max(us, 0)
        for site, us in zip(sites, least, strict=True)
    ]


def _from(lines: Lines, product: Product, start: Start, sites: Sequence[str]) -> list[Choice]:
    """The lines that begin at one start."""
    spread = _spread(lines, product, start, sites)
    if spread is None:
        return [lines.choose_from(product, start, site) for site in sites]
    found: list[Choice | None] = [None] * len(sites)
    for places in lines.zoned(start, sites).values():
        groups = lines.groups(product, start, sites[places[0]])
        if len(groups) == 1 and groups[0].held_mbps == lines.demand.bandwidth_mbps:
            for at, choice in spread.choose(np.array(places), groups[0]):
                found[at] = choice
    return [
        lines.choose_from(product, start, site) if choice is None else choice
        for site, choice in zip(sites, found, strict=True)
    ]


def _spread(lines: Lines, product: Product, start: Start, sites: Sequence[str]) -> "_Spread | None":
    """None where a double does not hold the sums, or no span of the provider meets the start."""
    reach = lines.reaches.reach(product[0], lines.demand.bandwidth_mbps, start.sites[0])
    if reach is None or not reach.distances.exact(LATENCY):
        return None
    return _Spread(lines, product, start, sites, reach)


class _Spread:
    """Sums from one start to each of n sites: `targets` are their positions in the network (−1 for none), `latency` in µs.

    `reached` leaves out the start itself.
    """

    def __init__(
        self, lines: Lines, product: Product, start: Start, sites: Sequence[str], reach: Reach
    ) -> None:
        self.lines, self.product, self.start, self.sites, self.reach = lines, product, start, sites, reach
        known = reach.network.site_index
        self.targets = np.array([known.get(site, -1) for site in sites], dtype=np.int64)
        there = (self.targets >= 0) & (self.targets != reach.source)
        self.reached = reach.distances.reached(self.targets) & there
        self.latency = reach.distances.least(LATENCY)[self.targets]

    def choose(self, places: Places, group: ChargeGroup) -> Iterator[tuple[int, Choice]]:
        """The lines to the places that one group of charges serves; places that are left out are each for themselves."""
        most = self.lines.most_us(group.terminal_us)
        places = places[self.reached[places]]
        late = self.latency[places] > most
        for at in places[late].tolist():
            yield at, "latency"
        places = places[~late]
        if group.grows:
            yield from self._by_km(places, group, most)
        else:
            yield from self._by_latency(places, group)

    def _by_latency(self, places: Places, group: ChargeGroup) -> Iterator[tuple[int, Choice]]:
        """At a flat charge latency decides."""
        charge = group.least(0)
        delays: list[int] = (self.latency[places].astype(np.int64) + group.terminal_us).tolist()
        for at, delay in zip(places.tolist(), delays, strict=True):
            find = partial(self._route, self.sites[at], group, LATENCY)
            yield at, LineChoice(charge.fixed, delay, charge, self.start, find)

    def _by_km(self, places: Places, group: ChargeGroup, most: float) -> Iterator[tuple[int, Choice]]:
        """Below the cap of a flat charge km decides, at the cap latency does; where latency has a price, km if nothing else can."""
        if not len(places) or (sums := self.reach.distances.by_km(most)) is None:
            return
        targets = self.targets[places]
        metres, latency = sums.at(targets)
        for slow in np.flatnonzero(latency > most).tolist():
            latency[slow], metres[slow] = searched(self.reach, int(targets[slow]), KM, most)
        whole: list[int] = metres.astype(np.int64).tolist()
        delays: list[int] = latency.astype(np.int64).tolist()
        for at, length, delay in zip(places.tolist(), whole, delays, strict=True):
            charge = group.least(length)
            cost = charge.cost(length)
            find = partial(self._route, self.sites[at], group, KM)
            choice = LineChoice(cost, delay + group.terminal_us, charge, self.start, find, length)
            if self.lines.us_price:
                if self.lines.settled(group, int(self.latency[at]), self.lines.value(choice), choice):
                    yield at, choice
            elif group.flat is None or cost < group.flat:
                yield at, choice
            elif not (capped := group.capped(length)).grows:
                yield from self._by_latency(np.array([at]), capped)

    def _route(self, site: str, group: ChargeGroup, order: Order) -> Route | None:
        bounds = self.lines.bounds(group.terminal_us)
        return self.lines.route(self.product, self.start, site, group.held_mbps, order, bounds=bounds)
