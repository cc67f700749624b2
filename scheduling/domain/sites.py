"""Sites of a network: their roles, and the nearest ones to a place."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from kernel.quantities import great_circle_m
from kernel.text import Vocabulary


class SiteRole(Vocabulary):
    """What a site is in the network; core and county aggregation stations are the important ones (SCHEME §7)."""

    ACCESS_POINT = "access_point", "综合接入点", "Integrated access point"
    COUNTY_AGGREGATION = "county_aggregation", "区县汇聚站", "County aggregation station"
    CORE = "core", "核心站", "Core station"
    CENTRE = "centre", "算力中心站", "Station of a compute centre"


IMPORTANT = frozenset({SiteRole.CORE, SiteRole.COUNTY_AGGREGATION})
"""The important stations: all core ones and those of district and county aggregation (SCHEME §7)."""


METRO = "[0-9]{2}(0[1-9]|[1-9][0-9])00|(11|12|31|50)0000"
"""The division of a metropolitan area (GB/T 2260): a city, or a municipality under the central government."""


@dataclass(frozen=True, slots=True)
class Point:
    """A place on earth, WGS-84 degrees."""

    lat: Decimal
    lon: Decimal

    def metres_to(self, other: "Point") -> Decimal:
        """Great-circle distance, to the millimetre."""
        metres = great_circle_m(float(self.lat), float(self.lon), float(other.lat), float(other.lon))
        return Decimal(f"{metres:.3f}")


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """A site as selection needs it; `place` and `city` are division codes (GB/T 2260), `place` may be finer."""

    id: UUID
    key: str
    place: str
    city: str
    role: str
    point: Point
