"""Spans: fibre that a provider discloses, and lines that one sells end to end (commitments)."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, F, Q, Value, When

from kernel.models.capacity import still_free
from scheduling.domain.light import Medium, faster_than
from scheduling.domain.rows import COMMITMENT
from scheduling.domain.sites import Point
from scheduling.domain.uses import LineUse, use_of
from scheduling.domain.withdrawals import SaleState
from scheduling.models.sites import Site
from scheduling.models.withdrawals import Withdrawable, WithdrawableQuerySet


class SpanQuerySet(WithdrawableQuerySet["Span"]):
    """Spans, and the ledger beside them."""

    def with_free(self) -> "SpanQuerySet":
        """Annotate `free_mbps`, the bandwidth that can still be granted (K2): by the ledger, and 0 once withdrawn."""
        left = Case(When(state=SaleState.WITHDRAWN, then=Value(0)), default=still_free())
        columns = {"free_mbps": left}  # named on the model, so given as a mapping
        return self.annotate(**columns)


class Span(Withdrawable):
    """An undirected piece of line; its free bandwidth is in the capacity ledger under its id, unit mbps.

    `measured_us` (one way, upper end of the interval) comes from accepted evidence, or is what a commitment commits
    to; `measured_at` is of the evidence that it rests on, or that shows that the commitment is kept. One that is withdrawn
    goes on to carry what it carries; its key is never used again.
    """

    tenant_field: ClassVar[str] = "tenant_id"

    free_mbps: int | None

    tenant_id = models.UUIDField()
    key = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=10)
    a = models.ForeignKey(Site, models.PROTECT, related_name="+")
    b = models.ForeignKey(Site, models.PROTECT, related_name="+")
    medium = models.CharField(max_length=12, choices=Medium.choices())
    km = models.DecimalField(max_digits=12, decimal_places=3)
    capacity_mbps = models.BigIntegerField()
    measured_us = models.BigIntegerField(null=True)
    measured_at = models.DateTimeField(null=True)
    jitter_us = models.BigIntegerField()
    loss = models.DecimalField(max_digits=10, decimal_places=9)
    srlg = ArrayField(models.CharField(max_length=100))
    z_centre = models.CharField(max_length=64, blank=True, help_text="centre that a commitment reaches")
    marking = models.CharField(max_length=40, blank=True)

    objects = SpanQuerySet.as_manager()  # type: ignore[misc] # the base has a manager of the base queryset

    class Meta(Withdrawable.Meta):
        db_table = "span"
        constraints = [
            *Withdrawable.Meta.constraints,
            models.CheckConstraint(condition=~Q(a=F("b")), name="span_joins_two_sites"),
            models.CheckConstraint(
                condition=~Q(kind="commitment") | Q(measured_us__isnull=False),
                name="span_commitment_states_latency",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant_id"], name="span_by_tenant"),
            models.Index(fields=["tenant_id"], condition=~Q(medium=Medium.SILICA), name="span_beyond_silica"),
        ]

    @property
    def use(self) -> LineUse | None:
        """What a committed line is for, by where it begins; None of fibre, over which lines of both uses run."""
        return use_of(from_centre=None, role=self.a.role) if self.kind == COMMITMENT else None

    @property
    def awaits_review(self) -> bool:
        """Whether it commits to what only hollow-core fibre could keep, and no accepted evidence shows it: it is not sold."""
        if self.kind != COMMITMENT or self.measured_us is None or self.measured_at is not None:
            return False
        a, b = (Point(site.lat, site.lon) for site in (self.a, self.b))
        return faster_than(self.measured_us, a.metres_to(b), Medium.SILICA)
