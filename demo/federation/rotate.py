"""Step 5: Jiangsu's next key is told to the nodes above and below under the former one; every word of before stays good."""

from demo.client import Client, expect
from demo.federation import IMAGING, JIANGSU, NATION, Nation
from demo.federation.wait import until


def run(nation: Nation) -> str:
    """Propose, approve, wait for both peers, and exchange manifests under the new key."""
    operator, nobody = nation.who(JIANGSU, "operator-system"), Client(nation.nodes[JIANGSU].url)
    before = nobody.get("/api/v1/node-key")["keyid"]
    after = nation.facts["next_key"]
    proposed = operator.post("/api/v1/node-keys", {"key_id": after})
    nation.approve(JIANGSU, proposed["proposal"], by="operator-security")
    for peer in (NATION, IMAGING):
        until(
            f"{peer} knows the next key",
            lambda peer=peer: [before, after] == keys(nation, peer, JIANGSU),  # type: ignore[misc]
        )
    told = nobody.get("/api/v1/node-key")
    expect(told["keyid"] == after, "everybody reads the next key")
    former = until("the former key ends", lambda: ending(nobody))
    pairs = operator.post("/api/v1/manifests:exchange")["items"]
    expect(pairs and all(pair["agreed"] for pair in pairs), "manifests under the new key agree")
    return f"key {before[:8]}… followed by {after[:8]}… on {NATION} and {IMAGING}; the former is good until {former[:16]}"


def keys(nation: Nation, node: str, peer: str) -> list[str]:
    """The peer's keys that a node knows, the oldest first."""
    (row,) = nation.who(node, "operator-system").get("/api/v1/nodes", code=peer)["items"]
    return [key["key_id"] for key in sorted(row["keys"], key=lambda key: int(key["version"]))]


def ending(nobody: Client) -> str:
    """Until when the former key is good; empty while a peer still needs it."""
    first = nobody.get("/api/v1/node-key")["keys"][0]
    return str(first["valid_until"] or "")
