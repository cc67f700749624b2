"""The cost map: the least delay from every access point to every centre, as the engine proves it of a line on sale."""

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from kernel.text import Text
from scheduling.domain.engine.starts import zone_of
from scheduling.domain.routing.contraction import Sums
from scheduling.domain.routing.distances import Distances, usable_spans
from scheduling.domain.routing.network import Network
from scheduling.domain.routing.path_orders import LATENCY
from scheduling.domain.rows import COMMITMENT, FIBRE, Span
from scheduling.domain.sites import SiteRole
from scheduling.domain.supply.supply import Supply

METRIC = "delay-ow:max"
"""The metric of RFC 9439 §4.1, µs one way; the statistic, because an upper bound is told and not the median."""

MODE = "numerical"

LEAST_MBPS = 1
"""What a span has free at least: whether there is room for more is asked with a selection."""

MOST_PAIRS = 250_000
"""Pairs of one answer; of a node with more the map is asked for in parts."""

ELSEWHERE = "elsewhere"
"""The PID of all addresses: the node knows places and no prefixes, and says no cost of an address."""

_LONGEST = 64  # characters of a PID's name (RFC 7285 §10.1)


@dataclass(frozen=True, slots=True)
class CostType:
    """One kind of cost: which spans count, and what RFC 9439 §3.1 calls its source (`estimation`, `sla`).

    `evidence` are the words that selections have for what a latency rests on.
    """

    source: str
    evidence: tuple[str, ...]
    description: Text
    counts: Callable[[Span], bool] | None = None

    @property
    def context(self) -> dict[str, Any]:
        """Its `cost-context`."""
        parameters = {"layer": "optical", "evidence": list(self.evidence), "free_mbps": LEAST_MBPS}
        return {"cost-source": self.source, "parameters": parameters}

    @property
    def document(self) -> dict[str, Any]:
        """It as ALTO writes it."""
        return {"cost-mode": MODE, "cost-metric": METRIC, "cost-context": self.context}


COST_TYPES: Mapping[str, CostType] = {
    "delay": CostType(
        "estimation",
        ("measured", "committed", "estimated"),
        Text(
            "单向光层时延上界，微秒：选择所用的同一上界",
            "upper bound of the optical delay one way, µs: the one that selections use",
        ),
    ),
    "delay-measured": CostType(
        "estimation",
        ("measured",),
        Text("同上，仅经有实测证据的光缆段", "the same over measured spans of fibre alone"),
        lambda span: span.kind == FIBRE and span.measured_us is not None,
    ),
    "delay-committed": CostType(
        "sla",
        ("committed",),
        Text("同上，仅经线路商承诺时延的线路", "the same over committed lines alone"),
        lambda span: span.kind == COMMITMENT,
    ),
}


@dataclass(frozen=True, slots=True)
class Pid:
    """What a PID stands for: one access point or one centre, its key, the site where it is, and GB/T 2260 of that."""

    kind: str
    key: str
    site: str
    city: str


def pid_name(kind: str, key: str) -> str:
    """The name of a PID: `site:` or `centre:` and the key; what RFC 7285 §10.1 has no room for is cut and told by a digest.

    A dot is reserved there: it is written as `@`, which no key has.
    """
    name = f"{'centre' if kind == SiteRole.CENTRE else 'site'}:{key.replace('.', '@')}"
    if len(name) <= _LONGEST:
        return name
    return f"{name[:47]}@{hashlib.sha256(key.encode()).hexdigest()[:16]}"


class CostMaps:
    """The network map and the cost maps of one supply; the costs to each site are worked out once, when they are asked for."""

    def __init__(self, supply: Supply) -> None:
        """Name the PIDs; nothing is searched yet."""
        self.snapshot = supply.snapshot
        self._sites, self._spans, self._networks = supply.sites, supply.spans, supply.networks
        points = (site for site in supply.sites.values() if site.kind == SiteRole.ACCESS_POINT)
        found = [Pid(SiteRole.ACCESS_POINT.value, site.site, site.site, site.city) for site in points]
        self._users = {pid_name(each.kind, each.key): each for each in found}
        centres = (
            Pid(SiteRole.CENTRE.value, key, row.site, supply.sites[row.site].city)
            for key, row in supply.centres.items()
        )
        self._centres = {pid_name(each.kind, each.key): each for each in centres}
        self._sold: dict[str, set[str]] = {}
        for tariff in supply.tariffs.values():
            self._sold.setdefault(tariff.line_provider, set()).add(tariff.zone)
        self._counted: dict[tuple[str, str], Network] = {}
        self._costs: dict[tuple[str, str], Sums] = {}

    @property
    def pids(self) -> dict[str, Pid]:
        """Every PID that costs are told of, access points before centres, by name."""
        return {name: each for part in (self._users, self._centres) for name, each in sorted(part.items())}

    @cached_property
    def network_map(self) -> dict[str, dict[str, list[str]]]:
        """PID → its addresses by their type: none but of `elsewhere`, for the node knows no prefix of a user's."""
        return {name: {} for name in self.pids} | {ELSEWHERE: {"ipv4": ["0.0.0.0/0"], "ipv6": ["::/0"]}}

    @cached_property
    def tag(self) -> str:
        """The version of the network map: the digest of all that a PID stands for, so that a sale does not change it."""
        told = [[name, each.kind, each.key, each.site, each.city] for name, each in self.pids.items()]
        return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()

    def pairs(self, srcs: Iterable[str] | None = None, dsts: Iterable[str] | None = None) -> int:
        """How many costs there may be between them, at most."""
        return len(_among(self._users, srcs)) * len(_among(self._centres, dsts))

    def costs(
        self,
        cost_type: str,
        srcs: Iterable[str] | None = None,
        dsts: Iterable[str] | None = None,
        *,
        admits: Callable[[int], bool] | None = None,
    ) -> dict[str, dict[str, int]]:
        """Source → destination → µs, as far as a line is on sale; a pair without one is absent, as are PIDs that nobody knows.

        A cost says: with `max_latency_us` one above it there is a line of LEAST_MBPS, with less there is none. Sources are
        access points, destinations centres, all where they are not named; `admits` leaves costs out.
        """
        places = {name: place for place, name in enumerate(self._users)}
        columns = [
            (name, self._least(cost_type, self._centres[name].site))
            for name in sorted(_among(self._centres, dsts))
        ]
        found = {}
        for source in sorted(_among(self._users, srcs)):
            at = places[source]
            row = {name: int(least[at]) for name, least in columns if math.isfinite(least[at])}
            if admits is not None:
                row = {name: cost for name, cost in row.items() if admits(cost)}
            if row:
                found[source] = row
        return found

    def _least(self, cost_type: str, site: str) -> Sums:
        """The least delay from each access point to a site, over all line providers that sell there; infinity for none."""
        key = (cost_type, site)
        if key not in self._costs:
            least = np.full(len(self._users), math.inf)
            for provider, zones in self._sold.items():
                ways = self._ways(cost_type, provider, site)
                least = np.minimum(least, np.where(self._served(zones, site), ways, math.inf))
            self._costs[key] = least
        return self._costs[key]

    def _served(self, zones: set[str], site: str) -> Any:
        """Of each access point whether tariffs of these zones serve the way to the site."""
        there, known = self._sites[site], dict[str, bool]()
        for each in self._users.values():
            if each.city not in known:
                known[each.city] = "any" in zones or zone_of(self._sites[each.site], there) in zones
        return np.array([known[each.city] for each in self._users.values()], dtype=np.bool_)

    def _ways(self, cost_type: str, provider: str, site: str) -> Sums:
        """The least delay of a provider's paths; none where a double could not hold its sums. To a site from itself it is 0."""
        network = self._network(cost_type, provider)
        start = None if network is None else network.site_index.get(site)
        own = np.array([0 if each.site == site else math.inf for each in self._users.values()])
        if network is None or start is None:
            return own
        # From the centre on, for a path is as long in both directions.
        distances = Distances(usable_spans(network, LEAST_MBPS), start)
        if not distances.exact(LATENCY):
            return own
        index = network.site_index
        at = np.array([index.get(each.site, -1) for each in self._users.values()], dtype=np.int64)
        ways: Sums = np.minimum(own, np.where(at >= 0, distances.least(LATENCY)[at], math.inf))
        return ways

    def _network(self, cost_type: str, provider: str) -> Network | None:
        """The provider's network with the spans that count; None where it has none."""
        network, counts = self._networks.get(provider), COST_TYPES[cost_type].counts
        if network is None or counts is None:
            return network
        key = (cost_type, provider)
        if key not in self._counted:
            counted = np.fromiter((counts(self._spans[span]) for span in network.ids), np.bool_)
            self._counted[key] = replace(network, free=np.where(counted, network.free, 0))
        return self._counted[key]


def _among(known: Mapping[str, Pid], wanted: Iterable[str] | None) -> AbstractSet[str]:
    return known.keys() if wanted is None else known.keys() & set(wanted)
