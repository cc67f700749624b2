"""Verify a stream of federation messages from exported files alone: no database, no code of the node.

    python verify_federation.py FOLDER        exit 0 if everything holds, 1 if anything does not

Needs Python 3.11 and `cryptography`. The folder (format `cin-export/1`), all JSON in UTF-8:

    export.json           {"format": "cin-export/1", "sender": NODE, "receiver": NODE, "stream": NAME,
                           "complete": true when every message of the manifest is here}
    keys.json             {NODE: [{"kty": "OKP", "crv": "Ed25519", "x": ..., "valid_from": TIME,
                           "valid_until": TIME or null}, ...]}  the public keys you pin, from another source;
                           {"kty": "EC", "crv": "SM2", "x": ..., "y": ...} where the pair chose SM2 and SM3
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
acknowledges; that no number is missing; that both manifests' counts, totals and Merkle root are those of the bytes; that a
report's figures and root are those of its records, and of each node's in it, its period is said once, and a correction is
the difference. What it cannot see: events that the sender never put into a message.
"""

import base64
import json
import re
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256, SM3, Hash, HashAlgorithm

COVERED = ["@authority", "@method", "@path", "@query", "cin-sequence", "cin-stream", "content-digest", "content-type"]  # fmt: skip
SIGNATURE_INPUT = re.compile(r'cin=(\((?P<names>"[^()]*")\)(?P<parameters>(?:;[a-z]+=(?:\d+|"[^"]*"))+))')
TITLES = {
    "files": "文件",
    "messages": "报文签名与摘要",
    "receipts": "回执",
    "sequence": "序号连续",
    "totals": "计数与合计",
}
TITLES |= {"root": "默克尔根", "inclusion": "包含证明", "reports": "报告", "corrections": "更正"}
# The curve of SM2 (GB/T 32918.5), whose a is p - 3; a point is its x and y, () the one at infinity.
P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
GX = 0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7
GY = 0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0
UNSIGNED = "签名无效", "the signature is not good"


def ed25519_good(key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the signature is the key's, by RFC 8032."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def sm2_good(key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the signature r ‖ s is the key's (x ‖ y), by GB/T 32918.2 with the identity of GM/T 0009."""
    x, y, r, s = (int.from_bytes(part) for part in (key[:32], key[32:], signature[:32], signature[32:]))
    t = (r + s) % N
    sized = len(key) == len(signature) == 64  # noqa: PLR2004
    if not sized or max(x, y) >= P or (y * y - x**3 + 3 * x - B) % P or not (0 < r < N and 0 < s < N and t):
        return False
    curve = b"".join(number.to_bytes(32) for number in (P - 3, B, GX, GY))
    identity = GM.hash(b"\x00\x80" + b"1234567812345678" + curve + key)
    found = sm2_add(sm2_times((GX, GY), s), sm2_times((x, y), t))
    return found != () and (int.from_bytes(GM.hash(identity + message)) + found[0] - r) % N == 0


def sm2_add(one: tuple[int, ...], two: tuple[int, ...]) -> tuple[int, ...]:
    """The sum of two points of the curve."""
    if not one or not two:
        return one or two
    (x1, y1), (x2, y2) = one, two
    if x1 == x2 and (y1 + y2) % P == 0:
        return ()
    rise, run = (3 * x1 * x1 - 3, 2 * y1) if one == two else (y2 - y1, x2 - x1)
    slope = rise * pow(run, -1, P) % P
    x = (slope * slope - x1 - x2) % P
    return x, (slope * (x1 - x) - y1) % P


def sm2_times(point: tuple[int, ...], factor: int) -> tuple[int, ...]:
    """So many times the point."""
    total: tuple[int, ...] = ()
    for bit in f"{factor:b}":
        total = sm2_add(sm2_add(total, total), point if bit == "1" else ())
    return total


@dataclass(frozen=True, eq=False)
class Suite:
    """What two nodes sign and digest with; a key is the bytes of the `members` of its JWK."""

    alg: str
    digest: str
    members: tuple[str, ...]
    algorithm: HashAlgorithm
    good: Callable[[bytes, bytes, bytes], bool]

    def hash(self, data: bytes) -> bytes:
        """The suite's digest."""
        digest = Hash(self.algorithm)
        digest.update(data)
        return digest.finalize()

    def thumbprint(self, key: dict[str, Any]) -> str:
        """RFC 7638: the digest of the canonical JWK."""
        named = json.dumps({name: key[name] for name in ("crv", "kty", *self.members)}, separators=(",", ":"))
        return base64.urlsafe_b64encode(self.hash(named.encode())).rstrip(b"=").decode()

    def root(self, leaves: list[bytes]) -> bytes:
        """The root over the leaves' hashes, by the recursive definition of RFC 9162 §2.1.1."""
        if len(leaves) < 2:  # noqa: PLR2004
            return leaves[0] if leaves else self.hash(b"")
        k = 1 << ((len(leaves) - 1).bit_length() - 1)
        return self.hash(b"\x01" + self.root(leaves[:k]) + self.root(leaves[k:]))


INTERNATIONAL = Suite("ed25519", "sha-256", ("x",), SHA256(), ed25519_good)
GM = Suite("sm2-sm3", "sm3", ("x", "y"), SM3(), sm2_good)
SUITES = {"Ed25519": INTERNATIONAL, "SM2": GM}


@dataclass
class Report:
    """What was checked, and what did not hold."""

    counts: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def check(self, title: str, what: str, *checks: tuple[bool, str, str]) -> None:
        """Count each check, and note those that do not hold, in their Chinese and English words."""
        self.counts[title] = self.counts.get(title, 0) + len(checks)
        for holds, zh, en in checks:
            if not holds:
                self.failures.append(f"FAIL {TITLES[title]} {title}: {what}: {zh} / {en}")


class Export(SimpleNamespace):
    """What export.json says; the `folder`, the `suite` of the pair, the `keys` by node and thumbprint, the `outcomes`."""

    def load(self, name: str) -> Any:
        """The JSON document in a file of the folder."""
        return json.loads((self.folder / name).read_bytes())


def open_export(folder: Path) -> Export:
    """Read what the folder is about. Raises OSError, ValueError or KeyError where it is not an export."""
    about, pinned = (json.loads((folder / name).read_bytes()) for name in ("export.json", "keys.json"))
    if about["format"] != "cin-export/1":
        raise ValueError(f"unknown format {about['format']}")
    (suite,) = {SUITES[key["crv"]] for keys in pinned.values() for key in keys}  # a pair has one
    known = {node: {suite.thumbprint(key): key for key in keys} for node, keys in pinned.items()}
    return Export(**about, folder=folder, suite=suite, keys=known)


def signed_by(export: Export, node: str, keyid: str, at: datetime, signed: tuple[bytes, bytes]) -> bool:
    """Whether a key of the node that was valid at the time made the signature, the first of the pair, over the second."""
    key = export.keys.get(node, {}).get(keyid)
    if key is None or at < datetime.fromisoformat(key["valid_from"]):
        return False
    if key["valid_until"] is not None and at >= datetime.fromisoformat(key["valid_until"]):
        return False
    raw = b"".join(base64.urlsafe_b64decode(key[name] + "==") for name in export.suite.members)
    return bool(export.suite.good(raw, *signed))


def message_signed(export: Export, request: dict[str, Any]) -> bool:
    """Whether the request is the sender's: its RFC 9421 signature base is built again and verified."""
    headers = request["headers"]
    parsed = SIGNATURE_INPUT.fullmatch(headers["signature-input"])
    signature = re.fullmatch(r"cin=:([A-Za-z0-9+/=]+):", headers["signature"])
    if parsed is None or signature is None:
        return False
    names = parsed["names"].replace('"', "").split(" ")
    parameters = dict(part.split("=", 1) for part in parsed["parameters"].lstrip(";").split(";"))
    if sorted(names) != COVERED or parameters.get("alg") != f'"{export.suite.alg}"':
        return False
    values = {f"@{name}": request[name] for name in ("method", "authority", "path", "query")} | headers
    lines = [f'"{name}": {values[name]}' for name in names] + [f'"@signature-params": {parsed[1]}']
    created, keyid = datetime.fromtimestamp(int(parameters["created"]), UTC), parameters["keyid"].strip('"')
    signed = base64.b64decode(signature[1]), "\n".join(lines).encode()
    return signed_by(export, export.sender, keyid, created, signed)


def check_message(export: Export, report: Report, number: int, body: bytes) -> str:
    """Check message `number`; its Content-Digest, for the receipt to repeat."""
    request = export.load(f"messages/{number}.json")
    headers = request["headers"]
    digest = f"{export.suite.digest}=:{base64.b64encode(export.suite.hash(body)).decode()}:"
    here = (headers["cin-stream"], headers["cin-sequence"]) == (export.stream, str(number))
    signed = message_signed(export, request), *UNSIGNED
    intact = headers["content-digest"] == digest, "正文与摘要不符", "the body is not the digest's"
    placed = here, "流名或序号不符", "another stream or number"
    report.check("messages", f"message {number}", signed, intact, placed)
    return str(headers["content-digest"])


def detached(export: Export, stem: str, node: str, context: str, at: datetime) -> bool:
    """Whether STEM.signature.json is the node's signature over the bytes of STEM.json."""
    mark = export.load(f"{stem}.signature.json")
    payload = context.encode() + b"\x00" + (export.folder / f"{stem}.json").read_bytes()
    good = signed_by(export, node, mark["keyid"], at, (base64.b64decode(mark["signature"]), payload))
    return mark["alg"] == export.suite.alg and good


def check_receipt(export: Export, report: Report, number: int, digest: str) -> str:
    """Check the receipt of message `number`; its outcome."""
    receipt = export.load(f"receipts/{number}.json")
    said = [receipt[part] for part in ("node", "sender", "stream", "sequence", "digest")]
    meant = [export.receiver, export.sender, export.stream, number, digest]
    at = datetime.fromisoformat(receipt["received_at"])
    signed = detached(export, f"receipts/{number}", export.receiver, "cin-receipt-v1", at), *UNSIGNED
    placed = said == meant, "与报文不符", "it is not for this message"
    final = receipt["outcome"] in {"stored", "refused"}, "不是收存或拒绝", "neither stored nor refused"
    report.check("receipts", f"receipt {number}", signed, placed, final)
    return str(receipt["outcome"])


def path_root(suite: Suite, leaf: bytes, proof: list[bytes], index: int, size: int) -> bytes:
    """The root that a proof leads to from the leaf at `index` of `size`: RFC 9162 §2.1.3, from the top down."""
    if size < 2:  # noqa: PLR2004
        return b"" if proof else leaf
    k = 1 << ((size - 1).bit_length() - 1)
    beside = b"".join(proof[-1:])
    if index < k:
        return suite.hash(b"\x01" + path_root(suite, leaf, proof[:-1], index, k) + beside)
    return suite.hash(b"\x01" + beside + path_root(suite, leaf, proof[:-1], index - k, size - k))


def objects(body: bytes, name: str = "") -> dict[str, Any]:
    """The JSON object in a body, or its member of this name; empty where it is none."""
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    found = found.get(name) if name and isinstance(found, dict) else found
    return found if isinstance(found, dict) else {}


def records_root(records: list[dict[str, Any]]) -> str:
    """The root over a report's records, always by SHA-256: a leaf is one record's JSON, keys sorted, no spaces."""
    texts = [json.dumps(r, sort_keys=True, separators=(",", ":"), ensure_ascii=False) for r in records]
    return INTERNATIONAL.root([INTERNATIONAL.hash(b"\x00" + text.encode()) for text in texts]).hex()


def sums_of(names: dict[str, int], records: list[dict[str, Any]]) -> dict[str, int]:
    """What the records add up to, by these names."""
    return {n: sum(int(r.get(n) or 0) for r in records) for n in names} | {"records": len(records)}


def check_report(export: Export, report: Report, number: int, said: dict[str, Any]) -> None:
    """Check one report against its own records."""
    records, node, parts = said["records"], said["node"], said.get("parts", [])
    split = [[r for r in records if r.get("reported_by", node) == part["node"]] for part in parts]
    bare = [[{k: r[k] for k in r.keys() - {"reported_by", "reported_start"}} for r in rs] for rs in split]
    claims = [(said, records), *zip(parts, bare, strict=True)]  # the whole, and what each node contributed
    whole = not parts or sum(map(len, split)) == len(records)
    same = all((c["count"], c["sums"]) == (len(rows), sums_of(c["sums"], rows)) for c, rows in claims)
    under = said["schema"] == "cin-report/1" or all(c["root"] == records_root(rows) for c, rows in claims)
    here = (said["node"], f"reports.{said['kind']}") == (export.sender, export.stream)
    summed = same and whole, "计数、合计或分项与记录不符", "count, sums or parts are not the records'"
    proved = under, "根与记录不符", "the root is not the records'"
    placed = here, "不属于本节点本流", "another node's or stream's"
    report.check("reports", f"message {number}", summed, proved, placed)


def check_corrections(export: Export, report: Report, reports: dict[int, dict[str, Any]]) -> None:
    """Check that each period is said once, and each correction is the difference to the version before, if it has one."""
    standing: dict[int, dict[str, Any]] = {}
    for number, said in sorted(reports.items()):
        found = re.search(r"[?&]supersedes=(\d+)", export.load(f"messages/{number}.json")["query"])
        corrects = int(found[1]) if found else 0
        before, name = standing.pop(corrects, None), f"message {number}"
        twice = [n for n, other in standing.items() if overlap(said, other)]
        report.check("corrections", name, (not twice, "周期重复", f"its period is in {twice}"))
        standing[number] = said
        if corrects in reports and said["schema"] != "cin-report/1":
            holds = before is not None and is_difference(said, before)
            report.check("corrections", name, (holds, "更正不成立", "not the difference, with a reason"))


def overlap(said: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two reports of one section for one upstream share any time."""
    one, two = ([datetime.fromisoformat(each[edge]) for edge in ("start", "end")] for each in (said, other))
    same = all(said.get(key) == other.get(key) for key in ("profile", "section"))
    return same and one[0] < two[1] and two[0] < one[1]


def is_difference(said: dict[str, Any], before: dict[str, Any]) -> bool:
    """Whether a correction is of this version: section, period and root, a reason, and what each sum changed by."""
    correction, old, new = said["correction"], before["sums"], said["sums"]
    delta = {key: new.get(key, 0) - old.get(key, 0) for key in {*old, *new}}
    told = (correction["of"], correction["delta"]) == (records_root(before["records"]), delta)
    same = all(said[key] == before[key] for key in ("section", "start", "end"))
    return same and told and bool(correction["reason"].strip())


def check_manifest(export: Export, report: Report, side: str, bodies: dict[int, bytes]) -> dict[str, Any]:
    """Check one side's manifest against the bytes; the manifest."""
    manifest: dict[str, Any] = export.load(f"manifest.{side}.json")
    node, name = (export.sender if side == "sender" else export.receiver), f"manifest of {side}"
    # The day ends in Shanghai; the key that signs its manifest is one that was valid then.
    ended = datetime.fromisoformat(f"{manifest['day']}T00:00:00+08:00") + timedelta(days=1)
    signed = detached(export, f"manifest.{side}", node, "cin-manifest-v1", ended), *UNSIGNED
    about = [manifest[part] for part in ("sender", "receiver", "stream", "digest_algorithm")]
    meant = [export.sender, export.receiver, export.stream, export.suite.digest]
    report.check("totals", name, signed, (about == meant, "不属于本流", "another stream's"))
    if not export.complete:
        return manifest
    missing = sorted(set(range(manifest["first"], manifest["last"] + 1)) ^ set(bodies))
    report.check("sequence", f"numbers {missing[:9]}", (not missing, "缺号或多号", "missing or too many"))
    stored, totals = [number for number in bodies if export.outcomes.get(number) == "stored"], Counter[str]()
    for sums in (objects(bodies[number], "sums") for number in stored):
        totals.update({name: value for name, value in sums.items() if type(value) is int})
    counted = manifest["stored"], manifest["refused"], manifest["totals"]
    right = counted == (len(stored), len(bodies) - len(stored), totals)
    report.check("totals", name, (right, "条数或合计不符", "counts or totals differ"))
    root = export.suite.root([export.suite.hash(b"\x00" + body) for _, body in sorted(bodies.items())]).hex()
    report.check("root", name, (root == manifest["root"], "根与字节不符", "the root is not the bytes'"))
    return manifest


def check_proof(export: Export, report: Report, number: int, body: bytes, manifest: dict[str, Any]) -> None:
    """Check the proof of message `number`."""
    proof = export.load(f"proofs/{number}.json")
    index, size = number - manifest["first"], manifest["stored"] + manifest["refused"]
    path, leaf = [bytes.fromhex(part) for part in proof["proof"]], export.suite.hash(b"\x00" + body)
    placed = 0 <= index < size and (proof["index"], proof["size"]) == (index, size)
    holds = placed and path_root(export.suite, leaf, path, index, size).hex() == manifest["root"]
    report.check("inclusion", f"message {number}", (holds, "不在根之下", "it is not under the root"))


def verify(folder: Path) -> Report:
    """Check everything in the folder."""
    report = Report()

    def attempt(what: str, act: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return act(*arguments)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            report.check("files", what, (False, "无法读取", f"cannot be read ({error!r})"))

    export = attempt("export", open_export, folder)
    if export is None:
        return report
    bodies = {int(p.stem): p.read_bytes() for p in (folder / "messages").glob("*.body") if p.stem.isdecimal()}
    export.outcomes = {}  # what each receipt says
    for number, body in sorted(bodies.items()):
        digest = attempt(f"message {number}", check_message, export, report, number, body)
        export.outcomes[number] = (
            attempt(f"receipt {number}", check_receipt, export, report, number, digest) or ""
        )
    said = {number: objects(bodies[number]) for number in bodies if export.outcomes[number] == "stored"}
    reports = {n: each for n, each in said.items() if str(each.get("schema")).startswith("cin-report/")}
    for number, each in sorted(reports.items()):
        attempt(f"message {number}", check_report, export, report, number, each)
    attempt("corrections", check_corrections, export, report, reports)
    sides = [s for s in ("sender", "receiver") if s == "sender" or (folder / f"manifest.{s}.json").exists()]
    for side in sides:
        manifest = attempt(f"manifest of {side}", check_manifest, export, report, side, bodies)
        if side == "sender" and manifest is not None:
            proved = [n for n in bodies if not export.complete or (folder / f"proofs/{n}.json").exists()]
            for number in sorted(proved):  # a complete export may leave them out
                attempt(f"proof {number}", check_proof, export, report, number, bodies[number], manifest)
    if not export.complete:
        print("note: partial: density, totals and root were not checked / 部分导出：未核对连续性、合计与根")
    return report


def main(arguments: list[str]) -> int:
    """Print the report; 0 if everything holds."""
    if len(arguments) != 1:
        print(__doc__)
        return 2
    report = verify(Path(arguments[0]))
    print(*(f"{count:6d} checks {TITLES[title]} {title}" for title, count in report.counts.items()), sep="\n")
    print(*report.failures, "不通过 NOT VERIFIED" if report.failures else "通过 VERIFIED", sep="\n")
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
