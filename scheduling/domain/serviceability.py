"""Can a line be had from here to there: green, yellow or red, with the reasons, for each access point and line product."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from kernel.text import Vocabulary
from scheduling.domain.demand import Demand, Line
from scheduling.domain.ends import EndClass, EndRule, Tail, class_of
from scheduling.domain.engine.lines import LineChoice, Product
from scheduling.domain.engine.selection import lines_of
from scheduling.domain.engine.wishes import Access, End, Wishes
from scheduling.domain.rows import Tariff
from scheduling.domain.supply.supply import Supply


class Light(Vocabulary):
    """The answer in one word."""

    GREEN = "green", "可直接开通", "Can be opened as it is"
    YELLOW = "yellow", "有条件开通", "Can be opened on a condition"
    RED = "red", "不可开通", "Cannot be opened"


class Reason(Vocabulary):
    """Why an option is not green."""

    EXTENSION = "extension", "接入端需延伸光缆", "The cable must be extended to the A end"
    NEW_BUILD = "new_build", "接入端需新建光缆", "A cable must be built to the A end"
    NO_ACCESS_POINT = (
        "no_access_point",
        "该线路商附近没有接入点",
        "The line provider has no access point near there",
    )
    TOO_FAR = "too_far", "超出该线路商的建设距离", "Farther than the line provider builds"
    PLACE_NOT_EXACT = (
        "place_not_exact",
        "只知区划，不知接入距离；请给出坐标或地址",
        "Only the division is known, not the distance: give coordinates or an address",
    )
    ENTRY_NOT_DECLARED = (
        "entry_not_declared",
        "该线路商未申报进入该算力中心",
        "The line provider has not declared that it enters the centre",
    )
    SMALLER_STEP = (
        "smaller_step",
        "所求速率无余量或不发售，此为可开通的较低档",
        "The rate asked for is not free, or not sold: this smaller step is",
    )
    NO_PRODUCT = (
        "no_product",
        "没有线路商发售该技术的专线；请改用其他 technology，或不限定",
        "No line provider sells lines of that technology: ask for another technology, or for any",
    )
    NO_PATH = "no_path", "该线路商没有到该中心的路由", "The line provider has no route to the centre"
    BANDWIDTH = "bandwidth", "路由上带宽余量不足", "The route has not that much bandwidth free"
    LATENCY = "latency", "所有路由的时延均超出要求", "Every route is slower than asked for"
    DISJOINT = "disjoint", "没有两条互不共享的路由", "There are no two routes that share nothing"
    TARIFF = "tariff", "没有该速率、区间的资费", "No tariff has this rate in this zone"
    NOT_SELLABLE = "not_sellable", "该产品此处不可售", "The product may not be sold there"


def conditions(end_class: str | None, *, exact: bool = True, entered: bool) -> list[Reason]:
    """On what a line that can be had depends: what is to be built at its A end, whether that is known, and the entry at the centres.

    `end_class` is that of the A end, None where nothing is to be built. A word of a carrier is firm where there is nothing.
    """
    found = [] if exact else [Reason.PLACE_NOT_EXACT]
    if end_class not in (None, EndClass.PRE_COVERED):
        found.append(Reason(end_class))
    return found if entered else [*found, Reason.ENTRY_NOT_DECLARED]


RED_REASONS = frozenset(
    {
        Reason.TOO_FAR, Reason.NO_PRODUCT, Reason.NO_PATH, Reason.BANDWIDTH, Reason.LATENCY, Reason.DISJOINT, Reason.TARIFF,
        Reason.NOT_SELLABLE,
    }
)  # fmt: skip
ORDER = list(Light)


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked: Mbps, protection, and if bounded the latency in µs one way (strict), tail included."""

    bandwidth_mbps: int
    protection: str = "none"
    max_latency_us: int | None = None
    technologies: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Near:
    """An access point and the tail to it; None where the place is known by its division only.

    `covered`: the line providers that say of this very address that it is pre-covered from here. `carriers`: the line
    providers whose spans end there. `serves`: its declared service area has the place in it. `named`: the place is the site
    itself, where as in the files every line may begin.
    """

    site: str
    tail: Tail | None
    covered: frozenset[str] = frozenset()
    carriers: frozenset[str] = frozenset()
    serves: bool = False
    named: bool = False

    def is_of(self, provider: str) -> bool:
        """Whether it is a line provider's own: it covers the address from here, or its spans end here."""
        return provider in self.covered or provider in self.carriers

    @property
    def metres(self) -> int:
        """Of the tail, as the crow flies; 0 where it is not known."""
        return 0 if self.tail is None else self.tail.metres


def own_points(nears: Iterable[Near], provider: str) -> list[Near]:
    """The access points of one line provider's own: those that it covers the address from, then those that serve it, the nearest first."""
    own = (near for near in nears if near.is_of(provider))
    return sorted(own, key=lambda near: (provider not in near.covered, not near.serves, near.metres))


def end_of(near: Near, provider: str, rules: Sequence[EndRule]) -> EndRule | None:
    """The class of a line provider's A end over the tail; the nearest where it covers the address, None beyond them all.

    Beyond them all nothing is covered either: the carrier's classes, or its access point, moved since it said so.
    """
    if near.tail is None:
        return rules[0]
    found = class_of(near.tail.cable_m, rules)
    return rules[0] if found is not None and provider in near.covered else found


@dataclass(frozen=True, slots=True)
class Option:
    """One line product from one access point. Latency in µs one way, of the optical path and with the tail.

    `protection` is where the second path of a pair begins that has two access points; then latencies are of that path, the
    slower one, and `end` is the one that takes longer.
    """

    line_provider: str
    technology: str
    near: Near
    reasons: tuple[Reason, ...]
    end: EndRule | None
    bandwidth_mbps: int
    latency_us: int | None
    tariff: Tariff | None
    days: int | None
    protection: Near | None = None

    @property
    def sites(self) -> tuple[str, ...]:
        """The access points that it begins at."""
        return (self.near.site,) if self.protection is None else (self.near.site, self.protection.site)

    @property
    def light(self) -> Light:
        """Red where any reason forbids it, yellow where any is a condition, else green."""
        if any(reason in RED_REASONS for reason in self.reasons):
            return Light.RED
        return Light.YELLOW if self.reasons else Light.GREEN

    @property
    def latency_with_tail_us(self) -> int | None:
        """The upper estimate of the whole, where the tail is known."""
        tail = (self.protection or self.near).tail
        return None if self.latency_us is None or tail is None else self.latency_us + tail.latency_us

    @property
    def rank(self) -> tuple[int, int, int, int, str, str, str]:
        """Green first, then the full rate, the fewest days, the shortest tail, and names."""
        days = 0 if self.days is None else self.days
        return (
            ORDER.index(self.light), -self.bandwidth_mbps, days, self.near.metres,
            self.line_provider, self.technology, self.near.site,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """Where a line is asked for: the access points near the A end, the centre's site, and what is asked.

    `rules`: line provider → its classes of ends; `entered`: the line providers that enter the centre.
    """

    ask: Ask
    nears: Sequence[Near]
    z_site: str
    rules: Mapping[str, Sequence[EndRule]]
    default: Sequence[EndRule]
    entered: frozenset[str] = field(default_factory=frozenset)


def options(supply: Supply, question: Question) -> list[Option]:
    """Every line product from every access point, and pairs from two, the best first."""
    found = [option for near in question.nears for option in _from(supply, question, near)]
    if question.ask.protection == "one_plus_one":
        found += _apart(supply, question)
    return sorted(found, key=lambda option: option.rank)


def _from(supply: Supply, question: Question, near: Near) -> list[Option]:
    demand = _demand(question.ask, near)
    late = (
        demand.max_latency_us is not None and demand.max_latency_us <= 0
    )  # the tail alone takes all the time
    if late:
        demand = replace(demand, max_latency_us=None)
    lines = lines_of(supply, demand)
    steps = sorted({row.bandwidth_mbps for row in lines.tariffs}, reverse=True)
    found = []
    for product in lines.products:
        choice = lines.choose(product, question.z_site)
        mbps = demand.bandwidth_mbps
        if near.site == question.z_site and not (near.named or near.is_of(product[0])):
            # No span leads there from elsewhere, and the empty path is of whoever is there.
            choice = Reason.NO_PATH
        if late and choice not in (Reason.NO_PATH, Reason.DISJOINT):
            choice = Reason.LATENCY
        if choice in (Reason.BANDWIDTH, Reason.TARIFF):
            for step in (step for step in steps if step < mbps):
                less = lines_of(supply, replace(demand, bandwidth_mbps=step)).choose(product, question.z_site)
                if isinstance(less, LineChoice):
                    choice, mbps = less, step
                    break
        found.append(_option(question, near, product, choice, mbps))
    return found


def _apart(supply: Supply, question: Question) -> Iterator[Option]:
    """The pairs of one provider that begin at two of its own access points, where they are better than from one of them.

    Of a division no tail is known, so nothing is chosen among its points (docs/decisions/0038).
    """
    points = {
        (provider, near.site): (near, near.tail, rule)
        for provider in supply.networks
        for near in own_points(question.nears, provider)
        if near.tail is not None and (rule := _end(question, near, provider)) is not None
    }
    ends = tuple(
        End(provider, rule.days, rule.one_off_cny or Decimal(0), tail.latency_us, site)
        for (provider, site), (_, tail, rule) in points.items()
    )
    if not ends:
        return
    demand = replace(_demand(question.ask, question.nears[0]), max_latency_us=question.ask.max_latency_us)
    lines = lines_of(supply, demand, Wishes(access=Access(ends=ends)))
    for product in lines.products:
        choice = lines.choose(product, question.z_site)
        if not isinstance(choice, LineChoice) or not choice.start.apart:
            continue
        (near, _, rule), (other, tail, later) = (points[product[0], end.site or ""] for end in choice.ends)
        first, second = (
            _option(question, each, product, choice, demand.bandwidth_mbps) for each in (near, other)
        )
        yield replace(
            first,
            reasons=tuple(dict.fromkeys((*first.reasons, *second.reasons))),
            end=max(rule, later, key=lambda each: each.days),
            latency_us=choice.latency - tail.latency_us,
            days=max(days for each in (first, second) if (days := each.days) is not None),
            protection=other,
        )


def _end(question: Question, near: Near, provider: str) -> EndRule | None:
    return end_of(near, provider, question.rules.get(provider, question.default))


def _demand(ask: Ask, near: Near) -> Demand:
    """The question as the engine reads it; its bound on latency is what the tail leaves, 0 or less where that is nothing."""
    bound = ask.max_latency_us
    if bound is not None and near.tail is not None:
        bound -= near.tail.latency_us
    return Demand(
        "serviceability",
        near.site,
        1,
        ask.bandwidth_mbps,
        protection=ask.protection,
        max_latency_us=bound,
        line=Line(ask.technologies, ask.providers),
    )


def _option(question: Question, near: Near, product: Product, choice: LineChoice | str, mbps: int) -> Option:
    provider, technology = product
    end = _end(question, near, provider)
    known = near.tail is not None or provider in near.covered
    reasons = conditions(
        end.code if end and known and provider not in near.covered else None,
        exact=known or end is None,
        entered=provider in question.entered,
    )
    if end is None:
        reasons = [Reason.TOO_FAR, *reasons]
    if isinstance(choice, str):
        reasons = [*reasons, Reason(choice)]
    elif mbps < question.ask.bandwidth_mbps:
        reasons = [*reasons, Reason.SMALLER_STEP]
    line = choice if isinstance(choice, LineChoice) else None
    tariff = None if line is None else line.charge.tariff
    return Option(
        line_provider=provider,
        technology=technology,
        near=near,
        reasons=tuple(reasons),
        end=end,
        bandwidth_mbps=mbps,
        latency_us=None if line is None else line.latency,
        tariff=tariff,
        days=None if tariff is None or end is None else tariff.lead_days + end.days,
    )
