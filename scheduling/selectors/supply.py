"""The live supply: what may be sold now, as the engine's rows, with the keys that lead back to ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from aggregation.selectors import supply as compute
from kernel.selectors.capacity import free
from scheduling.domain.rows import TABLES, Centre, Offer, Row, Tariff, row_id
from scheduling.domain.rows import Site as SiteRow
from scheduling.domain.rows import Span as SpanRow
from scheduling.domain.sites import SiteFacts
from scheduling.domain.supply import Supply
from scheduling.models import LineTariff, Site, Span
from scheduling.selectors.gate import blocks
from scheduling.selectors.sites import facts

Rows = tuple[tuple[Row, ...], ...]


@dataclass(frozen=True, slots=True)
class LiveSupply:
    """The supply of this moment; `spans`, `sites` and `line_providers` lead from human keys to our rows."""

    supply: Supply
    sites: Mapping[str, SiteFacts]
    spans: Mapping[str, Span]
    line_providers: Mapping[str, UUID]
    offers: Mapping[str, UUID]


_last: tuple[Rows, Supply] | None = None
"""What this process built last; it serves again only where every row is the same."""


def live_supply() -> LiveSupply:
    """Read what passes both gates now, in a fixed number of queries, and build it where it changed.

    Lines: products whose gate is open, with the ledger's reservations. Compute: aggregation's sellable, fresh
    offers, at centres that meet the network at a known site.
    """
    tariffs = list(LineTariff.objects.select_related("product__provider"))
    gate = blocks({row.product_id for row in tariffs})
    tariffs = [row for row in tariffs if not gate[row.product_id]]
    providers = {row.product.provider.tenant_id: row.product.provider.key for row in tariffs}
    spans = list(Span.objects.filter(tenant_id__in=providers).select_related("a", "b"))
    sites = list(Site.objects.all())  # after the spans: none ends at a site that was registered since
    left = free(span.id for span in spans)
    offered = compute.rows()
    known = {site.key for site in sites}
    centres = [Centre(**row) for row in offered.centres if row["site"] in known]
    reached = {row.centre for row in centres}
    offers = [Offer(**row) for row in offered.offers if row["centre"] in reached]
    rows: Rows = (
        tuple(_site(site) for site in sites),
        tuple(_span(span, providers[span.tenant_id], left.get(span.id, 0)) for span in spans),
        tuple(_tariff(row) for row in tariffs),
        tuple(centres),
        tuple(offers),
    )
    return LiveSupply(
        supply=_built(rows),
        sites={site.key: site for site in facts(sites)},
        spans={span.key: span for span in spans},
        line_providers={key: tenant for tenant, key in providers.items()},
        offers=offered.offer_ids,
    )


def _built(rows: Rows) -> Supply:
    global _last  # noqa: PLW0603 - one supply is kept a process, replaced whole
    ordered: Rows = tuple(
        tuple(sorted(part, key=partial(row_id, table))) for table, part in zip(TABLES, rows, strict=True)
    )
    last = _last  # read once: another thread may put its own in its place at any time
    if last is None or last[0] != ordered:
        parts: list[Any] = list(ordered)
        _last = last = (ordered, Supply.build(*parts))
    return last[1]


def _site(site: Site) -> SiteRow:
    return SiteRow(
        site=site.key,
        name=site.name,
        lat=site.lat,
        lon=site.lon,
        city=site.city,
        kind=site.role,
        hop_us=site.hop_us,
    )


def _span(span: Span, provider: str, free_mbps: int) -> SpanRow:
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
