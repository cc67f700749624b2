"""Step 5: line providers open lines: one discloses a network, one sells committed lines end to end."""

from datetime import UTC, datetime, timedelta
from typing import Any

from demo.client import Client, expect
from demo.steps.identify import approve
from demo.world import World

SERVICE = {"availability_class": "99.99", "isolation": "hard", "encryption": "sm4", "sla": "enhanced"}
CSV = {"Content-Type": "text/csv; charset=utf-8"}


def run(world: World) -> str:
    """Import networks, lines, tariffs and evidence, identify the products; light itself refutes a false claim."""
    jia, yi = world.clients["line-jia"], world.clients["line-yi"]
    network = world.load("network_jia.json")
    jia.post("/api/v1/networks:import", network)
    csv(jia, "/api/v1/tariffs:import", world.text("tariffs_jia.csv"))
    csv(yi, "/api/v1/committed-lines:import", world.text("committed_lines_yi.csv"))
    csv(yi, "/api/v1/tariffs:import", world.text("tariffs_yi.csv"))
    last_month = (datetime.now(UTC) - timedelta(days=30)).isoformat()
    measured = world.load("latency_evidence.json")["evidence"]
    evidence = [{**record, "measured_at": last_month} for record in measured]
    for record in evidence:
        taken = jia.post("/api/v1/latency-evidence", {**record, "marking": "演示数据"})
        expect(taken["state"] == "accepted", f"{record['span']} is measured: {taken}")
    false = {**evidence[0], "value_us": 1, "clock_bound_us": 0}
    refused = jia.send("POST", "/api/v1/latency-evidence", json=false)
    expect(400 <= refused.status_code < 500, "a claim faster than light is refused")  # noqa: PLR2004
    price_anew(jia, world.text("tariffs_jia.csv"))
    (otn,) = jia.get("/api/v1/line-products", technology="otn")["items"]
    jia.post(f"/api/v1/line-products/{otn['id']}:describe", SERVICE)
    applied = [*apply_for(jia), *apply_for(yi)]
    codes = approve(world, applied)
    for client in (jia, yi):
        for product in client.get("/api/v1/line-products")["items"]:
            gate = client.get(f"/api/v1/line-products/{product['id']}/gate")
            expect(gate["sellable"], f"{product['technology']} may be sold: {gate['blocks']}")
    circles = within_a_millisecond(world)
    return (
        f"{len(network['sites'])} sites, {len(network['spans'])} spans disclosed; "
        f"{len(codes)} line products identified; a claim below light refused: {refused.json()['code']}; "
        f"1 ms circles of Suzhou: {circles['access_points_reached']} access points, "
        f"{circles['union_km2']} km² by {circles['count']} medium centres"
    )


def price_anew(carrier: Client, tariffs: str) -> None:
    """A price is taken off the market, which stays to be read, and the step is priced by a new row."""
    first = carrier.get("/api/v1/tariffs", limit=1)["items"][0]
    version = {"If-Match": f'"{first["generation"]}"'}
    carrier.post(f"/api/v1/tariffs/{first['id']}:withdraw", {"reason": "价格录入有误"}, headers=version)
    (withdrawn,) = carrier.get("/api/v1/tariffs", state="withdrawn")["items"]
    expect(withdrawn["id"] == first["id"], "what was withdrawn is still to be read")
    expect(csv(carrier, "/api/v1/tariffs:import", tariffs)["created"] == 1, "its step is priced anew")


def within_a_millisecond(world: World) -> Any:
    """The regulator declares a boundary and has the circles drawn; the numbers are everybody's, the geometry is not."""
    regulator, firm = world.clients["regulator-one"], world.clients["imaging"]
    boundary = regulator.post("/api/v1/metro-boundaries", world.load("boundary_suzhou.json"))
    drawn = regulator.post("/api/v1/latency-circles", {"city": boundary["city"], "marking": "演示数据"})
    here = f"/api/v1/latency-circles/{drawn['id']}"
    expect(firm.get(here)["numbers"] == drawn["numbers"], "a firm reads the same numbers")
    expect(firm.send("GET", f"{here}/geometry").status_code == 403, "and no geometry")  # noqa: PLR2004
    features = regulator.get(f"{here}/geometry")["features"]
    expect(features[0]["properties"]["kind"] == "boundary", "which the regulator sees")
    (reported,) = [each for each in drawn["numbers"]["variants"] if each["reported"]]
    expect(float(reported["coverage"]) > 0, f"something is covered: {drawn['numbers']}")
    return reported


def csv(client: Client, path: str, text: str) -> Any:
    """Send one CSV file; it is taken as a whole."""
    response = client.send("POST", path, content=text.encode(), headers=CSV, params={"marking": "演示数据"})
    expect(response.is_success, f"{path} takes the file: {response.text[:400]}")
    return response.json()


def apply_for(client: Client) -> list[str]:
    """Apply for the identifiers of the caller's line products."""
    made = []
    for product in client.get("/api/v1/line-products", limit=200)["items"]:
        attributes = {
            "name": f"{product['line_provider']} {product['technology']}",
            "from_division": "320571",
            "to_division": "320509",
            "technology": product["technology"],
            "bandwidth_mbps": 1000,
            "marking": "演示数据",
        }
        body = {"kind": "line", "subject": product["id"], "attributes": attributes}
        made.append(client.post("/api/v1/identifiers", body)["id"])
    return made
