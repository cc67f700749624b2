"""Step 3: the industry node takes in monitoring data and reports them; its region holds the same totals and the same root."""

from datetime import UTC, datetime, timedelta

from demo.client import expect
from demo.federation import IMAGING, JIANGSU, Nation
from demo.federation.identify import PARTY
from demo.federation.wait import until
from demo.steps.monitor import point, send

SECTION = "resource.telemetry"
METRICS = {"cards_installed": 128, "cards_in_use": 96}
EVERY = 300  # seconds
NOT_FOUND = 404


def run(nation: Nation) -> str:
    """Declare a feed, send points, report the closed period, compare."""
    provider, operator = nation.who(IMAGING, PARTY), nation.who(IMAGING, "operator-system")
    end = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=1)
    start = end - timedelta(seconds=EVERY)
    feed = provider.post(
        "/api/v1/feeds",
        {
            "kind": "resource",
            "resource": nation.facts["pool"],
            "interval_seconds": EVERY,
            "since": start.isoformat(),
            "marking": "演示数据",
        },
    )
    points = [point(feed, metric, start, value, 1) for metric, value in METRICS.items()]
    expect(send(provider, points)["stored"] == len(METRICS), "every point is taken at the industry node")
    window = nation.who(IMAGING, "regulator-one").send("GET", "/api/v1/monitoring/overview")
    expect(window.status_code == NOT_FOUND, "the window itself is its region's")
    period = {"start": start.isoformat(), "end": end.isoformat()}
    nation.facts["period"] = period
    draft = operator.post("/api/v1/reports", {"section": SECTION, **period})
    nation.who(IMAGING, "regulator-one").post(f"/api/v1/reports/{draft['id']}:review")
    operator.post(f"/api/v1/reports/{draft['id']}:send")
    until(
        "the region has receipted it",
        lambda: operator.get(f"/api/v1/reports/{draft['id']}")["state"] == "receipted",
    )
    nation.facts["report"] = draft
    ours, theirs = (
        nation.who(node, "operator-system").get("/api/v1/federation/totals")["items"]
        for node in (IMAGING, JIANGSU)
    )
    expect(ours and ours == theirs, f"the region's totals are the industry node's: {ours} {theirs}")
    pairs = operator.post("/api/v1/manifests:exchange")["items"]
    expect(all(pair["agreed"] for pair in pairs), f"every manifest agrees: {pairs}")
    return f"{len(METRICS)} points reported to {JIANGSU}, totals equal, {len(pairs)} manifests agree"
