"""Step 8: the firm orders; compute and line are held, opened and dispatched together, and billed from one instant."""

from datetime import UTC, datetime
from typing import Any

from demo.bookings import book_nights
from demo.client import expect
from demo.race import free_machines, pool_of, race_for_the_last
from demo.resale import resell_some
from demo.world import World

FASTER_THAN_SILICA_US = 150  # from Weiting to Fenhu: light needs 132 in a vacuum, 194 in silica


def run(world: World) -> str:
    """Order, accept by both, open the line on the accelerated clock, dispatch, start billing, and race."""
    firm = world.clients["imaging"]
    path = hold_a_path(world)
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
    agent = world.agents[compute]
    calls = world.until("the dispatch reached the provider's agent", lambda: agent.calls)
    expect(list(calls) == [order["id"]], "the agent was told this order, under the node's signature")
    world.until("the node has the agent's answer", lambda: firm.get(here)["dispatched_at"])
    firm.post(f"{here}:accept-compute", sheet_of(world))
    running = world.until("billing has started for both", lambda: started(firm.get(here)))
    world.facts |= {"order": running, "compute-party": compute, "line-party": line}
    booked = f"{book_nights(world)}; {resell_some(world)}"
    wanted, winners = race_for_the_last(world)
    serving = at_work(world, compute)
    return (
        f"{world.facts['best']['offer']}: line opened in {len(opening['steps'])} steps, accelerated clock "
        f"(a day is {opening['clock']['day_seconds']} s), dispatched by signed callback, {serving}, billed from one instant; "
        f"{path}; {booked}; 16 raced for {wanted}, {winners} won, the others got a clean 409"
    )


def hold_a_path(world: World) -> str:
    """Hold a bundle whose line leads over several spans, see compute and each span taken, and give all back; in words."""
    firm, index = world.clients["imaging"], world.facts["disclosed"]
    asked = firm.get(f"/api/v1/selections/{world.facts['selection']}")
    bundle, mbps = asked["answer"]["bundles"][index], asked["demand"]["bandwidth_mbps"]
    taken = dict.fromkeys(bundle["spans"], mbps) | {bundle["offer"]: bundle["quantity"]}

    def free() -> dict[str, int]:
        """Of each span its Mbps, and of the offer the machines of its pool."""
        spans = world.clients["line-jia"].get("/api/v1/spans", limit=200)["items"]
        return {row["span"]: row["free_mbps"] for row in spans if row["span"] in taken} | {
            bundle["offer"]: free_machines(world, bundle["offer"])
        }

    before = free()
    hold = firm.post("/api/v1/holds", {"selection": world.facts["selection"], "bundle": index})
    during = free()
    fell = {name: before[name] - during[name] for name in taken}
    expect(fell == taken, f"the machine and every span are held together: {fell}")
    firm.post(f"/api/v1/holds/{hold['id']}:release")
    expect(free() == before, "released, all of it is back")
    return f"{bundle['offer']} and {mbps} Mbps on {len(bundle['spans'])} spans held and released together"


def at_work(world: World, compute: str) -> str:
    """The dispatched machines are reported as serving, and what the ledger may grant did not jump; in words."""
    provider, wanted = world.clients[compute], world.facts["best"]["quantity"]
    pool = pool_of(provider, world.facts["best"]["offer"])

    def busy() -> Any:
        (row,) = provider.get("/api/v1/pools", pool=pool)["items"]
        return row["inventory"] if row["inventory"]["machines_serving"] else None

    told = world.until("the agent reports the machines that serve", busy)
    serving, idle, total = (told[f"machines_{which}"] for which in ("serving", "free", "total"))
    expect((serving, idle + serving) == (wanted, total), f"machines went from idle to serving: {told}")
    return f"{serving} of {total} machines reported as serving"


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
    unshown = provider.send("POST", f"{here}:report-test", json={**test, "latency_us": FASTER_THAN_SILICA_US})
    expect(unshown.json()["code"] == "faster_than_shown", f"a word is no hollow core: {unshown.text}")
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
