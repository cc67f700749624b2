"""What line providers disclose: sites, spans, tariffs and committed lines, and what geography refuses."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from kernel.domain.imports import Fault
from kernel.text import Text
from scheduling.domain.circles.areas import covers, farthest_m
from scheduling.domain.ends import Tail
from scheduling.domain.light import Medium, faster_than
from scheduling.domain.rows import FIBRE, FLAG, TABLES, Column
from scheduling.domain.sites import Point, SiteRole
from scheduling.domain.technologies import why_no_step
from scheduling.domain.topologies.elements import KEY, LONGEST_TEXT, Element
from scheduling.domain.working_days import DayCount

LONGEST_US = 10_000_000  # ten seconds: more is no line
LONGEST_HOP_US = 10_000
WIDEST_MBPS = 10**9
SITE_COLUMNS = (
    Column("site", pattern=KEY),
    Column("name"),
    Column("place", empty=""),
    Column("city", pattern="[0-9]{6}"),
    Column("lat", "decimal", places=6, signed=True),
    Column("lon", "decimal", places=6, signed=True),
    Column("role", pattern="|".join(SiteRole.codes())),
    Column("oxc", "integer", 0, pattern=FLAG),
    Column("otn_100g", "integer", 0, pattern=FLAG),
    Column("service_area", "area", None),
    Column("hop_us", "integer", 50, most=LONGEST_HOP_US),
)
_LOSS = Column("loss", "decimal", Decimal(0), 9, pattern=r"0(\.[0-9]*)?|1(\.0*)?")
SPAN_COLUMNS = (
    Column("span", pattern=KEY),
    Column("a", pattern=KEY),
    Column("b", pattern=KEY),
    Column("medium", empty=Medium.SILICA.value, pattern=f"{Medium.SILICA}|{Medium.HOLLOW_CORE}"),
    Column("km", "decimal", places=3, pattern=r"[0-9]{1,5}(\.[0-9]+)?"),
    Column("capacity_mbps", "integer", most=WIDEST_MBPS),
    Column("jitter_us", "integer", 0, most=LONGEST_US),
    _LOSS,
    Column("srlg", "names", ()),
)
DERIVED = frozenset({"kind", "great_circle_km", "route_factor"})
"""Members of a span that say how its km came about; the node works the great circle out itself."""
OF_SUPPLY = frozenset({"line_provider", "measured_us", "reserved_mbps"})
"""Members of a span in the files of a supply that a disclosure does not have."""
COMMITTED_COLUMNS = (
    Column("line", pattern=KEY),
    Column("line_provider", pattern=KEY),
    Column("a_area", pattern="[0-9]{6}"),
    Column("a_site", pattern=KEY),
    Column("z_centre", pattern=KEY),
    Column("z_site", pattern=KEY),
    Column("capacity_mbps", "integer", most=WIDEST_MBPS),
    Column("committed_latency_us", "integer", most=LONGEST_US),
    Column("jitter_us", "integer", 0, most=LONGEST_US),
    _LOSS,
    Column("srlg", "names", ()),
)
_NARROWED = {"line_provider": KEY, "min_months": "[0-9]{1,3}", "lead_days": "[0-9]{1,4}"}
_BOUNDED = {"terminal_us": LONGEST_US}
TARIFF_COLUMNS = (
    *(
        replace(column, pattern=_NARROWED.get(column.name, column.pattern), most=_BOUNDED.get(column.name))
        for column in TABLES[2].columns
    ),
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


@dataclass(frozen=True, slots=True)
class SpansOfFile:
    """The spans of a CSV as (pointer, members), what is wrong with the others, and what was not taken of them."""

    spans: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    flags: list[Fault] = field(default_factory=list)


def spans_of_file(given: Iterable[tuple[str, Mapping[str, str]]], line_provider: str) -> SpansOfFile:
    """What a CSV tells of a provider's fibre, be it of the columns of a disclosure or of a supply.

    Whose it is says the request, or else (an empty `line_provider`) each row. A latency is not taken: it comes as evidence.
    """
    found = SpansOfFile()
    for pointer, cells in given:
        row, wrong = Element(pointer, cells), []
        told = cells.get("line_provider", "") or line_provider
        if not re.fullmatch(KEY, told, re.ASCII):
            zh = f"须为线路商代号（{KEY}）：写在此处，或作请求的 line_provider"
            en = f"a line provider's key ({KEY}) is required, here or as the request's line_provider"
            wrong.append(row.fault("line_provider", "bad_value", zh, en))
        elif line_provider and told != line_provider:
            wrong.append(
                row.fault(
                    "line_provider",
                    "mixed_providers",
                    f"该行属于其他线路商；请只提交 {line_provider} 的光缆段",
                    f"this row is another provider's: send those of {line_provider} only",
                )
            )
        if cells.get("kind", "") not in ("", FIBRE):
            wrong.append(
                row.fault(
                    "kind",
                    "not_fibre",
                    "只接受光缆段；承诺线路请用 committed-lines:import",
                    "fibre is taken only: a committed line comes by committed-lines:import",
                )
            )
        found.faults.extend(wrong)
        if wrong:
            continue
        if cells.get("measured_us"):
            found.flags.append(
                row.fault(
                    "measured_us",
                    "latency_not_taken",
                    "时延未采用；请提交 latency-evidence",
                    "the latency is not taken: submit it as latency-evidence",
                )
            )
        disclosed = {name: cell for name, cell in cells.items() if name not in OF_SUPPLY}
        found.spans.append((pointer, disclosed))
    return found


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


def city_faults(
    sites: Iterable[Element],
    why_none: Callable[[str], Text | None],
    why_elsewhere: Callable[[str, Decimal, Decimal], Text | None],
) -> list[Fault]:
    """A fault for each city that is no division of GB/T 2260, and for coordinates that are far from it.

    The two say why a code is none, and why coordinates are not in its prefecture; None where there is nothing to say.
    """
    faults = []
    for site in sites:
        city = site.values["city"]
        if why := why_none(city):
            faults.append(site.fault("city", "unknown_division", why.zh, why.en))
        elif not coordinate_faults([site]) and (
            why := why_elsewhere(city, site.values["lat"], site.values["lon"])
        ):
            faults.append(site.fault("lat", "site_elsewhere", why.zh, why.en))
    return faults


def area_faults(sites: Iterable[Element], most_m: int, route_factor: Decimal) -> list[Fault]:
    """A fault for each service area that misses the site that it is served from, or reaches farther than its carrier builds.

    `most_m` are metres of cable, of which `route_factor` go into a metre of great circle.
    """
    faults = []
    for site in sites:
        area, point = site.values["service_area"], Point(site.values["lat"], site.values["lon"])
        if area is None:
            continue
        if not covers(area, point):
            faults.append(
                site.fault(
                    "service_area",
                    "area_misses_site",
                    "服务区域须包含站点自身的坐标（GeoJSON 经度在前）",
                    "a service area contains its own site (GeoJSON has the longitude first)",
                )
            )
        elif (cable_m := Tail.over(farthest_m(area, point), route_factor).cable_m) > most_m:
            zh = f"服务区域最远处距站点约 {cable_m} 米光缆，至多 {most_m} 米（本主体与本节点接入分级的最远者，取较近的）；请核对坐标，或将区域分给各自所在的接入点"
            en = (
                f"its farthest place is about {cable_m} m of cable away, and {most_m} m is the most (the farthest class of "
                "ends, yours or the node's, whichever is nearer): check its positions, or divide it among access points"
            )
            faults.append(site.fault("service_area", "area_too_far", zh, en))
    return faults


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
