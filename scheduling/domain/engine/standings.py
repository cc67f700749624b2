"""Offers that fit, by site and price, joined with the lines to each site: where every bundle stands."""

import heapq
import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from scheduling.domain.demand import Demand
from scheduling.domain.engine.costs import Costs
from scheduling.domain.engine.fans import Choice, fan
from scheduling.domain.engine.lines import LineChoice, Lines, Product
from scheduling.domain.engine.prospects import Outlook, Prospect, further, outlooks
from scheduling.domain.numbers import scaled
from scheduling.domain.supply.offers import Ints, Mask, OfferColumns


class Standing(NamedTuple):
    """One line product to one site: `rows` are offers there, the first `affordable` feasible and in rank order.

    `line` is the choice, or what is known of it before it is worked out, or the reason that there is none, then nothing is
    affordable. Where the line of least value is too
    dear for some of the offers, these stand by themselves, with the line that is the best for what they leave of the budget.
    """

    product: Product
    line: Outlook
    rows: Ints
    affordable: int


def budget(demand: Demand) -> int | None:
    """The bound on the total in 10⁻¹⁰ CNY, None where there is none."""
    return None if demand.max_total_cny is None else scaled(demand.max_total_cny, 4) * 10**6


def by_site(columns: OfferColumns, passes: Mask) -> dict[str, Ints]:
    """The offers that pass, by the site of their centre, each site's in order of (price, id)."""
    order, begin = columns.lists("centre")
    passing = passes[order]
    rows = order[passing]
    ends = np.concatenate([[0], np.cumsum(passing)])[begin].tolist()
    found: dict[str, list[Ints]] = {}
    for site, (low, high) in zip(columns.site_of, pairwise(ends), strict=True):
        if low < high:
            found.setdefault(site, []).append(rows[low:high])
    # Two centres may share a site: positions are already in order of (price, id), so sorting them merges.
    return {
        site: parts[0] if len(parts) == 1 else np.sort(np.concatenate(parts)) for site, parts in found.items()
    }


def standings(
    costs: Costs, lines: Lines, offers: Mapping[str, Ints], *, explained: bool = True
) -> Iterator[Standing]:
    """Every (line product, site) with the offers there; feasible pairs are the sum of `affordable`.

    Unless it is `explained`, whatever is too dear for sure is put down to the price, without a look for another reason.
    """
    money, sites = budget(lines.demand), list(offers)
    left = None if explained or money is None else [money - costs.least(rows) for rows in offers.values()]
    for product in lines.products:
        cheapest: list[Choice] | None = None
        for at, (site, found) in enumerate(zip(sites, outlooks(lines, product, sites, left), strict=True)):
            rows, line = offers[site], found
            if isinstance(line, str):
                yield Standing(product, line, rows, 0)
                continue
            standing = Standing(product, line, *costs.affordable(rows, product, line, money))
            while money is not None and standing.affordable and isinstance(line, Prospect):
                line = further(line)  # what it may cost at the least is within the money
                standing = Standing(product, line, *costs.affordable(rows, product, line, money))
            if money is None or not lines.us_price or standing.affordable == len(rows):
                yield standing
                continue
            cheapest = cheapest or fan(lines.unweighed, product, sites)
            yield from _parted(costs, lines, site, standing, cheapest[at])


def _parted(
    costs: Costs, lines: Lines, site: str, standing: Standing, cheapest: Choice
) -> Iterator[Standing]:
    """A standing whose line, chosen for its speed too, is beyond the money with some of the offers: these with other lines.

    The cheapest of the offers that are left says what a line may cost, and gets the best of such. It is the best for all that can
    pay for it, since to them no more is open. The others are left for the next, until even the cheapest line is too dear.
    """
    money, product, rest = budget(lines.demand), standing.product, standing.rows[standing.affordable :]
    assert money is not None  # noqa: S101 - something is beyond it
    assert isinstance(cheapest, LineChoice)  # noqa: S101 - as there is a line
    while len(rest) and (left := money - costs.least(rest)) >= cheapest.cost:
        if standing.affordable:
            yield standing._replace(rows=standing.rows[: standing.affordable])
        line = lines.choose_within(product, site, left)
        standing = Standing(product, line, *costs.affordable(rest, product, line, money))
        rest = standing.rows[standing.affordable :]
    yield standing


def in_order(
    costs: Costs, found: Iterable[Standing], *, front: bool = False
) -> Iterator[tuple[tuple[bool, int], Standing]]:
    """Standings that have a line, by the rank of their first row; each line is worked out when its turn may have come.

    For a `front` of total and latency those are left out whose line is slower, whichever it is, than one that costs no more.
    """
    queue = [
        (costs.rank(int(standing.rows[0]), standing.product, standing.line), at, standing)
        for at, standing in enumerate(found)
        if not isinstance(standing.line, str)
    ]
    heapq.heapify(queue)
    fastest: float = math.inf
    while queue:
        rank, at, standing = heapq.heappop(queue)
        line = standing.line
        if isinstance(line, LineChoice):
            fastest = min(fastest, line.latency)
            yield rank, standing
        elif isinstance(line, Prospect) and not (front and line.latency > fastest):
            better = further(line)
            rank = costs.rank(int(standing.rows[0]), standing.product, better)
            heapq.heappush(queue, (rank, at, standing._replace(line=better)))


def count_feasible(costs: Costs, lines: Lines, offers: Mapping[str, Ints]) -> int:
    """How many (offer, line product) pairs are feasible."""
    return sum(standing.affordable for standing in standings(costs, lines, offers, explained=False))
