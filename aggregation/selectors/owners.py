"""Whose a resource is: for the floors above that act on a centre, a pool or an offer by its id."""

from collections.abc import Iterable
from uuid import UUID

from aggregation.models import Centre, Offer, Pool


def owners(resources: Iterable[UUID]) -> dict[UUID, UUID]:
    """The provider of each centre, pool or offer; ids that are none of these are absent. Three queries."""
    wanted = set(resources)
    return {
        key: owner
        for model in (Centre, Pool, Offer)
        for key, owner in model.objects.filter(id__in=wanted).values_list("id", "tenant_id")
    }
