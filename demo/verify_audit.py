"""Check a node's audit log from the first event on, with the standard library and `cryptography` alone.

    python verify_audit.py KEY.json FILE.json...

KEY.json is the node's `GET /api/v1/node-key`, had before and from the node itself. The files are, in any order, every page of
`GET /api/v1/audit/events` from `after=0` on, pages of `GET /api/v1/audit/checkpoints`, and checkpoints that you kept from before:
what a checkpoint of yours signs cannot be taken back unseen, nor cut off at its end. The script shares no code with the node.
Exit 0: no event was altered, moved, put in, taken out or cut off since the checkpoints were signed; 1: one was, and between which;
2: the files cannot be read. Keys of Ed25519 only.
"""

import base64
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

CONTEXT = b"cin-bytes-v1\x00"
Document = dict[str, Any]
MEMBERS = ("id", "name", "subject", "tenant", "actor_user", "actor_tenant", "actor_client", "actor_node")


def sha(data: bytes) -> bytes:
    """SHA-256."""
    return hashlib.sha256(data).digest()


def thumbprint(jwk: Document) -> str:
    """The name of a key (RFC 7638)."""
    named = {name: jwk[name] for name in ("crv", "kty", "x")}
    canonical = json.dumps(named, sort_keys=True, separators=(",", ":"))
    return base64.urlsafe_b64encode(sha(canonical.encode())).rstrip(b"=").decode()


def public_keys(document: Document) -> dict[str, Ed25519PublicKey]:
    """The node's keys of Ed25519, present and former, by their names."""
    jwks = [each["jwk"] for each in document.get("keys", [document])]
    known = [jwk for jwk in jwks if jwk.get("crv") == "Ed25519"]
    raw = {thumbprint(jwk): base64.urlsafe_b64decode(jwk["x"] + "=" * (-len(jwk["x"]) % 4)) for jwk in known}
    return {name: Ed25519PublicKey.from_public_bytes(x) for name, x in raw.items()}


def roots(leaves: Iterable[bytes], sizes: set[int]) -> Iterator[tuple[int, bytes]]:
    """(n, root over the first n leaves) for each n of `sizes` (RFC 9162 §2.1)."""
    stack: list[tuple[int, bytes]] = []  # complete subtrees, larger ones first
    for n, leaf in enumerate(leaves, start=1):
        size, top = 1, sha(b"\x00" + leaf)
        while stack and stack[-1][0] == size:
            size, top = size * 2, sha(b"\x01" + stack.pop()[1] + top)
        stack.append((size, top))
        if n in sizes:
            for _, left in reversed(stack[:-1]):
                top = sha(b"\x01" + left + top)
            yield n, top


def checkpoint_faults(point: Document, keys: dict[str, Ed25519PublicKey]) -> list[str]:
    """Why this is no checkpoint of the node's; empty where it is."""
    key, name = keys.get(point["key_id"]), f"checkpoint of {point['size']}"
    _, size, root, _ = point["text"].splitlines()
    if (int(size), base64.b64decode(root).hex()) != (point["size"], point["root"]):
        return [f"{name}: its size or root is not that of the text that was signed"]
    if key is None:
        return [f"{name}: signed with a key that you did not give"]
    try:
        key.verify(base64.b64decode(point["signature"]), CONTEXT + point["text"].encode())
    except InvalidSignature:
        return [f"{name}: the signature is not over this text"]
    return []


def event_faults(event: Document, position: int) -> list[str]:
    """Why this is not the event at its place, or what is shown of it is not what was hashed."""
    if event["position"] != position:
        return [f"event {position} is not there: {event['position']} follows"]
    leaf = json.loads(event["leaf"])
    at = datetime.fromisoformat(event["occurred_at"]) == datetime.fromisoformat(leaf["occurred_at"])
    same = all(leaf[name] == (event[name] or "") for name in MEMBERS)
    if not (at and same and (leaf["position"], leaf["payload"]) == (position, event["payload"])):
        return [f"event {position}: what is shown of it is not what its leaf says"]
    return []


def faults(key: Document, documents: Iterable[Document]) -> list[str]:
    """Everything that is wrong with the log, one sentence each; empty where nothing is."""
    rows = [row for each in documents for row in each.get("items", [each])]
    points = sorted((row for row in rows if "root" in row), key=lambda row: int(row["size"]))
    events = sorted((row for row in rows if "leaf" in row), key=lambda row: int(row["position"]))
    if not points:
        return ["there is no checkpoint, so nobody signed anything"]
    keys = public_keys(key)
    found = [fault for point in points for fault in checkpoint_faults(point, keys)]
    for position, event in enumerate(events, start=1):
        if wrong := event_faults(event, position):
            return [*found, *wrong]
    leaves, good = (event["leaf"].encode() for event in events), 0
    known = dict(roots(leaves, {point["size"] for point in points}))
    for point in points:
        root = known.get(point["size"])
        if root is None:
            found.append(
                f"the checkpoint of {point['size']} signs more than the {len(events)} events that are there"
            )
            break
        if root.hex() != point["root"]:
            found.append(f"of the events {good + 1} to {point['size']} at least one is not as it was signed")
            break
        good = point["size"]
    return found


def main(arguments: list[str]) -> int:
    """Check the files that are named."""
    try:
        key, *documents = (json.loads(Path(name).read_text(encoding="utf-8")) for name in arguments)
        wrong = faults(key, documents)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        print(f"cannot be read: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    for sentence in wrong:
        print(f"WRONG: {sentence}")
    print("the log is as it was signed" if not wrong else f"{len(wrong)} faults")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
