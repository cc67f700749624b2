"""Evidence: what an organisation shows to be certified. The rows are here, the files outside the web root."""

from typing import ClassVar

from django.db import models

from kernel.models.base import Entity
from participants.domain.documents import FileType
from participants.models.organisations import Organisation


class Document(Entity):
    """One file of evidence; a newer one of the same kind renews it, none is ever changed."""

    tenant_field: ClassVar[str] = "organisation_id"

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="documents")
    kind = models.CharField(max_length=40)
    number = models.CharField(max_length=80, blank=True)
    valid_until = models.DateField(null=True, help_text="last day of validity in China; null never ends")
    file_type = models.CharField(max_length=8, choices=FileType.choices())
    size = models.PositiveIntegerField(help_text="bytes")
    sha256 = models.CharField(max_length=64)
    path = models.CharField(max_length=120)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.UUIDField(null=True)

    class Meta:
        db_table = "document"
