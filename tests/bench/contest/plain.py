"""The slow exact answer on large networks: the brute force of the tests, with paths that are worse in every way left out."""

import heapq
from collections import defaultdict, deque
from collections.abc import Collection, Mapping
from fractions import Fraction
from math import ceil

from scheduling.domain.demand import Demand
from scheduling.domain.supply.supply import Span, Supply
from tests.scheduling.oracle import REASONS, Json, Oracle
from tests.scheduling.oracle_answers import written
from tests.scheduling.oracle_worth import Way

Spans = tuple[str, ...]
Arcs = dict[str, list[tuple[str, Span, int, int]]]
"""Site → (neighbour, span, metres, µs)."""


class PlainOracle(Oracle):
    """Answers demands of one bandwidth whose only bound on paths is latency, without protection.

    Of all simple paths within the bound it keeps those that may come first: the one of least (latency, hops, km, ids),
    and for each latency the one of least (km, latency, hops, ids). Plain Dijkstra and plain label-setting, in whole
    numbers. Where there is none, any path of enough bandwidth, or else any at all, stands for those that fail.
    """

    def __init__(self, supply: Supply, bandwidth: int, most_us: int) -> None:
        """Paths of at least so many Mbps, within `most_us`; slower ones only stand for those that fail."""
        super().__init__(supply)
        self.bandwidth, self.most_us = bandwidth, most_us
        self._from: dict[tuple[str, str], dict[str, set[Spans]]] = {}

    def ways(self, provider: str, a: str, z: str) -> list[Way]:
        """The paths that may come first; one without the bandwidth stands for all of those."""
        if a == z:
            return [self.measure([a], [])]
        if (provider, a) not in self._from:
            self._from[provider, a] = self._kept(provider, a)
        return [self._way(a, spans) for spans in sorted(self._from[provider, a].get(z, ()))]

    def _kept(self, provider: str, source: str) -> dict[str, set[Spans]]:
        kept: dict[str, set[Spans]] = defaultdict(set)
        wide = self._arcs(provider, self.bandwidth)
        for site, spans in self._fastest(wide, source).items():
            kept[site].add(spans)
        for site, each in self._shortest(wide, source).items():
            kept[site] |= each
        for arcs in (wide, self._arcs(provider, None)):
            for site, spans in self._any(arcs, source, kept.keys()):
                kept[site].add(spans)
        return kept

    @staticmethod
    def _any(arcs: Arcs, source: str, known: Collection[str]) -> list[tuple[str, Spans]]:
        """A path to every site that is reached and not known, breadth first."""
        before: dict[str, tuple[str, str]] = {}
        waiting = deque([source])
        while waiting:
            site = waiting.popleft()
            for other, span, _, _ in arcs[site]:
                if other != source and other not in before:
                    before[other] = site, span.span
                    waiting.append(other)
        return [(site, _back(before, source, site)) for site in before if site not in known]

    def _arcs(self, provider: str, bandwidth: int | None) -> Arcs:
        arcs: Arcs = defaultdict(list)
        for span in self.supply.spans.values():
            free = span.capacity_mbps - span.reserved_mbps
            if span.line_provider == provider and (bandwidth is None or free >= bandwidth):
                metres = int(span.km * 1000)
                delay = ceil(Fraction(metres * 49, 10000)) if span.measured_us is None else span.measured_us
                arcs[span.a].append((span.b, span, metres, delay))
                arcs[span.b].append((span.a, span, metres, delay))
        return arcs

    def _fastest(self, arcs: Arcs, source: str) -> dict[str, Spans]:
        """Dijkstra by (latency, hops, km, ids)."""
        done: dict[str, Spans] = {}
        queue: list[tuple[int, int, int, Spans, str]] = [(0, 0, 0, (), source)]
        while queue:
            delay, hops, length, spans, site = heapq.heappop(queue)
            if site in done:
                continue
            done[site] = spans
            pause = 0 if site == source else self.supply.sites[site].hop_us
            for other, span, metres, us in arcs[site]:
                if other not in done and delay + pause + us <= self.most_us:
                    onward = (delay + pause + us, hops + 1, length + metres, (*spans, span.span), other)
                    heapq.heappush(queue, onward)
        del done[source]
        return done

    def _shortest(self, arcs: Arcs, source: str) -> dict[str, set[Spans]]:
        """Label-setting by (km, latency, hops, ids): a label falls where an earlier one at its site is no slower."""
        kept: dict[str, set[Spans]] = defaultdict(set)
        least: dict[str, int] = {}
        queue: list[tuple[int, int, int, Spans, str]] = [(0, 0, 0, (), source)]
        while queue:
            length, delay, hops, spans, site = heapq.heappop(queue)
            if site in least and least[site] <= delay:
                continue
            least[site] = delay
            if spans:
                kept[site].add(spans)
            pause = 0 if site == source else self.supply.sites[site].hop_us
            for other, span, metres, us in arcs[site]:
                later = delay + pause + us
                if later <= self.most_us and later < least.get(other, later + 1):
                    heapq.heappush(queue, (length + metres, later, hops + 1, (*spans, span.span), other))
        return kept

    def _way(self, site: str, ids: Spans) -> Way:
        spans, sites = [self.supply.spans[each] for each in ids], [site]
        for span in spans:
            sites.append(span.b if span.a == sites[-1] else span.a)
        return self.measure(sites, spans)


def _back(before: Mapping[str, tuple[str, str]], source: str, site: str) -> Spans:
    """The spans from the source to a site."""
    spans: list[str] = []
    while site != source:
        site, span = before[site]
        spans.append(span)
    return tuple(reversed(spans))


def plain_answer(supply: Supply, demand: Demand) -> Json:
    """The bundles and the reasons; a demand without any bundle is not for this oracle, for it knows no relaxations."""
    bound = demand.max_latency_us
    oracle = PlainOracle(supply, demand.bandwidth_mbps, 10**9 if bound is None else bound)
    reasons = dict.fromkeys(REASONS, 0)
    found = oracle.bundles(demand, reasons)
    firsts = [failed[0][1] for offer in supply.offers.values() if (failed := oracle.failures(demand, offer))]
    return {
        "fitting": sorted(
            offer.offer for offer in supply.offers.values() if not oracle.failures(demand, offer)
        ),
        "bundles": [written(oracle, demand, bundle) for bundle in found[: demand.top]],
        "rejected": {"offers": {key: firsts.count(key) for key in dict.fromkeys(firsts)}, "bundles": reasons},
        "relax": [] if found else None,
    }
