"""Line openings, their steps, and the test reports that they are accepted on."""

from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models.functions import Now

from kernel.domain.schedules import schedule_of
from kernel.domain.windows import Window
from kernel.ids import new_id
from kernel.models.base import Entity
from scheduling.domain.evidence import Method
from scheduling.domain.openings import LIFE, LinePath, OpeningState
from scheduling.domain.uses import LineUse
from scheduling.domain.verdicts import Verdict
from scheduling.domain.working_days import DayCount
from scheduling.models.sites import SECOND_END, Site


class LineOpening(Entity):
    """The life of one order's line; `below_us` and `max_loss` are what was sold, `use` follows from its ends.

    Of a 1+1 pair both paths begin at `a`, or the second at `protection_a`.
    """

    tenant_field: ClassVar[str] = "provider_id"
    party_fields: ClassVar[list[str]] = ["user_id"]

    order = models.UUIDField(unique=True)
    provider_id = models.UUIDField()
    user_id = models.UUIDField()
    use = models.CharField(max_length=10, choices=LineUse.choices(), db_default=LineUse.ENTRY.value)
    technology = models.CharField(max_length=20)
    bandwidth_mbps = models.BigIntegerField()
    a = models.ForeignKey(Site, models.PROTECT, related_name="+")
    protection = models.CharField(max_length=20, default="none")
    protection_a = models.ForeignKey(Site, models.PROTECT, null=True, related_name="+")
    z = models.ForeignKey(Site, models.PROTECT, related_name="+")
    below_us = models.BigIntegerField()
    max_loss = models.DecimalField(max_digits=10, decimal_places=9)
    routes = models.JSONField(
        null=True, help_text="path (`LinePath`) → ids of its spans; an earlier release kept none"
    )
    schedule = models.JSONField(
        null=True, help_text="when it is needed, as ordered; null: from its delivery on"
    )
    service = models.JSONField(null=True, help_text="the classes that its product promised when it was sold")
    state = models.CharField(max_length=20, choices=OpeningState.choices(), default=LIFE.initial.value)
    end_class = models.CharField(
        max_length=20, blank=True, help_text="what the A end needs (`EndClass`); empty: it is the site itself"
    )
    surveyed = models.BooleanField(
        default=False, help_text="the A end was surveyed, here or for its line quote"
    )
    survey = models.JSONField(null=True, help_text="what the survey of this opening found")
    reason = models.CharField(max_length=200, blank=True, help_text="why it cannot be built")
    held_until = models.DateTimeField(null=True, help_text="when the pre-occupation ends; null once it did")
    contracted_at = models.DateTimeField(null=True)
    promised_days = models.BigIntegerField()
    promised_in = models.CharField(max_length=10, choices=DayCount.choices(), default=DayCount.CALENDAR.value)
    due_at = models.DateTimeField(help_text="from the contract; before it, as if it were made at once")
    due = models.JSONField(default=list, help_text="pairs of an act and when it is due, in order")
    delivered_at = models.DateTimeField(null=True)
    deemed_at = models.DateTimeField(null=True, help_text="when silence becomes acceptance")
    accepted_at = models.DateTimeField(null=True)
    billed_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    day_seconds = models.PositiveIntegerField(help_text="how long a day is: 86400 unless accelerated")
    profile = models.CharField(max_length=20)

    class Meta:
        db_table = "line_opening"
        constraints = [
            models.CheckConstraint(condition=SECOND_END, name="line_opening_second_end_of_a_pair_elsewhere")
        ]
        indexes = [models.Index(fields=["due_at"], name="line_opening_by_due")]

    @property
    def windows(self) -> tuple[Window, ...]:
        """The windows that it is booked for; none where it is needed from its delivery on."""
        return schedule_of(self.schedule).windows if self.schedule else ()

    def route(self, path: str) -> list[UUID]:
        """The spans of one of its paths, by id."""
        return [UUID(span) for span in (self.routes or {}).get(path, ())]

    @property
    def marking(self) -> str:
        """演示数据, where a site at one of its ends is invented."""
        return self.a.marking or self.z.marking


class OpeningStep(models.Model):
    """One step of an opening: which act, by whom, when. Insert-only."""

    tenant_field: ClassVar[str] = "opening__provider_id"
    party_fields: ClassVar[list[str]] = ["opening__user_id"]
    public: ClassVar[bool] = False

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    opening = models.ForeignKey(LineOpening, models.PROTECT, related_name="steps")
    act = models.CharField(max_length=20)
    state = models.CharField(max_length=20, choices=OpeningState.choices())
    by_user = models.UUIDField(null=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "line_opening_step"
        ordering: ClassVar[list[str]] = ["at", "id"]


class LineTest(models.Model):
    """One end-to-end test report of a path of an opening: what was sold is met, missed, or neither is sure. Insert-only."""

    tenant_field: ClassVar[str] = "opening__provider_id"
    party_fields: ClassVar[list[str]] = ["opening__user_id"]
    public: ClassVar[bool] = False

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    opening = models.ForeignKey(LineOpening, models.PROTECT, related_name="tests")
    path = models.CharField(max_length=20, choices=LinePath.choices(), db_default=LinePath.WORKING.value)
    method = models.CharField(max_length=20, choices=Method.choices())
    latency_us = models.BigIntegerField()
    clock_bound_us = models.BigIntegerField()
    loss = models.DecimalField(max_digits=10, decimal_places=9)
    samples = models.BigIntegerField()
    measured_at = models.DateTimeField()
    file_sha256 = models.CharField(max_length=64, blank=True)
    met = models.BooleanField()
    missed = models.BooleanField(db_default=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "line_test"
        ordering: ClassVar[list[str]] = ["created_at", "id"]

    @property
    def verdict(self) -> Verdict:
        """What it says of the line: whatever an earlier release kept that did not meet what was sold decides nothing."""
        if self.met:
            return Verdict.PASS
        return Verdict.FAIL if self.missed else Verdict.INCONCLUSIVE
