"""The smallest relaxations: for each constraint alone, the nearest value that would admit a bundle."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import partial

import numpy as np

from scheduling.domain.answer import Relaxation
from scheduling.domain.demand import Demand
from scheduling.domain.lines import LineChoice, Lines
from scheduling.domain.numbers import plain
from scheduling.domain.offers import UNKNOWN, Constraint, Ints
from scheduling.domain.paths import Bounds, Order
from scheduling.domain.protection import Route
from scheduling.domain.standings import budget, by_site, count_feasible, factor, standings
from scheduling.domain.supply import Supply

Stated = str | int | bool | Decimal | tuple[str, ...]
Found = tuple[int | Decimal | None, int] | None
"""What a relaxation comes to: (nearest value or None for dropping it, pairs admitted), or None: it does not help."""


def relaxations(supply: Supply, lines: Lines, constraints: Sequence[Constraint]) -> tuple[Relaxation, ...]:
    """Every single constraint whose relaxation alone admits something, in the order of the demand's fields.

    To be asked only where nothing is feasible; all other constraints, the budget too, stay.
    """
    return tuple(_Relaxer(supply, lines, constraints).run())


class _Relaxer:
    def __init__(self, supply: Supply, lines: Lines, constraints: Sequence[Constraint]) -> None:
        self.supply, self.lines, self.demand = supply, lines, lines.demand
        self.columns = supply.columns
        self.constraints = {constraint.name: constraint for constraint in constraints}
        self.failures: Ints = np.sum(
            [~constraint.passes for constraint in constraints], axis=0, dtype=np.int64
        )
        self.fits = by_site(self.columns, self.failures == 0)

    def run(self) -> Iterator[Relaxation]:
        """The relaxations that help, in the order of the demand's fields."""
        for name, stated, find in self._stated():
            found = find()
            if found is not None and found[1]:
                yield Relaxation(name, stated, *found)

    def _stated(self) -> Iterator[tuple[str, Stated, Callable[[], Found]]]:
        demand = self.demand
        yield "quantity", demand.quantity, self._quantity
        yield "bandwidth_mbps", demand.bandwidth_mbps, self._bandwidth
        bounds = {
            "max_latency_us": self._latency,
            "max_jitter_us": self._jitter,
            "max_loss": self._loss,
            "max_hops": self._hops,
            "max_lead_days": self._lead,
        }
        for name, find in bounds.items():
            stated: int | Decimal | None = getattr(demand, name)
            if stated is not None:
                yield name, stated, find
        for name, constraint in self.constraints.items():
            if name != "quantity":
                group, field_name = name.split(".")
                yield (
                    name,
                    getattr(getattr(demand, group), field_name),
                    partial(self._on_offers, constraint),
                )
        for field_name in ("technologies", "providers"):
            listed: tuple[str, ...] = getattr(demand.line, field_name)
            if listed:
                yield f"line.{field_name}", listed, partial(self._any_line, field_name)
        if demand.max_total_cny is not None:
            yield "max_total_cny", demand.max_total_cny, self._price

    def _count(self, demand: Demand) -> int:
        return count_feasible(self.columns, Lines(self.supply, demand, self.lines.reaches), self.fits)

    def _quantity(self) -> Found:
        """Price and availability bound the units that each pair can have; the line does not depend on them."""
        hours, money = factor(replace(self.demand, quantity=1)), budget(self.demand)
        constraint = self.constraints["quantity"]
        others_pass = self.failures == (~constraint.passes).astype(np.int64)
        units = []
        for standing in standings(self.columns, self.lines, by_site(self.columns, others_pass)):
            if isinstance(standing.line, LineChoice):
                for row in standing.rows.tolist():
                    most, price = (
                        int(self.columns.numbers["available"][row]),
                        int(self.columns.price[row]) * hours,
                    )
                    if money is not None:
                        left = money - standing.line.cost
                        most = 0 if left < 0 else min(most, left // price) if price else most
                    units.append(most)
        nearest = max(units, default=0)
        return (nearest, sum(most >= nearest for most in units)) if nearest else None

    def _bandwidth(self) -> Found:
        """Feasibility grows as bandwidth falls and changes only at a span's free bandwidth or a tariff's step."""
        networks = (self.supply.networks.get(provider) for provider, _ in self.lines.products)
        values = {free for network in networks if network is not None for free in network.free}
        values |= {tariff.bandwidth_mbps for tariff in self.lines.tariffs}
        falling = sorted((value for value in values if 1 <= value < self.demand.bandwidth_mbps), reverse=True)
        return self._nearest(falling, lambda value: replace(self.demand, bandwidth_mbps=value))

    def _lead(self) -> Found:
        bound = self.demand.max_lead_days or 0
        rising = sorted({tariff.lead_days for tariff in self.lines.tariffs if tariff.lead_days > bound})
        return self._nearest(rising, lambda value: replace(self.demand, max_lead_days=value))

    def _nearest(self, values: Sequence[int], changed: Callable[[int], Demand]) -> Found:
        """The first value that admits anything; what one value admits all later ones do, so halving finds it."""
        low, high = 0, len(values)
        while low < high:
            middle = (low + high) // 2
            if self._count(changed(values[middle])):
                high = middle
            else:
                low = middle + 1
        return (values[low], self._count(changed(values[low]))) if low < len(values) else None

    def _latency(self) -> Found:
        """The least latency that anything affordable reaches; the bound is strict, so one µs more admits it."""
        least: int | None = None
        for ways in self._ways(latency=None):
            bounds, terminal = ways.bounds, ways.terminal_us
            if least is not None:
                bounds = replace(bounds, latency=least - 1 - terminal)
            route = ways.route(bounds)
            if route is not None:
                least = route.latency + terminal
        return None if least is None else self._at(replace(self.demand, max_latency_us=least + 1), least + 1)

    def _jitter(self) -> Found:
        least = self._descend(self._ways(jitter=None), _less_jitter, lambda route: route.jitter)
        return None if least is None else self._at(replace(self.demand, max_jitter_us=least), least)

    def _hops(self) -> Found:
        least = self._descend(self._ways(hops=None), _fewer_hops, lambda route: route.worse_hops)
        return None if least is None else self._at(replace(self.demand, max_hops=least), least)

    def _loss(self) -> Found:
        least: Fraction | None = None
        for ways in self._ways(loss=None):
            while (route := ways.route(replace(ways.bounds, below_loss=least))) is not None:
                least = route.loss
        if least is None:
            return None
        value = Decimal(plain(least))
        return self._at(replace(self.demand, max_loss=value), value)

    def _descend(
        self,
        all_ways: "Iterable[_Ways]",
        better: Callable[[Bounds, int], Bounds],
        measure: Callable[[Route], int],
    ) -> int | None:
        """The least of a whole-numbered metric: each route found asks for a strictly better one, until none is."""
        least: int | None = None
        for ways in all_ways:
            while (
                route := ways.route(ways.bounds if least is None else better(ways.bounds, least))
            ) is not None:
                least = measure(route)
        return least

    def _at(self, demand: Demand, value: int | Decimal) -> tuple[int | Decimal, int]:
        return value, self._count(demand)

    def _ways(self, **dropped: None) -> "Iterator[_Ways]":
        """Each product's charges to each site, with what the cheapest offer there leaves for the line as metres."""
        times, money = factor(self.demand), budget(self.demand)
        for site, rows in self.fits.items():
            left = None if money is None else money - int(self.columns.price[rows[0]]) * times
            for product in self.lines.products:
                for group in self.lines.groups(product, site):
                    metres = None if left is None else group.reach(left)
                    if metres != -1:
                        bounds = replace(self.lines.bounds(group.terminal_us), metres=metres, **dropped)
                        yield _Ways(self.lines, product, site, group.terminal_us, bounds)

    def _on_offers(self, constraint: Constraint) -> Found:
        """The offers that fail this alone; an unknown value is admitted only where the constraint goes."""
        offers = by_site(self.columns, (self.failures == 1) & ~constraint.passes)
        affordable = [
            standing.rows[: standing.affordable] for standing in standings(self.columns, self.lines, offers)
        ]
        rows = np.concatenate(affordable) if affordable else np.array([], dtype=np.int64)
        if constraint.values is None:
            return None, len(rows)
        values = constraint.values[rows]
        known = values[values != UNKNOWN]
        if not len(known):
            return None, len(rows)
        nearest = int(known.min() if constraint.name == "centre.max_pue" else known.max())
        value = Decimal(nearest).scaleb(-constraint.places) if constraint.places else nearest
        return value, int((known == nearest).sum())

    def _any_line(self, field_name: str) -> Found:
        line = replace(self.demand.line, **{field_name: ()})
        return None, self._count(replace(self.demand, line=line))

    def _price(self) -> Found:
        """The least total, rounded up to the 4 decimals that a bound can have."""
        times = factor(self.demand)
        cheapest = [
            int(self.columns.price[standing.rows[0]]) * times + standing.line.cost
            for standing in standings(self.columns, self.lines, self.fits)
            if isinstance(standing.line, LineChoice)
        ]
        if not cheapest:
            return None
        value = Decimal(-(-min(cheapest) // 10**6)).scaleb(-4)
        return self._at(replace(self.demand, max_total_cny=value), value)


def _less_jitter(bounds: Bounds, jitter: int) -> Bounds:
    return replace(bounds, jitter=jitter - 1)


def _fewer_hops(bounds: Bounds, hops: int) -> Bounds:
    return replace(bounds, hops=hops - 1)


@dataclass(frozen=True, slots=True)
class _Ways:
    """The routes that one group of charges may take to a site within bounds."""

    lines: Lines
    product: tuple[str, str]
    site: str
    terminal_us: int
    bounds: Bounds

    def route(self, bounds: Bounds) -> Route | None:
        """The fastest route within bounds, or None."""
        return self.lines.route(self.product, self.site, Order.LATENCY, bounds)
