"""The first bundles without counting the others: offers by rising price, until none that follows can be among the first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scheduling.domain.demand import Demand
from scheduling.domain.engine.costs import Costs
from scheduling.domain.engine.fans import fan
from scheduling.domain.engine.first import passing
from scheduling.domain.engine.lines import LineChoice, Lines, Product
from scheduling.domain.engine.prospects import Outlook, Prospect, prospect
from scheduling.domain.engine.screening import long_enough
from scheduling.domain.engine.standings import Standing, budget
from scheduling.domain.supply.supply import Supply

_NONE = 2**62
"""Stands for the cost of a line that there is not; what is not far below it is left to the sums of Python."""


def first_standings(supply: Supply, demand: Demand, lines: Lines, costs: Costs) -> list[Standing] | None:
    """Each offer and line that may be among the first `top` bundles, as a standing of its own; empty for none at all.

    None where whole numbers of 64 bits might not hold the totals, or something other than the price orders the offers.
    """
    columns = costs.columns
    most = int(columns.price[-1]) * costs.times if len(columns.price) else 0
    table = _table(supply, demand, lines)
    while costs.by_price and not costs.scorer and max(most, table.dearest) < _NONE // 4:
        rows, ways = _first(supply, demand, lines, costs, table)
        centres = columns.centre[rows].tolist()
        if not table.work_out(zip(ways.tolist(), centres, strict=True)):
            return [
                Standing(table.products[way], table.lines[way][centre], np.array([row]), 1)
                for row, way, centre in zip(rows.tolist(), ways.tolist(), centres, strict=True)
            ]
    return None


def _first(
    supply: Supply, demand: Demand, lines: Lines, costs: Costs, table: "_Table"
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows of those offers, and for each the product's position, by what is known of the lines."""
    columns = costs.columns
    money = min(_NONE // 2, _NONE if (bound := budget(demand)) is None else bound)
    kept = np.empty((3, 0), dtype=np.int64)  # totals, offers, products
    enough = long_enough(supply, demand) if lines.wishes.offer_terms else None
    for passed in passing(columns, demand, demand.top):
        rows = passed if enough is None else passed[enough[passed]]
        compute = columns.price[rows] * costs.times
        # Beyond these no line is cheap enough.
        near = int(np.searchsorted(compute, money - table.least, side="right"))
        totals = compute[:near] + table.costs[:, columns.centre[rows[:near]]]
        ways, at = np.nonzero(totals <= money)
        kept = np.hstack([kept, np.stack([totals[ways, at], rows[at], ways])])
        if kept.shape[1] > demand.top > 0:
            money = int(np.partition(kept[0], demand.top - 1)[demand.top - 1])
            kept = kept[:, kept[0] <= money]
        if near < len(rows):
            break
    return kept[1], kept[2]


@dataclass(slots=True)
class _Table:
    """The cost of each product's line to each centre that will do (by position), _NONE where there is no line; and the lines.

    Of a line that is not worked out it is the least that it may be.
    """

    products: list[Product]
    costs: NDArray[np.int64]
    lines: list[dict[int, LineChoice | Prospect]]
    least: int
    dearest: int

    def work_out(self, asked: Iterable[tuple[int, int]]) -> bool:
        """Work out what is not of the lines that are asked for as (product, centre); whether there was any."""
        waiting = [
            (way, at, line)
            for way, at in sorted(set(asked))
            if isinstance(line := self.lines[way][at], Prospect)
        ]
        for way, at, hoped in waiting:
            found = hoped.work_out()
            if isinstance(found, str):
                del self.lines[way][at]
                self.costs[way, at] = _NONE
            else:
                self.lines[way][at] = found
                self.dearest = max(self.dearest, found.cost)
                self.costs[way, at] = min(found.cost, _NONE)
        return bool(waiting)


def _table(supply: Supply, demand: Demand, lines: Lines) -> _Table:
    columns = supply.columns
    within = np.flatnonzero(columns.centres_within(demand)).tolist()
    known = [at for at in within if columns.centres[at] in supply.centres]
    sites = [columns.site_of[at] for at in known]
    found: list[dict[int, LineChoice | Prospect]] = [
        {
            at: line
            for at, line in zip(known, _lines(lines, product, sites), strict=True)
            if line is not None and not isinstance(line, str)
        }
        for product in lines.products
    ]
    all_costs = [[line.cost for line in each.values()] for each in found]
    costs = np.full((len(found), len(columns.centres)), _NONE, dtype=np.int64)
    dearest = max((max(each, default=0) for each in all_costs), default=0)
    if dearest < _NONE:
        for way, each in enumerate(found):
            costs[way, list(each)] = all_costs[way]
    least = min((min(each, default=_NONE) for each in all_costs), default=_NONE)
    return _Table(lines.products, costs, found, least, dearest)


def _lines(lines: Lines, product: Product, sites: Sequence[str]) -> Sequence[Outlook | None]:
    """The lines to the sites, those of two routes before they are worked out, whether there are any or not."""
    if lines.pair:
        return [prospect(lines, product, site) for site in sites]
    return fan(lines, product, sites)
