"""What is sent: the state of each stream, what was to be said, and each number with its bytes and receipt."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import models

from kernel.models.base import Entity
from nodes.domain.envelopes import Outcome, decode_receipt, withdrawal_of
from nodes.domain.sender import Halt, Outbound, Parked, Sent, Ticket
from nodes.domain.statements import Statement
from nodes.models.peers import Peer

SCALARS = ("position", "last", "acked", "settled", "sent", "round", "failures", "retry_at")


class OutboundStream(Entity):
    """One stream to one peer: the sender's state, column by column; its row is the lock of the stream.

    While `busy_until` lies ahead somebody is sending, and nobody else begins.
    """

    public: ClassVar[bool] = True

    peer = models.ForeignKey(Peer, models.PROTECT, related_name="outbound")
    name = models.CharField(max_length=64)
    position = models.BigIntegerField(default=0)
    last = models.BigIntegerField(default=0)
    acked = models.BigIntegerField(default=0)
    settled = models.BigIntegerField(default=0)
    sent = models.BigIntegerField(default=0)
    round = models.BigIntegerField(default=0)
    early = models.JSONField(default=dict)
    failures = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField(null=True)
    halt = models.CharField(max_length=20, choices=Halt.choices(), default=Halt.NONE.value)
    waiting = models.JSONField(default=dict)
    parked = models.JSONField(default=list)
    busy_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "outbound_stream"
        constraints = [models.UniqueConstraint(fields=["peer", "name"], name="outbound_once_a_stream")]

    @property
    def idle(self) -> bool:
        """Whether there is nothing to send now: all receipted, or halted until a person looks."""
        return self.acked == self.last or self.halt != Halt.NONE

    def state(self) -> Outbound:
        """The state as the sender's rules know it."""
        waiting: Mapping[str, int] = self.waiting
        early = {
            int(number): (
                Sent(**{**sent, "ticket": Ticket(**sent["ticket"])}),
                decode_receipt(receipt.encode()),
            )
            for number, (sent, receipt) in self.early.items()
        }
        return Outbound(
            **{name: getattr(self, name) for name in SCALARS},
            early=early,
            halt=Halt(self.halt),
            waiting=waiting,
            parked=tuple(Parked(**parked) for parked in self.parked),
        )

    def keep(self, state: Outbound) -> None:
        """Save what the rules made of the state."""
        for name in SCALARS:
            setattr(self, name, getattr(state, name))
        self.halt, self.waiting = state.halt, dict(state.waiting)
        self.parked = [_fields(parked) for parked in state.parked]
        self.early = {
            str(number): [{**_fields(sent), "ticket": _fields(sent.ticket)}, receipt.encode().decode()]
            for number, (sent, receipt) in state.early.items()
        }
        self.advance(*SCALARS, "halt", "waiting", "parked", "early", "busy_until")


class Outgoing(models.Model):
    """Something to report, at its place in the order of enqueuing; it may wait without a number. Insert-only."""

    public: ClassVar[bool] = True

    id = models.BigAutoField(primary_key=True)
    stream = models.ForeignKey(OutboundStream, models.PROTECT, related_name="messages")
    position = models.BigIntegerField()
    aggregate = models.CharField(max_length=200)
    supersedes = models.BigIntegerField(null=True)
    body = models.BinaryField()
    reference = models.UUIDField(null=True, help_text="the row of this node that it reports on")

    class Meta:
        db_table = "outgoing"
        constraints = [
            models.UniqueConstraint(fields=["stream", "position"], name="outgoing_once_a_position")
        ]


class Envelope(Entity):
    """One number of a stream, the message that it carries, and the peer's receipt once there is one."""

    public: ClassVar[bool] = True

    stream = models.ForeignKey(OutboundStream, models.PROTECT, related_name="envelopes")
    sequence = models.BigIntegerField()
    message = models.ForeignKey(Outgoing, models.PROTECT, related_name="envelopes")
    supersedes = models.BigIntegerField(null=True)
    digest = models.CharField(max_length=120)
    leaf = models.BinaryField(max_length=32)
    withdrawn = models.BooleanField(
        db_default=False, help_text="a notice is sent: no way takes the message's size"
    )
    request = models.JSONField(null=True, help_text="the signed request that was receipted")
    outcome = models.CharField(max_length=12, choices=Outcome.choices(), blank=True)
    code = models.CharField(max_length=64, blank=True)
    receipt = models.BinaryField(null=True)
    receipt_key_id = models.CharField(max_length=64, blank=True)
    receipt_algorithm = models.CharField(max_length=20, blank=True)
    receipt_signature = models.BinaryField(null=True)

    class Meta:
        db_table = "envelope"
        constraints = [models.UniqueConstraint(fields=["stream", "sequence"], name="envelope_once_a_number")]

    @property
    def body(self) -> bytes:
        """The bytes that this number means: the message's, or the notice in its place."""
        own = bytes(self.message.body)
        return withdrawal_of(own, self.stream.peer.as_suite()) if self.withdrawn else own

    def statement(self) -> Statement | None:
        """The peer's receipt as it was signed; None while there is none."""
        if self.receipt is None or self.receipt_signature is None:
            return None
        return Statement(
            bytes(self.receipt), self.receipt_key_id, self.receipt_algorithm, bytes(self.receipt_signature)
        )


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__}
