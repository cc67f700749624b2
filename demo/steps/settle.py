"""Step 9: both sides meter, the voucher's cap binds, the period is settled, and a script recomputes it to the fen."""

import json
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from config.embedded.stack import ROOT
from demo.client import Client, expect
from demo.world import World

BLOCK = timedelta(days=1)  # of the accelerated service clock
DAYS = 1


def run(world: World) -> str:
    """Meter a day, dispute nothing, claim, settle, read the same statement from every side, verify it."""
    operator, firm = world.clients["operator-system"], world.clients["imaging"]
    order = world.facts["order"]
    claim = claim_voucher(world, order["id"])
    end = meter(world, order)
    period = {"start": order["billing_started_at"], "end": end.isoformat()}
    settlement = world.until("the period is over", lambda: settled(world, period))
    again = operator.post("/api/v1/settlements", period)
    expect(again["id"] == settlement["id"], "settling a period again changes nothing")
    proposal = operator.post(f"/api/v1/settlements/{settlement['id']}:propose-closing")
    world.clients["operator-security"].post(f"/api/v1/proposals/{proposal['id']}:approve")
    readers = [firm, world.clients[world.facts["compute-party"]], world.clients[world.facts["line-party"]]]
    statements = [reader.get("/api/v1/statements", order=order["id"])["items"] for reader in readers]
    expect(len(statements[0]) == 1, "there is one statement of the order")
    expect(all(seen == statements[0] for seen in statements), "every side reads the same statement")
    statement = statements[0][0]
    verify(statement, firm.get(f"/api/v1/statements/{statement['id']}/evidence"))
    return (
        f"user {yuan(statement['user_fen'])} + voucher {yuan(statement['voucher_fen'])} = compute "
        f"{yuan(statement['provider_fen'])} + line {yuan(statement['line_provider_fen'])} + node fee "
        f"{yuan(statement['fee_fen'])} + residue {statement['residue_fen']} fen; voucher granted "
        f"{yuan(claim['amount_fen'])} of {yuan(claim['eligible_fen'] // 5)} (the year's cap binds); recomputed to the fen"
    )


def claim_voucher(world: World, order: str) -> dict[str, Any]:
    """Put the policy in force, take over the year's earlier claims, and claim on the contract."""
    operator, firm = world.clients["operator-system"], world.clients["imaging"]
    policy = operator.post("/api/v1/voucher-policies", world.load("voucher_policy.json"))
    world.clients["regulator-one"].post(f"/api/v1/voucher-policies/{policy['id']}:approve")
    history = world.load("voucher_history.json")
    parties = {party["key"]: party for party in world.load("organisations.json")["organisations"]}
    for earlier in history["claims"]:
        balance = {
            "enterprise": parties[history["user"]]["uscc"],
            "claimed_on": earlier["claimed_on"],
            "contract_ref": earlier["contract_ref"],
            "claimed_fen": earlier["claimed_fen"],
            "redeemed_fen": earlier["claimed_fen"],
            "evidence": f"演示数据 {earlier['claim']}",
        }
        proposal = operator.post("/api/v1/voucher-balances", balance)
        world.clients["operator-security"].post(f"/api/v1/proposals/{proposal['id']}:approve")
    claim: dict[str, Any] = firm.post("/api/v1/voucher-claims", {"order": order})
    expect(
        claim["amount_fen"] * 5 < claim["eligible_fen"],
        "the annual cap binds, not the 20 % of the compute part",
    )
    return claim


def meter(world: World, order: dict[str, Any]) -> datetime:
    """The provider's agent reports a day at a time as the service clock passes it; the end of the last."""
    provider = world.clients[world.facts["compute-party"]]
    begin = datetime.fromisoformat(order["billing_started_at"])
    for day in range(DAYS):
        reading = {
            "order": order["id"],
            "sequence": day + 1,
            "window_start": (begin + day * BLOCK).isoformat(),
            "window_end": (begin + (day + 1) * BLOCK).isoformat(),
            "machine_seconds": world.facts["best"]["quantity"] * int(BLOCK.total_seconds()),
        }
        world.until(
            f"day {day + 1} of the accelerated clock has passed",
            partial(accepts, provider, reading),
        )
    return begin + DAYS * BLOCK


def accepts(provider: Client, reading: dict[str, Any]) -> bool:
    """Whether the node takes the reading now."""
    return provider.send("POST", "/api/v1/meter-records", json=reading).is_success


def settled(world: World, period: dict[str, str]) -> Any:
    """The settlement, once the period may be settled."""
    answer = world.clients["operator-system"].send("POST", "/api/v1/settlements", json=period)
    return answer.json() if answer.is_success else None


def verify(statement: Any, evidence: Any) -> None:
    """Recompute the statement with the stand-alone script, which knows nothing of the node."""
    with tempfile.TemporaryDirectory() as name:
        files = []
        for part, document in (("statement", statement), ("evidence", evidence)):
            files.append(Path(name) / f"{part}.json")
            files[-1].write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        command = [sys.executable, "-I", str(ROOT / "demo" / "verify_statement.py"), *map(str, files)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own script
    expect(done.returncode == 0, f"the script recomputes every figure: {done.stdout}{done.stderr}")


def yuan(fen: int) -> str:
    """Fen as people read them."""
    return f"¥{fen // 100}.{fen % 100:02d}"
