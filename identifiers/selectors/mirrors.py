"""What another node is told, or asked, about an identifier: whose it is, and where it stands."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from identifiers.domain.lifecycle import IdentifierKind, IdentifierState
from identifiers.models import Identifier

KINDS = frozenset(IdentifierKind.codes())
STATES = frozenset(IdentifierState.codes())
REFUSED = IdentifierState.REFUSED.value


@dataclass(frozen=True, slots=True)
class Asked:
    """What an owner asked for: a code for `subject`, described by `attributes`."""

    owner: UUID
    kind: str
    subject: UUID
    attributes: dict[str, Any]


def asked_of(identifier: UUID) -> Asked | None:
    """What was asked for; None for an identifier that this node does not know."""
    row = Identifier.objects.filter(id=identifier).first()
    if row is None:
        return None
    newest = row.descriptors.order_by("-version").first()
    assert newest is not None  # noqa: S101 - an identifier is born with its first descriptor
    return Asked(row.tenant_id, row.kind, row.subject, newest.attributes)


def standing_of(identifier: UUID) -> dict[str, str | None]:
    """State, code, reason and filing, as they are told."""
    row = Identifier.objects.get(id=identifier)
    filed_at = row.filed_at.isoformat() if row.filed_at else None
    return {
        "state": row.state,
        "code": row.code,
        "reason": row.reason,
        "filing": row.filing,
        "filed_at": filed_at,
    }


def waiting_for_a_code() -> list[UUID]:
    """Applications that nobody has decided on, the oldest first."""
    waiting = Identifier.objects.filter(state=IdentifierState.VERIFIED.value)
    return list(waiting.order_by("id").values_list("id", flat=True))


def first_of(owner: UUID) -> UUID | None:
    """The first identifier that an owner asked for; None for one that never did."""
    return Identifier.objects.filter(tenant_id=owner).order_by("id").values_list("id", flat=True).first()


def holder_of(code: str) -> tuple[UUID, UUID] | None:
    """Owner and resource that carry this code, in its canonical form; None where none here does."""
    return Identifier.objects.filter(code=code).values_list("tenant_id", "subject").first()
