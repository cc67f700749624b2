"""Centres that fail a demand on latency alone: to be measured, or out of light's reach."""

from dataclasses import dataclass, replace

import numpy as np

from scheduling.domain.light import Medium, floor_us
from scheduling.domain.lines import Lines, Product
from scheduling.domain.paths import Order
from scheduling.domain.screening import screen
from scheduling.domain.sites import Point
from scheduling.domain.standings import by_site
from scheduling.domain.supply import Supply
from scheduling.domain.verdicts import Verdict, judge


@dataclass(frozen=True, slots=True)
class NearMiss:
    """One centre and the line product that comes nearest to the bound; µs one way on the demand's layer.

    `upper_us` is the engine's estimate, `lower_us` the physical bound over the great circle in `medium`,
    `verdict` is inconclusive (a measurement decides) or fail (impossible).
    """

    centre: str
    line_provider: str
    technology: str
    upper_us: int
    lower_us: int
    below_us: int
    great_circle_m: int
    medium: str
    verdict: Verdict


def near_misses(supply: Supply, lines: Lines, beyond_silica: frozenset[str]) -> list[NearMiss]:
    """The centres with offers that fit, none of whose lines keeps the latency bound, nearest first.

    A line provider all of whose spans are silica is held to 4.9 µs/km; one of `beyond_silica`, which has others,
    to 3.336: the physical bound must hold for every path it may have. Sites without coordinates are left out.
    """
    demand = lines.demand
    if demand.max_latency_us is None:
        return []
    columns = supply.columns
    fits = np.logical_and.reduce([constraint.passes for constraint in screen(supply, demand, lines.wishes)])
    found: list[NearMiss] = []
    for site, rows in by_site(columns, fits).items():
        reasons = {product: lines.choose(product, site) for product in lines.products}
        if any(not isinstance(reason, str) for reason in reasons.values()):
            continue
        misses = [
            miss
            for product, reason in reasons.items()
            if reason == "latency"
            and (miss := _miss(supply, lines, product, site, silica=product[0] not in beyond_silica))
        ]
        if misses:
            nearest = min(misses, key=lambda miss: (miss.verdict is Verdict.FAIL, miss.upper_us))
            centres = {columns.centres[centre] for centre in columns.centre[rows].tolist()}
            found += [replace(nearest, centre=centre) for centre in centres]
    return sorted(found, key=lambda miss: (miss.upper_us, miss.centre))


def _miss(supply: Supply, lines: Lines, product: Product, site: str, *, silica: bool) -> NearMiss | None:
    """The fastest line of the product without the latency bound, judged; None where other bounds stop it."""
    demand = lines.demand
    assert demand.max_latency_us is not None  # noqa: S101 - asked by the caller
    groups = lines.groups(product, site)
    terminal = groups[0].terminal_us if groups else 0
    bounds = replace(lines.bounds(terminal), latency=None)
    route = lines.route(product, site, demand.bandwidth_mbps, Order.LATENCY, bounds)
    ends = _point(supply, demand.from_site), _point(supply, site)
    if route is None or not groups or ends[0] is None or ends[1] is None:
        return None
    metres = ends[0].metres_to(ends[1])
    medium = Medium.SILICA if silica else Medium.UNDISCLOSED
    upper, lower = route.latency + terminal, floor_us(metres, medium) + terminal
    return NearMiss(
        centre="",
        line_provider=product[0],
        technology=product[1],
        upper_us=upper,
        lower_us=lower,
        below_us=demand.max_latency_us,
        great_circle_m=int(metres),
        medium=medium.value,
        verdict=judge(upper_us=upper, lower_us=lower, below_us=demand.max_latency_us),
    )


def _point(supply: Supply, site: str) -> Point | None:
    row = supply.sites[site]
    return None if row.lat is None or row.lon is None else Point(row.lat, row.lon)
