"""Storage at centres, for the floors above."""

from collections.abc import Iterable
from uuid import UUID

from aggregation.models import CentreStore


def stores_of(centres: Iterable[str]) -> dict[tuple[str, str], UUID]:
    """(centre's key, storage class) → the store, which is the ledger's resource."""
    rows = CentreStore.objects.filter(centre__key__in=set(centres))
    return {(key, kind): id_ for key, kind, id_ in rows.values_list("centre__key", "storage_class", "id")}
