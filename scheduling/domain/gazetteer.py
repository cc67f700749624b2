"""Addresses that a node understands: those that name a place which it knows, a district or finer."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scheduling.domain.sites import Point

LEVELS = ("province", "city", "county", "town", "site")
"""From coarse to fine; a district is the coarsest from which a tail can be told."""
FINE_ENOUGH = LEVELS.index("county")


@dataclass(frozen=True, slots=True)
class Place:
    """A place by name; `code` is its division (GB/T 2260), `parent` the division that it is in."""

    name: str
    code: str
    level: str
    parent: str
    point: Point


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """The places that a node knows, and the names of divisions by code."""

    version: str
    places: tuple[Place, ...]

    def named_in(self, address: str) -> list[Place]:
        """The finest places that the address names, best first by how much of what they lie in it names too.

        Only the best are given: one where the address is clear, several where it is not, none where it names none.
        """
        text = plain(address)
        named = [place for place in self.places if plain(place.name) in text]
        if not named:
            return []
        finest = max(LEVELS.index(place.level) for place in named)
        names = {place.code: place for place in self.places if place.level in LEVELS[: FINE_ENOUGH + 1]}
        scored = [
            ((_within(place, names, text), len(place.name)), place)
            for place in named
            if LEVELS.index(place.level) == finest
        ]
        best = max(score for score, _ in scored)
        return [place for score, place in scored if score == best]


def plain(text: str) -> str:
    """The text as it is compared: one form for each letter, no blanks, no capitals."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def fine_enough(places: Iterable[Place]) -> bool:
    """Whether the places are districts or finer."""
    return all(LEVELS.index(place.level) >= FINE_ENOUGH for place in places)


def _within(place: Place, divisions: Mapping[str, Place], text: str) -> int:
    """How many of the divisions around a place the text names."""
    count, code = 0, place.parent
    while code in divisions:
        count += plain(divisions[code].name) in text
        code = divisions[code].parent
    return count
