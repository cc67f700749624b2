"""The supply of compute for a snapshot: rows in the columns of the selection files, and whose they are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet, Value

from aggregation.domain.centres import carbon_of
from aggregation.models import Centre, CentreStore, Inventory, Offer, OfferPrice
from aggregation.selectors.gate import sellable_offers
from aggregation.selectors.inventory import stale_after
from aggregation.selectors.offers import marking_of
from aggregation.selectors.profiles import carbon_profile
from kernel.questions import question
from kernel.selectors.capacity import Calendar, calendars, free
from participants.selectors.organisations import standings


@dataclass(frozen=True, slots=True)
class SupplyRow:
    """One row for centres.csv or offers.csv, or of what the files lack: integers, Decimals, text, None for unknown.

    `source` is the centre's, store's or offer's id, `resource` the offer's pool or the store, `owner` the provider;
    `marking` is what is told of a centre or offer that is invented.
    """

    cells: dict[str, Any]
    source: UUID
    resource: UUID | None
    owner: UUID
    marking: str = ""


@dataclass(frozen=True, slots=True)
class SupplyRows:
    """Centres and offers; an offer's `provider` is the social credit code of its provider.

    Beside the files: `facts` of the centres, `powers` of the offers whose machines state theirs or that are
    rented for more than an hour or with notice, `stores`, and what has bookings ahead, the offers of pools (`booked`) and
    stores (`booked_stores`), with the `most` that it grants at a time.
    """

    centres: list[SupplyRow]
    offers: list[SupplyRow]
    facts: list[SupplyRow]
    powers: list[SupplyRow]
    stores: list[SupplyRow]
    booked: list[tuple[SupplyRow, Calendar]]
    booked_stores: list[tuple[SupplyRow, Calendar]]


def rows(
    *,
    owners: Iterable[UUID] = (),
    pools: Iterable[UUID] = (),
    offers: Iterable[UUID] = (),
    all_: bool = False,
) -> SupplyRows:
    """The offers that may be sold now with what is free of them, and the centres they stand in.

    Only those of the owners, pools and offers named, or all. `available` is the lesser of what the ledger can
    grant and what the offer sells at a time. The number of queries does not depend on the number of rows.
    """
    within = Q() if all_ else Q(tenant_id__in=list(owners)) | Q(pool__in=list(pools)) | Q(id__in=list(offers))
    found = list(
        sellable_offers(within).select_related("pool").prefetch_related("pool__centre").order_by("key")
    )
    left = free({offer.pool_id for offer in found})
    stores = _stores(owners, pools, all_=all_)
    parties = standings({offer.tenant_id for offer in found} | {store.tenant_id for store in stores})
    centres = {offer.pool.centre.key: offer.pool.centre for offer in found}
    stored = _store_rows(stores, {party: standing.code for party, standing in parties.items()})
    ahead = calendars({offer.pool_id for offer in found} | {store.id for store in stores})
    return SupplyRows(
        facts=[
            SupplyRow(_facts(centre), source=centre.id, resource=None, owner=centre.tenant_id)
            for _, centre in sorted(centres.items())
        ],
        powers=[
            _of_offer(
                offer,
                {
                    "offer": offer.key,
                    "power_w": offer.pool.power_w,
                    "min_hours": offer.min_hours,
                    "notice_hours": offer.notice_hours,
                },
            )
            for offer in found
            if offer.pool.power_w is not None or offer.min_hours > 1 or offer.notice_hours
        ],
        stores=stored,
        booked=[
            (_of_offer(offer, {"offer": offer.key, "most": offer.available}), ahead[offer.pool_id])
            for offer in found
            if offer.pool_id in ahead
        ],
        booked_stores=[
            (
                replace(
                    row,
                    cells={"store": f"{row.cells['centre']}|{row.cells['storage_class']}", "most": store.gib},
                ),
                ahead[store.id],
            )
            for store, row in zip(stores, stored, strict=True)
            if store.id in ahead
        ],
        centres=[
            SupplyRow(
                cells={
                    "centre": key,
                    "name": centre.name,
                    "site": centre.site,
                    "design_racks": centre.design_racks,
                    "pue": centre.pue,
                    "green_share": centre.green_share,
                    "mlps_level": centre.mlps_level,
                    "region_tags": ";".join(centre.region_tags),
                },
                source=centre.id,
                resource=None,
                owner=centre.tenant_id,
                marking=centre.marking,
            )
            for key, centre in sorted(centres.items())
        ],
        offers=[
            _of_offer(
                offer,
                _row(offer, parties[offer.tenant_id].code, min(offer.available, left.get(offer.pool_id, 0))),
            )
            for offer in found
        ],
    )


def owners_at(sites: Iterable[str]) -> set[UUID]:
    """Who has a centre at one of the sites, by their keys."""
    centres = Centre.objects.filter(site__among=sites)
    return set(centres.values_list("tenant_id", flat=True).distinct().order_by())


def turning(after: datetime, until: datetime) -> tuple[set[UUID], set[UUID]]:
    """What changes with time alone: offers whose price begins or ends, pools whose reading becomes too old, meanwhile.

    The interval excludes `after` and includes `until`.
    """
    limit = stale_after()
    found = _turning(after=after, until=until, read_after=after - limit, read_until=until - limit)
    return (
        {key for is_offer, key in found if is_offer},
        {key for is_offer, key in found if not is_offer},
    )


@question
def _turning(
    *, after: datetime, until: datetime, read_after: datetime, read_until: datetime
) -> QuerySet[OfferPrice, Any]:
    """(whether it is an offer, id): readings that begin to be too old are those of [read_after, read_until)."""
    begun = Q(valid_from__gt=after, valid_from__lte=until) | Q(valid_until__gt=after, valid_until__lte=until)
    aged = Inventory.objects.filter(  # what is marked as stale has had its event
        fresh=True, observed_at__gte=read_after, observed_at__lt=read_until
    )
    offers = OfferPrice.objects.filter(begun).values_list(Value(value=True), "offer_id")
    return offers.union(aged.values_list(Value(value=False), "pool_id"), all=True)


def _of_offer(offer: Offer, cells: dict[str, Any]) -> SupplyRow:
    return SupplyRow(
        cells=cells,
        source=offer.id,
        resource=offer.pool_id,
        owner=offer.tenant_id,
        marking=marking_of(offer),
    )


def _facts(centre: Centre) -> dict[str, Any]:
    carbon = carbon_of(
        declared=centre.carbon_kg_kwh,
        pue=centre.pue,
        green_share=centre.green_share,
        profile=carbon_profile(),
    )
    return {
        "centre": centre.key,
        "division": centre.division,
        "domains": tuple(sorted(centre.domains)),
        "carbon_kg_kwh": carbon.kg_kwh,
        "carbon_basis": carbon.basis,
        "availability": centre.availability,
    }


def _stores(owners: Iterable[UUID], resources: Iterable[UUID], *, all_: bool) -> list[CentreStore]:
    """The storage of the owners, or behind the resources, or all."""
    within = Q() if all_ else Q(tenant_id__in=list(owners)) | Q(id__in=list(resources))
    return list(CentreStore.objects.filter(within).select_related("centre").order_by("id"))


def _store_rows(stores: Sequence[CentreStore], codes: Mapping[UUID, str]) -> list[SupplyRow]:
    """Storage with what is free of it, and the social credit code of who rents it."""
    left = free(row.id for row in stores)
    return [
        SupplyRow(
            cells={
                "centre": row.centre.key,
                "storage_class": row.storage_class,
                "price_cny_gib_month": row.price_cny_gib_month.quantize(Decimal("0.0001")),
                "free_gib": left.get(row.id, 0),
                "provider": codes[row.tenant_id],
            },
            source=row.id,
            resource=row.id,
            owner=row.tenant_id,
        )
        for row in stores
    ]


def _row(offer: Offer, provider: str, available: int) -> dict[str, Any]:
    pool = offer.pool
    return {
        "offer": offer.key,
        "centre": pool.centre.key,
        "provider": provider,
        "kind": pool.kind,
        "accelerator": pool.accelerator,
        "domestic": int(pool.domestic),
        "accelerators": pool.accelerators,
        "accelerator_memory_gib": pool.accelerator_memory_gib,
        "vcpus": pool.vcpus,
        "memory_gib": pool.memory_gib,
        "fp64_tflops": pool.fp64_tflops,
        "fp32_tflops": pool.fp32_tflops,
        "fp16_tflops": pool.fp16_tflops,
        "price_cny_hour": offer.price_cny_hour,
        "available": available,
    }
