"""What is free: K2, read from the ledger. A reader may rank by it; only the ledger's row may grant."""

from collections.abc import Iterable
from uuid import UUID

from kernel.models.capacity import Capacity, Claim


def free(resources: Iterable[UUID]) -> dict[UUID, int]:
    """Free quantity of each resource in its unit; a resource that nobody declared is absent."""
    return {row.resource: row.free for row in Capacity.objects.filter(resource__in=set(resources))}


def totals(resources: Iterable[UUID]) -> dict[UUID, int]:
    """Declared total of each resource in its unit."""
    return dict(Capacity.objects.filter(resource__in=set(resources)).values_list("resource", "total"))


def bundle_state(bundle: UUID) -> set[str]:
    """The states of the bundle's claims: one value unless something is wrong, empty if it never held."""
    return set(Claim.objects.filter(bundle=bundle).values_list("state", flat=True))
