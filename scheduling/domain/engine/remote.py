"""Bundles of other nodes: what a node tells another of one, what is believed of it, and how all rank together."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from scheduling.domain.demand import PROTECTIONS, Demand
from scheduling.domain.engine.answer import Bundle
from scheduling.domain.engine.bundles import score_json
from scheduling.domain.engine.promises import LISTED, Promises, service_json
from scheduling.domain.engine.scores import CNY_IN_SCORE, Measure, Score, us_price
from scheduling.domain.engine.tariffs import BILLINGS
from scheduling.domain.engine.wishes import Weights, Wishes
from scheduling.domain.light import Medium, faster_than
from scheduling.domain.numbers import CNY_SCALE, NumberError, kilometres, parse_decimal, plain, scaled
from scheduling.domain.sites import Point
from scheduling.domain.supply.extras import LineGrade
from scheduling.domain.technologies import Technology
from scheduling.domain.working_days import SHANGHAI

LONGEST_TEXT = 200
CHEAPER = 20  # so many times cheaper than the best of ours is doubted: it ranks after all that is not
TEXTS = ("offer", "identifier", "centre", "division", "technology", "line_provider", "billing")
DIVISION = re.compile(r"[0-9]{6}", re.ASCII)  # GB/T 2260
LOSS_PLACES = 12  # decimals that a loss is told and shown with, rounded up
EXACT_LOSS_PLACES = 9 * 256  # an earlier release tells it exactly: nine for each span
COUNTS = ("quantity", "bandwidth_mbps", "latency_us", "jitter_us", "lead_days")
LATER = ("end_days", "usable_from", "protection")
MEASURES = {"kg_co2": Decimal(10**9), "percent_unreliable": Decimal(100)}  # and the most that each can be

Rank = tuple[bool, bool, int, int]
"""Doubted, then as bundles rank here: what is unknown last, exact total or score, latency."""


class UnusableError(ValueError):
    """A bundle that is left out, without a word against its node: what it says cannot be judged here, or will not do.

    A later release may have a word that this one does not know, and an earlier one tells the division of a centre's site.
    """


class AbsurdError(ValueError):
    """A bundle that cannot be: `member` is where it shows."""

    def __init__(self, member: str) -> None:
        self.member = member
        super().__init__(member)


@dataclass(frozen=True, slots=True)
class RemoteBundle:
    """One bundle of another node, as far as it can be checked from here; `shown` are its checked members."""

    rank: Rank
    shown: dict[str, Any]


def told(bundle: Bundle, *, point: Point | None, facts: Mapping[str, str]) -> dict[str, Any]:
    """What this node tells another of a bundle of its own; `facts` are identifier, division, name, marking and usable_from.

    What people wrote is told so that it can be shown: a name that somebody at home chose silences nobody.
    """
    line = bundle.line
    score = bundle.score
    measures = {} if score is None else {each.name: each.value for each in score.measures}
    return {
        **facts,
        "name": "".join(each if each.isprintable() else " " for each in facts["name"])[:LONGEST_TEXT],
        "offer": bundle.offer,
        "centre": bundle.centre,
        "lat": None if point is None else plain(point.lat),
        "lon": None if point is None else plain(point.lon),
        "quantity": bundle.quantity,
        "line_provider": bundle.line_provider,
        "technology": bundle.technology,
        "bandwidth_mbps": line.charge.tariff.bandwidth_mbps,
        "billing": line.charge.billing,
        "latency_us": line.latency,
        "jitter_us": line.route.jitter,
        "loss": plain(_rounded_up(line.route.loss)),
        "km": kilometres(line.route.metres),
        "lead_days": line.charge.tariff.lead_days,
        "end_days": line.start.days or 0,
        "protection": PROTECTIONS[line.route.protection_spans is not None],
        "cny": {
            "compute": plain(Fraction(bundle.compute, CNY_SCALE)),
            "line": plain(Fraction(line.cost, CNY_SCALE)),
            "total": plain(Fraction(bundle.total, CNY_SCALE)),
        },
        "measures": {
            name: None if (measured := measures[name]) is None else plain(measured)
            for name in MEASURES
            if name in measures
        },
        **({} if bundle.grade is None else {"service": service_json(bundle.grade)}),
    }


def local_rank(bundle: Bundle) -> Rank:
    """How a bundle of ours ranks among all."""
    if bundle.score is None:
        return False, False, bundle.total * CNY_IN_SCORE, bundle.line.latency
    return False, bool(bundle.score.unknown), bundle.score.known, bundle.line.latency


def read_bundles(
    documents: Sequence[Mapping[str, Any]],
    *,
    demand: Demand,
    wishes: Wishes,
    start: Point,
    best: int | None,
) -> tuple[list[RemoteBundle], int]:
    """All bundles of one node as `read_bundle` reads each, and how many were left out.

    Raises AbsurdError where one cannot be, or an offer is told with the same line product twice.
    """
    found, seen, left_out = list[RemoteBundle](), set[tuple[str, ...]](), 0
    for document in documents:
        try:
            each = read_bundle(document, demand=demand, wishes=wishes, start=start, best=best)
        except UnusableError:
            left_out += 1
            continue
        key = tuple(each.shown[name] for name in ("offer", "line_provider", "technology"))
        if key in seen:
            raise AbsurdError("offer")
        seen.add(key)
        found.append(each)
    return found, left_out


def believable(document: Mapping[str, Any], *, demand: Demand, wishes: Wishes, start: Point) -> bool:
    """Whether a bundle of our own is one that another node will believe, whose demand it is."""
    try:
        read_bundle(document, demand=demand, wishes=wishes, start=start, best=None)
    except (AbsurdError, UnusableError):
        return False
    return True


def read_bundle(
    document: Mapping[str, Any], *, demand: Demand, wishes: Wishes, start: Point, best: int | None
) -> RemoteBundle:
    """A bundle of another node, checked: sums that add up, numbers that can be, bounds that are kept, light not outrun.

    What a node of an earlier release does not say of `LATER` is None. The score is added up here, by the demand's own weights.
    `best` is the total of the best of ours (10⁻¹⁰ CNY): what is `CHEAPER` times cheaper is doubted. Raises AbsurdError,
    UnusableError.
    """
    shown: dict[str, Any] = {name: _text(document, name) for name in (*TEXTS, "name")}
    shown["marking"] = _text(document, "marking", empty=True)
    shown |= {name: _count(document, name) for name in COUNTS}
    shown |= {name: _later(document, name) for name in LATER}
    money = document.get("cny")
    if not isinstance(money, Mapping):
        raise AbsurdError("cny")
    amounts = {name: scaled(_decimal(money, name, 10), 10) for name in ("compute", "line", "total")}
    if amounts["compute"] + amounts["line"] != amounts["total"]:
        raise AbsurdError("cny")
    shown["cny"] = {name: str(money[name]) for name in amounts}
    loss, place = _decimal(document, "loss", EXACT_LOSS_PLACES), _place(document)
    shown |= {"loss": plain(_rounded_up(loss)), "km": plain(_decimal(document, "km", 3)), **place}
    if shown["quantity"] != demand.quantity or shown["bandwidth_mbps"] < demand.bandwidth_mbps:
        raise AbsurdError("quantity")
    _within(shown, demand, amounts["total"], loss)
    _chosen(shown, demand, wishes)
    if wishes.promises is not None:
        shown["service"] = _service(document, wishes.promises)
    centre = Point(Decimal(place["lat"]), Decimal(place["lon"]))
    if faster_than(shown["latency_us"], start.metres_to(centre), Medium.UNDISCLOSED):
        raise AbsurdError("latency_us")
    known, unknown = amounts["total"] * CNY_IN_SCORE, False
    if wishes.weights is not None:
        score = _score(document, wishes.weights, amounts["total"], shown["latency_us"])
        shown["score"] = score_json(score, amounts["total"])
        known, unknown = score.known, bool(score.unknown)
    if not _usable(shown, wishes):
        raise UnusableError
    doubted = best is not None and amounts["total"] * CHEAPER < best
    shown["doubted"] = doubted
    return RemoteBundle((doubted, unknown, known, shown["latency_us"]), shown)


def _within(shown: Mapping[str, Any], demand: Demand, total: int, loss: Decimal) -> None:
    """Whether the demand's own bounds are kept, by the bundle's own words."""
    bounds = (
        ("latency_us", demand.max_latency_us is not None and shown["latency_us"] >= demand.max_latency_us),
        ("jitter_us", demand.max_jitter_us is not None and shown["jitter_us"] > demand.max_jitter_us),
        ("loss", loss > 1 or (demand.max_loss is not None and loss > demand.max_loss)),
        ("lead_days", demand.max_lead_days is not None and _days(shown) > demand.max_lead_days),
        ("cny", demand.max_total_cny is not None and total > scaled(demand.max_total_cny, 10)),
    )
    for member, broken in bounds:
        if broken:
            raise AbsurdError(member)


def _chosen(shown: Mapping[str, Any], demand: Demand, wishes: Wishes) -> None:
    """Whether line and centre are among those that the demand allows, and the line is open by the start, by its own words."""
    line, centre, days = demand.line, demand.centre, wishes.days_to_start
    usable, start = shown["usable_from"], wishes.starts_at
    late = usable is not None and start is not None and date.fromisoformat(usable) > _in_china(start)
    bounds = (
        ("technology", bool(line.technologies) and shown["technology"] not in line.technologies),
        ("line_provider", bool(line.providers) and shown["line_provider"] not in line.providers),
        ("centre", bool(centre.include) and shown["centre"] not in centre.include),
        ("centre", shown["centre"] in centre.exclude),
        ("division", not DIVISION.fullmatch(shown["division"])),
        # a day more than there is: its clock may be behind ours
        ("lead_days", days is not None and _days(shown) > days + 1),
        ("usable_from", late),
        ("protection", shown["protection"] not in (None, demand.protection)),
    )
    for member, broken in bounds:
        if broken:
            raise AbsurdError(member)


def _in_china(at: datetime) -> date:
    return at.astimezone(SHANGHAI).date()


def _days(shown: Mapping[str, Any]) -> int:
    """Days until the line is open: the tariff's, and those of the A end as far as they are told."""
    return int(shown["lead_days"]) + (shown["end_days"] or 0)


def _usable(shown: Mapping[str, Any], wishes: Wishes) -> bool:
    """Whether this release knows its words, and its centre lies in a division that the demand allows."""
    known = shown["technology"] in Technology.codes() and shown["billing"] in BILLINGS
    return known and (not wishes.residency or shown["division"].startswith(wishes.residency))


def _service(document: Mapping[str, Any], promises: Promises) -> dict[str, str | None]:
    """What its line is sold with, by its own word, which has to keep what is required."""
    said = document.get("service")
    if not isinstance(said, Mapping):
        raise AbsurdError("service")
    codes = {name: None if said.get(name) is None else _text(said, name) for name in LISTED}
    known = said.get("availability_percent") is not None
    percent = _decimal(said, "availability_percent", 6) if known else None
    grade = LineGrade("", "", None, percent, **codes)
    if promises.broken(grade) is not None:
        raise AbsurdError("service")
    return service_json(grade)


def _score(document: Mapping[str, Any], weights: Weights, total: int, latency: int) -> Score:
    """Total and what is weighed of it, by the demand's weights and the measures that its node tells."""
    measures = document.get("measures")
    found = []
    if weights.cny_per_ms is not None:
        found.append(Measure("latency_ms", Fraction(latency, 1000), us_price(weights) * latency))
    for name, weight in (
        ("kg_co2", weights.cny_per_kg_co2),
        ("percent_unreliable", weights.cny_per_percent_unreliable),
    ):
        if weight is None:
            continue
        if not isinstance(measures, Mapping) or measures.get(name) is None:
            found.append(Measure(name, None, None))
            continue
        value = _decimal(measures, name, 16)
        if value > MEASURES[name]:
            raise AbsurdError(f"measures/{name}")
        found.append(Measure(name, Fraction(value), scaled(weight, 4) * scaled(value, 16)))
    return Score(total * CNY_IN_SCORE + sum(each.score or 0 for each in found), tuple(found))


def merge(local: Sequence[Rank], remote: Sequence[tuple[str, RemoteBundle]]) -> list[tuple[int, int]]:
    """(rank, index) of all bundles, best first: ours have the indices of the answer, the others follow them.

    What is of equal value shares a rank, whoever offers it; on the page ours come first, then nodes and offers by name.
    """
    ranked: list[tuple[Rank, tuple[bool, str, str], int]] = [
        (rank, (False, "", ""), index) for index, rank in enumerate(local)
    ]
    for index, (node, bundle) in enumerate(remote, start=len(local)):
        ranked.append((bundle.rank, (True, node, bundle.shown["offer"]), index))
    ranked.sort(key=lambda each: each[:2])
    found: list[tuple[int, int]] = []
    for place, (rank, _, index) in enumerate(ranked, start=1):
        same = place > 1 and ranked[place - 2][0] == rank
        found.append((found[-1][0] if same else place, index))
    return found


def exact_places(order: Sequence[Rank], cut: Sequence[Sequence[RemoteBundle]]) -> int:
    """How many of the first places have exact ranks, where nodes have more bundles than they told (`cut`: what each told).

    What such a node did not tell is no better, by total or score, than the last that it told; doubt is ours alone.
    """
    if not all(cut):
        return 0
    lasts = [max((False, *each.rank[1:]) for each in told_by_one) for told_by_one in cut]
    return sum(all(rank <= last for last in lasts) for rank in order)


def _text(document: Mapping[str, Any], name: str, *, empty: bool = False) -> str:
    value = document.get(name)
    if (
        not isinstance(value, str)
        or len(value) > LONGEST_TEXT
        or not value.isprintable()
        or not (value or empty)
    ):
        raise AbsurdError(name)
    return value


def _count(document: Mapping[str, Any], name: str) -> int:
    value = document.get(name)
    if type(value) is not int or not 0 <= value < 10**9:
        raise AbsurdError(name)
    return value


def _later(document: Mapping[str, Any], name: str) -> int | str | None:
    """A member of `LATER`, where it is told."""
    if document.get(name) is None:
        return None
    if name == "end_days":
        return _count(document, name)
    text = _text(document, name)
    try:
        return date.fromisoformat(text).isoformat() if name == "usable_from" else text
    except ValueError as error:
        raise AbsurdError(name) from error


def _decimal(document: Mapping[str, Any], name: str, places: int) -> Decimal:
    value = document.get(name)
    if not isinstance(value, str):
        raise AbsurdError(name)
    try:
        return parse_decimal(value, places)
    except NumberError as error:
        raise AbsurdError(name) from error


def _rounded_up(loss: Fraction | Decimal) -> Decimal:
    """A loss of so many places as a bound has, or more: within each bound of `LOSS_PLACES` or fewer if the exact one is."""
    numerator, denominator = loss.as_integer_ratio()
    return Decimal(-(-numerator * 10**LOSS_PLACES // denominator)).scaleb(-LOSS_PLACES)


def _place(document: Mapping[str, Any]) -> dict[str, str]:
    """Where the centre stands; without that its latency cannot be judged, and it is not believed."""
    found = {}
    for name, most in (("lat", 90), ("lon", 180)):
        try:
            value = parse_decimal(str(document.get(name)), 6, signed=True)
        except NumberError as error:
            raise AbsurdError(name) from error
        if abs(value) > most:
            raise AbsurdError(name)
        found[name] = plain(value)
    return found
