"""Offers that fit, by site and price, joined with the lines to each site: where every bundle stands."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from scheduling.domain.demand import Demand
from scheduling.domain.lines import LineChoice, Lines, Product
from scheduling.domain.numbers import scaled
from scheduling.domain.offers import Ints, Mask, OfferColumns

_INT64_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Standing:
    """One line product to one site: `rows` are the offers there by (price, id), the first `affordable` feasible.

    `line` is the choice or the reason that there is none, then nothing is affordable.
    """

    product: Product
    line: LineChoice | str
    rows: Ints
    affordable: int


def factor(demand: Demand) -> int:
    """What turns a price (10⁻⁴ CNY an hour) into the demand's compute cost (10⁻¹⁰ CNY)."""
    return demand.quantity * scaled(demand.duration_hours, 6)


def budget(demand: Demand) -> int | None:
    """The bound on the total in 10⁻¹⁰ CNY, None where there is none."""
    return None if demand.max_total_cny is None else scaled(demand.max_total_cny, 4) * 10**6


def by_site(columns: OfferColumns, passes: Mask) -> dict[str, Ints]:
    """The offers that pass, by the site of their centre, each site's in order of (price, id)."""
    rows = np.flatnonzero(passes)
    centres = columns.centre[rows]
    found: dict[str, list[Ints]] = {}
    order = np.argsort(centres, kind="stable")
    rows, centres = rows[order], centres[order]
    for part in np.split(rows, np.flatnonzero(np.diff(centres)) + 1) if len(rows) else []:
        found.setdefault(columns.site_of[int(columns.centre[part[0]])], []).append(part)
    # Two centres may share a site: positions are already in order of (price, id), so sorting them merges.
    return {
        site: parts[0] if len(parts) == 1 else np.sort(np.concatenate(parts)) for site, parts in found.items()
    }


def standings(columns: OfferColumns, lines: Lines, offers: Mapping[str, Ints]) -> Iterator[Standing]:
    """Every (line product, site) with the offers there; feasible pairs are the sum of `affordable`."""
    times, money = factor(lines.demand), budget(lines.demand)
    for site, rows in offers.items():
        prices = columns.price[rows]
        for product in lines.products:
            line = lines.choose(product, site)
            if isinstance(line, str):
                count = 0
            elif money is None:
                count = len(rows)
            else:
                count = _affordable(prices, times, money - line.cost)
            yield Standing(product, line, rows, count)


def count_feasible(columns: OfferColumns, lines: Lines, offers: Mapping[str, Ints]) -> int:
    """How many (offer, line product) pairs are feasible."""
    return sum(standing.affordable for standing in standings(columns, lines, offers))


def _affordable(prices: Ints, times: int, left: int) -> int:
    """How many of the rising prices keep price × times within what is left (10⁻¹⁰ CNY)."""
    if left < 0:
        return 0
    if times == 0:
        return len(prices)
    return int(np.searchsorted(prices, min(left // times, _INT64_MAX), side="right"))
