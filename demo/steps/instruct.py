"""Step 13: two regulators stop a provider's new sale: nothing of it is quoted, held or confirmed; then also what runs, until that is lifted."""

import hashlib
import time
from typing import Any
from uuid import uuid4

from demo.client import Client, expect
from demo.world import World

CONFLICT = 409


def run(world: World) -> str:
    """Prepare a quote and a held order, instruct, be refused three times, rectify, lift, and go on."""
    firm, party = world.clients["imaging"], world.facts["compute-party"]
    provider = world.clients[party]
    one, two = world.clients["regulator-one"], world.clients["regulator-two"]
    running = f"/api/v1/orders/{world.facts['order']['id']}"
    before = firm.get(running)["state"]
    bundle = bundle_of(world, party)
    quote = firm.post("/api/v1/quotes", bundle)
    held = firm.post(
        "/api/v1/orders", {"quote": firm.post("/api/v1/quotes", bundle)["id"], "client_ref": str(uuid4())}
    )
    carrier = next(name for name in ("line-jia", "line-yi") if world.facts[name] == held["line_provider"])
    line = world.clients[carrier]
    line.post(f"/api/v1/orders/{held['id']}:accept")
    instruction = issue(world, one, two, party)
    begin = time.monotonic()
    refused = {
        "quote": firm.send("POST", "/api/v1/quotes", json=bundle),
        "hold": firm.send("POST", "/api/v1/orders", json={"quote": quote["id"], "client_ref": str(uuid4())}),
        "confirm": provider.send("POST", f"/api/v1/orders/{held['id']}:accept"),
    }
    for what, answer in refused.items():
        expect(answer.status_code == CONFLICT, f"{what} is refused: {answer.status_code} {answer.text[:300]}")
    seconds = time.monotonic() - begin
    rows = Client(world.regional.url).get("/api/v1/catalogue/offers", limit=200)["items"]
    expect(all(row["provider"] != world.facts[party] for row in rows), "nothing of it is in the catalogue")
    expect(firm.get(running)["state"] == before, "the running service goes on")
    here = f"/api/v1/instructions/{instruction}"
    provider.post(f"{here}:acknowledge")
    sha256 = hashlib.sha256("整改报告（演示数据）".encode()).hexdigest()
    provider.post(f"{here}:rectify", {"receipt": "已完成整改（演示）", "sha256": sha256})
    lift(one, two, instruction)
    expect(provider.get(here)["state"] == "lifted", "the provider reads that it is lifted")
    firm.post("/api/v1/quotes", bundle)
    provider.post(f"/api/v1/orders/{held['id']}:accept")
    stop = issue(world, one, two, party, number="演示通信管〔2026〕2号", scope="running")
    world.until("the running order is stopped", lambda: firm.get(running)["stopped_by"] == stop)
    lift(one, two, stop)
    world.until("it is served again", lambda: firm.get(running)["stopped_by"] is None)
    return (
        f"quote, hold and confirmation of {party} refused within {seconds:.1f} s of the second signature; the running "
        f"order stayed {before}; acknowledged, rectified, lifted by two; the held order was then confirmed; a second instruction stopped what ran until it was lifted"
    )


def lift(one: Client, two: Client, instruction: str) -> None:
    """The end of an instruction, proposed by one regulator and approved by the other."""
    proposal = two.post(f"/api/v1/instructions/{instruction}:propose-lift", {"reason": "整改属实"})
    one.post(f"/api/v1/proposals/{proposal['id']}:approve")


def issue(world: World, one: Client, two: Client, party: str, **changes: str) -> str:
    """Draft by one regulator, approval by another; one alone cannot."""
    body = {
        "organisation": world.facts[party],
        "number": "演示通信管〔2026〕1号",
        "legal_basis": "演示：《中华人民共和国网络安全法》",
        "reason": "演示数据",
        "effect": "停止新售并整改",
        "scope": "new_sale",
        **changes,
    }
    draft = one.post("/api/v1/instructions", body)
    approve = f"/api/v1/proposals/{draft['proposal']}:approve"
    expect(one.send("POST", approve).status_code == CONFLICT, "one regulator alone issues nothing")
    two.post(approve)
    seen = world.clients[party].get(f"/api/v1/instructions/{draft['id']}")
    expect(seen["state"] == "in_force" and seen["legal_basis"], "the provider reads number and basis")
    return str(draft["id"])


def bundle_of(world: World, party: str) -> dict[str, Any]:
    """A fresh selection's bundle that is the party's."""
    firm = world.clients["imaging"]
    rows = Client(world.regional.url).get("/api/v1/catalogue/offers", limit=200)["items"]
    own = {row["offer"] for row in rows if row["provider"] == world.facts[party]}
    made = firm.post("/api/v1/selections", world.load("demand.json")["main"])
    bundles = made["answer"]["bundles"]
    index = next((i for i, bundle in enumerate(bundles) if bundle["offer"] in own), None)
    expect(index is not None, f"the provider still has something to sell: {bundles}")
    return {"selection": made["id"], "bundle": index}
