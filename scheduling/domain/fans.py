"""The lines of one product to many sites at once, read from one-to-all distances; else each by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from scheduling.domain.distances import Sums
from scheduling.domain.lines import LineChoice, Lines, Product
from scheduling.domain.paths import Order, Reach
from scheduling.domain.protection import Route
from scheduling.domain.starts import Start
from scheduling.domain.sums import searched
from scheduling.domain.tariffs import Charge, ChargeGroup

Choice = LineChoice | str


def fan(lines: Lines, product: Product, sites: Sequence[str]) -> list[Choice]:
    """The line of least cost to each site, or the reason that there is none: what `lines.choose` says, faster.

    Where two routes are asked for, a bound other than latency, a price for latency, or sums that a double does not
    hold, each line is worked out by itself; so is the line from a site to itself, and one whose rows differ in delay
    or in the bandwidth that they hold.
    """
    if (kept := lines.kept(product, sites)) is not None:
        return kept
    demand = lines.demand
    bounded = (demand.max_jitter_us, demand.max_loss, demand.max_hops) != (None, None, None)
    if lines.pair or bounded or lines.us_price:
        return [lines.choose(product, site) for site in sites]
    ways = [_from(lines, product, start, sites) for start in lines.starts(product)]
    found = ways[0] if len(ways) == 1 else [lines.best(each) for each in zip(*ways, strict=True)]
    return lines.keep(product, dict(zip(sites, found, strict=True)))


def _from(lines: Lines, product: Product, start: Start, sites: Sequence[str]) -> list[Choice]:
    """The same of the lines that begin at one start."""
    reach = lines.reaches.reach(product[0], lines.demand.bandwidth_mbps, start.sites[0])
    if reach is None or not reach.distances.exact("latency"):
        return [lines.choose_from(product, start, site) for site in sites]
    known = reach.network.site_index
    targets = np.array([known.get(site, -1) for site in sites], dtype=np.int64)
    spread = _Fan(lines, product, start, reach, targets)
    return [spread.choose(at, site) for at, site in enumerate(sites)]


@dataclass(frozen=True, slots=True)
class _Fare:
    """The charges for a zone, None where each line is worked out alone; the latency bound, and the charge where none grows."""

    group: ChargeGroup | None
    most: float
    flat: Charge | None


class _Fan:
    """The sums to the sites (by position in `targets`; −1 where the provider has no span), read once for all."""

    def __init__(
        self, lines: Lines, product: Product, start: Start, reach: Reach, targets: NDArray[np.int64]
    ) -> None:
        self.lines, self.product, self.start, self.reach, self.targets = lines, product, start, reach, targets
        self.reached: list[bool] = (reach.distances.reached(targets) & (targets >= 0)).tolist()
        self.latency = _picked(reach.distances.least("latency"), targets)
        self._by_km: dict[float, tuple[list[float], list[float]]] = {}
        self._fares: dict[str, _Fare] = {}

    def choose(self, at: int, site: str) -> Choice:
        fare = self._fares.get(self.lines.city(site)) or self._fare(site)
        if fare.group is None or not self.reached[at] or site == self.start.sites[0]:
            return self.lines.choose_from(self.product, self.start, site)
        latency = self.latency[at]
        if latency > fare.most:
            return "latency"
        if fare.flat is None:
            return self._cheapest(at, site, fare.group, fare.most)
        find = partial(self._route, site, fare)
        return LineChoice(fare.flat.fixed, int(latency) + fare.group.terminal_us, fare.flat, self.start, find)

    def _fare(self, site: str) -> "_Fare":
        """What is the same for every site of a city, since zones are told by cities."""
        groups = self.lines.groups(self.product, self.start, site)
        if len(groups) != 1 or groups[0].held_mbps != self.lines.demand.bandwidth_mbps:
            fare = _Fare(None, 0, None)
        else:
            group = groups[0]
            fare = _Fare(
                group, self.lines.most_us(group.terminal_us), None if group.grows else group.least(0)
            )
        self._fares[self.lines.city(site)] = fare
        return fare

    def _route(self, site: str, fare: "_Fare") -> Route | None:
        assert fare.group is not None  # noqa: S101 - there is a line
        bounds = self.lines.bounds(fare.group.terminal_us)
        return self.lines.route(
            self.product, self.start, site, fare.group.held_mbps, Order.LATENCY, bounds=bounds
        )

    def _cheapest(self, at: int, site: str, group: ChargeGroup, most: float) -> Choice:
        """As Lines has it: below the cap of a flat charge km decides, at the cap latency does."""
        if group.grows:
            by_km = self.by_km(most)
            if by_km is None:
                return self.lines.choose_from(self.product, self.start, site)
            metres, latency = by_km[0][at], by_km[1][at]
            if latency > most:
                found = searched(self.reach, int(self.targets[at]), most)
                assert found is not None  # noqa: S101 - the fastest path is within the bound
                latency, metres = found
            line = self._line(site, Order.KM, group, int(latency), int(metres))
            if group.flat is None or line.cost < group.flat:
                return line
            group = group.capped(int(metres))
            if group.grows:
                return self.lines.choose_from(self.product, self.start, site)
        return self._line(site, Order.LATENCY, group, int(self.latency[at]), 0)

    def _line(self, site: str, order: Order, group: ChargeGroup, latency: int, metres: int) -> LineChoice:
        charge = group.least(metres)
        bounds = self.lines.bounds(group.terminal_us)
        find = partial(
            self.lines.route, self.product, self.start, site, group.held_mbps, order, bounds=bounds
        )
        return LineChoice(charge.cost(metres), latency + group.terminal_us, charge, self.start, find)

    def by_km(self, most: float) -> tuple[list[float], list[float]] | None:
        if most not in self._by_km and (sums := self.reach.distances.by_km(most)) is not None:
            self._by_km[most] = _picked(sums[0], self.targets), _picked(sums[1], self.targets)
        return self._by_km.get(most)


def _picked(sums: Sums, targets: NDArray[np.int64]) -> list[float]:
    found: list[float] = sums[targets].tolist()
    return found
