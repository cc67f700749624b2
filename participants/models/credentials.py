"""What machines sign in with: API keys, hashed, scoped, expiring."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from kernel.models.base import Entity
from participants.models.organisations import Membership


class Secret(Entity):
    """Something that signs in, and its time. Only its SHA-256 is kept; 256 random bits need no slow hash.

    Rotation makes a successor, and ends this one after an overlap.
    """

    digest = models.BinaryField(max_length=32)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    replaces = models.ForeignKey("self", models.PROTECT, null=True, related_name="successors")

    class Meta:
        abstract = True


class ApiKey(Secret):
    """One key of one member."""

    tenant_field: ClassVar[str] = "membership__organisation_id"
    signs_in: ClassVar[bool] = True

    membership = models.ForeignKey(Membership, models.PROTECT, related_name="keys")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, unique=True)
    scopes = ArrayField(models.CharField(max_length=80))
    allowed_networks = ArrayField(models.CharField(max_length=43), default=list)

    class Meta:
        db_table = "api_key"
        constraints = [
            # a successor that was lost is revoked, and the key rotated again
            models.UniqueConstraint(
                fields=["replaces"], condition=Q(revoked_at=None), name="api_key_one_successor"
            )
        ]
