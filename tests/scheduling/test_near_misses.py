"""Centres that fail on latency alone, against what is said of each line by itself."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from random import Random

import numpy as np

from scheduling.domain.engine.costs import costs_of
from scheduling.domain.engine.lines import Lines, Product
from scheduling.domain.engine.near_misses import NearMiss, near_misses
from scheduling.domain.engine.screening import screen
from scheduling.domain.engine.selection import lines_of
from scheduling.domain.engine.standings import by_site
from scheduling.domain.engine.wishes import NO_WISHES
from scheduling.domain.light import Medium, floor_us
from scheduling.domain.routing.path_orders import LATENCY
from scheduling.domain.sites import Point
from scheduling.domain.supply.offers import Ints
from scheduling.domain.supply.supply import Supply
from scheduling.domain.verdicts import Verdict, judge
from tests.scheduling.ended import several_ends
from tests.scheduling.worlds import LINE_PROVIDERS, small_demand, small_supply

BEYOND = frozenset({LINE_PROVIDERS[0]})
KNOWN = frozenset(LINE_PROVIDERS[1:])


def fitting(supply: Supply, lines: Lines) -> Mapping[str, Ints]:
    """The offers that meet what is asked of offers, by site."""
    passes = [constraint.passes for constraint in screen(supply, lines.demand, lines.wishes)]
    return by_site(supply.columns, np.logical_and.reduce(passes))


def fitting_rows(supply: Supply, lines: Lines) -> dict[str, list[int]]:
    """Centre → its offers that meet what is asked of offers."""
    passes = [constraint.passes for constraint in screen(supply, lines.demand, lines.wishes)]
    fitting: dict[str, list[int]] = {}
    for row in range(len(supply.columns.price)):
        if all(each[row] for each in passes):
            fitting.setdefault(supply.columns.centres[supply.columns.centre[row]], []).append(row)
    return fitting


def too_dear(supply: Supply, lines: Lines, product: Product, site: str, fitting: Iterable[list[int]]) -> bool:
    """Whether the budget pays for no offer at a site with the product's cheapest line without a bound on latency."""
    money = lines.demand.max_total_cny
    line = lines_of(supply, replace(lines.demand, max_latency_us=None), lines.wishes).choose(product, site)
    if money is None or isinstance(line, str):
        return False
    columns, costs = supply.columns, costs_of(supply, lines.demand, lines.wishes)
    rows = [row for each in fitting for row in each if columns.site_of[columns.centre[row]] == site]
    return line.cost + min(map(costs.of, rows)) > money.scaleb(10)


def plainly(supply: Supply, lines: Lines) -> list[NearMiss]:
    """The same by the words of SCHEME §7: every centre, every line product, every start, one after the other."""
    below = lines.demand.max_latency_us
    fitting = fitting_rows(supply, lines)
    found = []
    for centre in fitting:
        site = supply.centres[centre].site
        reasons = {product: lines.choose(product, site) for product in lines.products}
        if below is None or any(not isinstance(reason, str) for reason in reasons.values()):
            continue
        ways = []
        for product in (product for product, reason in reasons.items() if reason == "latency"):
            medium = Medium.UNDISCLOSED if product[0] in BEYOND else Medium.SILICA
            if too_dear(supply, lines, product, site, fitting.values()):
                continue
            for start in lines.starts(product):
                groups, us = lines.groups(product, start, site), lines.fastest(product, start, site)
                places = [supply.sites[name] for name in (site, *start.sites)]
                if not groups or us is None or any(place.lat is None for place in places):
                    continue
                there, *begins = [Point(place.lat or Decimal(0), place.lon or Decimal(0)) for place in places]
                metres = [begin.metres_to(there) for begin in begins]
                delay = groups[0].terminal_us
                floors = [
                    (floor_us(each, medium) + delay + tail, name, each)
                    for each, tail, name in zip(metres, (0, start.lag_us), start.sites, strict=False)
                ]
                lower, _, length = max(floors)
                verdict = judge(upper_us=us + delay, lower_us=lower, below_us=below)
                mbps, unhurried = lines.demand.bandwidth_mbps, replace(lines.bounds(0), latency=None)
                route = lines.route(product, start, site, mbps, LATENCY, bounds=unhurried)
                assert route is not None
                tails = [start.ends[at].latency_us for at in route.begins]
                slower: tuple[str, ...] | None
                slower, tail = (
                    (route.spans, tails[0]) if not lines.pair else (route.protection_spans or (), tails[1])
                )
                if product[0] not in KNOWN:
                    slower, tail = None, start.ends[0].latency_us
                miss = NearMiss(
                    centre,
                    *product,
                    us + delay,
                    lower,
                    below,
                    int(length),
                    medium.value,
                    verdict,
                    slower,
                    tail,
                )
                ways.append(((verdict is Verdict.FAIL, us + delay), miss))
        if ways:
            found.append(min(ways, key=lambda way: way[0])[1])
    return sorted(found, key=lambda miss: (miss.upper_us, miss.centre))


def placed(rng: Random, supply: Supply) -> Supply:
    """The world with its sites on a map small enough that light itself is sometimes too slow, and sometimes not."""
    sites = [
        replace(
            row, lat=Decimal(rng.randint(0, 400)) / 10000 + 31, lon=Decimal(rng.randint(0, 400)) / 10000 + 120
        )
        if rng.random() < 0.9
        else row
        for row in supply.sites.values()
    ]
    return replace(supply, sites={row.site: row for row in sites})


def test_near_misses_are_what_each_line_says_by_itself() -> None:
    seen, several, bought, verdicts = 0, 0, 0, set()
    for seed in range(200):
        rng = Random(seed)
        supply = placed(rng, small_supply(rng))
        for _ in range(5):
            pair = rng.random() < 0.4
            wishes = several_ends(rng, supply) if pair or rng.random() < 0.7 else NO_WISHES
            demand = replace(
                small_demand(rng, supply),
                max_latency_us=rng.choice((5, 10, 15, 20, 60)),
                protection="one_plus_one" if pair else "none",
            )
            made = [lines_of(supply, demand, wishes) for _ in range(2)]
            found = near_misses(supply, made[0], fitting(supply, made[0]), BEYOND, KNOWN)
            assert found == plainly(supply, made[1]), seed
            seen, several = seen + len(found), several + (len(found) > 1)
            bought += bool(found) and demand.max_total_cny is not None
            verdicts |= {miss.verdict for miss in found}
    assert seen > 30
    assert several > 2
    assert bought > 2
    assert verdicts == {Verdict.FAIL, Verdict.INCONCLUSIVE}
