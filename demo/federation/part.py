"""Step 8: Zhejiang is detached for a reason and told so, is heard no more, and comes back; its stream goes on where it was."""

from demo.client import expect
from demo.federation import NATION, ZHEJIANG, Nation
from demo.federation.attach import attach
from demo.federation.wait import until


def run(nation: Nation) -> str:
    """Detach from above, see it below, attach again in the suite of before, and compare manifests."""
    operator, region = nation.who(NATION, "operator-system"), nation.who(ZHEJIANG, "operator-system")
    (row,) = operator.get("/api/v1/nodes", code=ZHEJIANG)["items"]
    operator.post(f"/api/v1/nodes/{row['id']}:detach", {"reason": "演示：年度复核未通过"})
    until(
        "the region knows that it was detached",
        lambda: region.get("/api/v1/nodes", code=NATION)["items"][0]["state"] == "detached",
    )
    (there,) = region.get("/api/v1/nodes", code=NATION)["items"]
    log = region.get(f"/api/v1/nodes/{there['id']}/log")["items"]
    expect(any("年度复核" in entry["reason"] for entry in log), "with the reason")
    prefix = attach(nation, ZHEJIANG, NATION, "gm")
    expect(prefix == "86.330000", "it comes back to its own prefix")
    pairs = region.post("/api/v1/manifests:exchange")["items"]
    expect(all(pair["agreed"] for pair in pairs), "its streams go on where they were")
    return f"detached with its reason told and logged on both sides, attached again, {len(pairs)} manifests agree"
