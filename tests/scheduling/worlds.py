"""Random small worlds of supply and demand: parallel spans, commitments, zones, ties, zero lengths, unknowns."""

from collections.abc import Sequence
from decimal import Decimal
from random import Random
from typing import Any, TypeVar

from scheduling.domain.demand import Demand
from scheduling.domain.engine.files import parse_demand
from scheduling.domain.supply.supply import Centre, Offer, Site, Span, Supply, Tariff

T = TypeVar("T")

CITIES = ("320500", "320501", "320100", "321000", "310100")
LINE_PROVIDERS = ("线路甲", "LineB")
TECHNOLOGIES = ("otn", "fgotn", "srv6")
KINDS = ("general", "intelligent")
CARDS = ("Ascend 910B", "H20", None)
PROVIDERS = ("算力甲", "P2", "P3")
RISKS = ("duct-1", "duct-2", "管3")
HOURS = ("1", "730", "730.000001", "731", "8760", "0.5", "0.000001")


def number(rng: Random, *texts: str) -> Decimal:
    """One of the decimals."""
    return Decimal(rng.choice(texts))


def small_supply(rng: Random, most_offers: int = 9) -> Supply:
    """A world that brute force can enumerate: up to 6 sites, 12 spans, 2 line providers, 9 offers or as many as are named."""
    sites = [
        Site(f"s{i}", None, None, None, rng.choice(CITIES), None, rng.choice((0, 0, 1, 50)))
        for i in range(rng.randint(2, 6))
    ]
    names = [site.site for site in sites]
    spans = [
        _span(rng, f"x{i}" if rng.random() < 0.5 else f"X{12 - i}", names)
        for i in range(rng.choice((1, 4, 8, 10, 12, 12)))
    ]
    tariffs = {
        (row.line_provider, row.technology, row.bandwidth_mbps, row.zone): row for row in _tariffs(rng)
    }
    centres = [
        Centre(
            f"c{i}",
            None,
            rng.choice(names),
            None,
            rng.choice((None, Decimal("1.1"), Decimal("1.25"), Decimal("1.25"), Decimal("1.4"))),
            rng.choice((None, Decimal(0), Decimal("0.5"), Decimal("0.75"))),
            rng.choice((None, 1, 2, 3, 4)),
        )
        for i in range(rng.randint(1, 4))
    ]
    offers = [
        _offer(rng, f"o{rng.choice('abAB')}{i}", [row.centre for row in centres])
        for i in range(rng.randint(1, most_offers))
    ]
    return Supply.build(sites, spans, tariffs.values(), centres, offers)


def _span(rng: Random, name: str, sites: Sequence[str]) -> Span:
    a, b = rng.sample(sites, 2)
    sold_whole = rng.random() < 0.2
    return Span(
        span=name,
        line_provider=rng.choice((*LINE_PROVIDERS, *[LINE_PROVIDERS[0]] * 3)),
        kind="commitment" if sold_whole else "fibre",
        a=a,
        b=b,
        km=Decimal(0)
        if sold_whole and rng.random() < 0.5
        else number(rng, "0", "0.5", "1", "1", "10", "20.125", "7.001"),
        measured_us=rng.choice((0, 5, 5, 49, 98)) if sold_whole else rng.choice((None, None, None, 5, 49)),
        capacity_mbps=rng.choice((4, 8, 12, 12, 12, 12, 12, 12)),
        reserved_mbps=rng.choice((0, 0, 0, 0, 0, 2, 4, 13)),
        jitter_us=rng.choice((0, 0, 1, 2, 5)),
        loss=number(rng, "0", "0", "0", "0.1", "0.1", "0.000000001", "0.05", "1"),
        srlg=tuple(rng.sample(RISKS, rng.choice((0, 0, 0, 0, 0, 1, 1, 2)))),
    )


def _tariffs(rng: Random) -> list[Tariff]:
    terminals = (0, 0, 0) if rng.random() < 0.5 else (0, 7, 30)
    flat = rng.random() < 0.3
    return [
        Tariff(
            line_provider=rng.choice((*LINE_PROVIDERS, LINE_PROVIDERS[0])),
            technology=rng.choice(TECHNOLOGIES),
            bandwidth_mbps=rng.choice((2, 5, 8, 12, 12, 12)),
            zone=rng.choice(("same_city", "in_province", "inter_province", "any", "any", "any")),
            one_off_cny=number(rng, "0", "0", "5", "5.0001"),
            monthly_cny=number(rng, "0", "10", "10", "12.5"),
            monthly_cny_per_km=Decimal(0) if flat else number(rng, "0", "0", "1", "0.3333", "0.0001"),
            min_months=rng.choice((0, 1, 1, 2, 12)),
            elastic_cny_hour=rng.choice((None, None, Decimal(0), Decimal("0.0123"), Decimal("0.02"))),
            terminal_us=rng.choice(terminals),
            lead_days=rng.choice((0, 3, 3, 10)),
        )
        for _ in range(rng.randint(1, 8))
    ]


def _offer(rng: Random, name: str, centres: Sequence[str]) -> Offer:
    return Offer(
        offer=name,
        centre=rng.choice(centres),
        provider=rng.choice(PROVIDERS),
        kind=rng.choice(KINDS),
        accelerator=rng.choice(CARDS),
        domestic=rng.choice((None, 0, 1, 1)),
        accelerators=rng.choice((None, 0, 4, 8)),
        accelerator_memory_gib=rng.choice((None, Decimal(32), Decimal("64.5"))),
        vcpus=rng.choice((None, 8, 16)),
        memory_gib=rng.choice((None, Decimal(64), Decimal("128.25"))),
        fp64_tflops=rng.choice((None, Decimal("0.5"), Decimal(10))),
        fp32_tflops=rng.choice((None, Decimal("1.5"), Decimal(20))),
        fp16_tflops=rng.choice((None, Decimal(100), Decimal(320))),
        price_cny_hour=number(rng, "0", "1", "1", "1.0001", "2.5"),
        available=rng.choice((0, 1, 2, 5, 6, 6)),
    )


def small_demand(rng: Random, supply: Supply) -> Demand:
    """A demand on such a world; how many constraints it states varies from none to almost all."""
    on_compute, on_line = rng.choice((0.0, 0.0, 0.05, 0.3)), rng.choice((0.0, 0.1, 0.3, 0.8))

    def maybe(*values: T) -> T | None:
        return rng.choice(values) if rng.random() < on_compute else None

    def bound(*values: T) -> T | None:
        return rng.choice(values) if rng.random() < on_line else None

    def some(values: Sequence[str]) -> list[str]:
        return rng.sample(values, rng.randint(1, 2)) if rng.random() < on_compute else []

    compute: dict[str, Any] = {
        "kind": maybe(*KINDS),
        "accelerators": some(("Ascend 910B", "H20", "unheard of")),
        "min_accelerators": maybe(0, 1, 4, 8, 9),
        "min_accelerator_memory_gib": maybe("32", "40", "64.5", "65"),
        "min_vcpus": maybe(0, 8, 16, 17),
        "min_memory_gib": maybe("64", "128.25", "500"),
        "min_fp16_tflops": maybe("100", "320", "321"),
        "min_fp32_tflops": maybe("1.5", "20", "21"),
        "min_fp64_tflops": maybe("0.5", "10"),
        "domestic": maybe(*(True, False)),
    }
    centre = {
        "max_pue": maybe("1.1", "1.25", "1.3", "1"),
        "min_green_share": maybe("0", "0.5", "0.75", "1"),
        "min_mlps_level": maybe(0, 2, 3, 4),
        "include": some((*supply.centres, "nowhere")),
        "exclude": some((*supply.centres, "nowhere")),
    }
    return parse_demand(
        {
            "demand": "d",
            "from_site": rng.choice(list(supply.sites)),
            "quantity": rng.choice((1, 1, 1, 2, 6)),
            "duration_hours": rng.choice(HOURS),
            "bandwidth_mbps": rng.choice((1, 2, 5, 8, 9, 11)),
            "protection": rng.choice(("none", "none", "one_plus_one")),
            "latency_layer": rng.choice(("optical", "service")),
            "max_latency_us": bound(0, 1, 5, 6, 30, 50, 55, 100, 105, 150),
            "max_jitter_us": bound(0, 1, 2, 3, 5),
            "max_loss": bound("0", "0.000000001", "0.05", "0.1", "0.145", "0.19", "1"),
            "max_hops": bound(0, 1, 2, 3),
            "max_lead_days": bound(0, 3, 5),
            "compute": compute,
            "centre": centre,
            "providers": {"include": some((*PROVIDERS, "nobody")), "exclude": some((*PROVIDERS, "nobody"))},
            "line": {
                "technologies": some((*TECHNOLOGIES, "pigeon")),
                "providers": some((*LINE_PROVIDERS, "nobody")),
            },
            "max_total_cny": bound("0", "10", "20.0002", "500", "731.5", "1500", "5000", "20000"),
            "top": rng.choice((0, 1, 3, 10, 50)),
            "want": ["rejected", "relax", "pareto"],
        }
    )
