"""How much of an identified resource there is: in full as described (K1), and free as the ledger knows (K2)."""

from dataclasses import dataclass

from identifiers.models import Descriptor, Identifier
from identifiers.selectors.profiles import descriptor_profile
from kernel.models import Capacity


@dataclass(frozen=True, slots=True)
class CapacityFacts:
    """K1 with its unit and the version that says it; K2 with the ledger's total, in the ledger's unit. None: unknown."""

    version: int
    full: int | None
    full_unit: str
    available: int | None
    total: int | None
    available_unit: str


def capacity_of(identifier: Identifier) -> CapacityFacts:
    """The two capacities of a resource. Two queries."""
    newest = Descriptor.objects.filter(identifier=identifier).order_by("-version").first()
    assert newest is not None  # noqa: S101 - an identifier is born with its first descriptor
    full = descriptor_profile().full(identifier.kind, newest.attributes)
    ledger = Capacity.objects.filter(resource=identifier.subject, tenant_id=identifier.tenant_id).first()
    return CapacityFacts(
        version=newest.version,
        full=full[0] if full else None,
        full_unit=full[1] if full else "",
        available=ledger.free if ledger else None,
        total=ledger.total if ledger else None,
        available_unit=ledger.unit if ledger else "",
    )
