"""Areas that people declare, as GeoJSON polygons in WGS-84 (RFC 7946), and why a text is none."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from kernel.text import Text
from scheduling.domain.sites import Point

PLACES = 6
"""Decimals of a degree that are kept: a decimetre."""
MOST_POSITIONS = 5_000
LEAST_POSITIONS = 4  # a triangle, closed
HIGHEST_LON, HIGHEST_LAT = 180, 90
WIDEST_DEGREES = 15
"""The most that an area spans: no city of China is so wide, and what crosses the antimeridian spans 360."""
LONGEST_SHOWN = 60
DEPTHS = {"Polygon": 1, "MultiPolygon": 2}
"""Kind of an area → how many lists its rings lie in."""


class AreaError(ValueError):
    """A value is no area; `code` is stable, `text` says why in both languages."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        self.code, self.text = code, Text(zh, en)
        super().__init__(en)


def read_area(given: object) -> dict[str, Any]:
    """A Polygon or MultiPolygon in its normal form: six decimals, outer rings anticlockwise, nothing but its members.

    Raises AreaError for another shape, an open ring, a position that is not on earth, a ring that crosses
    itself, or an area that spans more than `WIDEST_DEGREES`.
    """
    if not isinstance(given, Mapping) or set(given) != {"type", "coordinates"}:
        raise AreaError(
            "bad_area",
            "须为只含 type 与 coordinates 的 GeoJSON 几何（WGS-84，经度在前）",
            "a GeoJSON geometry of type and coordinates is expected (WGS-84, longitude first)",
        )
    if given["type"] not in DEPTHS:
        raise AreaError("bad_area", "须为 Polygon 或 MultiPolygon", "a Polygon or a MultiPolygon is expected")
    try:
        rings = _rings(given["coordinates"], DEPTHS[given["type"]])
        if sum(len(ring) for ring in rings) > MOST_POSITIONS:
            zh, en = f"至多 {MOST_POSITIONS} 个点", f"at most {MOST_POSITIONS} positions"
            raise AreaError("bad_area", zh, en)
        shape = _shape(given)
    except (TypeError, ValueError, IndexError, shapely.errors.ShapelyError) as error:
        if isinstance(error, AreaError):
            raise
        raise AreaError(
            "bad_area",
            "坐标须为由 [经度, 纬度] 组成的环",
            "coordinates must be rings of [longitude, latitude]",
        ) from error
    if not shape.is_valid:
        why = shapely.is_valid_reason(shape)
        raise AreaError("bad_area", f"多边形无效：{why}", f"the polygon is not valid: {why}")
    west, south, east, north = shape.bounds
    if max(east - west, north - south) > WIDEST_DEGREES:
        raise AreaError(
            "area_too_wide",
            f"经、纬度跨度均不得超过 {WIDEST_DEGREES} 度，且不得跨越 180 度经线；请核对坐标",
            f"an area spans at most {WIDEST_DEGREES} degrees each way, and does not cross the antimeridian: check its positions",
        )
    return plain_area(shape)


def shape_of(area: Mapping[str, Any]) -> BaseGeometry:
    """An area in its normal form as a geometry in degrees."""
    return shapely.geometry.shape(area)


def covers(area: Mapping[str, Any], point: Point) -> bool:
    """Whether a place lies within an area or on its edge."""
    return bool(shape_of(area).covers(shapely.Point(float(point.lon), float(point.lat))))


def farthest_m(area: Mapping[str, Any], point: Point) -> Decimal:
    """Metres of great circle from a place to the farthest position of an area."""
    corners = shapely.get_coordinates(shape_of(area).convex_hull)
    return max(point.metres_to(Point(Decimal(lat), Decimal(lon))) for lon, lat in corners)


def plain_area(shape: BaseGeometry) -> dict[str, Any]:
    """A polygonal geometry in degrees as GeoJSON in its normal form."""
    turned = shapely.orient_polygons(shape, exterior_cw=False)
    return {"type": turned.geom_type, "coordinates": _lists(shapely.geometry.mapping(turned)["coordinates"])}


def _rings(coordinates: Any, depth: int) -> list[Sequence[Any]]:
    """The rings, each closed and all its positions on earth."""
    if depth > 1:
        return [ring for part in _some(coordinates) for ring in _rings(part, depth - 1)]
    rings = [_some(ring) for ring in _some(coordinates)]
    for ring in rings:
        if len(ring) < LEAST_POSITIONS or ring[0] != ring[-1]:
            raise AreaError(
                "bad_area",
                f"每个环至少 {LEAST_POSITIONS} 个点且首尾相同",
                f"a ring has at least {LEAST_POSITIONS} positions and ends where it begins",
            )
        for position in ring:
            lon, lat = position
            if not all(isinstance(each, int | float) and not isinstance(each, bool) for each in (lon, lat)):
                raise TypeError(position)
            if not (abs(lon) <= HIGHEST_LON and abs(lat) <= HIGHEST_LAT):  # which no NaN is
                shown = f"[{lon}, {lat}]"[:LONGEST_SHOWN]
                raise AreaError(
                    "impossible_coordinate",
                    f"{shown} 不在地球上；经度在前，WGS-84 度",
                    f"{shown} is not on earth: longitude first, degrees of WGS-84",
                )
    return rings


def _some(value: Any) -> Sequence[Any]:
    if not isinstance(value, list | tuple) or not value:
        raise TypeError(value)
    return value


def _shape(given: Mapping[str, Any]) -> BaseGeometry:
    return shapely.geometry.shape({"type": given["type"], "coordinates": _lists(given["coordinates"])})


def _lists(value: Any) -> Any:
    """Nested sequences of numbers as lists, each number with the decimals that are kept."""
    return (
        [_lists(each) for each in value] if isinstance(value, list | tuple) else round(float(value), PLACES)
    )
