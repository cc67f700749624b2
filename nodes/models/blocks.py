"""Number blocks that this node granted."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from nodes.models.delegations import DelegatedPrefix


class BlockGrant(models.Model):
    """A block of a delegated prefix and the one database that it was granted to, for ever. Insert-only (INVARIANTS D1)."""

    public: ClassVar[bool] = True

    id = models.BigAutoField(primary_key=True)
    prefix = models.ForeignKey(DelegatedPrefix, models.PROTECT, related_name="blocks")
    number = models.PositiveIntegerField()
    incarnation = models.CharField(max_length=80, help_text="empty: with the prefix, when the node attached")
    granted_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "block_grant"
        constraints = [models.UniqueConstraint(fields=["prefix", "number"], name="block_grant_once")]
