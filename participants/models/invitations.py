"""Invitations: how people other than an organisation's first come in."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from kernel.actor import Role
from kernel.models.base import Entity
from participants.models.organisations import Organisation


class Invitation(Entity):
    """A seat in an organisation, taken once with a token of which only the SHA-256 is kept."""

    tenant_field: ClassVar[str] = "organisation_id"

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="invitations")
    email = models.EmailField(blank=True, help_text="empty: who accepts gives it")
    roles = ArrayField(models.CharField(max_length=24, choices=Role.choices()))
    administers = models.BooleanField(default=False)
    digest = models.BinaryField(max_length=32, unique=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "invitation"
