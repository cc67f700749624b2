"""What machines sign in with: API keys, hashed, scoped, expiring."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from kernel.models.base import Entity
from participants.models.organisations import Membership


class ApiKey(Entity):
    """One key of one member. Only its SHA-256 is kept; 256 random bits need no slow hash."""

    tenant_field: ClassVar[str] = "membership__organisation_id"

    membership = models.ForeignKey(Membership, models.PROTECT, related_name="keys")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.BinaryField(max_length=32)
    scopes = ArrayField(models.CharField(max_length=80))
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "api_key"
