"""What is known of an offer, for the floors above."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from aggregation.models import Offer
from kernel.questions import question


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferFacts:
    """An offer as it stands now; price in CNY an hour for one unit, None where no price is valid."""

    id: UUID
    key: str
    provider: UUID
    pool: UUID
    centre: UUID
    kind: str
    accelerator: str | None
    accelerators: int
    name: str
    unit: str
    price_cny_hour: Decimal | None
    min_hours: int
    marking: str


@dataclass(frozen=True, slots=True)
class OfferLot:
    """What a hold needs to know of an offer: whose machines of which pool, how many at a time, how long, how far ahead."""

    id: UUID
    provider: UUID
    pool: UUID
    available: int
    min_hours: int
    notice_hours: int


def lots(ids: Iterable[UUID]) -> dict[UUID, OfferLot]:
    """What a hold needs of each offer, in one query; an unknown id is absent."""
    return {row[0]: OfferLot(*row) for row in _lots(ids=list(set(ids)))}


@question
def _lots(*, ids: Iterable[UUID]) -> QuerySet[Offer, Any]:
    columns = ("id", "tenant_id", "pool_id", "available", "min_hours", "notice_hours")
    return Offer.objects.filter(id__among=ids).values_list(*columns)


def title_of(offer: Offer) -> str:
    """What people call it: the centre and what a machine has."""
    pool = offer.pool
    machine = f"{pool.accelerator} × {pool.accelerators}" if pool.accelerator else f"{pool.vcpus} vCPU"
    return f"{pool.centre.name} {machine}"


def marking_of(offer: Offer) -> str:
    """演示数据, where the offer or what it stands on is invented."""
    return offer.marking or offer.pool.marking or offer.pool.centre.marking


def facts(ids: Iterable[UUID]) -> dict[UUID, OfferFacts]:
    """The facts of each offer, in one query; an unknown id is absent."""
    return {found.id: found for found in _facts(Q(id__in=set(ids)))}


def facts_by_key(keys: Iterable[str]) -> dict[str, OfferFacts]:
    """The facts of each offer by its key, in one query; an unknown key is absent."""
    return {found.key: found for found in _facts(Q(key__in=set(keys)))}


def _facts(which: Q) -> list[OfferFacts]:
    return [
        OfferFacts(
            id=row.id,
            key=row.key,
            provider=row.tenant_id,
            pool=row.pool_id,
            centre=row.pool.centre_id,
            kind=row.pool.kind,
            accelerator=row.pool.accelerator,
            accelerators=row.pool.accelerators,
            name=title_of(row),
            unit=row.unit,
            price_cny_hour=row.price_cny_hour,
            min_hours=row.min_hours,
            marking=marking_of(row),
        )
        for row in Offer.objects.filter(which).priced().select_related("pool__centre")
    ]
