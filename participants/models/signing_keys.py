"""Public keys with which an organisation's machines sign their requests (RFC 9421)."""

from typing import ClassVar

from django.db import models

from kernel.models.base import Entity
from participants.models.organisations import Organisation


class SigningKey(Entity):
    """One public key; several are live at once, so that one takes over from another. What has ended stays ended."""

    tenant_field: ClassVar[str] = "organisation_id"

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="signing_keys")
    name = models.CharField(max_length=80)
    key_id = models.CharField(max_length=64, help_text="RFC 7638 thumbprint")
    suite = models.CharField(max_length=20)
    public_key = models.BinaryField()
    ended_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "signing_key"
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "key_id"], name="signing_key_once_an_organisation"
            )
        ]
