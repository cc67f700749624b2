"""The routes that a line may take while one of its bounds is relaxed, and the bounds that ask for a better one."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from scheduling.domain.engine.lines import Lines, Product
from scheduling.domain.engine.starts import Start
from scheduling.domain.engine.tariffs import ChargeGroup
from scheduling.domain.routing.path_orders import LATENCY
from scheduling.domain.routing.paths import Bounds
from scheduling.domain.routing.protection import Route


def less_jitter(bounds: Bounds, jitter: int) -> Bounds:
    """Only routes of less jitter (µs) than this."""
    return replace(bounds, jitter=jitter - 1)


def fewer_hops(bounds: Bounds, hops: int) -> Bounds:
    """Only routes of fewer spans than this."""
    return replace(bounds, hops=hops - 1)


@dataclass(frozen=True, slots=True)
class Ways:
    """The routes that one group of charges may take to a site within bounds."""

    lines: Lines
    product: Product
    start: Start
    site: str
    group: ChargeGroup
    bounds: Bounds

    def route(self, bounds: Bounds) -> Route | None:
        """The fastest route within bounds, or None."""
        return self.lines.route(
            self.product, self.start, self.site, self.group.held_mbps, LATENCY, bounds=bounds
        )


def descend(
    all_ways: Iterable[Ways], better: Callable[[Bounds, int], Bounds], measure: Callable[[Route], int]
) -> int | None:
    """The least of a whole-numbered metric: each route found asks for a strictly better one, until none is."""
    least: int | None = None
    for ways in all_ways:
        while (route := ways.route(ways.bounds if least is None else better(ways.bounds, least))) is not None:
            least = measure(route)
    return least
