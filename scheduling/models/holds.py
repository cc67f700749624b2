"""Holds that firms ask for: what is kept for them for a while, before they order it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kernel.models.base import Entity
from scheduling.domain.holds import LIFE, HoldState


class Hold(Entity):
    """Machines of an offer, alone or with the line of a selection's bundle; its bundle in the ledger has its own id.

    `schedule` says when, None: from now on, open-ended. `order` is what took it over.
    """

    tenant_field: ClassVar[str] = "tenant_id"
    party_fields: ClassVar[list[str]] = ["compute_provider", "line_provider"]

    tenant_id = models.UUIDField()
    compute_provider = models.UUIDField()
    line_provider = models.UUIDField(null=True)
    offer = models.UUIDField()
    quantity = models.PositiveIntegerField(help_text="machines")
    bandwidth_mbps = models.BigIntegerField(default=0, help_text="on every span of both routes")
    selection = models.UUIDField(null=True)
    bundle = models.PositiveIntegerField(null=True, help_text="index in the selection's bundles")
    schedule = models.JSONField(null=True)
    state = models.CharField(max_length=10, choices=HoldState.choices(), default=LIFE.initial.value)
    expires_at = models.DateTimeField()
    order = models.UUIDField(null=True)

    class Meta:
        db_table = "hold"
        constraints = [
            models.CheckConstraint(
                condition=Q(selection__isnull=True, bundle__isnull=True, line_provider__isnull=True)
                | Q(selection__isnull=False, bundle__isnull=False, line_provider__isnull=False),
                name="hold_line_comes_with_its_selection",
            ),
            models.CheckConstraint(
                condition=Q(state=HoldState.ORDERED.value, order__isnull=False)
                | ~Q(state=HoldState.ORDERED.value) & Q(order__isnull=True),
                name="hold_ordered_has_its_order",
            ),
        ]
        indexes = [models.Index(fields=["tenant_id", "id"], name="hold_by_tenant")]
