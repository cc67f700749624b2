"""Carriers that sell by an interface of their own, and the lines that they were asked for."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kernel.models.base import Entity
from scheduling.domain.carriers import LIFE, CarrierState
from scheduling.models.line_quotes import LineQuote
from scheduling.models.sites import SECOND_END, Site


class LineInterface(Entity):
    """Where and how a line provider is asked; the newest holds. While it is active, its word is needed for each line."""

    tenant_field: ClassVar[str] = "tenant_id"

    tenant_id = models.UUIDField()
    adapter = models.CharField(max_length=20)
    url = models.CharField(max_length=500)
    active = models.BooleanField(default=True)

    class Meta:
        db_table = "line_interface"
        indexes = [models.Index(fields=["tenant_id", "-id"], name="line_interface_newest")]


class CarrierLine(Entity):
    """One line as its carrier was asked for it: an enquiry, a line quote's, or an order's. Its id is the key of every call.

    Of a 1+1 pair both paths begin at `a`, or the second at `protection_a`. A `change` of a running line is a line of its own, which replaces the one before when it is switched. `wanted_until` is how long a pre-occupation was asked for; `expires_at` is what the carrier granted, at most that. What was kept for a `line_quote` is the `order`'s that takes it over.
    """

    tenant_field: ClassVar[str] = "provider_id"
    party_fields: ClassVar[list[str]] = ["user_id"]

    provider_id = models.UUIDField()
    user_id = models.UUIDField()
    order = models.UUIDField(null=True)
    change = models.UUIDField(null=True, unique=True)
    line_quote = models.ForeignKey(LineQuote, models.PROTECT, null=True, related_name="+")
    replaces = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    a = models.ForeignKey(Site, models.PROTECT, related_name="+")
    protection = models.CharField(max_length=20, default="none")
    protection_a = models.ForeignKey(Site, models.PROTECT, null=True, related_name="+")
    z = models.ForeignKey(Site, models.PROTECT, related_name="+")
    bandwidth_mbps = models.BigIntegerField()
    technology = models.CharField(max_length=20)
    state = models.CharField(max_length=12, choices=CarrierState.choices(), default=LIFE.initial.value)
    wanted_until = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    word = models.JSONField(null=True, help_text="what an enquiry was answered")
    attempts = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "carrier_line"
        constraints = [
            models.UniqueConstraint(
                fields=["order"], condition=Q(change=None), name="carrier_line_first_once_an_order"
            ),
            models.UniqueConstraint(
                fields=["line_quote"],
                condition=Q(order=None, state__in=["holding", "held"]),
                name="carrier_line_kept_once_a_quote",
            ),
            models.CheckConstraint(
                condition=Q(change=None, replaces=None) | Q(order__isnull=False, replaces__isnull=False),
                name="carrier_line_of_a_change_replaces_one",
            ),
            models.CheckConstraint(condition=SECOND_END, name="carrier_line_second_end_of_a_pair_elsewhere"),
        ]
        indexes = [
            models.Index(
                fields=["state"],
                condition=Q(state__in=["asking", "holding", "held", "confirming", "releasing"]),
                name="carrier_line_unsettled",
            ),
            models.Index(fields=["order"], name="carrier_line_by_order"),
            models.Index(fields=["provider_id"], name="carrier_line_by_provider"),
            models.Index(fields=["user_id"], name="carrier_line_by_user"),
        ]
