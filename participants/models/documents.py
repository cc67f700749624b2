"""Evidence: what an organisation shows to be certified. The rows are here, the files outside the web root."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kernel.models.base import Entity
from participants.domain.documents import FileType
from participants.models.cases import Case
from participants.models.organisations import Organisation


class Document(Entity):
    """One file of evidence; a newer one of the same kind renews it, none is ever changed."""

    tenant_field: ClassVar[str] = "organisation_id"

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="documents")
    case = models.ForeignKey(
        Case, models.PROTECT, null=True, related_name="documents", help_text="the case it was submitted in"
    )
    kind = models.CharField(max_length=40)
    number = models.CharField(max_length=80, blank=True)
    particulars = models.JSONField(default=dict, blank=True, help_text="as the kind declares in the profile")
    valid_until = models.DateField(null=True, help_text="last day of validity in China; null never ends")
    file_type = models.CharField(max_length=8, choices=FileType.choices())
    size = models.PositiveIntegerField(help_text="bytes")
    sha256 = models.CharField(max_length=64)
    path = models.CharField(max_length=120)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.UUIDField(null=True)
    refused_at = models.DateTimeField(null=True)
    refused_by = models.UUIDField(null=True)
    refusal = models.CharField(max_length=500, blank=True, help_text="why it was refused")
    reminded_days = models.PositiveSmallIntegerField(
        null=True, help_text="days before the last one of the newest reminder"
    )

    class Meta:
        db_table = "document"
        constraints = [
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(refused_at__isnull=True),
                name="document_accepted_or_refused",
            )
        ]
