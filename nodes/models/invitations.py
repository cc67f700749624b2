"""Invitations: which node may attach here, proved by a secret that is used once."""

from typing import ClassVar

from django.db import models

from kernel.crypto.suite import INTERNATIONAL
from kernel.domain.systems import NodeRole
from kernel.models.base import Entity
from nodes.models.peers import Peer


class Invitation(Entity):
    """One node's leave to attach, until it expires. Only the secret's SHA-256 is kept."""

    public: ClassVar[bool] = True

    code = models.CharField(max_length=6)
    role = models.CharField(max_length=10, choices=NodeRole.choices())
    suite = models.CharField(max_length=20, default=INTERNATIONAL.name)
    reason = models.CharField(
        max_length=500, default="", blank=True, help_text="why it may attach, as its approval's number"
    )
    inviter = models.UUIDField(null=True, help_text="the person who invited it")
    our_key = models.CharField(
        max_length=64, default="", blank=True, help_text="key id of ours that the token names"
    )
    digest = models.BinaryField(max_length=32, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    key_id = models.CharField(max_length=64, blank=True, help_text="the key that used it")
    peer = models.ForeignKey(Peer, models.PROTECT, null=True, related_name="+")

    class Meta:
        db_table = "node_invitation"
