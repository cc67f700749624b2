"""Circles from what was declared, in degrees: drawn in the plane, told as numbers and as GeoJSON."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from scheduling.domain.circles.areas import plain_area, shape_of
from scheduling.domain.circles.circles import (
    Basis,
    Population,
    Variant,
    circle,
    conceivable,
    reached,
    served_areas,
    share,
    square_km,
    variant,
)
from scheduling.domain.circles.plane import Plane
from scheduling.domain.routing.network import Network
from scheduling.domain.sites import Point


@dataclass(frozen=True, slots=True)
class Hub:
    """A centre as circles need it: the key of its site, where that is (None: not registered), its design size."""

    key: str
    site: str
    point: Point | None
    standard_racks: Decimal


@dataclass(frozen=True, slots=True)
class AccessPoint:
    """An access point: whose, where it is, and the service area that is declared of it."""

    key: str
    carrier: str
    point: Point
    area: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class CircleProfile:
    """The versioned rules: the strict bound in µs, what is medium, and which variant is the one reported."""

    version: str
    status: str
    source: str
    below_us: int
    medium_standard_racks: int
    reported_centres: Population


class Drawing:
    """The circles of the centres of one metropolitan area."""

    def __init__(
        self,
        *,
        boundary: Mapping[str, Any],
        hubs: Sequence[Hub],
        points: Sequence[AccessPoint],
        networks: Iterable[Network],
        profile: CircleProfile,
    ) -> None:
        """Draw them; `boundary` and the areas of `points` are GeoJSON in their normal form."""
        self.hubs, self.points, self.profile = hubs, points, profile
        self._plane = Plane(shape_of(boundary))
        self.metro = self._plane.flat(shape_of(boundary))
        self.areas = served_areas(
            {each.key: self._plane.flat(_spot(each.point)) for each in points},
            {each.key: self._plane.flat(shape_of(each.area)) for each in points if each.area},
            self.metro,
        )
        networks = list(networks)
        self._reached = {hub.site: reached(networks, hub.site, profile.below_us) for hub in hubs}
        self.circles = [
            circle(
                hub.key,
                medium=hub.standard_racks >= profile.medium_standard_racks,
                sites=self._reached[hub.site],
                areas=self.areas,
            )
            for hub in hubs
        ]
        self.variants = [variant(each, self.circles, self.areas, self.metro) for each in Population]

    def numbers(self) -> dict[str, Any]:
        """Every number with what it is of: km² and shares as texts, each share with its denominator."""
        rests = [each.basis for each in self.areas.values()]
        return {
            "metro_km2": str(square_km(self.metro)),
            "access_points": len(self.points),
            "areas": {basis.value: rests.count(basis) for basis in Basis},
            "variants": [self._variant(each) for each in self.variants],
            "pairs": self._pairs(),
            "circles": [
                {
                    "centre": each.centre,
                    "standard_racks": f"{hub.standard_racks.normalize():f}",
                    "medium_plus": each.medium,
                    "site_registered": hub.point is not None,
                    "access_points": len(each.points),
                    "km2": str(each.km2),
                    "fallback_km2": str(each.fallback_km2),
                }
                for hub, each in zip(self.hubs, self.circles, strict=True)
            ],
        }

    def _pairs(self) -> dict[str, int]:
        """The pairs of medium and larger centres: how many are below the bound, and how many of the others light could be."""
        medium = [hub for hub in self.hubs if hub.standard_racks >= self.profile.medium_standard_racks]
        pairs = list(combinations(medium, 2))
        others = [(one, two) for one, two in pairs if two.site not in self._reached[one.site]]
        open_ = [
            one
            for one, two in others
            if one.point is None
            or two.point is None
            or conceivable({one.key: one.point}, [two.point], self.profile.below_us)
        ]
        return {"count": len(pairs), "below": len(pairs) - len(others), "inconclusive": len(open_)}

    def features(self) -> dict[str, Any]:
        """The boundary, the circle of each centre, the union of each variant and the area of each access point."""
        found = [_feature("boundary", self._geometry(self.metro))]
        for drawn in self.circles:
            told = {
                "centre": drawn.centre,
                "medium_plus": drawn.medium,
                "access_points": sorted(drawn.points),
            }
            found.append(_feature("circle", self._geometry(drawn.shape), **told))
        found += [
            _feature("union", self._geometry(each.shape), centres=each.centres.value)
            for each in self.variants
        ]
        for point in self.points:
            area = self.areas[point.key]
            told = {"site": point.key, "carrier": point.carrier, "basis": area.basis.value}
            found.append(_feature("access_point", self._geometry(area.shape), **told))
        return {"type": "FeatureCollection", "features": found}

    def _variant(self, each: Variant) -> dict[str, Any]:
        counted = [
            hub
            for hub, drawn in zip(self.hubs, self.circles, strict=True)
            if drawn.medium or each.centres is Population.ALL
        ]
        left = {point.key: point.point for point in self.points if point.key not in each.points}
        could = conceivable(left, [hub.point for hub in counted if hub.point], self.profile.below_us)
        return {
            "centres": each.centres.value,
            "reported": each.centres is self.profile.reported_centres,
            "count": each.count,
            "sum_km2": str(each.sum_km2),
            "union_km2": str(each.union_km2),
            "fallback_km2": str(each.fallback_km2),
            "coverage": str(each.coverage),
            "coverage_of": "metro_boundary",
            "access_points_reached": len(each.points),
            "access_points_inconclusive": len(could),
            "access_points_share": str(share(Decimal(len(each.points)), Decimal(len(self.points)))),
        }

    def _geometry(self, shape: BaseGeometry) -> dict[str, Any] | None:
        return None if shape.is_empty else plain_area(self._plane.degrees(shape))


def _feature(kind: str, geometry: dict[str, Any] | None, **told: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": {"kind": kind, **told}}


def _spot(point: Point) -> shapely.Point:
    return shapely.Point(float(point.lon), float(point.lat))
