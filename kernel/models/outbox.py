"""The outbox: what happened, in which order it was relayed, and what each subscriber has done."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from kernel.ids import new_id


class EventRecord(models.Model):
    """One thing that happened, written in the transaction that did it. Insert-only: the audit leaf.

    `payload` holds ids, codes, numbers and salted commitments, never personal data.
    `digest` is SHA-256 over the canonical JSON of everything but the time.
    """

    public: ClassVar[bool] = False
    tenant_field: ClassVar[str] = "tenant_id"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=100)
    subject = models.UUIDField()
    tenant_id = models.UUIDField(null=True)
    actor_user = models.UUIDField(null=True)
    actor_tenant = models.UUIDField(null=True)
    actor_client = models.UUIDField(null=True)  # the machine, where no person acted
    actor_node = models.CharField(max_length=20, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    occurred_at = models.DateTimeField(db_default=Now())
    payload = models.JSONField()
    digest = models.BinaryField()

    class Meta:
        db_table = "event"
        indexes = [
            models.Index(fields=["subject"], name="event_by_subject"),
            models.Index(fields=["tenant_id", "id"], name="event_by_tenant"),
        ]


class PendingEvent(models.Model):
    """An event that has no position yet; written with it, deleted by the relay.

    So the relay finds what is new without ever reading `id > cursor`, which would skip a slow transaction.
    `id` is the order of writing: acts on one subject follow each other, so their events do too.
    """

    public: ClassVar[bool] = True

    id = models.BigAutoField(primary_key=True)
    event = models.OneToOneField(EventRecord, models.CASCADE, related_name="+")

    class Meta:
        db_table = "event_pending"


class EventPosition(models.Model):
    """One gapless local order of all events, made at relay time under one lock. Insert-only."""

    public: ClassVar[bool] = True

    position = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(EventRecord, models.PROTECT, related_name="order")

    class Meta:
        db_table = "event_position"


class Delivery(models.Model):
    """What one subscriber has done about one event: at least once, in order for each subject."""

    public: ClassVar[bool] = True

    id = models.BigAutoField(primary_key=True)
    event = models.ForeignKey(EventRecord, models.PROTECT, related_name="deliveries")
    handler = models.CharField(max_length=150)
    subject = models.UUIDField()
    position = models.BigIntegerField()
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True)
    dead_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        db_table = "delivery"
        constraints = [models.UniqueConstraint(fields=["event", "handler"], name="delivery_once_a_handler")]
        indexes = [
            models.Index(
                fields=["handler", "subject", "position"],
                condition=models.Q(done_at=None, dead_at=None),
                name="delivery_open",
            ),
            models.Index(
                fields=["position"],
                condition=models.Q(done_at=None, dead_at=None),
                name="delivery_next",
            ),
        ]
