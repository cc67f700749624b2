"""Machines that a provider sets aside for a reseller, which sells them at its own price: its sale comes out of them alone."""

from demo.client import expect
from demo.world import World

POOL, ALLOTTED, SOLD = "ks-t4", 4, 3
SOLD_OUT = 409


def resell_some(world: World) -> str:
    """Allot machines to the reseller, hold some of its offer, and take the rest back; in words."""
    firm, provider, reseller = (world.clients[name] for name in ("imaging", "compute-jia", "resale"))
    asked = {"pool": POOL, "reseller": world.facts["resale"], "quantity": ALLOTTED}
    allotment = provider.post("/api/v1/allotments", asked)
    here = f"/api/v1/allotments/{allotment['id']}"
    reseller.post(f"{here}:accept", {"pool": f"{POOL}-resale"})
    terms = {"unit": "machine", "min_hours": 1, "price_cny_hour": "88.00", "available": ALLOTTED}
    body = {"offer": f"{POOL}-resale-hour", "pool": f"{POOL}-resale", "marking": "演示数据", **terms}
    offer = reseller.post("/api/v1/offers", body)
    hold = firm.post("/api/v1/holds", {"offer": offer["id"], "quantity": SOLD})
    more = firm.send("POST", "/api/v1/holds", json={"offer": offer["id"], "quantity": ALLOTTED - SOLD + 1})
    expect(more.status_code == SOLD_OUT, f"the reseller sells no more than its own: {more.text[:200]}")
    ended = provider.post(f"{here}:end")
    expect((ended["state"], ended["quantity"]) == ("ending", SOLD), f"what is sold stays: {ended['state']}")
    firm.post(f"/api/v1/holds/{hold['id']}:release")
    return f"of {ALLOTTED} machines allotted to a reseller {SOLD} sold by it, the unsold one taken back"
