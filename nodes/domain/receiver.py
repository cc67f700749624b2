"""The receiving end of one stream: in order, once, every number answered by one receipt that never changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from nodes.domain.alarms import Alarm, AlarmKind
from nodes.domain.envelopes import AGGREGATE_WAITS, REPORT_KNOWN, Message, Outcome, Receipt


@dataclass(frozen=True, slots=True)
class Inbound:
    """What the receiver `node` knows of one (peer, stream): the state that is stored with every message.

    `expected` is the next sequence; `waiting` maps an aggregate to the first of its sequences that was refused.
    """

    node: str
    peer: str
    stream: str
    expected: int = 1
    waiting: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A verified message, the verdict on it, and the receiver's time.

    `refusal` is empty where the content can be taken, else the stable code of why it never can.
    """

    message: Message
    refusal: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """What is stored at a sequence: the digest, and the receipt that answers every repetition."""

    digest: str
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Store:
    """Commit the message, its receipt and the new state in one transaction, before anything that follows."""

    message: Message
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Answer:
    """Send the receipt, with the bytes and the signature it was stored with if it was."""

    receipt: Receipt


ReceiverEffect = Store | Answer | Alarm


def receive(
    state: Inbound, arrival: Arrival, known: Record | None
) -> tuple[Inbound, tuple[ReceiverEffect, ...]]:
    """Take one arrival; `known` is the record at its sequence, if there is one. Effects run in their order.

    A number below `expected` without a record was lost behind the application's back (a manifest finds it):
    the message fills its place again. Handlers are idempotent by (peer, stream, sequence), so no effect doubles.
    """
    message = arrival.message
    if known is not None:
        if known.digest == message.digest:
            return state, (Answer(known.receipt),)
        # The stored word stands; nobody gets to say two things under one number (INVARIANTS G1).
        answer = Answer(_receipt(state, arrival, Outcome.EQUIVOCATION))
        return state, (Alarm(AlarmKind.EQUIVOCATION, message.sequence), answer)
    if message.sequence > state.expected:
        return state, (Alarm(AlarmKind.GAP, state.expected), Answer(_receipt(state, arrival, Outcome.GAP)))
    if message.sequence < state.expected:
        outcome = Outcome.REFUSED if arrival.refusal else Outcome.STORED
        receipt = _receipt(state, arrival, outcome, arrival.refusal)
        alarm = Alarm(AlarmKind.REFILLED, message.sequence)
        return state, (Store(message, receipt), alarm, Answer(receipt))
    return _take_next(state, arrival)


def _take_next(state: Inbound, arrival: Arrival) -> tuple[Inbound, tuple[ReceiverEffect, ...]]:
    """The expected number: stored, or refused for good; either way the number is used and the stream goes on."""
    message = arrival.message
    refused = state.waiting.get(message.aggregate)
    waiting = dict(state.waiting)
    refusal = arrival.refusal
    if refused not in {None, message.supersedes}:
        # Only a correction of the refused message may pass before the aggregate's later ones (INVARIANTS G3).
        refusal = AGGREGATE_WAITS
    elif refusal and refusal != REPORT_KNOWN:
        waiting.setdefault(message.aggregate, message.sequence)
    else:
        waiting.pop(message.aggregate, None)
    state = replace(state, expected=message.sequence + 1, waiting=waiting)
    receipt = _receipt(state, arrival, Outcome.REFUSED if refusal else Outcome.STORED, refusal)
    return state, (Store(message, receipt), Answer(receipt))


def _receipt(state: Inbound, arrival: Arrival, outcome: Outcome, code: str = "") -> Receipt:
    return Receipt(
        node=state.node,
        sender=state.peer,
        stream=state.stream,
        sequence=arrival.message.sequence,
        digest=arrival.message.digest,
        outcome=outcome,
        code=code,
        received_at=arrival.now,
        expected=state.expected,
    )
