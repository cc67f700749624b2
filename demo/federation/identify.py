"""Step 2: a party of the industry node registers there; its identifiers are asked for at the region, filed, and mirrored."""

from typing import Any

from demo.client import Client, expect
from demo.federation import IMAGING, JIANGSU, NATION, Nation
from demo.steps.identify import described
from demo.steps.register import register, upload
from demo.steps.supply import body_of
from demo.world import World

PARTY, CENTRE, POOL = "compute-jia", "wujiang", "wj-910b"
NOT_FOUND = 404


def run(nation: Nation) -> str:
    """Register, apply, let the region decide, read the same code on three nodes."""
    data = World(nation.nodes[JIANGSU], nation.nodes[NATION], nation.proxy)  # for its files only
    settle(nation, IMAGING, data)
    provider, applied = nation.who(IMAGING, PARTY), []
    for kind, name in (("centre", CENTRE), ("pool", POOL)):
        (row,) = [each for each in data.load(f"{kind}s.json")[f"{kind}s"] if each[kind] == name]
        made = provider.post(f"/api/v1/{kind}s", body_of(row))
        nation.facts[kind] = made["id"]
        body = {"kind": kind, "subject": made["id"], "attributes": described(data, kind, row)}
        applied.append(provider.post("/api/v1/identifiers", body)["id"])
    here = nation.who(IMAGING, "regulator-one").send("POST", f"/api/v1/identifiers/{applied[0]}:approve")
    expect(here.status_code == NOT_FOUND, "the industry node issues nothing")
    expect(nation.nodes[JIANGSU].url in here.json()["detail"], "and says which node does")
    region = nation.who(JIANGSU, "regulator-one")
    asked = data.until(
        "the region has both applications",
        lambda: both(region.get("/api/v1/identifiers")["items"], len(applied)),
    )
    for each in asked:
        if each["review"] != "by_rule":
            region.post(f"/api/v1/identifiers/{each['id']}:approve")
    rows = data.until("both are active on the industry node", lambda: active(provider, applied), seconds=40)
    codes = sorted(row["code"] for row in rows)
    filed = sorted(row["code"] for row in nation.who(NATION, "regulator-one").get("/api/v1/filings")["items"])
    expect(filed == codes, f"the national register has them: {filed} {codes}")
    resolved = Client(nation.nodes[JIANGSU].url).get(f"/api/v1/identifiers/{codes[0]}")
    expect(resolved, "anybody resolves it at the region")
    nation.facts["code"] = next(row["code"] for row in rows if row["kind"] == "pool")
    return f"{len(codes)} codes asked for at {IMAGING}, decided by {JIANGSU}, filed at {NATION}, mirrored, e.g. {codes[0]}"


def settle(nation: Nation, node: str, data: World) -> None:
    """Register and certify the party at a node."""
    party = next(each for each in data.load("organisations.json")["organisations"] if each["key"] == PARTY)
    url = nation.nodes[node].url
    joined = register(Client(url), party)
    client = Client(url, joined["api_key"])
    here = f"/api/v1/organisations/{joined['organisation']['id']}"
    checker, decider = nation.who(node, "operator-system"), nation.who(node, "operator-security")
    case = f"/api/v1/cases/{client.get(f'{here}/standing')['case']}"
    checker.post(f"{case}:assign", {})
    for document in party["documents"]:
        upload(client, here, document)
    checker.post(f"{case}:check")
    decider.post(f"{case}:certify")
    nation.people[node][PARTY] = client
    nation.facts[f"{node}/code"] = party["uscc"]


def both(rows: list[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """The rows, once there are so many."""
    return rows if len(rows) == count else []


def active(client: Client, applied: list[str]) -> list[dict[str, Any]]:
    """The identifiers, once each is active."""
    rows = [client.get(f"/api/v1/identifiers/{each}") for each in applied]
    return rows if all(row["state"] == "active" for row in rows) else []
