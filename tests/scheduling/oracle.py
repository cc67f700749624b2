"""The selection by brute force: every path, every pair, every tariff row, every offer, in Fractions.

Written from the meaning of the files alone; shares only the row and demand classes with the engine.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import Any

from scheduling.domain.demand import Demand
from scheduling.domain.supply import Centre, Offer, Span, Supply, Tariff

Json = dict[str, Any]
FAILURES = [
    "kind",
    "accelerators",
    "min_accelerators",
    "min_accelerator_memory_gib",
    "min_vcpus",
    "min_memory_gib",
    "min_fp16_tflops",
    "min_fp32_tflops",
    "min_fp64_tflops",
    "domestic",
    "centre",
    "providers",
    "available",
]
REASONS = ("no_path", "bandwidth", "latency", "jitter", "loss", "hops", "disjoint", "tariff", "price")


@dataclass(frozen=True)
class Way:
    """One simple path with its sums."""

    ids: tuple[str, ...]
    spans: tuple[Span, ...]
    between: tuple[str, ...]
    km: Fraction
    latency: int
    jitter: int
    loss: Fraction
    free: int | None


@dataclass(frozen=True)
class Pick:
    """The line of a bundle."""

    cost: Fraction
    latency: int
    ways: tuple[Way, ...]
    row: Tariff
    billing: str


class Oracle:
    """Answers demands on one supply."""

    def __init__(self, supply: Supply) -> None:
        self.supply = supply
        self._ways: dict[tuple[str, str, str], list[Way]] = {}

    # paths

    def ways(self, provider: str, a: str, z: str) -> list[Way]:
        key = (provider, a, z)
        if key not in self._ways:
            self._ways[key] = [self.measure(sites, spans) for sites, spans in self.walk(provider, [a], [], z)]
        return self._ways[key]

    def walk(
        self, provider: str, sites: list[str], spans: list[Span], z: str
    ) -> Iterator[tuple[list[str], list[Span]]]:
        if sites[-1] == z:
            yield sites, spans
            return
        for span in self.supply.spans.values():
            if span.line_provider == provider and sites[-1] in (span.a, span.b):
                other = span.b if span.a == sites[-1] else span.a
                if other not in sites:
                    yield from self.walk(provider, [*sites, other], [*spans, span], z)

    def measure(self, sites: list[str], spans: list[Span]) -> Way:
        latency = sum(self.supply.sites[site].hop_us for site in sites[1:-1])
        kept = Fraction(1)
        for span in spans:
            fibre = math.ceil(Fraction(span.km) * 1000 * 49 / 10000)
            latency += fibre if span.measured_us is None else span.measured_us
            kept *= 1 - Fraction(span.loss)
        return Way(
            ids=tuple(span.span for span in spans),
            spans=tuple(spans),
            between=tuple(sites[1:-1]),
            km=sum((Fraction(span.km) for span in spans), Fraction(0)),
            latency=latency,
            jitter=sum(span.jitter_us for span in spans),
            loss=1 - kept,
            free=min((span.capacity_mbps - span.reserved_mbps for span in spans), default=None),
        )

    @staticmethod
    def stages(demand: Demand, way: Way, terminal: int) -> Iterator[tuple[str, bool]]:
        yield "bandwidth", way.free is None or way.free >= demand.bandwidth_mbps
        yield "latency", demand.max_latency_us is None or way.latency + terminal < demand.max_latency_us
        yield "jitter", demand.max_jitter_us is None or way.jitter <= demand.max_jitter_us
        yield "loss", demand.max_loss is None or way.loss <= Fraction(demand.max_loss)
        yield "hops", demand.max_hops is None or len(way.ids) <= demand.max_hops

    def routes(self, demand: Demand, provider: str, z: str, terminal: int) -> list[tuple[Way, ...]]:
        """Feasible paths, or pairs as (lower latency, other)."""
        feasible = [
            way
            for way in self.ways(provider, demand.from_site, z)
            if all(passed for _, passed in self.stages(demand, way, terminal))
        ]
        if demand.protection == "none":
            return [(way,) for way in feasible]
        if demand.from_site == z:
            return [(way, way) for way in feasible]
        return [
            tuple(sorted(pair, key=lambda way: (way.latency, len(way.ids), way.ids)))
            for pair in combinations(feasible, 2)
            if self.disjoint(*pair)
        ]

    @staticmethod
    def disjoint(one: Way, two: Way) -> bool:
        risks_one = {name for span in one.spans for name in span.srlg}
        risks_two = {name for span in two.spans for name in span.srlg}
        return not (
            set(one.ids) & set(two.ids) or risks_one & risks_two or set(one.between) & set(two.between)
        )

    # money

    def zone(self, a: str, z: str) -> str:
        one, two = self.supply.sites[a].city, self.supply.sites[z].city
        if one[:4] == two[:4]:
            return "same_city"
        return "in_province" if one[:2] == two[:2] else "inter_province"

    def rows(self, demand: Demand, product: tuple[str, str], z: str) -> list[Tariff]:
        return [
            row
            for row in self.supply.tariffs.values()
            if (row.line_provider, row.technology) == product
            and row.bandwidth_mbps >= demand.bandwidth_mbps
            and row.zone in (self.zone(demand.from_site, z), "any")
            and (demand.max_lead_days is None or row.lead_days <= demand.max_lead_days)
        ]

    @staticmethod
    def charges(demand: Demand, row: Tariff, km: Fraction) -> Iterator[tuple[Fraction, str]]:
        hours = Fraction(demand.duration_hours)
        months = max(row.min_months, math.ceil(hours / 730))
        twice = 2 if demand.protection == "one_plus_one" else 1
        yield (
            (
                twice * (Fraction(row.one_off_cny) + months * Fraction(row.monthly_cny))
                + months * Fraction(row.monthly_cny_per_km) * km
            ),
            "term",
        )
        if row.elastic_cny_hour is not None:
            yield twice * (Fraction(row.one_off_cny) + Fraction(row.elastic_cny_hour) * hours), "elastic"

    def pick(self, demand: Demand, product: tuple[str, str], z: str) -> Pick | str:
        rows = self.rows(demand, product, z)
        service = demand.latency_layer == "service"
        candidates = []
        for row in rows:
            terminal = row.terminal_us if service else 0
            for route in self.routes(demand, product[0], z, terminal):
                km = sum((way.km for way in route), Fraction(0))
                latencies = sorted((way.latency + terminal for way in route), reverse=True)
                hops = sum(len(way.ids) for way in route)
                for cost, billing in self.charges(demand, row, km):
                    ties = (-row.bandwidth_mbps, billing == "elastic", row.zone == "any")
                    key = (cost, latencies, hops, km, [way.ids for way in route], ties)
                    candidates.append((key, Pick(cost, latencies[0], route, row, billing)))
        if candidates:
            return min(candidates, key=lambda candidate: candidate[0])[1]
        terminal = min((row.terminal_us for row in rows), default=0) if service else 0
        left = self.ways(product[0], demand.from_site, z)
        if not left:
            return "no_path"
        for position, reason in enumerate(("bandwidth", "latency", "jitter", "loss", "hops")):
            left = [way for way in left if list(self.stages(demand, way, terminal))[position][1]]
            if not left:
                return reason
        return "tariff" if self.routes(demand, product[0], z, terminal) else "disjoint"

    # offers

    def failures(self, demand: Demand, offer: Offer) -> list[tuple[str, str]]:
        """(dotted name, key of the reason) of every stated constraint that the offer fails, in order."""
        centre: Centre = self.supply.centres[offer.centre]
        want, place, firms = demand.compute, demand.centre, demand.providers
        failed = []

        def test(name: str, key: str, stated: object, passed: bool) -> None:  # noqa: FBT001
            if stated is not None and stated != () and not passed:
                failed.append((name, key))

        def least(value: Any, bound: Any) -> bool:
            return value is not None and bound is not None and value >= bound

        test("compute.kind", "kind", want.kind, offer.kind == want.kind)
        test(
            "compute.accelerators", "accelerators", want.accelerators, offer.accelerator in want.accelerators
        )
        for name in (
            "accelerators",
            "accelerator_memory_gib",
            "vcpus",
            "memory_gib",
            "fp16_tflops",
            "fp32_tflops",
            "fp64_tflops",
        ):
            bound = getattr(want, f"min_{name}")
            test(f"compute.min_{name}", f"min_{name}", bound, least(getattr(offer, name), bound))
        test(
            "compute.domestic",
            "domestic",
            want.domestic,
            offer.domestic is not None and bool(offer.domestic) == want.domestic,
        )
        test("centre.max_pue", "centre", place.max_pue, least(place.max_pue, centre.pue))
        test(
            "centre.min_green_share",
            "centre",
            place.min_green_share,
            least(centre.green_share, place.min_green_share),
        )
        test(
            "centre.min_mlps_level",
            "centre",
            place.min_mlps_level,
            least(centre.mlps_level, place.min_mlps_level),
        )
        test("centre.include", "centre", place.include, centre.centre in place.include)
        test("centre.exclude", "centre", place.exclude, centre.centre not in place.exclude)
        test("providers.include", "providers", firms.include, offer.provider in firms.include)
        test("providers.exclude", "providers", firms.exclude, offer.provider not in firms.exclude)
        test("quantity", "available", demand.quantity, offer.available >= demand.quantity)
        return failed

    def products(self, demand: Demand) -> list[tuple[str, str]]:
        return sorted(
            {
                (row.line_provider, row.technology)
                for row in self.supply.tariffs.values()
                if (not demand.line.technologies or row.technology in demand.line.technologies)
                and (not demand.line.providers or row.line_provider in demand.line.providers)
            }
        )

    def bundles(self, demand: Demand, reasons: dict[str, int] | None = None) -> list[tuple[Any, Offer, Pick]]:
        """Every feasible bundle in rank order as (rank, offer, line)."""
        found = []
        picks: dict[Any, Pick | str] = {}
        for offer in self.supply.offers.values():
            if self.failures(demand, offer):
                continue
            site = self.supply.centres[offer.centre].site
            for product in self.products(demand):
                key = (product, site)
                if key not in picks:
                    picks[key] = self.pick(demand, product, site)
                pick = picks[key]
                total = Fraction(0)
                if isinstance(pick, Pick):
                    total = self.compute(demand, offer) + pick.cost
                    if demand.max_total_cny is not None and total > Fraction(demand.max_total_cny):
                        pick = "price"
                if isinstance(pick, str):
                    if reasons is not None:
                        reasons[pick] += 1
                else:
                    found.append(((total, pick.latency, offer.offer, *product), offer, pick))
        return sorted(found, key=lambda bundle: bundle[0])

    @staticmethod
    def compute(demand: Demand, offer: Offer) -> Fraction:
        return demand.quantity * Fraction(offer.price_cny_hour) * Fraction(demand.duration_hours)
