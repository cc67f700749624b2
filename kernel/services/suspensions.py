"""Opening and closing suspensions; nothing is sellable while any is open."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from kernel.actor import Actor
from kernel.events import Event
from kernel.models.suspensions import Suspension, SuspensionCause, SuspensionScope
from kernel.services.outbox import publish


@dataclass(frozen=True, kw_only=True)
class SuspensionOpened(Event):
    """`subject` (a party or a resource) may not be sold, renewed or run, for the named cause."""

    name: ClassVar[str] = "kernel.suspension_opened"

    cause: str
    scope: str
    reference: UUID


@dataclass(frozen=True, kw_only=True)
class SuspensionClosed(Event):
    """One cause of a suspension has ended; others may still stand."""

    name: ClassVar[str] = "kernel.suspension_closed"

    cause: str
    reference: UUID


@transaction.atomic
def open_suspension(
    *,
    subject: UUID,
    tenant: UUID | None,
    cause: SuspensionCause,
    scope: SuspensionScope,
    reference: UUID,
    actor: Actor,
) -> None:
    """Suspend the subject for one cause; `reference` is the instruction, finding or decision behind it.

    Opening the same (subject, cause, reference) again changes nothing.
    """
    opened = Suspension.objects.bulk_create(
        [Suspension(subject=subject, cause=cause, scope=scope, reference=reference)], ignore_conflicts=True
    )
    if Suspension.objects.filter(id=opened[0].id).exists():
        publish(
            SuspensionOpened(
                subject=subject, tenant=tenant, cause=cause.value, scope=scope.value, reference=reference
            ),
            actor=actor,
        )


@transaction.atomic
def close_suspension(
    *, subject: UUID, tenant: UUID | None, cause: SuspensionCause, reference: UUID, actor: Actor
) -> bool:
    """End one cause; False if it was not open. Only the floor that opened a cause calls this for it."""
    closed = Suspension.objects.filter(
        subject=subject, cause=cause, reference=reference, closed_at=None
    ).update(closed_at=Now())
    if closed:
        publish(
            SuspensionClosed(subject=subject, tenant=tenant, cause=cause.value, reference=reference),
            actor=actor,
        )
    return bool(closed)
