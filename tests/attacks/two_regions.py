"""Two real regions that both sell, below one national node: searched across, ordered at home, and one of them restored.

`./dev attack two_regions`. The search has a deadline; every answer carries its node and its age; only the home node grants.
Then the first region is backed up, goes on, and is restored by the commands of docs/operate.md.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from config.embedded.nodes import NATIONAL, NEIGHBOUR, REGIONAL
from demo.client import expect
from demo.founding import found
from demo.proxy import FaultProxy
from demo.world import World
from tests.attacks import _restore
from tests.attacks._market import open_region, order, refresh
from tests.attacks._two_nodes import SECONDS, nodes_of_our_own

DEADLINE_MS = 5000
SLACK = 5.0  # seconds, on a busy machine: for what is not the peers' time
CONFLICT = 409
KEYS = ("offer", "line_provider", "technology")
SAME = ("offer", "quantity", "line_provider", "technology", "bandwidth_mbps", "billing")


def search(world: World) -> Any:
    """The firm's main demand, asked here and of other nodes; the selection, within the deadline."""
    began = time.monotonic()
    demand = world.load("demand.json")["main"] | {"peers": {"deadline_ms": DEADLINE_MS}}
    selected = world.clients["imaging"].post("/api/v1/selections", demand)
    took = time.monotonic() - began
    expect(took < DEADLINE_MS / 1000 + SLACK, f"an answer by the deadline, not after {took:.1f} s")
    return selected


def across(here: World, there: World) -> None:
    """A search of one region finds what the other sells; it is ordered there, and nowhere else."""
    home = there.regional.spec.code

    def answered() -> Any:
        refresh(here)
        refresh(there)
        selected = search(here)
        nodes = {node["node"]: node for node in selected["across"]["nodes"]}
        found_there = nodes.get(home, {}).get("state") == "answered" and nodes[home]["bundles"]
        return (selected, nodes) if found_there and selected["answer"]["bundles"] else None

    selected, nodes = here.until(f"{home} answers in time, and we sell too", answered, seconds=SECONDS)
    expect(nodes[home]["via"] == NATIONAL.code, "the nation passes its answer on")
    bundles, ours = selected["across"]["bundles"], len(selected["answer"]["bundles"])
    labels = [
        (each["node"], each["age_ms"] >= 0, each["identifier"].startswith(f"86.{home}/")) for each in bundles
    ]
    expect(set(labels) == {(home, True, True)}, f"each has its node, its age, its own identifier: {labels}")
    merged, every = [each["index"] for each in selected["across"]["merged"]], ours + len(bundles)
    first = len(merged) == len(set(merged)) == min(selected["demand"]["top"], every) and max(merged) < every
    expect(first and selected["across"]["merged_exact"] == len(merged), "ours and theirs in one order")
    wish = {"selection": selected["id"], "bundle": ours}
    refused = here.clients["imaging"].send("POST", "/api/v1/quotes", json=wish)
    expect(refused.status_code == CONFLICT, "what is another's is not quoted here")
    expect(bundles[0]["order_at"] in refused.json()["detail"], "and the way out is said")
    address = bundles[0]["order_at"].removeprefix(there.regional.url)
    again = there.clients["imaging"].post(address, selected["across"]["order_with"])
    offered = again["answer"]["bundles"]
    known = {tuple(each[name] for name in KEYS) for each in offered}
    told_here = {tuple(each[name] for name in KEYS) for each in bundles}
    expect(told_here <= known, f"what is shown here is in the answer there: {told_here - known}")
    shown = [bundles[0][name] for name in SAME] + [Decimal(bundles[0]["cny"]["total"])]
    prices = [[each[name] for name in SAME] + [Decimal(each["cny"]["total"])] for each in offered]
    expect(shown in prices, f"the home node offers it at the price that was shown: {shown} {prices}")
    index = prices.index(shown)
    days = [
        [each[name] for name in ("lead_days", "end_days")] for each in (bundles[0], again["installs"][index])
    ]
    expect(days[0] == days[1], f"with the days that were shown: {days}")
    bought = order(there, again["id"], index, "from-the-neighbour")
    expect(there.clients["imaging"].get(f"/api/v1/orders/{bought['id']}"), "the home node holds the order")
    expect(not here.clients["imaging"].get("/api/v1/orders")["items"], "and nobody else")


def cut_off(here: World) -> None:
    """With nobody to reach, our own answer stands, in time."""
    here.proxy.partition()
    selected = search(here)
    here.proxy.heal()
    states = {node["state"] for node in selected["across"]["nodes"]}
    expect(states == {"silent"}, f"who does not answer is shown as such: {states}")
    expect(selected["answer"]["bundles"] and not selected["across"]["bundles"], "ours stand alone")


def main() -> int:
    """Open both markets, and do each round; exit 0 only if everything holds."""
    proxy = FaultProxy()
    extra = {"ALLOW_PRIVATE_CALLBACKS": "1", "EGRESS_PROXY": proxy.url}
    below = [replace(spec, port=0, job_workers=1, extra=extra) for spec in (REGIONAL, NEIGHBOUR)]
    specs = [*below, replace(NATIONAL, port=0, job_workers=1)]
    worlds: list[World] = []
    try:
        with nodes_of_our_own("two-regions", specs) as (first, second, national):
            nation = found(national)
            above = {f"national-{name}": client for name, client in nation.items()}
            for node in (first, second):
                began = time.monotonic()
                world = open_region(node, national, nation["operator-system"], proxy)
                world.clients |= above
                worlds.append(world)
                told(f"{node.spec.code} sells", began)
            here, there = worlds
            rounds: tuple[tuple[str, Callable[[], None]], ...] = (
                ("across", lambda: across(here, there)),
                ("cut_off", lambda: cut_off(here)),
                ("restore", lambda: _restore.drill(here)),
            )
            for name, act in rounds:
                began = time.monotonic()
                act()
                told(name, began)
    finally:
        for world in worlds:
            for close in world.closing:
                close()
        proxy.close()
    return 0


def told(what: str, began: float) -> None:
    """Show one thing done, and how long it took."""
    sys.stdout.write(f"ok  {what}  {time.monotonic() - began:.1f} s\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
