"""The routes that a line may take while one of its bounds is relaxed, and the bounds that ask for a better one."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeVar

from scheduling.domain.engine.lines import Lines, Product
from scheduling.domain.engine.starts import Start
from scheduling.domain.engine.tariffs import ChargeGroup
from scheduling.domain.routing.path_orders import LATENCY, Order
from scheduling.domain.routing.paths import Bounds
from scheduling.domain.routing.protection import Route

Metric = TypeVar("Metric", int, Fraction)


def less_jitter(bounds: Bounds, jitter: int) -> Bounds:
    """Only routes of less jitter (µs) than this."""
    return replace(bounds, jitter=jitter - 1)


def less_loss(bounds: Bounds, loss: Fraction) -> Bounds:
    """Only routes of less loss than this."""
    return replace(bounds, below_loss=loss)


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

    def fastest(self, bounds: Bounds) -> Route | None:
        """The fastest route within bounds, or None."""
        return self.lines.route(
            self.product, self.start, self.site, self.group.held_mbps, LATENCY, bounds=bounds
        )

    def near(self, order: Order, bounds: Bounds) -> Route | None:
        """A route within bounds, or None: the first in that order, of pairs one at hand near it or, where none is, the fastest."""
        asked = self.product[0], self.group.held_mbps, self.start, self.site, order
        if not self.lines.pair:
            return self.lines.reaches.route(*asked, bounds=bounds, pair=False)
        return self.lines.reaches.pair_at_hand(*asked, bounds=bounds) or self.fastest(bounds)


def descend(
    all_ways: Iterable[Ways],
    order: Order,
    better: Callable[[Bounds, Metric], Bounds],
    measure: Callable[[Route], Metric],
) -> Metric | None:
    """The least of a metric that an order counts: each route found asks for a strictly better one, until none is."""
    least: Metric | None = None
    for ways in all_ways:
        while route := ways.near(order, ways.bounds if least is None else better(ways.bounds, least)):
            least = measure(route)
    return least
