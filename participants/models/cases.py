"""Certification cases: an application with its evidence, its reviewer, its questions and its decision."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from kernel.models.base import Entity
from participants.domain.cases import UNDECIDED, CaseState
from participants.models.organisations import Organisation


class Case(Entity):
    """One round of certification: the first, or a renewal while the organisation stays on the market."""

    tenant_field: ClassVar[str] = "organisation_id"

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="cases")
    state = models.CharField(max_length=10, choices=CaseState.choices(), default=CaseState.OPEN.value)
    reviewer = models.UUIDField(null=True, help_text="the person it is assigned to")
    checked_by = models.UUIDField(null=True)
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        db_table = "certification_case"
        constraints = [
            models.UniqueConstraint(
                fields=["organisation"],
                condition=Q(state__in=[state.value for state in UNDECIDED]),
                name="case_one_open_an_organisation",
            ),
            models.CheckConstraint(
                condition=~Q(state=CaseState.CERTIFIED.value)
                | (Q(checked_by__isnull=False, decided_by__isnull=False) & ~Q(decided_by=F("checked_by"))),
                name="case_certified_by_two",
            ),
        ]


class Question(Entity):
    """What a reviewer asks the applicant in a case, and the answer."""

    tenant_field: ClassVar[str] = "case__organisation_id"

    case = models.ForeignKey(Case, models.PROTECT, related_name="questions")
    text = models.CharField(max_length=1000)
    asked_by = models.UUIDField()
    answer = models.CharField(max_length=2000, blank=True)
    answered_by = models.UUIDField(null=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "certification_question"
