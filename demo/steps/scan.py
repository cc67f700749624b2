"""Step 11: a real scanner report; its critical finding takes the offer off the market until it is closed with evidence."""

import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from demo.client import Client, expect
from demo.world import World
from kernel.merkle import leaf_hash, verify_inclusion

OFFER = "wj-910b-hour"
SCRIPT = Path(__file__).resolve().parents[1] / "verify_audit.py"


def run(world: World) -> str:
    """Import, see the offer leave, hand in evidence, have it confirmed, see it come back, and prove it in the audit."""
    provider, security = world.clients["compute-jia"], world.clients["operator-security"]
    nobody = Client(world.regional.url)
    body = {
        "asset": "platform-image",
        "kind": "image",
        "name": "示范平台镜像（演示数据）",
        "resources": [world.facts[f"offer:{OFFER}"]],
    }
    asset = provider.post("/api/v1/assets", body)
    expect(on_sale(nobody), "the offer is on the market")
    report = world.load("scanner_report.trivy.json")
    scan = security.post("/api/v1/scans", {"asset": asset["id"], "tool": "trivy", "report": report})
    again = security.post("/api/v1/scans", {"asset": asset["id"], "tool": "trivy", "report": report})
    expect((scan["opened"], again["opened"]) == (5, 0), "five findings, and none of them twice")
    (finding,) = provider.get("/api/v1/findings", severity="critical")["items"]
    expect(not on_sale(nobody), "the critical finding takes the offer off the market")
    why = provider.get(f"/api/v1/offers/{world.facts[f'offer:{OFFER}']}/gate")["blocks"]
    here = f"/api/v1/findings/{finding['id']}"
    alone = provider.send("POST", f"{here}:confirm")
    expect(alone.status_code == 403, "nobody closes his own findings")  # noqa: PLR2004
    evidence = hashlib.sha256(world.text("scanner_report.trivy.json").encode()).hexdigest()
    provider.post(f"{here}:submit-evidence", {"note": "升级 libbz2 至 1.0.6-r7（演示）", "sha256": evidence})
    expect(not on_sale(nobody), "evidence alone does not bring it back")
    closed = security.post(f"{here}:confirm")
    expect(closed["state"] == "closed" and on_sale(nobody), "confirmed evidence brings it back")
    size, path = prove(world, "security.scan_imported")
    verify(world)
    codes = ", ".join(block["code"] for block in why)
    return (
        f"{scan['seen']} findings, {finding['rule']} critical: {OFFER} off the market ({codes}), back after evidence and "
        f"confirmation; the import is proved in a signed audit log of {size} events by {path} hashes, all of them as they were signed"
    )


def on_sale(nobody: Client) -> bool:
    """Whether the public catalogue has the offer."""
    rows = nobody.get("/api/v1/catalogue/offers", limit=200)["items"]
    return any(row["offer"] == OFFER for row in rows)


def prove(world: World, name: str) -> tuple[int, int]:
    """Verify an event's place in the newest checkpoint with nothing but the answers; size and length of the path."""
    nobody, auditor = Client(world.regional.url), world.clients["operator-audit"]
    event = world.until(
        "the event is relayed", lambda: auditor.get("/api/v1/audit/events", name=name)["items"]
    )[0]

    def proof() -> Any:
        answer = nobody.http.get("/api/v1/audit/proof", params={"position": event["position"]})
        return answer.json() if answer.is_success else None

    found = world.until("a checkpoint has the event", proof)
    point = found["checkpoint"]
    good = verify_inclusion(
        leaf=leaf_hash(event["leaf"].encode()),
        index=event["position"] - 1,
        size=point["size"],
        proof=[bytes.fromhex(each) for each in found["path"]],
        expected_root=bytes.fromhex(point["root"]),
    )
    expect(good, "the proof leads from the event to the root that the node signed")
    return point["size"], len(found["path"])


def verify(world: World) -> None:
    """Check the whole log with the stand-alone script, which knows nothing of the node."""
    nobody, auditor = Client(world.regional.url), world.clients["operator-audit"]
    points = nobody.get("/api/v1/audit/checkpoints", limit=200)
    documents = [nobody.get("/api/v1/node-key"), points]
    after, last = -1, 0
    while after < last:
        after = last
        page = auditor.get("/api/v1/audit/events", after=after)
        documents, last = [*documents, page], page["last"]
    with tempfile.TemporaryDirectory() as name:
        files = [Path(name) / f"{number}.json" for number, _ in enumerate(documents)]
        for file, document in zip(files, documents, strict=True):
            file.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        command = [sys.executable, "-I", str(SCRIPT), *map(str, files)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own script
    expect(done.returncode == 0, f"no event was altered or taken out: {done.stdout}{done.stderr}")
