"""Sending what a stream has to say: one sender at a time, every request signed afresh, every answer verified."""

import json
import random
from collections import deque
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from kernel.clock import now
from kernel.services.jobs import enqueue_job
from nodes.adapters.peers.client import Answer, PeerClient, PeerSilentError, ask
from nodes.domain.envelopes import Message, Receipt, open_receipt
from nodes.domain.peers import PeerState
from nodes.domain.sender import (
    LONGEST_REST,
    Failed,
    Halt,
    Receipted,
    Restarted,
    Send,
    SenderEvent,
    Sent,
    TooLarge,
    rests,
)
from nodes.domain.statements import Statement, from_wire
from nodes.errors import EnvelopeMalformed, UpstreamUnreachable
from nodes.models import Envelope, OutboundStream, Peer
from nodes.selectors.peers import key_of
from nodes.services.contents import content_of
from nodes.services.signing import key_for, signed_request
from nodes.services.streams import SEND_JOB, take_step

# Longer than one request may take; every step renews it. What a sender that died held goes out after it, and an instruction
# is to be in force within a minute.
LEASE = timedelta(seconds=45)
BODY_TOO_LARGE = 413
AT_ONCE = 500  # requests of one job, so that no stream keeps a worker for itself


def send_stream(*, stream: UUID) -> None:
    """Send until all is receipted, the peer fails, or the job has done its share. Harmless when run twice.

    State is committed before anything goes out, and no lock is held while the peer thinks. A sender that was held up for
    longer than its lease stops where another has begun: two would take each other's failures for those of an earlier round.
    """
    begun = _begin(stream)
    if begun is None:
        return
    url, lease = begun
    queue: deque[Send] = deque()
    with PeerClient() as client:
        for _ in range(AT_ONCE):
            renewed = lease if queue else _more(stream, queue, lease)
            if renewed is None:
                return
            send = queue.popleft()
            event, statement, request, nobody_there = _transmit(client, url, stream, send)
            sends, halted, held = _take(stream, event, statement, request, renewed)
            if held is None:
                return
            lease = held
            if nobody_there or halted or isinstance(event, TooLarge):
                queue.clear()  # what else was meant to be on the wire does not leave either
            queue.extend(sends)
    _release(stream, lease)


def ask_expected(stream: OutboundStream) -> int:
    """The number that the peer waits for on this stream. Raises UpstreamUnreachable where it does not say."""
    target = f"{stream.peer.url}/api/v1/federation/streams/{stream.name}"
    headers = signed_request(method="GET", url=target, body=b"", key=key_for(stream.peer))
    try:
        with PeerClient() as client:
            answer = ask(client, "GET", target, headers=headers, body=b"")
    except PeerSilentError as error:
        raise UpstreamUnreachable(url=target, answer=str(error)) from error
    try:
        return int(json.loads(answer.body)["expected"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise UpstreamUnreachable(url=target, answer=answer.words) from error


def due_streams() -> list[UUID]:
    """The streams that have something to send and nobody who sends it: what a lost job left behind.

    A lease or a pause that ends later than any can was set by a clock that was ahead: it holds nothing up.
    """
    free = Q(busy_until=None) | Q(busy_until__lt=Now()) | Q(busy_until__gt=Now() + LEASE)
    due = Q(retry_at=None) | Q(retry_at__lte=Now()) | Q(retry_at__gt=Now() + LONGEST_REST)
    waiting = Q(acked__lt=F("last"), halt=Halt.NONE.value, peer__state=PeerState.ATTACHED.value)
    return list(OutboundStream.objects.filter(free, due, waiting).values_list("id", flat=True))


def _lock(stream: UUID) -> OutboundStream:
    rows = OutboundStream.objects.select_for_update(of=("self",)).select_related("peer")
    return rows.get(id=stream)


@transaction.atomic
def _begin(stream: UUID) -> tuple[str, datetime] | None:
    """Become the stream's sender, for the peer at this address, until then; None where somebody is, or it is not yet time."""
    row, moment = _lock(stream), now()
    busy = row.busy_until is not None and moment < row.busy_until <= moment + LEASE
    if busy or rests(row.retry_at, moment) or row.idle or row.peer.state != PeerState.ATTACHED:
        return None
    row.busy_until = moment + LEASE
    row.advance("busy_until")
    return row.peer.url, row.busy_until


def _renewed(row: OutboundStream, lease: datetime) -> datetime | None:
    """The lease from now on; None where it was over and another sender has the stream."""
    if row.busy_until != lease:
        return None
    row.busy_until = now() + LEASE
    return row.busy_until


@transaction.atomic
def _more(stream: UUID, queue: deque[Send], lease: datetime) -> datetime | None:
    """What there is to send, nothing being on the wire; None, and the stream given up in the same transaction, where nothing."""
    row, moment = _lock(stream), now()
    held = _renewed(row, lease)
    if held is None:
        return None
    if row.idle or rests(row.retry_at, moment) or row.peer.state != PeerState.ATTACHED:
        row.busy_until = None
        row.advance("busy_until")
        return None
    sends, _ = take_step(row, Restarted())
    queue.extend(sends)
    return held if queue else None


@transaction.atomic
def _release(stream: UUID, lease: datetime) -> None:
    """Let the next job go on."""
    row = _lock(stream)
    if row.busy_until == lease:
        row.busy_until = None
        row.advance("busy_until")
    enqueue_job(SEND_JOB, stream=str(row.id))


@transaction.atomic
def _take(
    stream: UUID,
    event: SenderEvent,
    statement: Statement | None,
    request: dict[str, object],
    lease: datetime,
) -> tuple[list[Send], bool, datetime | None]:
    """Store what came of one sending; receipts take effect in the floors below, in this transaction.

    What to send next, whether the stream has halted, and the lease; None where another sender has the stream.
    """
    row = _lock(stream)
    if isinstance(event, Receipted) and statement is not None:
        _keep_receipt(row, event.receipt, statement, request)
    held = _renewed(row, lease)
    sends, receipts = take_step(row, event)
    for receipt in receipts:
        envelope = Envelope.objects.select_related("message").get(stream=row, sequence=receipt.sequence)
        content_of(row.name, envelope.message.aggregate).receipted(envelope=envelope, receipt=receipt)
    return sends, row.halt != Halt.NONE, held


def _keep_receipt(
    row: OutboundStream, receipt: Receipt, statement: Statement, request: dict[str, object]
) -> None:
    """Keep the first final receipt of a number, with the signed request that it answers: the proof of delivery."""
    if not receipt.outcome.final:
        return
    Envelope.objects.filter(stream=row, sequence=receipt.sequence, digest=receipt.digest, outcome="").update(
        outcome=receipt.outcome.value,
        code=receipt.code,
        receipt=statement.payload,
        receipt_key_id=statement.key_id,
        receipt_algorithm=statement.algorithm,
        receipt_signature=statement.signature,
        request=request,
        generation=F("generation") + 1,
    )


def _transmit(
    client: PeerClient, url: str, stream: UUID, send: Send
) -> tuple[SenderEvent, Statement | None, dict[str, object], bool]:
    """Send one number: what came of it, the signed receipt, the request as it was signed, and if nobody was there."""
    envelope = Envelope.objects.select_related("message", "stream__peer").get(
        stream_id=stream, sequence=send.sequence
    )
    sent = Sent(
        send.sequence,
        envelope.message.position,
        envelope.message.aggregate,
        envelope.supersedes,
        envelope.digest,
        send.ticket,
    )
    try:
        statement, receipt, request = deliver(client, url, envelope)
    except PeerSilentError as error:
        return _failed(send, None), None, {}, error.nobody_there
    except NoReceiptError as error:
        if error.answer.status == BODY_TOO_LARGE and not envelope.withdrawn:
            return TooLarge(sent), None, {}, False
        return _failed(send, error.answer), None, {}, False
    return Receipted(sent, receipt), statement, request, False


class NoReceiptError(Exception):
    """The answer carries no receipt of the peer's: a failure of the way, not a verdict."""

    def __init__(self, answer: Answer) -> None:
        """Keep what came instead."""
        super().__init__("no receipt")
        self.answer = answer


def deliver(client: PeerClient, url: str, envelope: Envelope) -> tuple[Statement, Receipt, dict[str, object]]:
    """Sign and send the stored bytes once; the receipt, and the request as it was signed.

    Raises PeerSilentError, or NoReceiptError for any answer without a receipt that verifies.
    """
    message, peer = envelope.message, envelope.stream.peer
    body = envelope.body
    name = envelope.stream.name
    query = Message(
        name, envelope.sequence, message.aggregate, body, envelope.digest, envelope.supersedes
    ).query
    target = f"{url}/api/v1/federation/streams/{name}/messages?{query}"
    headers = signed_request(
        method="POST", url=target, body=body, stream=name, sequence=envelope.sequence, key=key_for(peer)
    )
    answer = ask(client, "POST", target, headers=headers, body=body)
    statement = from_wire(answer.body)
    if statement is None:
        raise NoReceiptError(answer)
    receipt = _verified(peer, name, statement)
    if receipt is None:
        raise NoReceiptError(answer)
    parts = urlsplit(target)
    request: dict[str, object] = {
        "method": "POST",
        "authority": parts.netloc,
        "path": parts.path,
        "query": f"?{parts.query}",
        "headers": {header.lower(): value for header, value in headers.items()},
    }
    return statement, receipt, request


def _verified(peer: Peer, stream: str, statement: Statement) -> Receipt | None:
    """The receipt, if a key of the peer that was valid then signed it, and it is for this node and stream."""
    key = key_of(peer, statement.key_id)
    if key is None:
        return None
    try:
        receipt = open_receipt(statement, suite=key.suite, public_key=key.public_key)
    except EnvelopeMalformed:
        return None
    meant = (receipt.node, receipt.sender, receipt.stream) == (peer.code, settings.NODE_CODE, stream)
    return receipt if meant and key.valid_at(receipt.received_at) else None


def _failed(send: Send, answer: Answer | None) -> Failed:
    jitter = random.random()  # noqa: S311 - spreads retries, hides nothing
    if answer is None:
        return Failed(send.ticket, now(), jitter)
    return Failed(send.ticket, now(), jitter, answer.pause, answer.clock)
