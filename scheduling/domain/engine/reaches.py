"""Routes from where lines may begin, remembered for all the questions of one selection."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scheduling.domain.engine.starts import Start
from scheduling.domain.engine.sums import Sums, best_sums
from scheduling.domain.routing.effort import MOST_EFFORT, Effort
from scheduling.domain.routing.network import Network
from scheduling.domain.routing.path_orders import KM, LATENCY, Order
from scheduling.domain.routing.paths import EMPTY_PATH, Bounds, Reach
from scheduling.domain.routing.protection import Route, best_pair, best_route, pair_at_hand


@dataclass(eq=False)
class Reaches:
    """Routes from the sites where lines may begin, remembered for all the questions of one selection.

    `networks` are the supply's, with what is free on their spans throughout the window asked for.
    """

    networks: Mapping[str, Network]
    efforts: dict[str, Effort] = field(default_factory=dict)
    """What is left of the search of each provider's network; further looks of the same question go on with it."""
    most: int = MOST_EFFORT
    _reach: dict[tuple[str, str, int], Reach | None] = field(default_factory=dict)
    _routes: dict[tuple[Any, ...], Route] = field(default_factory=dict)
    _none: set[tuple[Any, ...]] = field(default_factory=set)
    """What no route in any order serves."""
    _at_hand: dict[tuple[Any, ...], Route | None] = field(default_factory=dict)

    def route(
        self,
        provider: str,
        bandwidth: int,
        start: Start,
        site: str,
        order: Order,
        *,
        bounds: Bounds,
        pair: bool,
    ) -> Route | None:
        """The first feasible route of a provider with that many Mbps free, or None."""
        asked = (provider, bandwidth, start.sites, start.lag_us, site, bounds, pair)
        if asked in self._none:
            return None
        key = (*asked, order)
        if key not in self._routes:
            found = None
            if not start.apart and site == start.sites[0]:
                found = best_route(None, None, order, bounds, pair=pair)
            elif there := self._there(provider, bandwidth, start.sites, site):
                reaches, target = there
                if start.apart:
                    found = best_pair(reaches, target, order, bounds, start.lag_us)
                else:
                    found = best_route(reaches[0], target, order, bounds, pair=pair)
            if found is None:
                self._none.add(asked)
                return None
            self._routes[key] = found
        return self._routes[key]

    def sums(
        self, provider: str, bandwidth: int, begin: str, site: str, order: Order, *, bounds: Bounds
    ) -> Sums | None:
        """The sums of the single route that `route` would give, or None where it would give none."""
        if site == begin:
            return (0, 0) if bounds.admit(EMPTY_PATH) else None
        there = self._there(provider, bandwidth, (begin,), site)
        return None if there is None else best_sums(there[0][0], there[1], order, bounds)

    def least_of_pair(self, provider: str, bandwidth: int, start: Start, site: str) -> tuple[int, int] | None:
        """What two disjoint routes have at least: metres of both, and µs of the slower; None where there are none for sure."""
        if not start.apart and site == start.sites[0]:
            return 0, 0
        there = self._there(provider, bandwidth, start.sites, site)
        if there is None or not _may_pair(*there):
            return None
        reaches, target = there
        metres, latency = (
            [int(reach.distances.ahead(order)[target]) for reach in reaches] for order in (KM, LATENCY)
        )
        return metres[0] + metres[-1], max(latency[0], latency[-1] + start.lag_us)

    def pair_at_hand(
        self, provider: str, bandwidth: int, start: Start, site: str, order: Order, *, bounds: Bounds
    ) -> Route | None:
        """A feasible pair that is soon found, near the best in that order; where none is, there may be one all the same."""
        key = (provider, bandwidth, start.sites, start.lag_us, site, order, bounds)
        if key not in self._at_hand:
            there = None if site in start.sites else self._there(provider, bandwidth, start.sites, site)
            self._at_hand[key] = (
                pair_at_hand(*there, order, bounds, start.lag_us) if there and _may_pair(*there) else None
            )
        return self._at_hand[key]

    def reachable(self, provider: str, bandwidth: int, begin: str, site: str) -> bool:
        """Whether a provider has any path to the site with that many Mbps free."""
        if site == begin:
            return True
        there = self._there(provider, bandwidth, (begin,), site)
        return there is not None and there[0][0].distances.reaches(there[1])

    def _there(
        self, provider: str, bandwidth: int, begins: tuple[str, ...], site: str
    ) -> tuple[tuple[Reach, ...], int] | None:
        """The paths of a provider from each of these sites, and where the site is in its network; None where it has no span."""
        reaches = tuple(
            reach for begin in begins if (reach := self.reach(provider, bandwidth, begin)) is not None
        )
        target = reaches[0].network.site_index.get(site) if len(reaches) == len(begins) else None
        return None if target is None else (reaches, target)

    def reach(self, provider: str, bandwidth: int, begin: str) -> Reach | None:
        """The paths of a provider from a site with that many Mbps free; None where it has no span there."""
        key = (provider, begin, bandwidth)
        if key not in self._reach:
            network = self.networks.get(provider)
            source = None if network is None else network.site_index.get(begin)
            self._reach[key] = (
                None
                if network is None or source is None
                else Reach(network, source, bandwidth, self._effort(provider))
            )
        return self._reach[key]

    def _effort(self, provider: str) -> Effort:
        return self.efforts.setdefault(provider, Effort(provider, self.most))


def _may_pair(reaches: tuple[Reach, ...], target: int) -> bool:
    """Whether each source reaches the target at all, one source alone by two ways."""
    if len(reaches) == 1:
        return reaches[0].distances.twice(target)
    return all(reach.distances.reaches(target) for reach in reaches)
