"""The node's own keys, their public halves: which versions there were, and when each was valid."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kernel.crypto.suite import SUITES
from kernel.models.base import Entity


class NodeKey(Entity):
    """One version of the node's key in one suite; its private half stands in NODE_KEY only.

    Without a row the first key of the suite in NODE_KEY is the only one. `valid_from` is null until two people let
    the key be announced; `valid_until` until every peer has the next one.
    """

    public: ClassVar[bool] = True

    key_id = models.CharField(max_length=64, unique=True, help_text="RFC 7638 thumbprint")
    suite = models.CharField(max_length=20, choices=[(name, name) for name in SUITES])
    version = models.PositiveIntegerField(null=True, help_text="1, 2 …; null until it is announced")
    public_key = models.BinaryField()
    valid_from = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "node_key"
        constraints = [
            models.UniqueConstraint(
                fields=["suite", "version"], condition=~Q(version=None), name="node_key_once_a_version"
            )
        ]
