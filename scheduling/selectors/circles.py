"""What circles are drawn from: a boundary, the centres and access points within a city, the networks of carriers."""

import hashlib
from dataclasses import dataclass

from aggregation.selectors.centres import centres_in
from kernel.divisions import stem
from kernel.objects import canonical_json
from scheduling.domain.circles.drawing import AccessPoint, Hub
from scheduling.domain.routing.network import Network
from scheduling.domain.rows import TABLES, canonical
from scheduling.domain.sites import SiteRole
from scheduling.domain.supply.supply import networks_of
from scheduling.models import LineProvider, MetroBoundary, Site, Span
from scheduling.selectors.sites import point_of
from scheduling.selectors.supply_rows import site_row, span_row


@dataclass(frozen=True, slots=True)
class Ground:
    """All that circles depend on; `sha256` is the digest of it, whatever the order of rows."""

    hubs: list[Hub]
    points: list[AccessPoint]
    networks: list[Network]
    sha256: str


def newest_boundary(city: str) -> MetroBoundary | None:
    """The boundary of a city that was declared last."""
    return MetroBoundary.objects.filter(city=city).order_by("-created_at", "-id").first()


def ground_of(boundary: MetroBoundary, line_provider: str) -> Ground:
    """What there is now: every disclosed span and commitment that is not withdrawn counts with its whole capacity, sold or not, once it needs no review.

    `line_provider` narrows networks and access points to one carrier's; empty is all. Five queries.
    """
    carriers = dict(LineProvider.objects.values_list("tenant_id", "key"))
    if line_provider:
        carriers = {tenant: key for tenant, key in carriers.items() if key == line_provider}
    sites = {row.key: row for row in Site.objects.listed().order_by("key")}
    disclosed = Span.objects.listed().filter(tenant_id__in=carriers)
    spans = disclosed.select_related("a", "b").order_by("key")
    rows = [
        span_row(each, carriers[each.tenant_id], each.capacity_mbps)
        for each in spans
        if not each.awaits_review
    ]
    hops = {key: site_row(row) for key, row in sites.items()}
    divisions = stem(boundary.city)
    points = [
        AccessPoint(key, carriers[row.tenant_id], point_of(row), row.service_area)
        for key, row in sites.items()
        if row.role == SiteRole.ACCESS_POINT and row.tenant_id in carriers and row.city.startswith(divisions)
    ]
    hubs = [
        Hub(
            each.key,
            each.site,
            point_of(sites[each.site]) if each.site in sites else None,
            each.standard_racks,
        )
        for each in centres_in(divisions)
    ]
    told = [
        boundary.area,
        [canonical(TABLES[0], hops[key]) for key in hops],
        [canonical(TABLES[1], row) for row in rows],
        [[each.key, each.site, str(each.standard_racks)] for each in hubs],
        [[each.key, each.area] for each in points],
    ]
    text = canonical_json(told)
    return Ground(
        hubs=hubs,
        points=points,
        networks=[*networks_of(hops, rows).values()],
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )
