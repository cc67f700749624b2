"""Receiving numbered messages: stored with their receipt before they are answered, answered for ever the same."""

from django.conf import settings
from django.db import DataError, transaction

from kernel.clock import now
from kernel.merkle import leaf_hash
from nodes.domain.alarms import Alarm, AlarmKind
from nodes.domain.envelopes import TOO_LARGE, Message, Outcome, Receipt, is_withdrawal, sign_receipt
from nodes.domain.receiver import Answer, Arrival, Store, receive
from nodes.domain.statements import Statement
from nodes.models import InboundStream, Incoming, Peer
from nodes.services.alarms import raise_alarm, settle_alarms
from nodes.services.contents import Content, content_of
from nodes.services.signing import key_for

UNSTORABLE = "content_unstorable"


def receive_message(*, peer: Peer, message: Message, request: dict[str, object]) -> Statement:
    """Take one verified message of a peer; the signed receipt, new or as it was given before.

    `request` is what the peer signed, kept as its proof. Gap and equivocation are answers too: nothing is stored
    then but the alarm. What it says and no column can hold is refused for good, as trying again would not help.
    """
    try:
        return _receive(peer, message, request)
    except (DataError, OverflowError, UnicodeError):
        return _receive(peer, message, request, refusal=UNSTORABLE)


@transaction.atomic
def _receive(
    peer: Peer, message: Message, request: dict[str, object], *, refusal: str | None = None
) -> Statement:
    InboundStream.objects.get_or_create(peer=peer, name=message.stream)
    row = (
        InboundStream.objects.select_for_update(of=("self",))
        .select_related("peer")
        .get(peer=peer, name=message.stream)
    )
    known = Incoming.objects.filter(stream=row, sequence=message.sequence).first()
    content = content_of(message.stream, message.aggregate)
    if refusal is None:
        refusal = _judge(content, peer, message) if known is None else ""
    before = row.state(settings.NODE_CODE)
    state, effects = receive(
        before, Arrival(message, refusal, now()), known.record() if known is not None else None
    )
    if state != before:
        row.keep(state)
    answer: Statement | None = None
    for effect in effects:
        match effect:
            case Store():
                answer = _store(row, effect.message, effect.receipt, request)
                if effect.receipt.outcome is Outcome.STORED:
                    content.store(peer=peer, message=effect.message, receipt=effect.receipt)
                settle_alarms(
                    peer=peer, stream=row.name, kinds=(AlarmKind.GAP,), up_to=effect.message.sequence
                )
            case Alarm():
                raise_alarm(peer=peer, stream=row.name, alarm=effect)
            case Answer():
                stored = known is not None and effect.receipt == known.record().receipt
                if stored and known is not None:
                    answer = known.statement()
                elif answer is None:
                    answer = _sign(peer, effect.receipt)
    assert answer is not None  # noqa: S101 - the rules answer every arrival
    return answer


def expected_sequence(*, peer: Peer, stream: str) -> int:
    """The next number that this node waits for on a stream of the peer."""
    row = InboundStream.objects.filter(peer=peer, name=stream).first()
    return row.expected if row is not None else 1


def _judge(content: Content, peer: Peer, message: Message) -> str:
    return TOO_LARGE if is_withdrawal(message.body) else content.judge(peer=peer, message=message)


def _sign(peer: Peer, receipt: Receipt) -> Statement:
    key = key_for(peer)
    return sign_receipt(receipt, suite=key.suite, private_key=key.private_key)


def _store(row: InboundStream, message: Message, receipt: Receipt, request: dict[str, object]) -> Statement:
    statement = _sign(row.peer, receipt)
    Incoming.objects.create(
        stream=row,
        sequence=message.sequence,
        aggregate=message.aggregate,
        supersedes=message.supersedes,
        body=message.body,
        digest=message.digest,
        leaf=leaf_hash(message.body, row.peer.as_suite().digest),
        request=request,
        outcome=receipt.outcome.value,
        code=receipt.code,
        receipt=statement.payload,
        receipt_key_id=statement.key_id,
        receipt_algorithm=statement.algorithm,
        receipt_signature=statement.signature,
    )
    return statement
