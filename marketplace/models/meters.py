"""What was measured by whom, and what the two meters together say."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from kernel.models.base import Entity
from marketplace.domain.metering import USAGE_LIFE, MeterSource, UsageState
from marketplace.models.orders import Order


class MeterRecord(Entity):
    """One reading: machine-seconds in a half-open window, from one source. Append-only; corrections follow it."""

    tenant_field: ClassVar[str] = "order__compute_provider"
    party_fields: ClassVar[list[str]] = ["order__tenant_id"]

    order = models.ForeignKey(Order, models.PROTECT, related_name="meter_records")
    source = models.CharField(max_length=10, choices=MeterSource.choices())
    sequence = models.PositiveBigIntegerField()
    window_start = models.DateTimeField()
    window_end = models.DateTimeField()
    machine_seconds = models.BigIntegerField()
    corrects = models.OneToOneField("self", models.PROTECT, null=True, related_name="correction")

    class Meta:
        db_table = "meter_record"
        constraints = [
            models.UniqueConstraint(
                fields=["order", "source", "sequence"], name="meter_record_once_a_sequence"
            ),
            models.CheckConstraint(condition=Q(window_end__gt=F("window_start")), name="meter_record_window"),
            models.CheckConstraint(condition=Q(machine_seconds__gte=0), name="meter_record_not_negative"),
        ]
        indexes = [models.Index(fields=["order", "window_start"], name="meter_record_by_window")]


class Usage(Entity):
    """A window's two readings reconciled; only agreed usage is ever billed.

    Whose it is stands in the row as well, so that a list of thousands asks no order; a foreign key keeps it the order's.
    """

    tenant_field: ClassVar[str] = "tenant_id"
    party_fields: ClassVar[list[str]] = ["compute_provider"]

    tenant_id = models.UUIDField()
    compute_provider = models.UUIDField()
    order = models.ForeignKey(Order, models.PROTECT, related_name="usages")
    provider_record = models.OneToOneField(MeterRecord, models.PROTECT, related_name="usage")
    node_record = models.OneToOneField(MeterRecord, models.PROTECT, related_name="+")
    profile = models.CharField(max_length=20)
    machine_seconds = models.BigIntegerField(help_text="what both meters bear out")
    state = models.CharField(max_length=10, choices=UsageState.choices(), default=USAGE_LIFE.initial.value)
    reason = models.CharField(max_length=500, blank=True)
    window_end = models.DateTimeField(help_text="of the records; settlement reads by it")
    decided_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "usage"
        indexes = [
            models.Index(fields=["order", "window_end"], name="usage_by_window"),
            models.Index(fields=["tenant_id"], name="usage_by_tenant"),
            models.Index(fields=["compute_provider"], name="usage_by_provider"),
        ]
