"""Verify a stream of federation messages from exported files alone: no database, no code of the node.

    python verify_federation.py FOLDER        exit 0 if everything holds, 1 if anything does not

Needs Python 3.11 and `cryptography`. The folder (format `cin-export/1`), all JSON in UTF-8:

    export.json           {"format": "cin-export/1", "sender": NODE, "receiver": NODE, "stream": NAME,
                           "complete": true when every message of the manifest is here}
    keys.json             {NODE: [{"kty": "OKP", "crv": "Ed25519", "x": ..., "valid_from": TIME,
                           "valid_until": TIME or null}, ...]}  the public keys you pin, from another source
    messages/N.body       the exact bytes sent under sequence N
    messages/N.json       {"method", "authority", "path", "query" (with its ?), "headers": {lower-case names:
                           content-type, content-digest, cin-stream, cin-sequence, signature-input, signature}}
    receipts/N.json       the exact bytes of the receiver's receipt
    receipts/N.signature.json    {"keyid", "alg", "signature" (base64)} over "cin-receipt-v1", a zero byte, the bytes
    manifest.SIDE.json    the exact bytes of the manifest made by SIDE, `sender` (required) or `receiver`,
                          signed with a key that is valid when its day ends
    manifest.SIDE.signature.json {"keyid", "alg", "signature"} over "cin-manifest-v1", a zero byte, the bytes
    proofs/N.json         {"index", "size", "proof": [hex, ...]} that message N is under the sender's root
                          (RFC 9162); needed for every message of an incomplete export

What it checks: every message's RFC 9421 signature, digest and number; every receipt's signature and what it
acknowledges; that no number is missing; that both manifests' counts, totals and Merkle root are those of the bytes;
that a report's figures and root are those of its records, its period is said once, and a correction is the difference.
What it cannot see: events that the sender never put into a message.
"""

import base64
import hashlib
import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

COVERED = (
    "@method",
    "@authority",
    "@path",
    "@query",
    "content-type",
    "content-digest",
    "cin-stream",
    "cin-sequence",
)
SIGNATURE_INPUT = re.compile(r'cin=(\((?P<names>"[^()]*")\)(?P<parameters>(?:;[a-z]+=(?:\d+|"[^"]*"))+))')
TITLES = {
    "files": "文件",
    "messages": "报文签名与摘要",
    "receipts": "回执",
    "sequence": "序号连续",
    "totals": "计数与合计",
    "root": "默克尔根",
    "inclusion": "包含证明",
    "reports": "报告",
    "corrections": "更正",
}


@dataclass
class Report:
    """What was checked, and what did not hold."""

    counts: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def check(self, title: str, what: str, zh: str, en: str, *, holds: bool) -> None:
        """Count one check, and note it if it does not hold."""
        self.counts[title] = self.counts.get(title, 0) + 1
        if not holds:
            self.failures.append(f"FAIL {TITLES[title]} {title}: {what}: {zh} / {en}")


@dataclass
class Export:
    """The folder's description, and the keys by node and thumbprint."""

    folder: Path
    sender: str
    receiver: str
    stream: str
    complete: bool
    keys: dict[str, dict[str, dict[str, Any]]]


def load(path: Path) -> Any:
    """The JSON document in a file."""
    return json.loads(path.read_bytes())


def thumbprint(key: dict[str, Any]) -> str:
    """RFC 7638: SHA-256 of the canonical JWK."""
    canonical = json.dumps({"crv": key["crv"], "kty": key["kty"], "x": key["x"]}, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest()).rstrip(b"=").decode()


def open_export(folder: Path) -> Export:
    """Read what the folder is about. Raises OSError, ValueError or KeyError where it is not an export."""
    about = load(folder / "export.json")
    if about["format"] != "cin-export/1":
        raise ValueError(f"unknown format {about['format']}")
    keys = {
        node: {thumbprint(key): key for key in listed} for node, listed in load(folder / "keys.json").items()
    }
    return Export(folder, about["sender"], about["receiver"], about["stream"], about["complete"], keys)


def signed_by(
    export: Export, *, node: str, keyid: str, at: datetime, signature: bytes, message: bytes
) -> bool:
    """Whether a key of the node that was valid at the time made the signature."""
    key = export.keys.get(node, {}).get(keyid)
    if key is None or at < datetime.fromisoformat(key["valid_from"]):
        return False
    if key["valid_until"] is not None and at >= datetime.fromisoformat(key["valid_until"]):
        return False
    raw = base64.urlsafe_b64decode(key["x"] + "=" * (-len(key["x"]) % 4))
    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def message_signed(export: Export, request: dict[str, Any]) -> bool:
    """Whether the request is the sender's: its RFC 9421 signature base is built again and verified."""
    headers = request["headers"]
    parsed = SIGNATURE_INPUT.fullmatch(headers["signature-input"])
    signature = re.fullmatch(r"cin=:([A-Za-z0-9+/=]+):", headers["signature"])
    if parsed is None or signature is None:
        return False
    names = [name.strip('"') for name in parsed["names"].split(" ")]
    parameters = dict(part.split("=", 1) for part in parsed["parameters"].lstrip(";").split(";"))
    if sorted(names) != sorted(COVERED) or parameters.get("alg") != '"ed25519"':
        return False
    values = {f"@{name}": request[name] for name in ("method", "authority", "path", "query")} | headers
    lines = [f'"{name}": {values[name]}' for name in names] + [f'"@signature-params": {parsed[1]}']
    created = datetime.fromtimestamp(int(parameters["created"]), UTC)
    keyid = parameters["keyid"].strip('"')
    base = "\n".join(lines).encode()
    return signed_by(
        export,
        node=export.sender,
        keyid=keyid,
        at=created,
        signature=base64.b64decode(signature[1]),
        message=base,
    )


def check_message(export: Export, report: Report, number: int, body: bytes) -> str:
    """Check message `number`; its Content-Digest, for the receipt to repeat."""
    request = load(export.folder / "messages" / f"{number}.json")
    headers, name = request["headers"], f"message {number}"
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    report.check(
        "messages", name, "签名无效", "the signature is not good", holds=message_signed(export, request)
    )
    intact = headers["content-digest"] == f"sha-256=:{digest}:"
    report.check("messages", name, "正文与摘要不符", "the body is not the digest's", holds=intact)
    placed = (headers["cin-stream"], headers["cin-sequence"]) == (export.stream, str(number))
    report.check("messages", name, "流名或序号不符", "another stream or number", holds=placed)
    return str(headers["content-digest"])


def detached(export: Export, stem: str, node: str, context: str, at: datetime) -> bool:
    """Whether STEM.signature.json is the node's signature over the bytes of STEM.json."""
    mark = load(export.folder / f"{stem}.signature.json")
    payload = context.encode() + b"\x00" + (export.folder / f"{stem}.json").read_bytes()
    signature = base64.b64decode(mark["signature"])
    keyid = mark["keyid"]
    good = signed_by(export, node=node, keyid=keyid, at=at, signature=signature, message=payload)
    return mark["alg"] == "ed25519" and good


def check_receipt(export: Export, report: Report, number: int, digest: str) -> str:
    """Check the receipt of message `number`; its outcome."""
    receipt = load(export.folder / "receipts" / f"{number}.json")
    name, at = f"receipt {number}", datetime.fromisoformat(receipt["received_at"])
    good = detached(export, f"receipts/{number}", export.receiver, "cin-receipt-v1", at)
    report.check("receipts", name, "签名无效", "the signature is not good", holds=good)
    said = [receipt[part] for part in ("node", "sender", "stream", "sequence", "digest")]
    meant = [export.receiver, export.sender, export.stream, number, digest]
    report.check("receipts", name, "与报文不符", "it is not for this message", holds=said == meant)
    final = receipt["outcome"] in {"stored", "refused"}
    report.check("receipts", name, "不是收存或拒绝", "neither stored nor refused", holds=final)
    return str(receipt["outcome"])


def node_hash(left: bytes, right: bytes) -> bytes:
    """An inner node of RFC 9162."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def merkle_root(leaves: list[bytes]) -> bytes:
    """The root over leaf hashes, by the recursive definition of RFC 9162 §2.1.1."""
    if len(leaves) < 2:  # noqa: PLR2004
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    return node_hash(merkle_root(leaves[:k]), merkle_root(leaves[k:]))


def included(leaf: bytes, index: int, size: int, proof: list[bytes], root: bytes) -> bool:
    """Whether the proof leads from the leaf to the root: the path is followed from the leaf upwards."""

    def climb(index: int, size: int, rest: list[bytes]) -> bytes:
        if size == 1:
            if rest:
                raise ValueError("proof too long")
            return leaf
        k = 1 << ((size - 1).bit_length() - 1)
        if index < k:
            return node_hash(climb(index, k, rest[:-1]), rest[-1])
        return node_hash(rest[-1], climb(index - k, size - k, rest[:-1]))

    try:
        return 0 <= index < size and climb(index, size, proof) == root
    except (IndexError, ValueError):
        return False


def document_of(body: bytes) -> dict[str, Any]:
    """The JSON object in a body; empty where it is none."""
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def figures(body: bytes) -> dict[str, int]:
    """The integers of the top-level object `sums` of a JSON body, if it has one."""
    sums = document_of(body).get("sums")
    return {k: v for k, v in sums.items() if type(v) is int} if isinstance(sums, dict) else {}


def records_root(records: list[dict[str, Any]]) -> str:
    """The root over the records of a report: a leaf is one record's JSON, keys sorted, no spaces."""
    texts = [json.dumps(r, sort_keys=True, separators=(",", ":"), ensure_ascii=False) for r in records]
    return merkle_root([hashlib.sha256(b"\x00" + text.encode()).digest() for text in texts]).hex()


def check_report(export: Export, report: Report, number: int, said: dict[str, Any]) -> None:
    """Check one report against its own records."""
    records, sums = said["records"], dict(said["sums"])
    added = {key: sum(int(record.get(key) or 0) for record in records) for key in sums if key != "records"}
    right = (said["count"], sums) == (len(records), {"records": len(records), **added})
    rooted = said["schema"] == "cin-report/1" or said["root"] == records_root(records)
    placed = (said["node"], f"reports.{said['kind']}") == (export.sender, export.stream)
    for holds, zh, en in (
        (right, "计数或合计与记录不符", "count or sums are not the records'"),
        (rooted, "根与记录不符", "the root is not the records'"),
        (placed, "不属于本节点本流", "another node's or stream's"),
    ):
        report.check("reports", f"message {number}", zh, en, holds=holds)


def check_corrections(export: Export, report: Report, reports: dict[int, dict[str, Any]]) -> None:
    """Check that each period is said once, and each correction is the difference to the version before, if it has one."""
    standing: dict[int, dict[str, Any]] = {}
    for number, said in sorted(reports.items()):
        query = load(export.folder / "messages" / f"{number}.json")["query"]
        found = re.search(r"[?&]supersedes=(\d+)", query)
        corrects = int(found[1]) if found else 0
        before, name = standing.pop(corrects, None), f"message {number}"
        twice = [n for n, other in standing.items() if overlap(said, other)]
        report.check("corrections", name, "周期重复", f"its period is in {twice}", holds=not twice)
        standing[number] = said
        if corrects in reports and said["schema"] != "cin-report/1":
            holds = before is not None and is_difference(said, before)
            report.check("corrections", name, "更正不成立", "not the difference, with a reason", holds=holds)


def overlap(said: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two reports of one section for one upstream share any time."""
    one, two = ([datetime.fromisoformat(each[edge]) for edge in ("start", "end")] for each in (said, other))
    same = all(said.get(key) == other.get(key) for key in ("profile", "section"))
    return same and one[0] < two[1] and two[0] < one[1]


def is_difference(said: dict[str, Any], before: dict[str, Any]) -> bool:
    """Whether a correction is of this version: section, period and root, a reason, and what each sum changed by."""
    correction, old, new = said["correction"], before["sums"], said["sums"]
    delta = {key: new.get(key, 0) - old.get(key, 0) for key in {*old, *new}}
    same = all(said[key] == before[key] for key in ("section", "start", "end"))
    told = (correction["of"], correction["delta"]) == (records_root(before["records"]), delta)
    return same and told and bool(correction["reason"].strip())


def check_manifest(
    export: Export, report: Report, side: str, bodies: dict[int, bytes], outcomes: dict[int, str]
) -> dict[str, Any]:
    """Check one side's manifest against the bytes; the manifest."""
    manifest: dict[str, Any] = load(export.folder / f"manifest.{side}.json")
    node = export.sender if side == "sender" else export.receiver
    # The day ends in Shanghai; the key that signs its manifest is one that was valid then.
    ended = datetime.fromisoformat(f"{manifest['day']}T00:00:00+08:00") + timedelta(days=1)
    good = detached(export, f"manifest.{side}", node, "cin-manifest-v1", ended)
    report.check("totals", f"manifest of {side}", "签名无效", "the signature is not good", holds=good)
    about = [manifest[part] for part in ("sender", "receiver", "stream", "digest_algorithm")]
    meant = [export.sender, export.receiver, export.stream, "sha-256"]
    report.check("totals", f"manifest of {side}", "不属于本流", "another stream's", holds=about == meant)
    if not export.complete:
        return manifest
    wanted = list(range(manifest["first"], manifest["last"] + 1))
    missing = sorted(set(wanted) ^ set(bodies))
    report.check("sequence", f"numbers {missing[:9]}", "缺号或多号", "missing or too many", holds=not missing)
    stored = [number for number in bodies if outcomes.get(number) == "stored"]
    totals: dict[str, int] = {}
    for number in stored:
        for name, value in figures(bodies[number]).items():
            totals[name] = totals.get(name, 0) + value
    counts = (manifest["stored"], manifest["refused"])
    right = counts == (len(stored), len(bodies) - len(stored))
    report.check("totals", f"manifest of {side}", "条数不符", "counts differ", holds=right)
    report.check(
        "totals", f"manifest of {side}", "合计不符", "totals differ", holds=manifest["totals"] == totals
    )
    leaves = [hashlib.sha256(b"\x00" + bodies[number]).digest() for number in sorted(bodies)]
    same = merkle_root(leaves).hex() == manifest["root"]
    report.check(
        "root", f"manifest of {side}", "根与字节不符", "the root is not that of the bytes", holds=same
    )
    return manifest


def check_proof(export: Export, report: Report, number: int, body: bytes, manifest: dict[str, Any]) -> None:
    """Check the proof of message `number`, which a complete export may leave out."""
    path = export.folder / "proofs" / f"{number}.json"
    if export.complete and not path.exists():
        return
    proof = load(path)
    placed = proof["index"] == number - manifest["first"]
    sized = proof["size"] == manifest["stored"] + manifest["refused"]
    leaf = hashlib.sha256(b"\x00" + body).digest()
    hashes = [bytes.fromhex(text) for text in proof["proof"]]
    root = bytes.fromhex(manifest["root"])
    holds = placed and sized and included(leaf, proof["index"], proof["size"], hashes, root)
    report.check("inclusion", f"message {number}", "不在根之下", "it is not under the root", holds=holds)


def verify(folder: Path) -> Report:
    """Check everything in the folder."""
    report = Report()

    def attempt(what: str, act: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return act(*arguments)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            report.check("files", what, "无法读取", f"cannot be read ({error!r})", holds=False)
            return None

    export = attempt("export", open_export, folder)
    if export is None:
        return report
    bodies = {int(p.stem): p.read_bytes() for p in (folder / "messages").glob("*.body") if p.stem.isdecimal()}
    outcomes: dict[int, str] = {}
    for number, body in sorted(bodies.items()):
        digest = attempt(f"message {number}", check_message, export, report, number, body)
        outcomes[number] = attempt(f"receipt {number}", check_receipt, export, report, number, digest) or ""
    said = {number: document_of(bodies[number]) for number in bodies if outcomes[number] == "stored"}
    reports = {n: each for n, each in said.items() if str(each.get("schema")).startswith("cin-report/")}
    for number, each in sorted(reports.items()):
        attempt(f"message {number}", check_report, export, report, number, each)
    attempt("corrections", check_corrections, export, report, reports)
    sides = [s for s in ("sender", "receiver") if s == "sender" or (folder / f"manifest.{s}.json").exists()]
    for side in sides:
        manifest = attempt(f"manifest of {side}", check_manifest, export, report, side, bodies, outcomes)
        if side == "sender" and manifest is not None:
            for number, body in sorted(bodies.items()):
                attempt(f"proof {number}", check_proof, export, report, number, body, manifest)
    if not export.complete:
        print("note: partial: density, totals and root were not checked / 部分导出：未核对连续性、合计与根")
    return report


def main(arguments: list[str]) -> int:
    """Print the report; 0 if everything holds."""
    if len(arguments) != 1:
        print(__doc__)
        return 2
    report = verify(Path(arguments[0]))
    for title, count in report.counts.items():
        print(f"{count:6d} checks {TITLES[title]} {title}")
    for failure in report.failures:
        print(failure)
    print("不通过 NOT VERIFIED" if report.failures else "通过 VERIFIED")
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
