"""Step 1: each node attaches to the one above it, by an invitation with its reason; one pair in SM2 and SM3."""

from demo.client import expect
from demo.federation import IMAGING, JIANGSU, NATION, ZHEJIANG, Nation

PAIRS = ((JIANGSU, NATION, "international"), (ZHEJIANG, NATION, "gm"), (IMAGING, JIANGSU, "international"))
CONFLICT = 409


def run(nation: Nation) -> str:
    """Attach all three; an industry node is refused where it does not belong."""
    wrong = nation.who(NATION, "operator-system").send(
        "POST", "/api/v1/node-invitations", json={"code": IMAGING, "role": "industry"}
    )
    expect(wrong.status_code == CONFLICT, "an industry node does not attach to the national one")
    prefixes = [attach(nation, below, above, suite) for below, above, suite in PAIRS]
    expect(
        prefixes == ["86.320000", "86.330000", ""], f"regions issue, the industry node does not: {prefixes}"
    )
    known = nation.who(NATION, "regulator-one").get("/api/v1/nodes")["items"]
    suites = {node["code"]: node["suite"] for node in known}
    expect(suites == {JIANGSU: "international", ZHEJIANG: "gm"}, f"each pair has its suite: {suites}")
    log = nation.who(NATION, "regulator-one").get(f"/api/v1/nodes/{known[0]['id']}/log")["items"]
    expect(log[0]["reason"] and log[0]["person"], "the log says why and by whom")
    return "2 regions and 1 industry node attached; Jiangsu in Ed25519/SHA-256, Zhejiang in SM2/SM3; reasons logged"


def attach(nation: Nation, below: str, above: str, suite: str) -> str:
    """Invite and attach; the prefix that was delegated, empty for none."""
    invited = nation.who(above, "operator-system").post(
        "/api/v1/node-invitations",
        {
            "code": below,
            "role": nation.nodes[below].spec.role,
            "suite": suite,
            "reason": "演示：批复〔2026〕1号",
        },
    )
    wish = {"url": nation.nodes[above].url, "token": invited["token"], "reason": "演示：按批复接入"}
    attached = nation.who(below, "operator-system").post("/api/v1/upstreams", wish)
    expect(attached["code"] == above, f"{below} is attached to {above}")
    rows = nation.who(above, "operator-system").get("/api/v1/nodes", code=below)["items"]
    return str(rows[0]["prefixes"][0]) if rows[0]["prefixes"] else ""
