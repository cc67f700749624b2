"""Two nodes and a bad network in one process: one seed drives the clock, the losses, the crashes and the operators.

The two state machines are the real ones; the world around them does what an adapter does: it commits what must be
committed, performs the other effects one by one, and may die between any two of them.
"""

import heapq
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from kernel.crypto.suite import INTERNATIONAL
from nodes.domain.alarms import Alarm, AlarmKind
from nodes.domain.envelopes import TOO_LARGE, Message, Receipt, compose_message, is_withdrawal, withdrawal_of
from nodes.domain.receiver import Answer, Arrival, Inbound, Record, Store, receive
from nodes.domain.sender import (
    Enqueued,
    Failed,
    Keep,
    Number,
    Outbound,
    Park,
    Receipted,
    Restarted,
    Send,
    SenderEffect,
    SenderEvent,
    Sent,
    Ticked,
    TooLarge,
    Wake,
    Withdraw,
    step,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
TIMEOUT = timedelta(seconds=10)
FAULTS_END = timedelta(minutes=10)
STEPS = 100_000  # a run that is not quiet by then never will be
POISON = b"poison"
LARGE = b"large"  # what no way takes


@dataclass(frozen=True)
class Faults:
    """Probabilities, each of one occasion: a hop, an effect, a crash."""

    drop: float
    duplicate: float
    slow: float
    crash: float
    rollback: float
    poison: float
    forge: float
    large: float

    @staticmethod
    def drawn(rng: random.Random) -> "Faults":
        """Some seeds have a calm world with one kind of fault, some have all of them."""

        def one(most: float) -> float:
            return rng.choice((0.0, rng.random() * most))

        return Faults(one(0.4), one(0.3), one(0.4), one(0.06), one(0.5), one(0.3), one(0.2), one(0.2))


@dataclass
class SenderDisk:
    """What the sending node has committed."""

    state: Outbound = field(default_factory=Outbound)
    bodies: dict[int, bytes] = field(default_factory=dict)
    aggregates: dict[int, str] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    positions: dict[int, int] = field(default_factory=dict)
    receipts: dict[int, Receipt] = field(default_factory=dict)
    parked: set[int] = field(default_factory=set)


@dataclass
class ReceiverDisk:
    """What the receiving node has committed; a rollback replaces it by an older copy."""

    state: Inbound
    records: dict[int, Record] = field(default_factory=dict)
    bodies: dict[int, bytes] = field(default_factory=dict)

    def copy(self) -> "ReceiverDisk":
        return ReceiverDisk(self.state, dict(self.records), dict(self.bodies))


class World:
    """One run. `settle()` drives it to the end; what the invariants need to see stays on the disks."""

    def __init__(self, seed: int, messages: int = 24) -> None:
        self.rng = random.Random(seed)
        self.faults = Faults.drawn(self.rng)
        self.now = START
        self.queue: list[tuple[datetime, int, Callable[[], None]]] = []
        self.counter = 0
        self.steps = 0
        self.sender = SenderDisk()
        self.receiver = ReceiverDisk(Inbound(node="86", peer="86.320000", stream="reports"))
        self.backup = self.receiver.copy()
        self.life = 0  # the sender's process; answers to an earlier one reach nobody
        self.sender_up = self.receiver_up = True
        self.alarms: Counter[AlarmKind] = Counter()
        self.landed: Counter[str] = Counter()
        self.cuts = sorted(self.rng.uniform(0, 600) for _ in range(self.rng.choice((0, 0, 2, 4))))
        for _ in range(messages):
            aggregate = f"thing-{self.rng.randrange(4)}"
            self.later(self.rng.uniform(0, 300), lambda a=aggregate: self.enqueue(a))  # type: ignore[misc]
        for _ in range(3):
            self.later(self.rng.uniform(0, 600), self.take_backup)

    # time

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        self.counter += 1
        heapq.heappush(self.queue, (self.now + timedelta(seconds=seconds), self.counter, act))

    def settle(self) -> None:
        """Run until nothing is left to happen; then one more message on a good day, as the daily manifest would be.

        A receiver that was rolled back after the last message is found by the next one, not before.
        """
        self.run()
        self.now = max(self.now, START + FAULTS_END + TIMEOUT)
        self.enqueue("closing")
        self.run()

    def run(self) -> None:
        while self.queue:
            self.steps += 1
            assert self.steps < STEPS, "the streams never came to rest"
            at, _, act = heapq.heappop(self.queue)
            self.now = max(self.now, at)
            act()

    def happens(self, probability: float, name: str) -> bool:
        if self.now - START > FAULTS_END or self.rng.random() >= probability:
            return False
        self.landed[name] += 1
        return True

    def partitioned(self) -> bool:
        elapsed = (self.now - START).total_seconds()
        inside = any(a <= elapsed < b for a, b in zip(self.cuts[::2], self.cuts[1::2], strict=True))
        self.landed["partition"] += inside
        return inside

    # the sending node

    def enqueue(self, aggregate: str, supersedes: int | None = None) -> None:
        if not self.sender_up:
            self.later(1, lambda: self.enqueue(aggregate, supersedes))
            return
        position = self.sender.state.position + 1
        kind = POISON if self.happens(self.faults.poison, "poison") else b"report"
        kind = LARGE if self.happens(self.faults.large, "too large") else kind
        self.sender.bodies[position] = b"%s %d of %s" % (kind, position, aggregate.encode())
        self.sender.aggregates[position] = aggregate
        self.sender_takes(Enqueued(aggregate, supersedes))

    def sender_takes(self, event: SenderEvent) -> None:
        self.sender.state, effects = step(self.sender.state, event)
        for effect in effects:  # one transaction with the state
            self.commit(effect)
        for effect in effects:
            if self.happens(self.faults.crash, "sender crash"):
                self.crash_sender()
                return
            if isinstance(effect, Send):
                self.post(effect)
            elif isinstance(effect, Wake):
                self.later((effect.at - self.now).total_seconds(), self.tick)

    def commit(self, effect: SenderEffect) -> None:
        disk = self.sender
        match effect:
            case Number():
                disk.messages[effect.sequence] = compose_message(
                    suite=INTERNATIONAL,
                    stream="reports",
                    sequence=effect.sequence,
                    aggregate=disk.aggregates[effect.position],
                    body=disk.bodies[effect.position],
                    supersedes=effect.supersedes,
                )
                disk.positions[effect.sequence] = effect.position
                disk.parked.discard(effect.position)
            case Withdraw():
                before = disk.messages[effect.sequence]
                disk.messages[effect.sequence] = compose_message(
                    suite=INTERNATIONAL,
                    stream=before.stream,
                    sequence=before.sequence,
                    aggregate=before.aggregate,
                    body=withdrawal_of(before.body, INTERNATIONAL),
                    supersedes=before.supersedes,
                )
            case Park():
                disk.parked.add(effect.position)
            case Keep():
                disk.receipts[effect.receipt.sequence] = effect.receipt
            case Alarm():
                self.alarms[effect.kind] += 1
                if effect.kind is AlarmKind.QUARANTINED:
                    self.later(self.rng.uniform(1, 60), lambda n=effect.sequence: self.correct(n))  # type: ignore[misc]
            case _:
                pass

    def tick(self) -> None:
        if self.sender_up:
            self.sender_takes(Ticked(self.now))

    def crash_sender(self) -> None:
        self.life += 1
        self.sender_up = False
        self.later(self.rng.uniform(1, 60), self.restart_sender)

    def restart_sender(self) -> None:
        self.sender_up = True
        self.sender_takes(Restarted())

    def correct(self, sequence: int) -> None:
        """The operator answers the alarm: a correction of the refused message."""
        aggregate = self.sender.messages[sequence].aggregate
        if (refused := self.sender.state.waiting.get(aggregate)) is not None:
            self.enqueue(aggregate, refused)

    # the network

    def post(self, send: Send) -> None:
        message = self.sender.messages[send.sequence]
        sent = Sent(
            sequence=message.sequence,
            position=self.sender.positions[message.sequence],
            aggregate=message.aggregate,
            supersedes=message.supersedes,
            digest=message.digest,
            ticket=send.ticket,
        )
        life = self.life
        open_request = [True]

        def conclude(event: SenderEvent) -> None:
            if open_request[0] and life == self.life:
                open_request[0] = False
                self.sender_takes(event)

        def answer(receipt: Receipt) -> None:
            self.hop(lambda: conclude(Receipted(sent, receipt)))

        if message.body.startswith(LARGE):
            self.hop(lambda: self.hop(lambda: conclude(TooLarge(sent))))
        else:
            self.hop(lambda: self.arrive(message, answer))
        if not message.body.startswith(LARGE) and self.happens(self.faults.duplicate, "duplicate"):
            self.hop(lambda: self.arrive(message, lambda _: None))
        if self.happens(self.faults.forge, "forge"):
            self.hop(lambda: self.forge(message))
        self.later(
            TIMEOUT.total_seconds(), lambda: conclude(Failed(sent.ticket, self.now, self.rng.random()))
        )

    def hop(self, act: Callable[[], None]) -> None:
        """One crossing of the network: prompt, slow enough to be overtaken or to outlive its request, or lost."""
        if self.partitioned() or self.happens(self.faults.drop, "drop"):
            return
        slow = self.happens(self.faults.slow, "delay")
        self.later(self.rng.uniform(0, 40) if slow else self.rng.uniform(0.001, 0.05), act)

    # the receiving node

    def forge(self, message: Message) -> None:
        """Somebody with the peer's key says another thing under a number that is taken."""
        if message.sequence not in self.receiver.records or not self.receiver_up:
            return
        other = compose_message(
            suite=INTERNATIONAL,
            stream=message.stream,
            sequence=message.sequence,
            aggregate=message.aggregate,
            body=message.body + b"!",
        )
        before = self.alarms[AlarmKind.EQUIVOCATION]
        stored = dict(self.receiver.bodies)
        self.arrive(other, lambda receipt: self.landed.update(["forgery answered " + receipt.outcome]))
        if self.receiver_up:  # it may have died over it
            assert self.alarms[AlarmKind.EQUIVOCATION] == before + 1, "a second content raised no alarm"
            assert self.receiver.bodies == stored, "a second content was stored"

    def arrive(self, message: Message, answer: Callable[[Receipt], None]) -> None:
        if not self.receiver_up:
            return
        refusal = "schema_unknown" if message.body.startswith(POISON) else ""
        refusal = TOO_LARGE if is_withdrawal(message.body) else refusal
        skewed = self.now + timedelta(minutes=self.rng.choice((-10, 0, 10)))
        known = self.receiver.records.get(message.sequence)
        state, effects = receive(self.receiver.state, Arrival(message, refusal, skewed), known)
        for effect in effects:
            if self.happens(self.faults.crash, "receiver crash"):
                self.crash_receiver()
                return
            match effect:
                case Store():
                    self.receiver.state = state
                    self.receiver.records[message.sequence] = Record(message.digest, effect.receipt)
                    self.receiver.bodies[message.sequence] = message.body
                case Answer():
                    answer(effect.receipt)
                case Alarm():
                    self.alarms[effect.kind] += 1

    def take_backup(self) -> None:
        self.backup = self.receiver.copy()

    def crash_receiver(self) -> None:
        self.receiver_up = False
        if self.happens(self.faults.rollback, "rollback"):
            self.receiver = self.backup.copy()
        self.later(self.rng.uniform(1, 60), self.restart_receiver)

    def restart_receiver(self) -> None:
        self.receiver_up = True
