"""Sums on a contracted network are those of a plain search, for every metric and from every site."""

from collections import Counter
from dataclasses import replace
from random import Random

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain.routing import distances
from scheduling.domain.routing.contraction import Contracted, Contraction
from scheduling.domain.routing.distances import Usable, usable_spans
from scheduling.domain.routing.path_orders import HOPS, JITTER, KM, LATENCY, LOSS, Order
from tests.scheduling import ended
from tests.scheduling.test_first import random_fibre
from tests.scheduling.worlds import small_supply

Arc = tuple[int, int, int]


def drawn(size: int, joined: list[Arc], most: float, source: int) -> list[float]:
    """networkx's answer: what it is to each site, infinity where it is above `most`."""
    graph = nx.DiGraph()
    graph.add_nodes_from(range(size))
    for left, entered, weight in joined:
        if weight < graph.get_edge_data(left, entered, {"weight": np.inf})["weight"]:
            graph.add_edge(left, entered, weight=weight)
    found = nx.single_source_dijkstra_path_length(graph, source, cutoff=most)
    return [found.get(site, np.inf) for site in range(size)]


@given(st.integers(1, 24), st.data())
def test_sums_on_a_contracted_network_are_the_least(size: int, data: st.DataObject) -> None:
    site, weight = st.integers(0, size - 1), st.integers(0, 9)
    spans = data.draw(st.lists(st.tuples(site, site, weight, weight), max_size=60), label="spans")
    joined = [arc for a, b, to, back in spans if a != b for arc in ((a, b, to), (b, a, back))]
    most = data.draw(st.one_of(st.just(np.inf), st.integers(0, 30)), label="most")
    left, entered, weights = np.array(joined, dtype=np.int64).reshape(-1, 3).T
    shape = Contraction(size, np.unique(left * size + entered))
    laid = Contracted(shape, left, entered, weights.astype(np.float64))
    for source in range(size):
        assert laid.least(source, most).tolist() == drawn(size, joined, most, source)


def test_a_network_without_a_core_one_of_core_alone_and_one_between() -> None:
    def core(*pairs: tuple[int, int]) -> int:
        size = 1 + max(max(pair) for pair in pairs)
        return Contraction(
            size,
            np.array(sorted({a * size + b for one, other in pairs for a, b in ((one, other), (other, one))})),
        ).core

    assert core(*((site, site + 1) for site in range(40))) == 0
    everybody = [(one, other) for one in range(9) for other in range(one)]
    assert core(*everybody) == 9
    assert core(*everybody, (8, 9), (9, 10), (10, 0)) == 9


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("order", [KM, LATENCY, Order(7, 310), Order(10**9, 1), JITTER, HOPS, LOSS])
def test_who_asks_again_is_told_the_same_from_a_contraction(
    monkeypatch: pytest.MonkeyPatch, order: Order, *, back: bool
) -> None:
    monkeypatch.setattr(distances, "_LARGE", 0)
    for seed in range(12):
        network = random_fibre(Random(seed))
        for site in range(len(network.hop)):
            usable = Usable(network, network.free >= 1)
            plain, again = (usable.sums(order, site, 20_000, back=back) for _ in range(2))
            assert plain is not None
            assert again is not None
            assert again.tolist() == plain.tolist(), (seed, site)


def test_answers_from_contracted_networks_are_those_of_brute_force(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distances, "_LARGE", 0)
    monkeypatch.setattr(distances, "_PLAIN", 0)
    for seed in range(150):
        assert ended.disagreement(Random(seed), Counter()) is None, seed


def test_what_is_worked_out_outlives_what_only_makes_more_or_less_free() -> None:
    supply = small_supply(Random(3))
    network, span = next((supply.networks[each.line_provider], each) for each in supply.spans.values())
    reserved = network.changed({}, [replace(span, reserved_mbps=span.reserved_mbps + 1)])
    assert reserved is not None
    assert reserved.derived is reserved.having({span.span: 0}).derived is network.derived
    assert reserved.free.tolist() != network.free.tolist()
    known = usable_spans(network, 1)
    assert usable_spans(network.having({span.span: 10**6}), 2) is known
    assert usable_spans(network.having({span.span: 0}), 1).arcs(0) != known.arcs(0)
    for other in (replace(span, km=span.km + 1), replace(span, jitter_us=span.jitter_us + 1)):
        moved = network.changed({}, [other])
        assert moved is not None
        assert moved.derived is not network.derived
    slower = network.changed({span.a: 99}, [])
    assert slower is not None
    assert slower.derived is not network.derived
