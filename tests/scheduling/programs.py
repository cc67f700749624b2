"""Least lines on real topologies as integer programs: the second oracle, where brute force cannot follow."""

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import highspy
import networkx as nx

from kernel.quantities import great_circle_m
from scheduling.domain.demand import Demand
from scheduling.domain.engine.lines import LineChoice
from scheduling.domain.engine.selection import lines_of
from scheduling.domain.routing.network import Network
from scheduling.domain.supply.supply import Site, Span, Supply, Tariff

TOPOLOGIES = Path(__file__).parents[3] / "shared/data/topologies"
NETWORKS = (
    "topohub/sndlib_germany50.json",
    "topohub/Geant2012.json",
    "topohub/Chinanet.json",
    "topology_zoo/Colt.gml",
    "topology_zoo/Dfn.gml",
    "topology_zoo/Bellcanada.gml",
)
PRODUCT = ("L", "otn")
CNY_KM = Decimal("3.1")
TARIFF = Tariff(*PRODUCT, 10, "any", Decimal(100), Decimal(7), monthly_cny_per_km=CNY_KM)


@dataclass(frozen=True)
class Case:
    """A demand on a network, and the least metres of its line by the integer program (None: there is none)."""

    supply: Supply
    demand: Demand
    target: str


def load(name: str, rng: Random) -> Supply:
    """A topology as one provider's network: km from coordinates, some measured, risks shared by chance, little free."""
    path = TOPOLOGIES / name
    if path.suffix == ".gml":
        text = path.read_text(encoding="utf-8").replace("graph [", "graph [\n  multigraph 1", 1)
        graph = nx.parse_gml(text, label="id")
        where = {
            node: (data["Latitude"], data["Longitude"])
            for node, data in graph.nodes(data=True)
            if "Latitude" in data
        }
        links = [(a, b) for a, b, *_ in graph.edges if a in where and b in where and a != b]
    else:
        drawn = json.loads(path.read_text(encoding="utf-8"))
        where = {node["id"]: (node["pos"][1], node["pos"][0]) for node in drawn["nodes"]}
        links = [(link["source"], link["target"]) for link in drawn["edges"]]
    spans = [
        _span(rng, at, a, b, 1.3 * great_circle_m(*where[a], *where[b])) for at, (a, b) in enumerate(links)
    ]
    sites = [
        Site(f"s{node}", None, None, None, "320500", None, rng.choice((0, 20, 50)))
        for node in sorted(where, key=str)
    ]
    return Supply.build(sites, spans, [TARIFF], [], [])


def _span(rng: Random, at: int, a: Any, b: Any, metres: float) -> Span:
    whole = max(1, round(metres))
    measured = rng.random() < 0.3
    return Span(
        span=f"x{at:04}",
        line_provider="L",
        kind="fibre",
        a=f"s{a}",
        b=f"s{b}",
        km=Decimal(whole).scaleb(-3),
        measured_us=-(-whole * rng.choice((49, 52, 60)) // 10000) if measured else None,
        capacity_mbps=10,
        reserved_mbps=rng.choice((0, 0, 0, 0, 0, 0, 0, 0, 0, 5)),
        srlg=(f"duct {rng.randrange(12)}",) if rng.random() < 0.3 else (),
    )


def cases(name: str, count: int, rng: Random) -> list[Case]:
    """Demands between random sites, with and without 1+1, with latency bounds that bite, loosely or not at all."""
    supply = load(name, rng)
    sites, found = sorted(supply.sites), []
    for number in range(count):
        source, target = rng.sample(sites, 2)
        protection = "one_plus_one" if number % 2 else "none"
        plain = Demand("d", source, 1, rng.choice((1, 6)), protection=protection)
        choice = engine(Case(supply, plain, target))
        if isinstance(choice, LineChoice):
            bound = choice.latency * rng.choice((90, 97, 100, 101, 110, 150)) // 100 + 1
            plain = Demand(
                "d", source, 1, plain.bandwidth_mbps, protection=protection, max_latency_us=max(1, bound)
            )
        found.append(Case(supply, plain, target))
    return found


def engine(case: Case) -> LineChoice | str:
    """The engine's line."""
    return lines_of(case.supply, case.demand).choose(PRODUCT, case.target)


def least_metres(case: Case) -> int | None:
    """The least metres of a line by an integer program; of both paths for 1+1. None where there is no line."""
    net = case.supply.networks["L"]
    if case.demand.from_site not in net.site_index or case.target not in net.site_index:
        return None
    return _Program(case, net).solve()


class _Program:
    """Binary flows over arcs; latency is a row for each path; what two paths may not share is a row for each thing."""

    def __init__(self, case: Case, net: Network) -> None:
        self.case, self.net = case, net
        self.source, self.target = net.site_index[case.demand.from_site], net.site_index[case.target]
        self.highs: Any = highspy.Highs()  # type: ignore[no-untyped-call] # the library has no types here
        for option, value in (
            ("output_flag", False),
            ("mip_rel_gap", 0.0),
            ("mip_abs_gap", 0.0),
            ("threads", 1),
        ):
            self.highs.setOptionValue(option, value)
        usable = [span for span in range(len(net.ids)) if net.free[span] >= case.demand.bandwidth_mbps]
        self.arcs = [(span, *ends) for span in usable for ends in (net.ends[span], net.ends[span][::-1])]
        paths = 2 if case.demand.protection == "one_plus_one" else 1
        self.flows = [[self.highs.addBinary() for _ in self.arcs] for _ in range(paths)]

    def solve(self) -> int | None:
        """The optimum in whole metres, counted from the spans of the solution."""
        for flow in self.flows:
            self._is_a_path(flow)
        if len(self.flows) > 1:
            self._share_nothing()
        metres = [(self.net.metres[span], at) for at, (span, _, _) in enumerate(self.arcs)]
        self.highs.minimize(_total((length, flow[at]) for flow in self.flows for length, at in metres))
        if self.highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            assert self.highs.getModelStatus() == highspy.HighsModelStatus.kInfeasible
            return None
        return sum(
            length for flow in self.flows for length, at in metres if self.highs.variableValue(flow[at]) > 0.5
        )

    def _is_a_path(self, flow: list[Any]) -> None:
        for site in range(len(self.net.hop)):
            out = _total((1, flow[at]) for at, (_, a, _) in enumerate(self.arcs) if a == site)
            into = _total((1, flow[at]) for at, (_, _, b) in enumerate(self.arcs) if b == site)
            wanted = int(site == self.source) - int(site == self.target)
            self.highs.addConstr(out - into == wanted)
            self.highs.addConstr(into <= int(site != self.source))
        bound = self.case.demand.max_latency_us
        if bound is not None:
            delays = (
                (self.net.latency[span] + (0 if b == self.target else self.net.hop[b]), flow[at])
                for at, (span, _, b) in enumerate(self.arcs)
            )
            self.highs.addConstr(_total(delays) <= bound - 1)

    def _share_nothing(self) -> None:
        for site in set(range(len(self.net.hop))) - {self.source, self.target}:
            into = [at for at, (_, _, b) in enumerate(self.arcs) if b == site]
            self.highs.addConstr(_total((1, flow[at]) for flow in self.flows for at in into) <= 1)
        shared: dict[str, list[int]] = {}
        for at, (span, _, _) in enumerate(self.arcs):
            for name in (f"span {span}", *self.net.srlg[span]):
                shared.setdefault(name, []).append(at)
        for arcs in shared.values():
            used = [self.highs.addBinary() for _ in self.flows]
            for flow, on in zip(self.flows, used, strict=True):
                for at in arcs:
                    self.highs.addConstr(flow[at] - on <= 0)
            self.highs.addConstr(_total((1, on) for on in used) <= 1)


def _total(terms: Any) -> Any:
    found = highspy.highs_linear_expression()
    for weight, each in terms:
        found += weight * each
    return found


def disagreement(case: Case) -> tuple[LineChoice | str, int | None] | None:
    """(ours, least metres) where the engine's cost is not that of the integer program's optimum, else None."""
    ours, least = engine(case), least_metres(case)
    if isinstance(ours, str) or least is None:
        return None if isinstance(ours, str) and least is None else (ours, least)
    circuits = 2 if case.demand.protection == "one_plus_one" else 1
    cost = circuits * (TARIFF.one_off_cny + TARIFF.monthly_cny) + CNY_KM * Decimal(least).scaleb(-3)
    return None if ours.cost == int(cost * 10**10) and ours.route.metres == least else (ours, least)
