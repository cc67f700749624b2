"""Paths by what their km and latency are worth together, and the bounds that steer a search for them, against all simple paths."""

import math
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from functools import partial
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain.engine.sums import best_sums
from scheduling.domain.engine.tariffs import Charge, ChargeGroup
from scheduling.domain.routing import distances
from scheduling.domain.routing.distances import Distances, log_weight, usable_spans
from scheduling.domain.routing.network import Network
from scheduling.domain.routing.path_orders import HOPS, JITTER, KM, LATENCY, LOSS, Order, key_of
from scheduling.domain.routing.paths import NOTHING, Bounds, Path, Reach, path_over
from scheduling.domain.rows import Tariff
from scheduling.domain.supply.supply import Span

ORDERS = (KM, LATENCY, Order(1, 4), Order(3, 1), Order(2, 7), Order(355_000, 35), Order(1, 10**7))


def mesh(rng: Random, *, even: bool) -> Network:
    """Seven sites, some spans parallel; how long one is says nothing of how slow it is, and where all are even many paths tie."""
    ends = [(at, rng.randrange(at)) for at in range(1, 7)] + [
        tuple(rng.sample(range(7), 2)) for _ in range(7)
    ]
    spans = [
        Span(
            f"x{rng.randrange(10)}{at:02}", "L", "fibre", f"s{a}", f"s{b}",
            Decimal(rng.randint(0, 2) if even else rng.randint(0, 30)) / 1000, rng.randint(0, 2 if even else 90), 9, 0,
            rng.randint(0, 3), Decimal(rng.choice((0, 0, 1, 50))) / 1000,
        )
        for at, (a, b) in enumerate(ends)
    ]  # fmt: skip
    return Network.build({f"s{at}": 0 if even else rng.choice((0, 20, 50)) for at in range(7)}, spans)


def paths(network: Network, source: int, target: int) -> list[Path]:
    """All simple ones."""

    def onward(site: int, seen: frozenset[int], spans: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if site == target:
            yield spans
            return
        for other, span in network.arcs[site]:
            if other not in seen:
                yield from onward(other, seen | {other}, (*spans, span))

    return [path_over(network, source, spans) for spans in onward(source, frozenset({source}), ())]


def sums(path: Path, order: Order) -> tuple[object, ...]:
    """How paths compare, from the page of the files, where a metre and a µs are worth so much."""
    worth = order.metre * path.metres + order.us * path.latency
    return worth, path.latency, path.hops, path.metres, path.spans


def some_bounds(rng: Random) -> Bounds:
    def bound(*values: int) -> int | None:
        return rng.choice((None, *values))

    return Bounds(
        latency=bound(3, 60, 150),
        jitter=bound(2, 5) if rng.random() < 0.5 else None,
        loss=rng.choice((None, None, None, Fraction(1, 20), Fraction(51, 1000))),
        hops=bound(2, 4) if rng.random() < 0.5 else None,
        metres=bound(3, 25, 50) if rng.random() < 0.4 else None,
    )


def test_the_path_found_is_the_first_of_all_by_the_worth_of_km_and_latency_within_bounds() -> None:
    found = 0
    for seed in range(150):
        rng = Random(seed)
        network, target = mesh(rng, even=seed % 3 == 0), rng.randrange(1, 7)
        every = paths(network, 0, target)
        for order in ORDERS:
            reach = Reach(network, 0, 1)
            for bounds in (Bounds(), *(some_bounds(rng) for _ in range(4))):
                best = min(filter(bounds.admit, every), key=lambda path: sums(path, order), default=None)
                assert reach.best(target, order, bounds) == best, (seed, order, bounds)
                assert reach.search(target, order, bounds, NOTHING) == best, (seed, order, bounds)
                read = best_sums(reach, target, order, bounds)
                assert (read is None) == (best is None), (seed, order, bounds)
                if best is not None and read is not None:
                    found += 1
                    assert read == (best.latency, read[1] and best.metres), (seed, order, bounds)
    assert found > 3000


def test_the_path_of_least_jitter_hops_or_loss_within_bounds_is_the_first_of_all() -> None:
    def log(network: Network, path: Path) -> int:
        return sum(log_weight(network.loss[span]) for span in path.spans)

    found = 0
    for seed in range(150):
        rng = Random(seed)
        network, target = mesh(rng, even=seed % 3 == 0), rng.randrange(1, 7)
        every, reach = paths(network, 0, target), Reach(network, 0, 1)
        for bounds in (Bounds(), *(some_bounds(rng) for _ in range(4))):
            fitting = [path for path in every if bounds.admit(path)]
            measures = (
                (JITTER, lambda path: path.jitter),
                (HOPS, lambda path: path.hops),
                (LOSS, partial(log, network)),
            )
            for order, measure in measures:
                best = min(fitting, key=lambda path: (measure(path), *sums(path, order)[1:]), default=None)
                assert reach.best(target, order, bounds) == best, (seed, order, bounds)
                found += best is not None
    assert found > 1000


@pytest.mark.parametrize("contracted", [False, True])
@pytest.mark.parametrize("order", [*ORDERS, JITTER, HOPS, LOSS, Order(2, 1, 30, 9), Order(us=5, log=1)])
def test_no_sum_that_steers_a_search_is_above_what_is_left_of_any_path(
    monkeypatch: pytest.MonkeyPatch, order: Order, *, contracted: bool
) -> None:
    if contracted:
        monkeypatch.setattr(distances, "_LARGE", 0)
        monkeypatch.setattr(distances, "_PLAIN", 0)
    for seed in range(25):
        network = mesh(Random(seed), even=seed % 5 == 0)
        source, target = 0, 6
        usable = usable_spans(network, 1)
        of = Distances(usable, source)
        ahead, back = of.ahead(order), of.back(order, target)
        least = dict.fromkeys(range(7), math.inf)
        for end in range(1, 7):
            for path in paths(network, source, end):
                least[end] = min(least[end], _sum(network, path.spans, order))
        assert [ahead[end] for end in range(1, 7)] == [least[end] for end in range(1, 7)], seed
        assert back[source] == least[target], seed
        assert (ahead[source], back[target]) == (0, 0)
        for path in paths(network, source, target):
            for done in range(1, path.hops):
                site = _end(network, source, path.spans[:done])
                left = _sum(network, path.spans, order) - _sum(network, path.spans[:done], order)
                assert back[site] <= left, (seed, path)


def _end(network: Network, source: int, spans: tuple[int, ...]) -> int:
    site = source
    for span in spans:
        site = sum(network.ends[span]) - site
    return site


def _sum(network: Network, spans: tuple[int, ...], order: Order) -> int:
    """Of a path from the first site on, or of a part from its beginning on, without the pass through its end."""
    path = path_over(network, 0, spans)
    logs = sum(log_weight(network.loss[span]) for span in spans)
    beside = order.jitter * path.jitter + order.hop * path.hops + order.log * logs
    return order.worth(path.metres, path.latency) + beside


def test_a_worth_that_no_double_holds_is_compared_exactly() -> None:
    big = 10**12 - 1
    for metres, us in ((big - 1, big), (big, big - 1)):
        spans = [
            Span(f"{lane}{at}", "L", "fibre", f"{lane}{at}" if at else "s", f"{lane}{at + 1}" if at < 9 else "t",
                 Decimal(metres if (lane, at) == ("b", 0) else big) / 1000, us if (lane, at) == ("b", 0) else big, 1, 0)
            for lane in "ab" for at in range(10)
        ]  # fmt: skip
        network = Network.build({end: 0 for row in spans for end in (row.a, row.b)}, spans)
        reach, target = Reach(network, network.site_index["s"], 1), network.site_index["t"]
        weighed = Order.of(10**6 + 1, 10**6)
        assert not reach.distances.exact(weighed)
        path = reach.best(target, weighed, Bounds())
        assert path is not None
        assert network.ids[path.spans[0]] == "b0"
        assert best_sums(reach, target, weighed, Bounds(latency=11 * big)) == (path.latency, path.metres)


def test_an_order_is_the_same_in_any_unit_and_its_keys_compare_as_its_sums() -> None:
    assert Order.of(6 * 10**20, 10**19) == Order(60, 1)
    assert (Order.of(12, 0), Order.of(0, 12)) == (KM, LATENCY)
    rng = Random(0)
    most = 10**19
    rows = [tuple(rng.choice((0, 1, most - 1, rng.randrange(most))) for _ in range(4)) for _ in range(300)]
    assert sorted(rows, key=lambda row: key_of(*row)) == sorted(rows)


@given(st.lists(st.tuples(*[st.integers(0, 4)] * 3), min_size=1, max_size=9))
def test_at_every_length_the_least_charge_is_one_of_the_decisive(drawn: list[tuple[int, int, int]]) -> None:
    charges = tuple(
        Charge(
            Tariff("L", "otn", 10 - step, "any", Decimal(0), Decimal(0)), "term", fixed, slope, 1, Decimal(1)
        )
        for fixed, slope, step in drawn
    )
    group = ChargeGroup(0, 1, charges)
    decisive = [alone.charges[0] for alone in group.each_decisive]
    for metres in range(12):
        least = group.least(metres)
        assert any(
            (each.cost(metres), each.preference) == (least.cost(metres), least.preference)
            for each in decisive
        )
