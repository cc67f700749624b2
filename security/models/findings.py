"""Findings of scanners, each once for its tool, asset, rule and place."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kernel.models.base import Entity
from security.domain.findings import FindingState, Scope
from security.domain.severities import Severity
from security.models.assets import Asset


class Finding(Entity):
    """One finding; `first_seen_at` starts the clock and never moves, `due_at` is when it is to be closed."""

    tenant_field: ClassVar[str] = "asset__tenant_id"

    asset = models.ForeignKey(Asset, models.PROTECT, related_name="findings")
    tool = models.CharField(max_length=20)
    scope = models.CharField(max_length=20, choices=Scope.choices())
    rule = models.CharField(max_length=200)
    location = models.CharField(max_length=64)
    severity = models.CharField(max_length=10, choices=Severity.choices())
    score = models.DecimalField(max_digits=3, decimal_places=1, null=True)
    vector = models.CharField(max_length=300, blank=True)
    title = models.CharField(max_length=500, blank=True)
    component = models.CharField(max_length=200, blank=True)
    version = models.CharField(max_length=100, blank=True)
    fixed_version = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=FindingState.choices(), default=FindingState.OPEN.value)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    due_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    evidence_note = models.CharField(max_length=2000, blank=True)
    evidence_sha256 = models.CharField(max_length=64, blank=True)
    accepted_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "finding"
        constraints = [
            models.UniqueConstraint(
                fields=["asset", "tool", "rule", "location"], name="finding_once_a_place"
            ),
            models.CheckConstraint(
                condition=~Q(state=FindingState.CLOSED.value) | ~Q(evidence_sha256=""),
                name="finding_closed_with_evidence",
            ),
            models.CheckConstraint(
                condition=~Q(state=FindingState.ACCEPTED.value) | Q(accepted_until__isnull=False),
                name="finding_accepted_for_a_time",
            ),
        ]
