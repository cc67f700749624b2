"""The one ledger of everything scarce: totals by resource, and the claims on them (docs/scarcity.md)."""

from typing import ClassVar

from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.db.models import Case, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Now

from kernel.ids import new_id
from kernel.text import Vocabulary


class ClaimState(Vocabulary):
    """The life of a claim: held with a deadline, confirmed, or over: given back, run out, or its window has passed."""

    HELD = "held", "预占", "Held"
    CONFIRMED = "confirmed", "已确认", "Confirmed"
    RELEASED = "released", "已释放", "Released"
    EXPIRED = "expired", "已过期", "Expired"
    ENDED = "ended", "已结束", "Ended"


ACTIVE = (ClaimState.HELD.value, ClaimState.CONFIRMED.value)


class Capacity(models.Model):
    """How much of one resource there is, and how much of it is taken.

    `standing` is the sum of active open-ended claims, `peak` the largest sum of active windowed claims
    at any instant. Both are in `unit` (cards, Mbps …), and never exceed `total` unless the provider cut
    it below what was sold (`over_committed`: nothing new is granted, existing contracts stand).
    """

    tenant_field: ClassVar[str] = "tenant_id"
    public: ClassVar[bool] = False

    resource = models.UUIDField(primary_key=True)
    tenant_id = models.UUIDField()
    unit = models.CharField(max_length=20)
    total = models.BigIntegerField()
    standing = models.BigIntegerField(default=0)
    peak = models.BigIntegerField(default=0)
    over_committed = models.BooleanField(default=False)
    generation = models.PositiveIntegerField(default=1)

    class Meta:
        db_table = "capacity"
        constraints = [
            models.CheckConstraint(
                condition=Q(total__gte=0, standing__gte=0, peak__gte=0), name="capacity_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(total__gte=F("standing") + F("peak")) | Q(over_committed=True),
                name="capacity_not_oversold",
            ),
        ]

    @property
    def free(self) -> int:
        """What can still be granted at any time, in `unit`."""
        return 0 if self.over_committed else self.total - self.standing - self.peak


def still_free() -> Subquery:
    """To annotate rows whose key is a resource: what can still be granted of it (K2); None where nobody declared it."""
    left = Case(When(over_committed=True, then=Value(0)), default=F("total") - F("standing") - F("peak"))
    return Subquery(Capacity.objects.filter(resource=OuterRef("pk")).values(left=left))


class Claim(models.Model):
    """A quantity of one resource, for one bundle of one tenant, for a window or open-ended.

    A bundle that recurs has a claim for each of its windows. Everybody locks a bundle's claims in the order of their ids.
    """

    tenant_field: ClassVar[str] = "tenant_id"
    public: ClassVar[bool] = False

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    resource = models.ForeignKey(Capacity, models.PROTECT, related_name="claims")
    bundle = models.UUIDField()
    tenant_id = models.UUIDField()
    quantity = models.BigIntegerField()
    period = DateTimeRangeField(null=True)
    state = models.CharField(max_length=10, choices=ClaimState.choices())
    expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "claim"
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="claim_positive"),
            models.UniqueConstraint(
                fields=["bundle", "resource", "period"],
                nulls_distinct=False,
                name="claim_once_a_bundle_resource_and_period",
            ),
            models.CheckConstraint(
                condition=~Q(state=ClaimState.HELD.value) | Q(expires_at__isnull=False),
                name="claim_held_has_deadline",
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(state=ClaimState.HELD.value), name="claim_due"),
            models.Index(fields=["resource"], condition=Q(state__in=ACTIVE), name="claim_active"),
            models.Index(
                F("period__endswith"),
                condition=Q(state=ClaimState.CONFIRMED.value, period__isnull=False),
                name="claim_window_over",
            ),
        ]


class HoldAccount(models.Model):
    """How many holds a tenant has now, and how many lapsed of late: what keeps anybody from hoarding (INVARIANTS C7).

    `live` are bundles that are held and not confirmed; `lapsed` those it gave back or that ran out since `lapsed_since`, when
    the hour began that they are counted in. `most` and `most_lapsed` are the tenant's own limits; None: the house's.
    """

    tenant_field: ClassVar[str] = "tenant_id"
    public: ClassVar[bool] = False

    tenant_id = models.UUIDField(primary_key=True)
    live = models.PositiveIntegerField(default=0)
    lapsed = models.PositiveIntegerField(default=0)
    lapsed_since = models.DateTimeField(db_default=Now())
    most = models.PositiveIntegerField(null=True)
    most_lapsed = models.PositiveIntegerField(null=True)

    class Meta:
        db_table = "hold_account"
