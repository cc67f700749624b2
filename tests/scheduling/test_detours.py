"""Two paths that share neither site nor span, worth the least together: against all pairs of all paths."""

from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest

from scheduling.domain.engine.files import parse_demand
from scheduling.domain.engine.selection import select
from scheduling.domain.routing.detours import parted
from scheduling.domain.routing.path_orders import KM, LATENCY, Order
from scheduling.domain.routing.paths import Path, Reach
from scheduling.domain.supply.supply import Centre, Offer, Site, Span, Supply, Tariff
from tests.scheduling.test_pairs import ids, network, pairs


def worth(order: Order, pair: tuple[Path, Path]) -> int:
    return sum(order.worth(path.metres, path.latency) for path in pair)


def test_two_paths_parted_are_worth_the_least_of_all_and_told_up_to_what_they_are_worth() -> None:
    found = nothing = dearer = 0
    for seed in range(150):
        drawn = network(Random(seed), even=seed % 3 == 0)
        supply = Supply.build(
            drawn.sites.values(), [replace(span, srlg=()) for span in drawn.spans.values()], [], [], []
        )
        net = supply.networks["L"]
        reach, target = Reach(net, net.site_index["s0"], 1), net.site_index["s8"]
        every = pairs(supply, "s8")
        for order in (KM, LATENCY, Order(metre=3, us=70)):
            pair = parted(reach, target, order)
            if not every:
                assert pair is None, seed
                nothing += 1
                continue
            assert pair is not None, seed
            found += 1
            assert {frozenset(ids(legs)) for legs in every} >= {
                frozenset(tuple(net.ids[span] for span in path.spans) for path in pair)
            }
            least = min(
                sum(order.worth(int(leg.way.km * 1000), leg.way.latency) for leg in legs) for legs in every
            )
            assert worth(order, pair) == least, seed
            assert parted(reach, target, order, most=least) is not None, seed
            assert parted(reach, target, order, most=least - 1) is None, seed
            first = reach.least(target, order)
            assert first is not None
            dearer += first not in pair
    assert (found > 200, nothing > 20, dearer > 10) == (True, True, True), (found, nothing, dearer)


def test_a_wary_second_way_keeps_off_the_risks_of_the_best_path() -> None:
    """Where it does not run against it, the two share no risk."""
    apart = together = 0
    for seed in range(150):
        supply = network(Random(seed), even=False)
        net = supply.networks["L"]
        reach, target = Reach(net, net.site_index["s0"], 1), net.site_index["s8"]
        first, pair = reach.least(target, LATENCY), parted(reach, target, LATENCY, wary=True)
        if first is None or pair is None or first not in pair:
            continue
        risks = [frozenset[str]().union(*(net.srlg[span] for span in path.spans)) for path in pair]
        assert not risks[0] & risks[1], seed
        apart += 1
        careless = parted(reach, target, LATENCY)
        together += careless is not None and worth(LATENCY, careless) < worth(LATENCY, pair)
    assert (apart > 30, together > 2) == (True, True), (apart, together)


@pytest.mark.parametrize("bound", ["max_jitter_us", "max_loss"])
def test_the_smallest_relaxation_of_a_pair_is_found_where_the_best_path_bars_every_other(bound: str) -> None:
    """s0 - s1 - s2 - s3 has the least of everything; of the two that share nothing each takes a part of it."""
    ways = {"s0 s1": 1, "s1 s2": 1, "s2 s3": 1, "s1 s3": 9, "s0 s2": 9}
    sites = [Site(f"s{at}", None, None, None, "320500", None, 0) for at in range(5)]
    spans = [
        Span(
            name, "L", "fibre", name[:2], name[3:], Decimal(us), us, 1, 0, us, Decimal(us).scaleb(-3)
        )
        for name, us in ways.items()
    ]  # fmt: skip
    least = {"max_jitter_us": 10, "max_loss": Decimal("0.009991")}
    supply = Supply.build(
        sites, spans, [Tariff("L", "otn", 1, "any", Decimal(0), Decimal(10))],
        [Centre("c", None, "s3", None, None, None, None)],
        [Offer("o", "c", "p", "general", None, None, None, None, 8, Decimal(8), None, None, None, Decimal(1), 1)],
    )  # fmt: skip
    asked = {
        "demand": "d", "from_site": "s0", "quantity": 1, "bandwidth_mbps": 1, "protection": "one_plus_one", bound: 0,
    }  # fmt: skip
    relaxed = {each.constraint: each.nearest for each in select(supply, parse_demand(asked)).relax or ()}
    assert relaxed.get(bound) == least[bound]
