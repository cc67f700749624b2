"""The sender's state in its table: numbering what is to be sent, and every later step of a stream."""

from collections.abc import Callable
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from kernel.crypto.digests import content_digest
from kernel.merkle import leaf_hash
from kernel.services.jobs import enqueue_job
from kernel.services.outbox import publish
from nodes.domain import sender
from nodes.domain.alarms import Alarm, AlarmKind
from nodes.domain.envelopes import Outcome, Receipt, compose_message
from nodes.domain.sender import (
    Enqueued,
    Halt,
    Keep,
    Number,
    Park,
    Renumber,
    Restarted,
    Restored,
    Send,
    SenderEvent,
    Wake,
    Withdraw,
)
from nodes.errors import NotQuarantined, StreamNotHalted
from nodes.events import MessageResent, StreamResumed
from nodes.models import Envelope, OutboundStream, Outgoing, Peer
from nodes.services.alarms import raise_alarm, settle_alarms

SEND_JOB = "nodes.send_stream"


@transaction.atomic
def enqueue_message(
    *,
    peer: Peer,
    stream: str,
    aggregate: str,
    body: bytes,
    supersedes: int | None = None,
    reference: UUID | None = None,
) -> Outgoing:
    """Put one message on a stream, in the caller's transaction: it has its place and mostly its number at once.

    The row of the stream is locked until the caller commits, so numbers are dense and in the order of commits.
    """
    OutboundStream.objects.get_or_create(peer=peer, name=stream)
    row = (
        OutboundStream.objects.select_for_update(of=("self",))
        .select_related("peer")
        .get(peer=peer, name=stream)
    )
    message = Outgoing.objects.create(
        stream=row,
        position=row.position + 1,
        aggregate=aggregate,
        supersedes=supersedes,
        body=body,
        reference=reference,
    )
    take_step(row, Enqueued(aggregate, supersedes))
    enqueue_job(SEND_JOB, stream=str(row.id))
    return message


def take_step(row: OutboundStream, event: SenderEvent) -> tuple[list[Send], list[Receipt]]:
    """Let the rules take one event, and store all that must be committed before anything goes out.

    The caller holds the row's lock. Returns what to send after the commit, and the receipts that took effect.
    """
    state, effects = sender.step(row.state(), event)
    sends: list[Send] = []
    receipts: list[Receipt] = []
    for effect in effects:
        match effect:
            case Number():
                _number(row, effect)
            case Renumber() | Withdraw():
                _mean_anew(row, effect)
            case Park():
                pass  # it has its place, and gets a number later
            case Alarm():
                raise_alarm(peer=row.peer, stream=row.name, alarm=effect)
            case Keep():
                receipts.append(effect.receipt)
            case Send():
                sends.append(effect)
            case Wake():
                enqueue_job(SEND_JOB, run_at=effect.at, stream=str(row.id))
    if row.failures and not state.failures:
        over = (AlarmKind.UNREACHABLE, AlarmKind.CLOCK)
        settle_alarms(peer=row.peer, stream=row.name, kinds=over, up_to=row.last + 1)
    row.keep(state)
    return sends, receipts


def _number(row: OutboundStream, effect: Number) -> None:
    """Store the message under its number: from here on these bytes are what the number means."""
    message = Outgoing.objects.get(stream=row, position=effect.position)
    body, suite = bytes(message.body), row.peer.as_suite()
    composed = compose_message(
        suite=suite,
        stream=row.name,
        sequence=effect.sequence,
        aggregate=message.aggregate,
        body=body,
        supersedes=effect.supersedes,
    )
    Envelope.objects.create(
        stream=row,
        sequence=effect.sequence,
        message=message,
        supersedes=effect.supersedes,
        digest=composed.digest,
        leaf=leaf_hash(body, suite.digest),
    )


def _mean_anew(row: OutboundStream, effect: Renumber | Withdraw) -> None:
    """Move what is not receipted, the highest first: two envelopes never have one number; or let a notice take a place."""
    if isinstance(effect, Withdraw):
        _withdraw(row, effect.sequence)
        return
    waiting = Envelope.objects.filter(stream=row, sequence__gt=effect.above).order_by("-sequence")
    for envelope in waiting.select_for_update():
        envelope.sequence += effect.by
        envelope.advance("sequence")


def _withdraw(row: OutboundStream, sequence: int) -> None:
    """Let the number mean the notice from here on; the message itself stays, to be sent again as a correction."""
    envelope = Envelope.objects.select_related("message").get(stream=row, sequence=sequence)
    envelope.stream, envelope.withdrawn = row, True
    suite = row.peer.as_suite()
    envelope.digest = content_digest(suite.digest_algorithm, envelope.body)
    envelope.leaf = leaf_hash(envelope.body, suite.digest)
    envelope.advance("withdrawn", "digest", "leaf")


@transaction.atomic
def resume_stream(*, stream: OutboundStream, actor: Actor) -> OutboundStream:
    """Lift a halt: a person has looked at what the peer holds. Raises StreamNotHalted."""
    row = OutboundStream.objects.select_for_update(of=("self",)).select_related("peer").get(id=stream.id)
    if row.halt == Halt.NONE:
        raise StreamNotHalted(stream=row.name)
    take_step(row, Restarted(resume=True))
    enqueue_job(SEND_JOB, stream=str(row.id))
    publish(StreamResumed(subject=row.id, tenant=None, node=row.peer.code, stream=row.name), actor=actor)
    return row


@transaction.atomic
def restore_stream(
    *,
    stream: OutboundStream,
    expected: int,
    first: str,
    take_back: Callable[[OutboundStream], None],
    actor: Actor,
) -> OutboundStream:
    """Go on after a restored backup: what the peer holds up to `expected` is taken back, what waits moves behind it.

    `first` is the digest of what it holds under our next number. Raises StreamNotHalted where that is ours as well, so
    that its receipt comes by itself, or nothing is held beyond what is receipted here.
    """
    row = OutboundStream.objects.select_for_update(of=("self",)).select_related("peer").get(id=stream.id)
    known = Envelope.objects.filter(stream=row, sequence=row.acked + 1, digest=first).exists()
    if known or expected <= row.acked + 1 or row.acked != stream.acked:
        raise StreamNotHalted(stream=row.name)
    take_step(row, Restored(expected))
    take_back(row)
    enqueue_job(SEND_JOB, stream=str(row.id))
    publish(StreamResumed(subject=row.id, tenant=None, node=row.peer.code, stream=row.name), actor=actor)
    return row


@transaction.atomic
def resend_message(*, envelope: Envelope, actor: Actor) -> Envelope:
    """Send a refused message again as a correction of itself, once its cause is removed. Raises NotQuarantined.

    What waits behind it goes on when the correction is stored.
    """
    stream = (
        OutboundStream.objects.select_for_update(of=("self",))
        .select_related("peer")
        .get(id=envelope.stream_id)
    )
    message = envelope.message
    corrections = Envelope.objects.filter(stream=stream, supersedes=envelope.sequence)
    on_its_way = corrections.exclude(outcome=Outcome.REFUSED.value).exists()
    if on_its_way or stream.waiting.get(message.aggregate) != envelope.sequence:
        raise NotQuarantined
    enqueue_message(
        peer=stream.peer,
        stream=stream.name,
        aggregate=message.aggregate,
        body=bytes(message.body),
        supersedes=envelope.sequence,
        reference=message.reference,
    )
    publish(
        MessageResent(
            subject=envelope.id,
            tenant=None,
            node=stream.peer.code,
            stream=stream.name,
            supersedes=envelope.sequence,
        ),
        actor=actor,
    )
    return envelope
