"""The demo's disclosed network: real places, invented stations and spans whose length follows the route factors."""

import heapq
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

MARKING = "演示数据"
EARTH_RADIUS_M = 6_371_008.8  # mean radius, IUGG
VACUUM_US_PER_KM = Decimal("3.336")  # nothing is faster
SILICA_US_PER_KM = Decimal("4.9")  # n ≈ 1.468: nothing in ordinary fibre is faster
IN_CITY, CITY_COUNTY, BETWEEN_CITIES = Decimal("1.4"), Decimal("1.3"), Decimal("1.25")

# Divisions that are one urban area with their city's seat; all others count as counties of that city.
URBAN = frozenset({"320100", "320113", "320200", "320214", "320400", "320412", "320500", "320571"})

# site, place, role, OXC, delay of a pass in µs (0 = optical pass-through, 50 = electrical hop)
SITES: tuple[tuple[str, str, str, bool, int], ...] = (
    ("sip-weiting", "320571", "access_point", False, 50),
    ("sip-shengpu", "gn8540498", "access_point", False, 50),
    ("jia-loufeng", "gn8328225", "county_aggregation", True, 0),
    ("jia-suzhou", "320500", "core", True, 0),
    ("jia-tongli", "gn1898493", "county_aggregation", True, 0),
    ("jia-wuxi", "320200", "core", True, 0),
    ("jia-changzhou", "320400", "core", True, 0),
    ("jia-zhenjiang", "321100", "core", True, 0),
    ("jia-nanjing", "320100", "core", True, 0),
    ("jia-yangzhou", "321000", "core", False, 50),
    ("jia-taizhou", "321200", "core", False, 50),
    ("jia-huaian", "320800", "core", True, 0),
    ("wujiang", "320509", "centre", False, 50),
    ("fenhu", "gn8328220", "centre", False, 50),
    ("kunshan", "320583", "centre", False, 50),
    ("wuxi", "gn1800872", "centre", False, 50),
    ("changzhou", "320412", "centre", False, 50),
    ("nanjing", "gn7318598", "centre", False, 50),
    ("huaian", "gn1810553", "centre", False, 50),
    ("yancheng", "320900", "centre", False, 50),
)

# span, ends, capacity in Mbps, shared-risk groups
SpanRow = tuple[str, str, str, int, tuple[str, ...]]
SPANS: tuple[SpanRow, ...] = (
    ("jia-weiting-loufeng", "sip-weiting", "jia-loufeng", 100_000, ()),
    ("jia-weiting-suzhou", "sip-weiting", "jia-suzhou", 100_000, ("jia-duct-sip-west",)),
    ("jia-weiting-shengpu", "sip-weiting", "sip-shengpu", 100_000, ()),
    ("jia-loufeng-suzhou", "jia-loufeng", "jia-suzhou", 400_000, ("jia-duct-sip-west",)),
    ("jia-loufeng-tongli", "jia-loufeng", "jia-tongli", 400_000, ()),
    ("jia-tongli-wujiang", "jia-tongli", "wujiang", 100_000, ()),
    ("jia-tongli-fenhu", "jia-tongli", "fenhu", 100_000, ()),
    ("jia-suzhou-wujiang", "jia-suzhou", "wujiang", 100_000, ()),
    ("jia-shengpu-fenhu", "sip-shengpu", "fenhu", 100_000, ()),
    ("jia-shengpu-kunshan", "sip-shengpu", "kunshan", 100_000, ()),
    ("jia-suzhou-kunshan", "jia-suzhou", "kunshan", 100_000, ()),
    ("jia-suzhou-wuxi", "jia-suzhou", "jia-wuxi", 400_000, ()),
    ("jia-wuxi-meicun", "jia-wuxi", "wuxi", 100_000, ()),
    ("jia-wuxi-changzhou", "jia-wuxi", "jia-changzhou", 400_000, ()),
    ("jia-changzhou-hutang", "jia-changzhou", "changzhou", 100_000, ()),
    ("jia-changzhou-zhenjiang", "jia-changzhou", "jia-zhenjiang", 400_000, ()),
    ("jia-zhenjiang-nanjing", "jia-zhenjiang", "jia-nanjing", 400_000, ()),
    ("jia-nanjing-maqun", "jia-nanjing", "nanjing", 100_000, ()),
    ("jia-loufeng-maqun", "jia-loufeng", "nanjing", 400_000, ()),  # the express wavelength to Nanjing
    ("jia-zhenjiang-yangzhou", "jia-zhenjiang", "jia-yangzhou", 200_000, ()),
    ("jia-yangzhou-huaian", "jia-yangzhou", "jia-huaian", 200_000, ()),
    ("jia-huaian-gaogou", "jia-huaian", "huaian", 100_000, ()),
    ("jia-yangzhou-taizhou", "jia-yangzhou", "jia-taizhou", 200_000, ()),
    ("jia-taizhou-yancheng", "jia-taizhou", "yancheng", 100_000, ()),
)


@dataclass(frozen=True)
class Place:
    """A row of places.csv: its key, GB/T 2260 code (6 digits), names, and WGS-84 degrees as the file writes them."""

    place: str
    code: str
    name_zh: str
    name_en: str
    lat: str
    lon: str


def read_places(rows: Iterable[Mapping[str, str]]) -> dict[str, Place]:
    """The rows of places.csv by their key; a missing column raises KeyError."""
    names = ("place", "code", "name_zh", "name_en", "lat", "lon")
    return {row["place"]: Place(**{name: row[name] for name in names}) for row in rows}


def great_circle_m(a: Place, b: Place) -> int:
    """Metres along the great circle (haversine on the mean sphere), rounded down: it serves as a lower bound."""
    lat_a, lat_b = math.radians(float(a.lat)), math.radians(float(b.lat))
    half_lon = math.radians(float(b.lon) - float(a.lon)) / 2
    chord = math.sin((lat_b - lat_a) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin(half_lon) ** 2
    return math.floor(2 * EARTH_RADIUS_M * math.asin(math.sqrt(chord)))


def route_factor(a: Place, b: Place) -> Decimal:
    """Planned route length over great circle: 1.4 in a city, 1.3 city to county, 1.25 between cities."""
    if a.code[:4] != b.code[:4]:
        return BETWEEN_CITIES
    same_area = a.code == b.code or {a.code, b.code} <= URBAN
    return IN_CITY if same_area else CITY_COUNTY


def fibre_us(metres: int) -> int:
    """Delay of silica fibre in µs one way, rounded up: ceil(metres × 49 / 10000), as selection counts it."""
    return -(-metres * 49 // 10_000)


def kilometres(metres: int) -> str:
    """Metres written as kilometres with three decimals."""
    return f"{metres // 1000}.{metres % 1000:03d}"


def build_network(places: Mapping[str, Place]) -> dict[str, Any]:
    """The content of network_jia.json; an unknown place or site raises KeyError."""
    where = {site: places[place] for site, place, *_ in SITES}
    sites = [
        {
            "site": site,
            "name": f"示范{where[site].name_zh}站（{MARKING}）",
            "place": place,
            "city": where[site].code,
            "lat": where[site].lat,
            "lon": where[site].lon,
            "role": role,
            "oxc": oxc,
            "hop_us": hop_us,
        }
        for site, place, role, oxc, hop_us in SITES
    ]
    return {
        "marking": MARKING,
        "line_provider": "line-jia",
        "sites": sites,
        "spans": [_span(where, row) for row in SPANS],
    }


def _span(where: Mapping[str, Place], row: SpanRow) -> dict[str, Any]:
    span, a, b, capacity_mbps, srlg = row
    direct_m, factor = great_circle_m(where[a], where[b]), route_factor(where[a], where[b])
    return {
        "span": span,
        "a": a,
        "b": b,
        "kind": "fibre",
        "medium": "silica",
        "great_circle_km": kilometres(direct_m),
        "route_factor": str(factor),
        "km": kilometres(math.ceil(direct_m * factor)),
        "capacity_mbps": capacity_mbps,
        "srlg": list(srlg),
    }


def least_latency_us(
    network: Mapping[str, Any], measured_us: Mapping[str, int], start: str
) -> dict[str, int]:
    """Least one-way optical latency in µs from `start` to each site: measured spans as measured, others estimated.

    Passing a site between the ends costs its `hop_us`; the ends themselves cost nothing.
    """
    hop_us = {site["site"]: int(site["hop_us"]) for site in network["sites"]}
    edges: dict[str, list[tuple[str, int]]] = {site: [] for site in hop_us}
    for span in network["spans"]:
        metres = int(span["km"].replace(".", ""))
        cost_us = measured_us.get(span["span"], fibre_us(metres))
        edges[span["a"]].append((span["b"], cost_us))
        edges[span["b"]].append((span["a"], cost_us))
    best: dict[str, int] = {}
    queue = [(0, start)]
    while queue:
        so_far_us, site = heapq.heappop(queue)
        if site in best:
            continue
        best[site] = so_far_us
        pass_us = 0 if site == start else hop_us[site]
        for other, cost_us in edges[site]:
            heapq.heappush(queue, (so_far_us + pass_us + cost_us, other))
    return best


@dataclass(frozen=True)
class Verdict:
    """One centre against a strict bound: µs one way, all from the same start.

    `vacuum_us` and `silica_us` are lower bounds over the great circle, `upper_us` is the best known path.
    """

    centre: str
    great_circle_m: int
    vacuum_us: int
    silica_us: int
    upper_us: int
    verdict: str


def verdicts(
    network: Mapping[str, Any], measured_us: Mapping[str, int], start: str, bound_us: int
) -> list[Verdict]:
    """Each centre of the network: pass (upper < bound), fail (silica bound ≥ bound) or inconclusive (between)."""
    where = {s["site"]: Place(s["place"], s["city"], "", "", s["lat"], s["lon"]) for s in network["sites"]}
    upper = least_latency_us(network, measured_us, start)
    found = []
    for site in (s["site"] for s in network["sites"] if s["role"] == "centre"):
        direct_m = great_circle_m(where[start], where[site])
        vacuum_us, silica_us = (
            math.floor(direct_m * rate / 1000) for rate in (VACUUM_US_PER_KM, SILICA_US_PER_KM)
        )
        verdict = "pass" if upper[site] < bound_us else "fail" if silica_us >= bound_us else "inconclusive"
        found.append(Verdict(site, direct_m, vacuum_us, silica_us, upper[site], verdict))
    return found
