"""The gazetteer of this node: its profile of places, and the sites that are registered."""

from dataclasses import replace
from decimal import Decimal
from functools import cache

from kernel.profiles import read_profile
from scheduling.domain.gazetteer import Gazetteer, Place
from scheduling.domain.sites import Point
from scheduling.models import Site
from scheduling.selectors.profiles import PROFILES
from scheduling.selectors.sites import point_of


@cache
def known_places() -> Gazetteer:
    """The profile, read once."""
    document = read_profile(PROFILES / "gazetteer.yaml")
    return Gazetteer(
        version=document["version"],
        places=tuple(
            Place(
                name=row["name"],
                code=row["code"],
                level=row["level"],
                parent=row["parent"],
                point=Point(Decimal(row["lat"]), Decimal(row["lon"])),
            )
            for row in document["places"]
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
