"""The first bundles without counting the others: offers by rising price, until none that follows can be among the first."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scheduling.domain.costs import Costs
from scheduling.domain.demand import Demand
from scheduling.domain.fans import fan
from scheduling.domain.first import passing
from scheduling.domain.lines import LineChoice, Lines, Product
from scheduling.domain.screening import long_enough
from scheduling.domain.standings import Standing, budget
from scheduling.domain.supply import Supply

_NONE = 2**62
"""Stands for the cost of a line that there is not; what is not far below it is left to the sums of Python."""


def first_standings(supply: Supply, demand: Demand, lines: Lines, costs: Costs) -> list[Standing] | None:
    """Each offer and line that may be among the first `top` bundles, as a standing of its own; empty for none at all.

    None where whole numbers of 64 bits might not hold the totals, or something other than the price orders the offers.
    """
    columns = costs.columns
    most = int(columns.price[-1]) * costs.times if len(columns.price) else 0
    table = _table(supply, demand, lines)
    if not costs.by_price or costs.scorer or max(most, table.dearest) >= _NONE // 4:
        return None
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
    return [
        Standing(table.products[way], table.lines[way][int(columns.centre[row])], np.array([row]), 1)
        for row, way in zip(kept[1].tolist(), kept[2].tolist(), strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Table:
    """The cost of each product's line to each centre that will do (by position), _NONE where there is no line; and the lines."""

    products: list[Product]
    costs: NDArray[np.int64]
    lines: list[dict[int, LineChoice]]
    least: int
    dearest: int


def _table(supply: Supply, demand: Demand, lines: Lines) -> _Table:
    columns = supply.columns
    within = np.flatnonzero(columns.centres_within(demand)).tolist()
    known = [at for at in within if columns.centres[at] in supply.centres]
    sites = [columns.site_of[at] for at in known]
    found = [
        {
            at: line
            for at, line in zip(known, fan(lines, product, sites), strict=True)
            if isinstance(line, LineChoice)
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
