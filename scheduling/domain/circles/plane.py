"""An equal-area plane around a place, so that square kilometres are true wherever a metropolitan area lies."""

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

if TYPE_CHECKING:
    from pyproj import Transformer

STEP = 0.02
"""Degrees after which an edge gets a position of its own, so that it stays straight in degrees (RFC 7946 §3.1.1)."""


class Plane:
    """Lambert's azimuthal equal-area projection of WGS-84, in metres, centred on a geometry in degrees."""

    def __init__(self, around: BaseGeometry) -> None:
        from pyproj import Transformer  # a library of its own with its data, which few processes ever need

        middle = around.centroid
        flat = f"+proj=laea +lat_0={middle.y:.6f} +lon_0={middle.x:.6f} +ellps=WGS84 +units=m"
        self._there = Transformer.from_crs("EPSG:4326", flat, always_xy=True)
        self._back = Transformer.from_crs(flat, "EPSG:4326", always_xy=True)

    def flat(self, shape: BaseGeometry) -> BaseGeometry:
        """A geometry in degrees as one in metres."""
        return shapely.transform(shapely.segmentize(shape, STEP), lambda xy: _moved(self._there, xy))

    def degrees(self, shape: BaseGeometry) -> BaseGeometry:
        """A geometry in metres as one in degrees."""
        return shapely.transform(shape, lambda xy: _moved(self._back, xy))


def _moved(transformer: "Transformer", xy: NDArray[Any]) -> NDArray[np.float64]:
    return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))
