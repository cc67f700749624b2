"""Step 7: the nation instructs a party of a region, the region a resource of its industry node; in force, answered, lifted."""

from datetime import datetime

from demo.client import expect
from demo.federation import IMAGING, JIANGSU, NATION, ZHEJIANG, Nation
from demo.federation.identify import PARTY, settle
from demo.federation.wait import until
from demo.world import World

CONFLICT = 409
LIMIT = 60.0  # seconds in which an instruction is in force


def run(nation: Nation) -> str:
    """Instruct on both steps, and measure how long each took to be in force."""
    data = World(nation.nodes[JIANGSU], nation.nodes[NATION], nation.proxy)
    settle(nation, ZHEJIANG, data)
    took = [
        instruct(nation, NATION, ZHEJIANG, nation.facts[f"{ZHEJIANG}/code"]),
        instruct(nation, JIANGSU, IMAGING, nation.facts["code"]),
        instruct(nation, NATION, IMAGING, nation.facts["code"], via=JIANGSU),
    ]
    return (
        f"in force {took[0]:.1f} s and {took[1]:.1f} s after the second signature, {took[2]:.1f} s two steps down; "
        "acknowledged, rectified, lifted by two"
    )


def instruct(nation: Nation, above: str, below: str, about: str, *, via: str = "") -> float:
    """One instruction from its draft to its end; seconds from the second signature until it was in force.

    `via` is the node between the two that hands it down.
    """
    one = nation.who(above, "regulator-one")
    draft = one.post(
        "/api/v1/node-instructions",
        {
            "node": below,
            "via": via,
            "about": about,
            "number": f"演示{above}〔2026〕{below}号",
            "legal_basis": "演示：《中华人民共和国网络安全法》",
            "reason": "演示数据",
            "effect": "停止新售并整改",
        },
    )
    here, there = f"/api/v1/node-instructions/{draft['id']}", f"/api/v1/instructions/{draft['id']}"
    nation.approve(above, draft["proposal"])

    def stands(state: str) -> bool:
        return bool(one.get(here)["state"] == state)

    until("the instruction is in force", lambda: stands("in_force"), seconds=LIMIT)
    row = one.get(here)
    seconds = datetime.fromisoformat(row["in_force_at"]) - datetime.fromisoformat(row["issued_at"])
    party = nation.who(below, PARTY)
    expect(party.get(there)["node"] == (via or above), "the party reads which node handed it the instruction")
    if via:
        between = nation.who(via, "regulator-one")
        expect(between.get(here)["given_by"] == above, "the node between reads who gave it")
        refused = between.send("POST", f"{here}:propose-lift", json={"reason": "演示"})
        expect(refused.status_code == CONFLICT, "and may not lift it")
    party.post(f"{there}:acknowledge")
    until("it is acknowledged above", lambda: stands("acknowledged"))
    party.post(f"{there}:rectify", {"receipt": "已完成整改（演示）", "sha256": "0" * 64})
    until("what was done is read above", lambda: stands("rectified"))
    lift = one.post(f"{here}:propose-lift", {"reason": "整改属实"})
    nation.approve(above, lift["id"])
    until("it is lifted on both", lambda: stands("lifted"))
    expect(party.get(there)["state"] == "lifted", "the party reads that it is lifted")
    return seconds.total_seconds()
