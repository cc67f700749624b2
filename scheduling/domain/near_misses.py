"""Centres that fail a demand on latency alone: to be measured, or out of light's reach."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from scheduling.domain.fans import fan
from scheduling.domain.light import Medium, floor_us
from scheduling.domain.lines import Lines, Product
from scheduling.domain.screening import screen
from scheduling.domain.sites import Point
from scheduling.domain.standings import by_site
from scheduling.domain.starts import Start
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
    offers = by_site(columns, fits)
    choices = [(product, fan(lines, product, list(offers))) for product in lines.products]
    found: list[NearMiss] = []
    for at, (site, rows) in enumerate(offers.items()):
        reasons = [(product, each[at]) for product, each in choices]
        there = _point(supply, site)
        if there is None or any(not isinstance(reason, str) for _, reason in reasons):
            continue
        late = [
            (product, start)
            for product, reason in reasons
            if reason == "latency"
            for start in lines.starts(product)
        ]
        places = {here: _point(supply, here) for _, start in late for here in start.sites}
        metres = {here: point.metres_to(there) for here, point in places.items() if point is not None}
        nearest = _nearest(lines, late, site, metres, beyond_silica)
        if nearest is not None:
            found += [nearest(columns.centres[centre]) for centre in set(columns.centre[rows].tolist())]
    return sorted(found, key=lambda miss: (miss.upper_us, miss.centre))


def _nearest(
    lines: Lines,
    ways: Iterable[tuple[Product, Start]],
    site: str,
    metres: Mapping[str, Decimal],
    beyond_silica: frozenset[str],
) -> Callable[[str], NearMiss] | None:
    """What comes nearest to the bound, for a centre at the site: the fastest line of each product without the bound, judged.

    `metres` are the great circles from where lines begin, for places that are known. None where other bounds stop all lines.
    """
    below = lines.demand.max_latency_us
    assert below is not None  # noqa: S101 - asked by the caller
    floors: dict[tuple[str, Medium], int] = {}
    best: tuple[bool, float] = (True, math.inf)
    found = None
    for product, start in ways:
        groups = lines.groups(product, start, site) if all(here in metres for here in start.sites) else ()
        optical = lines.fastest(product, start, site) if groups else None
        if optical is None:
            continue
        upper = optical + groups[0].terminal_us
        if (False, upper) >= best:  # whatever the verdict
            continue
        medium = Medium.UNDISCLOSED if product[0] in beyond_silica else Medium.SILICA
        for here in start.sites:
            if (here, medium) not in floors:
                floors[here, medium] = floor_us(metres[here], medium)
        lower, here = max(
            (floors[here, medium] + groups[0].terminal_us + tail, here)
            for here, tail in zip(start.sites, (0, start.lag_us), strict=False)
        )
        verdict = judge(upper_us=upper, lower_us=lower, below_us=below)
        if (verdict is Verdict.FAIL, upper) < best:
            best, found = (verdict is Verdict.FAIL, upper), (product, here, upper, lower, medium, verdict)
    if found is None:
        return None
    (provider, technology), here, upper, lower, medium, verdict = found
    return lambda centre: NearMiss(
        centre=centre,
        line_provider=provider,
        technology=technology,
        upper_us=upper,
        lower_us=lower,
        below_us=below,
        great_circle_m=int(metres[here]),
        medium=medium.value,
        verdict=verdict,
    )


def _point(supply: Supply, site: str) -> Point | None:
    row = supply.sites[site]
    return None if row.lat is None or row.lon is None else Point(row.lat, row.lon)
