"""Step 4: apply for identifiers, approve, file at the national node, and resolve; unsellable until then."""

from typing import Any

from demo.client import Client, expect
from demo.world import World

MISSING = {"centre_not_identified", "centre_not_filed", "pool_not_identified", "pool_not_filed"}


def run(world: World) -> str:
    """Bring centres and pools into the network and on the market (入网入市)."""
    offer = f"/api/v1/offers/{world.facts['offer:wj-910b-hour']}/gate"
    before = {block["code"] for block in world.clients["compute-jia"].get(offer)["blocks"]}
    expect(before >= MISSING, f"the API says why it cannot be sold: {before}")
    applied = []
    for kind in ("centre", "pool"):
        for row in world.load(f"{kind}s.json")[f"{kind}s"]:
            attributes = described(world, kind, row)
            subject = world.facts[f"{kind}:{row[kind]}"]
            body = {"kind": kind, "subject": subject, "attributes": attributes}
            applied.append(world.clients[row["provider"]].post("/api/v1/identifiers", body)["id"])
    codes = approve(world, applied)
    after = world.clients["compute-jia"].get(offer)["blocks"]
    expect(not MISSING & {block["code"] for block in after}, f"no identifier is missing: {after}")
    return f"{len(codes)} identifiers filed at the national node, e.g. {codes[0]}"


def described(world: World, kind: str, row: dict[str, Any]) -> dict[str, Any]:
    """The descriptor of a centre or pool, which says that it is invented."""
    if kind == "centre":
        described = {name: row[name] for name in ("name", "division", "design_racks")}
        return described | {"marking": "演示数据"}
    centres = {centre["centre"]: centre for centre in world.load("centres.json")["centres"]}
    attributes = {
        "name": row["pool"],
        "division": centres[row["centre"]]["division"],
        "compute_kind": row["kind"],
        "capacity_full": row["machines"],
        "capacity_unit": "machine",
        "cards": row["machines"] * row["accelerators"],
        "marking": "演示数据",
    }
    return attributes | ({"accelerator": row["accelerator"]} if row["accelerator"] else {})


def approve(world: World, applied: list[str]) -> list[str]:
    """Let the supervision approve what the rule leaves to it, wait for the national receipts, resolve; the codes."""
    regulator = world.clients["regulator-one"]
    for identifier in applied:
        if regulator.get(f"/api/v1/identifiers/{identifier}")["review"] != "by_rule":
            regulator.post(f"/api/v1/identifiers/{identifier}:approve")
    rows = world.until(
        "every identifier is filed and active",
        lambda: _all_active(regulator, applied),
    )
    nobody = Client(world.regional.url)
    for row in rows:
        resolved = nobody.get(f"/api/v1/identifiers/{row['code']}")
        expect(resolved["state"] == "active" and resolved["filing"], f"{row['code']} resolves")
    return [row["code"] for row in rows]


def _all_active(regulator: Client, applied: list[str]) -> list[dict[str, Any]]:
    rows = [regulator.get(f"/api/v1/identifiers/{identifier}") for identifier in applied]
    return rows if all(row["state"] == "active" for row in rows) else []
