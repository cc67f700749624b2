"""Who is identified, and what an identifier resolves to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from identifiers.domain.codes import Code
from identifiers.domain.lifecycle import OVER, IdentifierKind, IdentifierState
from identifiers.errors import UnknownCode
from identifiers.models import Descriptor, Identifier
from kernel.questions import question


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a code resolves to, for ever: a live, filing or suspended resource, or a tombstone."""

    code: str
    kind: IdentifierKind
    state: IdentifierState
    descriptor_version: int
    attributes: dict[str, Any]
    filing: str
    filed_at: datetime | None
    generation: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a resource's identifier stands: what the gate asks."""

    code: str | None
    state: str
    filed: bool


def resolve(code: Code) -> Resolution:
    """The public facts behind a code. Raises UnknownCode for one that was never issued here."""
    newest = Descriptor.objects.filter(identifier=OuterRef("pk")).order_by("-version")
    row = (
        Identifier.objects.filter(code=str(code))
        .annotate(version=Subquery(newest.values("version")[:1]))
        .annotate(attributes=Subquery(newest.values("attributes")[:1]))
        .first()
    )
    if row is None:
        raise UnknownCode(written=code)
    return Resolution(
        code=str(code),
        kind=IdentifierKind(row.kind),
        state=IdentifierState(row.state),
        descriptor_version=row.version,
        attributes={} if row.state == IdentifierState.RETIRED else row.attributes,
        filing=row.filing,
        filed_at=row.filed_at,
        generation=row.generation,
    )


def resolve_text(text: str) -> Resolution:
    """The same for a code in any spelling. Raises MalformedCode too, saying what is wrong with the text."""
    return resolve(Code.parse(text))


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


def filing_of(identifier: UUID) -> dict[str, Any]:
    """What the national node is told when an identifier is filed: code, kind, owner, descriptor."""
    row = Identifier.objects.get(id=identifier)
    newest = row.descriptors.order_by("-version").first()
    assert newest is not None  # noqa: S101 - an identifier is born with its first descriptor
    return {
        "code": row.code,
        "kind": row.kind,
        "owner": str(row.tenant_id),
        "descriptor_version": newest.version,
        "profile": newest.profile,
        "attributes": newest.attributes,
    }
