"""Reports: this node's own, and those of its downstream nodes."""

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, DecimalRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from kernel.models.base import Entity
from kernel.reports import ReportClass
from nodes.domain.reports import ReportState

# Equality of texts has no GiST operators in PostgreSQL itself, ranges have: the hash of the texts as a range of one.
LANE = Func(
    "node",
    "upstream",
    "section",
    template="hashtextextended(%(expressions)s, 0)::numeric",
    arg_joiner=" || '/' || ",
)


class Report(Entity):
    """One section of one period of one node for one upstream, in one version; a correction is the next version."""

    public: ClassVar[bool] = True

    node = models.CharField(max_length=6, help_text="code of the reporting node")
    upstream = models.CharField(max_length=20, default="national", help_text="code of the upstream's profile")
    schema = models.PositiveSmallIntegerField(default=2, help_text="those of schema 1 may overlap")
    section = models.CharField(max_length=64)
    kind = models.CharField(max_length=12, choices=ReportClass.choices())
    start = models.DateTimeField()
    end = models.DateTimeField()
    period = models.GeneratedField(
        expression=Func("start", "end", function="tstzrange"),
        output_field=DateTimeRangeField(),
        db_persist=True,
    )
    lane = models.GeneratedField(
        expression=Func(LANE, LANE, Value("[]"), function="numrange"),
        output_field=DecimalRangeField(),
        db_persist=True,
    )
    count = models.PositiveIntegerField()
    sums = models.JSONField()
    parts = models.JSONField(
        default=list,
        db_default=models.Value([], models.JSONField()),
        help_text="what this node and each industry node below it contributed",
    )
    body = models.BinaryField(help_text="the bytes that travel")
    state = models.CharField(max_length=10, choices=ReportState.choices())
    sequence = models.BigIntegerField(null=True)
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="correction", help_text="the version before"
    )
    reason = models.CharField(max_length=500, blank=True, help_text="why it was corrected")
    reviewed_by = models.UUIDField(null=True)
    sent_by = models.UUIDField(null=True)
    number = models.CharField(max_length=64, blank=True, help_text="receipt that a platform gave for a file")
    refusal = models.CharField(max_length=500, blank=True, help_text="why a platform refused a file")
    key_id = models.CharField(max_length=64, blank=True)
    signature = models.BinaryField(null=True)

    class Meta:
        db_table = "report"
        constraints = [
            ExclusionConstraint(
                name="report_periods_apart",
                expressions=[("lane", RangeOperators.OVERLAPS), ("period", RangeOperators.OVERLAPS)],
                condition=Q(supersedes=None, schema__gt=1),
            ),
            models.CheckConstraint(
                condition=Q(sent_by=None) | ~Q(sent_by=F("reviewed_by")), name="report_two_people"
            ),
            models.CheckConstraint(condition=Q(start__lt=F("end")), name="report_period_not_empty"),
        ]
        indexes = [models.Index(fields=["node", "kind", "sequence"], name="report_by_number")]
