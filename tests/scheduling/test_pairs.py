"""1+1 pairs on networks with room to go wrong: every order and bound against all pairs of all paths."""

from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest

from scheduling.domain.demand import Demand
from scheduling.domain.paths import Bounds, Order, Reach
from scheduling.domain.protection import best_route
from scheduling.domain.supply import Site, Span, Supply
from tests.scheduling.oracle import Oracle
from tests.scheduling.oracle_worth import Way

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


def key(order: Order, pair: tuple[Way, ...]) -> Key:
    """How pairs compare, from the page of the files."""
    km = sum((way.km for way in pair), Fraction(0))
    latencies = (max(way.latency for way in pair), min(way.latency for way in pair))
    hops = sum(len(way.ids) for way in pair)
    sums = (km, *latencies, hops) if order is Order.KM else (*latencies, hops, km)
    return sums, tuple(way.ids for way in pair)


@pytest.mark.parametrize("seed", range(60))
def test_the_pair_found_is_the_first_of_all_pairs(seed: int) -> None:
    rng = Random(seed)
    supply = network(rng, even=seed % 3 == 0)
    net = supply.networks["L"]
    reach = Reach(net, net.site_index["s0"], 1)
    every = Oracle(supply).routes(ASK, "L", "s8", 0, ASK.bandwidth_mbps)
    for order in Order:
        for metres in (None, *(rng.randint(5, 70) * 1000 for _ in range(4))):
            jitter = rng.choice((None, 6, 9))
            fitting = [
                pair
                for pair in every
                if (jitter is None or all(way.jitter <= jitter for way in pair))
                and (metres is None or sum(way.km for way in pair) * 1000 <= metres)
            ]
            best = min(fitting, key=lambda pair: key(order, pair), default=None)
            bounds = Bounds(jitter=jitter, metres=metres)
            found = best_route(reach, net.site_index["s8"], order, bounds, pair=True)
            assert (None if found is None else (found.spans, found.protection_spans)) == (
                None if best is None else (best[0].ids, best[1].ids)
            )


@pytest.mark.parametrize("seed", [5031, 5106, 5736])
def test_pairs_of_equal_sums_are_settled_by_their_ids(seed: int) -> None:
    """In these worlds the search meets an equal pair of larger ids first."""
    supply = network(Random(seed), even=True)
    net = supply.networks["L"]
    reach = Reach(net, net.site_index["s0"], 1)
    every = Oracle(supply).routes(ASK, "L", "s7", 0, ASK.bandwidth_mbps)
    for order in Order:
        found = best_route(reach, net.site_index["s7"], order, Bounds(), pair=True)
        best = min(every, key=lambda pair: key(order, pair))
        assert found is not None
        assert (found.spans, found.protection_spans) == (best[0].ids, best[1].ids)
