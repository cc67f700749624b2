"""Identifiers that this node issues for parties of its industry nodes."""

from typing import ClassVar

from django.db import models

from kernel.models.base import Entity
from nodes.models.peers import Peer


class ForwardedIdentifier(Entity):
    """Which of our identifiers stands for which one of an industry node; `identifier` is null where it was refused at once."""

    public: ClassVar[bool] = True

    peer = models.ForeignKey(Peer, models.PROTECT, related_name="forwarded")
    remote = models.UUIDField(help_text="id of the identifier at the industry node")
    identifier = models.UUIDField(null=True, unique=True)

    class Meta:
        db_table = "forwarded_identifier"
        constraints = [models.UniqueConstraint(fields=["peer", "remote"], name="forwarded_identifier_once")]
