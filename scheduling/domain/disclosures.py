"""What line providers disclose: sites, spans, tariffs and committed lines, and what geography refuses."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from scheduling.domain.areas import covers
from scheduling.domain.elements import KEY, LONGEST_TEXT, Element, Fault
from scheduling.domain.light import Medium, faster_than
from scheduling.domain.rows import TABLES, Column
from scheduling.domain.sites import Point, SiteRole
from scheduling.domain.technologies import why_no_step
from scheduling.domain.working_days import DayCount

SITE_COLUMNS = (
    Column("site", pattern=KEY),
    Column("name"),
    Column("place", empty=""),
    Column("city", pattern="[0-9]{6}"),
    Column("lat", "decimal", places=6, signed=True),
    Column("lon", "decimal", places=6, signed=True),
    Column("role", pattern="|".join(SiteRole.codes())),
    Column("oxc", "integer", 0, pattern="[01]"),
    Column("otn_100g", "integer", 0, pattern="[01]"),
    Column("service_area", "area", None),
    Column("hop_us", "integer", 50),
)
_LOSS = Column("loss", "decimal", Decimal(0), 9, pattern=r"0(\.[0-9]*)?|1(\.0*)?")
SPAN_COLUMNS = (
    Column("span", pattern=KEY),
    Column("a", pattern=KEY),
    Column("b", pattern=KEY),
    Column("medium", empty=Medium.SILICA.value, pattern=f"{Medium.SILICA}|{Medium.HOLLOW_CORE}"),
    Column("km", "decimal", places=3, pattern=r"[0-9]{1,5}(\.[0-9]{1,3})?"),
    Column("capacity_mbps", "integer"),
    Column("jitter_us", "integer", 0),
    _LOSS,
    Column("srlg", "names", ()),
)
DERIVED = frozenset({"kind", "great_circle_km", "route_factor"})
"""Members of a span that say how its km came about; the node works the great circle out itself."""
COMMITTED_COLUMNS = (
    Column("line", pattern=KEY),
    Column("line_provider", pattern=KEY),
    Column("a_area", pattern="[0-9]{6}"),
    Column("a_site", pattern=KEY),
    Column("z_centre", pattern=KEY),
    Column("z_site", pattern=KEY),
    Column("capacity_mbps", "integer"),
    Column("committed_latency_us", "integer"),
    Column("jitter_us", "integer", 0),
    _LOSS,
    Column("srlg", "names", ()),
)
_NARROWED = {"line_provider": KEY, "min_months": "[0-9]{1,3}", "lead_days": "[0-9]{1,4}"}
TARIFF_COLUMNS = (
    *(replace(column, pattern=_NARROWED.get(column.name, column.pattern)) for column in TABLES[2].columns),
    Column("lead_in", empty=DayCount.CALENDAR.value, pattern="|".join(DayCount.codes())),
)
"""The columns of the supply's tariffs, and what a tariff says beside them."""
HIGHEST_LAT, HIGHEST_LON = 90, 180


@dataclass(frozen=True, slots=True)
class Stretch:
    """A line between two sites as geography judges it: metres of fibre (None: not disclosed), latency in µs."""

    metres: Decimal | None
    latency_us: int | None
    medium: str


def coordinate_faults(sites: Iterable[Element]) -> list[Fault]:
    """A fault for each coordinate that is not on earth, and for (0, 0), which stands for unknown in what others write."""
    faults = []
    for site in sites:
        if site.values["lat"] == site.values["lon"] == 0:
            faults.append(
                site.fault(
                    "lat",
                    "no_coordinates",
                    "坐标 (0, 0) 表示未知；请填写实际经纬度（WGS-84）",
                    "(0, 0) stands for unknown: give its place (WGS-84)",
                )
            )
        for name, highest in (("lat", HIGHEST_LAT), ("lon", HIGHEST_LON)):
            if abs(site.values[name]) > highest:
                faults.append(
                    site.fault(
                        name,
                        "impossible_coordinate",
                        f"须在 ±{highest} 度之内（WGS-84）",
                        f"must lie within ±{highest} degrees (WGS-84)",
                    )
                )
    return faults


def area_faults(sites: Iterable[Element]) -> list[Fault]:
    """A fault for each service area that misses the site that it is served from."""
    return [
        site.fault(
            "service_area",
            "area_misses_site",
            "服务区域须包含站点自身的坐标（GeoJSON 经度在前）",
            "a service area contains its own site (GeoJSON has the longitude first)",
        )
        for site in sites
        if (area := site.values["service_area"]) is not None
        and not covers(area, Point(site.values["lat"], site.values["lon"]))
    ]


def step_faults(tariffs: Iterable[Element]) -> list[Fault]:
    """A fault for each step that its technology is not sold in."""
    return [
        Fault(f"{tariff.pointer}/bandwidth_mbps", "step_out_of_range", why)
        for tariff in tariffs
        if (why := why_no_step(tariff.values["technology"], tariff.values["bandwidth_mbps"]))
    ]


def end_faults(line: Element, ends: tuple[str, str], known: Mapping[str, Point]) -> list[Fault]:
    """A fault for an end that is no site, and for a line from a site to itself."""
    faults = [
        line.fault(
            name,
            "unknown_site",
            f"没有站点 {line.values[name]}，请先登记",
            f"no site {line.values[name]}: register it first",
        )
        for name in ends
        if line.values[name] not in known
    ]
    if line.values[ends[0]] == line.values[ends[1]]:
        faults.append(
            line.fault(ends[1], "self_loop", "两端不能是同一站点", "a span joins two different sites")
        )
    return faults


def why_impossible(stretch: Stretch, a: Point, b: Point) -> tuple[str, str, str] | None:
    """Why no such line can exist between the points: (code, zh, en); None where it can.

    Fibre is never shorter than its great circle, and nothing is faster than light in a vacuum.
    """
    metres = a.metres_to(b)
    km = f"{metres / 1000:.3f}"
    if stretch.metres is not None and stretch.metres < metres:
        return (
            "shorter_than_great_circle",
            f"光缆长度不能短于两端的大圆距离 {km} km",
            f"fibre cannot be shorter than the great circle of {km} km",
        )
    if stretch.latency_us is not None and faster_than(stretch.latency_us, metres, Medium.HOLLOW_CORE):
        return (
            "faster_than_light",
            f"{stretch.latency_us} µs 快于真空光速（大圆 {km} km）",
            f"{stretch.latency_us} µs is faster than light in a vacuum over the great circle of {km} km",
        )
    return None


@dataclass(frozen=True, slots=True)
class Route:
    """Between which two sites (by key) a span runs, and the risks that it names."""

    ends: frozenset[str]
    srlg: tuple[str, ...]


def shared_risks(routes: Mapping[str, Route]) -> dict[str, str]:
    """The risk that each of a line provider's spans, by key, shares with those between the same two sites, where it does.

    They share one as long as any of them names none: nobody has said that they run apart. Where each names its own,
    what they name decides.
    """
    between: dict[frozenset[str], list[str]] = {}
    for key, route in routes.items():
        between.setdefault(route.ends, []).append(key)
    found: dict[str, str] = {}
    for ends, keys in between.items():
        risk = "--".join(sorted(ends))
        if len(risk) > LONGEST_TEXT:
            risk = hashlib.sha256(risk.encode()).hexdigest()
        if len(keys) > 1 and any({*routes[key].srlg} <= {risk} for key in keys):
            found |= dict.fromkeys(keys, risk)
    return found
