"""Step 8: the firm orders; compute and line are held, opened and dispatched together, and billed from one instant."""

from datetime import UTC, datetime
from typing import Any

from demo.bookings import book_nights
from demo.client import Client, expect
from demo.race import race_for_the_last
from demo.world import World
from kernel.crypto.messages import RegisteredKey, Request, verify_request
from kernel.crypto.suite import INTERNATIONAL

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def run(world: World) -> str:
    """Order, accept by both, open the line on the accelerated clock, dispatch, start billing, and race."""
    firm = world.clients["imaging"]
    trust_the_node(world)
    quote = firm.post("/api/v1/quotes", {"selection": world.facts["selection"], "bundle": 0})
    wish = {"quote": quote["id"], "client_ref": "imaging-2026-11"}
    order = firm.post("/api/v1/orders", wish)
    again = firm.send("POST", "/api/v1/orders", json=wish)
    expect(not again.is_success or again.json()["id"] == order["id"], "one reference never orders twice")
    here = f"/api/v1/orders/{order['id']}"
    names = {world.facts[name]: name for name in ("compute-jia", "compute-yi", "line-jia", "line-yi")}
    compute, line = names[order["compute_provider"]], names[order["line_provider"]]
    for party in (compute, line):
        world.clients[party].post(f"{here}:accept")
    opening = open_line(world, order["id"], line)
    calls = world.until("the dispatch reached the provider's agent", lambda: world.agents[compute].calls)
    expect(calls[0]["order"] == order["id"], "the agent was told this order")
    expect(not world.agents[compute].refused, "the agent found the node's signature right")
    world.until("the node has the agent's answer", lambda: firm.get(here)["dispatched_at"])
    firm.post(f"{here}:accept-compute", sheet_of(world))
    running = world.until("billing has started for both", lambda: started(firm.get(here)))
    world.facts |= {"order": running, "compute-party": compute, "line-party": line}
    booked = book_nights(world)
    wanted, winners = race_for_the_last(world)
    return (
        f"{world.facts['best']['offer']}: line opened in {len(opening['steps'])} steps, accelerated clock "
        f"(a day is {opening['clock']['day_seconds']} s), dispatched by signed callback, billed from one instant; "
        f"{booked}; 16 raced for {wanted}, {winners} won, the others got a clean 409"
    )


def trust_the_node(world: World) -> None:
    """Let every agent check the node's signature with the key that the node publishes."""
    public = INTERNATIONAL.public_key_of(Client(world.regional.url).get("/api/v1/node-key")["jwk"])
    key = RegisteredKey(
        INTERNATIONAL.key_id(public), world.regional.spec.code, INTERNATIONAL, public, LONG_AGO
    )

    def verify(url: str, headers: Any, body: bytes) -> None:
        known = {key.key_id: key}
        verify_request(Request("POST", url, headers, body), find_key=known.get, now=datetime.now(UTC))

    for agent in world.agents.values():
        agent.verify = verify


def open_line(world: World, order: str, line: str) -> Any:
    """Take on, configure, test and accept the line."""
    provider, firm = world.clients[line], world.clients["imaging"]
    (opening,) = world.until(
        "the line's opening is there", lambda: provider.get("/api/v1/line-openings", order=order)["items"]
    )
    here = f"/api/v1/line-openings/{opening['id']}"
    early = firm.send("POST", f"{here}:accept")
    expect(early.status_code == 409, "nobody accepts a line that is not tested")  # noqa: PLR2004
    provider.post(f"{here}:take-on")
    provider.post(f"{here}:configure")
    test = {
        "method": "otn_delay_halved",
        "latency_us": world.facts["best"]["latency_us"] - 3,
        "clock_bound_us": 1,
        "loss": "0",
        "samples": 1440,
        "measured_at": datetime.now(UTC).isoformat(),
    }
    provider.post(f"{here}:report-test", test)
    accepted = firm.post(f"{here}:accept")
    expect(accepted["clock"]["accelerated"], "the accelerated clock is shown as such")
    return firm.get(here)


def sheet_of(world: World) -> dict[str, Any]:
    """The acceptance sheet: what the firm found in the machines that it was given."""
    key = world.facts["best"]["offer"]
    pools = {pool["pool"]: pool for pool in world.load("pools.json")["pools"]}
    offers = world.clients["imaging"].get("/api/v1/catalogue/offers", limit=200)["items"]
    offer = next(offer for offer in offers if offer["offer"] == key)
    pool = next(pool for pool in pools.values() if pool["accelerator"] == offer["accelerator"])
    return {
        "cards": pool["accelerators"] * world.facts["best"]["quantity"],
        "model": pool["accelerator"],
        "memory_gib": pool["accelerator_memory_gib"],
    }


def started(order: dict[str, Any]) -> dict[str, Any] | None:
    """The order once it is billed."""
    return order if order["billing_started_at"] else None
