"""Code prefixes that this node gave to others."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from kernel.models.base import Entity
from nodes.domain.prefixes import Delegation
from nodes.models.peers import Peer


class DelegatedPrefix(Entity):
    """A prefix and the one node that it is given to, for ever that node's and nobody else's (INVARIANTS D1)."""

    public: ClassVar[bool] = True

    prefix = models.CharField(max_length=20, unique=True)
    peer = models.ForeignKey(Peer, models.PROTECT, related_name="prefixes")
    valid_from = models.DateTimeField(db_default=Now())
    valid_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "delegated_prefix"
        ordering: ClassVar[list[str]] = ["id"]

    def as_delegation(self) -> Delegation:
        """The delegation as the rules know it."""
        return Delegation(self.prefix, self.peer.code, self.valid_from, self.valid_until)
