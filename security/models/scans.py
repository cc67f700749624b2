"""Reports of scanners as they were imported."""

from typing import ClassVar

from django.db import models

from kernel.models.base import Entity
from security.models.assets import Asset


class Scan(Entity):
    """One report: which tool, the digest of what it said, and what that changed."""

    tenant_field: ClassVar[str] = "asset__tenant_id"

    asset = models.ForeignKey(Asset, models.PROTECT, related_name="scans")
    tool = models.CharField(max_length=20)
    tool_version = models.CharField(max_length=60, blank=True)
    sha256 = models.CharField(max_length=64)
    scopes = models.JSONField()
    seen = models.PositiveIntegerField()
    opened = models.PositiveIntegerField()
    reopened = models.PositiveIntegerField()
    cleared = models.PositiveIntegerField()

    class Meta:
        db_table = "scan"
