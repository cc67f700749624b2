"""The metropolitan areas of this node, each with what its indicators are worked out from, and on what that rests."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q

from aggregation.selectors.centres import CentreFacts, centres_in
from kernel.divisions import metro_of, stem
from scheduling.domain.circles.metro import IndicatorRule, Part, Stations, egress_of, judged, parts_of
from scheduling.domain.one_hop import OneHopState
from scheduling.domain.sites import IMPORTANT, SiteRole
from scheduling.domain.verdicts import Verdict
from scheduling.models import LatencyCircles, LineProvider, MetroBoundary, OneHopAccess, Site
from scheduling.selectors.profiles import circle_profile, metro_profile


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator of one area: its share, None where this node keeps no record; and whether its bound is kept."""

    rule: IndicatorRule
    part: Part | None
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Metro:
    """One metropolitan area: its centres, its newest boundary, the newest circles drawn within, and its indicators."""

    city: str
    centres: int
    medium_plus: int
    boundary: MetroBoundary | None
    circles: LatencyCircles | None
    indicators: tuple[Indicator, ...]

    @property
    def current(self) -> bool | None:
        """Whether the circles are of the newest boundary; None where none were drawn."""
        if self.circles is None or self.boundary is None:
            return None
        return self.circles.boundary_id == self.boundary.id


def metros(*, city: str = "", line_provider: str = "") -> list[Metro]:
    """Every area where there is a centre, an access point or a boundary, by its code in four queries.

    `line_provider` narrows sites and circles to one carrier's, as the action is run by each.
    """
    medium = circle_profile().medium_standard_racks
    centres: dict[str, list[CentreFacts]] = {}
    for centre in centres_in(""):
        centres.setdefault(metro_of(centre.division), []).append(centre)
    larger = {
        each: [centre for centre in there if centre.standard_racks >= medium]
        for each, there in centres.items()
    }
    stations = _stations(line_provider)
    boundaries = _newest(MetroBoundary.objects.order_by("city", "-created_at", "-id").distinct("city"))
    drawn = LatencyCircles.objects.filter(line_provider=line_provider).defer("geometry")
    circles = _newest(drawn.order_by("city", "-created_at", "-id").distinct("city"))
    return [
        Metro(
            city=each,
            centres=len(centres.get(each, ())),
            medium_plus=len(larger.get(each, ())),
            boundary=boundaries.get(each),
            circles=circles.get(each),
            indicators=_indicators(
                stations.get(each, Stations()),
                circles.get(each),
                [centre.egress_gbps for centre in larger.get(each, ())],
            ),
        )
        for each in sorted({*centres, *stations, *boundaries})
        if city in ("", each)
    ]


def _newest(rows: Iterable[Any]) -> dict[str, Any]:
    return {row.city: row for row in rows}


def _indicators(
    stations: Stations, circles: LatencyCircles | None, fastest: list[int | None]
) -> tuple[Indicator, ...]:
    parts = parts_of(stations, None if circles is None else circles.numbers, egress_of(fastest))
    return tuple(
        Indicator(rule, parts.get(rule.code), judged(rule, parts.get(rule.code)))
        for rule in metro_profile().rules
    )


def _stations(line_provider: str) -> dict[str, Stations]:
    """City → what its sites declare, summed over the divisions within it."""
    carriers = LineProvider.objects.filter(key=line_provider) if line_provider else LineProvider.objects.all()
    verified = OneHopAccess.objects.filter(site=OuterRef("pk"), state=OneHopState.VERIFIED)
    point, important = Q(role=SiteRole.ACCESS_POINT), Q(role__in=sorted(IMPORTANT))
    rows = (
        Site.objects.listed()
        .filter(tenant_id__in=carriers.values("tenant_id"))
        .annotate(hops=Exists(verified))
        .values("city")
        .annotate(
            important=Count("id", filter=important),
            with_oxc=Count("id", filter=important & Q(oxc=True)),
            points=Count("id", filter=point),
            with_otn=Count("id", filter=point & Q(otn_100g=True)),
            with_hop=Count("id", filter=point & Q(hops=True)),
        )
        .order_by()
        .values_list("city", "important", "with_oxc", "points", "with_otn", "with_hop")
    )
    sums: dict[str, list[int]] = {}
    for division, *counts in rows:
        before = sums.get(metro_of(division), [0] * len(counts))
        sums[metro_of(division)] = [one + two for one, two in zip(before, counts, strict=True)]
    return {each: Stations(*counts) for each, counts in sums.items()}


def evidence_of(metro: Metro, basis: str | None, line_provider: str) -> str | None:
    """The address where what an indicator rests on is read; None where there is nothing."""
    within = f"city__startswith={stem(metro.city)}"
    match basis:
        case "circles":
            return None if metro.circles is None else f"/api/v1/latency-circles/{metro.circles.id}"
        case "sites":
            return f"/api/v1/sites?state=listed&{within}" + (
                f"&carrier={line_provider}" if line_provider else ""
            )
        case "centres":
            return f"/api/v1/centres?division__startswith={stem(metro.city)}"
        case "one_hop":
            return f"/api/v1/one-hop-accesses?state=verified&{within}"
        case _:
            return None
