"""Latency evidence as records that are never changed."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kernel.models.base import Entity
from scheduling.domain.evidence import Direction, EvidenceState, Layer, Method
from scheduling.domain.light import Medium
from scheduling.models.spans import Span


class LatencyEvidence(Entity):
    """One measurement of one span, with all that its verdict needs. Insert-only; corrected by the next."""

    tenant_field: ClassVar[str] = "tenant_id"

    tenant_id = models.UUIDField()
    span = models.ForeignKey(Span, models.PROTECT, related_name="evidence")
    layer = models.CharField(max_length=12, choices=Layer.choices())
    direction = models.CharField(max_length=12, choices=Direction.choices())
    method = models.CharField(max_length=20, choices=Method.choices())
    medium = models.CharField(max_length=12, choices=Medium.choices())
    value_us = models.BigIntegerField()
    clock_bound_us = models.BigIntegerField()
    upper_us = models.BigIntegerField(help_text="one way, rounded up, with the clock bound")
    samples = models.BigIntegerField()
    percentile = models.DecimalField(max_digits=6, decimal_places=3)
    measured_at = models.DateTimeField()
    declarer = models.CharField(max_length=100)
    file_sha256 = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=10, choices=EvidenceState.choices())
    marking = models.CharField(max_length=40, blank=True)

    class Meta:
        db_table = "latency_evidence"

    @property
    def standing(self) -> str:
        """What the record is worth now: as it was judged, or as its review decided."""
        review = getattr(self, "review", None)
        return self.state if review is None else str(review.decision)

    @property
    def lower_us(self) -> int:
        """The lower end of the interval, whole µs one way."""
        halves = 2 if self.direction == Direction.ROUND_TRIP else 1
        return max(0, self.value_us // halves - self.clock_bound_us)


class EvidenceReview(Entity):
    """What the supervision decided of a record that waited for review. Insert-only, one a record."""

    tenant_field: ClassVar[str] = "evidence__tenant_id"

    evidence = models.OneToOneField(LatencyEvidence, models.PROTECT, related_name="review")
    decision = models.CharField(max_length=10, choices=EvidenceState.choices())
    reason = models.CharField(max_length=500)
    proof_sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        db_table = "evidence_review"
        constraints = [
            models.CheckConstraint(
                condition=Q(decision__in=["accepted", "refused"]), name="evidence_review_decides"
            ),
            models.CheckConstraint(
                condition=~Q(decision="accepted") | ~Q(proof_sha256=""),
                name="evidence_review_accepts_on_proof",
            ),
        ]
