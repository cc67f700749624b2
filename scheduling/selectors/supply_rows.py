"""What the snapshot should hold now: the rows of what may be sold, within a scope."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q, QuerySet

from aggregation.selectors import supply as compute
from kernel.selectors.capacity import Calendar, calendars, free
from scheduling.domain.engine.wishes import instant
from scheduling.domain.rows import Centre, Offer, Tariff, row_id
from scheduling.domain.rows import Site as SiteRow
from scheduling.domain.rows import Span as SpanRow
from scheduling.domain.supply.changes import ALL_TABLES
from scheduling.domain.supply.extras import (
    Booked,
    CentreFacts,
    Store,
    TermTariff,
    UnitPower,
    steps_of,
    written_steps,
)
from scheduling.models import LineProduct, LineTariff, Site, Span, SupplyRow
from scheduling.selectors.gate import sellable_products
from scheduling.selectors.line_products import grade_of
from scheduling.selectors.supply_scope import (
    BOOKED,
    CENTRES,
    FACTS,
    GRADES,
    OFFERS,
    POWERS,
    SITES,
    SPANS,
    STORES,
    TARIFFS,
    TERMS,
    Scope,
)
from scheduling.selectors.told import marked, told_of_spans, told_of_tariff


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
    generation: int | None = None


class Standing(NamedTuple):
    """What is compared of a row that the snapshot has: all but what the digest covers."""

    id: int
    part: int
    key: str
    bucket: int
    digest: bytes
    told: dict[str, Any]
    owner: UUID
    generation: int | None


def wanted_rows(scope: Scope) -> list[Wanted]:
    """The rows of what may be sold now, within the scope, in a fixed number of queries.

    Lines: products whose gate is open somewhere, with the ledger's reservations, nothing that is withdrawn, and no commitment that awaits review. Compute: aggregation's sellable, fresh
    offers, at centres that meet the network at a known site.
    """
    found: dict[tuple[int, str], Wanted] = {}
    for row in chain(_lines(scope), _compute(scope)):
        found.setdefault((row.part, row.key), row)  # a site is met more than once
    return list(found.values())


def standing_rows(scope: Scope, wanted: Iterable[Wanted]) -> Iterable[Standing]:
    """The rows that the snapshot has within the scope, and the sites and centres that are wanted.

    A centre stays while single offers of it come and go; it goes with a look at all that its owner has.
    """
    rows = SupplyRow.objects.filter(until=None)
    if scope.everything:
        return _standing(rows)
    centres = [row.key for row in wanted if row.part == CENTRES]
    sites = [row.key for row in wanted if row.part == SITES]
    stand = Q(part__in=(CENTRES, FACTS), key__in=centres) | Q(part=SITES, key__in=sites)
    priced = Q(part__in=(TARIFFS, TERMS, GRADES), owner__in=scope.carriers)
    single = Q(source__in=scope.offers | scope.withdrawn) | Q(resource__in=scope.resources)
    return _standing(rows.filter(Q(owner__in=scope.owners) | priced | single | stand))


def _standing(rows: QuerySet[SupplyRow]) -> Iterator[Standing]:
    found = rows.values_list(*Standing._fields)
    return (Standing(*row) for row in found.iterator(chunk_size=5000))


def _lines(scope: Scope) -> list[Wanted]:
    sites = _sites(scope)
    spans = Span.objects.listed().defer("created_at")
    tariffs = LineTariff.objects.listed().select_related("product__provider")
    if not scope.everything:
        spans = spans.filter(Q(tenant_id__in=scope.owners) | Q(id__among=scope.resources))
    found = list(spans)
    tenants = {span.tenant_id for span in found} | scope.owners | scope.carriers
    if not scope.everything:
        tariffs = tariffs.filter(product__provider__tenant_id__in=tenants)
    rows = list(tariffs)
    sold = sellable_products({row.product_id for row in rows})
    rows = [row for row in rows if row.product_id in sold]
    providers = {row.product.provider.tenant_id: row.product.provider.key for row in rows}
    found = [span for span in found if span.tenant_id in providers]
    _join(found, sites)
    found = [span for span in found if not span.awaits_review]
    left, ahead = free(span.id for span in found), calendars(span.id for span in found)
    told = told_of_spans(found, all_=scope.everything)
    if not scope.everything:
        priced = scope.owners | scope.carriers
        rows = [row for row in rows if row.product.provider.tenant_id in priced]
    return [
        *(_site(site, generation) for site, generation in sites.values()),
        *(
            _wanted(
                SPANS,
                span_row(span, providers[span.tenant_id], left.get(span.id, 0)),
                span.id,
                resource=span.id,
                owner=span.tenant_id,
                told=told[span.id],
                generation=span.generation,
            )
            for span in found
        ),
        *_prices(rows),
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
            if span.id in ahead
        ),
    ]


Sites = dict[UUID, tuple[Site, int | None]]
"""Sites by their ids, each with the generation as which all that hangs on it is looked at; None where less is."""


def _sites(scope: Scope) -> Sites:
    """The sites within the scope, read before anything that hangs on them."""
    if scope.everything:
        return {site.id: (site, site.generation) for site in Site.objects.listed()}
    sites = Site.objects.listed().filter(Q(tenant_id__in=scope.owners) | Q(id__among=scope.sites))
    return {site.id: (site, scope.sites.get(site.id)) for site in sites}


def _join(spans: Iterable[Span], sites: Sites) -> None:
    """Let spans know their ends, which are wanted with them: their owner may have just made them."""
    ends = {end for span in spans for end in (span.a_id, span.b_id)}
    if lacking := ends - sites.keys():
        sites |= {site.id: (site, None) for site in Site.objects.listed().filter(id__among=lacking)}
    for span in spans:
        span.a, span.b = sites[span.a_id][0], sites[span.b_id][0]


def _prices(rows: Iterable[LineTariff]) -> Iterator[Wanted]:
    """The prices of each step and zone: the files have a place for the row of the least term, the extra tables for others."""
    met = set()
    for row in sorted(rows, key=lambda row: row.min_months):
        key = (row.product_id, row.bandwidth_mbps, row.zone)
        part, kind = (TERMS, TermTariff) if key in met else (TARIFFS, Tariff)
        met.add(key)
        owner, told = row.product.provider.tenant_id, told_of_tariff(row)
        yield _wanted(part, _tariff(row, kind), row.id, owner=owner, told=told)


def _grades(products: Iterable[LineProduct]) -> list[Wanted]:
    """What the products are sold with that declare anything of it."""
    return [
        _wanted(GRADES, grade, product.id, owner=product.provider.tenant_id)
        for product in products
        if (grade := grade_of(product)) is not None
    ]


def _compute(scope: Scope) -> list[Wanted]:
    offered = compute.rows(
        owners=scope.owners, pools=scope.resources, offers=scope.offers, all_=scope.everything
    )
    named = {row.cells["site"] for row in offered.centres}
    met = list(Site.objects.listed().filter(key__among=named))
    known = {site.key for site in met}
    centres = [row for row in offered.centres if row.cells["site"] in known]
    reached = {row.cells["centre"] for row in centres}
    there = {row.source for row in offered.offers if row.cells["centre"] in reached}
    facts = [row for row in offered.facts if row.cells["centre"] in reached]
    powers = [row for row in offered.powers if row.source in there]
    ahead = [("offer", *each) for each in offered.booked if each[0].source in there]
    ahead += [("store", *each) for each in offered.booked_stores]
    return [
        *(_site(site, None) for site in met),
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
                _booked(part, row.cells[part], row.cells["most"], calendar),
                row.source,
                resource=row.resource,
                owner=row.owner,
            )
            for part, row, calendar in ahead
        ),
        *(
            _wanted(CENTRES, Centre(**row.cells), row.source, owner=row.owner, told=marked(row.marking))
            for row in centres
        ),
        *(
            _wanted(
                OFFERS,
                Offer(**row.cells),
                row.source,
                resource=row.resource,
                owner=row.owner,
                told=marked(row.marking),
            )
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
    generation: int | None = None,
) -> Wanted:
    return Wanted(part, row_id(ALL_TABLES[part], row), row, source, resource, owner, told or {}, generation)


def _site(site: Site, generation: int | None) -> Wanted:
    return _wanted(
        SITES,
        site_row(site),
        site.id,
        owner=site.tenant_id,
        told=marked(site.marking),
        generation=generation,
    )


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


def _tariff(row: LineTariff, kind: type[Tariff]) -> Tariff:
    return kind(
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
