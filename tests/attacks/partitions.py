"""Attack G-2 on two real nodes: outages of every kind, from a second to three days, after each of which both hold the same.

`./dev attack partitions [--times 7] [--seed 0]`; the release tier is `--times 500`. The kinds take turns, their lengths are
drawn from the seed. Exit 1 at the first outage after which a report is missing, doubled or late.

Time is compressed where nothing happens: the clocks of both nodes, which are their databases', jump ahead together over
the rest of an outage, in steps that each end with another attempt, and over what is left of the sender's pause. The attempts
that fall into a jump are counted as failed, so the pause is as long as it would be (its longest is 30 s). An outage and
the time until everything has its receipt are measured by those clocks: no pause is shortened and none is waited for. The way
is there again just after an attempt has failed, which is the worst moment. Of a connection that says nothing the first 2 s
are played, where a node would give it up after 10 (`./dev attack two_nodes half_open` waits).

Between these nodes runs plain HTTP, through a proxy; TLS ends outside of them. A certificate that has expired is played as
what a client makes of it: no connection at all, and nothing that arrived.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from random import Random

from config.embedded.nodes import NATIONAL, REGIONAL, Node
from demo.client import StepFailedError
from demo.founding import found
from demo.proxy import CLOSED, HALF_OPEN, REPLY, REQUEST, RESET, STORM, FaultProxy
from demo.steps import attach
from demo.world import World
from kernel.crypto.keys import write_key
from kernel.crypto.suite import INTERNATIONAL as SUITE
from nodes.domain.sender import UNREACHABLE_AFTER, back_off
from tests.attacks._clocks import make_movable, owner_of
from tests.attacks._two_nodes import SECONDS, nodes_of_our_own, receipted, report, the_same_set

SHORTEST, LONGEST = 1.0, 72 * 3600.0  # seconds
ATTEMPTS = 3  # that are played of a longer outage's; those that fall into a jump are only counted
STATED_FROM = 600.0  # seconds of an outage from which on the time to drain is a share of it
SHARE = 0.1
FLOOR = 60.0  # seconds that any drain may take: the sender's pause, and the beat that looks for what is due
PAUSES = ("", "1", "5", "30")
HANGS = 2.0
KEYS = 2 + 500 // 7  # that the region holds: each rotation lets the next one follow
FAILURES = "SELECT coalesce(sum(failures), 0) FROM outbound_stream"
FAILING = "SELECT id, failures FROM outbound_stream WHERE failures > 0"
COUNTED = "UPDATE outbound_stream SET failures = %s WHERE id = %s"
TOLD_AT = UNREACHABLE_AFTER - 1  # failures after which the next is always played: it is told
WAITING = "SELECT coalesce(max(retry_at), now()) - now() FROM outbound_stream WHERE acked < last AND retry_at > now()"


@dataclass(frozen=True)
class Outage:
    """One outage: its kind, and how long it is meant to last in seconds."""

    kind: str
    seconds: float


KINDS: dict[str, str] = {
    "partition": REQUEST,
    "half-open": HALF_OPEN,
    "reset": RESET,
    "replies lost": REPLY,
    "503 storm": STORM,
    "certificate refused": CLOSED,
    "key rotated": REQUEST,
}


def drawn(times: int, seed: int) -> list[Outage]:
    """So many outages: the kinds in turns, the lengths of every order of magnitude alike."""
    dice = Random(seed)
    kinds = [*KINDS]
    return [
        Outage(kinds[each % len(kinds)], SHORTEST * (LONGEST / SHORTEST) ** dice.random())
        for each in range(times)
    ]


def failures_after(failures: int, seconds: float) -> int:
    """How often a sender has failed in a row after so much more time, of which its pauses take all."""
    while seconds > 0:
        seconds -= back_off(failures, 0.5).total_seconds()
        failures += 1
    return failures


class Clocks:
    """The clocks of both nodes, and the time by them."""

    def __init__(self, world: World) -> None:
        """Make them movable, which restarts the nodes."""
        nodes = (world.regional, world.national)
        for node in nodes:
            make_movable(node)
        self.owners = [owner_of(node) for node in nodes]
        for owner in self.owners:  # keys of the API end in 90 days, by these clocks
            owner.execute("UPDATE api_key SET expires_at = expires_at + interval '20 years'")
        self.ahead = 0.0

    def now(self) -> float:
        """Seconds by the nodes' clocks."""
        return time.monotonic() + self.ahead

    def jump(self, seconds: float) -> None:
        """Let so much time have passed."""
        if seconds > 0:
            self.ahead += seconds
            for owner in self.owners:
                owner.execute("UPDATE moved.clock SET by = by + %s", [timedelta(seconds=seconds)])

    def jump_over_attempts(self, seconds: float) -> None:
        """Let so much of an outage have passed, with its attempts: the pause grows as it would, to the alarm's and beyond."""
        if seconds > FLOOR:
            for stream, failures in self.owners[0].execute(FAILING).fetchall():
                after = TOLD_AT if failures < TOLD_AT else failures_after(failures, seconds)
                self.owners[0].execute(COUNTED, [after, stream])
        self.jump(seconds)

    def failures(self) -> int:
        """How often the region has failed since it last heard of the nation."""
        return int(self.owners[0].execute(FAILURES).fetchall()[0][0])

    def has_failed(self, before: int) -> bool:
        """Whether it has failed once more."""
        return self.failures() > before

    def jump_to_retry(self) -> None:
        """Let the pause of the region's sender be over."""
        ((left,),) = self.owners[0].execute(WAITING).fetchall()
        self.jump(left.total_seconds())


def rotate(world: World) -> None:
    """Two administrators let the region's next key follow."""
    asked = {"key_id": next(world.facts["keys"])}
    proposed = world.clients["operator-system"].post("/api/v1/node-keys", asked)
    world.clients["operator-security"].post(f"/api/v1/proposals/{proposed['proposal']}:approve")


def play(world: World, clocks: Clocks, outage: Outage, dice: Random) -> tuple[float, float]:
    """Play one outage; its length, and the time after it until everything had its receipt, in seconds."""
    proxy, began = world.proxy, clocks.now()
    proxy.pause = dice.choice(PAUSES)
    proxy.partition(KINDS[outage.kind])
    waiting = [report(world)]
    if outage.kind == "key rotated":
        rotate(world)
        waiting.append(report(world))
    for left in range(ATTEMPTS if outage.seconds > FLOOR else 1, 0, -1):
        clocks.jump_over_attempts((began + outage.seconds - clocks.now()) / left)
        before = clocks.failures()
        clocks.jump_to_retry()
        world.until("the region tries", partial(clocks.has_failed, before), seconds=SECONDS)
    proxy.heal()
    healed = clocks.now()
    world.until("everything has its receipt", lambda: _drained(world, clocks, waiting), seconds=SECONDS)
    drained = clocks.now()
    receipted(world, *waiting)
    return healed - began, drained - healed


def _drained(world: World, clocks: Clocks, reports: Sequence[str]) -> bool:
    operator = world.clients["operator-system"]
    if all(operator.get(f"/api/v1/reports/{each}")["state"] == "receipted" for each in reports):
        return True
    clocks.jump_to_retry()
    return False


def run(world: World, times: int, seed: int) -> list[str]:
    """Play so many outages; what was wrong, in words."""
    clocks, dice, share, longest, broken = Clocks(world), Random(seed), 0.0, 0.0, list[str]()
    kinds: Counter[str] = Counter()
    began = time.monotonic()
    for number, outage in enumerate(drawn(times, seed), start=1):
        try:
            length, drain = play(world, clocks, outage, dice)
            the_same_set(world)
        except StepFailedError as error:
            return [*broken, f"seed {seed}, outage {number} ({outage.kind}, {outage.seconds:.0f} s): {error}"]
        kinds[outage.kind] += 1
        longest = max(longest, drain)
        share = max(share, drain / length) if length >= STATED_FROM else share
        if drain > max(FLOOR, SHARE * length):
            broken.append(
                f"seed {seed}, outage {number} ({outage.kind}): {length:.0f} s, drained in {drain:.0f} s"
            )
        sys.stdout.write(f"     {outage.kind}: {length:.0f} s, drained in {drain:.1f} s\n")
        sys.stdout.flush()
    sys.stdout.write(
        f"{'FAIL' if broken else 'ok  '} G-2 partitions: {times} outages in {time.monotonic() - began:.0f} s, national set = "
        f"local set after each; drained within {longest:.1f} s, of outages from {STATED_FROM:.0f} s on in {share:.2%} of them; "
        f"{dict(sorted(kinds.items()))}\n"
    )
    return broken


def add_keys(node: Node) -> Iterator[str]:
    """Put keys that may follow each other into the node's file, which it reads when it starts again; their ids."""
    private = [SUITE.new_private_key() for _ in range(KEYS)]
    with (node.folder / "node.pem").open("a") as file:
        file.writelines(write_key(SUITE, each) for each in private)
    return iter([SUITE.key_id(SUITE.public_key(each)) for each in private])


def main() -> int:
    """Play the outages; exit 0 only if both sides agree after each, in time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=7)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    proxy = FaultProxy()
    proxy.hangs = HANGS
    try:
        specs = [replace(REGIONAL, port=0, extra={"EGRESS_PROXY": proxy.url}), replace(NATIONAL, port=0)]
        with nodes_of_our_own("partitions", specs) as (regional, national):
            world = World(regional, national, proxy, facts={"keys": add_keys(regional)})
            world.clients |= found(regional)
            theirs = found(national)
            world.clients |= {f"national-{name}": client for name, client in theirs.items()}
            attach.run(world)
            broken = run(world, asked.times, asked.seed)
    finally:
        proxy.close()
    sys.stdout.write("".join(f"{each}\n" for each in broken))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
