"""What can be bought now, for the pages: the rows of the public catalogue."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from aggregation.domain.offers import OfferTerm, OfferUnit
from aggregation.domain.pools import PoolKind
from aggregation.selectors.gate import sellable_offers
from aggregation.selectors.offers import marking_of, title_of
from participants.selectors.organisations import standings


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueOffer:
    """An offer that can be bought now; price in CNY an hour for one unit, memory in GiB of one machine."""

    id: UUID
    key: str
    name: str
    provider_name: str
    centre: str
    division: str
    kind: PoolKind
    accelerator: str | None
    accelerators: int
    domestic: bool
    vcpus: int
    memory_gib: Decimal
    unit: OfferUnit
    term: OfferTerm
    min_hours: int
    price_cny_hour: Decimal
    marking: str


def kinds() -> list[PoolKind]:
    """The kinds of compute that the catalogue can be narrowed to."""
    return list(PoolKind)


def offers_on_sale(*, kind: PoolKind | None, after: UUID | None, limit: int) -> list[CatalogueOffer]:
    """At most `limit` offers that the gate lets pass, newest first, from the one after the id `after` on.

    The number of queries does not depend on the number of rows.
    """
    rows = sellable_offers().select_related("pool__centre").order_by("-pk")
    if kind is not None:
        rows = rows.filter(pool__kind=kind)
    if after is not None:
        rows = rows.filter(pk__lt=after)
    offers = list(rows[:limit])
    parties = standings({offer.tenant_id for offer in offers})
    return [
        CatalogueOffer(
            id=offer.id,
            key=offer.key,
            name=title_of(offer),
            provider_name=parties[offer.tenant_id].name,
            centre=offer.pool.centre.key,
            division=offer.pool.centre.division,
            kind=PoolKind(offer.pool.kind),
            accelerator=offer.pool.accelerator,
            accelerators=offer.pool.accelerators,
            domestic=offer.pool.domestic,
            vcpus=offer.pool.vcpus,
            memory_gib=offer.pool.memory_gib,
            unit=OfferUnit(offer.unit),
            term=OfferTerm(offer.term),
            min_hours=offer.min_hours,
            price_cny_hour=price,
            marking=marking_of(offer),
        )
        for offer in offers
        if (price := offer.price_cny_hour)
        is not None  # the gate lets none pass without; this tells the types
    ]
