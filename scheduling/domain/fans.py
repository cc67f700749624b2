"""The lines of one product to many sites at once, read from one-to-all distances; else each by itself."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from scheduling.domain.lines import UNSERVED, LineChoice, Lines, Product
from scheduling.domain.paths import Order, Reach
from scheduling.domain.protection import Route
from scheduling.domain.starts import Start
from scheduling.domain.sums import searched
from scheduling.domain.tariffs import Charge, ChargeGroup

Choice = LineChoice | str
Places = NDArray[np.int64]
"""Positions in the list of sites that is asked for."""

NO_LINE = 2**62
"""Stands for the cost of a line that there is not, and of one that is as dear: its true cost is that of the choice."""

_LINE, _OPEN = -1, -2
"""Instead of a reason: there is a line; nothing is known yet."""

_LATENCY = UNSERVED.index("latency")


@dataclass(eq=False, slots=True)
class Fan:
    """The lines of one product to n sites: costs in 10⁻¹⁰ CNY for the demand, latencies in µs one way.

    Where there is none, `reasons` has the place of its reason in UNSERVED; −1 where there is one. A line itself is made
    when it is read: most are compared and counted only.
    """

    costs: NDArray[np.int64]
    latencies: NDArray[np.int64]
    reasons: NDArray[np.int8]
    make: Callable[[int], LineChoice] = field(repr=False)
    _made: dict[int, LineChoice] = field(default_factory=dict, init=False, repr=False)

    def __len__(self) -> int:
        """How many sites were asked for."""
        return len(self.costs)

    def __getitem__(self, at: int) -> Choice:
        """The line to the site at that position, or why there is none."""
        if (reason := int(self.reasons[at])) >= 0:
            return UNSERVED[reason]
        if at not in self._made:
            self._made[at] = self.make(at)
        return self._made[at]

    def __iter__(self) -> Iterator[Choice]:
        """All of them."""
        return (self[at] for at in range(len(self)))

    def cost(self, at: int) -> int:
        """The exact cost of a line that there is."""
        found = int(self.costs[at])
        return _line(self[at]).cost if found == NO_LINE else found

    @property
    def there(self) -> NDArray[np.bool_]:
        """To which sites there is a line."""
        found: NDArray[np.bool_] = self.reasons == _LINE
        return found

    @property
    def late(self) -> NDArray[np.bool_]:
        """To which sites every line is too slow."""
        found: NDArray[np.bool_] = self.reasons == _LATENCY
        return found

    @property
    def dearest(self) -> int:
        """The greatest cost of a line; NO_LINE where 62 bits do not hold one."""
        return int(self.costs.max(where=self.there, initial=0))


def fan(lines: Lines, product: Product, sites: Sequence[str]) -> Fan:
    """The line of least cost to each site, or the reason that there is none: what `lines.choose` says, faster.

    Where two routes are asked for, a bound other than latency, a price for latency, or sums that a double does not
    hold, each line is worked out by itself; so is the line from a site to itself, and one whose rows differ in delay
    or in the bandwidth that they hold.
    """
    key = product, tuple(sites)
    if key in lines.fans:
        known: Fan = lines.fans[key]
        return known
    if lines.pair or lines.bounded or lines.us_price:
        found = _one_by_one([lines.choose(product, site) for site in sites])
    else:
        ways = [_Rays(lines, product, start, key[1]).fan() for start in lines.starts(product)]
        found = ways[0] if len(ways) == 1 else _first(lines, ways)
    lines.fans[key] = found
    return found


def fastest(
    lines: Lines, product: Product, start: Start, sites: tuple[str, ...], at: Places
) -> NDArray[np.int64]:
    """The least latency (optical, µs) without the bound on it: what `lines.fastest` says, faster; −1 where there is none.

    To the sites at some positions.
    """
    spread = None if lines.pair or lines.bounded else _spread(lines, product[0], start, sites)
    if spread is None:
        each = [lines.fastest(product, start, sites[place]) for place in at.tolist()]
        return np.array([-1 if us is None else us for us in each], dtype=np.int64)
    reached = spread.reached[at]
    found = np.where(reached, spread.latency[at], -1).astype(np.int64)
    for number in np.flatnonzero(~reached).tolist():
        if sites[at[number]] == start.sites[0]:
            found[number] = 0
    return found


def _one_by_one(choices: Sequence[Choice]) -> Fan:
    found = _blank(len(choices), lambda at: _line(choices[at]))
    for at, choice in enumerate(choices):
        _put(found, at, choice)
    return found


def _blank(size: int, make: Callable[[int], LineChoice]) -> Fan:
    return Fan(
        np.full(size, NO_LINE),
        np.zeros(size, dtype=np.int64),
        np.full(size, _OPEN, dtype=np.int8),
        make,
    )


def _put(found: Fan, at: int, choice: Choice) -> None:
    if isinstance(choice, str):
        found.reasons[at] = UNSERVED.index(choice)
    else:
        found.reasons[at] = _LINE
        found.costs[at], found.latencies[at] = min(choice.cost, NO_LINE), choice.latency


def _line(choice: Choice) -> LineChoice:
    assert isinstance(choice, LineChoice)  # noqa: S101 - no reason stands there
    return choice


def _first(lines: Lines, ways: Sequence[Fan]) -> Fan:
    """Of the lines from each start the cheapest, then the fastest; where several are both, what they are decides."""
    if any(each.dearest == NO_LINE for each in ways):
        return _one_by_one([lines.best(each) for each in zip(*ways, strict=True)])
    costs, latencies = (np.stack([getattr(each, name) for each in ways]) for name in ("costs", "latencies"))
    first = costs == costs.min(axis=0)
    delays = np.where(first, latencies, NO_LINE)
    first &= delays == delays.min(axis=0)
    chosen, alone = first.argmax(axis=0), np.count_nonzero(first, axis=0) == 1
    all_reasons = np.stack([each.reasons for each in ways])
    reasons = np.where(np.any(all_reasons == _LINE, axis=0), _LINE, all_reasons.max(axis=0)).astype(np.int8)

    def make(at: int) -> LineChoice:
        if alone[at]:
            return _line(ways[int(chosen[at])][at])
        return _line(lines.best([each[at] for each in ways]))

    everywhere = np.arange(len(chosen))
    return Fan(costs[chosen, everywhere], latencies[chosen, everywhere], reasons, make)


@dataclass(frozen=True, eq=False, slots=True)
class _Spread:
    """Least latencies (µs) from one start to each of n sites: `targets` are their positions in the network (−1 for none).

    `reached` leaves out the start itself.
    """

    reach: Reach
    targets: Places
    latency: NDArray[np.float64]
    reached: NDArray[np.bool_]


def _spread(lines: Lines, provider: str, start: Start, sites: tuple[str, ...]) -> _Spread | None:
    """None where a double does not hold the sums, or no span of the provider meets the start."""
    key = provider, start, sites
    if key not in lines.spreads:
        reach = lines.reaches.reach(provider, lines.demand.bandwidth_mbps, start.sites[0])
        exact = reach is not None and reach.distances.exact("latency")
        lines.spreads[key] = _measured(reach, sites) if reach is not None and exact else None
    found: _Spread | None = lines.spreads[key]
    return found


def _measured(reach: Reach, sites: Sequence[str]) -> _Spread:
    known = reach.network.site_index
    targets = np.array([known.get(site, -1) for site in sites], dtype=np.int64)
    there = (targets >= 0) & (targets != reach.source)
    latency = reach.distances.least("latency")[targets]
    return _Spread(reach, targets, latency, reach.distances.reached(targets) & there)


class _Rays:
    """The lines of a product that begin at one start.

    A line that is priced together with others knows which of `ways` it goes, and the metres that it pays for.
    """

    def __init__(self, lines: Lines, product: Product, start: Start, sites: tuple[str, ...]) -> None:
        self.lines, self.product, self.start, self.sites = lines, product, start, sites
        self.found = _blank(len(sites), self._made)
        self.metres = np.zeros(len(sites), dtype=np.int64)
        self.way = np.full(len(sites), -1)
        self.ways: list[tuple[ChargeGroup, Order]] = []
        self.alone: dict[int, Choice] = {}

    def fan(self) -> Fan:
        """Those that are read from the distances, then each of the others by itself."""
        lines, start, sites = self.lines, self.start, self.sites
        if (spread := _spread(lines, self.product[0], start, sites)) is not None:
            for places in lines.zoned(start, sites).values():
                groups = lines.groups(self.product, start, sites[int(places[0])])
                if len(groups) == 1 and groups[0].held_mbps == lines.demand.bandwidth_mbps:
                    self._priced(spread, places[spread.reached[places]], groups[0])
        for at in np.flatnonzero(self.found.reasons == _OPEN).tolist():
            self.alone[at] = lines.choose_from(self.product, start, sites[at])
            _put(self.found, at, self.alone[at])
        return self.found

    def _made(self, at: int) -> LineChoice:
        if at in self.alone:
            return _line(self.alone[at])
        group, order = self.ways[int(self.way[at])]
        find, metres = partial(self._route, self.sites[at], group, order), int(self.metres[at])
        charge = group.least(metres)
        return LineChoice(charge.cost(metres), int(self.found.latencies[at]), charge, self.start, find)

    def _priced(self, spread: _Spread, places: Places, group: ChargeGroup) -> None:
        """The lines to the places that one group of charges serves; places that are left out are each for themselves."""
        most = self.lines.most_us(group.terminal_us)
        late = spread.latency[places] > most
        self.found.reasons[places[late]] = _LATENCY
        places = places[~late]
        if group.grows:
            self._by_km(spread, places, group, most)
        else:
            self._by_latency(spread, places, group)

    def _by_latency(self, spread: _Spread, places: Places, group: ChargeGroup) -> None:
        """At a flat charge latency decides."""
        cost = group.least(0).fixed
        self._note(
            places, group, Order.LATENCY, np.full(len(places), min(cost, NO_LINE)), spread.latency[places]
        )

    def _by_km(self, spread: _Spread, places: Places, group: ChargeGroup, most: float) -> None:
        """Below the cap of a flat charge km decides, at the cap latency does."""
        if not len(places) or (sums := spread.reach.distances.by_km(most)) is None:
            return
        targets = spread.targets[places]
        metres, latency = sums.at(targets)
        for slow in np.flatnonzero(latency > most).tolist():
            found = searched(spread.reach, int(targets[slow]), most)
            assert found is not None  # noqa: S101 - the fastest path is within the bound
            latency[slow], metres[slow] = found
        whole = metres.astype(np.int64)
        longest = max(1, int(whole.max()))
        if max(charge.cost(longest) for charge in group.charges) >= NO_LINE:
            return
        costs = _least(group.charges, whole)
        below = np.full(len(places), fill_value=True) if group.flat is None else costs < group.flat
        self._note(places[below], group, Order.KM, costs[below], latency[below], metres=whole[below])
        if group.flat is not None and not np.all(below):
            growing = _least([charge for charge in group.charges if charge.per_metre], whole)
            self._by_latency(spread, places[growing > group.flat], group.capped(longest))

    def _note(
        self,
        places: Places,
        group: ChargeGroup,
        order: Order,
        costs: NDArray[np.int64],
        latency: NDArray[np.float64],
        *,
        metres: Places | int = 0,
    ) -> None:
        self.found.costs[places], self.found.reasons[places] = costs, _LINE
        self.found.latencies[places] = latency.astype(np.int64) + group.terminal_us
        self.metres[places], self.way[places] = metres, len(self.ways)
        self.ways.append((group, order))

    def _route(self, site: str, group: ChargeGroup, order: Order) -> Route | None:
        bounds = self.lines.bounds(group.terminal_us)
        return self.lines.route(self.product, self.start, site, group.held_mbps, order, bounds=bounds)


def _least(charges: Iterable[Charge], metres: Places) -> NDArray[np.int64]:
    """The least cost at each length."""
    found: NDArray[np.int64] = np.min(
        [charge.fixed + charge.per_metre * metres for charge in charges], axis=0
    )
    return found
