"""Keeping the trail of what the supervision looked at (INVARIANTS E2)."""

from uuid import UUID

from django.db import transaction

from kernel.actor import Actor, Role
from kernel.services.outbox import publish
from monitoring.events import RawDataViewed


@transaction.atomic
def record_view(*, view: str, actor: Actor, subject: UUID | None = None, tenant: UUID | None = None) -> None:
    """Write that a regulator, its supporting unit or an auditor looked; a party that looks at its own data leaves no trail here."""
    if not actor.roles & {Role.REGULATOR, Role.SUPPORTING_UNIT, Role.AUDITOR}:
        return
    looked_at = subject or actor.user_id or actor.tenant_id
    assert looked_at is not None  # noqa: S101 - the supervision are people, or an organisation's machine
    publish(RawDataViewed(subject=looked_at, tenant=tenant, view=view), actor=actor)
