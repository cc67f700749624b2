"""Voucher policies, what an enterprise has drawn in a year, and the claims on contracts."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.lookups import LessThanOrEqual

from kernel.models.base import Entity
from marketplace.domain.vouchers import ClaimState, PolicyState
from marketplace.models.orders import Order


class VoucherPolicy(Entity):
    """One version of the policy: proposed by the operator, approved by the authority, one in force."""

    public: ClassVar[bool] = True

    version = models.CharField(max_length=40, unique=True)
    body = models.JSONField()
    state = models.CharField(max_length=10, choices=PolicyState.choices(), default=PolicyState.PROPOSED.value)
    proposer = models.UUIDField()
    approver = models.UUIDField(null=True)

    class Meta:
        db_table = "voucher_policy"
        constraints = [
            models.CheckConstraint(
                condition=Q(approver__isnull=True) | ~Q(approver=F("proposer")),
                name="voucher_policy_four_eyes",
            ),
            models.CheckConstraint(
                condition=Q(state=PolicyState.PROPOSED.value) | Q(approver__isnull=False),
                name="voucher_policy_in_force_is_approved",
            ),
            models.UniqueConstraint(
                fields=["state"],
                condition=Q(state=PolicyState.IN_FORCE.value),
                name="voucher_policy_one_in_force",
            ),
        ]


class VoucherYear(Entity):
    """The counter of one enterprise (18-character code) and one Asia/Shanghai year, under the cap by constraint.

    It counts across policy versions, so that a new version does not open the year again.
    """

    public: ClassVar[bool] = True

    enterprise = models.CharField(max_length=18)
    year = models.PositiveSmallIntegerField()
    cap_fen = models.BigIntegerField()
    claimed_fen = models.BigIntegerField(default=0)
    redeemed_fen = models.BigIntegerField(default=0)

    class Meta:
        db_table = "voucher_year"
        constraints = [
            models.UniqueConstraint(fields=["enterprise", "year"], name="voucher_year_once"),
            models.CheckConstraint(
                condition=Q(claimed_fen__gte=0, claimed_fen__lte=F("cap_fen")),
                name="voucher_year_claims_capped",
            ),
            models.CheckConstraint(
                condition=Q(redeemed_fen__gte=0, redeemed_fen__lte=F("cap_fen")),
                name="voucher_year_redemptions_capped",
            ),
        ]


class VoucherBalance(Entity):
    """What an enterprise drew outside this node, taken over with its evidence. Append-only."""

    public: ClassVar[bool] = True

    enterprise = models.CharField(max_length=18)
    claimed_on = models.DateField(help_text="the day in Asia/Shanghai")
    contract_ref = models.CharField(max_length=64)
    claimed_fen = models.BigIntegerField()
    redeemed_fen = models.BigIntegerField()
    evidence = models.CharField(max_length=200, help_text="where the paper behind it is")

    class Meta:
        db_table = "voucher_balance"
        constraints = [
            models.UniqueConstraint(fields=["enterprise", "contract_ref"], name="voucher_balance_once"),
            models.CheckConstraint(
                condition=Q(claimed_fen__gt=0, redeemed_fen__gte=0, redeemed_fen__lte=F("claimed_fen")),
                name="voucher_balance_amounts",
            ),
        ]


class VoucherClaim(Entity):
    """The one claim of a contract: what was granted, what of it is redeemed."""

    tenant_field: ClassVar[str] = "tenant_id"

    tenant_id = models.UUIDField()
    order = models.OneToOneField(Order, models.PROTECT, related_name="voucher_claim")
    policy = models.ForeignKey(VoucherPolicy, models.PROTECT, related_name="claims")
    enterprise = models.CharField(max_length=18)
    year = models.PositiveSmallIntegerField(help_text="Asia/Shanghai")
    eligible_fen = models.BigIntegerField()
    rate_bp = models.PositiveIntegerField()
    amount_fen = models.BigIntegerField()
    redeemed_fen = models.BigIntegerField(default=0)
    state = models.CharField(max_length=10, choices=ClaimState.choices(), default=ClaimState.CLAIMED.value)

    class Meta:
        db_table = "voucher_claim"
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_fen__gt=0)
                & Q(LessThanOrEqual(F("amount_fen") * 10_000, F("eligible_fen") * F("rate_bp"))),
                name="voucher_claim_within_rate",
            ),
            models.CheckConstraint(
                condition=Q(redeemed_fen__gte=0, redeemed_fen__lte=F("amount_fen")),
                name="voucher_claim_redeems_what_it_has",
            ),
        ]
