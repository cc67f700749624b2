"""Step 12: signed, numbered batches go up; one is lost on purpose, found and sent again; totals and roots agree."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from demo.client import Client, expect
from demo.markings import look_for_unmarked
from demo.world import World

SECTIONS = ("platform.market", "nodes.traffic", "resource.pools", "dispatch.selections", "trade.totals")
MESSAGES = "/messages"


def run(world: World) -> str:
    """Draft, review, send through the proxy that loses one, compare totals and manifests."""
    operator, regulator = world.clients["operator-system"], world.clients["regulator-one"]
    look = ThreadPoolExecutor(1).submit(look_for_unmarked, world)  # meanwhile: it changes nothing
    period = {
        "start": world.facts["begun"],
        "end": operator.get("/api/v1/selections", limit=1)["items"][0]["created_at"],
    }
    drafts = [operator.post("/api/v1/reports", {"section": section, **period}) for section in SECTIONS]
    early = operator.send("POST", f"/api/v1/reports/{drafts[0]['id']}:send")
    expect(early.status_code == 409, "nothing goes out that the supervision has not reviewed")  # noqa: PLR2004
    lost = world.proxy.lost
    world.proxy.lose(1, MESSAGES)
    for draft in drafts:
        regulator.post(f"/api/v1/reports/{draft['id']}:review")
        operator.post(f"/api/v1/reports/{draft['id']}:send")
    sent = [draft["id"] for draft in drafts]
    world.until("every report has its receipt", lambda: receipted(operator, sent), seconds=40)
    expect(world.proxy.lost == lost + 1, "one batch was lost on the way")
    ours, theirs = totals(operator, period), totals(world.clients["national-operator-system"], period)
    expect(ours and ours == theirs, f"national totals equal regional totals: {ours} {theirs}")
    manifests = operator.post("/api/v1/manifests:exchange")["items"]
    expect(manifests and all(pair["agreed"] for pair in manifests), f"every manifest agrees: {manifests}")
    root = manifests[0]["root"]
    return (
        f"{len(drafts)} reports receipted, 1 lost and sent again, totals of {len(ours)} sections equal, "
        f"{len(manifests)} manifests agree, e.g. root {root[:16]}…; {look.result()}"
    )


def receipted(operator: Client, reports: list[str]) -> bool:
    """Whether the national node has taken each."""
    return all(operator.get(f"/api/v1/reports/{report}")["state"] == "receipted" for report in reports)


def totals(client: Client, period: dict[str, str]) -> dict[str, Any]:
    """Section → count and sums, as this side adds them up."""
    items = client.get("/api/v1/federation/totals", since=period["start"], until=period["end"])["items"]
    return {item["section"]: (item["records"], item["sums"]) for item in items}
