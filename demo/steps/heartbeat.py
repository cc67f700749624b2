"""Step 6: the providers' agents report inventory; one falls silent, turns stale, and leaves the market."""

import httpx

from demo.agent import ProviderAgent
from demo.client import Client, expect
from demo.race import RACERS, gather
from demo.world import World

UNSIGNED = 401


def run(world: World) -> str:
    """Report, turn a forged call away, fall silent, come back."""
    pools = world.load("pools.json")["pools"]
    for provider in ("compute-jia", "compute-yi"):
        installed = {pool["pool"]: pool["machines"] for pool in pools if pool["provider"] == provider}
        agent = ProviderAgent(f"agent-{provider}", world.clients[provider], installed)
        world.closing.append(agent.close)
        world.agents[provider] = agent
        agent.start()
    nobody = Client(world.regional.url)
    forged = httpx.post(world.agents["compute-jia"].callback_url, json={"order": "1"})
    expect(forged.status_code == UNSIGNED, "an agent starts nothing that the node has not signed")

    def on_sale(provider: str) -> int:
        owner = world.facts[provider]
        rows = nobody.get("/api/v1/catalogue/offers", limit=200)["items"]
        return sum(row["provider"] == owner for row in rows)

    both = world.until(
        "both providers are on the market", lambda: on_sale("compute-jia") and on_sale("compute-yi")
    )
    world.agents["compute-yi"].silence()
    gather(world)
    world.until("the silent provider leaves the market", lambda: not on_sale("compute-yi"), seconds=30)
    expect(on_sale("compute-jia"), "the other provider stays")
    rows = world.clients["compute-yi"].get("/api/v1/pools", limit=200)["items"]
    expect(
        all(row["inventory"]["state"] == "stale" for row in rows), "stale is shown as stale, with since when"
    )
    world.agents["compute-yi"].start()
    world.until("it comes back with its next heartbeat", lambda: on_sale("compute-yi"))
    return (
        f"{both} offers of B went stale and left the market, and came back with the next heartbeat; "
        f"meanwhile {RACERS} more users began to register"
    )
