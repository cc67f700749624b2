"""1+1 pairs on networks with room to go wrong: every order and bound against all pairs of all paths."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest

from scheduling.domain.demand import Demand
from scheduling.domain.engine.wishes import End
from scheduling.domain.routing.path_orders import KM, LATENCY, Order
from scheduling.domain.routing.paths import Bounds, Reach
from scheduling.domain.routing.protection import best_pair, best_route
from scheduling.domain.supply.supply import Site, Span, Supply
from tests.scheduling.oracle import Oracle
from tests.scheduling.oracle_worth import Leg

ASK = Demand("d", "s0", 1, 1, protection="one_plus_one")
Key = tuple[tuple[Fraction | int, ...], tuple[tuple[str, ...], ...]]


def network(rng: Random, *, even: bool) -> Supply:
    """Nine sites in a random mesh, a third of the spans sharing ducts; all spans alike where it is even."""
    sites = [
        Site(f"s{i}", None, None, None, "320500", None, 0 if even else rng.choice((0, 50))) for i in range(9)
    ]
    ends = [(i, rng.randrange(i)) for i in range(1, 9)] + [tuple(rng.sample(range(9), 2)) for _ in range(8)]
    spans = [
        Span(
            span=f"x{i:02}",
            line_provider="L",
            kind="fibre",
            a=f"s{a}",
            b=f"s{b}",
            km=Decimal(1 if even else rng.randint(1, 12)),
            measured_us=5 if even else rng.choice((None, rng.randint(1, 90))),
            capacity_mbps=1,
            reserved_mbps=0,
            jitter_us=rng.randint(0, 3),
            srlg=(f"duct-{rng.randrange(5)}",) if rng.random() < 0.3 else (),
        )
        for i, (a, b) in enumerate(ends)
    ]
    return Supply.build(sites, spans, [], [], [])


def pairs(
    supply: Supply, target: str, demand: Demand = ASK, other: End | None = None
) -> list[tuple[Leg, ...]]:
    """All pairs of all paths from s0, or of one from there and one from the other A end."""
    start = (End("L", 0), other) if other else (End("L", 0),)
    return Oracle(supply).routes(demand, start, target, 0, demand.bandwidth_mbps)


def key(order: Order, pair: tuple[Leg, ...]) -> Key:
    """How pairs compare, from the page of the files."""
    km = sum((leg.way.km for leg in pair), Fraction(0))
    latencies = (max(leg.latency for leg in pair), min(leg.latency for leg in pair))
    hops = sum(len(leg.way.ids) for leg in pair)
    sums = (km, *latencies, hops) if order == KM else (*latencies, hops, km)
    return sums, ids(pair)


def ids(pair: tuple[Leg, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(leg.way.ids for leg in pair)


@pytest.mark.parametrize("seed", range(60))
def test_the_pair_found_is_the_first_of_all_pairs(seed: int) -> None:
    rng = Random(seed)
    supply = network(rng, even=seed % 3 == 0)
    net = supply.networks["L"]
    reach = Reach(net, net.site_index["s0"], 1)
    every = pairs(supply, "s8")
    for order in (KM, LATENCY):
        for metres in (None, *(rng.randint(5, 70) * 1000 for _ in range(4))):
            jitter = rng.choice((None, 6, 9))
            fitting = [
                pair
                for pair in every
                if (jitter is None or all(leg.way.jitter <= jitter for leg in pair))
                and (metres is None or sum(leg.way.km for leg in pair) * 1000 <= metres)
            ]
            best = min(fitting, key=lambda pair: key(order, pair), default=None)
            bounds = Bounds(jitter=jitter, metres=metres)
            found = best_route(reach, net.site_index["s8"], order, bounds, pair=True)
            assert (None if found is None else (found.spans, found.protection_spans)) == (
                None if best is None else ids(best)
            )


def test_the_pair_from_two_sources_is_the_first_of_all_pairs() -> None:
    """The farther source may be the target itself; where it is not, no path runs through the other's source."""
    found = 0
    for seed in range(160):
        rng = Random(seed)
        supply = network(rng, even=seed % 3 == 0)
        net, target = supply.networks["L"], rng.choice(("s7", "s8"))
        lag, order = rng.choice((0, 3, 40, 70)), rng.choice((KM, LATENCY))
        most, metres = rng.choice((None, 20, 60, 150)), rng.choice((None, 9_000, 25_000))
        demand = replace(ASK, max_latency_us=None if most is None else most + 1)
        other = End("L", 0, latency_us=lag, site=rng.choice((target, target, "s4", "s5", "s6")))
        fitting = [
            pair
            for pair in pairs(supply, target, demand, other)
            if metres is None or sum(leg.way.km for leg in pair) * 1000 <= metres
        ]
        reaches = tuple(Reach(net, net.site_index[site], 1) for site in ("s0", str(other.site)))
        bounds = Bounds(latency=most, metres=metres)
        route = best_pair(reaches, net.site_index[target], order, bounds, lag)
        best = min(fitting, key=lambda pair: key(order, pair), default=None)
        assert (route is None) == (best is None), seed
        if route is not None and best is not None:
            found += 1
            assert (route.spans, route.protection_spans) == ids(best), seed
            assert [("s0", other.site)[at] for at in route.begins] == [leg.end.site or "s0" for leg in best]
            assert route.latencies == (best[1].latency, best[0].latency)
    assert found > 30


def test_a_pair_just_as_slow_as_the_bound_allows_is_found_and_none_within_less() -> None:
    found = 0
    for seed in range(60):
        supply = network(Random(seed), even=seed % 2 == 0)
        net = supply.networks["L"]
        reach, target = Reach(net, net.site_index["s0"], 1), net.site_index["s8"]
        best = min(pairs(supply, "s8"), key=lambda pair: key(LATENCY, pair), default=None)
        if best is None:
            continue
        slowest = max(leg.latency for leg in best)
        route = best_route(reach, target, LATENCY, Bounds(latency=slowest), pair=True)
        assert route is not None, seed
        assert (route.spans, route.protection_spans) == ids(best), seed
        assert best_route(reach, target, LATENCY, Bounds(latency=slowest - 1), pair=True) is None, seed
        found += len({leg.latency for leg in best}) == 1
    assert found > 5


@pytest.mark.parametrize("seed", [5031, 5106, 5736])
def test_pairs_of_equal_sums_are_settled_by_their_ids(seed: int) -> None:
    """In these worlds the search meets an equal pair of larger ids first."""
    supply = network(Random(seed), even=True)
    net = supply.networks["L"]
    reach = Reach(net, net.site_index["s0"], 1)
    every = pairs(supply, "s7")
    for order in (KM, LATENCY):
        found = best_route(reach, net.site_index["s7"], order, Bounds(), pair=True)
        best = min(every, key=lambda pair: key(order, pair))
        assert found is not None
        assert (found.spans, found.protection_spans) == ids(best)


def test_where_one_source_reaches_nothing_there_is_no_pair_whatever_the_km_may_be() -> None:
    sites = [Site(f"s{i}", None, None, None, "320500", None, 0) for i in range(4)]
    spans = [Span(f"x{a}", "L", "fibre", f"s{a}", f"s{a + 1}", Decimal(1), None, 1, 0) for a in (0, 2)]
    net = Supply.build(sites, spans, [], [], []).networks["L"]
    reaches = tuple(Reach(net, net.site_index[site], 1) for site in ("s0", "s2"))
    for pair in (reaches, reaches[::-1], reaches[1:]):
        assert best_pair(pair, net.site_index["s1"], KM, Bounds(metres=9000)) is None


def test_that_no_pair_reaches_a_spur_is_known_without_a_search() -> None:
    # A grid of 900 sites, and two more in a row behind its last one.
    rng, wide = Random(0), 30
    ends = [(at, at + 1) for at in range(wide**2) if (at + 1) % wide]
    ends += [(at, at + wide) for at in range(wide**2 - wide)] + [
        (wide**2 - 1, wide**2),
        (wide**2, wide**2 + 1),
    ]
    sites = [Site(f"s{i}", None, None, None, "320500", None) for i in range(wide**2 + 2)]
    spans = [
        Span(f"x{i:04}", "L", "fibre", f"s{a}", f"s{b}", Decimal(1), rng.randint(50, 90), 1, 0)
        for i, (a, b) in enumerate(ends)
    ]
    net = Supply.build(sites, spans, [], [], []).networks["L"]
    reach, looked = Reach(net, net.site_index["s0"], 1), list[int]()
    arcs = reach.arcs

    def looking(site: int) -> list[tuple[int, int]]:
        looked.append(site)
        return arcs(site)

    reach.arcs = looking
    target = net.site_index[f"s{wide**2 + 1}"]
    assert best_route(reach, target, LATENCY, Bounds(), pair=True) is None
    assert not looked, "a search sees all 900 sites, for each of what the two paths share"


@pytest.mark.parametrize("seed", range(40))
def test_two_paths_join_the_sites_of_one_block_and_no_others(seed: int) -> None:
    rng = Random(seed)
    sites = [Site(f"s{i}", None, None, None, "320500", None) for i in range(7)]
    ends = [sorted(rng.sample(range(7), 2)) for _ in range(rng.randint(5, 9))]
    spans = [
        Span(f"x{i}", "L", "fibre", f"s{a}", f"s{b}", Decimal(1), 5, 1, 0) for i, (a, b) in enumerate(ends)
    ]
    supply = Supply.build(sites, spans, [], [], [])
    net = supply.networks["L"]
    if "s0" in net.site_index:
        reach = Reach(net, net.site_index["s0"], 1)
        others = net.site_index.keys() - {"s0"}
        joined = {site: reach.distances.twice(net.site_index[site]) for site in others}
        assert joined == {site: bool(pairs(supply, site)) for site in others}
