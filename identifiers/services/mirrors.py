"""Identifiers of a node that issues none: asked for at the node that does, and mirrored from there."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from identifiers import events
from identifiers.domain.lifecycle import IdentifierKind, IdentifierState
from identifiers.models import Identifier
from identifiers.services.identifiers import apply_identifier, describe_identifier
from kernel.actor import Actor
from kernel.events import Event
from kernel.services.outbox import publish

S = IdentifierState
# what the floors above hear when a mirror changes its state, as if it had been issued here
HEARD: dict[IdentifierState, Callable[[Identifier], Event]] = {
    S.REFUSED: lambda row: events.IdentifierRefused(subject=row.id, tenant=row.tenant_id),
    S.FILING: lambda row: events.IdentifierIssued(
        subject=row.id, tenant=row.tenant_id, code=row.code or "", kind=row.kind
    ),
    S.ACTIVE: lambda row: events.IdentifierActivated(
        subject=row.id, tenant=row.tenant_id, code=row.code or ""
    ),
    S.SUSPENDED: lambda row: events.IdentifierSuspended(
        subject=row.id, tenant=row.tenant_id, code=row.code or ""
    ),
    S.RETIRED: lambda row: events.IdentifierRetired(
        subject=row.id, tenant=row.tenant_id, code=row.code or ""
    ),
}


def apply_for(*, kind: str, subject: UUID, attributes: dict[str, Any], actor: Actor) -> UUID:
    """Apply in the name of another node's party (`actor.tenant_id`); the new identifier's id. Raises as applying does."""
    row = apply_identifier(kind=IdentifierKind(kind), subject=subject, attributes=attributes, actor=actor)
    return row.id


def describe_for(*, identifier: UUID, attributes: dict[str, Any], actor: Actor) -> None:
    """Describe anew in the name of another node's party. Raises as describing does."""
    row = Identifier.objects.get(id=identifier)
    describe_identifier(identifier=row, attributes=attributes, actor=actor)


@transaction.atomic
def mirror_identifier(
    *,
    identifier: UUID,
    state: str,
    actor: Actor,
    reason: str = "",
    code: str | None = None,
    filing: str = "",
    filed_at: datetime | None = None,
) -> None:
    """Let an identifier stand here as it stands at the node that issues it; the same word once more changes nothing."""
    row = Identifier.objects.select_for_update().get(id=identifier)
    told = (state, code, reason, filing, filed_at)
    if told == (row.state, row.code, row.reason, row.filing, row.filed_at):
        return
    before = row.state
    row.state, row.code, row.reason, row.filing, row.filed_at = told
    row.advance("state", "code", "reason", "filing", "filed_at")
    if row.state == before:
        return
    event = HEARD.get(S(state))
    if before == S.SUSPENDED and state == S.ACTIVE:
        reinstated = events.IdentifierReinstated(subject=row.id, tenant=row.tenant_id, code=row.code or "")
        publish(reinstated, actor=actor)
    elif event is not None:
        publish(event(row), actor=actor)
