"""What agents report: every heartbeat for ever, and the newest reading of each pool."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from aggregation.models.agents import Agent
from aggregation.models.pools import Pool
from kernel.models.base import Entity


class Heartbeat(Entity):
    """One heartbeat as it came, once for each agent and sequence (INVARIANTS B1, B2). Insert-only."""

    tenant_field: ClassVar[str] = "agent__tenant_id"

    agent = models.ForeignKey(Agent, models.PROTECT, related_name="heartbeats")
    sequence = models.BigIntegerField()
    observed_at = models.DateTimeField()
    digest = models.BinaryField(max_length=32)
    readings = models.JSONField(help_text="each reading, and what became of it")

    class Meta:
        db_table = "heartbeat"
        constraints = [
            models.UniqueConstraint(fields=["agent", "sequence"], name="heartbeat_once_a_sequence")
        ]


class Inventory(models.Model):
    """The newest reading of a pool; an older one never replaces it (INVARIANTS B3).

    `fresh` is what was last announced; whether a reading is too old is asked of the clock, never of it.
    """

    tenant_field: ClassVar[str] = "pool__tenant_id"
    public: ClassVar[bool] = False

    pool = models.OneToOneField(Pool, models.PROTECT, primary_key=True, related_name="inventory")
    observed_at = models.DateTimeField()
    sequence = models.BigIntegerField()
    received_at = models.DateTimeField(db_default=Now())
    total = models.PositiveIntegerField()
    idle = models.PositiveIntegerField()
    serving = models.PositiveIntegerField()
    faulty = models.PositiveIntegerField()
    fresh = models.BooleanField(default=False)

    class Meta:
        db_table = "inventory"
        constraints = [
            models.CheckConstraint(
                condition=Q(total__gte=F("idle") + F("serving") + F("faulty")), name="inventory_adds_up"
            )
        ]
        indexes = [
            models.Index(fields=["observed_at"], condition=Q(fresh=True), name="inventory_going_stale")
        ]
