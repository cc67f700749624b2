"""Lines of two routes that are bounded before they are worked out: of many centres only the best are ever asked for.

The best pair of routes takes some twenty searches. What it costs at least is read from distances, and that there is one is
mostly told by the two that are fast together.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from scheduling.domain.engine.fans import Choice, fan
from scheduling.domain.engine.lines import LineChoice, Lines, Product
from scheduling.domain.engine.starts import Start
from scheduling.domain.engine.tariffs import ChargeGroup
from scheduling.domain.routing.path_orders import LATENCY


@dataclass(frozen=True, slots=True)
class Prospect:
    """A line that is not worked out: it costs `cost` (10⁻¹⁰ CNY) and takes `latency` (µs one way) at the least.

    `work_out` says more of it: the line, or that there is none, or a prospect that knows better what it costs.
    """

    cost: int
    latency: int
    work_out: Callable[[], "Outlook"]


Outlook = LineChoice | Prospect | str
"""A line, what is known of it before, or the reason that there is none."""


def further(prospect: Prospect) -> LineChoice | Prospect:
    """What more is known of a line that there is."""
    found = prospect.work_out()
    assert not isinstance(found, str)  # noqa: S101 - that there is one was told
    return found


def worked_out(line: LineChoice | Prospect) -> LineChoice:
    """The line itself, of which it is known that it is there."""
    while isinstance(line, Prospect):
        line = further(line)
    return line


def outlooks(
    lines: Lines, product: Product, sites: Sequence[str], most: Sequence[int] | None = None
) -> Sequence[Outlook]:
    """What `fan` says; a line of two routes that is sure to be there is left to be worked out.

    Where it is known what the line to each site may cost at the `most` (10⁻¹⁰ CNY), one that is sure to cost more is put down
    to its price, whatever else may bar it.
    """
    if not lines.pair:
        return fan(lines, product, sites)
    found = list[Outlook]()
    for at, site in enumerate(sites):
        hoped = prospect(lines, product, site)
        if hoped is not None and most is not None and hoped.cost > most[at]:
            found.append("price")
        elif hoped is not None and _sure(lines, product, site):
            found.append(hoped)
        else:
            found.append(lines.choose(product, site))
    return found


def prospect(lines: Lines, product: Product, site: str) -> Prospect | None:
    """The least that a line of two routes may cost and take, whether there is one or not; None where there is none for sure.

    To work it out says first what it costs where a pair of few enough km is looked for, then which one it is.
    """

    def priced() -> Outlook:
        found = [_cost(lines, product, start, site, group) for start, group, _, _ in ways]
        costs = [cost for cost in found if cost is not None]
        return Prospect(min(costs), latency, chosen) if costs else chosen()

    def chosen() -> Choice:
        return lines.choose(product, site)

    ways = list(_ways(lines, product, site))
    if not ways:
        return None
    latency = min(us + group.terminal_us for _, group, _, us in ways)
    return Prospect(min(group.least(metres).cost(metres) for _, group, metres, _ in ways), latency, priced)


def _ways(lines: Lines, product: Product, site: str) -> Iterator[tuple[Start, ChargeGroup, int, int]]:
    """Whence and at which charges a line may lead there, and what it has at least: metres of both paths, µs of the slower one."""
    for start in lines.starts(product):
        for group in lines.groups(product, start, site):
            least = lines.reaches.least_of_pair(product[0], group.held_mbps, start, site)
            if least is not None:
                yield start, group, *least


def _cost(lines: Lines, product: Product, start: Start, site: str, group: ChargeGroup) -> int | None:
    """What a line from there costs at these charges, if there is one: by its km, or flat."""
    choice = lines.by_km(product, start, site, group) if group.grows else None
    return group.flat if choice is None else choice.cost


def _sure(lines: Lines, product: Product, site: str) -> bool:
    """Whether some line of two routes is there; where this finds none there may be one all the same."""
    return any(
        lines.reaches.pair_at_hand(
            product[0], group.held_mbps, start, site, LATENCY, bounds=lines.bounds(group.terminal_us)
        )
        for start in lines.starts(product)
        for group in lines.groups(product, start, site)
    )
