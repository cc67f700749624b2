"""What happened, in the one order that the relay made: for the supervision's feed and for the audit."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max

from kernel.models.outbox import EventPosition


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One event at its place: ids, codes, numbers and times, never personal data."""

    position: int
    id: UUID
    name: str
    subject: UUID
    tenant: UUID | None
    actor_user: UUID | None
    actor_tenant: UUID | None
    actor_client: UUID | None
    actor_node: str
    occurred_at: datetime
    payload: dict[str, Any]


def last_position() -> int:
    """The place of the newest relayed event; 0 before the first."""
    return EventPosition.objects.aggregate(last=Max("position"))["last"] or 0


def events_after(
    position: int,
    *,
    limit: int,
    name: str | None = None,
    subject: UUID | None = None,
    acted_by: UUID | None = None,
) -> list[Happening]:
    """Up to `limit` events after a position, oldest first; of one name, subject or acting tenant if given. One query."""
    rows = EventPosition.objects.filter(position__gt=position).select_related("event").order_by("position")
    if name is not None:
        rows = rows.filter(event__name=name)
    if subject is not None:
        rows = rows.filter(event__subject=subject)
    if acted_by is not None:
        rows = rows.filter(event__actor_tenant=acted_by)
    return [
        Happening(
            position=row.position,
            id=row.event.id,
            name=row.event.name,
            subject=row.event.subject,
            tenant=row.event.tenant_id,
            actor_user=row.event.actor_user,
            actor_tenant=row.event.actor_tenant,
            actor_client=row.event.actor_client,
            actor_node=row.event.actor_node,
            occurred_at=row.event.occurred_at,
            payload=row.event.payload,
        )
        for row in rows[:limit]
    ]
