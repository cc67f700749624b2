"""What must hold of two nodes at rest, whatever happened before (INVARIANTS G1 to G4)."""

from nodes.domain.alarms import AlarmKind
from nodes.domain.envelopes import TOO_LARGE, Outcome
from tests.nodes.simulator import LARGE, POISON, World


def check(world: World) -> None:
    """Raise AssertionError, naming what does not hold."""
    sender, receiver = world.sender, world.receiver
    last = sender.state.last
    numbers = list(range(1, last + 1))
    # G2: dense on both sides, and everything numbered was receipted.
    assert sorted(sender.messages) == numbers
    assert sorted(receiver.records) == numbers, "a hole, or a number too many, at the receiver"
    assert receiver.state.expected == last + 1
    assert sender.state.acked == sender.state.settled == last, "not everything is receipted"
    assert sorted(sender.receipts) == numbers
    # G1: the very bytes, and one word on each number.
    for number in numbers:
        assert receiver.bodies[number] == sender.messages[number].body
        theirs, ours = receiver.records[number].receipt, sender.receipts[number]
        assert (theirs.digest, theirs.outcome, theirs.code) == (ours.digest, ours.outcome, ours.code)
        if not world.landed["rollback"]:
            assert theirs.encode() == ours.encode(), "one message has two receipts"
    check_aggregates(world)
    assert sender.state.halt == "none" or world.landed["forge"]
    if not world.landed["rollback"]:
        assert not world.alarms[AlarmKind.PEER_LOST], "a peer that lost nothing was accused"


def check_aggregates(world: World) -> None:
    """G3 and G4: nothing dropped, nothing doubled, order kept within each thing, and only that thing waits."""
    sender, receiver = world.sender, world.receiver
    stored: dict[str, list[int]] = {}
    superseded: set[int] = set()
    quarantined: set[str] = set()
    for number in sorted(receiver.records):
        message, outcome = sender.messages[number], receiver.records[number].receipt.outcome
        position = sender.positions[number]
        if outcome is Outcome.REFUSED:
            quarantined.add(message.aggregate)
        elif message.supersedes is None:
            stored.setdefault(message.aggregate, []).append(position)
        else:
            superseded.add(message.supersedes)
            stored.setdefault(message.aggregate, [])
    assert not sender.state.waiting, "a correction was never taken"
    assert not sender.parked, "a message waits for nothing"
    assert not sender.state.parked
    for aggregate, positions in stored.items():
        assert positions == sorted(set(positions)), f"{aggregate} was applied twice or out of order"
        if aggregate not in quarantined:
            wanted = [p for p, name in sender.aggregates.items() if name == aggregate]
            numbered = [p for _, p in sorted(sender.positions.items()) if p in wanted]
            assert positions == wanted == numbered, f"{aggregate} waited for another's refusal"
    taken = {p for positions in stored.values() for p in positions}
    for number, position in sender.positions.items():
        body, message = sender.bodies[position], sender.messages[number]
        if message.supersedes is None and not body.startswith((POISON, LARGE)):
            assert position in taken, f"position {position} was dropped"
        elif message.supersedes is None and receiver.records[number].receipt.code in (
            "schema_unknown",
            TOO_LARGE,
        ):
            assert number in superseded, f"the refusal of {number} was never corrected"
    assert set(sender.positions.values()) == set(sender.bodies), "something was never numbered"
