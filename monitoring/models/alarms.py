"""Alarms: one row for what is one trouble, however often it is noticed."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kernel.models.base import Entity
from monitoring.domain.alarms import AlarmKind, AlarmState
from monitoring.models.feeds import Feed


class Alarm(Entity):
    """An alarm on a feed (and one of its metrics); while it is not closed, further occurrences only count."""

    tenant_field: ClassVar[str] = "feed__tenant_id"

    feed = models.ForeignKey(Feed, models.PROTECT, related_name="alarms")
    kind = models.CharField(max_length=12, choices=AlarmKind.choices())
    metric = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=12, choices=AlarmState.choices(), default=AlarmState.OPEN.value)
    count = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    value = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    rule = models.CharField(max_length=20, blank=True, help_text="version of the profile that raised it")
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        db_table = "alarm"
        constraints = [
            models.UniqueConstraint(
                fields=["feed", "kind", "metric"],
                condition=~Q(state=AlarmState.CLOSED.value),
                name="alarm_once_until_closed",
            )
        ]
