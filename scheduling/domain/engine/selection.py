"""The selection: the best bundles of compute and line for a demand on a supply, exact and explained."""

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice, takewhile

import numpy as np

from scheduling.domain.demand import Demand, DemandError
from scheduling.domain.engine.answer import BUNDLE_REASONS, WISHED_REASONS, Answer, Bundle, Rejected
from scheduling.domain.engine.cheapest import first_standings
from scheduling.domain.engine.costs import Costs, costs_of
from scheduling.domain.engine.fronts import Point, undominated
from scheduling.domain.engine.lines import LineChoice, Lines
from scheduling.domain.engine.promises import PROMISE_REASONS
from scheduling.domain.engine.reaches import Reaches
from scheduling.domain.engine.relaxation import relaxations
from scheduling.domain.engine.screening import networks_within, screen
from scheduling.domain.engine.standings import Standing, by_site, in_order, standings
from scheduling.domain.engine.wishes import NO_WISHES, Wishes
from scheduling.domain.routing.effort import MOST_EFFORT, MOST_OF_PAIRS
from scheduling.domain.supply.offers import Constraint, Ints, Mask
from scheduling.domain.supply.supply import Supply

Rank = tuple[bool, int, int, str, str, str]
"""How bundles rank: what is unknown of the score last, exact total or score, latency, offer, line provider, technology."""


def select(supply: Supply, demand: Demand, lines: Lines | None = None) -> Answer:
    """Answer a demand; the same demand on the same snapshot gives the same answer, whoever asks.

    `lines` are the demand's lines where the caller goes on with them, or has wishes beyond the files. Raises
    DemandError where `from_site` is not a site of the supply, TooHardError.
    """
    if demand.from_site not in supply.sites:
        raise DemandError(
            "unknown_site",
            "from_site",
            f"供给中没有站点 {demand.from_site!r}",
            f"no site {demand.from_site!r} in the supply",
        )
    lines = lines or lines_of(supply, demand)
    wishes = lines.wishes
    columns, costs = supply.columns, costs_of(supply, demand, wishes)
    wished = wishes != NO_WISHES
    extras = supply.extras.snapshot if wished else supply.extras.terms
    plain = not wished or (wishes.offer_terms and replace(wishes, offer_terms=False) == NO_WISHES)
    if plain and not {"rejected", "pareto"}.intersection(demand.want) and demand.top:
        first = first_standings(supply, demand, lines, costs)
        if first:
            top = _top(costs, lines, first)
            return Answer(
                demand=demand.demand,
                snapshot=supply.snapshot,
                bundles=top.bundles,
                pareto=None,
                rejected=None,
                relax=() if "relax" in demand.want else None,
                extras=extras,
                wished=wished,
                ranks=top.ranks,
                tied_beyond=top.tied_beyond,
            )
    constraints = screen(supply, demand, wishes)
    fits = np.logical_and.reduce([constraint.passes for constraint in constraints])
    fitting = by_site(columns, fits)
    found = list(standings(costs, lines, fitting))
    feasible, wanted = any(standing.affordable for standing in found), "relax" in demand.want
    top = _top(costs, lines, found)
    relax, start_before = ((), None) if feasible or not wanted else relaxations(supply, lines, constraints)
    return Answer(
        demand=demand.demand,
        snapshot=supply.snapshot,
        bundles=top.bundles,
        pareto=tuple(_pareto(costs, lines, found)) if "pareto" in demand.want else None,
        rejected=_rejected(constraints, found, lines, fitting) if "rejected" in demand.want else None,
        relax=relax if wanted else None,
        start_before=start_before,
        extras=extras,
        wished=wished,
        feasible=feasible,
        ranks=top.ranks,
        tied_beyond=top.tied_beyond,
        fitting=fitting,
    )


def lines_of(supply: Supply, demand: Demand, wishes: Wishes = NO_WISHES) -> Lines:
    """The lines that the demand can have, each worked out once, when it is asked for."""
    networks = networks_within(supply, wishes.window(demand.duration_hours))
    most = MOST_EFFORT if demand.protection == "none" else MOST_OF_PAIRS
    return Lines(supply, demand, Reaches(networks, most=most), wishes)


def _ranked(
    costs: Costs, lines: Lines, standing: Standing, rows: Iterable[int]
) -> Iterator[tuple[Rank, Bundle]]:
    """The bundles of a standing's rows; they come in the order of the rows."""
    line, columns = standing.line, costs.columns
    if not isinstance(line, LineChoice):
        return
    provider, technology = standing.product
    grade = lines.grades.get("|".join(standing.product)) if lines.grades else None
    for row in rows:
        compute = costs.of(row)
        offer, total = columns.offers[columns.offer[row]], compute + line.cost
        bundle = Bundle(
            offer=offer,
            centre=columns.centres[columns.centre[row]],
            quantity=lines.demand.quantity,
            line_provider=provider,
            technology=technology,
            line=line,
            compute=compute,
            storage=costs.storage(row),
            total=total,
            score=costs.score(row, standing.product, line),
            grade=grade,
        )
        yield (*costs.rank(row, standing.product, line), line.latency, offer, provider, technology), bundle


@dataclass(frozen=True, slots=True)
class _Top:
    """The first bundles with their ranks, and how many more share the last rank."""

    bundles: tuple[Bundle, ...]
    ranks: tuple[int, ...]
    tied_beyond: int


def _top(costs: Costs, lines: Lines, found: Iterable[Standing]) -> _Top:
    ways = [
        _ranked(costs, lines, standing, standing.rows[: standing.affordable].tolist())
        for standing in _first(costs, lines.demand, found)
    ]
    merged = heapq.merge(*ways, key=lambda ranked: ranked[0])
    first = list(islice(merged, lines.demand.top))
    ranks: list[int] = []
    for place, (rank, _) in enumerate(first, start=1):
        ranks.append(ranks[-1] if place > 1 and rank[:3] == first[place - 2][0][:3] else place)
    tied = takewhile(lambda ranked: ranked[0][:3] == first[-1][0][:3], merged) if first else ()
    return _Top(tuple(bundle for _, bundle in first), tuple(ranks), sum(1 for _ in tied))


def _first(costs: Costs, demand: Demand, found: Iterable[Standing]) -> Iterable[Standing]:
    """The standings that the first `top` bundles are of: no more than so many have a first bundle among them."""
    first: list[tuple[tuple[bool, int], Standing]] = []
    if demand.top:
        for rank, standing in in_order(costs, (standing for standing in found if standing.affordable)):
            if len(first) >= demand.top and rank > first[demand.top - 1][0]:
                break
            first.append((rank, standing))
    return [standing for _, standing in first]


def _pareto(costs: Costs, lines: Lines, found: Iterable[Standing]) -> Iterator[Bundle]:
    """Undominated by total, latency and what else is weighed; in rank order.

    Where nothing else is, only the cheapest offers of a standing can be, as latency is the same for all of them.
    """
    points: list[Point] = []
    choices: list[tuple[Standing, int]] = []
    affordable = (standing for standing in found if standing.affordable)
    for _, standing in in_order(costs, affordable, front=costs.scorer is None):
        line, rows = standing.line, standing.rows[: standing.affordable]
        assert isinstance(line, LineChoice)  # noqa: S101 - worked out in its turn
        for row in (costs.cheapest(rows) if costs.scorer is None else rows).tolist():
            points.append((costs.of(row) + line.cost, line.latency, *costs.others(row, standing.product)))
            choices.append((standing, row))
    front = [
        ranked
        for standing, row in (choices[at] for at in undominated(points))
        for ranked in _ranked(costs, lines, standing, [row])
    ]
    front.sort(key=lambda ranked: ranked[0])
    return (bundle for _, bundle in front)


def _rejected(
    constraints: Iterable[Constraint],
    found: Iterable[Standing],
    lines: Lines,
    fitting: Mapping[str, Ints],
) -> Rejected:
    offers: dict[str, int] = {}
    left: Mask | None = None
    for constraint in constraints:
        passed = constraint.passes if left is None else left & constraint.passes
        before = len(passed) if left is None else int(left.sum())
        failed = before - int(passed.sum())
        if failed:
            offers[constraint.reason] = offers.get(constraint.reason, 0) + failed
        left = passed
    bundles = dict.fromkeys(BUNDLE_REASONS if lines.wishes == NO_WISHES else WISHED_REASONS, 0)
    if lines.wishes.promises is not None:
        bundles |= dict.fromkeys(PROMISE_REASONS, 0)
    for reason in lines.unpromised.values():
        bundles[reason] += sum(len(rows) for rows in fitting.values())
    for standing in found:
        if isinstance(standing.line, str):
            bundles[standing.line] += len(standing.rows)
        else:
            bundles["price"] += len(standing.rows) - standing.affordable
    return Rejected(offers, bundles)
