"""Invitations: which node may attach here, proved by a secret that is used once."""

from typing import ClassVar

from django.db import models

from kernel.domain.systems import NodeRole
from kernel.models.base import Entity
from nodes.models.peers import Peer


class Invitation(Entity):
    """One node's leave to attach, until it expires. Only the secret's SHA-256 is kept."""

    public: ClassVar[bool] = True

    code = models.CharField(max_length=6)
    role = models.CharField(max_length=10, choices=NodeRole.choices())
    digest = models.BinaryField(max_length=32, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    key_id = models.CharField(max_length=64, blank=True, help_text="the key that used it")
    peer = models.ForeignKey(Peer, models.PROTECT, null=True, related_name="+")

    class Meta:
        db_table = "node_invitation"
