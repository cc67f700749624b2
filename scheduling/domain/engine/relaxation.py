"""The smallest relaxations: for each constraint alone, the nearest value that would admit a bundle."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

import numpy as np

from scheduling.domain.demand import Demand
from scheduling.domain.engine.answer import Relaxation, Stated
from scheduling.domain.engine.costs import costs_of, factor, units_within
from scheduling.domain.engine.later import first_start
from scheduling.domain.engine.lines import LineChoice, Lines
from scheduling.domain.engine.promises import LISTED
from scheduling.domain.engine.prospects import Prospect, outlooks, worked_out
from scheduling.domain.engine.screening import screen
from scheduling.domain.engine.standings import budget, by_site, count_feasible, in_order, standings
from scheduling.domain.engine.ways import Ways, descend, fewer_hops, less_jitter, less_loss
from scheduling.domain.engine.wishes import STORAGE_CLASSES, Transfer, Wishes
from scheduling.domain.numbers import plain
from scheduling.domain.routing.path_orders import HOPS, JITTER, LOSS
from scheduling.domain.supply.offers import UNKNOWN, Constraint, Ints
from scheduling.domain.supply.supply import Supply

Number = TypeVar("Number", int, Decimal)
Found = tuple[int | str | Decimal | datetime | None, int] | None
"""What a relaxation comes to: (nearest value or None for dropping it, pairs admitted), or None: it does not help."""


def relaxations(
    supply: Supply, lines: Lines, constraints: Sequence[Constraint]
) -> tuple[tuple[Relaxation, ...], datetime | None]:
    """Every single constraint whose relaxation alone admits something, in the order of the demand's fields.

    And the instant where the search for a later start was stopped, None where it came to its end. To be asked only where
    nothing is feasible; all other constraints, the budget too, stay. Weights decide nothing here, as they admit and bar nothing.
    """
    relaxer = _Relaxer(supply, lines.unweighed, constraints)
    return tuple(relaxer.run()), relaxer.start_before


class _Relaxer:
    def __init__(self, supply: Supply, lines: Lines, constraints: Sequence[Constraint]) -> None:
        self.supply, self.lines, self.demand, self.wishes = supply, lines, lines.asked, lines.wishes
        self.columns, self.costs = supply.columns, costs_of(supply, lines.asked, lines.wishes)
        self.constraints = {constraint.name: constraint for constraint in constraints}
        self.failures: Ints = np.sum(
            [~constraint.passes for constraint in constraints], axis=0, dtype=np.int64
        )
        self.fits = by_site(self.columns, self.failures == 0)
        self.start_before: datetime | None = None

    def run(self) -> Iterator[Relaxation]:
        """The relaxations that help, in the order of the demand's fields."""
        for name, stated, find in self._stated():
            found = find()
            if found is not None and found[1]:
                yield Relaxation(name, stated, *found)

    def _stated(self) -> Iterator[tuple[str, Stated | None, Callable[[], Found]]]:
        demand = self.demand
        yield "quantity", demand.quantity, self._quantity
        if self.wishes.transfer is None:
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
            group, _, field_name = name.partition(".")
            if group in ("compute", "centre", "providers"):
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
        yield from self._wished()

    def _wished(self) -> Iterator[tuple[str, Stated | None, Callable[[], Found]]]:
        """What is stated beyond the files."""
        wishes = self.wishes
        if wishes.transfer is not None:
            yield "transfer.volume_gb", wishes.transfer.volume_gb, self._volume
            yield "transfer.within_hours", wishes.transfer.within_hours, self._deadline
        if wishes.asked_at is not None:
            yield "starts_at", wishes.starts_at, self._start
        for name in ("residency", "domain"):
            stated: str | tuple[str, ...] | None = getattr(wishes, name)
            if stated:
                yield name, stated, partial(self._on_offers, self.constraints[name])
        if (promises := wishes.promises) is not None:
            if promises.min_availability_percent is not None:
                yield "line.min_availability_percent", promises.min_availability_percent, self._availability
            for name in LISTED:
                if listed := getattr(promises, name):
                    yield f"line.{name}", listed, partial(self._any_promise, name)
        if wishes.storage is not None:
            yield "storage.gib", wishes.storage.gib, self._storage
            yield "storage.storage_class", wishes.storage.storage_class, self._storage_class

    def _count(
        self, demand: Demand, wishes: Wishes | None = None, fits: Mapping[str, Ints] | None = None
    ) -> int:
        wishes = wishes or self.wishes
        lines = Lines(self.supply, demand, self.lines.reaches, wishes)
        return count_feasible(
            costs_of(self.supply, demand, wishes), lines, self.fits if fits is None else fits
        )

    def _quantity(self) -> Found:
        """Price and availability bound the units that each pair can have; the line does not depend on them."""
        hours = factor(replace(self.demand, quantity=1))
        available = [self.constraints[name] for name in ("quantity", "starts_at") if name in self.constraints]

        def most(row: int, left: int | None) -> int:
            units = min(int(self._values(each)[row]) for each in available)
            price = int(self.columns.price[row]) * hours
            return units_within(units, price, None if left is None else left - self.costs.storage(row))

        return self._most(available, most)

    def _storage(self) -> Found:
        """What is free of it and its price bound the GiB that each pair can have."""
        assert self.wishes.storage is not None  # noqa: S101 - stated
        constraint = self.constraints["storage.gib"]
        unit = costs_of(
            self.supply, self.demand, replace(self.wishes, storage=replace(self.wishes.storage, gib=1))
        )

        def most(row: int, left: int | None) -> int:
            units, price = int(self._values(constraint)[row]), unit.storage(row)
            compute = self.costs.of(row) - self.costs.storage(row)
            return units_within(units, price, None if left is None else left - compute)

        return self._most([constraint], most)

    def _most(self, own: Sequence[Constraint], most: Callable[[int, int | None], int]) -> Found:
        """The most units that any pair can have, were it not for their own constraints.

        `most` says it of an offer's row with so much left beside the line (10⁻¹⁰ CNY, None for any).
        """
        failed = np.sum([~constraint.passes for constraint in own], axis=0, dtype=np.int64)
        offers = by_site(self.columns, self.failures == failed)
        money = budget(self.demand)

        def units(rows: Ints, line: LineChoice | Prospect) -> list[int]:
            left = None if money is None else money - line.cost
            return [most(row, left) for row in rows.tolist()]

        hoped = [
            (units(rows, line), rows, line)
            for product in self.lines.products
            for rows, line in zip(offers.values(), outlooks(self.lines, product, list(offers)), strict=True)
            if not isinstance(line, str)
        ]
        nearest, admitted = 0, list[int]()
        for found, rows, line in sorted(hoped, key=lambda each: -max(each[0])):
            if max(found) < max(nearest, 1):
                break
            if money is not None and isinstance(line, Prospect):
                found = units(rows, worked_out(line))  # noqa: PLW2901 - of what it may be, what it is
            admitted += found
            nearest = max(nearest, *found)
        return (nearest, sum(each >= nearest for each in admitted)) if nearest > 0 else None

    @staticmethod
    def _values(constraint: Constraint) -> Ints:
        assert constraint.values is not None  # noqa: S101 - a numeric bound
        return constraint.values

    def _deadline(self) -> Found:
        """A later deadline needs less bandwidth; what it costs may rise, so the first that admits is looked for."""
        transfer = self.wishes.transfer
        assert transfer is not None  # noqa: S101 - stated
        for mbps in self._bandwidths():
            hours = transfer.hours_at(mbps)
            longer = replace(transfer, within_hours=hours)
            demand = replace(self.demand, bandwidth_mbps=longer.least_mbps)
            if Decimal(hours) <= self.demand.duration_hours:
                count = self._count(demand, replace(self.wishes, transfer=longer))
                if count:
                    return hours, count
        return None

    def _volume(self) -> Found:
        """Less to move needs less bandwidth, or fewer hours at a step's full speed; what less admits, still less does.

        So halving finds it, of more hours than could be listed.
        """
        transfer, demand = self.wishes.transfer, self.demand
        assert transfer is not None  # noqa: S101 - stated
        within, rising = transfer.within_hours, [0, *reversed(self._bandwidths())]
        steps = {
            step: min(within, transfer.hours_at(step))
            for step in {tariff.bandwidth_mbps for tariff in self.lines.tariffs}
        }

        def carried(work: int) -> int:
            """The most of so many Mbps × hours that a bandwidth carries all the time, or a step in whole hours."""
            all_the_time = rising[bisect_right(rising, work // within) - 1] * within
            return max(all_the_time, *(step * min(work // step, hours) for step, hours in steps.items()))

        found, low, high = None, 0, transfer.least_mbps * within + 1
        while steps and high - low > 1:
            middle = (low + high) // 2
            work = carried(middle)
            volume = Transfer.most_gb(work)
            if work <= low or not volume:
                low = middle
                continue
            less = replace(transfer, volume_gb=volume)
            asked = replace(demand, bandwidth_mbps=less.least_mbps), replace(self.wishes, transfer=less)
            if volume < transfer.volume_gb and (count := self._count(*asked)):
                found, low = (volume, count), middle
            else:
                high = work
        return found

    def _storage_class(self) -> Found:
        """Another class in its place: the one that admits most, of equal ones the first of the list."""
        stored = self.wishes.storage
        assert stored is not None  # noqa: S101 - stated
        found: dict[str, int] = {}
        for other in STORAGE_CLASSES:
            if other != stored.storage_class:
                wishes = replace(self.wishes, storage=replace(stored, storage_class=other))
                constraints = screen(self.supply, self.demand, wishes)
                fits = np.logical_and.reduce([constraint.passes for constraint in constraints])
                found[other] = self._count(self.demand, wishes, by_site(self.columns, fits))
        best = max(found, key=lambda each: found[each])
        return best, found[best]

    def _start(self) -> Found:
        later = first_start(self.supply, self.lines, self.constraints)
        self.start_before = later.before
        return None if later.start is None else (later.start, later.admits)

    def _bandwidth(self) -> Found:
        """Feasibility grows as bandwidth falls and changes only at a span's free bandwidth or a tariff's step."""
        return self._nearest(
            self._bandwidths(), lambda value: (replace(self.demand, bandwidth_mbps=value), self.wishes)
        )

    def _bandwidths(self) -> list[int]:
        """The lower bandwidths at which anything changes, falling."""
        networks = (self.lines.reaches.networks.get(provider) for provider, _ in self.lines.products)
        values = {free for network in networks if network is not None for free in set(network.free.tolist())}
        values |= {tariff.bandwidth_mbps for tariff in self.lines.tariffs}
        return sorted((value for value in values if 1 <= value < self.demand.bandwidth_mbps), reverse=True)

    def _lead(self) -> Found:
        bound = self.demand.max_lead_days or 0
        rising = sorted(each for each in self._days() if each > bound)
        return self._nearest(rising, lambda value: (replace(self.demand, max_lead_days=value), self.wishes))

    def _days(self) -> set[int]:
        """The days of opening of all allowed rows, from each start."""
        return {
            tariff.lead_days + start.days
            for tariff in self.lines.tariffs
            for start in self.lines.starts((tariff.line_provider, tariff.technology))
            if start.days is not None
        }

    def _nearest(self, values: Sequence[Number], changed: Callable[[Number], tuple[Demand, Wishes]]) -> Found:
        """The first value that admits anything; what one value admits all later ones do, so halving finds it."""
        low, high = 0, len(values)
        while low < high:
            middle = (low + high) // 2
            if self._count(*changed(values[middle])):
                high = middle
            else:
                low = middle + 1
        return (values[low], self._count(*changed(values[low]))) if low < len(values) else None

    def _latency(self) -> Found:
        """The least latency that anything affordable reaches; the bound is strict, so one µs more admits it."""
        least: int | None = None
        for ways in self._ways(max_latency_us=None):
            bounds, terminal = ways.bounds, ways.group.terminal_us
            if least is not None:
                bounds = replace(bounds, latency=least - 1 - terminal)
            route = ways.fastest(bounds)
            if route is not None:
                least = route.latency + terminal
        return None if least is None else self._at(replace(self.demand, max_latency_us=least + 1), least + 1)

    def _jitter(self) -> Found:
        least = descend(self._ways(max_jitter_us=None), JITTER, less_jitter, lambda route: route.jitter)
        return None if least is None else self._at(replace(self.demand, max_jitter_us=least), least)

    def _hops(self) -> Found:
        least = descend(self._ways(max_hops=None), HOPS, fewer_hops, lambda route: route.worse_hops)
        return None if least is None else self._at(replace(self.demand, max_hops=least), least)

    def _loss(self) -> Found:
        least = descend(self._ways(max_loss=None), LOSS, less_loss, lambda route: route.loss)
        if least is None:
            return None
        value = Decimal(plain(least))
        return self._at(replace(self.demand, max_loss=value), value)

    def _at(self, demand: Demand, value: int | Decimal) -> tuple[int | Decimal, int]:
        return value, self._count(demand)

    def _ways(self, **dropped: Any) -> Iterator[Ways]:
        """Each product's charges to each site without one bound, with what the cheapest offer there leaves for the line as metres."""
        lines = Lines(self.supply, replace(self.demand, **dropped), self.lines.reaches, self.wishes)
        money = budget(self.demand)
        for site, rows in self.fits.items():
            left = None if money is None else money - self.costs.least(rows)
            for product in lines.products:
                for start in lines.starts(product):
                    for group in lines.groups(product, start, site):
                        metres = None if left is None else group.reach(left)
                        if metres != -1:
                            bounds = replace(lines.bounds(group.terminal_us), metres=metres)
                            yield Ways(lines, product, start, site, group, bounds)

    def _on_offers(self, constraint: Constraint) -> Found:
        """The offers that fail this alone; an unknown value is admitted only where the constraint goes."""
        offers = by_site(self.columns, (self.failures == 1) & ~constraint.passes)
        affordable = [
            standing.rows[: standing.affordable] for standing in standings(self.costs, self.lines, offers)
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

    def _availability(self) -> Found:
        """The highest that is promised and admits; what is not declared is admitted only where the bound goes."""
        promises, grades = self.wishes.promises, self.supply.extras.line_grades
        assert promises is not None and promises.min_availability_percent is not None  # noqa: S101, PT018 - stated
        bound, known = (
            promises.min_availability_percent,
            {each.availability_percent for each in grades.values()},
        )
        falling = sorted((each for each in known if each is not None and each < bound), reverse=True)

        def changed(least: Decimal) -> tuple[Demand, Wishes]:
            return self.demand, self._promising(min_availability_percent=least)

        return self._nearest(falling, changed) or self._any_promise("min_availability_percent")

    def _any_promise(self, name: str) -> Found:
        return None, self._count(self.demand, self._promising(**{name: () if name in LISTED else None}))

    def _promising(self, **changes: Any) -> Wishes:
        """The wishes with other promises."""
        assert self.wishes.promises is not None  # noqa: S101 - stated
        return replace(self.wishes, promises=replace(self.wishes.promises, **changes))

    def _price(self) -> Found:
        """The least total, rounded up to the 4 decimals that a bound can have."""
        first = next(in_order(self.costs, standings(self.costs, self.lines, self.fits)), None)
        if first is None:
            return None
        (_, least), _ = first
        value = Decimal(-(-least // 10**6)).scaleb(-4)
        return self._at(replace(self.demand, max_total_cny=value), value)
