"""Attack G-2 and G-7 on two real nodes: replies lost, half-open connections, a partition, clocks apart, either side restored.

`./dev attack two_nodes [ROUND …]`; `nightly` is every round, with clocks apart too. After each round both sides hold the same messages under the same numbers, and say so by
one root.
"""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import replace

from config.embedded.nodes import NATIONAL, REGIONAL, Node
from demo.client import expect
from demo.founding import found
from demo.proxy import HALF_OPEN, REPLY, FaultProxy
from demo.steps import attach
from demo.world import World
from tests.attacks import _clocks
from tests.attacks._two_nodes import SECONDS, nodes_of_our_own, receipted, report, stream


def reply_lost(world: World) -> None:
    """The message arrives and its receipt does not: it is sent again, and taken once."""
    world.proxy.lose(2, "/messages", how=REPLY)
    receipted(world, report(world), report(world))


def half_open(world: World) -> None:
    """A connection that says nothing is given up, and the message sent on another."""
    world.proxy.lose(1, "/messages", how=HALF_OPEN)
    receipted(world, report(world))


def partition(world: World) -> None:
    """What is sent into a partition waits, and arrives once when the way is there again."""
    world.proxy.partition()
    waiting = [report(world) for _ in range(3)]
    world.until("the region fails", lambda: stream(world)["failures"] > 1, seconds=SECONDS)
    world.proxy.heal()
    receipted(world, *waiting)


def upstream_restored(world: World) -> None:
    """The national node loses what it had receipted since its backup: it is sent again under the same numbers."""
    backup(world.national)
    lost = [report(world) for _ in range(2)]
    receipted(world, *lost)
    restore(world.national)
    receipted(world, report(world))
    kinds = {row["kind"] for row in world.clients["operator-system"].get("/api/v1/node-alarms")["items"]}
    expect("peer_lost" in kinds, f"somebody is told: {kinds}")


def region_restored(world: World) -> None:
    """The region forgot what it had sent since its backup: it stops, and goes on after what the national node holds."""
    backup(world.regional)
    receipted(world, report(world), report(world))
    known = stream(world)["last"]
    restore(world.regional)
    next_one = report(world)
    world.until("the stream stops", lambda: stream(world)["halt"] == "equivocation", seconds=SECONDS)
    here = f"/api/v1/streams/{stream(world)['id']}:resume"
    world.clients["operator-system"].post(here, {"restored": True})
    receipted(world, next_one)
    expect(stream(world)["last"] > known, "no number that was used is used again")


def backup(node: Node) -> None:
    """Copy the node's database as it stands, with the node stopped."""
    node.stop()
    _copy(node, of=node.spec.role, to="backup")
    _start(node)


def restore(node: Node) -> None:
    """Put the copy in the database's place."""
    node.stop()
    _copy(node, of="backup", to=node.spec.role)
    _start(node)


def _start(node: Node) -> None:
    node.start()
    node.wait()


def _copy(node: Node, *, of: str, to: str) -> None:
    names = {"regional": "node", "national": "node_national", "backup": "node_backup"}
    node.stack.postgresql.drop_database(names[to])
    node.stack.postgresql.make_database(names[to], like=names[of])


Round = Callable[[World], None]
WAYS: tuple[Round, ...] = (reply_lost, half_open, partition)
RESTORES: tuple[Round, ...] = (upstream_restored, region_restored)  # last: they leave alarms open
ROUNDS = (*WAYS, *RESTORES)
NIGHTLY = (*WAYS, *_clocks.ROUNDS, *RESTORES)


def main() -> int:
    """Do the rounds of a pull request, or those that are named; exit 0 only if both sides agree after each."""
    known = {each.__name__: each for each in NIGHTLY}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "rounds", nargs="*", choices=[[], "nightly", *known], metavar="ROUND", help=", ".join(known)
    )
    named = parser.parse_args().rounds
    wanted = list(known) if named == ["nightly"] else named or [each.__name__ for each in ROUNDS]
    proxy = FaultProxy()
    specs = [replace(REGIONAL, port=0, extra={"EGRESS_PROXY": proxy.url}), replace(NATIONAL, port=0)]
    try:
        with nodes_of_our_own("two-nodes", specs) as (regional, national):
            world = World(regional, national, proxy)
            world.clients |= found(regional)
            theirs = found(national)
            world.clients |= {f"national-{name}": client for name, client in theirs.items()}
            attach.run(world)
            for name in wanted:
                began = time.monotonic()
                known[name](world)
                sys.stdout.write(f"ok  {name}  {time.monotonic() - began:.1f} s\n")
                sys.stdout.flush()
    finally:
        proxy.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
