"""One-to-all least delay against rustworkx, and the exact constrained path against one plain Dijkstra."""

import heapq
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf
from pathlib import Path
from random import Random
from typing import Any

import scipy

from scheduling.domain.routing.distances import Distances, usable_spans
from scheduling.domain.routing.network import Network
from scheduling.domain.routing.path_orders import KM, LATENCY
from scheduling.domain.routing.paths import Bounds, Reach
from tests.bench.contest.plain import PlainOracle
from tests.bench.contest.rounds import Row, Times, compete, equal
from tests.bench.contest.world import CARRIERS, World, make_world
from tests.bench.peers.place import Peer

BANDWIDTH = 100
SLACKS = (1.05, 1.25, 1.6)
"""How far above the least latency the bound of a constrained path lies."""


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    nodes: int
    sources: int
    paths: int
    rounds: int


def graphs(size: Size, folder: Path, dice: Random) -> Iterator[Row]:
    """Both rows on the network of one carrier."""
    world = make_world(offers=1, centres=1, sites=size.nodes)
    network = world.supply().networks[CARRIERS[0]]
    yield _least_delay(network, size, folder, dice)
    yield from _constrained(world, network, size, dice)


def _least_delay(network: Network, size: Size, folder: Path, dice: Random) -> Row:
    nodes, usable = len(network.hop), usable_spans(network, BANDWIDTH)
    arcs = [
        (site, other, network.latency[span] + network.hop[site])
        for site in range(nodes)
        for other, span in usable.arcs(site)
    ]
    path = folder / "graph.json"
    path.write_text(json.dumps({"nodes": nodes, "arcs": arcs}), encoding="utf-8")
    onward: dict[int, list[tuple[int, int]]] = {site: [] for site in range(nodes)}
    for site, other, weight in arcs:
        onward[site].append((other, weight))
    exact: dict[int, list[float]] = {}
    begin = time.perf_counter()
    for _ in range(2):  # who asks again is answered on the contracted network
        usable.sums(LATENCY, 0)
    prepared = time.perf_counter() - begin

    def ours(source: int) -> tuple[float, list[float]]:
        begin = time.perf_counter()
        found = Distances(usable, source).least(LATENCY)
        return time.perf_counter() - begin, found.tolist()

    def agree(source: int, mine: list[float], theirs: list[float | None]) -> None:
        if source not in exact:
            exact[source] = _dijkstra(onward, nodes, source)
        pause = network.hop[
            source
        ]  # the peer charges the pass through the source, which a path does not have
        least = [0.0 if at == source else sums - pause for at, sums in enumerate(exact[source])]
        equal(mine, least, f"least delays from {source}")
        peers = [inf if sums is None else sums for sums in theirs]
        equal(peers, exact[source], f"the peer's least delays from {source}")

    with Peer("rustworkx_delays.py", path) as peer:
        sources = dice.sample(range(nodes), size.sources)
        mine, theirs = compete(sources, ours, peer.ask, agree, rounds=size.rounds, dice=dice)
    return Row(
        "graphs", f"least delay from one site to all, {nodes:,} sites, {len(arcs):,} arcs", "distances only", mine,
        theirs, "rustworkx dijkstra_shortest_path_lengths", {0.5: 2},
        note=f"our network was contracted once, before, in {prepared * 1000:.3g} ms",
    )  # fmt: skip


def _dijkstra(onward: Mapping[int, list[tuple[int, int]]], nodes: int, source: int) -> list[float]:
    """Plain Dijkstra: the least sum to each node."""
    least = [inf] * nodes
    least[source] = 0
    queue: list[tuple[float, int]] = [(0, source)]
    while queue:
        length, site = heapq.heappop(queue)
        if length > least[site]:
            continue
        for other, weight in onward[site]:
            if length + weight < least[other]:
                least[other] = length + weight
                heapq.heappush(queue, (length + weight, other))
    return least


def _constrained(world: World, network: Network, size: Size, dice: Random) -> Iterator[Row]:
    """The path of least km under a latency bound, from nothing known but the network, against one run of Dijkstra."""
    supply, names = world.supply(), list(network.site_index)
    usable, nodes = usable_spans(network, BANDWIDTH), len(network.hop)
    onward = {
        site: [(other, network.latency[span] + network.hop[site]) for other, span in usable.arcs(site)]
        for site in range(nodes)
    }
    questions: list[tuple[int, int, int]] = []
    while len(questions) < size.paths:
        source, target = dice.sample(range(nodes), 2)
        least = Distances(usable, source).ahead(LATENCY)[target]
        if least < inf:
            questions.append((source, target, int(least * SLACKS[len(questions) % len(SLACKS)])))
    exact: dict[tuple[int, int, int], list[str]] = {}

    def ours(question: tuple[int, int, int]) -> tuple[float, Any]:
        source, target, most = question
        begin = time.perf_counter()
        path = Reach(network, source, BANDWIDTH).best(target, KM, Bounds(latency=most))
        seconds = time.perf_counter() - begin
        return seconds, [network.ids[span] for span in path.spans] if path else None

    def dijkstra(question: tuple[int, int, int]) -> tuple[float, Any]:
        begin = time.perf_counter()
        found = _dijkstra(onward, nodes, question[0])
        return time.perf_counter() - begin, found

    laid = usable.laid(LATENCY)
    assert laid is not None
    matrix = laid.matrix

    def compiled_run(source: int) -> float:
        begin = time.perf_counter()
        scipy.sparse.csgraph.dijkstra(matrix, indices=[source])
        return time.perf_counter() - begin

    def agree(question: tuple[int, int, int], mine: Any, _: Any) -> None:
        source, target, most = question
        if question not in exact:
            oracle = PlainOracle(supply, BANDWIDTH, most)
            ways = oracle.ways(CARRIERS[0], names[source], names[target])
            best = min(
                (way for way in ways if way.latency <= most),
                key=lambda way: (way.km, way.latency, len(way.ids), way.ids),
            )
            exact[question] = list(best.ids)
        equal(mine, exact[question], f"path {question}")

    mine, theirs = compete(questions, ours, dijkstra, agree, rounds=size.rounds, dice=dice)
    compiled = Times([[compiled_run(source) for source, _, _ in questions]])
    slack = ", ".join(f"{each:g}" for each in SLACKS)
    yield Row(
        "graphs", f"exact path of least km, latency at most {slack} × the least, {nodes:,} sites", "path", mine, theirs,
        "one plain Dijkstra in Python", {0.5: 3, 1.0: 15}, inverse=True,
        note=f"one compiled run of Dijkstra (SciPy) takes {compiled.overall(0.5) * 1000:.3g} ms at p50",
    )  # fmt: skip
