"""When a resource was last heard of, its agent's key, and the challenges to it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from identifiers.domain.evidence import IdentityResult, Sign
from identifiers.models.identifiers import Identifier
from kernel.crypto.messages import RegisteredKey
from kernel.crypto.suite import SUITES
from kernel.models.base import Entity


class Sighting(models.Model):
    """The sign of a resource that counts longest, whether or not it is identified yet, and until when it does."""

    tenant_field: ClassVar[str] = "tenant_id"
    public: ClassVar[bool] = False

    id = models.BigAutoField(primary_key=True)
    tenant_id = models.UUIDField()
    subject = models.UUIDField()
    sign = models.CharField(
        max_length=12,
        choices=Sign.choices(),
        default=Sign.HEARTBEAT.value,
        db_default=Sign.HEARTBEAT.value,
    )
    seen_at = models.DateTimeField()
    good_until = models.DateTimeField()

    class Meta:
        db_table = "sighting"
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "subject"], name="sighting_once_a_resource")
        ]


class ProofKey(Entity):
    """A public key of the resource's agent, registered by its holder; the one that has not ended is asked for."""

    tenant_field: ClassVar[str] = "identifier__tenant_id"

    identifier = models.ForeignKey(Identifier, models.PROTECT, related_name="proof_keys")
    key_id = models.CharField(max_length=64, help_text="RFC 7638 thumbprint")
    suite = models.CharField(max_length=20)
    public_key = models.BinaryField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "proof_key"
        constraints = [
            models.UniqueConstraint(
                fields=["identifier"], condition=Q(ended_at=None), name="proof_key_one_a_resource"
            )
        ]

    def as_key(self) -> RegisteredKey:
        """The key as the rules of signatures know it."""
        return RegisteredKey(
            self.key_id, str(self.identifier_id), SUITES[self.suite], bytes(self.public_key), self.created_at
        )


class Challenge(Entity):
    """A text that the agent is to sign once, before it expires; answered, it is the proof or the failure."""

    tenant_field: ClassVar[str] = "identifier__tenant_id"

    identifier = models.ForeignKey(Identifier, models.PROTECT, related_name="challenges")
    key = models.ForeignKey(ProofKey, models.PROTECT)
    text = models.CharField(max_length=200)
    expires_at = models.DateTimeField()
    result = models.CharField(max_length=10, choices=IdentityResult.choices(), blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_challenge"
        constraints = [
            models.CheckConstraint(
                condition=Q(result="", answered_at=None) | ~Q(result="") & Q(answered_at__isnull=False),
                name="identity_challenge_answered_has_a_result",
            )
        ]
        indexes = [
            models.Index(
                fields=["identifier", "-answered_at"],
                condition=~Q(result=""),
                name="identity_challenge_newest",
            )
        ]
