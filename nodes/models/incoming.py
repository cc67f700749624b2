"""What peers sent: the state of each stream, and every message with the receipt that answers it for ever."""

from collections.abc import Mapping
from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from kernel.models.base import Entity
from nodes.domain.envelopes import Outcome, decode_receipt
from nodes.domain.receiver import Inbound, Record
from nodes.domain.statements import Statement
from nodes.models.peers import Peer


class InboundStream(Entity):
    """What this node knows of one stream of one peer; its row is the lock of the stream."""

    public: ClassVar[bool] = True

    peer = models.ForeignKey(Peer, models.PROTECT, related_name="inbound")
    name = models.CharField(max_length=64)
    expected = models.BigIntegerField(default=1)
    waiting = models.JSONField(default=dict)

    class Meta:
        db_table = "inbound_stream"
        constraints = [models.UniqueConstraint(fields=["peer", "name"], name="inbound_once_a_stream")]

    def state(self, node: str) -> Inbound:
        """The state as the receiver's rules know it; `node` is this node's code."""
        waiting: Mapping[str, int] = self.waiting
        return Inbound(node, self.peer.code, self.name, self.expected, waiting)

    def keep(self, state: Inbound) -> None:
        """Save what the rules made of the state."""
        self.expected, self.waiting = state.expected, dict(state.waiting)
        self.advance("expected", "waiting")


class Incoming(models.Model):
    """One message under its number: the very bytes, the signed request's fields, the receipt. Insert-only."""

    public: ClassVar[bool] = True

    id = models.BigAutoField(primary_key=True)
    stream = models.ForeignKey(InboundStream, models.PROTECT, related_name="messages")
    sequence = models.BigIntegerField()
    aggregate = models.CharField(max_length=200)
    supersedes = models.BigIntegerField(null=True)
    body = models.BinaryField()
    digest = models.CharField(max_length=120)
    leaf = models.BinaryField(max_length=32)
    request = models.JSONField(help_text="method, authority, path, query and signed headers, as received")
    outcome = models.CharField(max_length=12, choices=Outcome.choices())
    code = models.CharField(max_length=64, blank=True)
    receipt = models.BinaryField()
    receipt_key_id = models.CharField(max_length=64)
    receipt_algorithm = models.CharField(max_length=20)
    receipt_signature = models.BinaryField()
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "incoming"
        constraints = [models.UniqueConstraint(fields=["stream", "sequence"], name="incoming_once_a_number")]

    def statement(self) -> Statement:
        """The receipt as it was signed once."""
        return Statement(
            bytes(self.receipt), self.receipt_key_id, self.receipt_algorithm, bytes(self.receipt_signature)
        )

    def record(self) -> Record:
        """What the receiver's rules ask about a number."""
        return Record(self.digest, decode_receipt(bytes(self.receipt)))
