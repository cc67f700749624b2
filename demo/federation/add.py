"""Step 4: the region reports the same period upwards: its industry node's records in it once, and told apart from its own."""

from demo.client import expect
from demo.federation import IMAGING, JIANGSU, NATION, Nation
from demo.federation.monitor import SECTION
from demo.federation.wait import until


def run(nation: Nation) -> str:
    """Draft, review and send; read the parts at the nation, and compare the industry node's root with its own word."""
    operator, above = nation.who(JIANGSU, "operator-system"), nation.who(NATION, "operator-system")
    reported = nation.facts["report"]
    draft = operator.post("/api/v1/reports", {"section": SECTION, **nation.facts["period"]})
    nation.who(JIANGSU, "regulator-one").post(f"/api/v1/reports/{draft['id']}:review")
    operator.post(f"/api/v1/reports/{draft['id']}:send")
    until(
        "the nation has receipted it",
        lambda: operator.get(f"/api/v1/reports/{draft['id']}")["state"] == "receipted",
    )
    (row,) = above.get("/api/v1/reports", node=JIANGSU, section=SECTION)["items"]
    held = above.get(f"/api/v1/reports/{row['id']}")
    own, theirs = held["parts"]
    expect((own["node"], theirs["node"]) == (JIANGSU, IMAGING), f"its own part first: {held['parts']}")
    expect((own["count"], theirs["count"]) == (0, reported["count"]), "each record is in one part")
    expect(held["count"] == reported["count"], "and counted once")
    expect(theirs["complete"] and theirs["root"] == reported["root"], "by the root that it reported itself")
    expect(
        {each["reported_by"] for each in held["records"]} == {IMAGING}, "and each record says who reported it"
    )
    totals = above.get("/api/v1/federation/totals")["items"]
    (total,) = [each for each in totals if (each["node"], each["section"]) == (JIANGSU, SECTION)]
    expect([part["node"] for part in total["parts"]] == [JIANGSU, IMAGING], "so do the totals")
    return f"{theirs['count']} records of {IMAGING} in the report of {JIANGSU}, root {theirs['root'][:12]}… as it reported itself"
