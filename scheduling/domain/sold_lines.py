"""What a line was selected as, and whether its spans and its tariff still are that."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from kernel.text import Text
from scheduling.domain.engine.promises import Promises
from scheduling.domain.numbers import plain
from scheduling.domain.routing.network import Network
from scheduling.domain.routing.paths import EMPTY_PATH, Bounds, Path, path_over
from scheduling.domain.rows import Span
from scheduling.domain.supply.extras import LineGrade

NO_PATH = Text("其光缆段不再首尾相连", "its spans no longer join")
NOT_DISJOINT = Text("两条路由现有共同之处", "its two routes have something in common now")
LATENCY = Text(
    "单向时延上限现为 {now} µs，须低于 {bound} µs",
    "its latency is up to {now} µs one way now, and has to be below {bound} µs",
)
JITTER = Text(
    "抖动现为 {now} µs，不得超过 {bound} µs", "its jitter is {now} µs now, and may be {bound} µs at most"
)
LOSS = Text("丢包率现为 {now}，不得超过 {bound}", "its loss is {now} now, and may be {bound} at most")
PROMISE = Text(
    "其{aspect_zh}现为 {now_zh}，须为 {bound}", "its {aspect_en} is {now_en} now, and has to be {bound}"
)
ASPECTS = {
    "availability": Text("承诺可用率", "promised availability"),
    "sla": Text("服务等级", "service level"),
    "isolation": Text("隔离", "isolation"),
    "encryption": Text("加密", "encryption"),
}
UNDECLARED = Text("未声明", "not declared")
TERMS = (
    "one_off_cny",
    "monthly_cny",
    "monthly_cny_per_km",
    "min_months",
    "elastic_cny_hour",
    "lead_days",
    "lead_in",
)
"""What a bundle keeps of the tariff's row that was applied."""
PRICES = ("one_off_cny", "monthly_cny", "monthly_cny_per_km", "elastic_cny_hour")
"""Those of them that say nothing but what it costs."""


@dataclass(frozen=True, slots=True)
class Way:
    """One path of a line, by ids: its spans from the site where it begins, and µs one way beside the optical path."""

    begin: str
    spans: Sequence[str]
    beyond_us: int


@dataclass(frozen=True, slots=True)
class Sold:
    """The ways of a line to the site z, and what it is sold as: latency is strict, the rest includes its value."""

    ways: Sequence[Way]
    z: str
    below_us: int
    max_jitter_us: int | None
    max_loss: Decimal


def not_kept(sold: Sold, hop_us: Mapping[str, int], spans: Iterable[Span]) -> Text | None:
    """Why spans and sites, as they are now, no longer make the line that is sold; None where they do.

    The engine's own sums, and its tests in their order.
    """
    network = Network.build(hop_us, spans)
    places = {key: at for at, key in enumerate(network.ids)}
    paths = [_path(network, places, way, sold.z) for way in sold.ways]
    for way, path in zip(sold.ways, paths, strict=True):
        if path is None:
            return NO_PATH
        most = sold.below_us - 1 - way.beyond_us
        bounds = Bounds(latency=most, jitter=sold.max_jitter_us, loss=Fraction(sold.max_loss))
        for name, bound in bounds.stages():
            if not bound.admit(path):
                return _told(name, path, way, sold)
    if len(paths) > 1 and _share(network, *(path for path in paths if path is not None)):
        return NOT_DISJOINT
    return None


def not_promised(promises: Promises, grade: LineGrade | None) -> Text | None:
    """Why a product that is sold with this now no longer keeps what a demand required; None where it does."""
    reason = promises.broken(grade)
    if reason is None:
        return None
    bound = f"≥ {promises.min_availability_percent} %"
    now = None if grade is None else grade.availability_percent
    if reason != "availability":
        bound, now = " / ".join(getattr(promises, reason)), None if grade is None else getattr(grade, reason)
    aspect, said = ASPECTS[reason], UNDECLARED if now is None else Text(str(now), str(now))
    return PROMISE.format(
        aspect_zh=aspect.zh, aspect_en=aspect.en, now_zh=said.zh, now_en=said.en, bound=bound
    )


def moved_terms(sold: Mapping[str, Any], now: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """The members of TERMS that differ, as (name, then, now).

    `sold` is a bundle's line_terms, whose one-off is that of the tariff and of building the A end together.
    """
    then = {name: sold[name] for name in TERMS if name in sold}
    then["one_off_cny"] = Decimal(sold["one_off_cny"]) - Decimal(sold.get("end_one_off_cny", 0))
    return [
        (name, _written(value), _written(now[name]))
        for name, value in then.items()
        if _written(value) != _written(now[name])
    ]


def at_prices(
    sold: Mapping[str, Any], now: Mapping[str, Any], ends: Sequence[Decimal | None], *, apart: bool
) -> dict[str, Any]:
    """A bundle's line_terms with the PRICES of now, and with what building each of its A ends costs now (CNY for a circuit).

    Billing, step, hours and months stay. Of a pair that begins apart each end is of one circuit, so it counts half.
    """
    built = sold.get("ends", ())
    more = sum((price or 0 for price in ends), Decimal(0)) - sum(
        (Decimal(end["one_off_cny"] or 0) for end in built), Decimal(0)
    )
    building = Decimal(sold.get("end_one_off_cny", 0)) + more / (2 if apart else 1)
    prices = {name: None if now[name] is None else plain(now[name]) for name in PRICES}
    return {
        **sold,
        **prices,
        "one_off_cny": plain(now["one_off_cny"] + building),
        "end_one_off_cny": plain(building),
        "ends": [
            {**end, "one_off_cny": None if price is None else str(price)}
            for end, price in zip(built, ends, strict=True)
        ],
    }


def cost_of(terms: Mapping[str, Any]) -> Decimal:
    """CNY that a line of these line_terms costs, as the engine counts it."""
    circuits, one_off, months = (
        Decimal(terms["circuits"]),
        Decimal(terms["one_off_cny"]),
        Decimal(terms["months"]),
    )
    if terms["billing"] == "elastic":
        return circuits * (one_off + Decimal(terms["elastic_cny_hour"]) * Decimal(terms["hours"]))
    per_km = Decimal(terms["monthly_cny_per_km"]) * Decimal(terms["km"])
    return circuits * one_off + months * (circuits * Decimal(terms["monthly_cny"]) + per_km)


def _path(network: Network, places: Mapping[str, int], way: Way, z: str) -> Path | None:
    """The way as a path, with its sums; None where its spans do not lead from its begin to z."""
    here = way.begin
    if not way.spans:
        return EMPTY_PATH if here == z else None
    names = {at: site for site, at in network.site_index.items()}
    for key in way.spans:
        ends = [names[end] for end in network.ends[places[key]]] if key in places else []
        if here not in ends:
            return None
        here = ends[1 - ends.index(here)]
    if here != z:
        return None
    return path_over(network, network.site_index[way.begin], tuple(places[key] for key in way.spans))


def _share(network: Network, first: Path, second: Path) -> bool:
    """Whether two paths have a span, a site between or a risk in common."""
    risks = [frozenset().union(*(network.srlg[span] for span in path.spans)) for path in (first, second)]
    return bool(risks[0] & risks[1] or first.between & second.between or set(first.spans) & set(second.spans))


def _told(name: str, path: Path, way: Way, sold: Sold) -> Text:
    match name:
        case "latency":
            return LATENCY.format(now=path.latency + way.beyond_us, bound=sold.below_us)
        case "jitter":
            return JITTER.format(now=path.jitter, bound=sold.max_jitter_us)
        case _:
            return LOSS.format(now=plain(path.loss), bound=plain(sold.max_loss))


def _written(value: Any) -> str:
    """A term as it is compared and told: numbers without trailing zeros, `-` for none."""
    if value is None:
        return "-"
    try:
        number = Decimal(value)
    except ArithmeticError:
        return str(value)
    return format(number.normalize(), "f")
