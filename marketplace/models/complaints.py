"""Complaints between the parties of an order, and all that was said of them."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from kernel.models.base import Entity
from marketplace.domain.complaints import LIFE, OPEN, WAITING, ComplaintMatter, ComplaintState
from marketplace.models.orders import Order


class Complaint(Entity):
    """One party's complaint of another party of an order. `due_at` is when whoever has to act next must have acted."""

    tenant_field: ClassVar[str] = "tenant_id"
    party_fields: ClassVar[list[str]] = ["respondent"]

    tenant_id = models.UUIDField()
    respondent = models.UUIDField(help_text="the party that it is about")
    order = models.ForeignKey(Order, models.PROTECT, related_name="complaints")
    matter = models.CharField(max_length=10, choices=ComplaintMatter.choices())
    request = models.CharField(max_length=500, help_text="what is to be done about it")
    state = models.CharField(max_length=10, choices=ComplaintState.choices(), default=LIFE.initial.value)
    due_at = models.DateTimeField(null=True)
    overdue = models.BooleanField(
        db_default=False, help_text="the deadline of the step at hand passed, and nobody acted"
    )

    class Meta:
        db_table = "complaint"
        constraints = [
            models.UniqueConstraint(
                fields=["order", "tenant_id", "respondent", "matter"],
                condition=Q(state__in=[state.value for state in sorted(OPEN)]),
                name="complaint_one_open_a_matter",
            ),
            models.CheckConstraint(condition=~Q(tenant_id=F("respondent")), name="complaint_of_another"),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in sorted(WAITING)], due_at__isnull=False)
                | ~Q(state__in=[state.value for state in sorted(WAITING)])
                & Q(due_at__isnull=True, overdue=False),
                name="complaint_waits_until_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ComplaintState.codes()), name="complaint_state_is_listed"
            ),
        ]
        indexes = [models.Index(fields=["tenant_id", "id"], name="complaint_by_tenant")]


class ComplaintStep(models.Model):
    """One step: the act, who took it, their words, and whether it came after its deadline. Append-only."""

    tenant_field: ClassVar[str] = "complaint__tenant_id"
    party_fields: ClassVar[list[str]] = ["complaint__respondent"]
    public: ClassVar[bool] = False

    id = models.BigAutoField(primary_key=True)
    complaint = models.ForeignKey(Complaint, models.PROTECT, related_name="steps")
    version = models.PositiveIntegerField(help_text="of the complaint, that it made")
    act = models.CharField(max_length=10)
    after = models.CharField(max_length=10)
    actor_user = models.UUIDField(null=True)
    actor_tenant = models.UUIDField(null=True)
    words = models.CharField(max_length=4000, blank=True)
    late = models.BooleanField(db_default=False)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "complaint_step"
        ordering: ClassVar[list[str]] = ["version"]
        constraints = [
            models.UniqueConstraint(fields=["complaint", "version"], name="complaint_step_once_a_version")
        ]
