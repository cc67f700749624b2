"""What the drills on real nodes share: one more report, whether both sides hold it, and the nodes themselves."""

import contextlib
import os
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from config.embedded.nodes import Node, NodeSpec, running_nodes
from config.embedded.stack import private_stack
from demo.client import expect
from demo.world import World

NAMED = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "CACHE_URL")
HOURS = count()
FIRST = datetime.fromisoformat("2026-06-01T00:00:00+00:00")
SECONDS = 120.0


@contextlib.contextmanager
def nodes_of_our_own(name: str, specs: Sequence[NodeSpec]) -> Iterator[list[Node]]:
    """Running nodes on services of their own: the attack's database is not a node's."""
    for each in NAMED:
        os.environ.pop(each, None)
    with private_stack(name, durable=False) as stack, running_nodes(specs, stack) as nodes:
        yield nodes


def report(world: World) -> str:
    """Draft, review and send the report of one more hour that the node has not drafted by itself; its id."""
    operator = world.clients["operator-system"]
    for hour in HOURS:
        start, end = ((FIRST + timedelta(hours=each)).isoformat() for each in (hour, hour + 1))
        body = {"section": "nodes.traffic", "start": start, "end": end}
        draft = operator.send("POST", "/api/v1/reports", json=body)
        if "report_overlaps" not in draft.text:  # as where its clock has jumped over a day's end
            break
    expect(draft.is_success, draft.text)
    here = f"/api/v1/reports/{draft.json()['id']}"
    world.clients["regulator-one"].post(f"{here}:review")
    operator.post(f"{here}:send")
    return str(draft.json()["id"])


def receipted(world: World, *reports: str) -> None:
    """Wait until the national node has receipted the reports, and let both sides compare what they hold."""
    operator = world.clients["operator-system"]
    world.until(
        "the reports are receipted",
        lambda: all(operator.get(f"/api/v1/reports/{each}")["state"] == "receipted" for each in reports),
        seconds=SECONDS,
    )
    pairs = operator.post("/api/v1/manifests:exchange")["items"]
    expect(pairs and all(pair["agreed"] for pair in pairs), f"every manifest agrees: {pairs}")


def stream(world: World) -> Any:
    """The stream of the reports, as the region sees it."""
    rows = world.clients["operator-system"].get("/api/v1/streams", limit=200)["items"]
    return next(row for row in rows if row["name"].startswith("reports"))


def alarms(world: World, kind: str) -> list[dict[str, Any]]:
    """The region's open alarms of one kind."""
    rows = world.clients["operator-system"].get("/api/v1/node-alarms", kind=kind, open="true")["items"]
    return list(rows)


def the_same_set(world: World) -> None:
    """Both nodes count the same reports, each once, and none was said twice in other words."""
    ours, theirs = (
        world.clients[name].get("/api/v1/federation/totals")["items"]
        for name in ("operator-system", "national-operator-system")
    )
    expect(ours and ours == theirs, f"both have the same reports, each once: {ours} {theirs}")
    for kind in ("equivocation", "peer_lost", "receipt_mismatch"):
        expect(not alarms(world, kind), f"no {kind}")
