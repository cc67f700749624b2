"""What is said of a pair's line before it is worked out: never too much, and nothing that is not so."""

from dataclasses import replace
from decimal import Decimal
from random import Random

from scheduling.domain.engine.lines import LineChoice
from scheduling.domain.engine.prospects import Prospect, outlooks, prospect, worked_out
from scheduling.domain.engine.selection import lines_of
from scheduling.domain.engine.wishes import Weights
from scheduling.domain.routing.path_orders import LATENCY
from scheduling.domain.routing.paths import Bounds, Reach
from scheduling.domain.routing.protection import best_pair, pair_at_hand
from scheduling.domain.supply.supply import Site, Span, Supply
from tests.scheduling.ended import several_ends
from tests.scheduling.test_pairs import ids, network, pairs
from tests.scheduling.worlds import small_demand, small_supply


def test_what_is_known_of_a_line_holds_of_the_line() -> None:
    """Each step says no more than the line has, and a line that is told to be there is there."""
    told = stepped = nothing = weighed = 0
    for seed in range(120):
        rng = Random(seed)
        supply = small_supply(rng)
        demand = replace(small_demand(rng, supply), protection="one_plus_one")
        wishes = several_ends(rng, supply)
        if seed % 2:
            wishes = replace(wishes, weights=Weights(cny_per_ms=rng.choice((Decimal(1), Decimal(400)))))
        lines = lines_of(supply, demand, wishes)
        sites = sorted(supply.sites)
        for product in lines.products:
            for site, outlook in zip(sites, outlooks(lines, product, sites), strict=True):
                found, choice = outlook, lines.choose(product, site)
                if not isinstance(found, Prospect):
                    assert found is choice, seed
                    nothing += prospect(lines, product, site) is None
                    continue
                told += 1
                weighed += lines.us_price > 0
                assert worked_out(found) is choice, seed
                while isinstance(found, Prospect):
                    assert isinstance(choice, LineChoice), seed
                    assert found.cost <= choice.cost, seed
                    assert found.latency <= choice.latency, seed
                    further = found.work_out()
                    stepped += isinstance(further, Prospect) and further.cost > found.cost
                    found = further
                assert found is choice, seed
    assert told > 90
    assert weighed > 20
    assert stepped > 5
    assert nothing > 90


def test_a_pair_at_hand_is_a_pair() -> None:
    """It is one of all pairs, keeps the bounds, and is no faster than the fastest."""
    found = 0
    for seed in range(80):
        rng = Random(seed)
        supply = network(rng, even=seed % 3 == 0)
        net = supply.networks["L"]
        reach, target = Reach(net, net.site_index["s0"], 1), net.site_index["s8"]
        every = {frozenset(ids(pair)): pair for pair in pairs(supply, "s8")}
        bounds = Bounds(latency=rng.choice((None, None, 120)), jitter=rng.choice((None, 9)))
        route = pair_at_hand((reach,), target, LATENCY, bounds)
        if route is None:
            continue
        found += 1
        pair = every[frozenset((route.spans, route.protection_spans or ()))]
        assert route.latencies == (max(leg.latency for leg in pair), min(leg.latency for leg in pair)), seed
        assert bounds.jitter is None or route.jitter <= bounds.jitter, seed
        assert bounds.latency is None or route.latency <= bounds.latency, seed
        best = best_pair((reach,), target, LATENCY, bounds)
        assert best is not None, seed
        assert best.latency <= route.latency, seed
    assert found > 20


def test_a_fastest_path_that_bars_every_other_gives_up_a_part_of_itself() -> None:
    """s0 - s1 - s2 - s3 is the fastest; beside it there is none, but s0 - s1 - s3 and s0 - s2 - s3 share nothing."""
    ways = {"s0 s1": 1, "s1 s2": 1, "s2 s3": 1, "s1 s3": 9, "s0 s2": 9}
    sites = [Site(f"s{at}", None, None, None, "320500", None, 0) for at in range(4)]
    spans = [
        Span(
            span=name,
            line_provider="L",
            kind="fibre",
            a=name[:2],
            b=name[3:],
            km=Decimal(us),
            measured_us=us,
            capacity_mbps=1,
            reserved_mbps=0,
        )
        for name, us in ways.items()
    ]
    net = Supply.build(sites, spans, [], [], []).networks["L"]
    route = pair_at_hand((Reach(net, net.site_index["s0"], 1),), net.site_index["s3"], LATENCY, Bounds())
    assert route is not None
    assert {route.spans, route.protection_spans} == {("s0 s1", "s1 s3"), ("s0 s2", "s2 s3")}
