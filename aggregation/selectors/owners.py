"""Whose a resource is: for the floors above that act on a centre, a pool or an offer by its id."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q

from aggregation.models import Centre, Offer, Pool


def owners(resources: Iterable[UUID]) -> dict[UUID, UUID]:
    """The provider of each centre, pool or offer; ids that are none of these are absent. Three queries."""
    wanted = set(resources)
    return {
        key: owner
        for model in (Centre, Pool, Offer)
        for key, owner in model.objects.filter(id__in=wanted).values_list("id", "tenant_id")
    }


def behind_pools(pools: Iterable[UUID]) -> dict[UUID, frozenset[UUID]]:
    """What each pool rests on: itself, its centre and its provider, and of a reseller's part also the whole's."""
    rows = Pool.objects.filter(id__in=set(pools)).values_list(
        "id", "centre_id", "tenant_id", "part_of_id", "part_of__centre_id", "part_of__tenant_id"
    )
    return {row[0]: frozenset(each for each in row if each is not None) for row in rows}


def pools_resting_on(subject: UUID) -> list[UUID]:
    """The pools that rest on a pool, a centre or a provider, as `behind_pools` has it."""
    own = Q(id=subject) | Q(centre=subject) | Q(tenant_id=subject)
    whole = Q(part_of=subject) | Q(part_of__centre=subject) | Q(part_of__tenant_id=subject)
    return list(Pool.objects.filter(own | whole).values_list("id", flat=True))
