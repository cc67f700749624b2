"""Reports: this node's own, and those of its downstream nodes."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kernel.models.base import Entity
from kernel.reports import ReportClass
from nodes.domain.reports import ReportState


class Report(Entity):
    """One section of one period of one node, in one version; a correction is the next version."""

    public: ClassVar[bool] = True

    node = models.CharField(max_length=6, help_text="code of the reporting node")
    section = models.CharField(max_length=64)
    kind = models.CharField(max_length=12, choices=ReportClass.choices())
    start = models.DateTimeField()
    end = models.DateTimeField()
    count = models.PositiveIntegerField()
    sums = models.JSONField()
    body = models.BinaryField(help_text="the bytes that travel")
    state = models.CharField(max_length=10, choices=ReportState.choices())
    sequence = models.BigIntegerField(null=True)
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="correction", help_text="the version before"
    )
    reason = models.CharField(max_length=500, blank=True, help_text="why it was corrected")
    reviewed_by = models.UUIDField(null=True)
    key_id = models.CharField(max_length=64, blank=True)
    signature = models.BinaryField(null=True)

    class Meta:
        db_table = "report"
        constraints = [
            models.UniqueConstraint(
                fields=["node", "section", "start", "end"],
                condition=Q(supersedes=None),
                name="report_once_a_period",
            ),
            models.CheckConstraint(condition=Q(start__lt=models.F("end")), name="report_period_not_empty"),
        ]
        indexes = [models.Index(fields=["node", "kind", "sequence"], name="report_by_number")]
