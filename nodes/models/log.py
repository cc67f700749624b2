"""The certification log: what was decided about each peer, why, and by whom."""

from typing import ClassVar

from django.db import models

from kernel.models.base import Entity
from nodes.domain.peers import PeerAct
from nodes.models.peers import Peer


class PeerLogEntry(Entity):
    """One act on one peer. Insert-only; `person` is null where the peer itself did it."""

    public: ClassVar[bool] = True

    peer = models.ForeignKey(Peer, models.PROTECT, related_name="log")
    act = models.CharField(max_length=12, choices=PeerAct.choices())
    reason = models.CharField(max_length=500, blank=True)
    key_id = models.CharField(max_length=64, blank=True, help_text="the key that it was done with")
    person = models.UUIDField(null=True)

    class Meta:
        db_table = "peer_log"
