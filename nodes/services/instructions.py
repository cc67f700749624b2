"""Instructions on their way: down to the node that carries them out, and what is told back up."""

from uuid import UUID

from kernel.actor import Actor
from kernel.services.outbox import publish
from nodes.domain.alarms import Alarm, AlarmKind
from nodes.domain.envelopes import Message, Receipt
from nodes.domain.instructions import ORDERS, REPORTS, Order, OrderReport, compose, read_order, read_report
from nodes.domain.peers import PeerState, Relation
from nodes.errors import NotDownstream
from nodes.events import OrderArrived, OrderReported
from nodes.models import Envelope, NodeAlarm, Peer
from nodes.services.alarms import raise_alarm, settle_alarms
from nodes.services.streams import enqueue_message

MALFORMED = "instruction_malformed"
NOT_UPSTREAM = "not_our_upstream"
NOT_DOWNSTREAM = "not_our_downstream"


def is_below(node: str) -> bool:
    """Whether a node of this code is attached below this one."""
    below = Peer.objects.filter(relation=Relation.DOWNSTREAM.value, state=PeerState.ATTACHED.value)
    return below.filter(code=node).exists()


def require_downstream(node: str, pointer: str = "/node") -> None:
    """Raise NotDownstream unless a node of this code is attached below this one."""
    if not is_below(node):
        raise NotDownstream(pointer=pointer, node=node)


def send_order(*, node: str, order: Order) -> None:
    """Put an instruction on its way down, in the caller's transaction. Raises NotDownstream."""
    require_downstream(node)
    peer = Peer.objects.get(code=node)
    enqueue_message(
        peer=peer, stream=ORDERS, aggregate=order.id, body=compose(order), reference=UUID(order.id)
    )


def report_order(*, node: str, report: OrderReport) -> None:
    """Tell the node that gave an instruction what became of it, in the caller's transaction."""
    peer = Peer.objects.get(code=node)
    enqueue_message(
        peer=peer, stream=REPORTS, aggregate=report.id, body=compose(report), reference=UUID(report.id)
    )


def alarm_late(*, node: str, order: UUID) -> None:
    """Call for a person: an instruction is not in force a minute after it was given. Once."""
    peer = Peer.objects.get(code=node)
    envelope = Envelope.objects.filter(stream__peer=peer, message__reference=order).order_by("id").first()
    sequence = envelope.sequence if envelope is not None else 0
    known = NodeAlarm.objects.filter(peer=peer, stream=ORDERS, sequence=sequence)
    if not known.filter(kind=AlarmKind.INSTRUCTION_LATE.value).exists():
        raise_alarm(peer=peer, stream=ORDERS, alarm=Alarm(AlarmKind.INSTRUCTION_LATE, sequence))


def settle_late(*, node: str, order: UUID) -> None:
    """The instruction is in force after all."""
    peer = Peer.objects.get(code=node)
    envelope = Envelope.objects.filter(stream__peer=peer, message__reference=order).order_by("id").first()
    if envelope is not None:
        settle_alarms(peer=peer, stream=ORDERS, kinds=(AlarmKind.INSTRUCTION_LATE,), up_to=envelope.sequence)


class Orders:
    """Messages of the stream `instructions`: an upstream's, for the floors above to carry out."""

    def judge(self, *, peer: Peer, message: Message) -> str:
        """Refuse what is no instruction, and whoever is not above this node."""
        if peer.relation != Relation.UPSTREAM:
            return NOT_UPSTREAM
        order = read_order(message.body)
        return "" if order is not None and order.id == message.aggregate else MALFORMED

    def store(self, *, peer: Peer, message: Message, receipt: Receipt) -> None:  # noqa: ARG002 - the protocol's
        """Announce it: the floors above are told in the order of numbers, and once."""
        publish(
            OrderArrived(
                subject=UUID(message.aggregate), tenant=None, node=peer.code, sequence=message.sequence
            ),
            actor=Actor(node=peer.code),
        )

    def receipted(self, *, envelope: Envelope, receipt: Receipt) -> None:
        """Nothing beyond the receipt: that it is in force is told by a report."""


class OrderReports:
    """Messages of the stream `instruction-reports`: a downstream's, on instructions of ours."""

    def judge(self, *, peer: Peer, message: Message) -> str:
        """Refuse what is no report, and whoever is not below this node."""
        if peer.relation != Relation.DOWNSTREAM:
            return NOT_DOWNSTREAM
        report = read_report(message.body)
        return "" if report is not None and report.id == message.aggregate else MALFORMED

    def store(self, *, peer: Peer, message: Message, receipt: Receipt) -> None:  # noqa: ARG002 - the protocol's
        """Announce it."""
        publish(
            OrderReported(
                subject=UUID(message.aggregate), tenant=None, node=peer.code, sequence=message.sequence
            ),
            actor=Actor(node=peer.code),
        )

    def receipted(self, *, envelope: Envelope, receipt: Receipt) -> None:
        """Nothing beyond the receipt."""
