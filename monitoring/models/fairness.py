"""Fairness audits: which selections of a period were examined, and what was found."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from kernel.models.base import Entity
from monitoring.domain.fairness import LIFE, AuditState, FairnessVerdict


class FairnessAudit(Entity):
    """One audit of the selections made in [start, end); what it found stands once it is done.

    `selections` are those that it examines, in the order that they were made in, and the first `examined` of them are done:
    `tally` counts them. `seed` drew them out of `population`, and deals the labels. `document` is the very text whose UTF-8 bytes were signed.
    """

    tenant_field: ClassVar[str] = "tenant_id"

    tenant_id = models.UUIDField(help_text="who asked for it")
    start = models.DateTimeField()
    end = models.DateTimeField()
    seed = models.CharField(max_length=64)
    sample = models.PositiveIntegerField(null=True, help_text="null: all of the period")
    population = models.PositiveIntegerField()
    selections = ArrayField(models.UUIDField())
    owned = models.JSONField(help_text="the operator's own parties and its affiliates, by side")
    examined = models.PositiveIntegerField(default=0)
    tally = models.JSONField()
    state = models.CharField(max_length=10, choices=AuditState.choices(), default=LIFE.initial.value)
    verdict = models.CharField(max_length=20, choices=FairnessVerdict.choices(), blank=True)
    document = models.TextField(blank=True)
    digest = models.CharField(max_length=80, blank=True, help_text="Content-Digest of document")
    signature = models.CharField(max_length=120, blank=True, help_text="base64 over document's UTF-8 bytes")
    key_id = models.CharField(max_length=64, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "fairness_audit"
        constraints = [
            models.CheckConstraint(
                condition=Q(state=AuditState.DONE.value) ^ Q(document=""),
                name="fairness_audit_has_document_once_done",
            ),
        ]

    @property
    def size(self) -> int:
        """How many selections it examines."""
        return len(self.selections)
