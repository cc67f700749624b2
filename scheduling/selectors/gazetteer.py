"""The gazetteer of this node: its profile of places, and the sites that are registered."""

from dataclasses import replace
from functools import cache

from identifiers.selectors import divisions
from scheduling.domain.gazetteer import Gazetteer, Place
from scheduling.domain.sites import Point
from scheduling.models import Site
from scheduling.selectors.sites import point_of


@cache
def known_places() -> Gazetteer:
    """The places of the node's list, read once."""
    known = divisions.known_places()
    return Gazetteer(
        version=known.version,
        places=tuple(
            Place(each.name, each.code, each.level, each.parent, Point(each.lat, each.lon))
            for each in known.places
        ),
    )


def gazetteer() -> Gazetteer:
    """The profile's places and the registered sites by their names."""
    known = known_places()
    sites = [
        Place(name=site.name, code="", level="site", parent=site.city, point=point_of(site))
        for site in Site.objects.listed().order_by("key")
    ]
    return replace(known, places=(*known.places, *sites))
