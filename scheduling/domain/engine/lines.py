"""The line of a bundle: for one line product and one centre's site the cheapest feasible one, or why there is none."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

from scheduling.domain.demand import Demand
from scheduling.domain.engine.promises import unpromised
from scheduling.domain.engine.reaches import Reaches
from scheduling.domain.engine.scores import CNY_IN_SCORE, us_price
from scheduling.domain.engine.starts import Start, starts_of
from scheduling.domain.engine.sums import Sums
from scheduling.domain.engine.tariffs import Charge, ChargeGroup, charge_groups, serves
from scheduling.domain.engine.wishes import NO_WISHES, End, Wishes
from scheduling.domain.routing.path_orders import KM, LATENCY, Order
from scheduling.domain.routing.paths import Bounds
from scheduling.domain.routing.protection import Route
from scheduling.domain.rows import Tariff
from scheduling.domain.supply.supply import Supply

Product = tuple[str, str]
"""A line product: (line_provider, technology)."""

UNSERVED = (
    "no_path", "bandwidth", "latency", "jitter", "loss", "hops", "disjoint", "tariff", "access", "start",
)  # fmt: skip
"""Why there is no line from one start, in the order of the tests; of several starts the one that came farthest tells."""

_ANY_BANDWIDTH = -(10**18)
"""Below whatever a span can have free, even where more is reserved than there is."""


@dataclass(eq=False, slots=True)
class LineChoice:
    """The line of a bundle: cost in 10⁻¹⁰ CNY for the demand, latency in µs one way with the terminals it counts.

    Its route is found when it is asked for: most lines are only ranked and counted. `metres` is its length where the price
    depends on it.
    """

    cost: int
    latency: int
    charge: Charge
    start: Start
    find: Callable[[], Route | None] = field(repr=False)
    metres: int = 0
    _route: Route | None = field(default=None, init=False, repr=False)

    @property
    def ends(self) -> tuple[End, ...]:
        """The A end of each path, in the order that they are written; one where both paths have the same."""
        ends = self.start.ends
        return tuple(ends[at] for at in self.route.begins) if self.start.apart else ends

    @property
    def route(self) -> Route:
        """The spans it runs on, and their sums."""
        if self._route is None:
            self._route = self.find()
        assert self._route is not None  # noqa: S101 - its sums are known
        return self._route


class Lines:
    """The lines that one demand can have; each (product, site) is worked out once.

    `asked` is the demand as it was stated, `demand` has the bounds of the service levels that it requires beside its own.

    `grades` are what products are sold with, where the demand requires anything of it, and `unpromised` the allowed ones
    that are out for it, with the reason. `fans` are the lines to many sites that were worked out together (fans.py).
    """

    def __init__(self, supply: Supply, demand: Demand, reaches: Reaches, wishes: Wishes = NO_WISHES) -> None:
        self.asked, demand = demand, wishes.bounding(demand)
        self.demand, self.reaches, self.wishes = demand, reaches, wishes
        self.us_price = us_price(wishes.weights)
        self._supply, self._sites = supply, supply.sites
        self._rows: dict[Product, list[Tariff]] = {}
        for tariff in supply.prices():
            if (not demand.line.technologies or tariff.technology in demand.line.technologies) and (
                not demand.line.providers or tariff.line_provider in demand.line.providers
            ):
                self._rows.setdefault((tariff.line_provider, tariff.technology), []).append(tariff)
        self.grades = {} if wishes.promises is None else supply.extras.line_grades
        self.unpromised = unpromised(wishes.promises, self.grades, self._rows)
        for product in self.unpromised:
            del self._rows[product]
        self.products = sorted(self._rows)
        self.pair = demand.protection == "one_plus_one"
        self.bounded = (demand.max_jitter_us, demand.max_loss, demand.max_hops) != (None, None, None)
        self._starts = {
            provider: starts_of(wishes.access, provider, demand.from_site, pair=self.pair)
            for provider, _ in self.products
        }
        self._groups: dict[tuple[Product, Start, frozenset[str]], tuple[ChargeGroup, ...]] = {}
        self._zones: dict[tuple[str, ...], dict[str, frozenset[str] | None]] = {}
        self.fans: dict[tuple[Product, tuple[str, ...]], list[LineChoice | str]] = {}
        self._choices: dict[tuple[Product, str], LineChoice | str] = {}
        self._bounds: dict[int, Bounds] = {}
        self._fastest: dict[tuple[str, Start, str], int | None] = {}

    @cached_property
    def unweighed(self) -> "Lines":
        """The lines of the same demand without weights: of least cost, which alone say what is feasible."""
        if self.wishes.weights is None:
            return self
        return Lines(self._supply, self.asked, self.reaches, replace(self.wishes, weights=None))

    @property
    def tariffs(self) -> list[Tariff]:
        """The tariff rows of the allowed products."""
        return [tariff for rows in self._rows.values() for tariff in rows]

    def starts(self, product: Product) -> Sequence[Start]:
        """Where lines of a product may begin: at access points of its provider's, or at the site that the demand names."""
        return self._starts[product[0]]

    def zones(self, start: Start, site: str) -> frozenset[str] | None:
        """The zones of the ways from a start to a site, which its city tells; None where an access point is gone."""
        known, city = self._zones.setdefault(start.sites, {}), self._sites[site].city
        if city not in known:
            known[city] = start.zones(self._sites, site)
        return known[city]

    def zoned(self, start: Start, sites: Iterable[str]) -> dict[frozenset[str] | None, list[int]]:
        """The positions of sites whose ways from the start lie in the same zones, and so have the same charges."""
        known, found = self._zones.setdefault(start.sites, {}), dict[frozenset[str] | None, list[int]]()
        for at, site in enumerate(sites):
            zones = known.get(self._sites[site].city) or self.zones(start, site)
            found.setdefault(zones, []).append(at)
        return found

    def groups(self, product: Product, start: Start, site: str) -> tuple[ChargeGroup, ...]:
        """The charges that serve the way from the start to the site; empty where no row does, or an access point is gone."""
        if (zones := self.zones(start, site)) is None:
            return ()
        key = (product, start, zones)
        if key not in self._groups:
            self._groups[key] = charge_groups(self.demand, self.wishes, self._rows[product], start, zones)
        return self._groups[key]

    def choose(self, product: Product, site: str) -> LineChoice | str:
        """The line of least cost to a site, or the reason that there is none (a key of `rejected.bundles`)."""
        key = (product, site)
        if key not in self._choices:
            self._choices[key] = self.best(
                [self.choose_from(product, each, site) for each in self.starts(product)]
            )
        return self._choices[key]

    def choose_within(self, product: Product, site: str, money: int) -> LineChoice:
        """The line of least value among those that cost no more than `money` (10⁻¹⁰ CNY), of which there has to be one."""
        found = (
            self._cheapest(product, start, site, group, money)
            for start in self.starts(product)
            for group in self.groups(product, start, site)
        )
        return self._first([choice for choice in found if choice is not None and choice.cost <= money])

    def choose_from(self, product: Product, start: Start, site: str) -> LineChoice | str:
        """The same of the lines that begin at one start."""
        found = (self._cheapest(product, start, site, group) for group in self.groups(product, start, site))
        choices = [choice for choice in found if choice is not None]
        return self._first(choices) if choices else self._reason(product, start, site)

    def best(self, found: Sequence[LineChoice | str]) -> LineChoice | str:
        """Of the lines from each start the one of least value, else the reason of the start that came farthest."""
        choices = [choice for choice in found if isinstance(choice, LineChoice)]
        if choices:
            return self._first(choices)
        return max((reason for reason in found if isinstance(reason, str)), key=UNSERVED.index)

    def bounds(self, terminal_us: int) -> Bounds:
        """The demand's bounds on the optical path; the latency bound is strict, so one µs below it is inside."""
        if terminal_us not in self._bounds:
            demand = self.demand
            self._bounds[terminal_us] = Bounds(
                latency=None if demand.max_latency_us is None else demand.max_latency_us - 1 - terminal_us,
                jitter=demand.max_jitter_us,
                loss=None if demand.max_loss is None else Fraction(demand.max_loss),
                hops=demand.max_hops,
            )
        return self._bounds[terminal_us]

    def most_us(self, terminal_us: int) -> float:
        """The most that an optical path may take, in µs; infinity where latency is not bounded."""
        latency = self.bounds(terminal_us).latency
        return math.inf if latency is None else latency

    def route(
        self, product: Product, start: Start, site: str, mbps: int, order: Order, *, bounds: Bounds
    ) -> Route | None:
        """The first route in that order with so many Mbps free, for this demand's protection."""
        return self.reaches.route(product[0], mbps, start, site, order, bounds=bounds, pair=self.pair)

    def value(self, choice: LineChoice) -> int:
        """What a line is chosen by: its cost, and what its latency is worth where the buyer says so."""
        return choice.cost * CNY_IN_SCORE + self.us_price * choice.latency

    def fastest(self, product: Product, start: Start, site: str) -> int | None:
        """The least latency (optical, µs) of a line without its bound on latency, None where there is none.

        Of two routes it may be that of a pair near the fastest, which is soon found. It is the same for all products of a line provider.
        """
        key = (product[0], start, site)
        if key not in self._fastest:
            self._fastest[key] = self._quickest(product, start, site)
        return self._fastest[key]

    def quickest(self, product: Product, start: Start, site: str) -> Route | None:
        """The route that `fastest` is of."""
        mbps, bounds = self.demand.bandwidth_mbps, self._unhurried
        hand = self.reaches.pair_at_hand
        found = hand(product[0], mbps, start, site, LATENCY, bounds=bounds) if self.pair else None
        return found or self.route(product, start, site, mbps, LATENCY, bounds=bounds)

    def _quickest(self, product: Product, start: Start, site: str) -> int | None:
        bounds, mbps = self._unhurried, self.demand.bandwidth_mbps
        if self.pair:
            route = self.quickest(product, start, site)
            return None if route is None else route.latency
        sums = self.reaches.sums(product[0], mbps, start.sites[0], site, LATENCY, bounds=bounds)
        return None if sums is None else sums[0]

    @cached_property
    def _unhurried(self) -> Bounds:
        return replace(self.bounds(0), latency=None)

    def _first(self, choices: Sequence[LineChoice]) -> LineChoice:
        """The choice of least value; ties are settled by what the paths are."""
        if len(choices) == 1:
            return choices[0]
        least = min((self.value(choice), choice.latency) for choice in choices)
        first = [choice for choice in choices if (self.value(choice), choice.latency) == least]
        return first[0] if len(first) == 1 else min(first, key=_rank)

    def _cheapest(
        self, product: Product, start: Start, site: str, group: ChargeGroup, money: float = math.inf
    ) -> LineChoice | None:
        """Cost rises with km up to where a flat charge caps it: below the cap km decides, at the cap latency does.

        Where latency has a price too, it is the best of what costs no more than `money` (10⁻¹⁰ CNY).
        """
        if group.grows and self.us_price:
            weighed = self._along_front if self.pair else self._weighed
            return weighed(product, start, site, group, money)
        choice = self.by_km(product, start, site, group) if group.grows else None
        if choice is not None or (group.flat is None and group.grows):
            return choice
        bounds = self.bounds(group.terminal_us)
        return self._priced(product, start, site, group, LATENCY, bounds=bounds)

    def by_km(self, product: Product, start: Start, site: str, group: ChargeGroup) -> LineChoice | None:
        """The line of least km where it costs less than any flat charge of the group, None where there is none such."""
        bounds = self.bounds(group.terminal_us)
        if self.pair and group.flat is not None:
            bounds = replace(bounds, metres=group.reach(group.flat - 1))
        choice = self._priced(product, start, site, group, KM, bounds=bounds)
        return None if choice is None or (group.flat is not None and choice.cost >= group.flat) else choice

    def _weighed(
        self, product: Product, start: Start, site: str, group: ChargeGroup, money: float
    ) -> LineChoice | None:
        """The line of least value where both km and latency have a price, of those that cost no more than `money`.

        At each charge that may decide it is the path of least worth, by the price of a metre and of a µs.
        """
        bounds, found = self.bounds(group.terminal_us), list[LineChoice]()
        for alone in group.each_decisive:
            order = Order.of(alone.charges[0].per_metre * CNY_IN_SCORE, self.us_price)
            choice = self._priced(product, start, site, alone, order, bounds=bounds)
            if choice is not None and choice.cost > money:
                within = replace(bounds, metres=alone.reach(int(money)))
                choice = self._priced(product, start, site, alone, order, bounds=within)
            if choice is not None:
                found.append(choice)
        return self._first(found) if found else None

    def _along_front(
        self, product: Product, start: Start, site: str, group: ChargeGroup, money: float
    ) -> LineChoice | None:
        """The same of pairs, of which the slower path counts.

        It is the fastest one under a flat charge, or lies on the front of (km, latency): each step along the front
        asks for the shortest route that is faster than the last, and costs more, until one is beyond the money, or even one
        metre more, as fast as any, is dearer.
        """
        bounds = self.bounds(group.terminal_us)
        quickest = self._sums(product, start, site, group, LATENCY, bounds=bounds)
        if quickest is None:
            return None
        growing, flat = group.parted
        best = self._priced(product, start, site, flat, LATENCY, bounds=bounds) if flat.charges else None
        if best is not None and best.cost > money:
            best = None
        faster = bounds
        while choice := self._priced(product, start, site, growing, KM, bounds=faster):
            if choice.cost > money:
                break
            best = choice if best is None else self._first([best, choice])
            if self.settled(growing, quickest[0], self.value(best), choice):
                break
            faster = replace(bounds, latency=choice.latency - group.terminal_us - 1)
        return best

    def settled(self, group: ChargeGroup, quickest: int, least: int, choice: LineChoice) -> bool:
        """Whether no longer line than `choice` is worth less than `least`: none is faster than the quickest path (optical, µs)."""
        further = choice.metres + 1
        cost = group.least(further).cost(further)
        return cost * CNY_IN_SCORE + self.us_price * (quickest + group.terminal_us) > least

    def _sums(
        self, product: Product, start: Start, site: str, group: ChargeGroup, order: Order, *, bounds: Bounds
    ) -> Sums | None:
        """The sums of the first route in that order."""
        if not self.pair:
            return self.reaches.sums(product[0], group.held_mbps, start.sites[0], site, order, bounds=bounds)
        route = self.route(product, start, site, group.held_mbps, order, bounds=bounds)
        return None if route is None else (route.latency, route.metres)

    def _priced(
        self, product: Product, start: Start, site: str, group: ChargeGroup, order: Order, *, bounds: Bounds
    ) -> LineChoice | None:
        """The line of the first route in that order; its km are asked for only where the price depends on them."""

        def find() -> Route | None:
            return self.route(product, start, site, group.held_mbps, order, bounds=bounds)

        found = self._sums(product, start, site, group, order, bounds=bounds)
        if found is None:
            return None
        latency, metres = found
        if metres is None:
            metres = route.metres if group.grows and (route := find()) is not None else 0
        charge = group.least(metres)
        return LineChoice(charge.cost(metres), latency + group.terminal_us, charge, start, find, metres)

    def _reason(self, product: Product, start: Start, site: str) -> str:
        """The first test, in the order of the reasons, that no path passes together with the tests before it."""
        groups = self.groups(product, start, site)
        terminal_us = groups[0].terminal_us if groups else start.latency_us
        provider, asked = product[0], self.demand.bandwidth_mbps
        if not self._reachable(provider, asked, start, site):
            return "bandwidth" if self._reachable(provider, _ANY_BANDWIDTH, start, site) else "no_path"
        tails = (0, start.lag_us)
        sides = [
            (begin, self.bounds(terminal_us + tail)) for begin, tail in zip(start.sites, tails, strict=False)
        ]
        for place, (reason, _) in enumerate(sides[0][1].stages()):
            for begin, full in sides:
                bounds = full.stages()[place][1]
                if self.reaches.sums(provider, asked, begin, site, LATENCY, bounds=bounds) is None:
                    return reason
        if self.pair and not self.route(product, start, site, asked, LATENCY, bounds=sides[0][1]):
            return "disjoint"
        return self._unserved(product, start, site)

    def _reachable(self, provider: str, mbps: int, start: Start, site: str) -> bool:
        return all(self.reaches.reachable(provider, mbps, begin, site) for begin in start.sites)

    def _unserved(self, product: Product, start: Start, site: str) -> str:
        """What keeps every row of a product from serving: too few days, the tail, or the tariff itself."""
        zones = start.zones(self._sites, site)
        later = replace(self.wishes, starts_at=None)
        for reason, days in (("start", start.days), ("access", 0)):
            if zones and any(serves(self.demand, later, row, zones, days) for row in self._rows[product]):
                return reason
        return "tariff"


def _rank(choice: LineChoice) -> tuple[object, ...]:
    route = choice.route
    more = choice.latency - route.latency
    return (
        tuple(latency + more for latency in route.latencies),
        route.hops,
        route.metres,
        (route.spans, route.protection_spans or ()),
        choice.charge.preference,
    )
