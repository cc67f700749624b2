"""The selection: the best bundles of compute and line for a demand on a supply, exact and explained."""

import heapq
from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np

from scheduling.domain.answer import BUNDLE_REASONS, Answer, Bundle, Rejected
from scheduling.domain.demand import Demand, DemandError
from scheduling.domain.lines import LineChoice, Lines, Reaches
from scheduling.domain.offers import Constraint, Mask, OfferColumns
from scheduling.domain.relaxation import relaxations
from scheduling.domain.standings import Standing, by_site, factor, standings
from scheduling.domain.supply import Supply

Rank = tuple[int, int, str, str, str]
"""How bundles rank: exact total, latency, offer, line provider, technology."""


def select(supply: Supply, demand: Demand, lines: Lines | None = None) -> Answer:
    """Answer a demand; the same demand on the same snapshot gives the same answer, whoever asks.

    `lines` are the demand's lines where the caller goes on with them. Raises DemandError where `from_site` is
    not a site of the supply.
    """
    if demand.from_site not in supply.sites:
        raise DemandError(
            "unknown_site",
            "from_site",
            f"供给中没有站点 {demand.from_site!r}",
            f"no site {demand.from_site!r} in the supply",
        )
    columns = supply.columns
    constraints = columns.screen(demand)
    fits = np.logical_and.reduce([constraint.passes for constraint in constraints])
    lines = lines or lines_of(supply, demand)
    found = list(standings(columns, lines, by_site(columns, fits)))
    feasible = any(standing.affordable for standing in found)
    return Answer(
        demand=demand.demand,
        snapshot=supply.snapshot,
        bundles=tuple(_top(columns, demand, found)),
        pareto=tuple(_pareto(columns, demand, found)) if "pareto" in demand.want else None,
        rejected=_rejected(constraints, found) if "rejected" in demand.want else None,
        relax=(() if feasible else relaxations(supply, lines, constraints))
        if "relax" in demand.want
        else None,
    )


def lines_of(supply: Supply, demand: Demand) -> Lines:
    """The lines that the demand can have, each worked out once, when it is asked for."""
    return Lines(supply, demand, Reaches(supply, demand.from_site))


def _ranked(
    columns: OfferColumns, demand: Demand, standing: Standing, count: int
) -> Iterator[tuple[Rank, Bundle]]:
    """The first `count` bundles of a standing; they come in rank order, as only price and offer id differ."""
    times, line = factor(demand), standing.line
    if not isinstance(line, LineChoice):
        return
    provider, technology = standing.product
    for row in standing.rows[:count].tolist():
        compute = int(columns.price[row]) * times
        offer, total = columns.ids[row], compute + line.cost
        bundle = Bundle(
            offer=offer,
            centre=columns.centres[columns.centre[row]],
            quantity=demand.quantity,
            line_provider=provider,
            technology=technology,
            line=line,
            compute=compute,
            total=total,
        )
        yield (total, line.latency, offer, provider, technology), bundle


def _top(columns: OfferColumns, demand: Demand, found: Iterable[Standing]) -> Iterator[Bundle]:
    ways = [_ranked(columns, demand, standing, standing.affordable) for standing in found]
    merged = heapq.merge(*ways, key=lambda ranked: ranked[0])
    return (bundle for _, bundle in islice(merged, demand.top))


def _pareto(columns: OfferColumns, demand: Demand, found: Iterable[Standing]) -> Iterator[Bundle]:
    """Only the cheapest offers of a standing can be undominated, as latency is the same for all of them."""
    cheapest: list[tuple[Rank, Bundle]] = []
    for standing in found:
        if standing.affordable:
            prices = columns.price[standing.rows[: standing.affordable]]
            cheapest += _ranked(
                columns, demand, standing, int(np.searchsorted(prices, prices[0], side="right"))
            )
    cheapest.sort(key=lambda ranked: ranked[0])
    total, fastest = -1, None
    for rank, bundle in cheapest:
        if fastest is None or rank[1] < fastest or (rank[0], rank[1]) == (total, fastest):
            total, fastest = rank[0], rank[1]
            yield bundle


def _rejected(constraints: Iterable[Constraint], found: Iterable[Standing]) -> Rejected:
    offers: dict[str, int] = {}
    left: Mask | None = None
    for constraint in constraints:
        passed = constraint.passes if left is None else left & constraint.passes
        before = len(passed) if left is None else int(left.sum())
        failed = before - int(passed.sum())
        if failed:
            offers[constraint.reason] = offers.get(constraint.reason, 0) + failed
        left = passed
    bundles = dict.fromkeys(BUNDLE_REASONS, 0)
    for standing in found:
        if isinstance(standing.line, str):
            bundles[standing.line] += len(standing.rows)
        else:
            bundles["price"] += len(standing.rows) - standing.affordable
    return Rejected(offers, bundles)
