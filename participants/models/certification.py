"""The steps of certification and qualification: who decided what, when and why."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from kernel.models.base import Entity
from participants.domain.qualifications import OVER, QualificationState
from participants.models.cases import Case
from participants.models.organisations import Organisation


class Decision(Entity):
    """One step about an organisation: append-only, so the history is what happened."""

    tenant_field: ClassVar[str] = "organisation_id"

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="decisions")
    case = models.CharField(max_length=16, help_text="code, certification or qualification")
    act = models.CharField(max_length=16)
    reason = models.CharField(max_length=500, blank=True)
    profile = models.CharField(max_length=20, help_text="version of the certification profile")
    of_case = models.ForeignKey(
        Case, models.PROTECT, null=True, related_name="decisions", help_text="of a certification"
    )
    decided_by = models.UUIDField(null=True, help_text="null: the node itself, on a last day of validity")
    decided_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "decision"


class Qualification(Entity):
    """The right to resell and dispatch, until its last day."""

    tenant_field: ClassVar[str] = "organisation_id"

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="qualifications")
    state = models.CharField(
        max_length=10, choices=QualificationState.choices(), default=QualificationState.GRANTED.value
    )
    valid_until = models.DateField(help_text="last day of validity in China")
    reminded_days = models.PositiveSmallIntegerField(
        null=True, help_text="days before the last one of the newest reminder"
    )

    class Meta:
        db_table = "qualification"
        constraints = [
            models.UniqueConstraint(
                fields=["organisation"],
                condition=~Q(state__in=[state.value for state in OVER]),
                name="qualification_one_an_organisation",
            )
        ]
