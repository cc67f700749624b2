"""Centres that fail a demand on latency alone: to be measured, or out of light's reach."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from scheduling.domain.fans import fan, fastest
from scheduling.domain.light import Medium, floor_us
from scheduling.domain.lines import Lines, Product
from scheduling.domain.offers import Ints
from scheduling.domain.sites import Point
from scheduling.domain.starts import Start
from scheduling.domain.supply import Supply
from scheduling.domain.verdicts import Verdict, judge

_IMPOSSIBLE = 2**61
"""Added to the µs of a line that light itself is too slow for, so that it comes after all that may be measured."""


@dataclass(frozen=True, slots=True)
class NearMiss:
    """One centre and the line product that comes nearest to the bound; µs one way on the demand's layer.

    `upper_us` is the engine's estimate, `lower_us` the physical bound over the great circle in `medium`,
    `verdict` is inconclusive (a measurement decides) or fail (impossible).
    """

    centre: str
    line_provider: str
    technology: str
    upper_us: int
    lower_us: int
    below_us: int
    great_circle_m: int
    medium: str
    verdict: Verdict


def near_misses(
    supply: Supply, lines: Lines, offers: Mapping[str, Ints], beyond_silica: frozenset[str]
) -> list[NearMiss]:
    """The centres with offers that fit (`offers`, by site), none of whose lines keeps the latency bound, nearest first.

    A line provider all of whose spans are silica is held to 4.9 µs/km; one of `beyond_silica`, which has others,
    to 3.336: the physical bound must hold for every path it may have. Sites without coordinates are left out.
    """
    below = lines.demand.max_latency_us
    if below is None:
        return []
    nearest = _Nearest(supply, lines, tuple(offers), below)
    for product in lines.products:
        medium = Medium.UNDISCLOSED if product[0] in beyond_silica else Medium.SILICA
        for start in lines.starts(product):
            nearest.offer(product, start, medium)
    columns = supply.columns
    found = [
        nearest.miss(number, columns.centres[centre])
        for number, site in nearest.found()
        for centre in set(columns.centre[offers[site]].tolist())
    ]
    return sorted(found, key=lambda miss: (miss.upper_us, miss.centre))


class _Nearest:
    """For each site without a line, some of them too slow, what comes nearest to the bound: the fastest line, judged.

    `at` are the positions of those whose coordinates are known; what is told of them is told in their order.
    """

    def __init__(self, supply: Supply, lines: Lines, sites: tuple[str, ...], below: int) -> None:
        self.supply, self.lines, self.sites, self.below = supply, lines, sites, below
        self.fans = {product: fan(lines, product, sites) for product in lines.products}
        some = np.any([each.late for each in self.fans.values()], axis=0)
        none = ~np.any([each.there for each in self.fans.values()], axis=0)
        known = {int(at): _point(supply, sites[at]) for at in np.flatnonzero(some & none)}
        self._points = [point for point in known.values() if point is not None]
        self.at = np.array([at for at, point in known.items() if point is not None], dtype=np.int64)
        self._metres: dict[str, list[Decimal] | None] = {}
        self._floors: dict[tuple[str, Medium], Ints] = {}
        self._ways: list[tuple[Product, str, Medium]] = []
        self._way, self._rank = np.full(len(self.at), -1), np.full(len(self.at), 2 * _IMPOSSIBLE)
        self._lower = np.zeros(len(self.at), dtype=np.int64)

    def offer(self, product: Product, start: Start, medium: Medium) -> None:
        """Take the lines of a product from one start where they are too slow, and come nearer than those before."""
        late = self.fans[product].late[self.at]
        if not np.any(late) or any(self._metres_from(here) is None for here in start.sites):
            return
        optical = fastest(self.lines, product, start, self.sites, self.at)
        terminal = self._terminals(product, start)
        upper = optical + terminal
        tails = sorted(zip(start.sites, (0, start.lag_us), strict=False), reverse=True)
        lowers = np.stack([self._floors_from(here, medium) + terminal + tail for here, tail in tails])
        begins, lower = lowers.argmax(axis=0), lowers.max(axis=0)
        rank = upper + np.where((upper >= self.below) & (lower >= self.below), _IMPOSSIBLE, 0)
        nearer = late & (optical >= 0) & (terminal >= 0) & (rank < self._rank)
        self._way = np.where(nearer, len(self._ways) + begins, self._way)
        self._rank, self._lower = np.where(nearer, rank, self._rank), np.where(nearer, lower, self._lower)
        self._ways += [(product, here, medium) for here, _ in tails]

    def found(self) -> Iterator[tuple[int, str]]:
        """The sites of which there is something to tell, numbered among those without a line."""
        return ((number, self.sites[self.at[number]]) for number in np.flatnonzero(self._way >= 0).tolist())

    def miss(self, number: int, centre: str) -> NearMiss:
        """What is told of a centre at one of those sites."""
        (provider, technology), here, medium = self._ways[self._way[number]]
        upper, lower = int(self._rank[number]) % _IMPOSSIBLE, int(self._lower[number])
        metres = self._metres_from(here) or []
        return NearMiss(
            centre=centre,
            line_provider=provider,
            technology=technology,
            upper_us=upper,
            lower_us=lower,
            below_us=self.below,
            great_circle_m=int(metres[number]),
            medium=medium.value,
            verdict=judge(upper_us=upper, lower_us=lower, below_us=self.below),
        )

    def _terminals(self, product: Product, start: Start) -> Ints:
        """The least delay at the ends of what serves each site, µs; −1 where nothing does."""
        found = np.full(len(self.sites), -1)
        for places in self.lines.zoned(start, self.sites).values():
            if groups := self.lines.groups(product, start, self.sites[int(places[0])]):
                found[places] = groups[0].terminal_us
        return found[self.at]

    def _metres_from(self, here: str) -> list[Decimal] | None:
        """The great circles from a place to the sites; None where it is not known where that is."""
        if here not in self._metres:
            point = _point(self.supply, here)
            self._metres[here] = None if point is None else [point.metres_to(there) for there in self._points]
        return self._metres[here]

    def _floors_from(self, here: str, medium: Medium) -> Ints:
        """What light needs for them at least, µs one way."""
        if (here, medium) not in self._floors:
            metres = self._metres_from(here) or []
            self._floors[here, medium] = np.array([floor_us(each, medium) for each in metres], dtype=np.int64)
        return self._floors[here, medium]


def _point(supply: Supply, site: str) -> Point | None:
    row = supply.sites[site]
    return None if row.lat is None or row.lon is None else Point(row.lat, row.lon)
