"""The selection by brute force: every path, every pair, every tariff row, every offer, in Fractions.

Written from the meaning of the files alone; shares only the row and demand classes with the engine.
"""

import math
from collections.abc import Callable, Iterator
from datetime import timedelta
from fractions import Fraction
from itertools import combinations, takewhile
from typing import Any

from scheduling.domain.demand import Demand
from scheduling.domain.engine.wishes import NO_WISHES, End, Wishes
from scheduling.domain.supply.supply import Centre, Offer, Span, Supply, Tariff
from tests.scheduling.oracle_worth import Charge, Found, Leg, Pick, Way, Worth, disjoint

Json = dict[str, Any]
Test = Callable[[str, str, object, bool], None]
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
    *("from_centre", "residency", "domain", "storage", "min_hours", "notice"),
    "available",
    "window",
]
REASONS = ("no_path", "bandwidth", "latency", "jitter", "loss", "hops", "disjoint", "tariff", "price")
STAGES = REASONS[1:6]
FARTHEST = (*REASONS[:-1], "access", "start")


class Oracle(Worth):
    """Answers demands with the same wishes on one supply."""

    def __init__(self, supply: Supply, wishes: Wishes = NO_WISHES, known: "Oracle | None" = None) -> None:
        self.supply, self.wishes = supply, wishes
        self._ways: dict[tuple[str, str, str], list[Way]] = {} if known is None else known._ways  # noqa: SLF001

    def wishing(self, wishes: Wishes) -> "Oracle":
        """The same for other wishes."""
        return Oracle(self.supply, wishes, self)

    # the buyer's end

    def ends(self, provider: str) -> list[End]:
        """The A ends of a provider: at the demand's own site where nothing is said of ends at all, or of its ends."""
        ends = self.wishes.access.ends
        tail = self.wishes.access.latency_us
        if ends is None:
            return [End(provider, 0, latency_us=tail)]
        own = [end for end in ends if end.line_provider == provider]
        return own or [End(provider, None, latency_us=tail)]

    def starts(self, demand: Demand, provider: str) -> list[tuple[End, ...]]:
        """One end for all circuits or, where two paths are asked for, one for each of them at two sites."""
        ends = self.ends(provider)
        alone: list[tuple[End, ...]] = [(end,) for end in ends]
        if demand.protection == "none":
            return alone
        return alone + [
            pair for pair in combinations(ends, 2) if self.site(demand, pair[0]) != self.site(demand, pair[1])
        ]

    @staticmethod
    def site(demand: Demand, end: End) -> str:
        return demand.from_site if end.site is None else end.site

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
        )

    def free(self, demand: Demand, part: str, key: str, otherwise: int) -> int:
        """What is free throughout the window asked for, looked at hour by hour and at every step."""
        row = self.supply.extras.booked.get(f"{part}|{key}")
        start = self.wishes.starts_at or (self.wishes.asked_at if self.wishes.needed_until else None)
        if start is None or row is None:
            return otherwise
        steps = [tuple(int(each) for each in step.split(":")) for step in row.steps]
        begin = int(start.timestamp()) * 10**6
        over = None if self.wishes.starts_at else self.wishes.needed_until
        end = int(over.timestamp()) * 10**6 if over else begin + int(demand.duration_hours * 3600 * 10**6)
        instants = [begin, *(at for at, _ in steps if begin < at < end)]
        booked = max(([level for at, level in steps if at <= instant] or [0])[-1] for instant in instants)
        return max(0, min(row.most, row.free - booked))

    def stages(self, demand: Demand, way: Way, terminal: int, mbps: int) -> Iterator[tuple[str, bool]]:
        yield (
            "bandwidth",
            all(
                self.free(demand, "span", span.span, span.capacity_mbps - span.reserved_mbps) >= mbps
                for span in way.spans
            ),
        )
        yield "latency", all(way.latency + terminal < each for each in self.bounds(demand, "max_latency_us"))
        yield "jitter", demand.max_jitter_us is None or way.jitter <= demand.max_jitter_us
        yield "loss", all(way.loss <= Fraction(each) for each in self.bounds(demand, "max_loss"))
        yield "hops", demand.max_hops is None or len(way.ids) <= demand.max_hops

    def passed(self, demand: Demand, way: Way, terminal: int, mbps: int) -> int:
        """How many of the tests the path passes before one that it fails."""
        return sum(1 for _ in takewhile(lambda stage: stage[1], self.stages(demand, way, terminal, mbps)))

    def feasible(self, demand: Demand, end: End, z: str, terminal: int, mbps: int) -> list[Leg]:
        return [
            Leg(way, end)
            for way in self.ways(end.line_provider, self.site(demand, end), z)
            if self.passed(demand, way, terminal + end.latency_us, mbps) == len(STAGES)
        ]

    def routes(
        self, demand: Demand, start: tuple[End, ...], z: str, terminal: int, mbps: int
    ) -> list[tuple[Leg, ...]]:
        """Feasible paths, or pairs as (lower latency, other)."""
        legs = [self.feasible(demand, end, z, terminal, mbps) for end in start]
        if demand.protection == "none":
            return [(leg,) for leg in legs[0]]
        if len(start) == 1 and self.site(demand, start[0]) == z:
            return [(leg, leg) for leg in legs[0]]
        apart = len(start) > 1
        pairs = ((one, two) for one in legs[0] for two in legs[-1]) if apart else combinations(legs[0], 2)
        return [
            tuple(sorted(pair, key=lambda leg: (leg.latency, len(leg.way.ids), leg.way.ids)))
            for pair in pairs
            if disjoint(pair[0].way, pair[1].way)
            and not (
                apart and any(self.site(demand, end) in leg.way.between for end in start for leg in pair)
            )
        ]

    # money

    def zone(self, a: str, z: str) -> str:
        one, two = self.supply.sites[a].city, self.supply.sites[z].city
        if one[:4] == two[:4]:
            return "same_city"
        return "in_province" if one[:2] == two[:2] else "inter_province"

    def rows(
        self, demand: Demand, product: tuple[str, str], start: tuple[End, ...], z: str, *, near: bool = False
    ) -> list[Tariff]:
        """The rows that serve from every end; `near` says that the buyer stands at the access points themselves."""
        zones = [self.zone(self.site(demand, end), z) for end in start]
        days = 0 if near else self.end_days(start)
        return [
            row
            for row in self.prices()
            if (row.line_provider, row.technology) == product
            and days is not None
            and row.bandwidth_mbps >= demand.bandwidth_mbps
            and all(row.zone in (zone, "any") for zone in zones)
            and (demand.max_lead_days is None or row.lead_days + days <= demand.max_lead_days)
        ]

    def wait(self, row: Tariff, days: int) -> int:
        return self.wishes.waits.get(f"{self.key(row)}|{row.lead_days + days}", row.lead_days + days)

    @staticmethod
    def end_days(start: tuple[End, ...]) -> int | None:
        """Until the last of the ends is built; None where the provider does not build so far."""
        days = [end.days for end in start]
        known = [each for each in days if each is not None]
        return max(known) if len(known) == len(days) else None

    def in_time(self, rows: list[Tariff], days: int | None) -> list[Tariff]:
        """The rows whose days of opening, and the tail's, have passed when the compute starts."""
        start, asked = self.wishes.starts_at, self.wishes.asked_at
        if start is None or asked is None or days is None:
            return rows
        return [row for row in rows if asked + timedelta(days=self.wait(row, days)) <= max(start, asked)]

    def charges(self, demand: Demand, row: Tariff, start: tuple[End, ...], km: Fraction) -> Iterator[Charge]:
        transfer, held = self.wishes.transfer, demand.bandwidth_mbps
        hours = Fraction(demand.duration_hours if transfer is None else transfer.within_hours)
        months = max(row.min_months, math.ceil(hours / 730))
        circuits = start if len(start) == 2 or demand.protection == "none" else (*start, *start)
        one_off = sum(
            (Fraction(row.one_off_cny) + Fraction(end.one_off_cny) for end in circuits), Fraction(0)
        )
        fixed = one_off + len(circuits) * months * Fraction(row.monthly_cny)
        yield Charge(fixed + months * Fraction(row.monthly_cny_per_km) * km, "term", held, hours)
        if row.elastic_cny_hour is None:
            return
        hourly = len(circuits) * Fraction(row.elastic_cny_hour)
        yield Charge(one_off + hourly * hours, "elastic", held, hours)
        if transfer is not None and row.bandwidth_mbps >= held:
            bits = Fraction(transfer.volume_gb) * 10**9 * 8 * Fraction(1538, 1448)
            quick = Fraction(math.ceil(bits / (row.bandwidth_mbps * 10**6 * 3600)))
            yield Charge(one_off + hourly * quick, "elastic", row.bandwidth_mbps, quick)

    def candidates(
        self, demand: Demand, start: tuple[End, ...], z: str, row: Tariff
    ) -> Iterator[tuple[Any, Pick]]:
        """Every route under every charge of a row, with what it is chosen by."""
        per_us = Fraction(0)
        if self.wishes.weights is not None and self.wishes.weights.cny_per_ms is not None:
            per_us = Fraction(self.wishes.weights.cny_per_ms) / 1000
        terminal = row.terminal_us if demand.latency_layer == "service" else 0
        for mbps in {charge.mbps for charge in self.charges(demand, row, start, Fraction(0))}:
            for route in self.routes(demand, start, z, terminal, mbps):
                km = sum((leg.way.km for leg in route), Fraction(0))
                latencies = sorted((leg.latency + terminal for leg in route), reverse=True)
                hops = sum(len(leg.way.ids) for leg in route)
                for charge in self.charges(demand, row, start, km):
                    if charge.mbps == mbps:
                        ties = self.ties(row, charge)
                        value = charge.cost + per_us * latencies[0]
                        key = (value, latencies, hops, km, [leg.way.ids for leg in route], ties)
                        yield key, Pick(charge, latencies[0], route, row)

    def picks(self, demand: Demand, product: tuple[str, str], z: str) -> list[Pick] | str:
        """Every line there is, the one of least value first."""
        starts = self.starts(demand, product[0])
        candidates = [
            candidate
            for start in starts
            for row in self.in_time(self.rows(demand, product, start, z), self.end_days(start))
            for candidate in self.candidates(demand, start, z, row)
        ]
        if candidates:
            return [pick for _, pick in sorted(candidates, key=lambda candidate: candidate[0])]
        return max((self.reason(demand, product, start, z) for start in starts), key=FARTHEST.index)

    def reason(self, demand: Demand, product: tuple[str, str], start: tuple[End, ...], z: str) -> str:
        """The first test that nothing passes that begins there."""
        serving = self.rows(demand, product, start, z)
        rows = self.in_time(serving, self.end_days(start))
        service = demand.latency_layer == "service"
        terminal = min((row.terminal_us for row in rows), default=0) if service else 0
        left = [self.ways(product[0], self.site(demand, end), z) for end in start]
        if not all(left):
            return "no_path"
        asked = demand.bandwidth_mbps
        farthest = min(
            max(self.passed(demand, way, terminal + end.latency_us, asked) for way in ways)
            for ways, end in zip(left, start, strict=True)
        )
        if farthest < len(STAGES):
            return STAGES[farthest]
        if not self.routes(demand, start, z, terminal, asked):
            return "disjoint"
        if serving:
            return "start"
        return "access" if self.rows(demand, product, start, z, near=True) else "tariff"

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
        self.test_wishes(demand, offer, test)
        return failed

    def test_wishes(self, demand: Demand, offer: Offer, test: Test) -> None:
        wishes, extras = self.wishes, self.supply.extras
        facts = extras.centre_facts.get(offer.centre)
        areas = tuple(code.removesuffix("00").removesuffix("00") for code in wishes.residency)
        lies = facts is not None and facts.division.startswith(areas)
        test("from_centre", "from_centre", wishes.from_centre, offer.centre != wishes.from_centre)
        test("residency", "residency", wishes.residency, lies)
        test("domain", "domain", wishes.domain, facts is not None and wishes.domain in facts.domains)
        if wishes.storage is not None:
            key, gib = f"{offer.centre}|{wishes.storage.storage_class}", wishes.storage.gib
            left = -1 if (store := extras.stores.get(key)) is None else store.free_gib
            test("storage.gib", "storage", gib, self.free(demand, "store", key, left) >= gib)
        for name, asked in self.asked_of(demand, offer):
            test(name, name, asked, asked)
        ever, then = offer.available, self.free(demand, "offer", offer.offer, offer.available)
        if (row := extras.booked.get(f"offer|{offer.offer}")) and (wishes.starts_at or wishes.needed_until):
            ever = min(row.most, row.free) if wishes.starts_at else then
        test("quantity", "available", demand.quantity, ever >= demand.quantity)
        if ever >= demand.quantity:
            test("starts_at", "window", wishes.starts_at, then >= demand.quantity)

    def products(self, demand: Demand) -> list[tuple[str, str]]:
        return sorted(
            {
                (row.line_provider, row.technology)
                for row in self.supply.tariffs.values()
                if (not demand.line.technologies or row.technology in demand.line.technologies)
                and (not demand.line.providers or row.line_provider in demand.line.providers)
            }
        )

    def bundles(self, demand: Demand, reasons: dict[str, int] | None = None) -> list[Found]:
        """Every feasible bundle in rank order."""
        found = []
        lines: dict[Any, list[Pick] | str] = {}
        most = None if demand.max_total_cny is None else Fraction(demand.max_total_cny)
        for offer in self.supply.offers.values():
            if self.failures(demand, offer):
                continue
            site = self.supply.centres[offer.centre].site
            for product in self.products(demand):
                key = (product, site)
                if key not in lines:
                    lines[key] = self.unpromised(*product) or self.picks(demand, product, site)
                choices, hire = lines[key], self.compute(demand, offer)
                pick: Pick | str = "price" if isinstance(choices, list) else choices
                if isinstance(choices, list):
                    pick = next((each for each in choices if most is None or hire + each.cost <= most), pick)
                if isinstance(pick, str):
                    if reasons is not None:
                        reasons[pick] += 1
                else:
                    total = hire + pick.cost
                    unknown, value, _ = self.score(demand, offer, pick, total)
                    rank = (bool(unknown), value, pick.latency, offer.offer, *product)
                    found.append(Found(rank, total, offer, pick))
        return sorted(found, key=lambda bundle: bundle.rank)
