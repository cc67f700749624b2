"""The sending end of one stream: numbers without holes, repeated until receipted, one refusal delaying one thing.

A receipt takes effect in the order of sequences. A number that the peer refuses for good is used up: the message
is quarantined with an alarm, its aggregate waits, and everything else goes on. What waits gets new numbers once a
correction (`supersedes`) is stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from kernel.text import Vocabulary
from nodes.domain.alarms import Alarm, AlarmKind
from nodes.domain.envelopes import AGGREGATE_WAITS, REPORT_KNOWN, Outcome, Receipt

WINDOW = 8  # messages on the wire at once; one, while the peer has not answered since a failure
FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(seconds=30)  # a hole must be found within 60 s of a reconnection (INVARIANTS G2)
LONGEST_REST = timedelta(seconds=60)  # the most that a peer's Retry-After counts for
UNREACHABLE_AFTER = 5  # failures in a row
BACKLOG = 10_000  # messages without a receipt


class Halt(Vocabulary):
    """Why a stream has stopped until a person looks."""

    NONE = "none", "正常", "Running"
    EQUIVOCATION = "equivocation", "对端已存有同号异文", "The peer holds another content under this number"
    RECEIPT_MISMATCH = "receipt_mismatch", "回执与所发报文不符", "The receipt is not for what was sent"


@dataclass(frozen=True, slots=True)
class Ticket:
    """When a request left: in which round of sending, and what was receipted by then. It comes back with the answer."""

    round: int
    acked: int


@dataclass(frozen=True, slots=True)
class Parked:
    """A message that waits without a number; `position` is its place in the order of enqueuing."""

    position: int
    aggregate: str
    supersedes: int | None


@dataclass(frozen=True, slots=True)
class Sent:
    """What the sender stored about a message on the wire."""

    sequence: int
    position: int
    aggregate: str
    supersedes: int | None
    digest: str
    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Outbound:
    """What the sender knows of one (peer, stream): the state that is committed before any effect goes out.

    `position` and `last` are the last place and the last sequence given; all up to `acked` are receipted, `early`
    holds receipts beyond that; all up to `settled` have had their effect once (`acked` can fall when a peer loses
    data, `settled` cannot); `sent` is the last on the wire in this `round`. `waiting` maps an aggregate to its
    refused sequence; `parked` waits behind it.
    """

    position: int = 0
    last: int = 0
    acked: int = 0
    settled: int = 0
    sent: int = 0
    round: int = 0
    early: Mapping[int, tuple[Sent, Receipt]] = field(default_factory=dict)
    failures: int = 0
    retry_at: datetime | None = None
    halt: Halt = Halt.NONE
    waiting: Mapping[str, int] = field(default_factory=dict)
    parked: tuple[Parked, ...] = ()


@dataclass(frozen=True, slots=True)
class Enqueued:
    """The application has something to report; `supersedes` makes it a correction."""

    aggregate: str
    supersedes: int | None = None


@dataclass(frozen=True, slots=True)
class Receipted:
    """A signed receipt was verified to come from the peer, as the answer to `sent`."""

    sent: Sent
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class TooLarge:
    """The peer, or who stands before it, takes no body of this size (413), so it holds nothing under the number."""

    sent: Sent


@dataclass(frozen=True, slots=True)
class Failed:
    """A request got no receipt: refused connection, time-out, 5xx, 429, or any answer without a signature.

    `jitter` is uniform in [0, 1); `pause` is the peer's own Retry-After, where it gave one; `clock` is what it said
    where it refused the time at which the request was signed.
    """

    ticket: Ticket
    now: datetime
    jitter: float
    pause: timedelta | None = None
    clock: str = ""


@dataclass(frozen=True, slots=True)
class Ticked:
    """The wake-up that was asked for, or the regular sweep."""

    now: datetime


@dataclass(frozen=True, slots=True)
class Restarted:
    """The process was gone, and with it what was on the wire; `resume` is a person's word to lift a halt."""

    resume: bool = False


@dataclass(frozen=True, slots=True)
class Restored:
    """The node was restored from a backup: the peer holds numbers up to `expected` - 1 of which it knows nothing."""

    expected: int


SenderEvent = Enqueued | Receipted | TooLarge | Failed | Ticked | Restarted | Restored


@dataclass(frozen=True, slots=True)
class Number:
    """Store that the message at `position` has this sequence."""

    position: int
    sequence: int
    supersedes: int | None


@dataclass(frozen=True, slots=True)
class Renumber:
    """Store that every number above `above` is `by` more: those were taken before the backup was restored."""

    above: int
    by: int


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Store that this number stands for a notice in the place of its message, which the peer will refuse for good."""

    sequence: int


@dataclass(frozen=True, slots=True)
class Park:
    """Store that the message at `position` waits without a number."""

    position: int


@dataclass(frozen=True, slots=True)
class Send:
    """Sign the stored bytes of this sequence afresh and send them; give the ticket back with what comes of it."""

    sequence: int
    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Keep:
    """Keep the receipt: the proof that the peer has the message."""

    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Wake:
    """Tick at this time."""

    at: datetime


SenderEffect = Number | Renumber | Withdraw | Park | Send | Keep | Wake | Alarm
Step = tuple[Outbound, tuple[SenderEffect, ...]]


def back_off(failures: int, jitter: float) -> timedelta:
    """The pause after so many failures in a row: doubling from 1 s to 30 s, of which jitter leaves 50–100 %."""
    pause = min(FIRST_PAUSE * (1 << min(failures - 1, 10)), LONGEST_PAUSE)
    return pause * (0.5 + jitter / 2)


def rests(retry_at: datetime | None, now: datetime) -> bool:
    """Whether the pause still lasts: one that ends later than any can was set by a clock that was ahead, and is over."""
    return retry_at is not None and now < retry_at <= now + LONGEST_REST


def step(state: Outbound, event: SenderEvent) -> Step:
    """Take one event. The new state, Number, Park, Keep and alarms are committed before Send and Wake go out."""
    match event:
        case Enqueued():
            return _pump(*_enqueue(state, Parked(state.position + 1, event.aggregate, event.supersedes)))
        case Receipted() | TooLarge():
            answer = _take_receipt(state, event) if isinstance(event, Receipted) else _withdraw(state, event)
            return _pump(*answer)
        case Failed():
            return _fail(state, event)
        case Ticked():
            if state.retry_at is not None and rests(state.retry_at, event.now):
                return state, (Wake(state.retry_at),)
            return _pump(replace(state, retry_at=None))
        case Restarted() | Restored():
            return _pump(*_begin_again(state, event))


def _begin_again(state: Outbound, event: Restarted | Restored) -> Step:
    """Send from the first that is not receipted; after a restored backup, under numbers that the peer does not hold."""
    taken = max(event.expected - 1, state.acked) if isinstance(event, Restored) else state.acked
    lifted = isinstance(event, Restored) or event.resume
    by = taken - state.acked
    again = replace(_rewound(state, taken), retry_at=None, halt=Halt.NONE if lifted else state.halt)
    if not by:
        return again, ()
    settled = max(state.settled, taken)
    return replace(again, last=state.last + by, settled=settled), (Renumber(state.acked, by),)


def _rewound(state: Outbound, acked: int) -> Outbound:
    """Back to just after `acked`, in a new round: answers to requests of earlier rounds no longer rewind."""
    early = state.early if acked == state.acked else {}
    return replace(state, acked=acked, sent=acked, early=early, round=state.round + 1)


def _pump(state: Outbound, effects: tuple[SenderEffect, ...] = ()) -> Step:
    """Put on the wire what the window has room for."""
    if state.halt is not Halt.NONE or state.retry_at is not None:
        return state, effects
    ahead = state.acked + (1 if state.failures else WINDOW)
    ticket = Ticket(state.round, state.acked)
    until = max(state.sent, min(state.last, ahead))
    sends = tuple(Send(n, ticket) for n in range(state.sent + 1, until + 1) if n not in state.early)
    return replace(state, sent=until), effects + sends


def _enqueue(state: Outbound, message: Parked) -> Step:
    """Give a new message its place, and its number unless its aggregate waits for another one's correction."""
    state = replace(state, position=message.position)
    if state.waiting.get(message.aggregate) not in {None, message.supersedes}:
        return _park(state, message), (Park(message.position),)
    return _number(state, message)


def _number(state: Outbound, message: Parked) -> Step:
    state = replace(state, last=state.last + 1)
    number = Number(message.position, state.last, message.supersedes)
    if state.last - state.acked == BACKLOG:
        return state, (number, Alarm(AlarmKind.BACKLOG, state.last))
    return state, (number,)


def _park(state: Outbound, message: Parked) -> Outbound:
    return replace(state, parked=tuple(sorted((*state.parked, message), key=lambda parked: parked.position)))


def _fail(state: Outbound, event: Failed) -> Step:
    """Pause and start again after the last receipt; one failure a round counts, its companions say the same."""
    if event.ticket.round != state.round:
        return state, ()
    failures = state.failures + 1
    retry_at = event.now + (event.pause or back_off(failures, event.jitter))
    state = replace(_rewound(state, state.acked), failures=failures, retry_at=retry_at)
    if event.clock:
        return state, (Wake(retry_at), Alarm(AlarmKind.CLOCK, state.acked + 1, event.clock))
    if failures == UNREACHABLE_AFTER:
        return state, (Wake(retry_at), Alarm(AlarmKind.UNREACHABLE, state.acked + 1))
    return state, (Wake(retry_at),)


def _withdraw(state: Outbound, event: TooLarge) -> Step:
    """Say under the number that its message is too large: its receipt then quarantines it as any refusal does."""
    if event.sent.ticket.round != state.round:
        return state, ()
    state = replace(_rewound(state, state.acked), failures=0, retry_at=None)
    return state, (Withdraw(event.sent.sequence),)


def _take_receipt(state: Outbound, event: Receipted) -> Step:
    sent, receipt = event.sent, event.receipt
    if (receipt.sequence, receipt.digest) != (sent.sequence, sent.digest):
        return replace(state, halt=Halt.RECEIPT_MISMATCH), (Alarm(AlarmKind.RECEIPT_MISMATCH, sent.sequence),)
    if receipt.outcome is Outcome.EQUIVOCATION:
        return replace(state, halt=Halt.EQUIVOCATION), (Alarm(AlarmKind.EQUIVOCATION, sent.sequence),)
    # Whatever it says, the peer answers: no more pauses.
    state = replace(state, failures=0, retry_at=None)
    if receipt.outcome is Outcome.GAP:
        return _fill_gap(state, sent.ticket, receipt.expected)
    return _settle(state, sent, receipt)


def _fill_gap(state: Outbound, ticket: Ticket, expected: int) -> Step:
    """Send again from the number that the peer expects, at once."""
    if ticket.round != state.round:
        return state, ()
    if expected <= ticket.acked:
        # The request left after the receipts for these numbers had come, so the peer cannot be ignorant of them
        # by delay alone: it lost them (a restored backup, say).
        return _rewound(state, expected - 1), (Alarm(AlarmKind.PEER_LOST, expected),)
    return _rewound(state, state.acked), ()


def _settle(state: Outbound, sent: Sent, receipt: Receipt) -> Step:
    """Let receipts take effect in the order of sequences, as far as they are complete."""
    if sent.sequence <= state.acked:
        return state, ()
    early = {**state.early, sent.sequence: (sent, receipt)}
    effects: tuple[SenderEffect, ...] = ()
    while state.acked + 1 in early:
        done, word = early.pop(state.acked + 1)
        state = replace(state, acked=done.sequence, sent=max(state.sent, done.sequence))
        if done.sequence > state.settled:
            state, more = _apply(replace(state, settled=done.sequence), done, word)
            effects += more
    return replace(state, early=early), effects


def _apply(state: Outbound, sent: Sent, receipt: Receipt) -> Step:
    """What one receipt means for its aggregate."""
    waiting = dict(state.waiting)
    effects: tuple[SenderEffect, ...] = (Keep(receipt),)
    if receipt.outcome is Outcome.STORED or receipt.code == REPORT_KNOWN:
        if sent.supersedes is None or waiting.get(sent.aggregate) != sent.supersedes:
            return state, effects
        del waiting[sent.aggregate]
        freed = [parked for parked in state.parked if parked.aggregate == sent.aggregate]
        parked = tuple(parked for parked in state.parked if parked.aggregate != sent.aggregate)
        state = replace(state, waiting=waiting, parked=parked)
        for message in freed:
            state, more = _number(state, message)
            effects += more
        return state, effects
    if receipt.code == AGGREGATE_WAITS:
        message = Parked(sent.position, sent.aggregate, sent.supersedes)
        return _park(state, message), (*effects, Park(sent.position))
    waiting.setdefault(sent.aggregate, sent.sequence)
    return replace(state, waiting=waiting), (*effects, Alarm(AlarmKind.QUARANTINED, sent.sequence))
