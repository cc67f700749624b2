"""Values of indicators as they were computed, with how much they rest on."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kernel.models.base import Entity


class IndicatorValue(Entity):
    """One computation over [start, end): a value, or none and why; never changed, a later one follows it."""

    public: ClassVar[bool] = True

    code = models.CharField(max_length=60)
    profile = models.CharField(max_length=20)
    start = models.DateTimeField()
    end = models.DateTimeField()
    value = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    reason = models.CharField(max_length=20, blank=True)
    expected = models.PositiveIntegerField()
    received = models.PositiveIntegerField()
    declared = models.PositiveIntegerField()
    parties = models.PositiveIntegerField()

    class Meta:
        db_table = "indicator_value"
        constraints = [
            models.CheckConstraint(
                condition=Q(value__isnull=True) ^ Q(reason=""), name="indicator_has_value_or_reason"
            ),
            models.CheckConstraint(
                condition=Q(received__lte=models.F("expected"), declared__lte=models.F("received")),
                name="indicator_received_of_expected",
            ),
        ]
