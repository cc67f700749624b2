"""Where divisions are: the places that a node knows, and what a division and coordinates that are told cannot be."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from kernel.divisions import lies_in, metro_of
from kernel.quantities import great_circle_m
from kernel.text import Text

DIGITS = 6
ZONES = frozenset(str(each) for each in range(71, 80))
"""The last two digits of development zones in the bureau's lists, which are no divisions: 320571, or 320576 in later ones."""


@dataclass(frozen=True, slots=True)
class KnownPlace:
    """A place by name; `code` is its division (GB/T 2260), `parent` the division that it is in; WGS-84 degrees."""

    name: str
    code: str
    level: str
    parent: str
    lat: Decimal
    lon: Decimal


@dataclass(frozen=True, slots=True)
class KnownPlaces:
    """The places that a node knows; nowhere in a prefecture is farther than `farthest_km` from all of its places here."""

    version: str
    farthest_km: int
    places: tuple[KnownPlace, ...]

    def within(self, area: str) -> list[KnownPlace]:
        """The places in a division."""
        return [place for place in self.places if lies_in(place.code, area)]

    def why_elsewhere(self, division: str, lat: Decimal, lon: Decimal) -> Text | None:
        """Why coordinates are not in a division's prefecture; None where they may be, or nothing is known of it."""
        reaches = [
            (great_circle_m(float(lat), float(lon), float(place.lat), float(place.lon)), place)
            for place in self.within(metro_of(division))
        ]
        if not reaches:
            return None
        metres, nearest = min(reaches, key=lambda reach: reach[0])
        if metres <= self.farthest_km * 1000:
            return None
        km = round(metres / 1000)
        return Text(
            f"坐标与 {division} 不符：距该市最近的已知地点（{nearest.name} {nearest.lat}, {nearest.lon}）约 {km} km，至多"
            f" {self.farthest_km} km；请核对经纬度是否互换及行政区划代码",
            f"these coordinates are not in {division}: the nearest place known there ({nearest.name}, {nearest.lat}, "
            f"{nearest.lon}) is about {km} km away, and {self.farthest_km} km is the most: check latitude, longitude and the code",
        )


def why_no_division(code: str, listed: Collection[str]) -> Text | None:
    """Why a code, or its first two or four digits, is no division; None where it is `listed`, or a zone of a prefecture that is."""
    whole = code.ljust(DIGITS, "0")
    if whole in listed or (whole[4:] in ZONES and f"{whole[:4]}00" in listed):
        return None
    return Text(
        f"{code} 不是行政区划代码（GB/T 2260）；请填写所在省、市或区县的代码",
        f"{code} is no division of GB/T 2260: give the code of the province, city or county",
    )
