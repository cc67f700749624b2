"""Settled periods, their statements, and which usage each statement bills."""

from typing import Any, ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q

from kernel.models.base import Entity
from marketplace.domain.orders import Part
from marketplace.domain.settlements import SettlementState, Unit
from marketplace.models.ledger import JournalEntry
from marketplace.models.meters import Usage
from marketplace.models.orders import Order

COUNTS = {
    "compute_metered": Unit.MACHINE_SECOND,
    "storage_instalments": Unit.MONTH,
    "line_instalments": Unit.MONTH,
    "line_hours": Unit.HOUR,
}


class Settlement(Entity):
    """One half-open period, settled once for the whole node."""

    public: ClassVar[bool] = True  # the operator's own; who reads it is the permission table's word

    period = DateTimeRangeField()
    state = models.CharField(
        max_length=10, choices=SettlementState.choices(), default=SettlementState.SETTLED.value
    )
    profile = models.CharField(max_length=20)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "settlement"
        constraints = [
            ExclusionConstraint(
                name="settlement_periods_apart", expressions=[("period", RangeOperators.OVERLAPS)]
            )
        ]


class Statement(Entity):
    """What one order owes and gives for one period. The same text for every party; append-only."""

    tenant_field: ClassVar[str] = "tenant_id"
    party_fields: ClassVar[list[str]] = ["compute_provider", "line_provider"]

    settlement = models.ForeignKey(Settlement, models.PROTECT, related_name="statements")
    order = models.ForeignKey(Order, models.PROTECT, related_name="statements")
    entry = models.OneToOneField(JournalEntry, models.PROTECT, related_name="statement")
    tenant_id = models.UUIDField()
    compute_provider = models.UUIDField()
    line_provider = models.UUIDField()
    user_fen = models.BigIntegerField()
    voucher_fen = models.BigIntegerField()
    provider_fen = models.BigIntegerField()
    line_provider_fen = models.BigIntegerField()
    fee_fen = models.BigIntegerField()
    residue_fen = models.BigIntegerField()
    voucher_year = models.PositiveSmallIntegerField(
        help_text="the Shanghai year that the redemption counts in"
    )
    evidence = models.JSONField(help_text="every input, so that anybody can compute the figures again")

    class Meta:
        db_table = "statement"
        constraints = [
            models.UniqueConstraint(fields=["settlement", "order"], name="statement_once_a_period"),
            models.CheckConstraint(
                condition=Q(
                    provider_fen=F("user_fen")
                    + F("voucher_fen")
                    - F("line_provider_fen")
                    - F("fee_fen")
                    - F("residue_fen")
                ),
                name="statement_conserves",  # INVARIANTS A5
            ),
            models.CheckConstraint(
                condition=Q(
                    user_fen__gte=0, voucher_fen__gte=0, provider_fen__gte=0, line_provider_fen__gte=0
                ),
                name="statement_not_negative",
            ),
        ]

    @property
    def is_reversed(self) -> bool:
        """Whether the statement's entry was reversed."""
        return hasattr(self.entry, "reversal")


class StatementLine(models.Model):
    """One part's amount on a statement, and the rule that made it. Append-only."""

    tenant_field: ClassVar[str] = "statement__tenant_id"
    party_fields: ClassVar[list[str]] = ["statement__compute_provider", "statement__line_provider"]
    public: ClassVar[bool] = False

    id = models.BigAutoField(primary_key=True)
    statement = models.ForeignKey(Statement, models.PROTECT, related_name="lines")
    part = models.CharField(max_length=10, choices=Part.choices())
    rule = models.CharField(max_length=30)
    quantity = models.BigIntegerField(help_text="machine-seconds, or instalments")
    amount_fen = models.BigIntegerField()

    class Meta:
        db_table = "statement_line"
        ordering: ClassVar[list[str]] = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["statement", "part"], name="statement_line_once_a_part"),
            models.CheckConstraint(condition=Q(amount_fen__gte=0), name="statement_line_not_negative"),
        ]

    @property
    def counts(self) -> Unit:
        """What its quantity counts."""
        return COUNTS[self.rule]

    @property
    def basis(self) -> dict[str, Any]:
        """What the quantity of a part by the month or by the hour follows from: empty for the compute."""
        found = self.statement.evidence.get(self.part) or {}
        return {name: found.get(name) for name in ("begun", "least", "ending")}


class BilledUsage(models.Model):
    """Which statement billed a usage: at most one, for ever (INVARIANTS A6). Append-only."""

    tenant_field: ClassVar[str] = "statement__tenant_id"
    party_fields: ClassVar[list[str]] = ["statement__compute_provider", "statement__line_provider"]
    public: ClassVar[bool] = False

    usage = models.OneToOneField(Usage, models.PROTECT, primary_key=True, related_name="billed")
    statement = models.ForeignKey(Statement, models.PROTECT, related_name="billed")

    class Meta:
        db_table = "billed_usage"
