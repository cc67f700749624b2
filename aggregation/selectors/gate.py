"""Which offers may be sold, and why the others may not: asked at snapshot, quote, hold and confirmation."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from aggregation.domain.allotments import AllotmentState
from aggregation.domain.gate import (
    Block,
    BlockCode,
    IdentifierFacts,
    PartGate,
    PartyGate,
    PoolGate,
    blocks_of_offer,
    blocks_of_pool,
)
from aggregation.domain.offers import OfferState
from aggregation.models import Allotment, Offer, Pool
from aggregation.models.offers import OfferQuerySet
from aggregation.selectors.inventory import freshness_of, inventory_of
from aggregation.selectors.places import Point, at_site, placing_of
from identifiers.selectors.identifiers import Standing
from identifiers.selectors.identifiers import standings as identifier_standings
from kernel.clock import now, shanghai_date
from kernel.models.capacity import Capacity
from kernel.questions import question
from kernel.selectors.suspensions import open_causes
from participants.selectors.sellers import Seller, sellers

RESELLER = "resale_provider"
READ = (
    "key",
    "state",
    "pool__key",
    "pool__tenant_id",
    "pool__part_of",
    "pool__kind",
    "pool__centre__key",
    "pool__centre__division",
    "pool__centre__lat",
    "pool__centre__lon",
    "pool__centre__site",
    "pool__inventory__observed_at",
)
NO_IDENTIFIER = IdentifierFacts(state="none", filed=False)


def blocks(offers: Iterable[UUID]) -> dict[UUID, list[Block]]:
    """Why each offer may not be sold; an empty list: it may. A fixed number of queries, however many offers."""
    wanted = set(offers)
    rows = _priced(ids=list(wanted))
    pools = {row.pool_id: row.pool for row in rows}
    causes = open_causes(wanted.union(*(_suspendable(pool) for pool in pools.values())))
    sites = _sites((row.pool.centre.site, row) for row in rows)
    shut = blocks_of_pools(pools.values(), rows[0].at if rows else now(), sites, causes)
    found = {row.id: shut[row.pool_id] + _own_blocks(row, causes.get(row.id, [])) for row in rows}
    unknown = [Block.of(BlockCode.OFFER_UNKNOWN)]
    return {offer: found.get(offer, unknown) for offer in wanted}


@question
def _priced(*, ids: Iterable[UUID]) -> QuerySet[Any]:
    """The offers with the price and the time of now, their pools, centres and inventories."""
    rows = Offer.objects.filter(id__among=ids).priced()
    asked = rows.select_related("pool__centre", "pool__inventory").annotate(
        at=Now(), **at_site("pool__centre__site")
    )
    return asked.only(*READ)


def sellable_offers(within: Q | None = None) -> OfferQuerySet:
    """The offers (those `within`) that may be sold now, with their price: those for which `blocks` is empty."""
    listed = Offer.objects.filter(within or Q(), state=OfferState.LISTED)
    pools = Pool.objects.filter(id__in=listed.values("pool")).select_related("centre", "inventory")
    located: list[Any] = list(pools.annotate(**at_site("centre__site")))
    shut = blocks_of_pools(located, now(), _sites((pool.centre.site, pool) for pool in located))
    listed = listed.filter(pool__in=[pool for pool, why in shut.items() if not why])
    suspended = open_causes(listed.values_list("id", flat=True))
    return listed.exclude(id__in=suspended).with_price()


def blocks_of_pools(
    pools: Iterable[Pool],
    at: datetime,
    sites: Mapping[str, Point],
    causes: Mapping[UUID, list[str]] | None = None,
) -> dict[UUID, list[Block]]:
    """Why nothing of each pool may be sold, in a fixed number of queries: parties, licences, identifiers, suspensions.

    Two more at most, where any is a reseller's part of another's: of that both parties are asked about, and of the whole
    what it has. `sites` are those of their centres that are known, `causes` the open suspensions of what `_suspendable` names, where they are known.
    """
    rows = list(pools)
    allotments = _allotments_of([row for row in rows if row.part_of_id is not None])
    wholes = {row.id: allotments[row.id].pool if row.id in allotments else row for row in rows}
    sides = {side for row in rows for side in (row.tenant_id, wholes[row.id].tenant_id)}
    parties = sellers(sides, today=shanghai_date(at))
    subjects = {key for row in wholes.values() for key in (row.id, row.centre_id)}
    identifiers = identifier_standings(subjects=subjects)
    asked = {key for row in (*rows, *wholes.values()) for key in _suspendable(row)}
    if causes is None or allotments:
        causes = open_causes(asked)
    found = {}
    for row in rows:
        whole = wholes[row.id]
        inventory, city = inventory_of(whole), row.centre.division
        placing = placing_of(row.centre, sites)
        found[row.id] = blocks_of_pool(
            PoolGate(
                pool=row.key,
                centre=row.centre.key,
                city=city,
                provider=_party(parties.get(whole.tenant_id), whole, city, causes),
                # an identifier counts only for the tenant that owns both it and its resource
                pool_identifier=_facts(identifiers.get((whole.tenant_id, whole.id))),
                centre_identifier=_facts(identifiers.get((whole.tenant_id, whole.centre_id))),
                centre_causes=causes.get(row.centre_id, []),
                pool_causes=[each for id_ in {row.id, whole.id} for each in causes.get(id_, [])],
                freshness=freshness_of(whole, at),
                observed_at=inventory.observed_at if inventory else None,
                elsewhere=placing.elsewhere,
                off_site=placing.off_site,
                part=None
                if whole is row
                else PartGate(
                    reseller=_party(parties.get(row.tenant_id), row, city, causes),
                    stands=allotments[row.id].state == AllotmentState.ACTIVE,
                    short=allotments[row.id].short,
                ),
            )
        )
    return found


def _sites(rows: Iterable[tuple[str, Any]]) -> dict[str, Point]:
    """Key → place of the sites that are known, of rows annotated by `at_site`."""
    return {key: (row.site_lat, row.site_lon) for key, row in rows if row.site_lat is not None}


def _allotments_of(parts: list[Pool]) -> dict[UUID, Any]:
    """Part → its allotment, with the pool that it is of, and whether that has fewer machines than it promised without end."""
    if not parts:
        return {}
    short = Capacity.objects.filter(resource=OuterRef("pool_id"), standing__gt=F("total"))
    rows = Allotment.objects.filter(part__in=[part.id for part in parts]).annotate(short=Exists(short))
    return {row.part_id: row for row in rows.select_related("pool__inventory") if row.part_id}


def _party(party: Seller | None, pool: Pool, city: str, causes: Mapping[UUID, list[str]]) -> PartyGate:
    """What the gate asks of who sells of a pool."""
    return PartyGate(
        certified=party is not None and party.certified,
        qualified=party is not None and party.qualified,
        needs_qualification=party is not None and party.kind == RESELLER,
        unlicensed=[each.text for each in party.rights.why_not(pool.kind, [city])] if party else (),
        causes=causes.get(pool.tenant_id, []),
    )


def _suspendable(pool: Pool) -> tuple[UUID, UUID, UUID]:
    """Whose suspension keeps a pool from being sold."""
    return (pool.id, pool.centre_id, pool.tenant_id)


def _own_blocks(offer: Offer, causes: list[str]) -> list[Block]:
    priced = offer.price_cny_hour is not None
    return blocks_of_offer(offer=offer.key, state=offer.state, priced=priced, causes=causes)


def _facts(standing: Standing | None) -> IdentifierFacts:
    return IdentifierFacts(state=standing.state, filed=standing.filed) if standing else NO_IDENTIFIER
