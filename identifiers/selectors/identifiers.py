"""Who is identified, and what is filed of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from identifiers.domain.lifecycle import OVER, IdentifierKind
from identifiers.models import Identifier
from kernel.questions import question


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a resource's identifier stands: what the gate asks."""

    code: str | None
    state: str
    filed: bool


def standings(*, subjects: Iterable[UUID]) -> dict[tuple[UUID, UUID], Standing]:
    """(owner, resource) → standing of its current identifier, for resources that have or ask for one."""
    return {
        (tenant, subject): Standing(code=code, state=state, filed=filed_at is not None)
        for tenant, subject, code, state, filed_at in _current(subjects=list(set(subjects)))
    }


@question
def _current(*, subjects: Iterable[UUID]) -> QuerySet[Identifier, Any]:
    rows = Identifier.objects.filter(subject__among=subjects).exclude(state__in=OVER)
    return rows.values_list("tenant_id", "subject", "code", "state", "filed_at")


def is_application(*, tenant: UUID, subject: UUID) -> bool:
    """Whether the subject is an application that the tenant has identified, or asked to."""
    rows = Identifier.objects.filter(tenant_id=tenant, subject=subject, kind=IdentifierKind.APPLICATION)
    return rows.exclude(state__in=OVER).exists()


def filing_of(identifier: UUID) -> dict[str, Any]:
    """What the national node is told when an identifier is filed: code, kind, owner, descriptor."""
    row = Identifier.objects.get(id=identifier)
    newest = row.descriptors.order_by("-version").first()
    assert newest is not None  # noqa: S101 - an identifier is born with its first descriptor
    return {
        "code": row.code,
        "kind": row.kind,
        "owner": str(row.tenant_id),
        "subject": str(row.subject),
        "descriptor_version": newest.version,
        "profile": newest.profile,
        "attributes": newest.attributes,
    }
