"""What the streams call a person for."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from kernel.models.base import Entity
from nodes.domain.alarms import AlarmKind
from nodes.models.peers import Peer


class NodeAlarm(Entity):
    """One call for attention; the same one again while it is open only counts."""

    public: ClassVar[bool] = True

    peer = models.ForeignKey(Peer, models.PROTECT, related_name="alarms")
    stream = models.CharField(max_length=64)
    kind = models.CharField(max_length=20, choices=AlarmKind.choices())
    sequence = models.BigIntegerField()
    words = models.CharField(max_length=500, blank=True, db_default="")
    times = models.PositiveIntegerField(default=1)
    last_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "node_alarm"
        constraints = [
            models.UniqueConstraint(
                fields=["peer", "stream", "kind", "sequence"],
                condition=Q(closed_at=None),
                name="node_alarm_once_open",
            )
        ]
