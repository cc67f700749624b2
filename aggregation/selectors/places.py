"""Whether centres can be where they say: in their division, and at the site where they meet the network."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, Subquery

from aggregation.domain.centres import why_off_site
from identifiers.selectors.divisions import why_elsewhere
from kernel.quantities import great_circle_m
from kernel.stations import stations
from kernel.text import Text

Point = tuple[Decimal, Decimal]
"""Latitude and longitude, WGS-84 degrees."""


@dataclass(frozen=True, slots=True)
class Placing:
    """What contradicts the coordinates of a centre: its division, and its site; None is nothing."""

    elsewhere: Text | None
    off_site: Text | None


def placing_of(centre: Any, sites: Mapping[str, Point]) -> Placing:
    """What contradicts the coordinates of a centre, as far as its site is among those that are known by their keys."""
    off_site = None
    if point := sites.get(centre.site):
        metres = great_circle_m(float(centre.lat), float(centre.lon), *map(float, point))
        off_site = why_off_site(site=centre.site, metres=round(metres), reach_m=stations().reach_m())
    return Placing(why_elsewhere(centre.division, centre.lat, centre.lon), off_site)


def at_site(path: str) -> dict[str, Any]:
    """The annotations `site_lat` and `site_lon` of rows whose `path` is the key of a site; None where it is unknown."""
    rows = stations().rows().filter(key=OuterRef(path)).order_by()
    return {f"site_{name}": Subquery(rows.values(name)) for name in ("lat", "lon")}


def points(sites: set[str]) -> dict[str, Point]:
    """Where the sites of these keys are; unknown keys are absent."""
    rows = stations().rows().filter(key__in=sites)
    return {key: (lat, lon) for key, lat, lon in rows.values_list("key", "lat", "lon")}
