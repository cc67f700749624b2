"""Maintenance that providers declare, and the bookings that it hits."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from kernel.models.base import Entity
from scheduling.domain.maintenance import LIFE, MaintenanceState


class Maintenance(Entity):
    """A window in which so much of a pool (machines) or a span (Mbps) is out of service; its claim has its own id as bundle."""

    tenant_field: ClassVar[str] = "tenant_id"

    tenant_id = models.UUIDField()
    resource = models.UUIDField(help_text="a pool or a span")
    unit = models.CharField(max_length=20)
    quantity = models.BigIntegerField()
    start = models.DateTimeField()
    end = models.DateTimeField()
    reason = models.CharField(max_length=500)
    state = models.CharField(max_length=10, choices=MaintenanceState.choices(), default=LIFE.initial.value)
    conflicts = models.PositiveIntegerField(default=0, help_text="bookings that need more than is left")

    class Meta:
        db_table = "maintenance"
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="maintenance_ends_after_it_starts"),
        ]
        indexes = [models.Index(fields=["tenant_id", "id"], name="maintenance_by_tenant")]


class BookingConflict(Entity):
    """A booking that stands although maintenance leaves less than it needs: shown to both until one of them moves.

    `bundle` is whatever claims: an order, a hold, a line quote, an allotment or a change of a line; once it is bought, the order.
    """

    tenant_field: ClassVar[str] = "tenant_id"
    party_fields: ClassVar[list[str]] = ["provider"]

    tenant_id = models.UUIDField()
    provider = models.UUIDField()
    maintenance = models.ForeignKey(Maintenance, models.PROTECT, related_name="hits")
    bundle = models.UUIDField()
    closed_at = models.DateTimeField(
        null=True, help_text="when the maintenance was called off or over, or the booking given back"
    )

    class Meta:
        db_table = "booking_conflict"
        constraints = [
            models.UniqueConstraint(fields=["maintenance", "bundle"], name="booking_conflict_once_a_bundle")
        ]
        indexes = [models.Index(fields=["tenant_id", "id"], name="booking_conflict_by_tenant")]
