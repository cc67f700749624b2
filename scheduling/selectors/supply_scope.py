"""What of the supply may have changed, as narrow as the tables tell."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from aggregation.selectors.allotments import parts_of
from aggregation.selectors.supply import owners_at
from kernel.models.capacity import Claim
from scheduling.models import LineTariff, Site, Span, SupplyRow
from scheduling.selectors.gate import sellable_products

SITES, SPANS, TARIFFS, CENTRES, OFFERS, FACTS, STORES, POWERS, GRADES, BOOKED, TERMS = range(11)


@dataclass
class Scope:
    """What may have changed: everything, whatever tenants own, or less.

    Of `carriers` the prices and what stands in the tables in another generation than in the snapshot; single offers; what
    rests on resources of the ledger, a span being its own; single sites, in the generation as which they are looked at;
    sites, spans and tariffs that are `withdrawn`, which may stand in the snapshot yet.
    """

    everything: bool = False
    owners: set[UUID] = field(default_factory=set)
    carriers: set[UUID] = field(default_factory=set)
    offers: set[UUID] = field(default_factory=set)
    resources: set[UUID] = field(default_factory=set)
    sites: dict[UUID, int] = field(default_factory=dict)
    withdrawn: set[UUID] = field(default_factory=set)

    def __bool__(self) -> bool:
        """Whether there is anything to look at."""
        some = self.owners or self.carriers or self.offers or self.resources or self.sites
        return self.everything or bool(some)


def resources_of(bundles: Iterable[UUID]) -> set[UUID]:
    """The resources of the ledger that bundles have claims on."""
    return set(Claim.objects.filter(bundle__in=list(bundles)).values_list("resource_id", flat=True))


def with_parts(scope: Scope) -> Scope:
    """The scope with what resellers sell of the pools within it: it hangs on the whole pool, and on its owner."""
    if scope.everything or not (scope.owners or scope.resources):
        return scope
    return replace(scope, resources=scope.resources | parts_of(owners=scope.owners, pools=scope.resources))


def narrowed(scope: Scope) -> Scope:
    """The scope with the sites and spans by themselves that its carriers changed, and with what hangs on them.

    Whose lines come to market or leave it thereby is looked at whole, and so is who has a centre at a site that is new or elsewhere.
    """
    if scope.everything or not scope.carriers:
        return scope
    moved = _changed(Site.objects.listed().filter(tenant_id__in=scope.carriers), SITES)
    changed = list(moved.values_list("id", "key", "generation", "lat", "lon"))  # type: ignore[misc] # of sites
    sites = {id_: generation for id_, _, generation, _, _ in changed}
    stand = SupplyRow.objects.filter(part=SITES, until=None, source__among=sites).exclude(generation=None)
    stood = {
        source: [Decimal(cells["lat"]), Decimal(cells["lon"])]
        for source, cells in stand.values_list("source", "cells")
    }
    new = [key for id_, key, _, *point in changed if stood.get(id_) != point]
    # a site's city decides where the spans of others end, too, and so what they are licensed to sell
    joined = (
        Span.objects.listed().filter(Q(a__id__among=sites) | Q(b__id__among=sites))
        if sites
        else Span.objects.none()
    )
    carriers = scope.carriers | set(joined.values_list("tenant_id", flat=True).distinct().order_by())
    turned = _sold(carriers) ^ _standing(carriers)
    spans = _changed(Span.objects.listed().filter(tenant_id__in=scope.carriers - turned), SPANS)
    return Scope(
        owners=scope.owners | turned | (owners_at(new) if new else set()),
        carriers=carriers,
        offers=scope.offers,
        resources=scope.resources | set(spans.values_list("id", flat=True)),
        sites=sites,
        withdrawn=scope.withdrawn,
    )


def _changed(rows: "QuerySet[Site] | QuerySet[Span]", part: int) -> "QuerySet[Site] | QuerySet[Span]":
    """Those that do not stand in the snapshot in the generation in which they stand in the tables."""
    same = SupplyRow.objects.filter(
        part=part, until=None, source=OuterRef("id"), generation=OuterRef("generation")
    )
    return rows.exclude(Exists(same))


def _sold(carriers: Collection[UUID]) -> set[UUID]:
    """The carriers of which a priced product may be sold."""
    priced = LineTariff.objects.listed().filter(product__provider__tenant_id__in=carriers)
    tenants = dict(priced.values_list("product_id", "product__provider__tenant_id").distinct().order_by())
    return {tenants[product] for product in sellable_products(tenants)}


def _standing(carriers: Collection[UUID]) -> set[UUID]:
    """The carriers of which a price stands in the snapshot."""
    rows = SupplyRow.objects.filter(part=TARIFFS, until=None, owner__in=carriers)
    return set(rows.values_list("owner", flat=True).distinct().order_by())
