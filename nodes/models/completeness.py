"""The words on complete periods: this node's own, and those of its downstream nodes."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from kernel.models.base import Entity
from nodes.domain.completeness import PeriodState


class ReportedPeriod(Entity):
    """One node's word that one period is complete for one upstream, in one version; a later one supersedes it."""

    public: ClassVar[bool] = True

    node = models.CharField(max_length=6, help_text="code of the reporting node")
    upstream = models.CharField(max_length=20, help_text="code of the upstream's profile")
    start = models.DateTimeField()
    end = models.DateTimeField()
    version = models.PositiveIntegerField()
    body = models.BinaryField(help_text="the bytes that travel")
    sections = models.JSONField(help_text="the lines in these bytes")
    state = models.CharField(max_length=10, choices=PeriodState.choices())
    sequence = models.BigIntegerField(null=True)

    class Meta:
        db_table = "reported_period"
        constraints = [
            models.UniqueConstraint(
                fields=["node", "upstream", "start", "end", "version"], name="reported_period_once_a_version"
            ),
            models.CheckConstraint(condition=Q(start__lt=F("end")), name="reported_period_not_empty"),
        ]
