"""The line of a bundle: for one line product and one centre's site the cheapest feasible one, or why there is none."""

from dataclasses import dataclass, field
from fractions import Fraction

from scheduling.domain.demand import Demand
from scheduling.domain.paths import Bounds, Order, Reach
from scheduling.domain.protection import Route, best_route
from scheduling.domain.rows import Tariff
from scheduling.domain.supply import Supply
from scheduling.domain.tariffs import Charge, ChargeGroup, charge_groups, zone_of

Product = tuple[str, str]
"""A line product: (line_provider, technology)."""

_ANY_BANDWIDTH = -(10**18)
"""Below whatever a span can have free, even where more is reserved than there is."""


@dataclass(frozen=True, slots=True)
class LineChoice:
    """The line of a bundle: cost in 10⁻¹⁰ CNY for the demand, latency in µs one way with the terminals it counts."""

    cost: int
    latency: int
    route: Route
    charge: Charge


@dataclass(eq=False)
class Reaches:
    """Routes from one site, remembered for all the questions of one selection."""

    supply: Supply
    source: str
    _reach: dict[tuple[str, int], Reach | None] = field(default_factory=dict)
    _routes: dict[tuple[str, int, str, Order, Bounds, bool], Route | None] = field(default_factory=dict)

    def route(
        self, provider: str, bandwidth: int, site: str, order: Order, bounds: Bounds, *, pair: bool
    ) -> Route | None:
        """The first feasible route of a provider with that many Mbps free, or None."""
        key = (provider, bandwidth, site, order, bounds, pair)
        if key not in self._routes:
            self._routes[key] = self._find(provider, bandwidth, site, order, bounds, pair=pair)
        return self._routes[key]

    def _find(
        self, provider: str, bandwidth: int, site: str, order: Order, bounds: Bounds, *, pair: bool
    ) -> Route | None:
        if site == self.source:
            return best_route(None, None, order, bounds, pair=pair)
        network = self.supply.networks.get(provider)
        if network is None or site not in network.site_index or self.source not in network.site_index:
            return None
        if (provider, bandwidth) not in self._reach:
            self._reach[provider, bandwidth] = Reach(network, network.site_index[self.source], bandwidth)
        reach = self._reach[provider, bandwidth]
        return best_route(reach, network.site_index[site], order, bounds, pair=pair)


class Lines:
    """The lines that one demand can have; each (product, site) is worked out once."""

    def __init__(self, supply: Supply, demand: Demand, reaches: Reaches) -> None:
        self.demand, self.reaches = demand, reaches
        self._sites = supply.sites
        self._rows: dict[Product, list[Tariff]] = {}
        for tariff in supply.tariffs.values():
            if (not demand.line.technologies or tariff.technology in demand.line.technologies) and (
                not demand.line.providers or tariff.line_provider in demand.line.providers
            ):
                self._rows.setdefault((tariff.line_provider, tariff.technology), []).append(tariff)
        self.products = sorted(self._rows)
        self.pair = demand.protection == "one_plus_one"
        self._groups: dict[tuple[Product, str], tuple[ChargeGroup, ...]] = {}
        self._choices: dict[tuple[Product, str], LineChoice | str] = {}

    @property
    def tariffs(self) -> list[Tariff]:
        """The tariff rows of the allowed products."""
        return [tariff for rows in self._rows.values() for tariff in rows]

    def groups(self, product: Product, site: str) -> tuple[ChargeGroup, ...]:
        """The charges that serve the pair of sites; empty where no row does."""
        zone = zone_of(self._sites[self.demand.from_site], self._sites[site])
        key = (product, zone)
        if key not in self._groups:
            self._groups[key] = charge_groups(self.demand, self._rows[product], zone)
        return self._groups[key]

    def choose(self, product: Product, site: str) -> LineChoice | str:
        """The line of least cost to a site, or the reason that there is none (a key of `rejected.bundles`)."""
        key = (product, site)
        if key not in self._choices:
            self._choices[key] = self._choose(product, site)
        return self._choices[key]

    def bounds(self, terminal_us: int) -> Bounds:
        """The demand's bounds on the optical path; the latency bound is strict, so one µs below it is inside."""
        demand = self.demand
        return Bounds(
            latency=None if demand.max_latency_us is None else demand.max_latency_us - 1 - terminal_us,
            jitter=demand.max_jitter_us,
            loss=None if demand.max_loss is None else Fraction(demand.max_loss),
            hops=demand.max_hops,
        )

    def route(self, product: Product, site: str, order: Order, bounds: Bounds) -> Route | None:
        """The first route in that order for this demand's bandwidth and protection."""
        return self.reaches.route(product[0], self.demand.bandwidth_mbps, site, order, bounds, pair=self.pair)

    def _choose(self, product: Product, site: str) -> LineChoice | str:
        choices = []
        for group in self.groups(product, site):
            route = self._cheapest(product, site, group)
            if route is not None:
                charge = group.least(route.metres)
                choice = LineChoice(
                    charge.cost(route.metres), route.latency + group.terminal_us, route, charge
                )
                choices.append((_rank(choice, group.terminal_us), choice))
        if not choices:
            return self._reason(product, site)
        return min(choices, key=lambda ranked: ranked[0])[1]

    def _cheapest(self, product: Product, site: str, group: ChargeGroup) -> Route | None:
        """Cost rises with km up to where a flat charge caps it: below the cap km decides, at the cap latency does."""
        bounds = self.bounds(group.terminal_us)
        if group.grows:
            route = self.route(product, site, Order.KM, bounds)
            if (
                route is None
                or group.flat is None
                or group.least(route.metres).cost(route.metres) < group.flat
            ):
                return route
        return self.route(product, site, Order.LATENCY, bounds)

    def _reason(self, product: Product, site: str) -> str:
        """The first test, in the order of the reasons, that no path passes together with the tests before it."""
        groups = self.groups(product, site)
        full = self.bounds(groups[0].terminal_us if groups else 0)
        asked = self.demand.bandwidth_mbps
        stages = (
            ("no_path", _ANY_BANDWIDTH, Bounds()),
            ("bandwidth", asked, Bounds()),
            ("latency", asked, Bounds(full.latency)),
            ("jitter", asked, Bounds(full.latency, full.jitter)),
            ("loss", asked, Bounds(full.latency, full.jitter, full.loss)),
            ("hops", asked, full),
        )
        for reason, bandwidth, bounds in stages:
            if self.reaches.route(product[0], bandwidth, site, Order.LATENCY, bounds, pair=False) is None:
                return reason
        return "tariff" if not self.pair or self.route(product, site, Order.LATENCY, full) else "disjoint"


def _rank(choice: LineChoice, terminal_us: int) -> tuple[object, ...]:
    route = choice.route
    return (
        choice.cost,
        tuple(latency + terminal_us for latency in route.latencies),
        route.hops,
        route.metres,
        (route.spans, route.protection_spans or ()),
        choice.charge.preference,
    )
