"""Descriptors: what an identifier says about its resource, version by version."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from identifiers.models.identifiers import Identifier


class Descriptor(models.Model):
    """One version of the attributes; never changed, only followed by the next. Insert-only."""

    tenant_field: ClassVar[str] = "identifier__tenant_id"
    public: ClassVar[bool] = False

    id = models.BigAutoField(primary_key=True)
    identifier = models.ForeignKey(Identifier, models.PROTECT, related_name="descriptors")
    version = models.PositiveIntegerField()
    profile = models.CharField(max_length=20)
    attributes = models.JSONField()
    valid_until = models.DateField(null=True, help_text="last day in Shanghai on which it is vouched for")
    evidence = models.JSONField(
        default=list,
        db_default=models.Value([], models.JSONField()),
        help_text="what it rests on: kind and SHA-256 of each document",
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "descriptor"
        constraints = [
            models.UniqueConstraint(fields=["identifier", "version"], name="descriptor_once_a_version")
        ]
