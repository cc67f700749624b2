"""Centres that fail a demand on latency alone: to be measured, or out of light's reach."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from scheduling.domain.engine.costs import costs_of
from scheduling.domain.engine.fans import fastest
from scheduling.domain.engine.lines import Lines, Product
from scheduling.domain.engine.prospects import Outlook, Prospect, further, outlooks
from scheduling.domain.engine.standings import budget
from scheduling.domain.engine.starts import Start
from scheduling.domain.light import Medium, floor_us
from scheduling.domain.sites import Point
from scheduling.domain.supply.offers import Ints
from scheduling.domain.supply.supply import Supply
from scheduling.domain.verdicts import Verdict, judge


@dataclass(frozen=True, slots=True)
class NearMiss:
    """One centre and the line product that comes nearest to the bound; µs one way on the demand's layer.

    `upper_us` is what the engine counts, over `spans` (of a pair the slower path's; None where the path was not looked for)
    and, where the line begins at an access point, the estimate of its tail, `tail_us`. `lower_us` is the physical bound over
    the great circle in `medium`, `verdict` is inconclusive or fail (impossible).
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
    spans: tuple[str, ...] | None
    tail_us: int


def near_misses(
    supply: Supply,
    lines: Lines,
    offers: Mapping[str, Ints],
    beyond_silica: frozenset[str],
    known: frozenset[str],
) -> list[NearMiss]:
    """The centres with offers that fit (`offers`, by site), none of whose lines keeps the latency bound, nearest first.

    Without that bound each of them has a line of the product that is told, within the money that its cheapest offer leaves.
    A line provider all of whose spans are silica is held to 4.9 µs/km; one of `beyond_silica`, which has others,
    to 3.336: the physical bound must hold for every path it may have. Sites without coordinates are left out. Of the
    providers in `known` alone paths are looked for, which costs as much as all the rest: of others all spans are estimated.
    """
    below = lines.demand.max_latency_us
    if below is None:
        return []
    nearest = _Nearest(supply, lines, offers, below)
    for product in lines.products:
        medium = Medium.UNDISCLOSED if product[0] in beyond_silica else Medium.SILICA
        late = nearest.late(product)
        for start in lines.starts(product):
            nearest.offer(product, start, medium, late)
    columns = supply.columns
    found = [
        nearest.miss(at, columns.centres[centre], known)
        for at in nearest.found
        for centre in set(columns.centre[offers[nearest.sites[at]]].tolist())
    ]
    return sorted(found, key=lambda miss: (miss.upper_us, miss.centre))


class _Nearest:
    """For each site without a line, some of them too slow, what comes nearest to the bound: the fastest line, judged."""

    def __init__(self, supply: Supply, lines: Lines, offers: Mapping[str, Ints], below: int) -> None:
        self.supply, self.lines, self.offers, self.below = supply, lines, offers, below
        self.sites = sites = list(offers)
        self.reasons = {product: outlooks(lines, product, sites) for product in lines.products}
        without = (
            at
            for at, reasons in enumerate(zip(*self.reasons.values(), strict=True))
            if "latency" in reasons and all(isinstance(reason, str) for reason in reasons)
        )
        self._points = {at: point for at in without if (point := _point(supply, sites[at])) is not None}
        self._metres: dict[str, dict[int, Decimal] | None] = {}
        self._floors: dict[tuple[str, Medium], dict[int, int]] = {}
        self._costs = costs_of(supply, lines.demand, lines.wishes)
        self.found: dict[int, tuple[tuple[bool, int], Product, Start, str, int, Medium]] = {}

    def late(self, product: Product) -> list[int]:
        """The sites to which lines of a product are too slow, and nothing else, the price neither, is in their way."""
        late = [at for at in self._points if self.reasons[product][at] == "latency"]
        if (money := budget(self.lines.demand)) is None or not late:
            return late
        sites = [self.sites[at] for at in late]
        left = [money - self._costs.least(self.offers[site]) for site in sites]
        found = zip(late, sites, outlooks(self._unhurried, product, sites, left), left, strict=True)
        return [at for at, site, line, most in found if self._within(product, site, line, most)]

    def _within(self, product: Product, site: str, line: Outlook, most: int) -> bool:
        """Whether a line costs no more than `most` (10⁻¹⁰ CNY); of two routes those at hand may do, else the cheapest are looked for."""
        while isinstance(line, Prospect) and line.cost <= most:
            if self._quick_and_cheap(product, site, most):
                return True
            line = further(line)
        return not isinstance(line, str) and line.cost <= most

    def _quick_and_cheap(self, product: Product, site: str, most: int) -> bool:
        """Whether the fastest line from any start costs no more than `most` (10⁻¹⁰ CNY)."""
        lines = self.lines
        return any(
            group.least(route.metres).cost(route.metres) <= most
            for start in lines.starts(product)
            for group in lines.groups(product, start, site)
            if group.held_mbps == lines.demand.bandwidth_mbps
            if (route := lines.quickest(product, start, site)) is not None
        )

    def offer(self, product: Product, start: Start, medium: Medium, late: list[int]) -> None:
        """Take the lines of a product from one start to where they are too slow, and come nearer than those before."""
        lines = self.lines
        if not late or any(self._metres_from(here) is None for here in start.sites):
            return
        tails = zip(start.sites, (0, start.lag_us), strict=False)
        floors = [(self._floors_from(here, medium), tail, here) for here, tail in tails]
        optical = fastest(lines, product, start, [self.sites[at] for at in late])
        for at, us in zip(late, optical, strict=True):
            groups = lines.groups(product, start, self.sites[at])
            if us is None or not groups:
                continue
            upper, best = us + groups[0].terminal_us, self.found.get(at)
            if best is not None and (False, upper) >= best[0]:  # whatever the verdict
                continue
            lower, here = max(
                (floor[at] + groups[0].terminal_us + tail, here) for floor, tail, here in floors
            )
            rank = (self._verdict(upper, lower) is Verdict.FAIL, upper)
            if best is None or rank < best[0]:
                self.found[at] = rank, product, start, here, lower, medium

    def miss(self, at: int, centre: str, known: frozenset[str]) -> NearMiss:
        """What is told of a centre at a site where anything was found."""
        (_, upper), product, start, here, lower, medium = self.found[at]
        metres = self._metres_from(here) or {}
        spans, end = self._slower(product, start, self.sites[at]) if product[0] in known else (None, 0)
        return NearMiss(
            centre=centre,
            line_provider=product[0],
            technology=product[1],
            upper_us=upper,
            lower_us=lower,
            below_us=self.below,
            great_circle_m=int(metres[at]),
            medium=medium.value,
            verdict=self._verdict(upper, lower),
            spans=spans,
            tail_us=start.ends[end].latency_us,
        )

    @cached_property
    def _unhurried(self) -> Lines:
        """The lines of least cost without any bound on latency, a service level's neither."""
        lines = self.lines
        bounds = {name: bound for name, bound in lines.wishes.sla_bounds.items() if name != "max_latency_us"}
        return Lines(
            self.supply,
            replace(lines.asked, max_latency_us=None),
            lines.reaches,
            replace(lines.wishes, sla_bounds=bounds, weights=None),
        )

    def _slower(self, product: Product, start: Start, site: str) -> tuple[tuple[str, ...], int]:
        """The spans of the fastest line, of a pair those of its slower path, and at which of the ends it begins."""
        route = self.lines.quickest(product, start, site)
        assert route is not None  # noqa: S101 - it is the fastest
        if route.protection_spans is None:
            return route.spans, route.begins[0]
        return route.protection_spans, route.begins[1]

    def _verdict(self, upper: int, lower: int) -> Verdict:
        return judge(upper_us=upper, lower_us=lower, below_us=self.below)

    def _metres_from(self, here: str) -> dict[int, Decimal] | None:
        """The great circles from a place to the sites; None where it is not known where that is."""
        if here not in self._metres:
            point = _point(self.supply, here)
            self._metres[here] = (
                None if point is None else {at: point.metres_to(there) for at, there in self._points.items()}
            )
        return self._metres[here]

    def _floors_from(self, here: str, medium: Medium) -> dict[int, int]:
        """What light needs for them at least, µs one way."""
        if (here, medium) not in self._floors:
            metres = self._metres_from(here) or {}
            self._floors[here, medium] = {at: floor_us(each, medium) for at, each in metres.items()}
        return self._floors[here, medium]


def _point(supply: Supply, site: str) -> Point | None:
    row = supply.sites[site]
    return None if row.lat is None or row.lon is None else Point(row.lat, row.lon)
