"""One-millisecond circles: the area of the access points that centres reach within a strict optical latency, one way.

How an area is made and what it is a share of is stated with every number (docs/decisions/0021). Geometries here are
in metres, in an equal-area plane.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import shapely
from shapely.geometry.base import BaseGeometry

from kernel.text import Vocabulary
from scheduling.domain.light import Medium, floor_us
from scheduling.domain.routing.distances import Distances, usable_spans
from scheduling.domain.routing.network import Network
from scheduling.domain.routing.path_orders import LATENCY
from scheduling.domain.sites import Point

SQUARE_KM = 10**6
ANY_BANDWIDTH = -(10**18)
"""Below whatever a span can have free: a circle is of the network, not of what is left to sell."""


class Basis(Vocabulary):
    """What the area of an access point rests on."""

    DECLARED = "declared", "运营商申报的服务区域", "Service area as declared"
    VORONOI = "voronoi", "泰森多边形（未申报时的后备）", "Voronoi cell, where none is declared"
    NOWHERE = "nowhere", "站点在城市边界之外且未申报", "None: outside the boundary, none declared"


class Population(Vocabulary):
    """Which centres are counted: the glossary says all, the notice says medium and larger (SCHEME §7)."""

    ALL = "all", "全部算力中心", "All centres"
    MEDIUM = "medium_plus", "中型及以上算力中心", "Medium and larger centres"


@dataclass(frozen=True, slots=True)
class Served:
    """The area of one access point, clipped to the metro, and what it rests on."""

    shape: BaseGeometry
    basis: Basis


@dataclass(frozen=True, slots=True)
class Circle:
    """The circle of one centre: the access points that it reaches, their area, and what of that rests on Voronoi cells alone."""

    centre: str
    medium: bool
    points: frozenset[str]
    shape: BaseGeometry
    fallback: BaseGeometry

    @property
    def km2(self) -> Decimal:
        """Its area, to the square metre."""
        return square_km(self.shape)

    @property
    def fallback_km2(self) -> Decimal:
        """What of its area rests on Voronoi cells alone."""
        return square_km(self.fallback)


@dataclass(frozen=True, slots=True)
class Variant:
    """The circles of a population of centres together: `sum_km2` counts an overlap once for each, `union_km2` once.

    Coverage is the union as a share of the metro's boundary; `fallback_km2` is what of the union rests on Voronoi
    cells alone.
    """

    centres: Population
    count: int
    sum_km2: Decimal
    union_km2: Decimal
    fallback_km2: Decimal
    coverage: Decimal
    points: frozenset[str]
    shape: BaseGeometry


def reached(networks: Iterable[Network], site: str, below_us: int) -> frozenset[str]:
    """The sites that some network joins to `site` in strictly less than `below_us`, by the upper bound of each span.

    A pass through a site counts, the two ends do not; the site reaches itself.
    """
    found = {site}
    for network in networks:
        start = network.site_index.get(site)
        if start is None:
            continue
        distances = Distances(usable_spans(network, ANY_BANDWIDTH), start)
        if distances.exact(LATENCY):
            latency = distances.ahead(LATENCY)
            found |= {key for key, at in network.site_index.items() if latency[at] < below_us}
    return frozenset(found)


def conceivable(places: Mapping[str, Point], centres: Iterable[Point], below_us: int) -> frozenset[str]:
    """The places that light in a vacuum could reach from some centre in time: whether the fibre does has to be measured."""
    hubs = list(centres)
    return frozenset(
        key
        for key, place in places.items()
        if any(floor_us(place.metres_to(hub), Medium.HOLLOW_CORE) < below_us for hub in hubs)
    )


def served_areas(
    places: Mapping[str, shapely.Point], declared: Mapping[str, BaseGeometry], metro: BaseGeometry
) -> dict[str, Served]:
    """The area of each access point: what is declared of it, else its Voronoi cell among all; both within the metro.

    Points at one place share a cell. One outside the metro has none, and takes none from the others.
    """
    inside = {key: place for key, place in places.items() if metro.covers(place)}
    cells = _cells(inside, metro) if inside.keys() - declared.keys() else {}
    found = {}
    for key in places:
        if key in declared:
            found[key] = Served(_polygons(declared[key].intersection(metro)), Basis.DECLARED)
        elif key in inside:
            found[key] = Served(cells[key], Basis.VORONOI)
        else:
            found[key] = Served(shapely.Polygon(), Basis.NOWHERE)
    return found


def circle(centre: str, *, medium: bool, sites: frozenset[str], areas: Mapping[str, Served]) -> Circle:
    """The circle of a centre that reaches these sites."""
    points = sites & areas.keys()
    return Circle(centre, medium, points, *_joined(points, areas))


def variant(
    population: Population, circles: Iterable[Circle], areas: Mapping[str, Served], metro: BaseGeometry
) -> Variant:
    """The numbers of one population of centres."""
    counted = [each for each in circles if each.medium or population is Population.ALL]
    points = frozenset[str]().union(*(each.points for each in counted))
    shape, fallback = _joined(points, areas)
    return Variant(
        centres=population,
        count=len(counted),
        sum_km2=sum((each.km2 for each in counted), Decimal(0)),
        union_km2=square_km(shape),
        fallback_km2=square_km(fallback),
        coverage=share(Decimal(shape.area), Decimal(metro.area)),
        points=points,
        shape=shape,
    )


def _joined(points: frozenset[str], areas: Mapping[str, Served]) -> tuple[BaseGeometry, BaseGeometry]:
    """The area of access points together, and what of it rests on Voronoi cells alone."""
    served = [areas[key] for key in sorted(points)]
    sure = shapely.union_all([each.shape for each in served if each.basis is Basis.DECLARED])
    cells = shapely.union_all([each.shape for each in served if each.basis is Basis.VORONOI])
    return sure.union(cells), cells.difference(sure)


def share(part: Decimal, whole: Decimal) -> Decimal:
    """A share to four decimals, rounded down, so that none passes a threshold by rounding; 0 of nothing is 0."""
    return Decimal(int(part * 10_000 / whole)).scaleb(-4) if whole else Decimal(0)


def square_km(shape: BaseGeometry) -> Decimal:
    """The area of a geometry in metres, in km² to the square metre."""
    return Decimal(round(shape.area)) / SQUARE_KM


def _cells(places: Mapping[str, shapely.Point], metro: BaseGeometry) -> dict[str, BaseGeometry]:
    spots = sorted({(place.x, place.y) for place in places.values()})
    if len(spots) == 1:
        cells = [metro]
    else:
        drawn = shapely.voronoi_polygons(shapely.MultiPoint(spots), extend_to=metro, ordered=True)
        cells = [_polygons(cell.intersection(metro)) for cell in shapely.get_parts(drawn)]
    at = dict(zip(spots, cells, strict=True))
    return {key: at[place.x, place.y] for key, place in places.items()}


def _polygons(shape: BaseGeometry) -> BaseGeometry:
    """What of an intersection has an area: edges and corners where two areas only touch have none."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    return shapely.MultiPolygon(parts) if len(parts) != 1 else parts[0]
