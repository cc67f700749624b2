"""Step 6: the nodes below are cut off; work goes on and waits, arrives once when the way is there again, and is proved."""

from datetime import datetime, timedelta
from itertools import pairwise

from demo.client import expect
from demo.federation import JIANGSU, NATION, ZHEJIANG, Nation
from demo.federation.wait import until

REPORTS = 3


def run(nation: Nation) -> str:
    """Send reports into a partition, in both suites; open it; compare totals and roots."""
    nation.proxy.partition()
    sent = {node: report(nation, node) for node in (JIANGSU, ZHEJIANG)}
    for node in sent:
        until(
            f"{node} cannot reach the national node",
            lambda node=node: failures(nation, node) > 1,  # type: ignore[misc]
        )
    nation.proxy.heal()
    roots = []
    for node, reports in sent.items():
        operator = nation.who(node, "operator-system")
        until(
            f"every report of {node} is receipted",
            lambda operator=operator, reports=reports: all(  # type: ignore[misc]
                operator.get(f"/api/v1/reports/{each}")["state"] == "receipted" for each in reports
            ),
            seconds=90,
        )
        pairs = operator.post("/api/v1/manifests:exchange")["items"]
        expect(pairs and all(pair["agreed"] for pair in pairs), f"the manifests of {node} agree: {pairs}")
        roots.append(str(next(pair["root"] for pair in pairs if pair["stream"].startswith("reports"))))
    held = {
        row["root"]
        for row in nation.who(NATION, "operator-system").get("/api/v1/manifests", limit=200)["items"]
    }
    expect(set(roots) <= held, "the national node holds the same roots")
    return (
        f"{REPORTS} reports of each region waited {nation.proxy.refused} refused requests long, arrived once; "
        f"roots agree: {roots[0][:12]}… by SHA-256, {roots[1][:12]}… by SM3"
    )


def report(nation: Nation, node: str, *, hour: int = 0) -> list[str]:
    """Draft, review and send the traffic of some hours that are over, from one on; the reports."""
    first = datetime.fromisoformat("2026-06-01T00:00:00+00:00")
    hours = [(first + timedelta(hours=each)).isoformat() for each in range(hour, hour + REPORTS + 1)]
    operator, made = nation.who(node, "operator-system"), []
    for start, end in pairwise(hours):
        draft = operator.post("/api/v1/reports", {"section": "nodes.traffic", "start": start, "end": end})
        nation.who(node, "regulator-one").post(f"/api/v1/reports/{draft['id']}:review")
        operator.post(f"/api/v1/reports/{draft['id']}:send")
        made.append(draft["id"])
    return made


def failures(nation: Nation, node: str) -> int:
    """How often in a row a node could not reach the national one with its reports."""
    rows = nation.who(node, "operator-system").get("/api/v1/streams", limit=200)["items"]
    return max((row["failures"] for row in rows if row["name"].startswith("reports")), default=0)
