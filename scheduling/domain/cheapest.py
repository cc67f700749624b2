"""The first bundles without counting the others: offers by rising price, until none that follows can be among the first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scheduling.domain.costs import Costs
from scheduling.domain.demand import Demand
from scheduling.domain.fans import NO_LINE, Fan, fan
from scheduling.domain.first import passing
from scheduling.domain.lines import Lines
from scheduling.domain.offers import OfferColumns
from scheduling.domain.standings import Standing, budget
from scheduling.domain.supply import Supply


def first_standings(
    supply: Supply, demand: Demand, lines: Lines, costs: Costs, sites: Sequence[str] | None = None
) -> list[Standing] | None:
    """Each offer and line that may be among the first `top` bundles, as a standing of its own; empty for none at all.

    `sites` are those where any offer fits, if that is known. None where whole numbers of 64 bits might not hold the
    totals, or something other than the price orders the offers.
    """
    columns = costs.columns
    most = int(columns.price[-1]) * costs.times if len(columns.ids) else 0
    if not costs.by_price or most >= NO_LINE // 4:
        return None
    table = _table(lines, columns, tuple(_sites(supply, demand) if sites is None else sites))
    if table.dearest >= NO_LINE // 4:
        return None
    money = min(NO_LINE // 2, NO_LINE if (bound := budget(demand)) is None else bound)
    kept = np.empty((3, 0), dtype=np.int64)  # totals, offers, products
    for rows in passing(columns, demand, demand.top):
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
        Standing(
            lines.products[way], table.fans[way][int(table.place[columns.centre[row]])], np.array([row]), 1
        )
        for row, way in zip(kept[1].tolist(), kept[2].tolist(), strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Table:
    """The lines of each product, with their costs to each centre by its position, NO_LINE where there is none.

    `place` is where in the fans the centre's site is.
    """

    fans: list[Fan]
    place: NDArray[np.int64]
    costs: NDArray[np.int64]
    least: int
    dearest: int


def _sites(supply: Supply, demand: Demand) -> Iterable[str]:
    """The sites of the centres that will do, each once."""
    columns = supply.columns
    within = np.flatnonzero(columns.centres_within(demand)).tolist()
    return dict.fromkeys(columns.site_of[at] for at in within if columns.centres[at] in supply.centres)


def _table(lines: Lines, columns: OfferColumns, sites: tuple[str, ...]) -> _Table:
    fans = [fan(lines, product, sites) for product in lines.products]
    known = {site: at for at, site in enumerate(sites)}
    place = np.array([known.get(site, len(sites)) for site in columns.site_of], dtype=np.int64)
    costs = np.full((len(fans), len(sites) + 1), NO_LINE)
    for way, each in enumerate(fans):
        costs[way, :-1] = each.costs
    return _Table(
        fans=fans,
        place=place,
        costs=costs[:, place],
        least=int(costs.min(initial=NO_LINE)),
        dearest=max((each.dearest for each in fans), default=0),
    )
