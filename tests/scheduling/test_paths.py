"""Paths and pairs on networks drawn by hand, and against networkx on a real topology."""

import json
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from math import prod
from pathlib import Path as File
from random import Random

import networkx as nx
import pytest

from scheduling.domain.routing.distances import log_weight
from scheduling.domain.routing.effort import MOST_EFFORT, Effort, TooHardError
from scheduling.domain.routing.network import LOSS_SCALE, Network, fibre_latency
from scheduling.domain.routing.path_orders import KM, LATENCY, Order
from scheduling.domain.routing.paths import Bounds, Reach, lasts
from scheduling.domain.routing.protection import Route, best_route
from scheduling.domain.supply.supply import Span

TOPOLOGY = File(__file__).parents[3] / "shared/data/topologies/topohub/sndlib_germany50.json"


def span(
    name: str, a: str, b: str, km: str = "10", us: int | None = None, *, srlg: str = "", jitter: int = 0
) -> Span:
    risks = tuple(srlg.split()) if srlg else ()
    return Span(name, "L", "fibre", a, b, Decimal(km), us, 1000, 0, jitter, Decimal("0.1"), risks)


def route(
    spans: list[Span],
    order: Order = LATENCY,
    bounds: Bounds | None = None,
    *,
    pair: bool = False,
    hops: Mapping[str, int] | None = None,
) -> Route | None:
    """The best route from s to t."""
    sites = {end: 0 for row in spans for end in (row.a, row.b)} | dict(hops or {})
    network = Network.build(sites, spans)
    reach = Reach(network, network.site_index["s"], 1)
    return best_route(reach, network.site_index["t"], order, bounds or Bounds(), pair=pair)


def spans_of(found: Route | None) -> tuple[tuple[str, ...], tuple[str, ...] | None] | None:
    return None if found is None else (found.spans, found.protection_spans)


def test_light_takes_4_9_microseconds_a_kilometre_rounded_up() -> None:
    assert [fibre_latency(metres) for metres in (0, 1, 10_000, 143_200)] == [0, 1, 49, 702]


def test_only_sites_between_the_ends_delay() -> None:
    found = route([span("1", "s", "m"), span("2", "m", "t")], hops={"s": 1000, "m": 7, "t": 1000})
    assert found is not None
    assert (found.latency, found.hops, found.metres, found.loss) == (
        49 + 7 + 49,
        2,
        20_000,
        Fraction(19, 100),
    )


def test_ties_go_to_fewer_hops_then_less_km_then_smaller_ids() -> None:
    direct, first, second = span("9", "s", "t", us=10), span("1", "s", "m", us=10), span("2", "m", "t", us=0)
    assert spans_of(route([first, second, direct])) == (("9",), None)
    nearer = span("99", "s", "t", km="9", us=10)
    assert spans_of(route([direct, nearer])) == (("99",), None)
    assert spans_of(route([direct, span("10", "s", "t", us=10)])) == (("10",), None)


def test_km_or_latency_leads_as_the_order_asks() -> None:
    short_slow, long_fast = span("1", "s", "t", km="10", us=90), span("2", "s", "t", km="20", us=50)
    assert spans_of(route([short_slow, long_fast], KM)) == (("1",), None)
    assert spans_of(route([short_slow, long_fast], LATENCY)) == (("2",), None)


def test_a_bound_turns_the_search_to_a_path_that_no_single_metric_prefers() -> None:
    ways = [
        *(span("a1", "s", "a", us=5, jitter=9), span("a2", "a", "t", us=5)),
        *(span("b1", "s", "b", us=9, jitter=0), span("b2", "b", "c", us=9), span("b3", "c", "t", us=9)),
        *(span("c1", "s", "d", us=8, jitter=4), span("c2", "d", "t", us=8)),
    ]
    assert spans_of(route(ways, bounds=Bounds(jitter=5, hops=2))) == (("c1", "c2"), None)
    assert spans_of(route(ways, bounds=Bounds(jitter=3))) == (("b1", "b2", "b3"), None)
    assert route(ways, bounds=Bounds(jitter=3, hops=2)) is None


def test_a_slower_beginning_is_kept_where_only_it_can_keep_two_bounds_at_once() -> None:
    ways = [
        *(span("1", "s", "m", us=5, jitter=2), span("2", "s", "m", us=6)),
        *(span("3", "m", "t", us=5, jitter=3), span("4", "m", "n", us=5), span("5", "n", "t", us=5)),
    ]
    assert spans_of(route(ways, bounds=Bounds(jitter=3, hops=2))) == (("2", "3"), None)


def ladder(stages: int) -> Reach:
    """Two spans a stage, one shorter and one steadier, so that no beginning is worse than another: 2^stages paths count."""
    sites = [f"s{at:02}" for at in range(stages + 1)]
    spans = [
        span(f"{stage:02}{which}", sites[stage], sites[stage + 1], km, 1, jitter=jitter)
        for stage in range(stages)
        for which, km, jitter in (("a", f"{1 + 2**stage / 1000:.3f}", 0), ("b", "1", 2**stage))
    ]
    return Reach(Network.build(dict.fromkeys(sites, 0), spans), 0, 1, Effort("evil", MOST_EFFORT // 100))


def test_a_network_that_is_drawn_to_be_hard_ends_the_search_and_the_same_search_costs_the_same() -> None:
    spent = set()
    for _ in range(2):
        reach = ladder(14)
        with pytest.raises(TooHardError, match="the network of evil is too hard") as found:
            reach.best(14, KM, Bounds(jitter=2**13 + 5))
        spent.add(reach.effort.left)
        assert found.value.field == "line.providers"
        assert reach.best(14, KM, Bounds()) is not None, "what needs no search is found"
    assert len(spent) == 1
    easy = ladder(6)
    assert easy.best(6, KM, Bounds(jitter=37)) is not None
    assert 0 < easy.effort.left < MOST_EFFORT // 100


def test_a_zero_length_circle_is_never_walked() -> None:
    circle = [span("1", "s", "m", km="0"), span("2", "m", "n", km="0"), span("3", "n", "s", km="0")]
    assert spans_of(route([*circle, span("4", "n", "t", km="1")], KM)) == (("3", "4"), None)


def test_a_pair_leaves_the_shortest_path_where_it_blocks_every_partner() -> None:
    trap = [
        *(span("1", "s", "a", "1"), span("2", "a", "b", "1"), span("3", "b", "t", "1")),
        *(span("4", "s", "b", "3"), span("5", "a", "t", "3")),
    ]
    assert spans_of(route(trap, KM, pair=True)) == (("1", "5"), ("4", "3"))


def test_paths_of_a_pair_share_no_risk_and_no_site() -> None:
    duct = [span("1", "s", "t", srlg="duct"), span("2", "s", "t", srlg="duct trench")]
    assert route(duct, pair=True) is None
    assert spans_of(route([*duct, span("3", "s", "t", km="50")], pair=True)) == (("1",), ("3",))
    crossing = [span("1", "s", "m"), span("2", "s", "m"), span("3", "m", "t"), span("4", "m", "t")]
    assert route(crossing, pair=True) is None


def test_one_path_of_a_pair_may_meet_the_same_risk_twice() -> None:
    twice = [span("1", "s", "m", srlg="duct"), span("2", "m", "t", srlg="duct"), span("3", "s", "t", km="90")]
    assert spans_of(route(twice, pair=True)) == (("1", "2"), ("3",))


def test_the_length_bound_of_a_pair_holds_for_both_together() -> None:
    ways = [span("1", "s", "t", "10", 1), span("2", "s", "t", "10", 2), span("3", "s", "t", "2", 3)]
    assert spans_of(route(ways, bounds=Bounds(metres=20_000), pair=True)) == (("1",), ("2",))
    assert spans_of(route(ways, bounds=Bounds(metres=19_999), pair=True)) == (("1",), ("3",))
    assert route(ways, bounds=Bounds(metres=11_999), pair=True) is None


def test_sums_too_large_for_a_double_stay_exact() -> None:
    big = 10**12 - 1
    ways = [span(f"{lane}{i}", f"{lane}{i}" if i else "s", f"{lane}{i + 1}" if i < 40 else "t", us=big) for lane in "ab" for i in range(41)]  # fmt: skip
    ways[0] = span("a0", "s", "a1", us=big - 1)
    found = route(ways)
    assert found is not None
    assert (found.latency, found.spans[0]) == (41 * big - 1, "a0")


@pytest.mark.skipif(not TOPOLOGY.exists(), reason="the shared topologies are absent")
def test_least_km_on_germany50_is_what_networkx_finds() -> None:
    drawn = json.loads(TOPOLOGY.read_text())
    links = drawn.get("links") or drawn["edges"]
    spans = [
        span(f"{i:03}", str(link["source"]), str(link["target"]), f"{link['dist']:.3f}")
        for i, link in enumerate(links)
    ]
    sites = {end: 50 for row in spans for end in (row.a, row.b)}
    network = Network.build(sites, spans)
    graph = nx.Graph()
    for row in spans:
        graph.add_edge(row.a, row.b, weight=int(row.km * 1000))
    for source in list(sites)[:5]:
        reach = Reach(network, network.site_index[source], 1)
        least = nx.single_source_dijkstra_path_length(graph, source)
        for target in set(sites) - {source}:
            found = best_route(reach, network.site_index[target], KM, Bounds(), pair=False)
            assert found is not None
            assert found.metres == least[target]


def test_what_survives_is_compared_exactly_however_near_it_is() -> None:
    rng, even = Random(0), 0
    for _ in range(2000):
        most = rng.choice((2, 900, 10**6, 10**9))
        one = [rng.randrange(1, most) for _ in range(rng.randint(2, 6))]
        other = rng.choice(
            (
                sorted(one),
                [*one, 0],
                [*one[1:], 1],
                [one[0] + 1, one[1] - 1, *one[2:]],
                [rng.randrange(most) for _ in one],
            )
        )
        labels = [
            (
                0,
                tuple(losses),
                0,
                0,
                0,
                0,
                sum(map(log_weight, losses)),
                prod(LOSS_SCALE - each for each in losses),
            )
            for losses in (one, other)
        ]
        shares = [
            prod((1 - Fraction(each, LOSS_SCALE) for each in losses), start=Fraction(1))
            for losses in (one, other)
        ]
        assert lasts(*labels) == (shares[0] >= shares[1]), (one, other)
        even += one != other and shares[0] == shares[1]
    assert even > 100
