"""Changes of running lines: what was asked, offered and agreed, and from which month on it is paid."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kernel.models.base import Entity
from marketplace.domain.line_changes import LIFE, OPEN, LineChangeKind, LineChangeState
from marketplace.models.orders import Order


class LineChange(Entity):
    """One change of one order's line; its bundle in the capacity ledger has its own id until it is in force.

    `spans` are the route of both paths that the line has then. The first `from_month` instalments are those of before.
    """

    tenant_field: ClassVar[str] = "tenant_id"
    party_fields: ClassVar[list[str]] = ["line_provider"]

    order = models.ForeignKey(Order, models.PROTECT, related_name="line_changes")
    tenant_id = models.UUIDField()
    line_provider = models.UUIDField()
    kind = models.CharField(max_length=10, choices=LineChangeKind.choices())
    state = models.CharField(max_length=10, choices=LineChangeState.choices(), default=LIFE.initial.value)
    reason = models.CharField(max_length=500, blank=True)
    bandwidth_mbps = models.BigIntegerField(help_text="from then on, on every span")
    spans = models.JSONField(help_text="ids, of both routes")
    selection = models.UUIDField(null=True, help_text="of a move: the line from the new A end")
    bundle = models.PositiveIntegerField(null=True, help_text="index in the selection's bundles")
    one_off_fen = models.BigIntegerField(null=True)
    monthly_fen = models.BigIntegerField(null=True)
    notice_days = models.PositiveIntegerField(null=True)
    offer_ends = models.DateTimeField(null=True)
    agreed_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True, help_text="not switched before: the notice is over then")
    switched_at = models.DateTimeField(null=True)
    from_month = models.PositiveIntegerField(
        null=True, help_text="instalments of before, the next is at the new price"
    )

    class Meta:
        db_table = "line_change"
        constraints = [
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(state__in=[state.value for state in sorted(OPEN)]),
                name="line_change_one_open_an_order",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["asked", "refused", "withdrawn", "over"])
                | Q(one_off_fen__gte=0, monthly_fen__gte=0, offer_ends__isnull=False),
                name="line_change_offered_has_its_price",
            ),
            models.CheckConstraint(
                condition=~Q(state="in_force") | Q(agreed_at__isnull=False, from_month__isnull=False),
                name="line_change_in_force_was_agreed",
            ),
        ]
        indexes = [models.Index(fields=["tenant_id", "id"], name="line_change_by_tenant")]
