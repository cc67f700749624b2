"""Divisions as the floors above ask about them: whether a code is one, and whether coordinates can be in it."""

from decimal import Decimal
from functools import cache, lru_cache

from identifiers.domain import divisions
from identifiers.domain.divisions import KnownPlace, KnownPlaces
from identifiers.selectors.profiles import PROFILES, dictionary
from kernel.profiles import read_profile
from kernel.text import Text


@cache
def known_places() -> KnownPlaces:
    """The gazetteer, read once."""
    document = read_profile(PROFILES / "gazetteer.yaml")
    return KnownPlaces(
        version=document["version"],
        farthest_km=document["farthest_km"],
        places=tuple(
            KnownPlace(
                name=row["name"],
                code=row["code"],
                level=row["level"],
                parent=row["parent"],
                lat=Decimal(row["lat"]),
                lon=Decimal(row["lon"]),
            )
            for row in document["places"]
        ),
    )


def why_no_division(code: str) -> Text | None:
    """Why a code, or its first two or four digits, is no division of the dictionary or the gazetteer; None where it is."""
    return divisions.why_no_division(code, _listed())


@lru_cache(maxsize=4096)  # the gate asks it of the same centres with every hold
def why_elsewhere(division: str, lat: Decimal, lon: Decimal) -> Text | None:
    """Why coordinates (WGS-84) are not in a division's prefecture; None where they may be, or nothing is known of it."""
    return known_places().why_elsewhere(division, lat, lon)


@cache
def _listed() -> frozenset[str]:
    return frozenset(dictionary("divisions").entries).union(place.code for place in known_places().places)
