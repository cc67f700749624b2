"""Step 9: Zhejiang is put back to a backup, forgets what it sent since, and learns it from the nation, each message proved."""

from typing import Any

from config.embedded.addresses import database_name
from config.embedded.nodes import Node
from demo.client import expect
from demo.federation import NATION, ZHEJIANG, Nation
from demo.federation.outage import REPORTS, report
from demo.federation.wait import until

BACKUP = "node_backup"
CONFLICT = 409


def run(nation: Nation) -> str:
    """Back up, send, restore, resume; compare numbers, totals and roots, and send on."""
    node, operator = nation.nodes[ZHEJIANG], nation.who(ZHEJIANG, "operator-system")
    database = database_name(node.spec.databases)
    settled(nation)
    copy(node, of=database, to=BACKUP)
    receipted(nation, report(nation, ZHEJIANG, hour=REPORTS))
    sent = settled(nation)
    told = totals(nation, ZHEJIANG)
    copy(node, of=BACKUP, to=database)
    forgot = sent["last"] - nation.stream(ZHEJIANG, "reports.platform", NATION)["last"]
    expect(forgot == REPORTS, f"the restored database forgot what it had sent: {forgot}")
    for row in operator.get("/api/v1/streams", limit=200)["items"]:
        answer = operator.send("POST", f"/api/v1/streams/{row['id']}:resume", json={"restored": True})
        expect(answer.status_code in (200, CONFLICT), f"taken back, or nothing was forgotten: {answer.text}")
    stands = nation.stream(ZHEJIANG, "reports.platform", NATION)
    expect(
        (stands["last"], stands["acked"]) == (sent["last"], sent["acked"]), f"every number is known: {stands}"
    )
    expect(told == totals(nation, ZHEJIANG) == totals(nation, NATION), "one set of totals, as before")
    receipted(nation, report(nation, ZHEJIANG, hour=2 * REPORTS))
    pairs = operator.post("/api/v1/manifests:exchange")["items"]
    expect(all(pair["agreed"] for pair in pairs), f"and every manifest agrees: {pairs}")
    return f"{forgot} reports taken back with their receipts, {REPORTS} more behind them, {len(pairs)} manifests agree"


def receipted(nation: Nation, reports: list[str]) -> None:
    """Wait until the nation has receipted each of Zhejiang's reports."""
    operator = nation.who(ZHEJIANG, "operator-system")
    until(
        "every report is receipted",
        lambda: all(operator.get(f"/api/v1/reports/{each}")["state"] == "receipted" for each in reports),
        seconds=90,
    )


def settled(nation: Nation) -> dict[str, Any]:
    """Zhejiang's stream of reports once nothing on it waits for a receipt, such as the manifests of the step before."""

    def still() -> dict[str, Any]:
        row = nation.stream(ZHEJIANG, "reports.platform", NATION)
        return row if row["last"] == row["acked"] else {}

    return until("every number is receipted", still, seconds=90)


def totals(nation: Nation, node: str) -> list[object]:
    """What a node holds of Zhejiang's reports, added up."""
    rows = nation.who(node, "operator-system").get("/api/v1/federation/totals")["items"]
    return [row for row in rows if row["node"] == ZHEJIANG]


def copy(node: Node, *, of: str, to: str) -> None:
    """Stop the node, make one database a copy of the other, and start it again."""
    node.stop()
    node.stack.postgresql.drop_database(to)
    node.stack.postgresql.make_database(to, like=of)
    node.start()
    node.wait()
