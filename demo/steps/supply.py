"""Step 3: centres, pools and offers: one provider by JSON calls, one by CSV with a dry run."""

from typing import Any

from demo.client import expect
from demo.world import World

PROVIDERS = ("compute-jia", "compute-yi")
BAD_LINES = [3, 4, 5, 6, 7, 8, 9, 10]  # of offers_yi_bad.csv; line 2 is good


def run(world: World) -> str:
    """Register what is to be sold, and show that a bad file stores nothing and names each bad row."""
    for kind, path in (("centres", "/api/v1/centres"), ("pools", "/api/v1/pools")):
        for row in world.load(f"{kind}.json")[kind]:
            made = world.clients[row["provider"]].post(path, body_of(row))
            world.facts[f"{kind[:-1]}:{row[kind[:-1]]}"] = made["id"]
    jia, yi = (world.clients[name] for name in PROVIDERS)
    for row in world.load("offers.json")["offers"]:
        made = jia.post("/api/v1/offers", body_of(row))
        world.facts[f"offer:{row['offer']}"] = made["id"]
    csv = {"Content-Type": "text/csv; charset=utf-8"}
    bad = world.text("offers_yi_bad.csv").encode()
    report = yi.send("POST", "/api/v1/offers:import?dry_run=true", content=bad, headers=csv).json()
    named = sorted({int(fault["pointer"].split("/")[2]) for fault in report["faults"]})
    expect(named == BAD_LINES, f"each bad row is named: {named}")
    refused = yi.send("POST", "/api/v1/offers:import", content=bad, headers=csv)
    expect(refused.status_code == 400, "a bad file is refused as a whole")  # noqa: PLR2004
    good = world.text("offers_yi.csv").encode()
    done = yi.send("POST", "/api/v1/offers:import?marking=演示数据", content=good, headers=csv)
    expect(done.is_success, f"the good file is taken: {done.text[:300]}")
    for row in yi.get("/api/v1/offers", limit=200)["items"]:
        world.facts[f"offer:{row['offer']}"] = row["id"]
    offers = sum(name.startswith("offer:") for name in world.facts)
    return f"{offers} offers; dry run named lines {', '.join(map(str, named))} and stored nothing"


def body_of(row: dict[str, Any]) -> dict[str, Any]:
    """What is declared of it, by the provider that the file names beside it."""
    return {name: value for name, value in row.items() if name != "provider"} | {"marking": "演示数据"}
