"""Orders, and the history of every step that an order took."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from kernel.models.base import Entity
from marketplace.domain.orders import LIFE, OrderState
from marketplace.models.quotes import Quote


class Order(Entity):
    """A contract in the making and running; its bundle in the capacity ledger has the order's own id.

    `facts` are the bundle's and the offer's as quoted, so a product that vanishes breaks no order.
    """

    tenant_field: ClassVar[str] = "tenant_id"
    party_fields: ClassVar[list[str]] = ["compute_provider", "line_provider"]

    tenant_id = models.UUIDField()
    client_ref = models.CharField(max_length=64)
    quote = models.OneToOneField(Quote, models.PROTECT, related_name="order")
    compute_provider = models.UUIDField()
    line_provider = models.UUIDField()
    offer = models.UUIDField()
    state = models.CharField(max_length=26, choices=OrderState.choices(), default=LIFE.initial.value)
    reason = models.CharField(max_length=500, blank=True)
    facts = models.JSONField()
    compute_fen = models.BigIntegerField(help_text="without the storage")
    storage_fen = models.BigIntegerField(default=0)
    line_fen = models.BigIntegerField()
    total_fen = models.BigIntegerField()
    held_until = models.DateTimeField(null=True)
    line_accepted_at = models.DateTimeField(null=True)
    dispatched_at = models.DateTimeField(null=True)
    deemed_at = models.DateTimeField(null=True, help_text="when silence becomes acceptance of the compute")
    sheet = models.JSONField(
        null=True, help_text="the user's acceptance of the compute; null where silence was"
    )
    line_waived = models.BooleanField(default=False)
    billing_started_at = models.DateTimeField(null=True)
    ends_by = models.DateTimeField(null=True)
    ended_early = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(
        null=True, help_text="since when an instruction of the regulator stops it"
    )
    stopped_by = models.UUIDField(null=True, help_text="that instruction")

    class Meta:
        db_table = "purchase_order"
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "client_ref"], name="order_once_a_client_ref"),
            # what a usage's foreign key to its order and the parties points at
            models.UniqueConstraint(fields=["id", "tenant_id", "compute_provider"], name="order_and_parties"),
            models.CheckConstraint(
                condition=Q(total_fen=F("compute_fen") + F("storage_fen") + F("line_fen")),
                name="order_adds_up",
            ),
            models.CheckConstraint(
                # compute is never billed before its line is accepted, unless the user waived that (SCHEME §7)
                condition=Q(billing_started_at=None)
                | Q(line_accepted_at__isnull=False)
                | Q(line_waived=True),
                name="order_bills_compute_with_its_line",
            ),
            models.CheckConstraint(
                condition=~Q(state=OrderState.RUNNING.value) | Q(billing_started_at__isnull=False),
                name="order_running_is_billed",
            ),
            models.CheckConstraint(condition=Q(state__in=OrderState.codes()), name="order_state_is_listed"),
        ]

    @property
    def marking(self) -> str:
        """演示数据, where anything of the bundle as quoted is invented."""
        return str(self.facts["bundle"].get("marking", ""))


class OrderStep(models.Model):
    """One transition: act, states, actor, cause, what was found, and the version of the order it made. Append-only (A2)."""

    tenant_field: ClassVar[str] = "order__tenant_id"
    party_fields: ClassVar[list[str]] = ["order__compute_provider", "order__line_provider"]
    public: ClassVar[bool] = False

    id = models.BigAutoField(primary_key=True)
    order = models.ForeignKey(Order, models.PROTECT, related_name="steps")
    version = models.PositiveIntegerField()
    act = models.CharField(max_length=30)
    before = models.CharField(max_length=26)
    after = models.CharField(max_length=26)
    actor_user = models.UUIDField(null=True)
    actor_tenant = models.UUIDField(null=True)
    cause = models.CharField(max_length=500, blank=True)
    found = models.JSONField(null=True, help_text="what the user found who refused the compute")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "order_step"
        ordering: ClassVar[list[str]] = ["version"]
        constraints = [models.UniqueConstraint(fields=["order", "version"], name="order_step_once_a_version")]
