"""What the snapshot should hold now: the rows of what may be sold, within a scope."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Q

from aggregation.selectors import supply as compute
from kernel.models.capacity import Claim
from kernel.selectors.capacity import Calendar, calendars, free
from scheduling.domain.changes import ALL_TABLES
from scheduling.domain.extras import (
    Booked,
    CentreFacts,
    LineGrade,
    Store,
    UnitPower,
    steps_of,
    written_steps,
)
from scheduling.domain.rows import Centre, Offer, Tariff, row_id
from scheduling.domain.rows import Site as SiteRow
from scheduling.domain.rows import Span as SpanRow
from scheduling.domain.wishes import instant
from scheduling.models import LineProduct, LineTariff, Site, Span, SupplyRow
from scheduling.selectors.gate import sellable_products
from scheduling.selectors.told import told_of_spans, told_of_tariff

SITES, SPANS, TARIFFS, CENTRES, OFFERS, FACTS, STORES, POWERS, GRADES, BOOKED = range(10)


@dataclass
class Scope:
    """What may have changed: everything, whatever tenants own, single offers, or what rests on resources of the ledger."""

    everything: bool = False
    owners: set[UUID] = field(default_factory=set)
    offers: set[UUID] = field(default_factory=set)
    resources: set[UUID] = field(default_factory=set)

    def __bool__(self) -> bool:
        """Whether there is anything to look at."""
        return self.everything or bool(self.owners or self.offers or self.resources)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One row that the snapshot should have, and what it is made of."""

    part: int
    key: str
    row: Any
    source: UUID
    resource: UUID | None
    owner: UUID
    told: dict[str, Any] = field(default_factory=dict)


def wanted_rows(scope: Scope) -> list[Wanted]:
    """The rows of what may be sold now, within the scope, in a fixed number of queries.

    Lines: products whose gate is open somewhere, with the ledger's reservations, and no commitment that awaits review. Compute: aggregation's sellable, fresh
    offers, at centres that meet the network at a known site.
    """
    return [*_lines(scope), *_compute(scope)]


def standing_rows(scope: Scope, wanted: Iterable[Wanted]) -> Iterable[SupplyRow]:
    """The rows that the snapshot has within the scope, and the centres that are wanted.

    A centre stays while single offers of it come and go; it goes with a look at all that its owner has.
    """
    rows = SupplyRow.objects.filter(until=None)
    if scope.everything:
        return rows
    centres = [row.key for row in wanted if row.part == CENTRES]
    stand = Q(part__in=(CENTRES, FACTS), key__in=centres)
    narrow = Q(source__in=scope.offers) | Q(resource__in=scope.resources) | stand
    return rows.filter(Q(owner__in=scope.owners) | narrow)


def resources_of(bundles: Iterable[UUID]) -> set[UUID]:
    """The resources of the ledger that bundles have claims on."""
    return set(Claim.objects.filter(bundle__in=list(bundles)).values_list("resource_id", flat=True))


def _lines(scope: Scope) -> list[Wanted]:
    spans = Span.objects.select_related("a", "b")
    if not scope.everything:
        spans = spans.filter(Q(tenant_id__in=scope.owners) | Q(id__in=scope.resources))
    found = [span for span in spans if not span.awaits_review]
    tenants = {span.tenant_id for span in found} | scope.owners
    tariffs = LineTariff.objects.select_related("product__provider")
    if not scope.everything:
        tariffs = tariffs.filter(product__provider__tenant_id__in=tenants)
    rows = list(tariffs)
    sold = sellable_products({row.product_id for row in rows})
    rows = [row for row in rows if row.product_id in sold]
    providers = {row.product.provider.tenant_id: row.product.provider.key for row in rows}
    left, ahead = free(span.id for span in found), calendars(span.id for span in found)
    told = told_of_spans(found, all_=scope.everything)
    sites = Site.objects.all()
    if not scope.everything:
        sites = sites.filter(tenant_id__in=scope.owners)
        rows = [row for row in rows if row.product.provider.tenant_id in scope.owners]
    return [
        *(_wanted(SITES, site_row(site), site.id, owner=site.tenant_id) for site in sites),
        *(
            _wanted(
                SPANS,
                span_row(span, providers[span.tenant_id], left.get(span.id, 0)),
                span.id,
                resource=span.id,
                owner=span.tenant_id,
                told=told[span.id],
            )
            for span in found
            if span.tenant_id in providers
        ),
        *(
            _wanted(
                TARIFFS, _tariff(row), row.id, owner=row.product.provider.tenant_id, told=told_of_tariff(row)
            )
            for row in rows
        ),
        *_grades({row.product_id: row.product for row in rows}.values()),
        *(
            _wanted(
                BOOKED,
                _booked("span", span.key, span.capacity_mbps, ahead[span.id]),
                span.id,
                resource=span.id,
                owner=span.tenant_id,
            )
            for span in found
            if span.tenant_id in providers and span.id in ahead
        ),
    ]


def _grades(products: Iterable[LineProduct]) -> list[Wanted]:
    """The availability of the products that state theirs."""
    return [
        _wanted(
            GRADES,
            LineGrade(product.provider.key, product.technology, product.availability),
            product.id,
            owner=product.provider.tenant_id,
        )
        for product in products
        if product.availability is not None
    ]


def _compute(scope: Scope) -> list[Wanted]:
    offered = compute.rows(
        owners=scope.owners, pools=scope.resources, offers=scope.offers, all_=scope.everything
    )
    named = {row.cells["site"] for row in offered.centres}
    known = set(Site.objects.filter(key__in=named).values_list("key", flat=True))
    centres = [row for row in offered.centres if row.cells["site"] in known]
    reached = {row.cells["centre"] for row in centres}
    there = {row.source for row in offered.offers if row.cells["centre"] in reached}
    facts = [row for row in offered.facts if row.cells["centre"] in reached]
    powers = [row for row in offered.powers if row.source in there]
    booked = [(row, calendar) for row, calendar in offered.booked if row.source in there]
    return [
        *(_wanted(FACTS, CentreFacts(**row.cells), row.source, owner=row.owner) for row in facts),
        *(
            _wanted(STORES, Store(**row.cells), row.source, resource=row.resource, owner=row.owner)
            for row in offered.stores
        ),
        *(
            _wanted(POWERS, UnitPower(**row.cells), row.source, resource=row.resource, owner=row.owner)
            for row in powers
        ),
        *(
            _wanted(
                BOOKED,
                _booked("offer", row.cells["offer"], row.cells["most"], calendar),
                row.source,
                resource=row.resource,
                owner=row.owner,
            )
            for row, calendar in booked
        ),
        *(_wanted(CENTRES, Centre(**row.cells), row.source, owner=row.owner) for row in centres),
        *(
            _wanted(OFFERS, Offer(**row.cells), row.source, resource=row.resource, owner=row.owner)
            for row in offered.offers
            if row.cells["centre"] in reached
        ),
    ]


def _booked(part: str, key: str, most: int, calendar: Calendar) -> Booked:
    steps = steps_of((instant(start), instant(end), booked) for start, end, booked in calendar.bookings)
    return Booked(part, key, most, calendar.free, written_steps(steps))


def _wanted(
    part: int,
    row: Any,
    source: UUID,
    *,
    owner: UUID,
    resource: UUID | None = None,
    told: dict[str, Any] | None = None,
) -> Wanted:
    return Wanted(part, row_id(ALL_TABLES[part], row), row, source, resource, owner, told or {})


def site_row(site: Site) -> SiteRow:
    """A site in the columns of the selection files."""
    return SiteRow(
        site=site.key,
        name=site.name,
        lat=site.lat,
        lon=site.lon,
        city=site.city,
        kind=site.role,
        hop_us=site.hop_us,
    )


def span_row(span: Span, provider: str, free_mbps: int) -> SpanRow:
    """A span of a line provider (by key) in those columns, with so much left."""
    return SpanRow(
        span=span.key,
        line_provider=provider,
        kind=span.kind,
        a=span.a.key,
        b=span.b.key,
        km=span.km,
        measured_us=span.measured_us,
        capacity_mbps=span.capacity_mbps,
        reserved_mbps=span.capacity_mbps - free_mbps,
        jitter_us=span.jitter_us,
        loss=span.loss,
        srlg=tuple(span.srlg),
    )


def _tariff(row: LineTariff) -> Tariff:
    return Tariff(
        line_provider=row.product.provider.key,
        technology=row.product.technology,
        bandwidth_mbps=row.bandwidth_mbps,
        zone=row.zone,
        one_off_cny=_cny(row.one_off_cny),
        monthly_cny=_cny(row.monthly_cny),
        monthly_cny_per_km=_cny(row.monthly_cny_per_km),
        min_months=row.min_months,
        elastic_cny_hour=None if row.elastic_cny_hour is None else _cny(row.elastic_cny_hour),
        terminal_us=row.terminal_us,
        lead_days=row.lead_days,
    )


def _cny(rate: Decimal) -> Decimal:
    """A rate of six places as one of four, which is all that an import lets in."""
    return rate.quantize(Decimal("0.0001"))
