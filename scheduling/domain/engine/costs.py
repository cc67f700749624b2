"""What an offer costs and scores for a demand, without its line; exact, and in the order that bundles rank in."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from scheduling.domain.demand import Demand
from scheduling.domain.engine.lines import Product
from scheduling.domain.engine.scores import Score, Scorer
from scheduling.domain.engine.tariffs import started_months
from scheduling.domain.engine.wishes import Wishes
from scheduling.domain.numbers import scaled
from scheduling.domain.supply.offers import Ints, OfferColumns
from scheduling.domain.supply.supply import Supply

_INT64_MAX = 2**63 - 1


class _Priced(Protocol):
    """A line, or what is known of it: cost in 10⁻¹⁰ CNY, latency in µs one way."""

    @property
    def cost(self) -> int: ...

    @property
    def latency(self) -> int: ...


def factor(demand: Demand) -> int:
    """What turns a price (10⁻⁴ CNY an hour) into the demand's compute cost (10⁻¹⁰ CNY)."""
    return demand.quantity * scaled(demand.duration_hours, 6)


@dataclass(frozen=True)
class Costs:
    """Price × factor, the storage at the offer's centre (10⁻¹⁰ CNY by its position), and what is weighed.

    Where neither storage is rented nor more than latency is weighed, the order of columns is that of the offers of a site.
    """

    columns: OfferColumns
    times: int
    stored: tuple[int, ...] | None = None
    scorer: Scorer | None = None
    _orders: dict[tuple[bytes, Product | bool], Ints] = field(default_factory=dict, repr=False)

    @property
    def by_price(self) -> bool:
        """Whether the order of columns is the order of the offers of a site: with one line they are equally fast."""
        return self.stored is None and (self.scorer is None or self.scorer.of_latency_alone)

    def of(self, row: int) -> int:
        """10⁻¹⁰ CNY for the demand, the storage included."""
        return int(self.columns.price[row]) * self.times + self.storage(row)

    def storage(self, row: int) -> int:
        """The part of it that does not depend on how many units are bought."""
        return 0 if self.stored is None else self.stored[int(self.columns.centre[row])]

    def least(self, rows: Ints) -> int:
        """The least cost among rows of a site."""
        return self.of(int(rows[0])) if self.by_price else min(self.of(row) for row in rows.tolist())

    def cheapest(self, rows: Ints) -> Ints:
        """Those of the rows that have the least cost."""
        if self.by_price:
            prices = self.columns.price[rows]
            return rows[: int(np.searchsorted(prices, prices[0], side="right"))]
        least = self.least(rows)
        return np.array([row for row in rows.tolist() if self.of(row) == least], dtype=np.int64)

    def affordable(self, rows: Ints, product: Product, line: _Priced, money: int | None) -> tuple[Ints, int]:
        """The rows of a site with those first, in the order of ranks, whose total is within `money`; and how many.

        Money is 10⁻¹⁰ CNY, None for any.
        """
        if self.by_price:
            return rows, len(rows) if money is None else self._within(rows, money - line.cost)
        ordered = self._ordered(rows, product, line)
        if money is None:
            return ordered, len(ordered)
        inside = np.array([self.of(row) + line.cost <= money for row in ordered.tolist()], dtype=np.bool_)
        return np.concatenate([ordered[inside], ordered[~inside]]), int(np.count_nonzero(inside))

    def _ordered(self, rows: Ints, product: Product, line: _Priced) -> Ints:
        """The rows of a site in the order of ranks: of one centre the same for all lines, but for what is not known of one."""
        apart = bool(np.any(self.columns.centre[rows] != self.columns.centre[rows[0]]))
        unknown = self.scorer is not None and self.scorer.line_unknown(int(rows[0]), product)
        key = (rows.tobytes(), product if apart else unknown)
        if key not in self._orders:
            offers, offer = self.columns.offers, self.columns.offer
            self._orders[key] = np.array(
                sorted(rows.tolist(), key=lambda row: (*self.rank(row, product, line), offers[offer[row]])),
                dtype=np.int64,
            )
        return self._orders[key]

    def rank(self, row: int, product: Product, line: _Priced) -> tuple[bool, int]:
        """What a bundle ranks by before its latency: whether a measure that counts is unknown, and total or score."""
        total = self.of(row) + line.cost
        return (False, total) if self.scorer is None else self.scorer.rank(row, product, total, line.latency)

    def others(self, row: int, product: Product) -> tuple[float, ...]:
        """The measures beside total and latency that are weighed; infinity for what is not known."""
        return () if self.scorer is None else tuple(self.scorer.others(row, product))

    def score(self, row: int, product: Product, line: _Priced) -> Score | None:
        """The score and its parts, where anything is weighed."""
        if self.scorer is None:
            return None
        return self.scorer.score(row, product, self.of(row) + line.cost, line.latency)

    def _within(self, rows: Ints, left: int) -> int:
        """How many of the rows, by rising price, cost no more than what is left."""
        if left < 0:
            return 0
        if self.times == 0:
            return len(rows)
        most = min(left // self.times, _INT64_MAX)
        return int(np.searchsorted(self.columns.price[rows], most, side="right"))


def costs_of(supply: Supply, demand: Demand, wishes: Wishes) -> Costs:
    """The costs for a demand and its wishes."""
    scorer = None if wishes.weights is None else Scorer(supply, demand, wishes.weights)
    return Costs(supply.columns, factor(demand), _stored(supply, demand, wishes), scorer)


def _stored(supply: Supply, demand: Demand, wishes: Wishes) -> tuple[int, ...] | None:
    """The started months of 730 hours × GiB × price, by the centre's position; 0 where a centre has no such storage."""
    if wishes.storage is None:
        return None
    kind, months = wishes.storage.storage_class, started_months(demand.duration_hours)
    stores = [supply.extras.stores.get(f"{centre}|{kind}") for centre in supply.columns.centres]
    prices = [0 if store is None else scaled(store.price_cny_gib_month, 4) for store in stores]
    return tuple(price * wishes.storage.gib * months * 10**6 for price in prices)


def units_within(units: int, price: int, left: int | None) -> int:
    """How many of the units are paid for by what is left."""
    if left is None:
        return units
    if left < 0:
        return 0
    return min(units, left // price) if price else units
