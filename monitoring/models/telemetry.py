"""The points of monitoring data as they came in."""

from typing import ClassVar

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now

from monitoring.models.feeds import Feed


class Telemetry(models.Model):
    """One point. Insert-only: a correction is a further row with a higher `source_seq`, and the highest counts.

    The key holds `ts`, so that the table can be partitioned by day when a node outgrows one table.
    """

    tenant_field: ClassVar[str] = "feed__tenant_id"
    public: ClassVar[bool] = False

    pk = models.CompositePrimaryKey("feed_id", "metric", "ts", "source_seq")
    feed = models.ForeignKey(Feed, models.PROTECT, related_name="points")
    metric = models.CharField(max_length=40)
    ts = models.DateTimeField()
    source_seq = models.BigIntegerField()
    value = models.DecimalField(max_digits=24, decimal_places=6)
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "telemetry"
        indexes = [BrinIndex(fields=["ts"], name="telemetry_by_time")]
