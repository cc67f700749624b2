"""An invented market of any size as rows of a supply: sites on a map, networks between neighbours, centres, offers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from scheduling.domain.supply.supply import Centre, Offer, Site, Span, Supply, Tariff

CARRIERS = ("carrier-a", "carrier-b", "carrier-c")
LOCAL = "carrier-local"
"""Sells a line from the first site to every centre, end to end: with it the line never decides."""

CARDS = ("H100", "A100", "Ascend 910B", "L40S")
REGIONS = 30
PROVINCES = ("11", "13", "31", "32", "33", "34", "35", "37", "41", "42", "43", "44")
NEIGHBOURS = 6
ROUTE = 1.3
"""Kilometres of fibre for one of the great circle."""

EARTH_KM = 6371.0


@dataclass(frozen=True)
class World:
    """The five tables, and for each centre its region."""

    sites: list[Site]
    spans: list[Span]
    tariffs: list[Tariff]
    centres: list[Centre]
    offers: list[Offer]
    region: dict[str, int]

    def supply(self) -> Supply:
        """The rows as the engine takes them."""
        return Supply.build(self.sites, self.spans, self.tariffs, self.centres, self.offers)


def make_world(
    *, offers: int, centres: int, sites: int, providers: Sequence[str] = ("p1", "p2", "p3"), seed: int = 0
) -> World:
    """A market of that size, of compute providers by those names: the same seed gives the same one."""
    dice, grid = Random(seed), np.random.default_rng(seed)
    places = np.column_stack([grid.uniform(24, 40, sites), grid.uniform(103, 121, sites)]).round(6)
    named = [_site(number, lat, lon) for number, (lat, lon) in enumerate(places.tolist())]
    found = [
        _centre(number, named[at].site, dice)
        for number, at in enumerate(dice.sample(range(1, sites), centres))
    ]
    owner = {row.centre: providers[number % len(providers)] for number, row in enumerate(found)}
    spans = [span for carrier in CARRIERS for span in _network(carrier, named, places, grid, dice)]
    spans += [_local(named[0], centre, number) for number, centre in enumerate(found)]
    return World(
        sites=named,
        spans=spans,
        tariffs=list(_tariffs(dice)),
        centres=found,
        offers=[_offer(number, found, owner, dice) for number in range(offers)],
        region={centre.centre: number % REGIONS for number, centre in enumerate(found)},
    )


def _site(number: int, lat: float, lon: float) -> Site:
    province = PROVINCES[int((lon - 103) / 18 * 4) % 4 * 3 + int((lat - 24) / 16 * 3) % 3]
    city = f"{province}{int(lat * 2) % 20 + 1:02d}00"
    return Site(
        f"s{number:06d}", f"站点{number}", Decimal(f"{lat:.6f}"), Decimal(f"{lon:.6f}"), city, "access_point",
        (0, 20, 50)[number % 3],
    )  # fmt: skip


def _network(
    carrier: str, sites: list[Site], places: NDArray[np.float64], grid: np.random.Generator, dice: Random
) -> Iterator[Span]:
    """Two of the nearest neighbours of every site, and long-haul links: about four spans meet at a site."""
    flat = np.column_stack([places[:, 0], places[:, 1] * np.cos(np.radians(32))])
    _, near = cKDTree(flat).query(flat, k=min(NEIGHBOURS, len(sites) - 1) + 1)
    chosen = {
        (min(at, other), max(at, other))
        for at, row in enumerate(np.asarray(near).tolist())
        for other in dice.sample(row[1:], min(2, len(row) - 1))
        if other != at
    }
    for a, b in grid.integers(0, len(sites), (len(sites) // 20 + 1, 2)).tolist():
        if a != b:
            chosen.add((min(a, b), max(a, b)))
    ends = np.array(sorted(chosen))
    lengths = _kilometres(places[ends[:, 0]], places[ends[:, 1]])
    for number, ((a, b), length) in enumerate(zip(ends.tolist(), lengths.tolist(), strict=True)):
        km = Decimal(f"{length * ROUTE * dice.uniform(1, 1.4) + 0.1:.3f}")
        silica = -(-int(km * 1000) * 49 // 10000)
        capacity = dice.choice((100, 1_000, 10_000, 100_000, 100_000))
        yield Span(
            span=f"{carrier}-{number:06d}", line_provider=carrier, kind="fibre", a=sites[a].site, b=sites[b].site,
            km=km, measured_us=silica + dice.randint(0, 20) if dice.random() < 0.3 else None,
            capacity_mbps=capacity, reserved_mbps=min(capacity, dice.choice((0, 0, 50, 600))), jitter_us=dice.randint(0, 5),
            loss=Decimal(dice.randint(0, 900)).scaleb(-9), srlg=(f"duct-{dice.randrange(len(sites))}",),
        )  # fmt: skip


def _local(site: Site, centre: Centre, number: int) -> Span:
    return Span(
        span=f"{LOCAL}-{number:06d}", line_provider=LOCAL, kind="commitment", a=site.site, b=centre.site,
        km=Decimal(0), measured_us=20_000, capacity_mbps=100_000, reserved_mbps=0,
    )  # fmt: skip


def _kilometres(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Great circles (haversine)."""
    lat, lon = np.radians(one).T
    lat2, lon2 = np.radians(other).T
    half = np.sin((lat2 - lat) / 2) ** 2 + np.cos(lat) * np.cos(lat2) * np.sin((lon2 - lon) / 2) ** 2
    found: NDArray[np.float64] = 2 * EARTH_KM * np.arcsin(np.sqrt(half))
    return found


def _tariffs(dice: Random) -> Iterator[Tariff]:
    for carrier in CARRIERS:
        for step in (1_000, 10_000):
            for zone, times in (("same_city", 1), ("in_province", 2), ("inter_province", 3)):
                monthly = Decimal(step * times * dice.randint(4, 6)) / 10
                yield Tariff(
                    carrier, "otn", step, zone, Decimal(3000), monthly, Decimal(dice.randint(2, 9) * times),
                    min_months=1, elastic_cny_hour=Decimal(step * times) / 100, terminal_us=20, lead_days=10,
                )  # fmt: skip
            yield Tariff(
                carrier, "cloud_private", step, "any", Decimal(500), Decimal(step * dice.randint(6, 9)),
                elastic_cny_hour=None, terminal_us=60, lead_days=2,
            )  # fmt: skip
    yield Tariff(LOCAL, "otn", 1_000, "any", Decimal(0), Decimal(1000))


def _centre(number: int, site: str, dice: Random) -> Centre:
    return Centre(
        f"c{number:04d}", f"算力中心{number}", site, dice.randint(200, 4000), Decimal(dice.randint(105, 160)) / 100,
        Decimal(dice.randint(0, 100)) / 100, dice.choice((2, 3, 3, 4)),
    )  # fmt: skip


def _offer(number: int, centres: list[Centre], owner: Mapping[str, str], dice: Random) -> Offer:
    centre = dice.choice(centres).centre
    cards = dice.choice((0, 1, 2, 4, 8))
    card = dice.choice(CARDS) if cards else None
    vcpus = dice.choice((32, 64, 96, 128, 192))
    strong = Decimal(cards * dice.choice((10, 20, 40)))
    return Offer(
        offer=f"o{number:07d}", centre=centre, provider=owner[centre],
        kind="intelligent" if cards else "general", accelerator=card, domestic=int(card == "Ascend 910B"),
        accelerators=cards, accelerator_memory_gib=Decimal(dice.choice((32, 48, 64, 80))) if cards else None,
        vcpus=vcpus, memory_gib=Decimal(vcpus * 4),
        fp64_tflops=strong if cards and dice.random() < 0.66 else None,
        fp32_tflops=strong * 2 if cards and dice.random() < 0.66 else None,
        fp16_tflops=strong * 8 if cards and dice.random() < 0.66 else None,
        price_cny_hour=Decimal(dice.randint(1_000, 400_000) * max(cards, 1)).scaleb(-4),
        available=dice.choice((1, 1, 2, 4, 8)),
    )  # fmt: skip
